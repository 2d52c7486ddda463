//! The index's tables in fjall, and their keys.
//!
//! One fjall database, three keyspaces that share its journal, so that one batch and one sync cover them
//! all. `rows` and `bodies` hold the two spaces of the contract; every key starts with its partition as
//! eight big-endian bytes, which keeps a partition's rows together and in order. `bodies` keeps values of
//! 1 KiB and more in separate value files, so that compaction moves keys and not bodies. `blobs` holds
//! what segments mean (see `blobs::row`).
//!
//! Journal compression is off: bodies rarely shrink, and rows are small. What fjall protects by itself:
//! every table block and every separated value carries an xxh3-128 checksum that is checked when it is
//! read from disk, and every journal batch an xxh3-64 checksum that is checked on replay.

use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use cairn_storage::{Partition, Row, Space};
use fjall::{
    CompressionType, Database, Keyspace, KeyspaceCreateOptions, KvSeparationOptions, Slice,
    config::{BlockSizePolicy, CompressionPolicy},
};

use crate::memtables::Memtables;
use crate::seeks::Seeks;
use crate::{OpenError, Options};

/// The size of journals at which fjall writes memtables out, in bytes. It bounds what is replayed at
/// start, and so the time to start; fjall allows no less than 64 MiB.
const JOURNAL_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// A memtable is written out at this size at the latest, in bytes; `memtables` has the limit of all together.
const MEMTABLE_BYTES: u64 = 32 * 1024 * 1024;
/// Threads that write memtables out and compact.
const WORKERS_MIN: usize = 2;
const WORKERS_MAX: usize = 4;
/// The unit in which rows are read from a table and kept in the cache, in bytes. Twice fjall's: a page of a listing
/// then opens half as many, which is an eighth of its time, and a single row takes as long (docs/performance.md).
const ROW_BLOCK_BYTES: u32 = 8 * 1024;
/// Bodies shorter than this stay beside their key, in bytes.
const SEPARATE_BYTES_MIN: u32 = 1024;

/// One of the keyspaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Table {
    Rows,
    Bodies,
    Blobs,
}

impl From<Space> for Table {
    fn from(space: Space) -> Self {
        match space {
            Space::Rows => Self::Rows,
            Space::Bodies => Self::Bodies,
        }
    }
}

/// The open database. Clones share it.
#[derive(Clone)]
pub(crate) struct Tables {
    pub(crate) database: Database,
    /// What seeks found in `rows`.
    pub(crate) seeks: Arc<Seeks>,
    rows: Keyspace,
    bodies: Keyspace,
    blobs: Keyspace,
    pub(crate) memtables: Memtables,
}

impl Tables {
    pub(crate) fn open(path: &Path, options: &Options) -> Result<Self, OpenError> {
        // fjall asserts some of what it finds on disk: where it unwinds, damage is an error here.
        let opened = catch_unwind(AssertUnwindSafe(|| Self::open_unguarded(path, options)));
        match opened {
            Ok(result) => result.map_err(|error| OpenError::fjall(path, error)),
            Err(_) => Err(OpenError::Corrupt {
                path: path.to_owned(),
                detail: "the index does not open".to_owned(),
            }),
        }
    }

    fn open_unguarded(path: &Path, chosen: &Options) -> fjall::Result<Self> {
        // Two at least: one writes memtables out while another compacts, and never waits for it.
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let database = Database::builder(path)
            .cache_size(chosen.cache_bytes)
            .worker_threads(cores.clamp(WORKERS_MIN, WORKERS_MAX))
            .journal_compression(CompressionType::None)
            .manual_journal_persist(true)
            .max_journaling_size(JOURNAL_BYTES_MAX)
            .open()?;
        let options = || {
            KeyspaceCreateOptions::default()
                .manual_journal_persist(true)
                .max_memtable_size(MEMTABLE_BYTES)
        };
        let separated = || {
            let separation = KvSeparationOptions::default()
                .compression(CompressionType::None)
                .separation_threshold(SEPARATE_BYTES_MIN);
            options()
                .data_block_compression_policy(CompressionPolicy::disabled())
                .with_kv_separation(Some(separation))
        };
        let rows = database.keyspace("rows", || {
            options().data_block_size_policy(BlockSizePolicy::all(ROW_BLOCK_BYTES))
        })?;
        let bodies = database.keyspace("bodies", separated)?;
        let blobs = database.keyspace("blobs", options)?;
        Ok(Self {
            memtables: Memtables::new(&database, [&rows, &bodies, &blobs], chosen.memtable_bytes),
            seeks: Arc::default(),
            rows,
            bodies,
            blobs,
            database,
        })
    }

