//! The [`Index`] of the engine: point reads inline, scans on a blocking thread, commits by the committer.
//!
//! Every read takes a snapshot, so it sees whole batches only (fjall's plain `get` reads past the published
//! sequence number, into a batch being inserted). A point read runs on the caller's thread: it is served
//! from memory in practice, and a hop to another thread would cost more than it. A scan runs in one
//! blocking job, however many rows and seeks it makes; a seek that does not arrive within a few rows opens a
//! new range at its target, which reads nothing of what lies between, and what it found there is remembered
//! ([`crate::seeks`]).

use std::ops::Bound;

use bytes::Bytes;
use cairn_storage::{
    Commit, CommitError, Expectation, Index, Partition, Range, Row, Space, Step, StorageError, Visitor, Write,
};
use fjall::{Readable, Snapshot};

use crate::Engine;
use crate::committer::{Change, Check, Work};
use crate::error::{CLOSED, index_error};
use crate::options::CLEAR_ROWS_MAX;
use crate::seeks::View;
use crate::tables::{self, PREFIX_BYTES, Table, Tables};

/// Most rows that a seek steps over before it opens a new range at its target, which costs as much as
/// 20 to 50 steps. A scan halves it with every seek that steps in vain and takes it up again with one that
/// arrives, so that neither small nor large gaps cost more than they must.
const SEEK_STEPS_MAX: u32 = 16;

/// Rows that a seek must have stepped over for what it found to be remembered: fewer are passed about as fast as
/// what is remembered is found.
const STEPS_REMEMBERED_MIN: u32 = 4;

#[async_trait::async_trait]
impl Index for Engine {
    async fn get(&self, partition: Partition, row: &Row) -> Result<Option<Bytes>, StorageError> {
        let tables = &self.core.tables;
        let keyspace = tables.keyspace(row.space.into());
        let snapshot = tables.database.snapshot();
        let found = tables::with_row_key(partition, row, |key| snapshot.get(keyspace, key));
        Ok(found
            .map_err(|error| index_error("reading a row", error))?
            .map(tables::to_bytes))
    }

    async fn scan(
        &self,
        partition: Partition,
        range: Range,
        mut visitor: Box<dyn Visitor>,
    ) -> Result<Box<dyn Visitor>, StorageError> {
        let tables = self.core.tables.clone();
        let view = tables.seeks.view();
        // Taken here, so that the scan sees every commit that returned before the call.
        let snapshot = tables.database.snapshot();
        blocking(move || {
            let mut scan = Scan {
                tables: &tables,
                snapshot: &snapshot,
                view,
                partition,
                end: tables::range_end(partition, &range.end),
                visitor: &mut *visitor,
                steps_max: SEEK_STEPS_MAX,
            };
            scan.run(tables::range_start(partition, &range.start))?;
            Ok(visitor)
        })
        .await
    }

    async fn commit(&self, partition: Partition, commit: Commit) -> Result<(), CommitError> {
        commit.check_limits()?;
        let check = |expectation| {
            let (row, expected) = match expectation {
                Expectation::Absent(row) => (row, None),
                Expectation::Value(row, value) => (row, Some(value)),
            };
            Check {
                table: row.space.into(),
                key: tables::row_key(partition, &row),
                expected,
                row,
            }
        };
        let change = |write| {
            let (row, value) = match write {
                Write::Put(row, value) => (row, Some(value)),
                Write::Delete(row) => (row, None),
            };
            Change {
                table: row.space.into(),
                key: tables::row_key(partition, &row),
                value,
            }
        };
        self.core
            .committer
            .commit(Work {
                checks: commit.expectations.into_iter().map(check).collect(),
                changes: commit.writes.into_iter().map(change).collect(),
                hook: None,
            })
            .await
    }

    async fn clear(&self, partition: Partition) -> Result<(), StorageError> {
        for space in [Space::Rows, Space::Bodies] {
            loop {
                let tables = self.core.tables.clone();
                let keys = blocking(move || first_keys(&tables, partition, space)).await?;
                let last = keys.len() < CLEAR_ROWS_MAX;
                let removed = |key: Vec<u8>| Change {
                    table: space.into(),
                    key: key.into(),
                    value: None,
                };
                let work = Work {
                    changes: keys.into_iter().map(removed).collect(),
                    ..Work::default()
                };
                match self.core.committer.commit(work).await {
                    Ok(()) => {}
                    Err(CommitError::Storage(error)) => return Err(error),
                    Err(CommitError::Conflict(_)) => {}
                }
                if last {
                    break;
                }
            }
        }
        Ok(())
    }
}

/// A scan under way. Keys are full keys, with their partition.
struct Scan<'a> {
    tables: &'a Tables,
    snapshot: &'a Snapshot,
    view: View,
    partition: Partition,
    end: Bound<Vec<u8>>,
    visitor: &'a mut dyn Visitor,
    /// Rows the next seek may step over.
    steps_max: u32,
}

/// Where to open the next range.
struct Opening {
    start: Bound<Vec<u8>>,
    /// Whether a seek goes there, so that what it finds is worth remembering.
    sought: bool,
}

