//! Version ids and the order of versions (facts/06 §4).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::{Timestamp, random};

/// Where a version stands among the versions of its key: larger is newer. Microseconds since 1970, made
/// unique within a store by counting on where the clock did not move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct VersionOrder(pub u64);

impl VersionOrder {
    /// The moment it stands for.
    pub fn timestamp(self) -> Timestamp {
        Timestamp::from_micros(self.0)
    }
}

/// The id of one version of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum VersionId {
    /// `null`: written while versioning was not enabled.
    Null,
    /// Written while versioning was enabled: 32 URL-safe characters on the wire.
    Unique {
        /// Its place among the versions; makes finding a version by its id one lookup.
        order: VersionOrder,
        /// Makes ids unguessable.
        nonce: [u8; 16],
    },
}

/// Not a version id: S3's answer is `InvalidArgument`, "Invalid version id specified".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Invalid version id specified")]
pub struct InvalidVersionId;

impl VersionId {
    /// A new id at `order`.
    pub fn generate(order: VersionOrder) -> Self {
        Self::Unique {
            order,
            nonce: random::bytes(),
        }
    }

    /// Appends the text of the wire: listings write a thousand of them a page.
    pub fn push(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Unique { order, nonce } => {
                let mut bytes = [0; 24];
                bytes[..8].copy_from_slice(&order.0.to_be_bytes());
                bytes[8..].copy_from_slice(nonce);
                URL_SAFE_NO_PAD.encode_string(bytes, out);
            }
        }
    }

    /// Reads an id from the wire.
    pub fn parse(text: &str) -> Result<Self, InvalidVersionId> {
        if text == "null" {
            return Ok(Self::Null);
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidVersionId)?;
        let (order, nonce) = bytes.split_first_chunk::<8>().ok_or(InvalidVersionId)?;
        let nonce = nonce.try_into().map_err(|_| InvalidVersionId)?;
        Ok(Self::Unique {
            order: VersionOrder(u64::from_be_bytes(*order)),
            nonce,
        })
    }
}

impl fmt::Display for VersionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Unique { .. } => {
                let mut text = String::with_capacity(32);
                self.push(&mut text);
                f.write_str(&text)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{VersionId, VersionOrder};

    #[test]
    fn text_round_trips_and_garbage_is_refused() {
        let id = VersionId::generate(VersionOrder(9));
        assert_eq!(id.to_string().len(), 32);
        assert_eq!(VersionId::parse(&id.to_string()), Ok(id));
        assert_eq!(VersionId::parse("null"), Ok(VersionId::Null));
        for bad in ["", "NULL", "x", &"A".repeat(31), &"A".repeat(33), "!!!"] {
            assert!(VersionId::parse(bad).is_err(), "{bad}");
        }
    }
}
