//! What can go wrong in an engine, told by what the caller must do.

use crate::index::Row;

/// A failure of the engine. No variant is the caller's fault.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// The operating system refused or failed a read, write or sync. What was asked is not done; after
    /// a failed sync the engine refuses further commits until it is reopened (a page that failed to
    /// sync may be lost silently, so nothing later may be acknowledged on top of it).
    #[error("storage I/O failed: {context}: {source}")]
    Io {
        /// What the engine was doing.
        context: &'static str,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// Bytes read back do not match their checksum, or a structure on disk does not parse.
    #[error("stored data is corrupt: {0}")]
    Corrupt(String),
    /// The blob is not there (never finished, or deleted).
    #[error("no blob {0}")]
    NoSuchBlob(crate::BlobId),
    /// The device or a configured limit is full. Nothing was written.
    #[error("no space left for {0}")]
    Full(&'static str),
    /// The engine is shutting down or was poisoned by an earlier failed sync.
    #[error("the storage engine is closed: {0}")]
    Closed(&'static str),
}

impl StorageError {
    /// What [`crate::Blobs::read`] answers to a range that does not lie within the blob: the caller's
    /// record of the length and the blob disagree.
    #[must_use]
    pub fn range_past_end(id: crate::BlobId, range: &std::ops::Range<u64>, length: u64) -> Self {
        Self::Corrupt(format!(
            "bytes {}..{} of blob {id}, which has {length}",
            range.start, range.end
        ))
    }
}

/// Why a commit was not applied. In both cases nothing of it is visible or durable.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// An expectation did not hold; the row it names tells which.
    #[error("expectation failed")]
    Conflict(Row),
    /// The engine failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}
