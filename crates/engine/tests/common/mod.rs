//! What the engine's tests share.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use cairn_engine::disk::Simulated;
use cairn_engine::{Engine, Options};
use cairn_storage::{BlobId, Blobs, Partition, StorageError};

pub const P: Partition = Partition(1);

/// Small segments on the simulated disk.
pub fn simulated(disk: &Simulated) -> Options {
    let mut options = Options::default();
    options.segment_bytes = 4 * 1024 * 1024;
    options.preallocate_bytes = 1024 * 1024;
    options.disk = Arc::new(disk.clone());
    options
}

pub fn open(directory: &Path, disk: &Simulated) -> Engine {
    Engine::open(directory, simulated(disk)).unwrap()
}

pub async fn upload(engine: &Engine, body: &Bytes) -> Result<BlobId, StorageError> {
    let mut writer = engine.create(P, Some(body.len() as u64)).await?;
    let mut rest = body.clone();
    while !rest.is_empty() {
        writer.append(rest.split_to(rest.len().min(100_000))).await?;
    }
    writer.finish().await
}

pub async fn read(engine: &Engine, id: BlobId, range: Range<u64>) -> Result<Bytes, StorageError> {
    let mut reader = engine.read(id, range).await?;
    let mut body = Vec::new();
    while let Some(bytes) = reader.next().await? {
        body.extend_from_slice(&bytes);
    }
    Ok(body.into())
}

/// Waits for the background to get somewhere.
pub async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(10), "never: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
