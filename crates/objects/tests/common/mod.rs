//! What the tests share: a store over either engine, a clock that moves, and short forms of the calls.
#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use cairn_engine::{Engine, Options};
use cairn_objects::*;
use cairn_storage::{
    BlobId, BlobReader, BlobWriter, Blobs, Commit, CommitError, Index, Memory, Partition, Range, Row,
    StorageError, Visitor,
};
use cairn_types::checksum::{Hasher, Md5Hasher};
use cairn_types::*;

/// Moves by a millisecond each time it is read.
pub struct Ticking(AtomicU64);

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.fetch_add(1000, Ordering::Relaxed))
    }
}

impl Ticking {
    pub fn new() -> Arc<Self> {
        Arc::new(Self(AtomicU64::new(1_700_000_000_000_000)))
    }

    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(by.as_micros() as u64, Ordering::Relaxed);
    }
}

/// Small, so that tests reach them.
pub fn limits() -> Limits {
    Limits {
        inline_bytes_max: 1024,
        part_bytes_min: 100,
        sweep_pause: Duration::ZERO,
        sweep_batch: 3,
        deletes_concurrent: 4,
        attempts_max: 64,
        ..Limits::default()
    }
}

/// An engine whose every call may wait a little, before and after.
pub struct Racing(pub Arc<Memory>);

async fn dawdle() {
    for _ in 0..cairn_types::random::bytes::<1>()[0] % 8 {
        tokio::task::yield_now().await;
    }
}

#[async_trait::async_trait]
impl Index for Racing {
    async fn get(&self, partition: Partition, row: &Row) -> Result<Option<Bytes>, StorageError> {
        dawdle().await;
        let found = self.0.get(partition, row).await;
        dawdle().await;
        found
    }

    async fn scan(
        &self,
        partition: Partition,
        range: Range,
        visitor: Box<dyn Visitor>,
    ) -> Result<Box<dyn Visitor>, StorageError> {
        dawdle().await;
        let visitor = self.0.scan(partition, range, visitor).await;
        dawdle().await;
        visitor
    }

    async fn commit(&self, partition: Partition, commit: Commit) -> Result<(), CommitError> {
        dawdle().await;
        let done = self.0.commit(partition, commit).await;
        dawdle().await;
        done
    }

    async fn clear(&self, partition: Partition) -> Result<(), StorageError> {
        dawdle().await;
        self.0.clear(partition).await
    }
}

#[async_trait::async_trait]
impl Blobs for Racing {
    async fn create(
        &self,
        partition: Partition,
        size_hint: Option<u64>,
    ) -> Result<Box<dyn BlobWriter>, StorageError> {
        dawdle().await;
        self.0.create(partition, size_hint).await
    }

    async fn read(
        &self,
        id: BlobId,
        range: std::ops::Range<u64>,
    ) -> Result<Box<dyn BlobReader>, StorageError> {
        dawdle().await;
        self.0.read(id, range).await
    }

    async fn delete(&self, id: BlobId) -> Result<(), StorageError> {
        dawdle().await;
        self.0.delete(id).await
    }

    async fn ids(&self, after: Option<BlobId>, limit: usize) -> Result<Vec<BlobId>, StorageError> {
        self.0.ids(after, limit).await
    }
}

/// Where a store keeps its data.
pub enum Place {
    Memory(Arc<Memory>),
    /// In memory, where every call of the engine lets others go first: what lies between two calls is
    /// where races are lost.
    Racing(Arc<Memory>),
    Disk(tempfile::TempDir),
}

/// A store, and the engine below it.
pub struct World {
    pub place: Place,
    pub clock: Arc<Ticking>,
    pub objects: Objects,
    pub blobs: Arc<dyn Blobs>,
    engine: Option<Engine>,
}

impl World {
    pub async fn memory() -> Self {
        Self::at(Place::Memory(Arc::new(Memory::new())), Ticking::new()).await
    }

    pub async fn racing() -> Self {
        Self::at(Place::Racing(Arc::new(Memory::new())), Ticking::new()).await
    }

    pub async fn disk() -> Self {
        Self::at(Place::Disk(tempfile::tempdir().unwrap()), Ticking::new()).await
    }

    async fn at(place: Place, clock: Arc<Ticking>) -> Self {
        let (index, blobs, engine): (Arc<dyn Index>, Arc<dyn Blobs>, _) = match &place {
            Place::Memory(memory) => (memory.clone(), memory.clone(), None),
            Place::Racing(memory) => {
                let racing = Arc::new(Racing(memory.clone()));
                (racing.clone(), racing, None)
            }
            Place::Disk(directory) => {
                let engine = Engine::open(directory.path(), Options::default()).unwrap();
                (Arc::new(engine.clone()), Arc::new(engine.clone()), Some(engine))
            }
        };
        let objects = Objects::open(index, blobs.clone(), clock.clone(), limits())
            .await
            .unwrap();
        Self {
            place,
            clock,
            objects,
            blobs,
            engine,
        }
    }

    /// Closes the store and opens it again; in memory only the store, not the engine.
    pub async fn reopen(self) -> Self {
        self.objects.settle().await;
        let Self {
            place,
            clock,
            objects,
            blobs,
            engine,
        } = self;
        drop((objects, blobs));
        if let Some(engine) = engine {
            engine.close().await.unwrap();
        }
        Self::at(place, clock).await
    }

