//! The in-memory engine: both traits over ordered maps, nothing on disk.
//!
//! It is what `--in-memory` serves from, and the plain model the embedded engine is compared with, so it
//! is kept obvious rather than fast. One lock guards all rows: a commit checks and applies under the
//! write lock, a scan runs its (synchronous) visitor under the read lock and so sees one snapshot. A
//! blob is a list of the byte strings that were appended, shared with its readers by `Arc`: deleting it
//! from the map takes nothing from a reader.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use parking_lot::RwLock;

use crate::{
    BlobId, BlobReader, BlobWriter, Blobs, Commit, CommitError, Expectation, Index, Partition, Range, Row,
    Space, Step, StorageError, Visitor, Write,
};

type Rows = BTreeMap<Bytes, Bytes>;

/// Both traits over ordered maps. Everything is lost when it is dropped.
#[derive(Debug, Default)]
pub struct Memory {
    rows: RwLock<BTreeMap<(Partition, Space), Rows>>,
    blobs: Arc<RwLock<BTreeMap<u64, Blob>>>,
    /// The last blob number given out.
    last: AtomicU64,
}

#[derive(Debug, Clone)]
struct Blob {
    partition: Partition,
    body: Arc<Body>,
}

/// The appended pieces, none of them empty, each with the offset of the byte after it.
#[derive(Debug, Default)]
struct Body {
    pieces: Vec<(u64, Bytes)>,
}

impl Body {
    fn len(&self) -> u64 {
        self.pieces.last().map_or(0, |(end, _)| *end)
    }
}

impl Memory {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

#[async_trait::async_trait]
impl Index for Memory {
    async fn get(&self, partition: Partition, row: &Row) -> Result<Option<Bytes>, StorageError> {
        Ok(self
            .rows
            .read()
            .get(&(partition, row.space))
            .and_then(|rows| rows.get(&row.key).cloned()))
    }

    async fn scan(
        &self,
        partition: Partition,
        range: Range,
        mut visitor: Box<dyn Visitor>,
    ) -> Result<Box<dyn Visitor>, StorageError> {
        let tables = self.rows.read();
        let Some(rows) = tables.get(&(partition, Space::Rows)) else {
            return Ok(visitor);
        };
        let mut start = range.start;
        'seek: while !range_is_empty(&start, &range.end) {
            for (key, value) in rows.range::<Bytes, _>((start.as_ref(), range.end.as_ref())) {
                match visitor.visit(key, value) {
                    Step::Next => {}
                    // A target that does not lie ahead would visit rows again: go on with the next row.
                    Step::Seek(to) if to <= *key => {}
                    Step::Seek(to) => {
                        start = Bound::Included(to);
                        continue 'seek;
                    }
                    Step::Stop => break 'seek,
                }
            }
            break;
        }
        Ok(visitor)
    }

    async fn commit(&self, partition: Partition, commit: Commit) -> Result<(), CommitError> {
        commit.check_limits()?;
        let mut tables = self.rows.write();
        for expectation in &commit.expectations {
            let (row, expected) = match expectation {
                Expectation::Absent(row) => (row, None),
                Expectation::Value(row, value) => (row, Some(value)),
            };
            let found = tables
                .get(&(partition, row.space))
                .and_then(|rows| rows.get(&row.key));
            if found != expected {
                return Err(CommitError::Conflict(row.clone()));
            }
        }
        for write in commit.writes {
            match write {
                Write::Put(row, value) => {
                    tables
                        .entry((partition, row.space))
                        .or_default()
                        .insert(row.key, value);
                }
                Write::Delete(row) => {
                    if let Some(rows) = tables.get_mut(&(partition, row.space)) {
                        rows.remove(&row.key);
                    }
                }
            }
        }
        Ok(())
    }

    async fn clear(&self, partition: Partition) -> Result<(), StorageError> {
        let mut tables = self.rows.write();
        tables.remove(&(partition, Space::Rows));
        tables.remove(&(partition, Space::Bodies));
        Ok(())
    }
}

