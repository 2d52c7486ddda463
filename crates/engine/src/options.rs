//! What can be chosen when an engine is opened, and the limits that cannot.

use std::sync::Arc;
use std::time::Duration;

use crate::disk::{Disk, Host};

/// How an engine is opened. The defaults are those of a server that may use 256 MiB.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Options {
    /// Memory for the index's block cache, in bytes.
    pub cache_bytes: u64,
    /// Memory for commits that are in the index's journal and not in its tables yet, in bytes. At half of it
    /// they begin to be written out; at all of it commits wait. One batch may be added, and what fjall needs to
    /// write a table.
    pub memtable_bytes: u64,
    /// Memory for the buffers of all uploads, in bytes, beyond two blocks of 64 KiB that each upload has. Where it
    /// is used up uploads go on in smaller pieces.
    pub write_buffers_bytes: u64,
    /// Memory for the buffers of all downloads, in bytes. While they hold as much, each has to do with one block
    /// of 64 KiB at a time, and with nothing read ahead.
    pub read_buffers_bytes: u64,
    /// Size at which a segment file is full, in bytes. A blob may span segments. At least
    /// [`Options::SEGMENT_BYTES_MIN`]; smaller values are raised to it.
    pub segment_bytes: u64,
    /// Space reserved ahead of the end of a segment being appended to, in bytes.
    pub preallocate_bytes: u64,
    /// Where segment files live; the index always uses the operating system's file system.
    pub disk: Arc<dyn Disk>,
}

impl Options {
    /// The smallest segment, in bytes.
    pub const SEGMENT_BYTES_MIN: u64 = 1024 * 1024;
}

impl Default for Options {
    fn default() -> Self {
        Self {
            cache_bytes: 80 * 1024 * 1024,
            memtable_bytes: 80 * 1024 * 1024,
            write_buffers_bytes: 24 * 1024 * 1024,
            read_buffers_bytes: 24 * 1024 * 1024,
            segment_bytes: 1024 * 1024 * 1024,
            preallocate_bytes: 64 * 1024 * 1024,
            disk: Arc::new(Host),
        }
    }
}

/// Commits that wait for the committer; one more waits to be queued.
pub(crate) const QUEUE_COMMITS_MAX: usize = 4096;
/// Bytes of keys and values waiting for the committer. A commit that is larger waits until it is alone.
pub(crate) const QUEUE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Commits merged into one journal write.
pub(crate) const BATCH_COMMITS_MAX: usize = 2048;
/// How long the committer waits for the rest of those who wrote with the batch before. Shorter than a sync, and
/// about what waking them takes.
pub(crate) const COMPANY_WAIT: Duration = Duration::from_micros(50);
/// Commits of a batch from which on the next is worth waiting for.
pub(crate) const COMPANY_COMMITS_MIN: usize = 4;
/// Bytes merged into one journal write; the commit that passes it is the batch's last.
pub(crate) const BATCH_BYTES_MAX: usize = 8 * 1024 * 1024;

/// The unit of blob checksums, in bytes: what must be read to verify any byte. See docs/on-disk.md for
/// the measurement.
pub(crate) const BLOCK_BYTES: usize = 64 * 1024;
/// An upload's largest buffer: what one blocking job checksums and writes, in bytes. A multiple of a block. One
/// is filled while at most one is being written, so an upload holds at most two.
pub(crate) const WRITE_BUFFER_BYTES: usize = 1024 * 1024;
/// Bytes of a large upload after which the disk is told to begin with them: else it stands still until the sync,
/// which then waits for all of them.
pub(crate) const WRITE_BACK_BYTES: u64 = 4 * 1024 * 1024;
/// A download's buffer: what one job reads and verifies, in bytes. A multiple of a block, and small enough
/// that the bytes are still in a core's own cache when they are sent. One is handed out while at most one
/// is being read.
pub(crate) const READ_BYTES: usize = 512 * 1024;
/// Bytes a download takes from the page cache, about a millisecond's work, before the other tasks of its
/// thread have a turn.
pub(crate) const READ_TURN_BYTES: usize = 2 * 1024 * 1024;
/// Bytes that the disk is told of ahead of a download that had to wait for it.
pub(crate) const READ_AHEAD_BYTES: u64 = 2 * 1024 * 1024;
/// Bytes of buffers kept for the downloads to come.
pub(crate) const READ_BUFFERS_KEPT_BYTES_MAX: usize = 8 * 1024 * 1024;
/// The longest extent granted at first to an upload whose size is known, in bytes: what a client that only
/// announces bytes can reserve.
pub(crate) const EXTENT_BYTES_FIRST: u64 = 8 * 1024 * 1024;
/// The longest extent, in bytes; a multiple of a block.
pub(crate) const EXTENT_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Uploads expected to be larger than this, or of unknown size, are written to a segment of their own
/// kind, so that a small upload's sync does not wait for the write-back of a large one's bytes.
pub(crate) const SMALL_UPLOAD_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Segment files kept open without being in use.
pub(crate) const OPEN_SEGMENTS_MAX: usize = 256;
/// Rows of a cleared partition removed in one commit.
pub(crate) const CLEAR_ROWS_MAX: usize = 1024;
