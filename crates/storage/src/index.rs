//! The ordered index.

use std::any::Any;
use std::ops::Bound;

use bytes::Bytes;

use crate::{CommitError, StorageError};

/// A unit of atomicity and of ordering: one per bucket, and one ([`Partition::DIRECTORY`]) for the
/// names of buckets. No commit spans two partitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Partition(pub u64);

impl Partition {
    /// The partition of the bucket directory (and later of identities).
    pub const DIRECTORY: Self = Self(0);

    /// The bits of a partition's number inside its shard.
    const SHARD_SHIFT: u32 = 48;

    /// The partition with this number (below 2^48) in a shard.
    pub fn in_shard(shard: Shard, number: u64) -> Self {
        Self(u64::from(shard.0) << Self::SHARD_SHIFT | number & ((1 << Self::SHARD_SHIFT) - 1))
    }

    /// The shard it lies in.
    pub fn shard(self) -> Shard {
        // The upper 16 bits of 64 are left.
        Shard((self.0 >> Self::SHARD_SHIFT) as u16)
    }
}

/// A group of partitions that one engine keeps ([`Shards`](crate::Shards)). A store of one engine has
/// only the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shard(pub u16);

impl Shard {
    /// The shard of [`Partition::DIRECTORY`].
    pub const DIRECTORY: Self = Self(0);
}

/// Which of a partition's two ordered maps a row lies in. They commit together; they differ in how an
/// engine lays them out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Space {
    /// Small rows that are scanned: records and references.
    Rows,
    /// Bodies of small objects: read one at a time by their exact key, never scanned on a request's
    /// way. An engine keeps their values apart from the keys.
    Bodies,
}

/// The address of a row inside a partition. Keys are 1 to [`Row::KEY_BYTES_MAX`] bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Row {
    /// The map the row lies in.
    pub space: Space,
    /// The key; rows are ordered by its bytes.
    pub key: Bytes,
}

impl Row {
    /// Longest key in bytes an engine must accept: an escaped 1024-byte object key and its suffixes.
    pub const KEY_BYTES_MAX: usize = 4096;
    /// Largest value in bytes an engine must accept in either space.
    pub const VALUE_BYTES_MAX: usize = 8 * 1024 * 1024;

    /// A row of [`Space::Rows`].
    pub fn rows(key: impl Into<Bytes>) -> Self {
        Self {
            space: Space::Rows,
            key: key.into(),
        }
    }

    /// A row of [`Space::Bodies`].
    pub fn bodies(key: impl Into<Bytes>) -> Self {
        Self {
            space: Space::Bodies,
            key: key.into(),
        }
    }
}

/// What must hold at the moment a commit is applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expectation {
    /// No such row.
    Absent(Row),
    /// The row exists with exactly these bytes.
    Value(Row, Bytes),
}

/// One change of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// Insert or replace.
    Put(Row, Bytes),
    /// Remove; removing an absent row is no error.
    Delete(Row),
}

/// A conditional, atomic, durable change of one partition.
#[derive(Debug, Clone, Default)]
pub struct Commit {
    /// All must hold, or nothing is applied.
    pub expectations: Vec<Expectation>,
    /// Applied together, in order.
    pub writes: Vec<Write>,
}

impl Commit {
    /// Largest total of keys and values in bytes an engine must accept in one commit.
    pub const BYTES_MAX: usize = 32 * 1024 * 1024;

    /// Holds the commit to the limits of [`Row`]; every engine calls it first.
    ///
    /// # Errors
    /// [`StorageError::Full`], naming the limit.
    pub fn check_limits(&self) -> Result<(), StorageError> {
        let expected = self.expectations.iter().map(|expectation| match expectation {
            Expectation::Absent(row) | Expectation::Value(row, _) => (row, 0),
        });
        let written = self.writes.iter().map(|write| match write {
            Write::Put(row, value) => (row, value.len()),
            Write::Delete(row) => (row, 0),
        });
        let mut total: usize = 0;
        for (row, value_bytes) in expected.chain(written) {
            if row.key.is_empty() || row.key.len() > Row::KEY_BYTES_MAX {
                return Err(StorageError::Full(
                    "a row key that is empty or longer than Row::KEY_BYTES_MAX",
                ));
            }
            if value_bytes > Row::VALUE_BYTES_MAX {
                return Err(StorageError::Full("a row value larger than Row::VALUE_BYTES_MAX"));
            }
            total = total.saturating_add(row.key.len() + value_bytes);
        }
        if total > Self::BYTES_MAX {
            return Err(StorageError::Full("a commit larger than Commit::BYTES_MAX"));
        }
        Ok(())
    }
}

/// The keys a scan may visit.
#[derive(Debug, Clone)]
pub struct Range {
    /// Where it starts.
    pub start: Bound<Bytes>,
    /// Where it ends.
    pub end: Bound<Bytes>,
}

/// What a [`Visitor`] wants next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The next row.
    Next,
    /// The first row whose key is at or after this one (which lies after the key just visited); what
    /// lies between is not read. This is how a delimiter listing passes a common prefix.
    Seek(Bytes),
    /// No more rows.
    Stop,
}

/// Looks at the rows of a scan, in ascending order. `Any`, so that [`IndexExt::scan_with`] can give the
/// caller its own type back.
pub trait Visitor: Any + Send {
    /// Called once for each visited row.
    fn visit(&mut self, key: &[u8], value: &[u8]) -> Step;
}

/// An ordered byte map, divided into partitions.
#[async_trait::async_trait]
pub trait Index: Send + Sync + 'static {
    /// The row's value, if there is one. Sees every commit that returned before the call; never sees
    /// part of a commit, nor one that is not durable.
    async fn get(&self, partition: Partition, row: &Row) -> Result<Option<Bytes>, StorageError>;

    /// Visits the rows of `range` in [`Space::Rows`] in ascending key order over one consistent
    /// snapshot, and gives the visitor back. Costs by rows visited and seeks made, not by what the
    /// range holds.
    async fn scan(
        &self,
        partition: Partition,
        range: Range,
        visitor: Box<dyn Visitor>,
    ) -> Result<Box<dyn Visitor>, StorageError>;

    /// Applies the commit if every expectation holds. On return it is durable; from then on every read
    /// sees it. A commit that fails leaves nothing behind, also across a crash.
    async fn commit(&self, partition: Partition, commit: Commit) -> Result<(), CommitError>;

    /// Removes every row of a partition that is no longer used. Not atomic, may finish later; the
    /// caller never uses the partition's number again.
    async fn clear(&self, partition: Partition) -> Result<(), StorageError>;
}

/// What every [`Index`] can do by its own means.
pub trait IndexExt: Index {
    /// [`Index::scan`] with a visitor whose concrete type comes back.
    fn scan_with<V: Visitor>(
        &self,
        partition: Partition,
        range: Range,
        visitor: V,
    ) -> impl Future<Output = Result<V, StorageError>> + Send {
        async move {
            let visitor: Box<dyn Any> = self.scan(partition, range, Box::new(visitor)).await?;
            match visitor.downcast() {
                Ok(visitor) => Ok(*visitor),
                Err(_) => unreachable!("Index::scan gives back the visitor it was given"),
            }
        }
    }
}

impl<I: Index + ?Sized> IndexExt for I {}
