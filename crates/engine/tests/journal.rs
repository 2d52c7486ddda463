//! What an engine makes of a damaged journal that fjall wrote. Damage byte by byte: src/journal/tests.rs.
//!
//! These tests also hold fjall to what docs/on-disk.md says of its journal: another format would fail them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use cairn_engine::{Engine, OpenError, Options};
use cairn_storage::testing::Random;
use cairn_storage::{Commit, Index, Partition, Row, Write};
use tempfile::TempDir;

const P: Partition = Partition(1);

/// An engine's directory after some commits, and the byte of its journal that each commit ends at.
struct Written {
    directory: TempDir,
    /// Where the first, second … commit ends.
    ends: Vec<usize>,
}

const COMMITS: usize = 4;

fn row(commit: usize) -> Row {
    Row::bodies(format!("commit-{commit}"))
}

impl Written {
    /// Commits of 20,000 bytes, the last one of 100,000. In a reopened directory fjall appends to a file
    /// that ends where the last batch does; in a new one it writes into reserved space.
    async fn new(reopened: bool) -> Self {
        let directory = TempDir::new().unwrap();
        if reopened {
            drop(open(directory.path()).unwrap());
            drop(open(directory.path()).unwrap());
        }
        let engine = open(directory.path()).unwrap();
        let mut ends = Vec::new();
        for commit in 0..COMMITS {
            let size = if commit == COMMITS - 1 { 100_000 } else { 20_000 };
            put(&engine, row(commit), size).await;
            ends.push(data_end(&journal(directory.path())));
        }
        drop(engine);
        Self { directory, ends }
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn last(&self) -> std::ops::Range<usize> {
        self.ends[COMMITS - 2]..self.ends[COMMITS - 1]
    }

    fn write(&self, at: usize, bytes: &[u8]) {
        let file = File::options().write(true).open(journal(self.path())).unwrap();
        file.write_all_at(bytes, at as u64).unwrap();
    }

    fn set_len(&self, length: usize) {
        let file = File::options().write(true).open(journal(self.path())).unwrap();
        file.set_len(length as u64).unwrap();
    }

    /// Everything but the last commit is there, now and after going on.
    async fn holds_all_but_the_last(&self, what: &str) {
        for round in 0..2 {
            let engine = open(self.path()).unwrap_or_else(|error| panic!("{what}: {error}"));
            for commit in 0..COMMITS {
                let found = engine.get(P, &row(commit)).await.unwrap();
                assert_eq!(found.is_some(), commit < COMMITS - 1, "{what}: commit {commit}");
                assert!(found.is_none_or(|body| body == Random(1).bytes(20_000)), "{what}");
            }
            let since = Row::rows(format!("since-{round}"));
            assert!(engine.get(P, &since).await.unwrap().is_none());
            put(&engine, since, 100).await;
        }
        let engine = open(self.path()).unwrap();
        for round in 0..2 {
            let since = Row::rows(format!("since-{round}"));
            assert!(engine.get(P, &since).await.unwrap().is_some(), "{what}");
        }
    }

    /// Opening is refused, twice, and nothing is touched.
    fn is_refused(&self, what: &str) -> String {
        let before = fs::read(journal(self.path())).unwrap();
        for _ in 0..2 {
            let error = open(self.path()).map(drop).expect_err(what);
            assert!(matches!(error, OpenError::Corrupt { .. }), "{what}: {error:?}");
            assert!(fs::read(journal(self.path())).unwrap() == before, "{what}");
        }
        open(self.path()).map(drop).unwrap_err().to_string()
    }
}

fn open(directory: &Path) -> Result<Engine, OpenError> {
    Engine::open(directory, Options::default())
}

async fn put(engine: &Engine, row: Row, size: usize) {
    let commit = Commit {
        expectations: vec![],
        writes: vec![Write::Put(row, Random(1).bytes(size))],
    };
    engine.commit(P, commit).await.unwrap();
}

/// The journal being written.
fn journal(directory: &Path) -> PathBuf {
    let files = fs::read_dir(directory.join("index")).unwrap();
    files
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "jnl"))
        .max()
        .unwrap()
}

