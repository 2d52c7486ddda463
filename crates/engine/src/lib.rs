//! The embedded storage engine: both traits of `cairn-storage` in one data directory.
//!
//! Rows, and the bodies of small objects, lie in an ordered index on fjall (`tables`, `index`), to which
//! one thread commits for everybody (`committer`). Larger bodies lie in segment files (`segments`), and
//! what they hold is told by rows of the same index (`blobs`), so that one journal decides what exists.
//! Space that nothing names any more is given back in the background (`reclaim`). What is written where,
//! byte by byte: docs/on-disk.md.
//!
//! The invariants, in the order of the tenets: nothing is visible before it is durable; a blob's bytes are
//! synced before its row is committed; bytes are punched only after the commit that forgets them; an
//! offset in a segment is written once; after a failed sync nothing more is acknowledged.

mod blobs;
mod committer;
mod directory;
pub mod disk;
mod engine;
mod error;
mod index;
mod journal;
mod memtables;
mod options;
mod reclaim;
mod scrub;
mod seeks;
mod segments;
mod stats;
mod tables;

pub use directory::FORMAT_VERSION;
pub use engine::Engine;
pub use error::OpenError;
pub use options::Options;
pub use scrub::{ScrubEvent, ScrubSummary};
pub use stats::Stats;