/// Whether no key can lie in the range; `BTreeMap::range` panics on some of these.
fn range_is_empty(start: &Bound<Bytes>, end: &Bound<Bytes>) -> bool {
    match (start, end) {
        (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
        (Bound::Included(start), Bound::Included(end)) => start > end,
        (Bound::Included(start) | Bound::Excluded(start), Bound::Included(end) | Bound::Excluded(end)) => {
            start >= end
        }
    }
}

#[async_trait::async_trait]
impl Blobs for Memory {
    async fn create(
        &self,
        partition: Partition,
        _size_hint: Option<u64>,
    ) -> Result<Box<dyn BlobWriter>, StorageError> {
        let number = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let id = BlobId { partition, number };
        Ok(Box::new(Writer {
            id,
            body: Body::default(),
            blobs: Arc::clone(&self.blobs),
        }))
    }

    async fn read(
        &self,
        id: BlobId,
        range: std::ops::Range<u64>,
    ) -> Result<Box<dyn BlobReader>, StorageError> {
        let body = match self.blobs.read().get(&id.number) {
            Some(blob) if blob.partition == id.partition => Arc::clone(&blob.body),
            _ => return Err(StorageError::NoSuchBlob(id)),
        };
        if range.start > range.end || range.end > body.len() {
            return Err(StorageError::range_past_end(id, &range, body.len()));
        }
        let piece = body.pieces.partition_point(|(end, _)| *end <= range.start);
        Ok(Box::new(Reader { body, piece, range }))
    }

    async fn delete(&self, id: BlobId) -> Result<(), StorageError> {
        let mut blobs = self.blobs.write();
        if blobs
            .get(&id.number)
            .is_some_and(|blob| blob.partition == id.partition)
        {
            blobs.remove(&id.number);
        }
        Ok(())
    }

    async fn ids(&self, after: Option<BlobId>, limit: usize) -> Result<Vec<BlobId>, StorageError> {
        let start = after.map_or(Bound::Unbounded, |id| Bound::Excluded(id.number));
        let blobs = self.blobs.read();
        let ids = blobs.range((start, Bound::Unbounded)).take(limit);
        Ok(ids
            .map(|(&number, blob)| BlobId {
                partition: blob.partition,
                number,
            })
            .collect())
    }
}

struct Writer {
    id: BlobId,
    body: Body,
    blobs: Arc<RwLock<BTreeMap<u64, Blob>>>,
}

#[async_trait::async_trait]
impl BlobWriter for Writer {
    fn id(&self) -> BlobId {
        self.id
    }

    async fn append(&mut self, data: Bytes) -> Result<(), StorageError> {
        if !data.is_empty() {
            self.body.pieces.push((self.body.len() + data.len() as u64, data));
        }
        Ok(())
    }

    async fn finish(self: Box<Self>) -> Result<BlobId, StorageError> {
        let blob = Blob {
            partition: self.id.partition,
            body: Arc::new(self.body),
        };
        self.blobs.write().insert(self.id.number, blob);
        Ok(self.id)
    }
}

struct Reader {
    body: Arc<Body>,
    /// The piece that holds the first byte of `range`, which shrinks from its front.
    piece: usize,
    range: std::ops::Range<u64>,
}

#[async_trait::async_trait]
impl BlobReader for Reader {
    async fn next(&mut self) -> Result<Option<Bytes>, StorageError> {
        if self.range.is_empty() {
            return Ok(None);
        }
        let Some((end, piece)) = self.body.pieces.get(self.piece) else {
            return Ok(None);
        };
        // Offsets inside a piece fit usize: the piece is in memory.
        let from = piece.len() - (end - self.range.start) as usize;
        let to = piece.len() - end.saturating_sub(self.range.end) as usize;
        self.piece += 1;
        self.range.start = (*end).min(self.range.end);
        Ok(Some(piece.slice(from..to)))
    }
}
