//! The storage contract: what an engine must promise, and nothing about S3.
//!
//! Two narrow traits. [`Index`] is an ordered byte map divided into partitions, with atomic
//! conditional commits inside one partition. [`Blobs`] keeps immutable byte strings. S3 semantics are
//! written once above them, in `cairn-objects`; an engine knows nothing of HTTP, XML or S3.
//!
//! The rules that hold the two together:
//! 1. A blob is durable ([`BlobWriter::finish`] returned) before a row of the index names it.
//! 2. A blob is deleted only after the commit that forgets it returned.
//! 3. A crash between the two leaves an orphan, which a sweep finds through [`Blobs::ids`].

mod blobs;
mod error;
mod index;
mod memory;
mod shards;
#[cfg(feature = "testing")]
pub mod testing;

pub use blobs::{BlobId, BlobReader, BlobWriter, Blobs};
pub use error::{CommitError, StorageError};
pub use index::{
    Commit, Expectation, Index, IndexExt, Partition, Range, Row, Shard, Space, Step, Visitor, Write,
};
pub use memory::Memory;
pub use shards::{Engine, Shards};
