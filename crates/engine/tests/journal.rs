//! What the index makes of a damaged journal. These tests hold fjall to what docs/on-disk.md says of it.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use cairn_engine::{Engine, OpenError, Options};
use cairn_storage::testing::Random;
use cairn_storage::{Commit, Index, Partition, Row, Write};
use tempfile::TempDir;

const P: Partition = Partition(1);

/// A directory with two commits, the second of 100,000 bytes, and where its journal ends.
async fn two_commits() -> (TempDir, PathBuf, usize) {
    let directory = TempDir::new().unwrap();
    let engine = Engine::open(directory.path(), Options::default()).unwrap();
    for (row, size) in [(Row::rows("first"), 10), (Row::bodies("second"), 100_000)] {
        let writes = vec![Write::Put(row, Random(1).bytes(size))];
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
    drop(engine);
    let journal = journal(directory.path());
    let bytes = fs::read(&journal).unwrap();
    let end = bytes.len() - bytes.iter().rev().take_while(|&&byte| byte == 0).count();
    (directory, journal, end)
}

fn journal(directory: &Path) -> PathBuf {
    let files = fs::read_dir(directory.join("index"))
        .unwrap()
        .map(|file| file.unwrap().path());
    files
        .filter(|path| path.extension().is_some_and(|extension| extension == "jnl"))
        .max()
        .unwrap()
}

async fn rows(directory: &Path) -> (bool, bool) {
    let engine = Engine::open(directory, Options::default()).unwrap();
    let first = engine.get(P, &Row::rows("first")).await.unwrap().is_some();
    let second = engine.get(P, &Row::bodies("second")).await.unwrap().is_some();
    (first, second)
}

#[tokio::test]
async fn a_batch_without_its_end_is_cut_off_and_what_was_before_it_stays() {
    for cut in [1, 8, 20, 50_000, 99_000] {
        let (directory, journal, end) = two_commits().await;
        let mut bytes = fs::read(&journal).unwrap();
        // What a power cut may leave of the last pages: nothing, in a file of the same length.
        bytes[end - cut..].fill(0);
        fs::write(&journal, bytes).unwrap();
        assert_eq!(rows(directory.path()).await, (true, false), "{cut} bytes cut");
        // And it goes on from there.
        assert_eq!(rows(directory.path()).await, (true, false));
    }
}

#[tokio::test]
async fn a_batch_with_a_hole_in_it_is_refused_and_never_read() {
    let (directory, journal, end) = two_commits().await;
    let mut bytes = fs::read(&journal).unwrap();
    bytes[end - 60_000..end - 50_000].fill(0);
    fs::write(&journal, bytes).unwrap();
    let error = Engine::open(directory.path(), Options::default())
        .map(drop)
        .unwrap_err();
    assert!(matches!(error, OpenError::Corrupt { .. }), "{error:?}");
}
