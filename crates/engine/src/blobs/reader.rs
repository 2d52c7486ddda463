//! Reading a range of a blob: jobs that read whole blocks and verify them.
//!
//! A byte can only be verified with its block, so a job reads from block border to block border and cuts
//! the range out of it. What the page cache has is read and verified at once, on the thread that asks: that
//! costs less than handing it to another, and whoever sends the bytes finds them in its processor's cache.
//! What has to come from the disk is read by a blocking thread; then one job runs ahead of what was handed
//! out, and the disk is told what will be wanted. The reader pins its blob: a delete gives the space back
//! when it is dropped.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use cairn_storage::{BlobId, BlobReader, StorageError};
use fjall::Readable;
use parking_lot::Mutex;
use tokio::task::JoinHandle;

use super::buffers::Buffer;
use super::row::{self, BlobRow, PART_BLOCKS};
use crate::engine::Core;
use crate::error::{CLOSED, index_error, io_error};
use crate::options::{BLOCK_BYTES, READ_AHEAD_BYTES, READ_BYTES, READ_TURN_BYTES};
use crate::reclaim::Pin;
use crate::segments::Extent;
use crate::segments::format::crc32c;
use crate::tables::Table;

const BLOCK: u64 = BLOCK_BYTES as u64;

pub(super) struct Reader {
    source: Arc<Source>,
    /// What no job was started for yet.
    left: Range<u64>,
    ahead: Option<JoinHandle<Result<Read, StorageError>>>,
    /// The disk was told of what lies before this.
    advised: u64,
    /// Bytes read since others had a turn.
    turn: usize,
    _pin: Pin,
}

impl Reader {
    pub(super) fn new(core: Arc<Core>, id: BlobId, row: BlobRow, range: Range<u64>, pin: Pin) -> Self {
        Self {
            source: Arc::new(Source::new(core, id, row)),
            advised: range.start,
            left: range,
            ahead: None,
            turn: 0,
            _pin: pin,
        }
    }

    /// The next job's range; it ends at a block border, so that no block is read twice.
    fn part(&mut self) -> Option<Range<u64>> {
        if self.left.is_empty() {
            return None;
        }
        let bytes = if self.source.core.read_buffers.crowded() {
            BLOCK
        } else {
            READ_BYTES as u64
        };
        let end = (self.left.start / BLOCK * BLOCK + bytes).min(self.left.end);
        let part = self.left.start..end;
        self.left.start = end;
        Some(part)
    }

    /// What the disk should be told now that it is known to be slow, half a window in advance.
    fn advice(&mut self) -> Range<u64> {
        let from = self.advised.max(self.left.start);
        let to = (self.left.start + READ_AHEAD_BYTES).min(self.left.end);
        if self.advised >= self.left.start + READ_AHEAD_BYTES / 2 || from >= to {
            return 0..0;
        }
        self.advised = to;
        from..to
    }

    /// Reads on a blocking thread.
    fn start(&mut self, job: Job) {
        let source = Arc::clone(&self.source);
        let advice = self.advice();
        self.ahead = Some(tokio::task::spawn_blocking(move || {
            source.advise(advice);
            source.finish(job)
        }));
    }
}

#[async_trait::async_trait]
impl BlobReader for Reader {
    async fn next(&mut self) -> Result<Option<Bytes>, StorageError> {
        if self.ahead.is_none() {
            // A client that takes bytes as fast as they are read never makes this task wait.
            if self.turn >= READ_TURN_BYTES {
                self.turn = 0;
                tokio::task::yield_now().await;
            }
            let Some(part) = self.part() else {
                return Ok(None);
            };
            let mut job = self.source.job(part);
            if self.source.fill_cached(&mut job) {
                self.turn += job.filled;
                return Ok(Some(self.source.verify(job)?));
            }
            self.start(job);
        }
        let Some(running) = &mut self.ahead else {
            return Ok(None);
        };
        let done = running.await;
        self.ahead = None;
        let read = done.map_err(|_| StorageError::Closed(CLOSED))??;
        // Nothing runs ahead of a client while memory is short.
        if read.waited
            && !self.source.core.read_buffers.crowded()
            && let Some(part) = self.part()
        {
            let job = self.source.job(part);
            self.start(job);
        }
        Ok(Some(read.bytes))
    }
}

/// A blob to read from.
pub(crate) struct Source {
    core: Arc<Core>,
    id: BlobId,
    row: BlobRow,
    /// The part that was read from last, if it is not the first, and its checksums.
    part: Mutex<(u64, Arc<[u32]>)>,
}

/// A range being read: what its first bytes are is known, what follows is not.
struct Job {
    range: Range<u64>,
    /// The blob's byte that the buffer begins with.
    from: u64,
    buffer: Buffer,
    filled: usize,
}

impl Job {
    /// What of the blob is not in the buffer yet.
    fn rest(&self) -> Range<u64> {
        self.from + self.filled as u64..self.from + self.buffer.as_ref().len() as u64
    }

    /// Where the next bytes go: as many as a piece has.
    fn place(&mut self, piece: &Range<u64>) -> &mut [u8] {
        let end = self.filled + (piece.end - piece.start) as usize;
        &mut self.buffer.as_mut()[self.filled..end]
    }
}

struct Read {
    bytes: Bytes,
    /// Whether the disk had to be waited for.
    waited: bool,
}

impl Source {
    pub(crate) fn new(core: Arc<Core>, id: BlobId, row: BlobRow) -> Self {
        Self {
            core,
            id,
            row,
            part: Mutex::default(),
        }
    }

