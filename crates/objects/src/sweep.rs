//! Removing what nobody needs any more.
//!
//! Four kinds: partitions of buckets that were deleted or never came to be; blobs no row names, which are
//! those of writes a crash cut off (they were there when the store was opened, and for each one `get`
//! tells) and *suspects*, whose deletion failed; memories of closed uploads past their time, with parts
//! a crash left. It goes in batches and pauses between them.

use std::ops::Bound;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use cairn_storage::{BlobId, IndexExt, Partition, Step, StorageError, Visitor};
use cairn_types::UploadId;

use crate::rows::keys;
use crate::rows::records::{self, Closed, DirectoryEntry};
use crate::store::{Change, Failed};
use crate::{Error, Objects};

/// What a sweep removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Blobs no row names.
    pub blobs: u64,
    /// Partitions of buckets that were deleted, or never came to be.
    pub partitions: u64,
    /// Completed and aborted uploads past [`crate::Limits::closed_upload_kept`].
    pub uploads: u64,
}

/// Collects keys and values, at most so many.
struct Batch {
    rows: Vec<(Bytes, Bytes)>,
    limit: usize,
}

impl Visitor for Batch {
    fn visit(&mut self, key: &[u8], value: &[u8]) -> Step {
        self.rows
            .push((Bytes::copy_from_slice(key), Bytes::copy_from_slice(value)));
        if self.rows.len() < self.limit {
            Step::Next
        } else {
            Step::Stop
        }
    }
}

impl Objects {
    /// Removes orphans: blobs of writes that a crash cut off, rows of deleted buckets, memories of closed
    /// uploads. Run it in the background after the start, and then every hour or so; it paces itself.
    ///
    /// # Errors
    /// [`Error::Storage`]; what was removed before stays removed.
    pub async fn sweep(&self) -> Result<Swept, Error> {
        let mut swept = Swept::default();
        self.sweep_partitions(&mut swept).await?;
        self.sweep_blobs(&mut swept).await?;
        let first = !self.inner.swept.load(Ordering::Relaxed);
        self.sweep_uploads(first, &mut swept).await?;
        self.inner.swept.store(true, Ordering::Relaxed);
        Ok(swept)
    }

    async fn pause(&self) {
        tokio::time::sleep(self.limits().sweep_pause).await;
    }

    /// The next rows of a range, after `after`.
    async fn batch(
        &self,
        partition: Partition,
        kind: u8,
        after: Option<&Bytes>,
    ) -> Result<Vec<(Bytes, Bytes)>, Error> {
        let mut range = keys::range_of(vec![kind]);
        if let Some(after) = after {
            range.start = Bound::Excluded(after.clone());
        }
        let batch = Batch {
            rows: Vec::new(),
            limit: self.limits().sweep_batch.max(1),
        };
        Ok(self.inner.index.scan_with(partition, range, batch).await?.rows)
    }

    async fn sweep_partitions(&self, swept: &mut Swept) -> Result<(), Error> {
        let mut after = None;
        loop {
            let rows = self
                .batch(Partition::DIRECTORY, keys::DIRECTORY_DEAD, after.as_ref())
                .await?;
            let Some((last, _)) = rows.last() else {
                return Ok(());
            };
            after = Some(last.clone());
            for (row, _) in &rows {
                let corrupt = || StorageError::Corrupt("a dead partition of the directory".into());
                let partition = Partition(keys::dead_partition(row).ok_or_else(corrupt)?);
                if self.inner.in_transition.lock().contains(&partition) {
                    continue;
                }
                // A creation that was under way when the rows were read has ended by now, and has taken
                // the mark away if it made a bucket.
                let mark = keys::dead(partition.0);
                if self.inner.index.get(Partition::DIRECTORY, &mark).await?.is_some() {
                    self.clear_dead(partition).await?;
                    swept.partitions += 1;
                }
            }
            self.pause().await;
        }
    }

    async fn sweep_blobs(&self, swept: &mut Swept) -> Result<(), Error> {
        let mut suspects = self.inner.reclaimer.take_suspects().into_iter();
        while let Some(id) = suspects.next() {
            if let Err(error) = self.sweep_blob(id, swept).await {
                self.inner.reclaimer.suspect(id);
                suspects.for_each(|id| self.inner.reclaimer.suspect(id));
                return Err(error);
            }
        }
        let mut after = None;
        loop {
            let limit = self.limits().sweep_batch.max(1);
            let ids = self.inner.blobs.ids(after, limit).await?;
            for id in &ids {
                // Of a shard that was not there when the store was opened nothing is old.
                let below = self.inner.orphans_below.get(&id.partition.shard());
                if below.is_some_and(|below| id.number < *below) {
                    self.sweep_blob(*id, swept).await?;
                }
            }
            match ids.last() {
                Some(last) => after = Some(*last),
                None => return Ok(()),
            }
            self.pause().await;
        }
    }

    async fn sweep_blob(&self, id: BlobId, swept: &mut Swept) -> Result<(), Error> {
        let named = self.inner.index.get(id.partition, &keys::blob(id.number)).await?;
        if named.is_none() {
            self.inner.blobs.delete(id).await?;
            swept.blobs += 1;
        }
        Ok(())
    }

    async fn sweep_uploads(&self, first: bool, swept: &mut Swept) -> Result<(), Error> {
        let mut after = None;
        loop {
            let rows = self
                .batch(Partition::DIRECTORY, keys::DIRECTORY_NAMES, after.as_ref())
                .await?;
            let Some((last, _)) = rows.last() else {
                return Ok(());
            };
            after = Some(last.clone());
            for (_, value) in &rows {
                let entry: DirectoryEntry = records::decode("bucket of the directory", value)?;
                self.sweep_uploads_of(Partition(entry.partition), first, swept)
                    .await?;
            }
        }
    }

    /// Forgets the closed uploads of a bucket that are past their time, or more than are kept. Their parts
    /// went when they were closed, unless a crash came between: the first sweep looks.
    async fn sweep_uploads_of(
        &self,
        partition: Partition,
        first: bool,
        swept: &mut Swept,
    ) -> Result<(), Error> {
        let kept = u64::try_from(self.limits().closed_upload_kept.as_micros()).unwrap_or(u64::MAX);
        let oldest = self.inner.orders.now().micros().saturating_sub(kept);
        let mut remaining = 0;
        let mut after = None;
        loop {
            let rows = self.batch(partition, keys::CLOSED, after.as_ref()).await?;
            let Some((last, _)) = rows.last() else {
                return Ok(());
            };
            after = Some(last.clone());
            let mut change = Change::default();
            for (row, value) in rows {
                let corrupt = || StorageError::Corrupt("a closed upload".into());
                let id: UploadId = keys::closed_id(&row).ok_or_else(corrupt)?;
                let closed: Closed = records::decode("closed upload", &value)?;
                let past = closed.at.micros() <= oldest || remaining >= self.limits().closed_uploads_max;
                if first || past {
                    self.discard_parts(partition, &id).await?;
                }
                if past {
                    change.delete(keys::closed(&id));
                    swept.uploads += 1;
                } else {
                    remaining += 1;
                }
            }
            if !change.commit.writes.is_empty() {
                match self.commit_unguarded(partition, change).await {
                    Ok(()) | Err(Failed::Conflict(..)) => {}
                    Err(Failed::Storage(error)) => return Err(error.into()),
                }
            }
            self.pause().await;
        }
    }
}
