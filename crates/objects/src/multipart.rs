//! Multipart uploads (facts/06 §8, §9).
//!
//! An open upload is a row under its key, its parts are rows under its id; a part's bytes are always a
//! blob. Completing copies no byte: one commit turns the listed part rows into a part list (rows of at
//! most [`PARTS_PER_PAGE`] parts) and puts a version that names it. It expects the upload row and every
//! part row as read, so that racing completes, aborts and part uploads have one winner. What is left of an
//! upload that is closed is a small row that remembers the answer for a while.

use bytes::Bytes;
use cairn_types::{
    ChecksumAlgorithm, ChecksumType, ChecksumValue, ETag, ObjectKey, PartNumber, Timestamp, UploadId,
};

use cairn_storage::StorageError;
use serde::{Deserialize, Serialize};

use crate::rows::records::PartRecord;
use crate::{Metadata, Owner, WritePrecondition};

mod abort;
mod complete;
mod part;
mod upload;

/// Parts in one row of a part list: small enough that a ranged read of a large object reads little.
pub(crate) const PARTS_PER_PAGE: usize = 256;

/// The checksum an upload was created with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadChecksum {
    /// The algorithm of the parts and the object.
    pub algorithm: ChecksumAlgorithm,
    /// How the object's comes about. The caller has checked [`ChecksumAlgorithm::allows`].
    pub kind: ChecksumType,
}

/// An upload to create.
#[derive(Debug, Clone)]
pub struct NewUpload {
    /// What the object will have.
    pub metadata: Metadata,
    /// The checksum asked for; `None`: CRC64NVME over the whole object, and responses do not name it.
    pub checksum: Option<UploadChecksum>,
    /// Who initiates it.
    pub initiator: Owner,
}

/// An open upload as last read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// The id.
    pub id: UploadId,
    /// The key.
    pub key: ObjectKey,
    /// When it was initiated.
    pub initiated: Timestamp,
    /// Who did.
    pub initiator: Owner,
    /// The checksum asked for.
    pub checksum: Option<UploadChecksum>,
    /// What the object will have.
    pub metadata: Metadata,
    /// The bytes of its row, which the commits of its parts expect.
    pub(crate) raw: Bytes,
}

/// A part that was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPart {
    /// Its number.
    pub number: PartNumber,
    /// Length in bytes.
    pub size: u64,
    /// ETag: the MD5 of its bytes.
    pub etag: ETag,
    /// Checksum. Shown where the upload (or object) was asked to have one.
    pub checksum: ChecksumValue,
    /// When it was stored.
    pub modified: Timestamp,
}

/// One page of parts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PartPage {
    /// The parts, by number.
    pub parts: Vec<StoredPart>,
    /// Whether more follow.
    pub truncated: bool,
}

/// One part of a complete request.
#[derive(Debug, Clone)]
pub struct CompletePart {
    /// The number.
    pub number: PartNumber,
    /// The ETag as listed, quoted or not.
    pub etag: String,
    /// The checksum as listed.
    pub checksum: Option<ChecksumValue>,
}

/// A complete request.
#[derive(Debug, Clone, Default)]
pub struct CompleteUpload {
    /// The parts, in the order listed.
    pub parts: Vec<CompletePart>,
    /// `x-amz-checksum-type`.
    pub checksum_type: Option<ChecksumType>,
    /// The object's checksum as the client computed it.
    pub checksum: Option<ChecksumValue>,
    /// `x-amz-mp-object-size` in bytes.
    pub object_size: Option<u64>,
    /// When to write at all.
    pub precondition: WritePrecondition,
}

impl PartRecord {
    /// As a caller sees it.
    pub(crate) fn stored(self) -> Result<StoredPart, StorageError> {
        let number = PartNumber::new(self.number.into())
            .map_err(|_| StorageError::Corrupt("a part with an impossible number".into()))?;
        Ok(StoredPart {
            number,
            size: self.size,
            etag: ETag::plain(self.md5),
            checksum: self.checksum,
            modified: self.modified,
        })
    }
}
