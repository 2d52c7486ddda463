//! Several engines as one store: the partition's number says which engine has it.
//!
//! A deployment of several regions keeps each region's buckets in an engine of its own, and the names of
//! all buckets in one of them. What lies above need not know: commits never span partitions, so an engine
//! is found by the partition alone ([`Partition::shard`]), and each engine keeps its promises for its own.
//! The first shard has the directory.

use std::ops::Range as ByteRange;
use std::sync::Arc;

use bytes::Bytes;

use crate::{
    BlobId, BlobReader, BlobWriter, Blobs, Commit, CommitError, Index, Partition, Range, Row, StorageError,
    Visitor,
};

/// One engine: its index and its blobs.
pub type Engine = (Arc<dyn Index>, Arc<dyn Blobs>);

/// Engines side by side, in the order of their [`Shard`](crate::Shard) numbers. Cheap to clone.
#[derive(Clone)]
pub struct Shards {
    engines: Arc<[Engine]>,
}

impl Shards {
    /// One store of these engines; the first is [`Shard::DIRECTORY`](crate::Shard::DIRECTORY), the next shard 1, and so on.
    pub fn new(engines: Vec<Engine>) -> Self {
        Self {
            engines: engines.into(),
        }
    }

    fn engine(&self, partition: Partition) -> Result<&Engine, StorageError> {
        let shard = partition.shard();
        self.engines.get(usize::from(shard.0)).ok_or_else(|| {
            StorageError::Corrupt(format!("partition {partition:?} of a shard that is not open"))
        })
    }
}

#[async_trait::async_trait]
impl Index for Shards {
    async fn get(&self, partition: Partition, row: &Row) -> Result<Option<Bytes>, StorageError> {
        self.engine(partition)?.0.get(partition, row).await
    }

    async fn scan(
        &self,
        partition: Partition,
        range: Range,
        visitor: Box<dyn Visitor>,
    ) -> Result<Box<dyn Visitor>, StorageError> {
        self.engine(partition)?.0.scan(partition, range, visitor).await
    }

    async fn commit(&self, partition: Partition, commit: Commit) -> Result<(), CommitError> {
        self.engine(partition)?.0.commit(partition, commit).await
    }

    async fn clear(&self, partition: Partition) -> Result<(), StorageError> {
        self.engine(partition)?.0.clear(partition).await
    }
}

#[async_trait::async_trait]
impl Blobs for Shards {
    async fn create(
        &self,
        partition: Partition,
        size_hint: Option<u64>,
    ) -> Result<Box<dyn BlobWriter>, StorageError> {
        self.engine(partition)?.1.create(partition, size_hint).await
    }

    async fn read(&self, id: BlobId, range: ByteRange<u64>) -> Result<Box<dyn BlobReader>, StorageError> {
        self.engine(id.partition)?.1.read(id, range).await
    }

    async fn delete(&self, id: BlobId) -> Result<(), StorageError> {
        self.engine(id.partition)?.1.delete(id).await
    }

    async fn ids(&self, after: Option<BlobId>, limit: usize) -> Result<Vec<BlobId>, StorageError> {
        let first = after.map_or(0, |id| usize::from(id.partition.shard().0));
        let mut after = after;
        let mut found = Vec::new();
        for (_, blobs) in self.engines.iter().skip(first) {
            found.extend(blobs.ids(after.take(), limit - found.len()).await?);
            if found.len() >= limit {
                break;
            }
        }
        Ok(found)
    }
}
