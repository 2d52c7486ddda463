//! Accounts: who owns things.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::random;

/// The twelve digits of an account (facts/05 §1).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountId(String);

/// Not an account id.
#[derive(Debug, thiserror::Error)]
#[error("an account id has twelve digits")]
pub struct InvalidAccountId;

impl AccountId {
    /// Validates twelve ASCII digits.
    pub fn parse(text: &str) -> Result<Self, InvalidAccountId> {
        let valid = text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
        if valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidAccountId)
        }
    }

    /// A random id; the first digit is never 0, which tools that treat it as a number would drop.
    pub fn generate() -> Self {
        Self(format!(
            "{}{}",
            random::text(1, b"123456789"),
            random::text(11, b"0123456789")
        ))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for AccountId {
    type Error = InvalidAccountId;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<AccountId> for String {
    fn from(id: AccountId) -> Self {
        id.0
    }
}

/// The canonical user id of an account: 64 lower-case hexadecimal digits. `Owner/ID` in listings.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CanonicalUserId(String);

/// Not a canonical user id.
#[derive(Debug, thiserror::Error)]
#[error("a canonical user id has 64 lower-case hexadecimal digits")]
pub struct InvalidCanonicalUserId;

impl CanonicalUserId {
    /// Validates 64 lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, InvalidCanonicalUserId> {
        let valid = text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidCanonicalUserId)
        }
    }

    /// A random id.
    pub fn generate() -> Self {
        Self(hex::encode(random::bytes::<32>()))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for CanonicalUserId {
    type Error = InvalidCanonicalUserId;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<CanonicalUserId> for String {
    fn from(id: CanonicalUserId) -> Self {
        id.0
    }
}
