//! Amazon Resource Names: what policies, principals and access denials name things by.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The longest ARN that is taken, in bytes: the longest that the IAM API takes.
pub const ARN_BYTES_MAX: usize = 2048;

/// `arn:partition:service:region:account:resource`: six parts, of which the last may have colons of its own
/// (facts/05 §2). Region and account are empty where the service has none, as in `arn:aws:s3:::bucket/key`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Arn(String);

/// Not an ARN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an ARN has six parts, arn:partition:service:region:account:resource")]
pub struct InvalidArn;

impl Arn {
    /// Validates: six parts of which partition, service and resource are not empty, an account that is
    /// twelve digits, `aws` or nothing, no control characters, at most [`ARN_BYTES_MAX`] bytes.
    pub fn parse(text: &str) -> Result<Self, InvalidArn> {
        let [prefix, partition, service, _, account, resource] = Self::split(text).ok_or(InvalidArn)?;
        let account_valid = account.is_empty()
            || account == "aws"
            || (account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit()));
        let valid = prefix == "arn"
            && !partition.is_empty()
            && !service.is_empty()
            && !resource.is_empty()
            && account_valid
            && text.len() <= ARN_BYTES_MAX
            && !text.chars().any(char::is_control);
        if valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidArn)
        }
    }

    /// The six parts of a text, which need not be a valid ARN: patterns of policies are split the same way.
    pub fn split(text: &str) -> Option<[&str; 6]> {
        let mut parts = text.splitn(6, ':');
        let mut next = || parts.next();
        Some([next()?, next()?, next()?, next()?, next()?, next()?])
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `aws`.
    pub fn partition(&self) -> &str {
        self.part(1)
    }

    /// `s3`, `iam`, `sts`.
    pub fn service(&self) -> &str {
        self.part(2)
    }

    /// The region; empty in ARNs of S3, IAM and STS.
    pub fn region(&self) -> &str {
        self.part(3)
    }

    /// The account's twelve digits; empty in ARNs of S3.
    pub fn account(&self) -> &str {
        self.part(4)
    }

    /// All after the fifth colon: `user/path/name`, `bucket/key`.
    pub fn resource(&self) -> &str {
        self.part(5)
    }

    fn part(&self, number: usize) -> &str {
        self.0.splitn(6, ':').nth(number).unwrap_or_default()
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Arn {
    type Err = InvalidArn;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Arn {
    type Error = InvalidArn;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Arn> for String {
    fn from(arn: Arn) -> Self {
        arn.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_six_parts() {
        let arn = Arn::parse("arn:aws:iam::123456789012:user/division/Anna").unwrap();
        assert_eq!(arn.partition(), "aws");
        assert_eq!(arn.service(), "iam");
        assert_eq!(arn.region(), "");
        assert_eq!(arn.account(), "123456789012");
        assert_eq!(arn.resource(), "user/division/Anna");
        assert_eq!(arn.to_string(), "arn:aws:iam::123456789012:user/division/Anna");
    }

    #[test]
    fn a_resource_may_have_colons() {
        assert_eq!(Arn::parse("arn:aws:s3:::b/a:b:c").unwrap().resource(), "b/a:b:c");
    }

    #[test]
    fn refuses_what_is_none() {
        let long = format!("arn:aws:s3:::{}", "a".repeat(ARN_BYTES_MAX));
        for text in [
            "",
            "*",
            "arn:aws:s3::b",
            "urn:aws:s3:::b",
            "arn::s3:::b",
            "arn:aws::::b",
            "arn:aws:s3:::",
            "arn:aws:iam::12345:root",
            "arn:aws:s3:::a\u{0}b",
            &long,
        ] {
            assert_eq!(Arn::parse(text), Err(InvalidArn), "{text:?}");
        }
        assert!(Arn::parse(&long[..ARN_BYTES_MAX]).is_ok());
    }
}
