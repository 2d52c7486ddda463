//! Creating and deleting buckets, over two partitions without a transaction.
//!
//! Creating: (1) the directory reserves a partition number and marks it *dead*; (2) the partition gets its
//! state; (3) the directory names it, if the name is free, and unmarks it. Until (3) nothing is visible,
//! and what is left of a loser or a crash is a dead partition, which the sweep clears.
//!
//! Deleting: (1) the state is marked *deleting*, so no commit of the bucket holds any more; (2) the
//! bucket is looked at, and unmarked where it is not empty; (3) the directory forgets the name and marks
//! the partition dead: this is the deletion; (4) its rows and the blobs of open uploads go. A crash before
//! (3) leaves a mark that whoever reads the bucket next takes away.

use std::sync::Arc;

use bytes::Bytes;
use cairn_storage::{
    BlobId, Commit, CommitError, Expectation, IndexExt, Partition, Range, Shard, Step, StorageError, Visitor,
    Write,
};

use super::configuration::check_document;
use super::{Bucket, NewBucket, TAGS, Versioning};
use crate::rows::keys;
use crate::rows::records::{self, DirectoryEntry, State};
use crate::store::{Attempts, Change};
use crate::{Error, Objects};

/// The first partition a bucket can have; lower ones are kept for the store itself.
const PARTITION_MIN: u64 = 16;
/// Blob rows read at a time while a partition is cleared.
const CLEAR_BATCH: usize = 10_000;

/// Unmarks a partition in transition.
struct Transition<'a> {
    objects: &'a Objects,
    partition: Partition,
}

impl<'a> Transition<'a> {
    fn new(objects: &'a Objects, partition: Partition) -> Self {
        objects.inner.in_transition.lock().insert(partition);
        Self { objects, partition }
    }
}

impl Drop for Transition<'_> {
    fn drop(&mut self) {
        self.objects.inner.in_transition.lock().remove(&self.partition);
    }
}

/// Whether a range has a row.
struct Any(bool);

impl Visitor for Any {
    fn visit(&mut self, _key: &[u8], _value: &[u8]) -> Step {
        self.0 = true;
        Step::Stop
    }
}

/// The numbers of up to [`CLEAR_BATCH`] blob rows.
#[derive(Default)]
struct BlobRows(Vec<u64>);

impl Visitor for BlobRows {
    fn visit(&mut self, key: &[u8], _value: &[u8]) -> Step {
        self.0.extend(keys::blob_number(key));
        if self.0.len() < CLEAR_BATCH {
            Step::Next
        } else {
            Step::Stop
        }
    }
}

/// Runs to its end also where the caller goes away: between two commits, what this process knows of a
/// transition must outlive the client that asked for it.
async fn uninterrupted<T: Send + 'static>(
    work: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Error> {
    match tokio::spawn(work).await {
        Ok(result) => result,
        Err(_) => Err(StorageError::Closed("the runtime is shutting down").into()),
    }
}

fn storage(error: CommitError) -> Error {
    match error {
        CommitError::Conflict(_) => Error::Busy,
        CommitError::Storage(error) => error.into(),
    }
}

impl Objects {
    /// Creates a bucket (facts/02 §4); versioning is off.
    ///
    /// # Errors
    /// [`Error::BucketExists`] with the bucket that has the name: the caller decides by owner and region;
    /// [`Error::Busy`] while a bucket of that name is being created or deleted.
    pub async fn create_bucket(&self, new: NewBucket) -> Result<Arc<Bucket>, Error> {
        let objects = self.clone();
        uninterrupted(async move { objects.create_bucket_now(new).await }).await
    }

