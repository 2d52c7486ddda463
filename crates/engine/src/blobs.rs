//! The [`Blobs`] of the engine.
//!
//! A blob is a row in the index's `blobs` table (`blobs::row`) that says where its bytes lie in segments
//! and what their block checksums are. So nothing has to be read to open a store with millions of blobs:
//! a blob's row is found by its number when it is asked for. Finishing a blob is a data sync of its
//! segments, shared with the other uploads of the moment, then a commit of its row, shared likewise.
//! Deleting it replaces the row by a note of the extents to give back, which is acted on when the last
//! reader is gone, and again after a restart until it is known to be done (`reclaim`).

pub(crate) mod buffers;
pub(crate) mod reader;
pub(crate) mod room;
pub(crate) mod row;
mod writer;

use std::sync::Arc;

use cairn_storage::{BlobId, BlobReader, BlobWriter, Blobs, CommitError, Partition, Row, StorageError};
use fjall::Readable;

use crate::Engine;
use crate::committer::{Change, Check, Outcome, Work};
use crate::engine::Core;
use crate::error::{CLOSED, index_error};
use crate::index::blocking;
use crate::reclaim::Doomed;
use crate::tables::Table;
use row::BlobRow;

/// Blobs one run of the engine can number: see docs/on-disk.md, "Numbers".
pub(crate) const RUN_SHIFT: u32 = 40;

#[async_trait::async_trait]
impl Blobs for Engine {
    async fn create(
        &self,
        partition: Partition,
        size_hint: Option<u64>,
    ) -> Result<Box<dyn BlobWriter>, StorageError> {
        self.core.segments.poison.check()?;
        if self.core.is_closing() {
            return Err(StorageError::Closed(CLOSED));
        }
        let number = self.core.next_blob()?;
        let id = BlobId { partition, number };
        Ok(Box::new(writer::Writer::new(
            Arc::clone(&self.core),
            id,
            size_hint,
        )))
    }

    async fn read(
        &self,
        id: BlobId,
        range: std::ops::Range<u64>,
    ) -> Result<Box<dyn BlobReader>, StorageError> {
        // Pinned before the row is looked up: a delete that commits in between waits for this reader.
        let pin = self.core.reclaim.pin(id.number);
        let row = self.core.blob_row(id)?.ok_or(StorageError::NoSuchBlob(id))?;
        if range.start > range.end || range.end > row.length {
            return Err(StorageError::range_past_end(id, &range, row.length));
        }
        Ok(Box::new(reader::Reader::new(
            Arc::clone(&self.core),
            id,
            row,
            range,
            pin,
        )))
    }

    async fn delete(&self, id: BlobId) -> Result<(), StorageError> {
        let key = row::key(id);
        let Some(value) = self.core.blob_value(&key)? else {
            return Ok(());
        };
        let blob = BlobRow::parse(&value)?;
        let mut changes = vec![Change {
            table: Table::Blobs,
            key: key.as_slice().into(),
            value: None,
        }];
        if !blob.extents.is_empty() {
            // The rows of checksums stay until the space is given back: a reader may need them.
            let value = Some(row::doomed_value(&blob).into());
            changes.push(Change {
                table: Table::Blobs,
                key: row::doomed_key(id.number).into(),
                value,
            });
        }
        let check = Check {
            table: Table::Blobs,
            key: key.as_slice().into(),
            expected: Some(value),
            row: Row::rows(key),
        };
        let reclaim = Arc::clone(&self.core.reclaim);
        let doomed = Doomed {
            number: id.number,
            length: blob.length,
            extents: blob.extents,
            counted: true,
        };
        let hook = Box::new(move |outcome| {
            if matches!(outcome, Outcome::Applied) {
                reclaim.doom(doomed);
            }
        });
        let work = Work {
            checks: vec![check],
            changes,
            hook: Some(hook),
        };
        match self.core.committer.commit(work).await {
            // Conflict: another delete was first.
            Ok(()) | Err(CommitError::Conflict(_)) => Ok(()),
            Err(CommitError::Storage(error)) => Err(error),
        }
    }

    async fn ids(&self, after: Option<BlobId>, limit: usize) -> Result<Vec<BlobId>, StorageError> {
        let tables = self.core.tables.clone();
        blocking(move || {
            let from = match after.map(|id| id.number.checked_add(1)) {
                None => 0,
                Some(Some(from)) => from,
                Some(None) => return Ok(Vec::new()),
            };
            let failed = |error| index_error("listing blobs", error);
            let snapshot = tables.database.snapshot();
            let rows = snapshot.range(tables.keyspace(Table::Blobs), row::keys_from(from));
            rows.take(limit)
                .map(|guard| row::parse_key(&guard.key().map_err(failed)?))
                .collect()
        })
        .await
    }
}

impl Core {
    /// The raw row of a blob.
    fn blob_value(&self, key: &[u8]) -> Result<Option<bytes::Bytes>, StorageError> {
        let found = self
            .tables
            .database
            .snapshot()
            .get(self.tables.keyspace(Table::Blobs), key);
        Ok(found
            .map_err(|error| index_error("reading a blob's row", error))?
            .map(crate::tables::to_bytes))
    }

    pub(crate) fn blob_row(&self, id: BlobId) -> Result<Option<BlobRow>, StorageError> {
        self.blob_value(&row::key(id))?
            .map(|value| BlobRow::parse(&value))
            .transpose()
    }
}
