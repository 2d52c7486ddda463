//! Writing a blob: about a MiB at a time goes to a blocking job that checksums and writes it.
//!
//! Appended bytes are gathered: pieces of whole blocks as they are, others copied into a buffer (`Gathered`).
//! When that is full it goes to a job together with everything the job needs (`Upload`: the space granted so
//! far and the checksums), and comes back emptied; meanwhile another fills. So an upload holds two of them at
//! most, as large as there is room for in what all uploads share (`room`), and makes one hop to a blocking
//! thread for each rather than per network frame. Of a large upload the disk is told every few MiB, so that it
//! begins before the sync. Space granted to an upload belongs to its `Lease`: whatever way the upload
//! ends (dropped, failed, cancelled while a job runs), the lease gives the space back, unless the commit of
//! the blob's row took it over.

use std::sync::Arc;

use bytes::Bytes;
use cairn_storage::{BlobId, BlobWriter, CommitError, StorageError};
use tokio::task::JoinHandle;

use super::room::Share;
use super::row::{self, BlobRow, PART_BLOCKS};
use crate::committer::{Change, Outcome, Work};
use crate::engine::Core;
use crate::error::{CLOSED, io_error};
use crate::options::{
    BLOCK_BYTES, EXTENT_BYTES_FIRST, EXTENT_BYTES_MAX, SMALL_UPLOAD_BYTES_MAX, WRITE_BACK_BYTES,
    WRITE_BUFFER_BYTES,
};
use crate::reclaim::Lease;
use crate::segments::format::crc32c;
use crate::segments::{Extent, Lane, Segments};
use crate::stats::Stats;
use crate::tables::Table;

pub(super) struct Writer {
    core: Arc<Core>,
    id: BlobId,
    gathered: Gathered,
    /// How much may be gathered now.
    share: Share,
    /// How much is best, in bytes.
    wanted: usize,
    state: State,
}

enum State {
    /// No job runs; the other buffer is kept for the next.
    Idle(Upload, Gathered),
    Writing(JoinHandle<Result<(Upload, Gathered), StorageError>>),
    /// A job failed: the blob cannot be finished.
    Failed,
}

/// What to write next.
#[derive(Default)]
struct Gathered {
    /// Whole blocks, as they were appended.
    pieces: Vec<Bytes>,
    /// What comes after them.
    buffer: Vec<u8>,
    bytes: usize,
}

impl Gathered {
    /// Takes from the front of `data` what there is room for up to `full` bytes. An upload of less than that
    /// has `wanted` in all.
    fn add(&mut self, data: &mut Bytes, full: usize, wanted: usize) {
        let room = full.saturating_sub(self.bytes);
        let part = data.split_to(room.min(data.len()));
        if part.is_empty() {
            return;
        }
        self.bytes += part.len();
        if self.buffer.is_empty() && part.len().is_multiple_of(BLOCK_BYTES) {
            self.pieces.push(part);
            return;
        }
        // For what comes now and not for what was announced: a client that sends nothing more holds little.
        let length = self.buffer.len() + part.len();
        if self.buffer.capacity() < length {
            let most = full.min(wanted).saturating_sub(self.bytes - length);
            self.buffer.reserve_exact(most.max(length) - self.buffer.len());
        }
        self.buffer.extend_from_slice(&part);
    }

    fn clear(&mut self) {
        self.pieces.clear();
        self.buffer.clear();
        self.bytes = 0;
    }
}

/// What a job needs, moved into it and back.
struct Upload {
    segments: Arc<Segments>,
    lane: Lane,
    lease: Lease,
    /// What is yet to come, as far as was told.
    expected: Option<u64>,
    length: u64,
    /// Of the length, what the disk was told to begin with.
    written_back: u64,
    checksums: Vec<u32>,
}

impl Writer {
    pub(super) fn new(core: Arc<Core>, id: BlobId, size_hint: Option<u64>) -> Self {
        let lane = match size_hint {
            Some(size) if size <= SMALL_UPLOAD_BYTES_MAX => Lane::Small,
            _ => Lane::Large,
        };
        let lease = Lease::new(Arc::clone(&core.reclaim));
        let segments = Arc::clone(&core.segments);
        let upload = Upload {
            segments,
            lane,
            lease,
            expected: size_hint,
            length: 0,
            written_back: 0,
            checksums: Vec::new(),
        };
        let wanted = size_hint.map_or(WRITE_BUFFER_BYTES, |size| {
            usize::try_from(size)
                .unwrap_or(usize::MAX)
                .min(WRITE_BUFFER_BYTES)
        });
        let share = Share::new(&core.write_room);
        Self {
            core,
            id,
            gathered: Gathered::default(),
            share,
            wanted,
            state: State::Idle(upload, Gathered::default()),
        }
    }

