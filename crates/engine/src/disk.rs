//! The few file operations that segments are made of, as a seam.
//!
//! Everything segment files need from the operating system goes through [`Disk`] and [`DiskFile`], so that
//! a test can put a disk below the engine that fails a write or a sync, and can ask what would be left
//! after a power cut (`Simulated`, feature `testing`). The index does not pass here: fjall talks to the
//! real file system by itself. Calls block, but for [`DiskFile::read_cached_at`]; the engine makes them from blocking
//! threads only.

mod host;
#[cfg(any(test, feature = "testing"))]
mod simulated;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use host::Host;
#[cfg(any(test, feature = "testing"))]
pub use simulated::{Faults, Simulated};

/// Where segment files live.
pub trait Disk: fmt::Debug + Send + Sync + 'static {
    /// Creates the directory and its parents; no error if it exists.
    fn create_dir(&self, path: &Path) -> io::Result<()>;

    /// The files directly below a directory.
    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>>;

    /// Creates an empty file; `AlreadyExists` if there is one. Its name is durable after
    /// [`Disk::sync_dir`].
    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;

    /// Opens an existing file for reading and writing.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;

    /// Removes a file. Those who have it open keep it.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes the names created and removed below a directory durable.
    fn sync_dir(&self, path: &Path) -> io::Result<()>;
}

/// An open segment file. Offsets and lengths are in bytes.
pub trait DiskFile: fmt::Debug + Send + Sync + 'static {
    /// Writes all of `data`.
    fn write_at(&self, data: &[u8], offset: u64) -> io::Result<()>;

    /// Fills all of `buffer`; `UnexpectedEof` past the end.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()>;

    /// Reads into the beginning of `buffer` what is in memory, without waiting for the disk: the one call
    /// that may be made from any thread. Returns how many bytes that are; fewer than asked for (also none)
    /// means to ask [`DiskFile::read_at`] for the rest, which also says what is wrong.
    fn read_cached_at(&self, buffer: &mut [u8], offset: u64) -> usize;

    /// A range will be read soon: a disk that can begins to load it.
    fn will_need(&self, offset: u64, length: u64);

    /// A range that was just written is to go to the disk soon: one that can begins with it. Waits for nothing
    /// and promises nothing; [`DiskFile::sync_data`] does. Other ranges may be forgotten by the page cache.
    fn write_back(&self, offset: u64, length: u64);

    /// On return every write that returned before the call is on stable storage, with what is needed to
    /// read it back.
    fn sync_data(&self) -> io::Result<()>;

    /// Gives the space of a range back; it reads as zeros afterwards. A file system that cannot do so
    /// keeps the space: no error.
    fn punch_hole(&self, offset: u64, length: u64) -> io::Result<()>;

    /// Reserves space for a range and grows the file to its end. A file system that cannot reserve only
    /// grows the file.
    fn allocate(&self, offset: u64, length: u64) -> io::Result<()>;

    /// Cuts or grows the file.
    fn set_len(&self, length: u64) -> io::Result<()>;

    /// The file's length.
    fn length(&self) -> io::Result<u64>;
}