    /// The blobs there are, after all that is under way and a sweep.
    pub async fn swept_blobs(&self) -> BTreeSet<BlobId> {
        self.objects.settle().await;
        self.objects.sweep().await.unwrap();
        self.objects.settle().await;
        all_blobs(&*self.blobs).await
    }
}

pub async fn all_blobs(blobs: &dyn Blobs) -> BTreeSet<BlobId> {
    blobs.ids(None, usize::MAX).await.unwrap().into_iter().collect()
}

pub fn owner() -> Owner {
    Owner {
        account: AccountId::parse("123456789012").unwrap(),
        canonical: CanonicalUserId::parse(&"a".repeat(64)).unwrap(),
    }
}

pub fn bucket_name(name: &str) -> BucketName {
    BucketName::parse(name).unwrap()
}

pub fn new_bucket(name: &str) -> NewBucket {
    NewBucket {
        name: bucket_name(name),
        owner: owner(),
        region: RegionName::parse("us-east-1").unwrap(),
        location: None,
        tags: None,
        documents: Default::default(),
    }
}

pub fn new_upload() -> NewUpload {
    NewUpload {
        metadata: Metadata::default(),
        checksum: None,
        initiator: owner(),
    }
}

pub fn key(text: &str) -> ObjectKey {
    ObjectKey::new(text).unwrap()
}

/// Bytes that differ by seed.
pub fn body(seed: u64, size: usize) -> Bytes {
    let mut random = cairn_storage::testing::Random(seed);
    random.bytes(size)
}

pub fn md5(data: &[u8]) -> [u8; 16] {
    let mut hasher = Md5Hasher::default();
    hasher.update(data);
    hasher.finish()
}

pub fn digest(algorithm: ChecksumAlgorithm, data: &[u8]) -> ChecksumValue {
    let mut hasher = Hasher::new(algorithm);
    hasher.update(data);
    hasher.finish()
}

pub async fn stage(mut writer: BodyWriter, data: &Bytes, piece: usize) -> Result<StagedBody, Error> {
    let mut rest = data.clone();
    while !rest.is_empty() {
        writer.write(rest.split_to(piece.min(rest.len()))).await?;
    }
    writer.finish(Expected::default()).await
}

pub async fn put(objects: &Objects, bucket: &Bucket, name: &str, data: &Bytes) -> Result<Stored, Error> {
    put_if(objects, bucket, name, data, WritePrecondition::None).await
}

pub async fn put_if(
    objects: &Objects,
    bucket: &Bucket,
    name: &str,
    data: &Bytes,
    precondition: WritePrecondition,
) -> Result<Stored, Error> {
    let writer = objects.begin_put(bucket, BodySpec::default()).await?;
    let staged = stage(writer, data, 700).await?;
    let put = PutObject {
        precondition,
        ..PutObject::default()
    };
    objects.put_object(bucket, &key(name), staged, put).await
}

pub async fn put_part(
    objects: &Objects,
    bucket: &Bucket,
    upload: &Upload,
    number: u64,
    data: &Bytes,
) -> Result<StoredPart, Error> {
    let spec = BodySpec {
        size: Some(data.len() as u64),
        checksum: upload.checksum.map(|checksum| checksum.algorithm),
    };
    let writer = objects.begin_part(bucket, upload, spec).await?;
    let staged = stage(writer, data, 900).await?;
    objects
        .put_part(bucket, upload, PartNumber::new(number).unwrap(), staged)
        .await
}

pub fn listed(part: &StoredPart) -> CompletePart {
    CompletePart {
        number: part.number,
        etag: part.etag.quoted(),
        checksum: Some(part.checksum.clone()),
    }
}

pub fn complete(parts: &[StoredPart]) -> CompleteUpload {
    CompleteUpload {
        parts: parts.iter().map(listed).collect(),
        ..CompleteUpload::default()
    }
}

pub async fn drain(mut reader: ObjectReader) -> Result<Vec<u8>, Error> {
    let mut all = Vec::new();
    while let Some(bytes) = reader.next().await? {
        assert!(!bytes.is_empty(), "an empty piece is no piece");
        all.extend_from_slice(&bytes);
    }
    Ok(all)
}

pub async fn get(objects: &Objects, bucket: &Bucket, name: &str) -> Result<Vec<u8>, Error> {
    for _ in 0..50 {
        let found = match objects.find(bucket, &key(name), None).await? {
            Found::Object(found) => found,
            Found::DeleteMarker(_) => return Err(Error::NoSuchKey),
        };
        match objects.read(&found, None).await {
            Err(Error::Gone) => {}
            reader => return drain(reader?).await,
        }
    }
    panic!("always gone");
}

/// Runs so many at once, each a task of its own.
pub async fn race<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    count: usize,
    make: impl Fn(usize) -> F,
) -> Vec<T> {
    let tasks: Vec<_> = (0..count).map(|n| tokio::spawn(make(n))).collect();
    let results = futures_util::future::join_all(tasks).await;
    results.into_iter().map(Result::unwrap).collect()
}
