//! A wrapper that makes any engine fail at chosen moments.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;

use super::Random;
use crate::{
    BlobId, BlobReader, BlobWriter, Blobs, Commit, CommitError, Index, Partition, Range, Row, StorageError,
    Visitor,
};

/// What can be made to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// [`Index::get`].
    Get,
    /// [`Index::scan`], before the first row.
    Scan,
    /// [`Index::commit`], before anything is applied.
    CommitBefore,
    /// [`Index::commit`], after it was applied: the caller is told of an error, and the commit is there.
    CommitAfter,
    /// [`Index::clear`].
    Clear,
    /// [`Blobs::create`].
    Create,
    /// [`BlobWriter::append`]; the bytes are not taken.
    Append,
    /// [`BlobWriter::finish`]; the blob is abandoned.
    Finish,
    /// [`Blobs::read`].
    Read,
    /// [`BlobReader::next`].
    Next,
    /// [`Blobs::delete`], before the blob is deleted.
    Delete,
    /// [`Blobs::ids`].
    Ids,
}

/// When an operation fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Never; as if nothing had been said of it.
    Never,
    /// The one after so many more that succeed, once.
    After(u64),
    /// So many of a thousand, by chance.
    Permille(u64),
    /// Always.
    Always,
}

/// An engine that fails as told. Clones share the plan and the engine.
#[derive(Debug)]
pub struct Faulty<S> {
    inner: Arc<S>,
    plan: Arc<Mutex<Plan>>,
}

impl<S> Clone for Faulty<S> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            plan: Arc::clone(&self.plan),
        }
    }
}

#[derive(Debug)]
struct Plan {
    random: Random,
    when: BTreeMap<Operation, When>,
    injected: BTreeMap<Operation, u64>,
}

impl Plan {
    fn check(&mut self, operation: Operation) -> Result<(), StorageError> {
        let Some(when) = self.when.get_mut(&operation) else {
            return Ok(());
        };
        let fails = match when {
            When::Never => false,
            When::After(0) => {
                *when = When::Never;
                true
            }
            When::After(more) => {
                *more -= 1;
                false
            }
            When::Permille(permille) => self.random.below(1000) < *permille,
            When::Always => true,
        };
        if !fails {
            return Ok(());
        }
        *self.injected.entry(operation).or_default() += 1;
        Err(StorageError::Io {
            context: "injected fault",
            source: io::Error::other(format!("{operation:?}")),
        })
    }
}

impl<S> Faulty<S> {
    /// Wraps an engine; it does not fail before it is told to. `seed` is for [`When::Permille`].
    pub fn new(inner: S, seed: u64) -> Self {
        let plan = Plan {
            random: Random(seed),
            when: BTreeMap::new(),
            injected: BTreeMap::new(),
        };
        Self {
            inner: Arc::new(inner),
            plan: Arc::new(Mutex::new(plan)),
        }
    }

    /// The engine inside.
    #[must_use]
    pub fn inner(&self) -> &Arc<S> {
        &self.inner
    }

    /// From now on this operation fails so.
    pub fn fail(&self, operation: Operation, when: When) {
        self.plan.lock().when.insert(operation, when);
    }

    /// From now on nothing fails.
    pub fn heal(&self) {
        self.plan.lock().when.clear();
    }

    /// Faults injected into this operation so far.
    #[must_use]
    pub fn injected(&self, operation: Operation) -> u64 {
        self.plan.lock().injected.get(&operation).copied().unwrap_or(0)
    }

    fn check(&self, operation: Operation) -> Result<(), StorageError> {
        self.plan.lock().check(operation)
    }
}

#[async_trait::async_trait]
impl<S: Index> Index for Faulty<S> {
    async fn get(&self, partition: Partition, row: &Row) -> Result<Option<Bytes>, StorageError> {
        self.check(Operation::Get)?;
        self.inner.get(partition, row).await
    }

    async fn scan(
        &self,
        partition: Partition,
        range: Range,
        visitor: Box<dyn Visitor>,
    ) -> Result<Box<dyn Visitor>, StorageError> {
        self.check(Operation::Scan)?;
        self.inner.scan(partition, range, visitor).await
    }

    async fn commit(&self, partition: Partition, commit: Commit) -> Result<(), CommitError> {
        self.check(Operation::CommitBefore)?;
        self.inner.commit(partition, commit).await?;
        Ok(self.check(Operation::CommitAfter)?)
    }

    async fn clear(&self, partition: Partition) -> Result<(), StorageError> {
        self.check(Operation::Clear)?;
        self.inner.clear(partition).await
    }
}

#[async_trait::async_trait]
impl<S: Blobs> Blobs for Faulty<S> {
    async fn create(
        &self,
        partition: Partition,
        size_hint: Option<u64>,
    ) -> Result<Box<dyn BlobWriter>, StorageError> {
        self.check(Operation::Create)?;
        let inner = self.inner.create(partition, size_hint).await?;
        Ok(Box::new(FaultyWriter {
            inner,
            plan: Arc::clone(&self.plan),
        }))
    }

    async fn read(
        &self,
        id: BlobId,
        range: std::ops::Range<u64>,
    ) -> Result<Box<dyn BlobReader>, StorageError> {
        self.check(Operation::Read)?;
        let inner = self.inner.read(id, range).await?;
        Ok(Box::new(FaultyReader {
            inner,
            plan: Arc::clone(&self.plan),
        }))
    }

    async fn delete(&self, id: BlobId) -> Result<(), StorageError> {
        self.check(Operation::Delete)?;
        self.inner.delete(id).await
    }

    async fn ids(&self, after: Option<BlobId>, limit: usize) -> Result<Vec<BlobId>, StorageError> {
        self.check(Operation::Ids)?;
        self.inner.ids(after, limit).await
    }
}

struct FaultyWriter {
    inner: Box<dyn BlobWriter>,
    plan: Arc<Mutex<Plan>>,
}

#[async_trait::async_trait]
impl BlobWriter for FaultyWriter {
    fn id(&self) -> BlobId {
        self.inner.id()
    }

    async fn append(&mut self, data: Bytes) -> Result<(), StorageError> {
        self.plan.lock().check(Operation::Append)?;
        self.inner.append(data).await
    }

    async fn finish(self: Box<Self>) -> Result<BlobId, StorageError> {
        self.plan.lock().check(Operation::Finish)?;
        self.inner.finish().await
    }
}

struct FaultyReader {
    inner: Box<dyn BlobReader>,
    plan: Arc<Mutex<Plan>>,
}

#[async_trait::async_trait]
impl BlobReader for FaultyReader {
    async fn next(&mut self) -> Result<Option<Bytes>, StorageError> {
        self.plan.lock().check(Operation::Next)?;
        self.inner.next().await
    }
}
