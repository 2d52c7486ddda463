//! Reading a range of a blob: jobs of up to a MiB that read whole blocks and verify them.
//!
//! A byte can only be verified with its block, so a job reads from block border to block border and cuts
//! the range out of it. The first job is small, to keep small ranges cheap; after that one job runs ahead
//! of what was handed out. The reader pins its blob: a delete gives the space back when it is dropped.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use cairn_storage::{BlobId, BlobReader, StorageError};
use fjall::Readable;
use tokio::task::JoinHandle;

use super::row::{self, BlobRow, PART_BLOCKS};
use crate::engine::Core;
use crate::error::{CLOSED, index_error, io_error};
use crate::options::{BLOCK_BYTES, READ_BYTES, READ_FIRST_BYTES};
use crate::reclaim::Pin;
use crate::segments::format::crc32c;
use crate::tables::Table;

const BLOCK: u64 = BLOCK_BYTES as u64;

pub(super) struct Reader {
    source: Arc<Source>,
    /// What no job was started for yet.
    left: Range<u64>,
    ahead: Option<JoinHandle<Result<Bytes, StorageError>>>,
    job_bytes: u64,
    _pin: Pin,
}

impl Reader {
    pub(super) fn new(core: Arc<Core>, id: BlobId, row: BlobRow, range: Range<u64>, pin: Pin) -> Self {
        let source = Arc::new(Source { core, id, row });
        Self {
            source,
            left: range,
            ahead: None,
            job_bytes: READ_FIRST_BYTES as u64,
            _pin: pin,
        }
    }

    fn start(&mut self) {
        if self.left.is_empty() {
            return;
        }
        // Ends at a block border, so that no block is read twice.
        let end = (self.left.start / BLOCK * BLOCK + self.job_bytes).min(self.left.end);
        let part = self.left.start..end;
        self.left.start = end;
        self.job_bytes = READ_BYTES as u64;
        let source = Arc::clone(&self.source);
        self.ahead = Some(tokio::task::spawn_blocking(move || source.read(part)));
    }
}

#[async_trait::async_trait]
impl BlobReader for Reader {
    async fn next(&mut self) -> Result<Option<Bytes>, StorageError> {
        if self.ahead.is_none() {
            self.start();
        }
        let Some(job) = &mut self.ahead else {
            return Ok(None);
        };
        let done = job.await;
        self.ahead = None;
        match done {
            Ok(Ok(bytes)) => {
                self.start();
                Ok(Some(bytes))
            }
            Ok(Err(error)) => Err(error),
            Err(_) => Err(StorageError::Closed(CLOSED)),
        }
    }
}

/// A blob to read from.
pub(crate) struct Source {
    core: Arc<Core>,
    id: BlobId,
    row: BlobRow,
}

impl Source {
    pub(crate) fn new(core: Arc<Core>, id: BlobId, row: BlobRow) -> Self {
        Self { core, id, row }
    }

    /// Reads and verifies a range that is not empty and lies within the blob. Blocks.
    pub(crate) fn read(&self, range: Range<u64>) -> Result<Bytes, StorageError> {
        let first = range.start / BLOCK;
        let from = first * BLOCK;
        let to = range.end.next_multiple_of(BLOCK).min(self.row.length);
        // Fits usize: jobs are of bounded size.
        let mut buffer = vec![0; (to - from) as usize];
        self.fill(&mut buffer, from)?;
        let mut part = (0, Cow::Borrowed(&*self.row.checksums));
        for (index, block) in (first..).zip(buffer.chunks(BLOCK_BYTES)) {
            if part.0 != index / PART_BLOCKS {
                part = (
                    index / PART_BLOCKS,
                    Cow::Owned(self.checksums(index / PART_BLOCKS)?),
                );
            }
            if part.1.get((index % PART_BLOCKS) as usize) != Some(&crc32c(block)) {
                return Err(StorageError::Corrupt(format!(
                    "block {index} of blob {} does not match its checksum",
                    self.id
                )));
            }
        }
        let buffer = Bytes::from(buffer);
        Ok(buffer.slice((range.start - from) as usize..(range.end - from) as usize))
    }

    /// Fills the buffer with the blob's bytes at `from`, from as many extents as it takes.
    fn fill(&self, buffer: &mut [u8], from: u64) -> Result<(), StorageError> {
        let mut left = buffer;
        let mut position = from;
        let mut start = 0;
        for extent in &self.row.extents {
            let end = start + extent.length;
            if position < end && !left.is_empty() {
                let inside = position - start;
                let count = (left.len() as u64).min(extent.length - inside);
                let (now, later) = left.split_at_mut(count as usize);
                let segment = self
                    .core
                    .segments
                    .get(extent.segment)
                    .map_err(|error| self.lost(error))?;
                segment
                    .file
                    .read_at(now, extent.offset + inside)
                    .map_err(|error| match error.kind() {
                        std::io::ErrorKind::UnexpectedEof => self.lost(error),
                        _ => io_error("reading a blob from a segment", error),
                    })?;
                position += count;
                left = later;
            }
            start = end;
        }
        Ok(())
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
    fn checksums(&self, part: u64) -> Result<Vec<u32>, StorageError> {
        let missing = || StorageError::Corrupt(format!("blob {} has no checksums of part {part}", self.id));
        let tables = &self.core.tables;
        let key = row::checksum_key(self.id.number, u32::try_from(part).map_err(|_| missing())?);
        let found = tables.database.snapshot().get(tables.keyspace(Table::Blobs), key);
        let found = found.map_err(|error| index_error("reading a blob's checksums", error))?;
        row::parse_checksums(&found.ok_or_else(missing)?).ok_or_else(missing)
    }
}