/// Behind the last byte that is not zero: an end marker ends with 3.
fn data_end(path: &Path) -> usize {
    let mut bytes = vec![0; 1024 * 1024];
    let length = File::open(path).unwrap().read_at(&mut bytes, 0).unwrap();
    bytes[..length].iter().rposition(|&byte| byte != 0).unwrap() + 1
}

#[tokio::test]
async fn a_batch_without_its_end_is_cut_off() {
    for reopened in [false, true] {
        for missing in [1, 8, 13, 14, 20, 50_000, 99_990, 100_010] {
            let written = Written::new(reopened).await;
            let from = written.last().end - missing;
            // What a power cut may leave of the last pages: nothing, in a file of the same length …
            written.write(from, &vec![0; missing]);
            written
                .holds_all_but_the_last(&format!("{missing} bytes zeroed"))
                .await;
            // … or of a shorter one.
            let written = Written::new(reopened).await;
            written.set_len(from);
            written
                .holds_all_but_the_last(&format!("{missing} bytes missing"))
                .await;
        }
    }
}

#[tokio::test]
async fn half_a_start_is_cut_off() {
    for reopened in [false, true] {
        for left in [1, 6, 13, 20] {
            let written = Written::new(reopened).await;
            written.set_len(written.last().start + left);
            written
                .holds_all_but_the_last(&format!("{left} bytes left"))
                .await;
        }
    }
}

/// fjall 3.1.13 refuses to open: the batch parses, its checksum does not match.
#[tokio::test]
async fn a_batch_with_lost_pages_in_it_is_cut_off() {
    for reopened in [false, true] {
        for (page, pages) in [(1, 1), (3, 2), (10, 14)] {
            let written = Written::new(reopened).await;
            let first = written.last().start / 4096;
            written.write((first + page) * 4096, &vec![0; pages * 4096]);
            written
                .holds_all_but_the_last(&format!("{pages} pages from {page} on"))
                .await;
        }
        // The page it starts in, and the whole of it but its end.
        for keep in [4096, 90_000, 99_000] {
            let written = Written::new(reopened).await;
            let last = written.last();
            written.write(last.start, &vec![0; last.len() - keep]);
            written
                .holds_all_but_the_last(&format!("all but {keep} bytes"))
                .await;
        }
    }
}

#[tokio::test]
async fn garbage_at_the_end_is_cut_off() {
    for reopened in [false, true] {
        for length in [1, 13, 4096, 100_000] {
            let written = Written::new(reopened).await;
            // In the place of the last batch …
            let last = written.last();
            let garbage = Random(7).bytes(length);
            written.write(last.start, &vec![0; last.len()]);
            written.write(last.start, &garbage);
            written
                .holds_all_but_the_last(&format!("{length} bytes of garbage"))
                .await;
            // … and in its middle.
            let written = Written::new(reopened).await;
            written.write(last.start + 50, &garbage[..length.min(90_000)]);
            written
                .holds_all_but_the_last(&format!("{length} bytes of garbage inside"))
                .await;
        }
    }
}

/// fjall 3.1.13 would open most of these and drop what follows in silence.
#[tokio::test]
async fn damage_before_the_last_batch_is_refused() {
    for reopened in [false, true] {
        let written = Written::new(reopened).await;
        let good = fs::read(journal(written.path())).unwrap();
        let (start, end) = (written.ends[0], written.ends[1]);
        // Start, number of entries, number of the batch, entry, lengths, key, value, end, the one before.
        for at in [0, 1, 5, 13, 14, 24, 26, 40, 5000]
            .map(|at| start + at)
            .into_iter()
            .chain([end - 13, end - 1, 0])
        {
            written.write(at, &[good[at] ^ 0x10]);
            let message = written.is_refused(&format!("byte {} of the batch", at.wrapping_sub(start)));
            assert!(
                message.contains("acknowledged") && message.contains("backup"),
                "{message}"
            );
            written.write(at, &good[at..=at]);
        }
        for page in [start / 4096 + 1, start / 4096 + 3, 0] {
            written.write(page * 4096, &[0; 4096]);
            written.is_refused(&format!("page {page}"));
            written.write(page * 4096, &good[page * 4096..][..4096]);
        }
        // What was not damaged opens.
        let engine = open(written.path()).unwrap();
        for commit in 0..COMMITS {
            assert!(engine.get(P, &row(commit)).await.unwrap().is_some());
        }
    }
}

