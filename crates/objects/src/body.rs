//! A body on its way in: hashed, bounded, invisible until it is put.

use bytes::Bytes;
use cairn_types::{ChecksumAlgorithm, ChecksumValue};

use crate::Error;

/// What is known of a body before its first byte.
#[derive(Debug, Clone, Copy)]
pub struct BodySpec {
    /// Its length in bytes, where announced. More or fewer bytes are [`Error::IncompleteBody`].
    pub size: Option<u64>,
    /// The checksum the client sends (in a header or trailer); `None` where it sends none: then
    /// [`ChecksumAlgorithm::DEFAULT`] is computed and stored (facts/06 §9).
    pub checksum: Option<ChecksumAlgorithm>,
}

/// What the client says of the body it sent.
#[derive(Debug, Clone, Default)]
pub struct Expected {
    /// `Content-MD5`.
    pub md5: Option<[u8; 16]>,
    /// The checksum of the header or trailer, of the algorithm of [`BodySpec::checksum`].
    pub checksum: Option<ChecksumValue>,
}

/// Takes a body's bytes as they come. Memory: at most [`crate::Limits::inline_bytes_max`] and what the
/// blob writer buffers. Dropping it abandons the body and leaves nothing.
pub struct BodyWriter {}

impl BodyWriter {
    /// Adds bytes; returns when more can be taken (back pressure).
    ///
    /// # Errors
    /// [`Error::EntityTooLarge`], [`Error::IncompleteBody`] as soon as more bytes came than announced.
    pub async fn write(&mut self, data: Bytes) -> Result<(), Error> {
        todo!()
    }

    /// Bytes taken so far.
    pub fn size(&self) -> u64 {
        todo!()
    }

    /// Ends the body: verifies it and makes a large one durable. Still nothing is visible.
    ///
    /// # Errors
    /// [`Error::IncompleteBody`], [`Error::BadDigest`], [`Error::BadChecksum`].
    pub async fn finish(self, expected: Expected) -> Result<StagedBody, Error> {
        todo!()
    }
}

/// A verified body that no row names yet. Dropping it abandons it: its blob is deleted.
pub struct StagedBody {}

impl StagedBody {
    /// Length in bytes.
    pub fn size(&self) -> u64 {
        todo!()
    }

    /// The MD5 of the bytes.
    pub fn md5(&self) -> [u8; 16] {
        todo!()
    }

    /// The checksum the object or part will have.
    pub fn checksum(&self) -> &ChecksumValue {
        todo!()
    }
}
