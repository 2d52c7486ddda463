//! The scan after opening: what earlier runs left.

use std::collections::BTreeMap;

use cairn_storage::StorageError;
use fjall::{Iter, Readable};

use super::{Doomed, Worker};
use crate::blobs::row::{self, BlobRow};
use crate::error::{index_error, io_error};
use crate::segments::{Extent, aligned, format};
use crate::stats::Stats;
use crate::tables::{Table, Tables};

/// Rows looked at in one step, between other work.
const STEP_ROWS: usize = 1024;

/// How far the scan is.
pub(super) struct Scan(Stage);

enum Stage {
    /// Look at the segments' footers, and finish what earlier deletes began.
    Start { doomed: Iter, blobs: Iter },
    Doomed {
        doomed: Iter,
        blobs: Iter,
        unsealed: Unsealed,
    },
    /// Count what lives.
    Blobs { blobs: Iter, unsealed: Unsealed },
}

/// Segments without a footer, and what lives in them.
type Unsealed = BTreeMap<u64, Vec<Extent>>;

impl Scan {
    /// Takes its snapshot now: nothing of this run is in it.
    pub(super) fn new(tables: &Tables) -> Self {
        let snapshot = tables.database.snapshot();
        let doomed = snapshot.range(tables.keyspace(Table::Blobs), row::doomed_keys());
        let blobs = snapshot.range(tables.keyspace(Table::Blobs), row::keys_from(0));
        Self(Stage::Start { doomed, blobs })
    }
}

impl Worker {
    /// One step; after the last, `self.scan` is gone. `self.uncounted` holds the segments it is about
    /// until then, and for good when it fails.
    pub(super) fn scan_step(&mut self) {
        let Some(Scan(stage)) = self.scan.take() else {
            return;
        };
        match self.scan_stage(stage) {
            Ok(Some(stage)) => self.scan = Some(Scan(stage)),
            Ok(None) => {
                for number in std::mem::take(&mut self.uncounted) {
                    self.remove_if_empty(number);
                }
            }
            Err(error) => tracing::error!(%error, "space of earlier runs is not given back: run a scrub"),
        }
    }

    fn scan_stage(&mut self, stage: Stage) -> Result<Option<Stage>, StorageError> {
        let failed = |error| index_error("scanning the rows of blobs", error);
        match stage {
            Stage::Start { doomed, blobs } => {
                let unsealed = self.find_unsealed()?;
                Ok(Some(Stage::Doomed {
                    doomed,
                    blobs,
                    unsealed,
                }))
            }
            Stage::Doomed {
                mut doomed,
                blobs,
                unsealed,
            } => {
                let mut found = Vec::new();
                for guard in doomed.by_ref().take(STEP_ROWS) {
                    let (key, value) = guard.into_inner().map_err(failed)?;
                    let (number, length, extents) = row::parse_doomed(&key, &value)?;
                    found.push(Doomed {
                        number,
                        length,
                        extents,
                        counted: false,
                    });
                }
                let last = found.len() < STEP_ROWS;
                self.give_back(found);
                Ok(Some(if last {
                    Stage::Blobs { blobs, unsealed }
                } else {
                    Stage::Doomed {
                        doomed,
                        blobs,
                        unsealed,
                    }
                }))
            }
            Stage::Blobs {
                mut blobs,
                mut unsealed,
            } => {
                let mut seen = 0;
                for guard in blobs.by_ref().take(STEP_ROWS) {
                    let (_, value) = guard.into_inner().map_err(failed)?;
                    let blob = BlobRow::parse(&value)?;
                    Stats::shift(&self.segments.stats.live_bytes, blob.length as i64);
                    for extent in blob.extents {
                        self.account(extent.segment).extents += 1;
                        if let Some(live) = unsealed.get_mut(&extent.segment) {
                            live.push(extent);
                        }
                    }
                    seen += 1;
                }
                if seen == STEP_ROWS {
                    return Ok(Some(Stage::Blobs { blobs, unsealed }));
                }
                for (number, live) in unsealed {
                    self.settle(number, live)?;
                }
                Ok(None)
            }
        }
    }

    fn find_unsealed(&mut self) -> Result<Unsealed, StorageError> {
        let mut unsealed = Unsealed::new();
        for number in self.uncounted.clone() {
            let failed = |error| io_error("looking at a segment", error);
            let segment = self.segments.get(number).map_err(failed)?;
            if self.segments.is_sealed(&segment).map_err(failed)? {
                self.account(number).sealed = true;
            } else {
                unsealed.insert(number, Vec::new());
            }
        }
        Ok(unsealed)
    }

    /// Gives back everything in a segment that no blob holds, and seals it.
    fn settle(&mut self, number: u64, mut live: Vec<Extent>) -> Result<(), StorageError> {
        if live.is_empty() {
            // Nothing to keep: it is removed as it is.
            self.account(number).sealed = true;
            return Ok(());
        }
        let failed = |error| io_error("settling a segment", error);
        let segment = self.segments.get(number).map_err(failed)?;
        live.sort_unstable_by_key(|extent| extent.offset);
        let mut end = format::HEADER_BYTES;
        for extent in live {
            if extent.offset > end {
                self.punch(&segment, end, extent.offset - end);
            }
            end = end.max(extent.offset + aligned(extent.length));
        }
        self.segments.seal(&segment, end).map_err(failed)?;
        self.account(number).sealed = true;
        Ok(())
    }
}
