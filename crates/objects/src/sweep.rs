//! Removing what nobody needs any more.

use crate::{Error, Objects};

/// What a sweep removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Blobs no row names.
    pub blobs: u64,
    /// Partitions of buckets that were deleted, or never came to be.
    pub partitions: u64,
    /// Completed and aborted uploads past [`crate::Limits::closed_upload_kept`].
    pub uploads: u64,
}

impl Objects {
    /// Removes orphans: blobs of writes that a crash cut off, rows of deleted buckets, memories of closed
    /// uploads. Run it in the background after the start, and then every hour or so; it paces itself.
    pub async fn sweep(&self) -> Result<Swept, Error> {
        todo!()
    }
}
