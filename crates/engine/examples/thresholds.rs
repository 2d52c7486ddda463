//! Measures where small bodies should stop lying in the index, the block size, and the time to start.
//!
//! `cargo run --release -p cairn-engine --example thresholds -- DIRECTORY [put|blocks|start]`
//!
//! `put`: a durable PUT of each size as a body row (one commit) and as a segment blob (data sync, then a
//! commit), with 1 and 32 writers: PUTs a second, median and 99th percentile, bytes written to the disk for
//! each byte stored (from /proc/self/io, until the engine is closed). `blocks`: checksumming blocks of
//! several sizes. `start`: time to open a directory with a million rows and 100,000 blobs.
//! The figures of the day are in docs/on-disk.md.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use bytes::Bytes;
use cairn_engine::{Engine, Options};
use cairn_storage::{Blobs, Commit, Index, Partition, Row, Write};

const P: Partition = Partition(1);
const RUN: Duration = Duration::from_millis(1500);
const RUN_BYTES_MAX: u64 = 512 * 1024 * 1024;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let directory = arguments.next().unwrap();
    let what = arguments.next();
    let wanted = |name: &str| what.as_deref().is_none_or(|what| what == name);
    if wanted("put") {
        put(Path::new(&directory)).await;
    }
    if wanted("blocks") {
        blocks();
    }
    if wanted("start") {
        start(Path::new(&directory)).await;
    }
}

async fn put(directory: &Path) {
    println!("size writers kind    PUT/s      MB/s   p50 ms   p99 ms  written/stored");
    for kib in [1, 4, 8, 16, 32, 64, 128, 256, 1024] {
        for writers in [1, 32] {
            for blob in [false, true] {
                put_one(directory, kib * 1024, writers, blob).await;
            }
        }
    }
}

/// A record as objects would keep it beside the body.
fn record(number: u64) -> Write {
    Write::Put(Row::rows(format!("object/{number:012}")), vec![b'r'; 300].into())
}

async fn put_one(directory: &Path, size: usize, writers: usize, blob: bool) {
    let directory = directory.join("put");
    let _ = std::fs::remove_dir_all(&directory);
    let engine = Engine::open(&directory, Options::default()).unwrap();
    let body: Bytes = noise(size);
    let (next, start, before) = (Arc::new(AtomicU64::new(0)), Instant::now(), disk_bytes());
    let mut tasks = Vec::new();
    for _ in 0..writers {
        let (engine, body, next) = (engine.clone(), body.clone(), Arc::clone(&next));
        tasks.push(tokio::spawn(async move {
            let mut times = Vec::new();
            while start.elapsed() < RUN && next.load(Relaxed) * (size as u64) < RUN_BYTES_MAX {
                let number = next.fetch_add(1, Relaxed);
                let begin = Instant::now();
                let mut writes = vec![record(number)];
                if blob {
                    let mut writer = engine.create(P, Some(body.len() as u64)).await.unwrap();
                    writer.append(body.clone()).await.unwrap();
                    writer.finish().await.unwrap();
                } else {
                    writes.push(Write::Put(Row::bodies(format!("{number:012}")), body.clone()));
                }
                engine
                    .commit(
                        P,
                        Commit {
                            expectations: vec![],
                            writes,
                        },
                    )
                    .await
                    .unwrap();
                times.push(begin.elapsed());
            }
            times
        }));
    }
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await.unwrap());
    }
    let seconds = start.elapsed().as_secs_f64();
    times.sort_unstable();
    let count = times.len();
    engine.close().await.unwrap();
    drop(engine);
    let written = (disk_bytes() - before) as f64 / (count * size) as f64;
    let millis = |part: usize| times[(count * part / 1000).min(count - 1)].as_secs_f64() * 1000.0;
    println!(
        "{:>4} {writers:>7} {:<7} {:>6.0} {:>9.1} {:>8.2} {:>8.2} {written:>15.2}",
        size / 1024,
        if blob { "segment" } else { "index" },
        count as f64 / seconds,
        (count * size) as f64 / seconds / 1e6,
        millis(500),
        millis(990),
    );
}

fn noise(size: usize) -> Bytes {
    let mut state = 1u64;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    (0..size).map(|_| next()).collect()
}

/// Bytes this process had written to storage.
fn disk_bytes() -> u64 {
    let io = std::fs::read_to_string("/proc/self/io").unwrap();
    let line = io
        .lines()
        .find_map(|line| line.strip_prefix("write_bytes: "))
        .unwrap();
    line.parse().unwrap()
}

fn blocks() {
    let data = noise(64 * 1024 * 1024);
    println!("block KiB  GB/s of CRC-32C");
    for kib in [4, 16, 64, 256] {
        let begin = Instant::now();
        let mut sum = 0;
        for block in data.chunks(kib * 1024) {
            sum ^= crc_fast::checksum(crc_fast::CrcAlgorithm::Crc32Iscsi, block);
        }
        println!(
            "{kib:>9} {:>6.1}   ({sum:x})",
            data.len() as f64 / begin.elapsed().as_secs_f64() / 1e9
        );
    }
}

async fn start(directory: &Path) {
    let directory = directory.join("start");
    let _ = std::fs::remove_dir_all(&directory);
    let engine = Engine::open(&directory, Options::default()).unwrap();
    let mut tasks = Vec::new();
    for task in 0..100u64 {
        let engine = engine.clone();
        tasks.push(tokio::spawn(async move {
            for batch in 0..100u64 {
                let first = (task * 100 + batch) * 100;
                let writes = (first..first + 100).map(record).collect();
                engine
                    .commit(
                        P,
                        Commit {
                            expectations: vec![],
                            writes,
                        },
                    )
                    .await
                    .unwrap();
            }
            for _ in 0..1000 {
                let mut writer = engine.create(P, Some(100)).await.unwrap();
                writer.append(Bytes::from_static(&[7; 100])).await.unwrap();
                writer.finish().await.unwrap();
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    // Not closed: as after a kill, with what is in the journals replayed.
    drop(engine);
    for _ in 0..3 {
        let begin = Instant::now();
        let engine = Engine::open(&directory, Options::default()).unwrap();
        let opened = begin.elapsed();
        engine
            .get(P, &Row::rows("object/000000500000"))
            .await
            .unwrap()
            .unwrap();
        println!(
            "open {:.3} s, first read {:.3} s",
            opened.as_secs_f64(),
            begin.elapsed().as_secs_f64()
        );
    }
}