/// What follows a row.
enum After {
    Next,
    Seek(Vec<u8>),
    Stop,
}

/// How far it is known what a seek finds.
enum Known {
    /// Not at all; the target.
    Nothing(Vec<u8>),
    /// Some rows, which were visited; where to go on, if anywhere.
    Rows(Option<Opening>),
}

impl Scan<'_> {
    fn run(&mut self, start: Bound<Vec<u8>>) -> Result<(), StorageError> {
        let mut opening = Some(Opening { start, sought: false });
        while let Some(next) = opening {
            opening = self.range(next)?;
        }
        Ok(())
    }

    /// Visits rows of one range, up to a seek that does not arrive within a few steps.
    fn range(&mut self, Opening { start, mut sought }: Opening) -> Result<Option<Opening>, StorageError> {
        if tables::range_is_empty(&start, &self.end) {
            return Ok(None);
        }
        let bounds = (
            start.as_ref().map(Vec::as_slice),
            self.end.as_ref().map(Vec::as_slice),
        );
        let rows = self.tables.keyspace(Table::Rows);
        // Where the visitor wants to go on, and how many rows may still be stepped over on the way there.
        let mut stepping: Option<(Vec<u8>, u32)> = None;
        for guard in self.snapshot.range::<&[u8], _>(rows, bounds) {
            let (key, value) = guard
                .into_inner()
                .map_err(|error| index_error("scanning rows", error))?;
            if let (true, Bound::Included(target)) = (sought, &start) {
                self.view.add(target.clone(), &key, &value);
                sought = false;
            }
            if let Some((target, steps)) = &mut stepping {
                if *key < **target {
                    let Some(left) = steps.checked_sub(1) else {
                        self.steps_max /= 2;
                        return Ok(stepping.map(|(target, _)| Opening {
                            start: Bound::Included(target),
                            sought: true,
                        }));
                    };
                    *steps = left;
                    continue;
                }
                // Rows that were stepped over need not be the next time.
                if let Some((target, left)) = stepping.take()
                    && self.steps_max - left >= STEPS_REMEMBERED_MIN
                {
                    self.view.add(target, &key, &value);
                }
                self.steps_max = SEEK_STEPS_MAX;
            }
            match self.visit(&key, &value) {
                After::Next => {}
                After::Seek(target) => match self.known(target) {
                    Known::Nothing(target) => stepping = Some((target, self.steps_max)),
                    Known::Rows(next) => return Ok(next),
                },
                After::Stop => return Ok(None),
            }
        }
        Ok(None)
    }

    /// Visits the rows that seeks are known to find, from this target on.
    fn known(&mut self, mut target: Vec<u8>) -> Known {
        let mut visited = false;
        while let Some((key, value)) = self.view.find(&target) {
            visited = true;
            let beyond = match &self.end {
                Bound::Unbounded => false,
                Bound::Included(end) => *key > **end,
                Bound::Excluded(end) => *key >= **end,
            };
            if beyond {
                return Known::Rows(None);
            }
            match self.visit(&key, &value) {
                After::Next => {
                    return Known::Rows(Some(Opening {
                        start: Bound::Excluded(key.into()),
                        sought: false,
                    }));
                }
                After::Seek(next) => target = next,
                After::Stop => return Known::Rows(None),
            }
        }
        if visited {
            Known::Rows(Some(Opening {
                start: Bound::Included(target),
                sought: true,
            }))
        } else {
            Known::Nothing(target)
        }
    }

    fn visit(&mut self, full: &[u8], value: &[u8]) -> After {
        let key = full.get(PREFIX_BYTES..).unwrap_or_default();
        match self.visitor.visit(key, value) {
            Step::Next => After::Next,
            // A target that does not lie ahead would visit rows again: go on with the next row.
            Step::Seek(to) if *to <= *key => After::Next,
            Step::Seek(to) => After::Seek(tables::prefixed(self.partition, &to)),
            Step::Stop => After::Stop,
        }
    }
}

/// Full keys of the partition's first rows.
fn first_keys(tables: &Tables, partition: Partition, space: Space) -> Result<Vec<Vec<u8>>, StorageError> {
    let start = tables::range_start(partition, &Bound::Unbounded);
    let end = tables::range_end(partition, &Bound::Unbounded);
    let snapshot = tables.database.snapshot();
    let rows = snapshot
        .range(tables.keyspace(space.into()), (start, end))
        .take(CLEAR_ROWS_MAX);
    rows.map(|guard| guard.key().map(|key| key.to_vec()))
        .collect::<Result<_, _>>()
        .map_err(|error| index_error("listing rows to clear", error))
}

/// Runs a job that blocks on a thread where that is allowed.
pub(crate) async fn blocking<T: Send + 'static>(
    job: impl FnOnce() -> Result<T, StorageError> + Send + 'static,
) -> Result<T, StorageError> {
    match tokio::task::spawn_blocking(job).await {
        Ok(result) => result,
        Err(error) if error.is_panic() => {
            Err(StorageError::Corrupt(format!("a storage job panicked: {error}")))
        }
        Err(_) => Err(StorageError::Closed(CLOSED)),
    }
}
