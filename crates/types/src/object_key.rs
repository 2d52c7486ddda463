//! Object keys (facts/06 §2).

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};

/// The key of an object: 1 to 1024 bytes of UTF-8, kept verbatim. Order is that of the bytes. Cheap
/// to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct ObjectKey(Arc<str>);

/// Why a text is no object key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidObjectKey {
    /// `KeyTooLongError`: carries the size in bytes.
    #[error("a key has at most 1024 bytes, this one has {0}")]
    TooLong(usize),
    /// No key at all.
    #[error("a key is not empty")]
    Empty,
}

impl ObjectKey {
    /// Longest key in bytes.
    pub const BYTES_MAX: usize = 1024;

    /// Validates the length; every other UTF-8 text is a key.
    pub fn new(text: impl Into<Arc<str>>) -> Result<Self, InvalidObjectKey> {
        let text = text.into();
        Self::check(&text)?;
        Ok(Self(text))
    }

    /// [`Self::new`] where nothing but the answer is wanted.
    pub fn check(text: &str) -> Result<(), InvalidObjectKey> {
        match text.len() {
            0 => Err(InvalidObjectKey::Empty),
            length if length > Self::BYTES_MAX => Err(InvalidObjectKey::TooLong(length)),
            _ => Ok(()),
        }
    }

    /// The key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for ObjectKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl TryFrom<String> for ObjectKey {
    type Error = InvalidObjectKey;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(text)
    }
}

impl From<ObjectKey> for String {
    fn from(key: ObjectKey) -> Self {
        key.0.as_ref().to_owned()
    }
}
