//! The store: what all operations share, and how a change is committed.
//!
//! A change is computed from what was read (a bucket's state, a key's head), committed with the
//! expectation that it still is so, and computed again where it is not: [`Objects::change_key`] for the
//! versions of a key, [`Attempts`] for the rest. A commit that names a new blob, or forgets one, runs in
//! a task of its own: if the caller is gone (a client that hung up) somebody must still learn how it
//! ended, or a blob the index names could be deleted.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use bytes::Bytes;
use cairn_storage::{
    BlobId, Blobs, Commit, CommitError, Expectation, Index, Partition, Row, Shard, StorageError, Write,
};
use cairn_types::{AccountId, BucketName, Clock, random};
use parking_lot::Mutex;
use quick_cache::sync::Cache;

use crate::hashing::Hashing;
use crate::locks::Locks;
use crate::order::Orders;
use crate::reclaim::{Reclaimer, Unnamed};
use crate::rows::keys;
use crate::{Bucket, Error, Homes, Limits, RegionChoices};

/// S3's object semantics over one engine. Cheap to clone; all clones are one store.
#[derive(Clone)]
pub struct Objects {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub index: Arc<dyn Index>,
    pub blobs: Arc<dyn Blobs>,
    pub orders: Orders,
    pub limits: Limits,
    pub locks: Arc<Locks>,
    pub reclaimer: Arc<Reclaimer>,
    pub hashing: Arc<Hashing>,
    pub buckets: Cache<BucketName, Arc<Bucket>>,
    pub account_regions: Cache<AccountId, Arc<RegionChoices>>,
    pub account_documents: Cache<(AccountId, &'static str), Option<Bytes>>,
    /// Partitions of buckets this process creates or deletes right now: their unfinished state is not
    /// that of a crash.
    pub in_transition: Mutex<std::collections::HashSet<Partition>>,
    /// Blobs of a shard below this number were there when the store was opened: one that no row names is
    /// an orphan.
    pub orphans_below: BTreeMap<Shard, u64>,
    /// Where new buckets of each region go.
    pub homes: Homes,
    /// A sweep has been through since then.
    pub swept: AtomicBool,
}

/// The rows and blobs of one change.
#[derive(Debug, Default)]
pub(crate) struct Change {
    pub commit: Commit,
    /// Blobs the commit forgets.
    pub forgotten: Vec<u64>,
    /// Part lists the commit forgets, with their blobs.
    pub forgotten_lists: Vec<([u8; 32], Vec<u64>)>,
}

impl Change {
    pub(crate) fn expect(&mut self, row: Row, value: Option<Bytes>) {
        self.commit.expectations.push(match value {
            Some(value) => Expectation::Value(row, value),
            None => Expectation::Absent(row),
        });
    }

    pub(crate) fn put(&mut self, row: Row, value: Bytes) {
        self.commit.writes.push(Write::Put(row, value));
    }

    pub(crate) fn delete(&mut self, row: Row) {
        self.commit.writes.push(Write::Delete(row));
    }

    /// A row names this blob from now on.
    pub(crate) fn name_blob(&mut self, number: u64) {
        self.put(keys::blob(number), Bytes::new());
    }

    /// The row that names this blob goes: so does the blob, afterwards.
    pub(crate) fn forget_blob(&mut self, number: u64) {
        self.delete(keys::blob(number));
        self.forgotten.push(number);
    }
}

/// Why a commit failed; the new blob comes back where it may be tried again.
pub(crate) enum Failed {
    Conflict(Row, Option<Unnamed>),
    Storage(StorageError),
}

impl Objects {
    /// Opens a store over an engine that no other store uses. Cheap; [`Self::sweep`] does what a crash
    /// left to do.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn open(
        index: Arc<dyn Index>,
        blobs: Arc<dyn Blobs>,
        clock: Arc<dyn Clock>,
        limits: Limits,
    ) -> Result<Self, Error> {
        let homes = Homes::read(&*index).await?;
        let mut orphans_below = BTreeMap::new();
        for shard in homes.shards() {
            // Numbers only grow, so that of a blob begun (and abandoned) now divides old from new.
            let begun = blobs.create(Partition::in_shard(shard, 0), None).await?.id();
            orphans_below.insert(shard, begun.number);
        }
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        Ok(Self {
            inner: Arc::new(Inner {
                index,
                hashing: Hashing::new(cores),
                orders: Orders::new(clock),
                locks: Locks::new(limits.key_wait_max),
                reclaimer: Reclaimer::new(Arc::clone(&blobs), limits.suspects_max),
                blobs,
                buckets: Cache::new(limits.buckets_cached),
                account_regions: Cache::new(limits.accounts_cached),
                account_documents: Cache::new(limits.accounts_cached),
                in_transition: Mutex::default(),
                orphans_below,
                homes,
                swept: AtomicBool::new(false),
                limits,
            }),
        })
    }

    /// The bounds it keeps.
    pub fn limits(&self) -> &Limits {
        &self.inner.limits
    }

    /// Returns when every commit and deletion of blobs begun so far has ended: for an orderly shutdown.
    pub async fn settle(&self) {
        self.inner.reclaimer.settle().await;
    }

