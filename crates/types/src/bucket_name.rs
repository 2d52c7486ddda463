//! Bucket names (facts/01 §6).

use std::fmt;
use std::net::Ipv4Addr;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};

/// The name of a general purpose bucket under the current rules. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct BucketName(Arc<str>);

/// Not a bucket name. S3's answer is `InvalidBucketName`, with the text as given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a valid bucket name: {0:?}")]
pub struct InvalidBucketName(pub String);

const FORBIDDEN_PREFIXES: &[&str] = &["xn--", "sthree-", "amzn-s3-demo-"];
const FORBIDDEN_SUFFIXES: &[&str] = &["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];

impl BucketName {
    /// Fewest and most characters.
    pub const CHARS: std::ops::RangeInclusive<usize> = 3..=63;

    /// Validates a name: 3 to 63 of `[a-z0-9.-]`, a letter or digit at both ends, no `..`, no IPv4
    /// address, none of the reserved prefixes and suffixes.
    pub fn parse(text: &str) -> Result<Self, InvalidBucketName> {
        let alphanumeric = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        let bytes = text.as_bytes();
        let valid = Self::CHARS.contains(&bytes.len())
            && bytes
                .iter()
                .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-'))
            && alphanumeric(bytes.first())
            && alphanumeric(bytes.last())
            && !text.contains("..")
            && text.parse::<Ipv4Addr>().is_err()
            && !FORBIDDEN_PREFIXES.iter().any(|prefix| text.starts_with(prefix))
            && !FORBIDDEN_SUFFIXES.iter().any(|suffix| text.ends_with(suffix));
        if valid {
            Ok(Self(text.into()))
        } else {
            Err(InvalidBucketName(text.to_owned()))
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BucketName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for BucketName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl TryFrom<String> for BucketName {
    type Error = InvalidBucketName;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<BucketName> for String {
    fn from(name: BucketName) -> Self {
        name.0.as_ref().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::BucketName;

    #[test]
    fn names_that_pass() {
        for name in [
            "abc",
            "a.b-c",
            "123",
            "1.2.3",
            "a--b",
            &"a".repeat(63),
            "1.2.3.4.5",
            "my.bucket.example",
        ] {
            assert!(BucketName::parse(name).is_ok(), "{name}");
        }
    }

    // facts/01 §6.
    #[test]
    fn names_that_do_not() {
        let long = "a".repeat(64);
        for name in [
            "",
            "ab",
            &long,
            "Abc",
            "a_b",
            "-ab",
            "ab-",
            ".ab",
            "ab.",
            "a..b",
            "192.168.5.4",
            "xn--abc",
            "sthree-abc",
            "amzn-s3-demo-x",
            "abc-s3alias",
            "abc--ol-s3",
            "abc.mrap",
            "abc--x-s3",
            "abc--table-s3",
            "a/b",
            "é12",
        ] {
            assert!(BucketName::parse(name).is_err(), "{name}");
        }
    }
}
