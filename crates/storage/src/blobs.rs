//! Immutable byte strings.

use std::fmt;
use std::ops::Range;

use bytes::Bytes;

use crate::{Partition, StorageError};

/// The name of a blob, unique for ever: the partition whose row names it, and a number that only grows
/// within one shard, also across restarts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobId {
    /// Where the row that names the blob lies; lets a sweep find that row with one `get`.
    pub partition: Partition,
    /// Grows with every blob created.
    pub number: u64,
}

impl fmt::Display for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}-{:016x}", self.partition.0, self.number)
    }
}

/// Appends to a blob that nobody can read yet. Dropping it unfinished abandons the blob: its space is
/// reclaimed, by the engine at once or by what it does at its next start.
#[async_trait::async_trait]
pub trait BlobWriter: Send {
    /// The id the blob will have.
    fn id(&self) -> BlobId;

    /// Adds bytes at the end. Returns when the writer can take more: this is the back pressure of an
    /// upload, and bounds its memory.
    async fn append(&mut self, data: Bytes) -> Result<(), StorageError>;

    /// Makes the blob durable and readable.
    async fn finish(self: Box<Self>) -> Result<BlobId, StorageError>;
}

/// Reads a blob's bytes in order. While it lives, the bytes stay readable even if the blob is deleted.
#[async_trait::async_trait]
pub trait BlobReader: Send {
    /// The next bytes, verified against their checksums; `None` at the end of the range.
    async fn next(&mut self) -> Result<Option<Bytes>, StorageError>;
}

/// A store of immutable byte strings.
#[async_trait::async_trait]
pub trait Blobs: Send + Sync + 'static {
    /// Starts a blob. `size_hint` is the number of bytes expected, where known (an engine preallocates
    /// by it); more or fewer may come.
    async fn create(
        &self,
        partition: Partition,
        size_hint: Option<u64>,
    ) -> Result<Box<dyn BlobWriter>, StorageError>;

    /// Opens `range` (within the blob's length) for reading.
    ///
    /// # Errors
    /// [`StorageError::NoSuchBlob`], or [`StorageError::Corrupt`] where the range passes the end.
    async fn read(&self, id: BlobId, range: Range<u64>) -> Result<Box<dyn BlobReader>, StorageError>;

    /// Deletes the blob; deleting what is not there is no error. Space is reclaimed when the last
    /// reader is gone.
    async fn delete(&self, id: BlobId) -> Result<(), StorageError>;

    /// Up to `limit` ids of finished blobs after `after`, shard by shard, inside a shard in ascending order
    /// of `number`.
    async fn ids(&self, after: Option<BlobId>, limit: usize) -> Result<Vec<BlobId>, StorageError>;
}
