//! The front of a version's row, read for a listing.
//!
//! A listing reads a thousand of them a page and shows little of each: of a checksum not the digest. So they
//! are not decoded as a [`Summary`](super::records::Summary), which takes every byte of an array by itself,
//! but read here, straight from postcard's wire format (<https://postcard.jamesmunns.com/wire-format>): integers
//! and the numbers of enums' variants are varints, a byte says whether an option has a value, and texts and
//! sequences begin with their length. A test holds both ways to the same answers.

use cairn_storage::StorageError;
use cairn_types::{
    AccountId, CanonicalUserId, ChecksumAlgorithm, ChecksumType, ETag, StorageClass, Timestamp, VersionId,
    VersionOrder,
};

use super::records::{corrupt, form, version_id};
use crate::{ListedObject, Owner};

/// What listings show of a version's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    pub order: VersionOrder,
    /// Of the version id; `None` is the `null` version.
    pub nonce: Option<[u8; 16]>,
    pub modified: Timestamp,
    /// `None` is a delete marker.
    pub object: Option<ListedObject>,
}

impl Listed {
    /// Of a head row.
    pub(crate) fn of_head(value: &[u8]) -> Result<Self, StorageError> {
        let (shared, rest) = form("head", value)?;
        let mut front = Front(rest);
        front
            .head_fields()
            .and_then(|()| front.version(shared))
            .ok_or_else(|| corrupt("head"))
    }

    /// Of an older version's row.
    pub(crate) fn of_older(value: &[u8]) -> Result<Self, StorageError> {
        let (shared, rest) = form("version", value)?;
        Front(rest).version(shared).ok_or_else(|| corrupt("version"))
    }

    pub(crate) fn id(&self) -> VersionId {
        version_id(self.order, self.nonce)
    }
}

/// What is left of a value. Methods take from its front, and give `None` for what no record begins with.
struct Front<'a>(&'a [u8]);

impl<'a> Front<'a> {
    /// Passes [`HeadFields`](super::records::HeadFields).
    fn head_fields(&mut self) -> Option<()> {
        self.varint()?;
        if self.present()? {
            self.varint()?;
        }
        Some(())
    }

    /// The owner, if the form has one, and a [`Summary`](super::records::Summary).
    fn version(&mut self, shared: bool) -> Option<Listed> {
        let owner = if shared && self.present()? {
            Some(self.owner()?.into())
        } else {
            None
        };
        let order = VersionOrder(self.varint()?);
        let nonce = if self.present()? {
            Some(self.array()?)
        } else {
            None
        };
        let modified = Timestamp::from_micros(self.varint()?);
        let object = if self.present()? {
            Some(self.object(modified, owner)?)
        } else {
            None
        };
        Some(Listed {
            order,
            nonce,
            modified,
            object,
        })
    }

    fn owner(&mut self) -> Option<Owner> {
        Some(Owner {
            account: AccountId::parse(self.text()?).ok()?,
            canonical: CanonicalUserId::parse(self.text()?).ok()?,
        })
    }

    /// An [`ObjectSummary`](super::records::ObjectSummary).
    fn object(&mut self, modified: Timestamp, owner: Option<Box<Owner>>) -> Option<ListedObject> {
        let size = self.varint()?;
        let etag = ETag {
            md5: self.array()?,
            parts: self.parts()?,
        };
        let storage_class = self.variant(StorageClass::ALL)?;
        let algorithm = self.variant(ChecksumAlgorithm::ALL)?;
        self.bytes()?;
        let kind = self.variant(&[ChecksumType::Composite, ChecksumType::FullObject])?;
        self.parts()?;
        Some(ListedObject {
            modified,
            etag,
            size,
            storage_class,
            owner,
            checksum: (algorithm, kind),
        })
    }

    fn parts(&mut self) -> Option<Option<u16>> {
        Some(if self.present()? {
            Some(self.varint()?.try_into().ok()?)
        } else {
            None
        })
    }

    /// A variant without fields of an enum, of which `all` are in the order they are declared in.
    fn variant<T: Copy>(&mut self, all: &[T]) -> Option<T> {
        let number = usize::try_from(self.varint()?).ok()?;
        all.get(number).copied()
    }

    /// Whether an option has a value, which follows.
    fn present(&mut self) -> Option<bool> {
        match self.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes()?).ok()
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.varint()?).ok()?;
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    /// Bytes of a fixed number, which have no length before them.
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*array)
    }

    /// Seven bits a byte, the lowest first; the highest bit of a byte says that another follows.
    #[inline]
    fn varint(&mut self) -> Option<u64> {
        if let Some((&small @ 0..0x80, rest)) = self.0.split_first() {
            self.0 = rest;
            return Some(small.into());
        }
        // Moments take eight bytes, and behind a front there are at least as many.
        let word = self
            .0
            .first_chunk()
            .map_or(u64::MAX, |bytes| u64::from_le_bytes(*bytes));
        let ends = !word & 0x8080_8080_8080_8080;
        if ends == 0 {
            return self.long_varint();
        }
        // All bits up to the first byte that ends a number.
        let bits = word & (ends ^ (ends - 1));
        let (_, rest) = self.0.split_at_checked(ends.trailing_zeros() as usize / 8 + 1)?;
        self.0 = rest;
        // Seven bits of eight, then fourteen of sixteen, then 28 of 32 are moved together.
        let bits = (bits & 0x007f_007f_007f_007f) | (bits & 0x7f00_7f00_7f00_7f00) >> 1;
        let bits = (bits & 0x0000_3fff_0000_3fff) | (bits & 0x3fff_0000_3fff_0000) >> 2;
        Some((bits & 0x0fff_ffff) | (bits & 0x0fff_ffff_0000_0000) >> 4)
    }

    /// [`Self::varint`] byte by byte: of more than eight, or where fewer are left.
    #[cold]
    fn long_varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            value |= bits << shift;
            if byte < 0x80 {
                // The last byte that fits has room for one bit.
                return (bits << shift >> shift == bits).then_some(value);
            }
        }
        None
    }

    fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*byte)
    }
}