    async fn create_bucket_now(&self, new: NewBucket) -> Result<Arc<Bucket>, Error> {
        // Nobody waits for another's creation or deletion of the name: S3 answers that one is under way.
        let _turn = self
            .inner
            .locks
            .try_hold(Partition::DIRECTORY, new.name.as_str())?;
        match self.bucket(&new.name).await {
            Ok(bucket) => return Err(Error::BucketExists(bucket)),
            Err(Error::NoSuchBucket(_)) => {}
            Err(error) => return Err(error),
        }
        for (name, document) in &new.documents {
            check_document(name, document.len())?;
        }
        let shard = self.inner.homes.shard(&new.region);
        let transition = self.reserve_partition(shard).await?;
        let partition = transition.partition;

        let state = records::encode(&State {
            versioning: Versioning::Unversioned,
            deleting: false,
        })?;
        let mut change = Change::default();
        change.expect(keys::state(), None);
        change.put(keys::state(), state.clone());
        if let Some(tags) = &new.tags {
            change.put(keys::document(TAGS), records::encode(tags)?);
        }
        for (name, document) in &new.documents {
            change.put(keys::document(name), document.clone());
        }
        self.inner
            .index
            .commit(partition, change.commit)
            .await
            .map_err(storage)?;

        let entry = DirectoryEntry {
            partition: partition.0,
            owner: new.owner,
            region: new.region,
            location: new.location,
            created: self.inner.orders.now(),
        };
        let name = keys::name(&new.name);
        let commit = Commit {
            expectations: vec![Expectation::Absent(name.clone())],
            writes: vec![
                Write::Put(name, records::encode(&entry)?),
                Write::Delete(keys::dead(partition.0)),
            ],
        };
        match self.inner.index.commit(Partition::DIRECTORY, commit).await {
            Ok(()) => {
                let bucket = Arc::new(Bucket {
                    tags: new.tags,
                    documents: new.documents,
                    state,
                    ..Bucket::of_entry(new.name.clone(), entry)
                });
                self.inner.buckets.insert(new.name, Arc::clone(&bucket));
                Ok(bucket)
            }
            Err(CommitError::Conflict(_)) => {
                self.clear_dead(partition).await?;
                drop(transition);
                self.inner.buckets.remove(&new.name);
                Err(Error::BucketExists(self.bucket(&new.name).await?))
            }
            Err(CommitError::Storage(error)) => Err(error.into()),
        }
    }