#[tokio::test]
async fn the_advice_in_the_refusal_works() {
    let written = Written::new(true).await;
    written.write(written.ends[1] + 500, b"rot");
    let message = written.is_refused("rot");
    let command = message
        .split('`')
        .find(|part| part.starts_with("truncate"))
        .unwrap();
    assert!(
        std::process::Command::new("sh")
            .args(["-c", command])
            .status()
            .unwrap()
            .success()
    );
    let engine = open(written.path()).unwrap();
    for commit in 0..COMMITS {
        let found = engine.get(P, &row(commit)).await.unwrap();
        assert_eq!(found.is_some(), commit < 2);
    }
}

/// Splits the journal as fjall's rotation does: the older file is complete before the newer one is begun.
fn rotate(written: &Written, at: usize) -> (PathBuf, PathBuf) {
    let old = journal(written.path());
    let number: u64 = old.file_stem().unwrap().to_str().unwrap().parse().unwrap();
    let new = old.with_file_name(format!("{}.jnl", number + 1));
    let mut bytes = fs::read(&old).unwrap();
    let mut rest = bytes.split_off(at);
    fs::write(&old, bytes).unwrap();
    rest.resize(64 * 1024 * 1024, 0);
    fs::write(&new, rest).unwrap();
    (old, new)
}

#[tokio::test]
async fn a_torn_batch_in_the_newer_of_two_journals_is_cut_off() {
    for split in [1, COMMITS - 2] {
        let written = Written::new(true).await;
        let last = written.last();
        let (_, _) = rotate(&written, written.ends[split]);
        written.write(last.start - written.ends[split] + 30_000, &[0; 4096]);
        written
            .holds_all_but_the_last(&format!("rotated after {split}"))
            .await;
    }
}

#[tokio::test]
async fn a_torn_batch_in_the_older_journal_is_cut_off_if_the_newer_is_empty() {
    // A write failed, nothing more was accepted, and fjall's flusher began a new journal.
    for missing in [0, 50_000] {
        let written = Written::new(true).await;
        let last = written.last();
        let (old, _) = rotate(&written, last.end - missing);
        let old = File::options().write(true).open(old).unwrap();
        old.write_all_at(&[0; 4096], last.start as u64 + 8192).unwrap();
        let new = File::options().write(true).open(journal(written.path())).unwrap();
        new.write_all_at(&vec![0; missing], 0).unwrap();
        written
            .holds_all_but_the_last(&format!("{missing} missing"))
            .await;
    }
}

#[tokio::test]
async fn damage_in_the_older_journal_is_refused_if_the_newer_has_commits() {
    for at in [10, 5000, 19_990] {
        let written = Written::new(true).await;
        let (old, _) = rotate(&written, written.ends[1]);
        let byte = &mut [0];
        let old = File::options().read(true).write(true).open(old).unwrap();
        let at = (written.ends[0] + at) as u64;
        old.read_exact_at(byte, at).unwrap();
        old.write_all_at(&[byte[0] ^ 1], at).unwrap();
        written.is_refused("the older journal");
        old.write_all_at(byte, at).unwrap();
        // Its end gone.
        old.set_len(written.ends[1] as u64 - 5).unwrap();
        written.is_refused("the older journal's end");
    }
}

/// What is whole is never refused: batches are numbered upwards through rotation, flushes and restarts, also
/// where all that a batch wrote is deleted and compacted away.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn journals_that_fjall_rotated_open() {
    const BODIES: usize = 20;
    let directory = TempDir::new().unwrap();
    for round in 0..8 {
        let engine = open(directory.path()).unwrap();
        for body in 0..BODIES {
            put(&engine, row(body), 1_000_000).await;
        }
        for body in 0..BODIES {
            let writes = vec![Write::Delete(row(body))];
            let expectations = vec![];
            engine.commit(P, Commit { expectations, writes }).await.unwrap();
        }
        put(&engine, Row::rows(format!("round-{round}")), 10).await;
        for earlier in 0..=round {
            let row = Row::rows(format!("round-{earlier}"));
            assert!(engine.get(P, &row).await.unwrap().is_some());
        }
    }
    assert!(
        journal(directory.path()).file_name().unwrap() != "0.jnl",
        "never rotated"
    );
}