    /// Waits for the job, if one runs.
    async fn idle(&mut self) -> Result<(), StorageError> {
        let State::Writing(job) = &mut self.state else {
            return Ok(());
        };
        let done = match job.await {
            Ok(done) => done,
            Err(_) => Err(StorageError::Closed(CLOSED)),
        };
        self.state = State::Failed;
        let (upload, spare) = done?;
        self.state = State::Idle(upload, spare);
        Ok(())
    }

    /// Gives what was gathered to a job, once the one before has ended.
    async fn flush(&mut self) -> Result<(), StorageError> {
        self.idle().await?;
        match std::mem::replace(&mut self.state, State::Failed) {
            State::Idle(mut upload, spare) => {
                let mut full = std::mem::replace(&mut self.gathered, spare);
                self.state = State::Writing(tokio::task::spawn_blocking(move || {
                    for piece in &full.pieces {
                        upload.write(piece)?;
                    }
                    upload.write(&full.buffer)?;
                    full.clear();
                    Ok((upload, full))
                }));
                Ok(())
            }
            other => {
                self.state = other;
                Err(failed())
            }
        }
    }
}

fn failed() -> StorageError {
    StorageError::Io {
        context: "writing a blob after an earlier write of it failed",
        source: std::io::ErrorKind::BrokenPipe.into(),
    }
}

#[async_trait::async_trait]
impl BlobWriter for Writer {
    fn id(&self) -> BlobId {
        self.id
    }

    async fn append(&mut self, mut data: Bytes) -> Result<(), StorageError> {
        loop {
            if matches!(self.state, State::Failed) {
                return Err(failed());
            }
            let full = self.share.buffer_bytes();
            self.gathered.add(&mut data, full, self.wanted);
            if self.gathered.bytes < full {
                return Ok(());
            }
            if self.share.grow(self.wanted) {
                continue;
            }
            self.flush().await?;
        }
    }

    async fn finish(mut self: Box<Self>) -> Result<BlobId, StorageError> {
        if self.gathered.bytes > 0 {
            self.flush().await?;
        }
        self.idle().await?;
        let State::Idle(mut upload, _) = std::mem::replace(&mut self.state, State::Failed) else {
            return Err(failed());
        };
        upload.lease.trim(&upload.segments, upload.lane);
        for segment in upload.lease.segments() {
            upload.segments.sync(&segment).await?;
        }
        let changes = upload.rows(self.id);
        let lease = upload.lease;
        let hook = Box::new(move |outcome| match outcome {
            Outcome::Applied => lease.keep(),
            Outcome::Unknown => lease.abandon_to_next_start(),
        });
        let work = Work {
            checks: Vec::new(),
            changes,
            hook: Some(hook),
        };
        match self.core.committer.commit(work).await {
            Ok(()) => Ok(self.id),
            Err(CommitError::Storage(error)) => Err(error),
            Err(CommitError::Conflict(_)) => Err(failed()),
        }
    }
}

impl Upload {
    /// Checksums and writes a buffer. All but the last of an upload hold whole blocks.
    fn write(&mut self, buffer: &[u8]) -> Result<(), StorageError> {
        let mut rest = buffer;
        while !rest.is_empty() {
            let (grant, room) = self.room(rest.len() as u64)?;
            // Fits usize: not more than `rest`.
            let (now, later) = rest.split_at((rest.len() as u64).min(room) as usize);
            let segment = Arc::clone(&grant.segment);
            let begin = grant.extent.offset;
            let offset = begin + grant.extent.length;
            grant.extent.length += now.len() as u64;
            self.checksums.extend(now.chunks(BLOCK_BYTES).map(crc32c));
            let written = segment.file.write_at(now, offset);
            written.map_err(|error| io_error("writing a blob to a segment", error))?;
            Stats::add(&self.segments.stats.blob_bytes_written, now.len() as u64);
            self.length += now.len() as u64;
            let fresh = self.length - self.written_back;
            if fresh >= WRITE_BACK_BYTES {
                // What lies before the extent is somebody else's.
                let end = offset + now.len() as u64;
                let from = end.saturating_sub(fresh).max(begin);
                segment.file.write_back(from, end - from);
                self.written_back = self.length;
            }
            if let Some(expected) = &mut self.expected {
                *expected = expected.saturating_sub(now.len() as u64);
            }
            rest = later;
        }
        Ok(())
    }

    /// The grant to write to next and its room: whole blocks, or at least what is left.
    fn room(&mut self, left: u64) -> Result<(&mut crate::segments::Grant, u64), StorageError> {
        let block = BLOCK_BYTES as u64;
        let usable = |room: u64| if room >= left { room } else { room / block * block };
        let current = self.lease.last().map_or(0, |grant| usable(grant.room()));
        if current == 0 {
            // Extents grow with the upload: what a client only claims to send reserves little.
            let most = self.length.clamp(EXTENT_BYTES_FIRST, EXTENT_BYTES_MAX);
            let wanted = match self.expected {
                Some(expected) => expected.min(most).max(left),
                None => left.max(self.length.min(EXTENT_BYTES_MAX)),
            };
            let grant = self.segments.grant(self.lane, wanted)?;
            self.lease.add(grant);
        }
        let grant = self.lease.last().ok_or_else(failed)?;
        let room = usable(grant.room());
        Ok((grant, room))
    }

