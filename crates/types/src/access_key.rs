//! Access keys: the pair of names a request is signed with.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{AccountId, random};

const TEMPORARY: &str = "ASIA";
const BASE_32: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// Characters of base 32 that hold twelve digits: 40 bits.
const ACCOUNT_CHARS: usize = 8;

/// The public half of an access key: 3 to 128 letters, digits, `_`, `-` and `.` (facts/05; Amazon's own are 20
/// and begin with `AKIA`, or `ASIA` for temporary ones).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccessKeyId(String);

/// Not an access key id.
#[derive(Debug, thiserror::Error)]
#[error("an access key id has 3 to 128 letters, digits, '_', '-' and '.'")]
pub struct InvalidAccessKeyId;

impl AccessKeyId {
    /// Longest id in characters.
    pub const CHARS_MAX: usize = 128;

    /// Validates an id. Ids as short as three characters pass: test set-ups use them, and no check of
    /// Amazon's depends on the length.
    pub fn parse(text: &str) -> Result<Self, InvalidAccessKeyId> {
        let valid = (3..=Self::CHARS_MAX).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
        if valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidAccessKeyId)
        }
    }

    /// A new long-term key id in Amazon's form: `AKIA` and 16 characters of base 32.
    pub fn generate() -> Self {
        Self(format!("AKIA{}", random::text(16, BASE_32)))
    }

    /// A new temporary key id: `ASIA` and 16 characters of base 32 (facts/05 §2). The first eight of them are the
    /// account's number, so that an id alone tells whose it is, as Amazon's do (facts/05 §4, GetAccessKeyInfo).
    pub fn generate_temporary(account: &AccountId) -> Self {
        let number = account.as_str().bytes().fold(0_u64, |number, digit| {
            number * 10 + u64::from(digit.wrapping_sub(b'0'))
        });
        let digits: String = (0..ACCOUNT_CHARS)
            .rev()
            .filter_map(|at| BASE_32.get(usize::try_from(number >> (5 * at) & 31).ok()?))
            .map(|digit| char::from(*digit))
            .collect();
        Self(format!("{TEMPORARY}{digits}{}", random::text(8, BASE_32)))
    }

    /// The account that a temporary key's id says it is of.
    pub fn account_of_temporary(&self) -> Option<AccountId> {
        let digits = self.0.strip_prefix(TEMPORARY).filter(|rest| rest.len() == 16)?;
        let number = digits
            .bytes()
            .take(ACCOUNT_CHARS)
            .try_fold(0_u64, |number, digit| {
                let value = BASE_32.iter().position(|known| *known == digit)?;
                Some(number << 5 | u64::try_from(value).ok()?)
            })?;
        AccountId::parse(&format!("{number:012}")).ok()
    }

    /// Whether it has the form of a temporary key's, which comes with a session token.
    pub fn is_temporary(&self) -> bool {
        self.0.starts_with(TEMPORARY)
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccessKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for AccessKeyId {
    type Error = InvalidAccessKeyId;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<AccessKeyId> for String {
    fn from(id: AccessKeyId) -> Self {
        id.0
    }
}

/// The secret half. Its `Debug` shows nothing, and it has no `Display`. Cheap to clone: every request has it looked up.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretAccessKey(Arc<str>);

/// Not a secret access key.
#[derive(Debug, thiserror::Error)]
#[error("a secret access key has 8 to 128 printable ASCII characters without spaces")]
pub struct InvalidSecretAccessKey;

impl SecretAccessKey {
    /// Validates a secret given from outside.
    pub fn parse(text: &str) -> Result<Self, InvalidSecretAccessKey> {
        let valid = (8..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if valid {
            Ok(Self(text.into()))
        } else {
            Err(InvalidSecretAccessKey)
        }
    }

    /// A new secret in Amazon's form: 40 characters of the base 64 alphabet (240 bits of randomness).
    pub fn generate() -> Self {
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        Self(random::text(40, alphabet).into())
    }

    /// The secret itself, for signing and for the file that keeps it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretAccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretAccessKey(…)")
    }
}