    /// Reads and verifies a range of at most [`READ_BYTES`] that is not empty, begins at a block border and
    /// lies within the blob. Blocks.
    pub(crate) fn read(&self, range: Range<u64>) -> Result<Bytes, StorageError> {
        Ok(self.finish(self.job(range))?.bytes)
    }

    fn job(&self, range: Range<u64>) -> Job {
        let from = range.start / BLOCK * BLOCK;
        let to = range.end.next_multiple_of(BLOCK).min(self.row.length);
        Job {
            // Fits usize: jobs are of bounded size.
            buffer: self.core.read_buffers.take((to - from) as usize),
            range,
            from,
            filled: 0,
        }
    }

    /// Reads and verifies what a job still lacks. Blocks.
    fn finish(&self, mut job: Job) -> Result<Read, StorageError> {
        let waited = !self.fill_cached(&mut job);
        if waited {
            self.fill(&mut job)?;
        }
        let bytes = self.verify(job)?;
        Ok(Read { bytes, waited })
    }

    fn verify(&self, job: Job) -> Result<Bytes, StorageError> {
        let first = job.from / BLOCK;
        let mut part = (0, Arc::default());
        for (index, block) in (first..).zip(job.buffer.as_ref().chunks(BLOCK_BYTES)) {
            let number = index / PART_BLOCKS;
            if part.0 != number {
                part = (number, self.checksums(number)?);
            }
            let sums = if number == 0 {
                &self.row.checksums
            } else {
                &*part.1
            };
            if sums.get((index % PART_BLOCKS) as usize) != Some(&crc32c(block)) {
                return Err(StorageError::Corrupt(format!(
                    "block {index} of blob {} does not match its checksum",
                    self.id
                )));
            }
        }
        let cut = (job.range.start - job.from) as usize..(job.range.end - job.from) as usize;
        Ok(job.buffer.freeze().slice(cut))
    }

    /// The parts of segments that hold a range of the blob, in order.
    fn pieces(&self, range: Range<u64>) -> impl Iterator<Item = (&Extent, Range<u64>)> {
        let mut start = 0;
        self.row.extents.iter().filter_map(move |extent| {
            let end = start + extent.length;
            let (from, to) = (range.start.max(start), range.end.min(end));
            let piece =
                (from < to).then(|| (extent, extent.offset + from - start..extent.offset + to - start));
            start = end;
            piece
        })
    }

    /// Fills a job as far as nothing has to be waited for; true if that is all of it.
    fn fill_cached(&self, job: &mut Job) -> bool {
        for (extent, piece) in self.pieces(job.rest()) {
            let Some(segment) = self.core.segments.opened(extent.segment) else {
                return false;
            };
            let place = job.place(&piece);
            let length = place.len();
            let now = segment.file.read_cached_at(place, piece.start);
            job.filled += now;
            if now < length {
                return false;
            }
        }
        job.rest().is_empty()
    }

    /// Fills the rest of a job, from as many extents as it takes. Blocks.
    fn fill(&self, job: &mut Job) -> Result<(), StorageError> {
        for (extent, piece) in self.pieces(job.rest()) {
            let segment = self
                .core
                .segments
                .get(extent.segment)
                .map_err(|error| self.lost(error))?;
            let place = job.place(&piece);
            let length = place.len();
            segment
                .file
                .read_at(place, piece.start)
                .map_err(|error| match error.kind() {
                    std::io::ErrorKind::UnexpectedEof => self.lost(error),
                    _ => io_error("reading a blob from a segment", error),
                })?;
            job.filled += length;
        }
        // What the buffer held before must not pass for the blob's.
        if !job.rest().is_empty() {
            return Err(StorageError::Corrupt(format!(
                "blob {} has fewer bytes than its length",
                self.id
            )));
        }
        Ok(())
    }

    /// Tells the disk what will be read. Blocks, briefly.
    fn advise(&self, range: Range<u64>) {
        for (extent, piece) in self.pieces(range) {
            // Whoever reads it says what is wrong with it.
            if let Ok(segment) = self.core.segments.get(extent.segment) {
                segment.file.will_need(piece.start, piece.end - piece.start);
            }
        }
    }

    /// The segment is shorter than the row says, or gone.
    fn lost(&self, error: std::io::Error) -> StorageError {
        match error.kind() {
            std::io::ErrorKind::NotFound | std::io::ErrorKind::UnexpectedEof => {
                StorageError::Corrupt(format!("the bytes of blob {} are missing: {error}", self.id))
            }
            _ => io_error("opening a segment", error),
        }
    }

    /// The checksums of a part that is not the first.
    fn checksums(&self, part: u64) -> Result<Arc<[u32]>, StorageError> {
        let mut last = self.part.lock();
        if last.0 != part {
            let missing =
                || StorageError::Corrupt(format!("blob {} has no checksums of part {part}", self.id));
            let tables = &self.core.tables;
            let key = row::checksum_key(self.id.number, u32::try_from(part).map_err(|_| missing())?);
            let found = tables.database.snapshot().get(tables.keyspace(Table::Blobs), key);
            let found = found.map_err(|error| index_error("reading a blob's checksums", error))?;
            let sums = row::parse_checksums(&found.ok_or_else(missing)?).ok_or_else(missing)?;
            *last = (part, sums.into());
        }
        Ok(Arc::clone(&last.1))
    }
}

#[cfg(test)]
mod tests;
