//! Opening, closing and wiring an engine.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use cairn_storage::StorageError;
use fjall::{PersistMode, Readable};

use crate::blobs::buffers::Buffers;
use crate::blobs::room::Room;
use crate::blobs::{RUN_SHIFT, row};
use crate::committer::{Committer, Poison};
use crate::directory::Directory;
use crate::error::CLOSED;
use crate::index::blocking;
use crate::journal;
use crate::reclaim::Reclaim;
use crate::segments::Segments;
use crate::tables::{Table, Tables};
use crate::{OpenError, Options, Stats};

/// The embedded engine: an [`Index`](cairn_storage::Index) and [`Blobs`](cairn_storage::Blobs) in one data
/// directory. Clones share it; the directory is free again when the last clone, writer and reader is gone.
///
/// Its async methods must be called in a tokio runtime, whose blocking threads do the file work.
#[derive(Clone)]
pub struct Engine {
    pub(crate) core: Arc<Core>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("stats", &self.core.stats)
            .finish_non_exhaustive()
    }
}

pub(crate) struct Core {
    pub(crate) reclaim: Arc<Reclaim>,
    pub(crate) committer: Committer,
    pub(crate) segments: Arc<Segments>,
    pub(crate) tables: Tables,
    pub(crate) stats: Arc<Stats>,
    pub(crate) read_buffers: Arc<Buffers>,
    pub(crate) write_room: Arc<Room>,
    /// The next blob's number.
    next: AtomicU64,
    /// Where this run's numbers end.
    end: u64,
    closing: AtomicBool,
    /// Last, so that it is unlocked last.
    directory: Directory,
}

impl Drop for Core {
    fn drop(&mut self) {
        // Then the fields go in order: the committer drains its queue before the index is closed.
        self.reclaim.stop();
    }
}

impl Engine {
    /// Opens the data directory, creating it where needed. Blocks; what it reads does not grow with the
    /// number of objects (what earlier runs left is looked at in the background).
    ///
    /// # Errors
    /// See [`OpenError`], whose messages say what to do.
    pub fn open(directory: impl AsRef<Path>, options: Options) -> Result<Self, OpenError> {
        let root = directory.as_ref();
        let directory = Directory::open(root)?;
        journal::repair(root, &directory.index())?;
        let tables = Tables::open(&directory.index(), &options)?;
        let run = begin_run(&tables).map_err(|error| OpenError::fjall(root, error))?;
        let first = run
            .checked_shl(RUN_SHIFT)
            .filter(|first| first >> RUN_SHIFT == run);
        let first = first.ok_or_else(|| OpenError::Corrupt {
            path: root.to_owned(),
            detail: format!("it was opened {run} times, more than blobs can be numbered for"),
        })?;

        let stats = Arc::new(Stats::default());
        let poison = Arc::new(Poison::default());
        let failed = |source| OpenError::io(directory.segments(), source);
        let segments = Segments::open(
            directory.segments(),
            first,
            &options,
            Arc::clone(&poison),
            Arc::clone(&stats),
        )
        .map_err(failed)?;
        let old = segments.list().map_err(failed)?;
        if old.last().is_some_and(|&newest| newest >= first) {
            return Err(OpenError::Corrupt {
                path: directory.segments(),
                detail: "its segments are newer than the index: it is not the index's own".to_owned(),
            });
        }
        let segments = Arc::new(segments);
        let committer = Committer::start(tables.clone(), Arc::clone(&stats), poison).map_err(failed)?;
        let reclaim =
            Reclaim::start(Arc::clone(&segments), &tables, committer.background(), old).map_err(failed)?;
        let core = Core {
            reclaim,
            committer,
            segments,
            tables,
            stats,
            read_buffers: Buffers::new(options.read_buffers_bytes),
            write_room: Room::new(options.write_buffers_bytes),
            next: AtomicU64::new(first),
            end: first + ((1 << RUN_SHIFT) - 1),
            closing: AtomicBool::new(false),
            directory,
        };
        Ok(Self { core: Arc::new(core) })
    }

    /// Counters of the engine's work.
    #[must_use]
    pub fn stats(&self) -> Arc<Stats> {
        Arc::clone(&self.core.stats)
    }

    /// Refuses new uploads and commits, finishes those that are queued, seals the segments, and writes out what
    /// the index has in memory, so that the next start has nothing to replay. Reads go on working. The directory
    /// stays locked until the engine is dropped.
    ///
    /// # Errors
    /// [`StorageError::Closed`] if the runtime is shutting down.
    pub async fn close(&self) -> Result<(), StorageError> {
        self.core.closing.store(true, Ordering::Release);
        let core = Arc::clone(&self.core);
        blocking(move || {
            // First what needs the committer.
            core.reclaim.close();
            core.committer.close();
            core.tables.memtables.write_out(&core.directory.index());
            Ok(())
        })
        .await
    }
}

impl Core {
    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire)
    }

    pub(crate) fn next_blob(&self) -> Result<u64, StorageError> {
        if self.is_closing() {
            return Err(StorageError::Closed(CLOSED));
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        if number < self.end {
            Ok(number)
        } else {
            Err(StorageError::Full("numbers of blobs until a restart"))
        }
    }
}

/// Counts the runs, durably: the run is the upper part of the numbers it gives out, so that none is given
/// twice, whatever became of the blobs.
fn begin_run(tables: &Tables) -> fjall::Result<u64> {
    let blobs = tables.keyspace(Table::Blobs);
    let last = tables.database.snapshot().get(blobs, row::RUN_KEY)?;
    let last = last.and_then(|value| Some(u64::from_le_bytes(value.as_ref().try_into().ok()?)));
    let run = last.unwrap_or(0).saturating_add(1);
    let mut batch = tables.database.batch().durability(Some(PersistMode::SyncAll));
    batch.insert(blobs, row::RUN_KEY, run.to_le_bytes());
    batch.commit()?;
    Ok(run)
}
