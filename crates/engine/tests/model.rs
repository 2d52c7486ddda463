//! Random uploads, deletes, reads, abandoned uploads, crashes and orderly restarts against a plain map, with
//! segments so small that they fill, seal and go all the time; and blobs larger than one row of checksums.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use bytes::Bytes;
use cairn_engine::disk::Simulated;
use cairn_engine::{Engine, Options};
use cairn_storage::Blobs;
use cairn_storage::testing::Random;
use common::{P, eventually, read, upload};
use proptest::prelude::*;
use tempfile::TempDir;

#[derive(Debug, Clone)]
enum Op {
    /// Bytes, and whether the size is told before.
    Upload(u32, bool),
    Abandon(u32),
    Delete(prop::sample::Index),
    Read(prop::sample::Index, prop::sample::Index, prop::sample::Index),
    Close,
    Crash,
}

fn op() -> impl Strategy<Value = Op> {
    let size = prop_oneof![0u32..10_000, 60_000u32..140_000, 900_000u32..2_500_000];
    prop_oneof![
        5 => (size.clone(), any::<bool>()).prop_map(|(size, told)| Op::Upload(size, told)),
        1 => size.prop_map(Op::Abandon),
        3 => any::<prop::sample::Index>().prop_map(Op::Delete),
        3 => any::<(prop::sample::Index, prop::sample::Index, prop::sample::Index)>()
            .prop_map(|(blob, start, end)| Op::Read(blob, start, end)),
        1 => Just(Op::Close),
        1 => Just(Op::Crash),
    ]
}

async fn run(ops: Vec<Op>) {
    let directory = TempDir::new().unwrap();
    let disk = Simulated::new(0);
    let mut options = Options::default();
    options.segment_bytes = Options::SEGMENT_BYTES_MIN;
    options.preallocate_bytes = 200_000;
    options.disk = Arc::new(disk.clone());
    let open = || Engine::open(directory.path(), options.clone()).unwrap();
    let mut engine = open();
    let mut model: BTreeMap<u64, (cairn_storage::BlobId, Bytes)> = BTreeMap::new();
    for (n, op) in ops.into_iter().enumerate() {
        let any = |index: prop::sample::Index, model: &BTreeMap<u64, (_, Bytes)>| {
            let keys: Vec<_> = model.keys().copied().collect();
            (!keys.is_empty()).then(|| *index.get(&keys))
        };
        match op {
            Op::Upload(size, told) => {
                let body = Random(n as u64).bytes(size as usize);
                let id = if told {
                    upload(&engine, &body).await.unwrap()
                } else {
                    let mut writer = engine.create(P, None).await.unwrap();
                    writer.append(body.clone()).await.unwrap();
                    writer.finish().await.unwrap()
                };
                model.insert(id.number, (id, body));
            }
            Op::Abandon(size) => {
                let mut writer = engine.create(P, None).await.unwrap();
                writer
                    .append(Random(n as u64).bytes(size as usize))
                    .await
                    .unwrap();
            }
            Op::Delete(index) => {
                if let Some((id, _)) = any(index, &model).and_then(|number| model.remove(&number)) {
                    engine.delete(id).await.unwrap();
                }
            }
            Op::Read(blob, start, end) => {
                if let Some((id, body)) = any(blob, &model).map(|number| &model[&number]) {
                    let start = start.index(body.len() + 1);
                    let end = start + end.index(body.len() - start + 1);
                    let found = read(&engine, *id, start as u64..end as u64).await.unwrap();
                    assert!(found == body[start..end]);
                }
            }
            Op::Close => {
                engine.close().await.unwrap();
                drop(engine);
                engine = open();
            }
            Op::Crash => {
                drop(engine);
                disk.crash();
                engine = open();
            }
        }
        let ids: Vec<_> = model.values().map(|(id, _)| *id).collect();
        assert_eq!(engine.ids(None, 1000).await.unwrap(), ids);
    }
    for (id, body) in model.values() {
        assert!(read(&engine, *id, 0..body.len() as u64).await.unwrap() == *body);
    }
    // Everything else is given back, now or after a restart.
    engine.close().await.unwrap();
    drop(engine);
    engine = open();
    let stats = engine.stats();
    let live: i64 = model.values().map(|(_, body)| body.len() as i64).sum();
    eventually("what lives is counted", || stats.live_bytes.load(Relaxed) == live).await;
    let held = model
        .values()
        .map(|(_, body)| body.len().next_multiple_of(4096) + 65_536)
        .sum::<usize>() as u64;
    let segments = || stats.segments.load(Relaxed) as u64;
    eventually("space is given back", || disk.space() <= held + segments() * 8192).await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 60, ..ProptestConfig::default() })]

    #[test]
    fn random_work_matches_a_model(ops in prop::collection::vec(op(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(run(ops));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_blob_of_several_parts_reads_back_and_outlives_its_delete() {
    let directory = TempDir::new().unwrap();
    let mut options = Options::default();
    options.segment_bytes = 48 * 1024 * 1024;
    let engine = Engine::open(directory.path(), options).unwrap();
    // A part is 64 MiB.
    let piece = Random(1).bytes(5_000_000);
    let (pieces, length) = (28u64, 28 * 5_000_000u64);
    let mut writer = engine.create(P, Some(length)).await.unwrap();
    for _ in 0..pieces {
        writer.append(piece.clone()).await.unwrap();
    }
    let id = writer.finish().await.unwrap();
    let border = 64 * 1024 * 1024u64;
    let found = read(&engine, id, border - 10..border + 10).await.unwrap();
    let expected: Vec<u8> = (border - 10..border + 10)
        .map(|at| piece[(at % 5_000_000) as usize])
        .collect();
    assert_eq!(found, expected);
    let mut reader = engine.read(id, 0..length).await.unwrap();
    engine.delete(id).await.unwrap();
    let mut position = 0;
    while let Some(bytes) = reader.next().await.unwrap() {
        for part in bytes.chunks(1000) {
            let start = position % piece.len();
            let first = part.len().min(piece.len() - start);
            assert!(part[..first] == piece[start..start + first]);
            assert!(part[first..] == piece[..part.len() - first]);
            position += part.len();
        }
    }
    assert_eq!(position as u64, length);
    drop(reader);
    let stats = engine.stats();
    eventually("the space is given back", || stats.dead_bytes.load(Relaxed) == 0).await;
}