    /// A partition number nobody ever had, marked dead until a bucket is named there.
    async fn reserve_partition(&self, shard: Shard) -> Result<Transition<'_>, Error> {
        let _turn = self.inner.locks.hold(Partition::DIRECTORY, "").await?;
        for _ in 0..self.limits().attempts_max {
            let before = self
                .inner
                .index
                .get(Partition::DIRECTORY, &keys::counter())
                .await?;
            let number = match &before {
                Some(value) => records::decode::<u64>("partition counter", value)?,
                None => PARTITION_MIN,
            };
            // Before the commit, so that a sweep never sees it dead and unclaimed.
            let partition = Partition::in_shard(shard, number);
            let transition = Transition::new(self, partition);
            let mut change = Change::default();
            change.expect(keys::counter(), before);
            change.put(keys::counter(), records::encode(&(number + 1))?);
            change.put(keys::dead(partition.0), Bytes::new());
            match self.inner.index.commit(Partition::DIRECTORY, change.commit).await {
                Ok(()) => return Ok(transition),
                Err(CommitError::Conflict(_)) => {}
                Err(CommitError::Storage(error)) => return Err(error.into()),
            }
        }
        Err(Error::Busy)
    }

    /// Deletes an empty bucket; open uploads go with it (facts/02 §4).
    ///
    /// # Errors
    /// [`Error::BucketNotEmpty`], [`Error::NoSuchBucket`], [`Error::Busy`].
    pub async fn delete_bucket(&self, bucket: &Bucket) -> Result<(), Error> {
        let (objects, bucket) = (self.clone(), bucket.clone());
        uninterrupted(async move { objects.delete_bucket_now(&bucket).await }).await
    }

    async fn delete_bucket_now(&self, bucket: &Bucket) -> Result<(), Error> {
        let name = &bucket.name;
        let _name_turn = self.inner.locks.try_hold(Partition::DIRECTORY, name.as_str())?;
        let _turn = self.inner.locks.hold(bucket.partition, "").await?;
        let _transition = Transition::new(self, bucket.partition);

        let mut attempts = Attempts::new(self, bucket);
        let marked = loop {
            let state = State {
                versioning: attempts.bucket.versioning,
                deleting: true,
            };
            let mark = records::encode(&state)?;
            let mut change = Change::default();
            change.put(keys::state(), mark.clone());
            match self.commit(&attempts.bucket, change, None).await {
                Ok(()) => {
                    break Bucket {
                        state: mark,
                        ..attempts.bucket.clone()
                    };
                }
                Err(failed) => {
                    attempts.again(failed).await?;
                }
            }
        };
        self.inner.buckets.remove(name);
        let deleted = self.delete_marked(&marked).await;
        self.inner.buckets.remove(name);
        if matches!(deleted, Err(Error::BucketNotEmpty { .. })) {
            let state = State {
                versioning: marked.versioning,
                deleting: false,
            };
            // Where this fails, or the engine did, the next reader of the bucket does it: if there is one.
            let _ = self.set_state(&marked, &state).await;
            self.inner.buckets.remove(name);
        }
        deleted?;
        // The bucket is gone; what is left costs space only, and the sweep tries again.
        if let Err(error) = self.clear_dead(marked.partition).await {
            tracing::warn!(bucket = %name, %error, "the rows of a deleted bucket remain until the next sweep");
        }
        Ok(())
    }

    async fn delete_marked(&self, bucket: &Bucket) -> Result<(), Error> {
        let range = keys::range_of(vec![keys::VERSIONS]);
        let any = self
            .inner
            .index
            .scan_with(bucket.partition, range, Any(false))
            .await?;
        if any.0 {
            return Err(Error::BucketNotEmpty {
                versioned: bucket.versioning != Versioning::Unversioned,
            });
        }
        let name = keys::name(&bucket.name);
        let missing = || Error::NoSuchBucket(bucket.name.clone());
        let entry = self
            .inner
            .index
            .get(Partition::DIRECTORY, &name)
            .await?
            .ok_or_else(missing)?;
        let decoded: DirectoryEntry = records::decode("bucket of the directory", &entry)?;
        if decoded.partition != bucket.partition.0 {
            return Err(missing());
        }
        let commit = Commit {
            expectations: vec![Expectation::Value(name.clone(), entry)],
            writes: vec![
                Write::Delete(name),
                Write::Put(keys::dead(bucket.partition.0), Bytes::new()),
            ],
        };
        match self.inner.index.commit(Partition::DIRECTORY, commit).await {
            Ok(()) => Ok(()),
            Err(CommitError::Conflict(_)) => Err(missing()),
            Err(CommitError::Storage(error)) => Err(error.into()),
        }
    }

    /// Removes what a dead partition holds, then its mark.
    pub(crate) async fn clear_dead(&self, partition: Partition) -> Result<(), StorageError> {
        let mut range: Range = keys::range_of(vec![keys::BLOBS]);
        loop {
            let rows = self
                .inner
                .index
                .scan_with(partition, range.clone(), BlobRows::default())
                .await?;
            for number in &rows.0 {
                self.inner
                    .blobs
                    .delete(BlobId {
                        partition,
                        number: *number,
                    })
                    .await?;
            }
            match rows.0.last() {
                Some(last) if rows.0.len() == CLEAR_BATCH => {
                    range.start = std::ops::Bound::Excluded(keys::blob(*last).key);
                }
                _ => break,
            }
        }
        self.inner.index.clear(partition).await?;
        let commit = Commit {
            expectations: Vec::new(),
            writes: vec![Write::Delete(keys::dead(partition.0))],
        };
        match self.inner.index.commit(Partition::DIRECTORY, commit).await {
            Ok(()) | Err(CommitError::Conflict(_)) => Ok(()),
            Err(CommitError::Storage(error)) => Err(error),
        }
    }
}
