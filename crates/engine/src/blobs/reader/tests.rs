#![allow(clippy::unwrap_used)]

use cairn_storage::{Blobs, Partition};
use tempfile::TempDir;

use super::*;
use crate::disk::Simulated;
use crate::{Engine, Options};

const P: Partition = Partition(7);

fn engine(directory: &TempDir) -> Engine {
    let options = Options {
        // It has some of the bytes in memory and some not.
        disk: Arc::new(Simulated::new(0)),
        ..Options::default()
    };
    Engine::open(directory.path(), options).unwrap()
}

/// Bytes that say where they are.
fn body(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at / 4096 % 251) as u8).collect()
}

async fn upload(engine: &Engine, body: &[u8]) -> BlobId {
    let mut writer = engine.create(P, None).await.unwrap();
    writer.append(Bytes::copy_from_slice(body)).await.unwrap();
    writer.finish().await.unwrap()
}

fn reader(engine: &Engine, id: BlobId, range: Range<u64>) -> Reader {
    let row = engine.core.blob_row(id).unwrap().unwrap();
    let pin = engine.core.reclaim.pin(id.number);
    Reader::new(Arc::clone(&engine.core), id, row, range, pin)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_downloads_hold_no_more_than_the_limit_and_a_block_each() {
    const DOWNLOADS: usize = 600;
    let directory = TempDir::new().unwrap();
    let engine = engine(&directory);
    let body = body(1_000_000);
    let id = upload(&engine, &body).await;
    let mut downloads = Vec::new();
    for _ in 0..DOWNLOADS {
        let mut reader = engine.read(id, 0..body.len() as u64).await.unwrap();
        let bytes = reader.next().await.unwrap().unwrap();
        downloads.push((reader, bytes));
    }
    let buffers = &engine.core.read_buffers;
    assert!(buffers.crowded());
    let limit = Options::default().read_buffers_bytes as usize;
    let held = buffers.held();
    assert!(held <= limit + READ_BYTES + DOWNLOADS * BLOCK_BYTES, "{held}");
    assert_eq!(downloads[0].1.len(), READ_BYTES);
    assert_eq!(downloads[DOWNLOADS - 1].1.len(), BLOCK_BYTES);
    // Each still reads its own bytes, to the end.
    for (mut reader, first) in downloads {
        let mut all = first.to_vec();
        drop(first);
        while let Some(bytes) = reader.next().await.unwrap() {
            all.extend_from_slice(&bytes);
        }
        assert!(all == body);
    }
    assert_eq!(buffers.held(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_buffer_held_before_does_not_pass_for_a_blobs_bytes() {
    let directory = TempDir::new().unwrap();
    let engine = engine(&directory);
    let mut before = engine.core.read_buffers.take(100);
    before.as_mut().fill(b'x');
    let address = before.as_ref().as_ptr();
    drop(before);
    let mut again = engine.core.read_buffers.take(100);
    assert_eq!(again.as_mut(), [b'x'; 100], "a used buffer");
    assert_eq!(again.as_ref().as_ptr(), address);
    drop(again);
    // A row without extents, whose checksum is that of what the buffer has.
    let row = BlobRow {
        length: 100,
        extents: Vec::new(),
        checksums: vec![crc32c(&[b'x'; 100])],
    };
    let id = BlobId {
        partition: P,
        number: 1,
    };
    let source = Source::new(Arc::clone(&engine.core), id, row);
    let error = source.read(0..100).unwrap_err();
    assert!(matches!(error, StorageError::Corrupt(_)), "{error:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_is_whole_blocks_and_a_short_range_reads_no_more_than_its_own() {
    let directory = TempDir::new().unwrap();
    let engine = engine(&directory);
    let id = upload(&engine, &body(1_500_000)).await;
    let mut reader = reader(&engine, id, 70_000..1_120_000);
    let mut parts = Vec::new();
    while let Some(part) = reader.part() {
        let job = reader.source.job(part.clone());
        assert_eq!(job.from % BLOCK, 0);
        parts.push((part, job.buffer.as_ref().len()));
    }
    assert_eq!(
        parts,
        [
            (70_000..589_824, READ_BYTES),
            (589_824..1_114_112, READ_BYTES),
            (1_114_112..1_120_000, BLOCK_BYTES)
        ]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_disk_is_told_of_each_byte_once_and_of_none_beyond_the_range() {
    let directory = TempDir::new().unwrap();
    let engine = engine(&directory);
    let id = upload(&engine, &body(5_000_000)).await;
    let mut reader = reader(&engine, id, 0..4_500_000);
    let mut told = Vec::new();
    while reader.part().is_some() {
        let from = reader.left.start;
        let advice = reader.advice();
        if !advice.is_empty() {
            assert!(advice.start >= from && advice.end <= from + READ_AHEAD_BYTES);
            told.push(advice);
        }
    }
    assert!(told.len() > 1);
    assert_eq!(
        told[0].start, READ_BYTES as u64,
        "what is read now needs no telling"
    );
    assert!(told.windows(2).all(|two| two[0].end == two[1].start), "{told:?}");
    assert_eq!(told[told.len() - 1].end, 4_500_000);
}

#[tokio::test]
async fn a_download_from_memory_lets_others_have_their_turn() {
    let directory = TempDir::new().unwrap();
    let engine = Engine::open(directory.path(), Options::default()).unwrap();
    let length = 2 * READ_TURN_BYTES;
    let id = upload(&engine, &body(length)).await;
    let mut reader = reader(&engine, id, 0..length as u64);
    let other = tokio::spawn(async {});
    let mut position = 0;
    while position < length - READ_BYTES {
        position += reader.next().await.unwrap().unwrap().len();
    }
    assert!(other.is_finished());
}