    /// Commits a change of a bucket, with the expectation that the bucket still is as read. `new` is the
    /// blob the change names for the first time.
    pub(crate) async fn commit(
        &self,
        bucket: &Bucket,
        mut change: Change,
        new: Option<Unnamed>,
    ) -> Result<(), Failed> {
        change.expect(keys::state(), Some(bucket.state.clone()));
        self.commit_rows(bucket.partition, change, new).await
    }

    /// Commits a change that holds whatever becomes of the bucket: one that only removes.
    pub(crate) async fn commit_unguarded(&self, partition: Partition, change: Change) -> Result<(), Failed> {
        self.commit_rows(partition, change, None).await
    }

    async fn commit_rows(
        &self,
        partition: Partition,
        change: Change,
        new: Option<Unnamed>,
    ) -> Result<(), Failed> {
        if new.is_none() && change.forgotten.is_empty() && change.forgotten_lists.is_empty() {
            return match self.inner.index.commit(partition, change.commit).await {
                Ok(()) => Ok(()),
                Err(CommitError::Conflict(row)) => Err(Failed::Conflict(row, None)),
                Err(CommitError::Storage(error)) => Err(Failed::Storage(error)),
            };
        }
        let running = self.inner.reclaimer.running();
        let inner = Arc::clone(&self.inner);
        let committed = tokio::spawn(async move {
            let result = match inner.index.commit(partition, change.commit).await {
                Ok(()) => {
                    if let Some(new) = new {
                        new.keep();
                    }
                    let ids = |numbers: Vec<u64>| -> Vec<BlobId> {
                        let id = |number| BlobId { partition, number };
                        numbers.into_iter().map(id).collect()
                    };
                    inner.reclaimer.delete(ids(change.forgotten));
                    for (list, blobs) in change.forgotten_lists {
                        inner.reclaimer.delete_list(list, ids(blobs));
                    }
                    Ok(())
                }
                Err(CommitError::Conflict(row)) => Err(Failed::Conflict(row, new)),
                Err(CommitError::Storage(error)) => {
                    // The contract says nothing was applied. Were that wrong, deleting the blob would lose
                    // data; an orphan costs space until the next sweep.
                    if let Some(new) = new {
                        new.suspect();
                    }
                    for number in change.forgotten {
                        inner.reclaimer.suspect(BlobId { partition, number });
                    }
                    Err(Failed::Storage(error))
                }
            };
            // In this order: where nobody takes the result, its blob is deleted before the work is done.
            (result, running)
        });
        match committed.await {
            Ok((result, _)) => result,
            // The runtime is shutting down.
            Err(_) => Err(Failed::Storage(StorageError::Closed("the commit was cut off"))),
        }
    }
}

/// The bucket as the caller read it, or as read again.
pub(crate) struct Current<'a> {
    given: &'a Bucket,
    fresh: Option<Arc<Bucket>>,
}

impl Deref for Current<'_> {
    type Target = Bucket;

    fn deref(&self) -> &Bucket {
        self.fresh.as_deref().unwrap_or(self.given)
    }
}

/// Counts the tries of a change, and keeps the bucket it is computed from up to date.
pub(crate) struct Attempts<'a> {
    objects: &'a Objects,
    pub bucket: Current<'a>,
    made: u32,
}

impl<'a> Attempts<'a> {
    pub(crate) fn new(objects: &'a Objects, bucket: &'a Bucket) -> Self {
        Self {
            objects,
            bucket: Current {
                given: bucket,
                fresh: None,
            },
            made: 0,
        }
    }

    /// After a failed commit: gives the new blob back when it is worth another try.
    ///
    /// # Errors
    /// [`Error::Busy`] after too many, [`Error::NoSuchBucket`], [`Error::Storage`].
    pub(crate) async fn again(&mut self, failed: Failed) -> Result<Option<Unnamed>, Error> {
        let (row, new) = match failed {
            Failed::Conflict(row, new) => (row, new),
            Failed::Storage(error) => return Err(error.into()),
        };
        self.made += 1;
        if self.made >= self.objects.limits().attempts_max {
            return Err(Error::Busy);
        }
        if self.made > 1 {
            tokio::time::sleep(jitter(self.made)).await;
        }
        if row == keys::state() {
            let name = &self.bucket.given.name;
            self.objects.inner.buckets.remove(name);
            let fresh = loop {
                match self.objects.read_bucket(name).await? {
                    Some((fresh, false)) => break fresh,
                    None => return Err(Error::NoSuchBucket(name.clone())),
                    // Being deleted: it either goes, or turns out not to be empty and stays.
                    Some((_, true)) => {
                        self.made += 1;
                        if self.made >= self.objects.limits().attempts_max {
                            return Err(Error::Busy);
                        }
                        tokio::time::sleep(jitter(self.made)).await;
                    }
                }
            };
            if fresh.partition != self.bucket.given.partition {
                // Deleted, and created again: another bucket.
                return Err(Error::NoSuchBucket(name.clone()));
            }
            self.bucket.fresh = Some(fresh);
        }
        Ok(new)
    }
}

/// Up to 2^`made` milliseconds, at most 64.
fn jitter(made: u32) -> Duration {
    let most = 1000_u64 << made.min(6);
    Duration::from_micros(u64::from_le_bytes(random::bytes()) % most)
}