    pub(crate) fn keyspace(&self, table: Table) -> &Keyspace {
        match table {
            Table::Rows => &self.rows,
            Table::Bodies => &self.bodies,
            Table::Blobs => &self.blobs,
        }
    }
}

/// Bytes of the partition in front of every key of `rows` and `bodies`.
pub(crate) const PREFIX_BYTES: usize = 8;

/// Longest fjall key that is put together on the stack, in bytes: the rows of most object keys.
const STACK_KEY_BYTES: usize = 160;

/// Gives the fjall key of a row to `then`, without an allocation where it is short.
pub(crate) fn with_row_key<T>(partition: Partition, row: &Row, then: impl FnOnce(&[u8]) -> T) -> T {
    let mut stack = [0; STACK_KEY_BYTES];
    match stack.get_mut(..PREFIX_BYTES + row.key.len()) {
        Some(full) => {
            let (front, key) = full.split_at_mut(PREFIX_BYTES);
            front.copy_from_slice(&partition.0.to_be_bytes());
            key.copy_from_slice(&row.key);
            then(full)
        }
        None => then(&prefixed(partition, &row.key)),
    }
}

/// The fjall key of a row, to be kept.
pub(crate) fn row_key(partition: Partition, row: &Row) -> Slice {
    with_row_key(partition, row, |key| Slice::from(key))
}

/// The fjall key of a key of the partition.
pub(crate) fn prefixed(partition: Partition, key: &[u8]) -> Vec<u8> {
    let mut full = Vec::with_capacity(PREFIX_BYTES + key.len());
    full.extend_from_slice(&partition.0.to_be_bytes());
    full.extend_from_slice(key);
    full
}

/// Where in fjall's order a scan of the partition starts.
pub(crate) fn range_start(partition: Partition, start: &Bound<Bytes>) -> Bound<Vec<u8>> {
    match start {
        Bound::Unbounded => Bound::Included(prefixed(partition, &[])),
        Bound::Included(key) => Bound::Included(prefixed(partition, key)),
        Bound::Excluded(key) => Bound::Excluded(prefixed(partition, key)),
    }
}

/// Where in fjall's order a scan of the partition ends.
pub(crate) fn range_end(partition: Partition, end: &Bound<Bytes>) -> Bound<Vec<u8>> {
    match (end, partition.0.checked_add(1)) {
        (Bound::Unbounded, Some(next)) => Bound::Excluded(next.to_be_bytes().to_vec()),
        (Bound::Unbounded, None) => Bound::Unbounded,
        (Bound::Included(key), _) => Bound::Included(prefixed(partition, key)),
        (Bound::Excluded(key), _) => Bound::Excluded(prefixed(partition, key)),
    }
}

/// Whether no key can lie between the bounds.
pub(crate) fn range_is_empty(start: &Bound<Vec<u8>>, end: &Bound<Vec<u8>>) -> bool {
    match (start, end) {
        (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
        (Bound::Included(start), Bound::Included(end)) => start > end,
        (Bound::Included(start) | Bound::Excluded(start), Bound::Included(end) | Bound::Excluded(end)) => {
            start >= end
        }
    }
}

/// Values at least this long are shared with fjall's memory instead of copied, in bytes.
const SHARE_BYTES_MIN: usize = 1024;

/// A value as the contract hands it out. A short one is copied: sharing would keep the whole table block
/// it lies in alive for as long as the caller keeps it.
pub(crate) fn to_bytes(value: Slice) -> Bytes {
    if value.len() < SHARE_BYTES_MIN {
        Bytes::copy_from_slice(&value)
    } else {
        Bytes::from_owner(value)
    }
}
