//! Verifying everything at rest.
//!
//! Reads every blob's blocks and every row through the same checks that requests use, and goes on after
//! what it finds. It takes no lock: what is written meanwhile may or may not be seen, what is deleted
//! meanwhile is passed over.

use std::sync::Arc;

use cairn_storage::{BlobId, StorageError};
use fjall::Readable;

use crate::Engine;
use crate::blobs::reader::Source;
use crate::blobs::row;
use crate::options::READ_BYTES;
use crate::tables::Table;

/// Unreadable rows in a row after which a table is given up.
const FAILED_ROWS_MAX: u64 = 16;

/// Something a scrub found.
#[derive(Debug)]
#[non_exhaustive]
pub enum ScrubEvent {
    /// A blob was verified.
    Blob {
        /// Which.
        id: BlobId,
        /// Its length.
        bytes: u64,
    },
    /// A blob does not read back as it was written.
    DamagedBlob {
        /// Which.
        id: BlobId,
        /// Why.
        error: StorageError,
    },
    /// Part of the index does not read back.
    DamagedIndex {
        /// The table: `rows`, `bodies` or `blobs`.
        table: &'static str,
        /// Why.
        error: StorageError,
    },
}

/// What a scrub looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScrubSummary {
    /// Blobs read, damaged ones included.
    pub blobs: u64,
    /// Bytes of blobs verified.
    pub blob_bytes: u64,
    /// Rows read in the index.
    pub rows: u64,
    /// Bytes of those rows' keys and values.
    pub row_bytes: u64,
    /// Damage found: one for each event that tells of some.
    pub errors: u64,
}

impl Engine {
    /// Reads and verifies everything, telling `report` blob by blob. Blocks for as long as it takes to read
    /// the store; run it on a thread where that is allowed. Rows that are in the block cache are verified
    /// when they were loaded, so a scrub right after opening says most.
    pub fn scrub(&self, report: &mut dyn FnMut(ScrubEvent)) -> ScrubSummary {
        let mut summary = ScrubSummary::default();
        for (table, name) in [
            (Table::Rows, "rows"),
            (Table::Bodies, "bodies"),
            (Table::Blobs, "blobs"),
        ] {
            self.scrub_table(table, name, &mut summary, report);
        }
        summary
    }

    fn scrub_table(
        &self,
        table: Table,
        name: &'static str,
        summary: &mut ScrubSummary,
        report: &mut dyn FnMut(ScrubEvent),
    ) {
        let tables = &self.core.tables;
        let mut failed = 0;
        for guard in tables.database.snapshot().iter(tables.keyspace(table)) {
            let (key, value) = match guard.into_inner() {
                Ok(row) => row,
                Err(error) => {
                    let error = crate::error::index_error("reading a row", error);
                    summary.errors += 1;
                    report(ScrubEvent::DamagedIndex { table: name, error });
                    failed += 1;
                    if failed == FAILED_ROWS_MAX {
                        return;
                    }
                    continue;
                }
            };
            failed = 0;
            summary.rows += 1;
            summary.row_bytes += (key.len() + value.len()) as u64;
            if table == Table::Blobs && key.first() == Some(&b'B') {
                match row::parse_key(&key) {
                    Ok(id) => self.scrub_blob(id, summary, report),
                    Err(error) => {
                        summary.errors += 1;
                        report(ScrubEvent::DamagedIndex { table: name, error });
                    }
                }
            }
        }
    }

    fn scrub_blob(&self, id: BlobId, summary: &mut ScrubSummary, report: &mut dyn FnMut(ScrubEvent)) {
        let _pin = self.core.reclaim.pin(id.number);
        let verified = self.core.blob_row(id).and_then(|row| {
            // Deleted since the snapshot.
            let Some(row) = row else { return Ok(None) };
            let length = row.length;
            let source = Source::new(Arc::clone(&self.core), id, row);
            let step = READ_BYTES as u64;
            for start in (0..length).step_by(READ_BYTES) {
                let bytes = source.read(start..(start + step).min(length))?;
                summary.blob_bytes += bytes.len() as u64;
            }
            Ok(Some(length))
        });
        match verified {
            Ok(None) => {}
            Ok(Some(bytes)) => {
                summary.blobs += 1;
                report(ScrubEvent::Blob { id, bytes });
            }
            Err(error) => {
                summary.blobs += 1;
                summary.errors += 1;
                report(ScrubEvent::DamagedBlob { id, error });
            }
        }
    }
}