    fn rows(&self, id: BlobId) -> Vec<Change> {
        let extents: Vec<Extent> = self.lease.extents();
        // Fits usize: a small constant.
        let mut parts = self.checksums.chunks(PART_BLOCKS as usize);
        let first = parts.next().unwrap_or_default();
        let row = BlobRow {
            length: self.length,
            extents,
            checksums: first.to_vec(),
        };
        let put = |key: Vec<u8>, value: Vec<u8>| Change {
            table: Table::Blobs,
            key: key.into(),
            value: Some(value.into()),
        };
        let mut changes = vec![put(row::key(id), row.encode())];
        let keys = row::checksum_keys(id.number, row.length);
        changes.extend(
            keys.zip(parts)
                .map(|(key, sums)| put(key, row::encode_checksums(sums))),
        );
        changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All that was gathered, in order.
    fn joined(gathered: &Gathered) -> Vec<u8> {
        let mut all = gathered.pieces.concat();
        all.extend_from_slice(&gathered.buffer);
        all
    }

    #[test]
    fn whole_blocks_are_not_copied_and_order_is_kept() {
        let whole = Bytes::from(vec![1; 2 * BLOCK_BYTES]);
        let odd = Bytes::from(vec![2; BLOCK_BYTES + 1]);
        let after = Bytes::from(vec![3; BLOCK_BYTES]);
        let mut gathered = Gathered::default();
        for data in [&whole, &Bytes::new(), &odd, &after] {
            gathered.add(&mut data.clone(), WRITE_BUFFER_BYTES, WRITE_BUFFER_BYTES);
        }
        assert_eq!(gathered.pieces.len(), 1);
        assert_eq!(gathered.pieces[0].as_ptr(), whole.as_ptr());
        assert_eq!(joined(&gathered), [whole, odd, after].concat());
        gathered.clear();
        assert!(joined(&gathered).is_empty() && gathered.bytes == 0);
    }

    #[test]
    fn no_more_is_gathered_or_reserved_than_there_is_room_for() {
        for append_bytes in [1000, BLOCK_BYTES, 4 * BLOCK_BYTES, 2 * WRITE_BUFFER_BYTES] {
            // One block first; when that is full, room for more.
            for full in [BLOCK_BYTES, WRITE_BUFFER_BYTES] {
                let mut gathered = Gathered::default();
                let mut data = Bytes::new();
                while gathered.bytes < full {
                    if data.is_empty() {
                        data = Bytes::from(vec![0; append_bytes]);
                    }
                    gathered.add(&mut data, full, WRITE_BUFFER_BYTES);
                    assert!(gathered.buffer.capacity() <= full);
                }
                assert_eq!(
                    (gathered.bytes, joined(&gathered).len()),
                    (full, full),
                    "appends of {append_bytes}"
                );
            }
        }
    }

    #[tokio::test]
    async fn the_disk_begins_with_a_large_upload_before_its_sync() {
        use std::sync::Arc;

        use cairn_storage::{Blobs, Partition};

        use crate::disk::Simulated;
        use crate::options::WRITE_BACK_BYTES;
        use crate::{Engine, Options};

        let directory = tempfile::TempDir::new().unwrap();
        let disk = Simulated::new(0);
        let options = Options {
            disk: Arc::new(disk.clone()),
            ..Options::default()
        };
        let engine = Engine::open(directory.path(), options).unwrap();
        let part = Bytes::from(vec![7; 300_000]);
        let length = 3 * WRITE_BACK_BYTES + WRITE_BACK_BYTES / 2;
        let mut small = engine.create(Partition(1), Some(300_000)).await.unwrap();
        small.append(part.clone()).await.unwrap();
        small.finish().await.unwrap();
        assert!(disk.written_back().is_empty());

        let mut writer = engine.create(Partition(1), Some(length)).await.unwrap();
        let mut left = length as usize;
        while left > 0 {
            let now = part.slice(..part.len().min(left));
            left -= now.len();
            writer.append(now).await.unwrap();
        }
        let id = writer.finish().await.unwrap();
        let extents = engine.core.blob_row(id).unwrap().unwrap().extents;
        let ranges = disk.written_back();
        let told: u64 = ranges.iter().map(|range| range.end - range.start).sum();
        assert!((2 * WRITE_BACK_BYTES..=length).contains(&told), "{ranges:?}");
        assert!(
            ranges.windows(2).all(|pair| pair[0].end <= pair[1].start),
            "{ranges:?}"
        );
        let inside = |range: &std::ops::Range<u64>| {
            extents
                .iter()
                .any(|extent| extent.offset <= range.start && range.end <= extent.offset + extent.length)
        };
        assert!(ranges.iter().all(inside), "{ranges:?} {extents:?}");
    }
}
