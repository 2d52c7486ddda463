//! The [`Index`] of the engine: point reads inline, scans on a blocking thread, commits by the committer.
//!
//! Every read takes a snapshot, so it sees whole batches only (fjall's plain `get` reads past the published
//! sequence number, into a batch being inserted). A point read runs on the caller's thread: it is served
//! from memory in practice, and a hop to another thread would cost more than it. A scan runs in one
//! blocking job, however many rows and seeks it makes; a seek opens a new range at its target, which reads
//! nothing of what lies between.

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
use crate::tables::{self, PREFIX_BYTES, Table, Tables};

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
        // Taken here, so that the scan sees every commit that returned before the call.
        let snapshot = self.core.tables.database.snapshot();
        let tables = self.core.tables.clone();
        blocking(move || {
            visit(&tables, &snapshot, partition, &range, &mut *visitor)?;
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

fn visit(
    tables: &Tables,
    snapshot: &Snapshot,
    partition: Partition,
    range: &Range,
    visitor: &mut dyn Visitor,
) -> Result<(), StorageError> {
    let failed = |error| index_error("scanning rows", error);
    let rows = tables.keyspace(Table::Rows);
    let mut start = tables::range_start(partition, &range.start);
    let end = tables::range_end(partition, &range.end);
    'seek: while !tables::range_is_empty(&start, &end) {
        for guard in snapshot.range(rows, (start, end.clone())) {
            let (full, value) = guard.into_inner().map_err(failed)?;
            let key = full.get(PREFIX_BYTES..).unwrap_or_default();
            match visitor.visit(key, &value) {
                Step::Next => {}
                // A target that does not lie ahead would visit rows again: go on with the next row.
                Step::Seek(to) if *to <= *key => {}
                Step::Seek(to) => {
                    start = tables::range_start(partition, &Bound::Included(to));
                    continue 'seek;
                }
                Step::Stop => return Ok(()),
            }
        }
        break;
    }
    Ok(())
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
