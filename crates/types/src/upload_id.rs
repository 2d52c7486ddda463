//! Ids of multipart uploads.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::{VersionOrder, random};

/// The id of a multipart upload: when it was initiated, which also decides where its completed version
/// stands among the versions of the key (facts/06 §8), and 24 random bytes. On the wire 43 URL-safe
/// characters. Ids of one key order by initiation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct UploadId {
    order: VersionOrder,
    nonce: [u8; 24],
}

impl UploadId {
    /// A new id for an upload initiated at `order`.
    pub fn generate(order: VersionOrder) -> Self {
        Self {
            order,
            nonce: random::bytes(),
        }
    }

    /// Reads an id from the wire; `None` where it cannot be one Cairn gave out.
    pub fn parse(text: &str) -> Option<Self> {
        Self::from_bytes(&URL_SAFE_NO_PAD.decode(text).ok()?)
    }

    /// The place of the upload in time.
    pub fn order(&self) -> VersionOrder {
        self.order
    }

    /// 32 bytes that order like the id.
    pub fn to_bytes(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&self.order.0.to_be_bytes());
        bytes[8..].copy_from_slice(&self.nonce);
        bytes
    }

    /// The inverse of [`Self::to_bytes`].
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (order, nonce) = bytes.split_first_chunk::<8>()?;
        Some(Self {
            order: VersionOrder(u64::from_be_bytes(*order)),
            nonce: nonce.try_into().ok()?,
        })
    }
}

impl fmt::Display for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.to_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::{UploadId, VersionOrder};

    #[test]
    fn text_round_trips_and_garbage_is_refused() {
        let id = UploadId::generate(VersionOrder(7));
        assert_eq!(UploadId::parse(&id.to_string()), Some(id));
        assert_eq!(id.to_string().len(), 43);
        for bad in ["", "x", "a b", &"A".repeat(42), &"A".repeat(44), &"é".repeat(20)] {
            assert_eq!(UploadId::parse(bad), None, "{bad}");
        }
    }
}
