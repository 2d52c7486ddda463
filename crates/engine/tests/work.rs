//! How much work is done: counts, not times. Syncs are shared, space comes back, damage is found.
#![allow(clippy::unwrap_used)]

mod common;

use cairn_engine::disk::Simulated;
use cairn_engine::{Engine, Options, ScrubEvent};
use cairn_storage::testing::Random;
use cairn_storage::{Blobs, Commit, Index, Row, StorageError, Write};
use common::{P, eventually, open, read, upload};
use futures_util::future::join_all;
use std::sync::atomic::Ordering::Relaxed;
use tempfile::TempDir;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_commits_share_syncs() {
    let directory = TempDir::new().unwrap();
    let engine = Engine::open(directory.path(), Options::default()).unwrap();
    let stats = engine.stats();
    let put = |n: u32| Commit {
        expectations: vec![],
        writes: vec![Write::Put(Row::rows(format!("{n}")), "v".into())],
    };
    for n in 0..10 {
        engine.commit(P, put(n)).await.unwrap();
    }
    assert_eq!(
        stats.syncs.load(Relaxed),
        10,
        "alone, each commit has its own sync"
    );
    // 64 at a time: while one batch syncs, all others gather in the next.
    join_all((0..64).map(async |task| {
        for n in 0..10 {
            engine.commit(P, put(task * 10 + n)).await.unwrap();
        }
    }))
    .await;
    let (commits, syncs) = (stats.commits.load(Relaxed), stats.syncs.load(Relaxed));
    assert_eq!(commits, 650);
    assert!(syncs < 10 + 640 / 4, "{syncs} syncs for {commits} commits");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_uploads_share_data_syncs() {
    let directory = TempDir::new().unwrap();
    let engine = Engine::open(directory.path(), Options::default()).unwrap();
    let stats = engine.stats();
    let body = Random(1).bytes(100_000);
    join_all((0..64).map(async |_| {
        for _ in 0..4 {
            upload(&engine, &body).await.unwrap();
        }
    }))
    .await;
    let data_syncs = stats.data_syncs.load(Relaxed);
    assert!(data_syncs < 256 / 2, "{data_syncs} data syncs for 256 uploads");
    assert_eq!(stats.blob_bytes_written.load(Relaxed), 256 * 100_000);
    eventually("live bytes are counted", || {
        stats.live_bytes.load(Relaxed) == 256 * 100_000
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deletes_give_space_back_and_empty_segments_go() {
    let directory = TempDir::new().unwrap();
    let disk = Simulated::new(0);
    let engine = open(directory.path(), &disk);
    let stats = engine.stats();
    let body = Random(1).bytes(1_000_000);
    let mut ids = Vec::new();
    for _ in 0..20 {
        ids.push(upload(&engine, &body).await.unwrap());
    }
    let full = disk.space();
    assert!(full >= 20_000_000);
    let segments = stats.segments.load(Relaxed);
    assert!(segments >= 5);
    for id in ids.iter().skip(1).step_by(2) {
        engine.delete(*id).await.unwrap();
    }
    eventually("holes are punched", || disk.space() < full - 9_500_000).await;
    for id in ids.iter().step_by(2) {
        assert!(read(&engine, *id, 0..1_000_000).await.unwrap() == body);
        engine.delete(*id).await.unwrap();
    }
    // The segment being appended to stays.
    eventually("segments are removed", || stats.segments.load(Relaxed) == 1).await;
    eventually("all is given back", || disk.space() < 1_500_000).await;
    eventually("nothing is dead", || stats.dead_bytes.load(Relaxed) == 0).await;
    assert_eq!(stats.live_bytes.load(Relaxed), 0);
    engine.close().await.unwrap();
    drop(engine);
    let engine = open(directory.path(), &disk);
    eventually("the last is removed", || disk.space() == 0).await;
    drop(engine);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_hosts_disk_gives_space_back() {
    use std::os::unix::fs::MetadataExt;
    let directory = TempDir::new().unwrap();
    let mut options = Options::default();
    options.preallocate_bytes = 1024 * 1024;
    let engine = Engine::open(directory.path(), options).unwrap();
    let segments = directory.path().join("segments");
    let used = || {
        let files = std::fs::read_dir(&segments).unwrap();
        files
            .map(|file| file.unwrap().metadata().unwrap().blocks() * 512)
            .sum::<u64>()
    };
    let body = Random(1).bytes(2_000_000);
    let mut ids = Vec::new();
    for _ in 0..10 {
        ids.push(upload(&engine, &body).await.unwrap());
    }
    let full = used();
    assert!(full >= 20_000_000, "{full}");
    for id in ids.split_off(2) {
        engine.delete(id).await.unwrap();
    }
    // File systems without holes keep the space; those CI runs on have them.
    eventually("holes are punched", || used() < full - 14_000_000).await;
    for id in ids {
        assert!(read(&engine, id, 0..2_000_000).await.unwrap() == body);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abandoned_uploads_give_space_back() {
    let directory = TempDir::new().unwrap();
    let disk = Simulated::new(0);
    let engine = open(directory.path(), &disk);
    let kept = upload(&engine, &Random(1).bytes(10_000)).await.unwrap();
    for _ in 0..10 {
        let mut writer = engine.create(P, None).await.unwrap();
        writer.append(Random(2).bytes(2_500_000)).await.unwrap();
        drop(writer);
    }
    eventually("space comes back", || disk.space() < 5_000_000).await;
    engine.close().await.unwrap();
    drop(engine);
    let engine = open(directory.path(), &disk);
    eventually("nothing but the blob is left", || disk.space() < 30_000).await;
    assert_eq!(engine.ids(None, 10).await.unwrap(), [kept]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damage_is_found_by_readers_and_by_scrub() {
    let directory = TempDir::new().unwrap();
    let disk = Simulated::new(0);
    let engine = open(directory.path(), &disk);
    let body = Random(1).bytes(300_000);
    let whole = upload(&engine, &body).await.unwrap();
    let damaged = upload(&engine, &body).await.unwrap();
    let commit = Commit {
        expectations: vec![],
        writes: vec![
            Write::Put(Row::rows("k"), "v".into()),
            Write::Put(Row::bodies("k"), "v".into()),
        ],
    };
    engine.commit(P, commit).await.unwrap();
    // The header, the first blob up to a 4 KiB border, and into the second block of the second blob.
    disk.flip_bit(0, 4096 + 303_104 + 70_000);
    assert!(read(&engine, whole, 0..300_000).await.unwrap() == body);
    let error = read(&engine, damaged, 0..300_000).await.unwrap_err();
    assert!(matches!(error, StorageError::Corrupt(_)), "{error:?}");
    // The other blocks are good.
    assert!(read(&engine, damaged, 0..65_536).await.unwrap() == body[..65_536]);
    assert!(read(&engine, damaged, 65_536..65_537).await.is_err());
    let (summary, found) = tokio::task::spawn_blocking(move || {
        let mut found = Vec::new();
        let summary = engine.scrub(&mut |event| {
            if let ScrubEvent::DamagedBlob { id, .. } = event {
                found.push(id);
            }
        });
        (summary, found)
    })
    .await
    .unwrap();
    assert_eq!(found, [damaged]);
    assert_eq!((summary.blobs, summary.errors), (2, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_drains_and_then_refuses() {
    let directory = TempDir::new().unwrap();
    let engine = Engine::open(directory.path(), Options::default()).unwrap();
    let put = |n: u32| Commit {
        expectations: vec![],
        writes: vec![Write::Put(Row::rows(format!("{n}")), "v".into())],
    };
    let commits = join_all((0..50).map(|n| engine.commit(P, put(n))));
    let (outcomes, closed) = futures_util::future::join(commits, engine.close()).await;
    closed.unwrap();
    // Applied or refused; whichever was said is true.
    for (n, outcome) in outcomes.into_iter().enumerate() {
        let there = engine.get(P, &Row::rows(n.to_string())).await.unwrap().is_some();
        assert_eq!(there, outcome.is_ok());
    }
    assert!(engine.commit(P, put(99)).await.is_err());
    assert!(engine.create(P, None).await.is_err());
    engine.close().await.unwrap();
}
