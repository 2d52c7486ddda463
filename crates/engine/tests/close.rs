//! What an orderly close leaves: nothing to replay, and everything that was committed.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use cairn_engine::{Engine, Options};
use cairn_storage::testing::Random;
use cairn_storage::{Commit, Index, Row, Write};
use common::{P, read, upload};
use tempfile::TempDir;

/// Bytes of a row; 320 of them are more than it takes to be worth writing out.
const ROW_BYTES: usize = 20_000;

fn row(number: u64) -> Row {
    Row::bodies(format!("{number:04}"))
}

async fn put(engine: &Engine, numbers: std::ops::Range<u64>) {
    for number in numbers {
        let commit = Commit {
            expectations: vec![],
            writes: vec![Write::Put(row(number), Random(number).bytes(ROW_BYTES))],
        };
        engine.commit(P, commit).await.unwrap();
    }
}

async fn holds(engine: &Engine, numbers: std::ops::Range<u64>) {
    for number in numbers {
        let found = engine.get(P, &row(number)).await.unwrap();
        assert_eq!(found.unwrap(), Random(number).bytes(ROW_BYTES), "row {number}");
    }
}

fn journals(directory: &Path) -> Vec<(PathBuf, u64)> {
    let entries = fs::read_dir(directory.join("index")).unwrap();
    let journals = entries.map(|entry| entry.unwrap().path());
    let journals = journals.filter(|path| path.extension().is_some_and(|extension| extension == "jnl"));
    journals
        .map(|path| {
            let length = path.metadata().unwrap().len();
            (path, length)
        })
        .collect()
}

fn open(directory: &Path) -> Engine {
    Engine::open(directory, Options::default()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_close_empties_the_journal_and_keeps_what_was_in_it() {
    let directory = TempDir::new().unwrap();
    let body = Random(1).bytes(300_000);
    let engine = open(directory.path());
    put(&engine, 0..320).await;
    let blob = upload(&engine, &body).await.unwrap();
    engine.close().await.unwrap();
    holds(&engine, 0..320).await;
    drop(engine);
    let [(_, length)] = &*journals(directory.path()) else {
        panic!("{:?}", journals(directory.path()));
    };
    assert_eq!(*length, 0, "nothing to replay");

    // After it, in order: what is written on, a start after a crash, and one after another close.
    for round in 0..3 {
        let engine = open(directory.path());
        let end = 320 + round * 10;
        holds(&engine, 0..end).await;
        assert_eq!(read(&engine, blob, 0..300_000).await.unwrap(), body);
        // Over what the tables hold, too: the numbers of new batches must be above theirs.
        let again = Row::rows("again");
        let text = format!("{round}");
        let before = engine.get(P, &again).await.unwrap();
        assert_eq!(before.is_some(), round > 0, "round {round}");
        let commit = Commit {
            expectations: vec![],
            writes: vec![Write::Put(again.clone(), text.clone().into())],
        };
        engine.commit(P, commit).await.unwrap();
        put(&engine, end..end + 10).await;
        assert_eq!(engine.get(P, &again).await.unwrap().unwrap(), text);
        if round == 1 {
            engine.close().await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_close_after_little_leaves_it_to_be_replayed() {
    let directory = TempDir::new().unwrap();
    let engine = open(directory.path());
    put(&engine, 0..10).await;
    engine.close().await.unwrap();
    drop(engine);
    assert!(journals(directory.path()).iter().all(|(_, length)| *length > 0));
    holds(&open(directory.path()), 0..10).await;
}
