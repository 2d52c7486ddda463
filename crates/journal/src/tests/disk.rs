//! Segment files: limits, torn ends, restarts, and readers beside the writer.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::{entry, id, limits};
use crate::segment::{self, MAGIC};
use crate::{Journal, Limits, Reader};

fn segments(directory: &Path) -> Vec<u64> {
    segment::numbers(directory).unwrap()
}

fn bytes(directory: &Path) -> u64 {
    fs::read_dir(directory)
        .unwrap()
        .map(|file| file.unwrap().metadata().unwrap().len())
        .sum()
}

fn numbers_of(reader: &Reader, entries_max: usize) -> Vec<usize> {
    let entries = reader.recent(entries_max).unwrap();
    entries
        .iter()
        .map(|entry| entry.request_id.parse().unwrap())
        .collect()
}

#[test]
fn what_is_recorded_is_found_here_and_from_elsewhere() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal");
    let journal = Journal::open(&path, Limits::default()).unwrap();
    for number in 0..100 {
        journal.record(entry(number));
    }
    assert_eq!(
        journal.find(&id(42)).unwrap().unwrap().target,
        "/holiday/42.jpg?versionId=null"
    );
    assert_eq!(journal.find(&id(100)).unwrap(), None);
    let reader = Reader::open(&path).unwrap();
    assert_eq!(reader.find(&id(0)).unwrap().unwrap().request_id, id(0));
    assert_eq!(numbers_of(&reader, 3), [99, 98, 97]);
    assert_eq!(reader.recent(1000).unwrap().len(), 100);
    assert_eq!(reader.recent(0).unwrap().len(), 0);
    use std::os::unix::fs::PermissionsExt as _;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o700);
    assert_eq!(mode(&segment::path(&path, 1)), 0o600);
}

/// Handed to the kernel soon, without anybody asking: what a killed process leaves.
#[test]
fn what_is_recorded_reaches_the_file_by_itself() {
    let directory = tempfile::tempdir().unwrap();
    let journal = Journal::open(directory.path(), limits(Limits::BYTES_MIN)).unwrap();
    journal.record(entry(1));
    let reader = Reader::open(directory.path()).unwrap();
    let until = Instant::now() + Duration::from_secs(20);
    while reader.find(&id(1)).unwrap().is_none() {
        assert!(Instant::now() < until, "it is not written");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn the_oldest_goes_when_there_is_too_much() {
    let directory = tempfile::tempdir().unwrap();
    let journal = Journal::open(directory.path(), limits(Limits::BYTES_MIN)).unwrap();
    for number in 0..20_000 {
        journal.record(entry(number));
        if number % 500 == 0 {
            let _ = journal.find("none").unwrap();
            assert!(bytes(directory.path()) <= Limits::BYTES_MIN);
        }
    }
    journal.close();
    assert!(bytes(directory.path()) <= Limits::BYTES_MIN);
    assert!(
        bytes(directory.path()) > Limits::BYTES_MIN / 2,
        "and it keeps what it may"
    );
    let reader = Reader::open(directory.path()).unwrap();
    assert_eq!(reader.find(&id(0)).unwrap(), None);
    let kept = numbers_of(&reader, usize::MAX);
    assert!(kept.len() > 2000, "{}", kept.len());
    assert_eq!(
        kept,
        (20_000 - kept.len()..20_000).rev().collect::<Vec<_>>(),
        "the last, without a gap"
    );
}

#[test]
fn the_oldest_goes_when_it_is_too_old_also_of_an_idle_journal() {
    let directory = tempfile::tempdir().unwrap();
    let limits = Limits {
        bytes_max: Limits::BYTES_MIN,
        age_max: Duration::from_millis(400),
    };
    let journal = Journal::open(directory.path(), limits).unwrap();
    let memory = Journal::in_memory(limits).unwrap();
    for journal in [&journal, &memory] {
        journal.record(entry(1));
        assert!(journal.find(&id(1)).unwrap().is_some());
    }
    let until = Instant::now() + Duration::from_secs(20);
    while !segments(directory.path()).is_empty() || !memory.recent(1).unwrap().is_empty() {
        assert!(Instant::now() < until, "it is still there");
        std::thread::sleep(Duration::from_millis(20));
    }
    journal.record(entry(2));
    assert!(journal.find(&id(2)).unwrap().is_some(), "and it goes on");
}

#[test]
fn memory_is_bounded_too() {
    let journal = Journal::in_memory(limits(Limits::BYTES_MIN)).unwrap();
    for number in 0..20_000 {
        journal.record(entry(number));
        if number % 5000 == 0 {
            let _ = journal.recent(1).unwrap();
        }
    }
    let kept = journal.recent(usize::MAX).unwrap();
    assert!((2000..15_000).contains(&kept.len()), "{}", kept.len());
    assert_eq!(kept[0].request_id, id(19_999));
    assert_eq!(journal.find(&id(0)).unwrap(), None);
    assert!(journal.find(&id(19_500)).unwrap().is_some());
}

#[test]
fn a_restart_goes_on_with_the_same_file() {
    let directory = tempfile::tempdir().unwrap();
    for number in 0..20 {
        let journal = Journal::open(directory.path(), Limits::default()).unwrap();
        journal.record(entry(number));
        drop(journal);
    }
    assert_eq!(segments(directory.path()), [1]);
    let reader = Reader::open(directory.path()).unwrap();
    assert_eq!(numbers_of(&reader, 100), (0..20).rev().collect::<Vec<_>>());
}

#[test]
fn foreign_files_and_later_forms_are_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let foreign = [
        "notes.txt",
        "1.requests",
        "00000000000000zz.requests",
        "000000000000000A.requests",
    ];
    for name in foreign {
        fs::write(directory.path().join(name), "mine").unwrap();
    }
    fs::write(segment::path(directory.path(), 5), b"cairnrj2 of a later version").unwrap();
    fs::write(segment::path(directory.path(), u64::MAX - 1), b"").unwrap();
    let journal = Journal::open(directory.path(), Limits::default()).unwrap();
    journal.record(entry(1));
    assert!(journal.find(&id(1)).unwrap().is_some());
    journal.close();
    assert_eq!(segments(directory.path()), [5, u64::MAX - 1, u64::MAX]);
    for name in foreign {
        assert_eq!(fs::read(directory.path().join(name)).unwrap(), b"mine");
    }
}

#[test]
fn a_directory_that_cannot_be_used_is_an_error_with_its_path() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    let error = Journal::open(&file.join("journal"), Limits::default()).unwrap_err();
    assert!(error.to_string().contains("file/journal"), "{error}");
    assert!(Reader::open(&directory.path().join("none")).is_err());
}

/// The disk fails for a while: those entries are lost, later ones are kept.
#[test]
fn after_a_failed_write_it_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal");
    let journal = Journal::open(&path, Limits::default()).unwrap();
    fs::remove_dir(&path).unwrap();
    journal.record(entry(1));
    assert!(journal.find(&id(1)).is_err());
    fs::create_dir(&path).unwrap();
    journal.record(entry(2));
    assert!(journal.find(&id(2)).unwrap().is_some());
    assert!(journal.find(&id(1)).unwrap().is_none());
}

#[test]
fn a_reader_beside_the_writer_sees_whole_entries_only() {
    let directory = tempfile::tempdir().unwrap();
    let journal = Journal::open(directory.path(), limits(Limits::BYTES_MIN)).unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // Many times the limit, so that segments are deleted under the reader.
            for number in 0..60_000 {
                journal.record(entry(number));
                if number % 2000 == 0 {
                    let _ = journal.find("none").unwrap();
                }
            }
            journal.close();
            done.store(true, Ordering::Release);
        });
        let reader = Reader::open(directory.path()).unwrap();
        let mut rounds = 0;
        while !done.load(Ordering::Acquire) {
            for entry in reader.recent(200).unwrap() {
                let number: usize = entry.request_id.parse().unwrap();
                assert_eq!(entry.target, format!("/holiday/{number}.jpg?versionId=null"));
            }
            rounds += 1;
        }
        assert!(rounds > 0);
    });
}

/// What the default limits keep is searched from end to end in well under a second, in a test build too.
#[test]
fn a_search_through_everything_is_quick() {
    let directory = tempfile::tempdir().unwrap();
    let mut large = MAGIC.to_vec();
    for number in 0_usize.. {
        segment::append(&entry(number).encode().unwrap(), &mut large);
        if large.len() as u64 >= segment::SEGMENT_BYTES_MAX {
            break;
        }
    }
    for number in 1..=8 {
        fs::write(segment::path(directory.path(), number), &large).unwrap();
    }
    let reader = Reader::open(directory.path()).unwrap();
    let began = Instant::now();
    assert!(reader.find("NOTTHEREATALL000").unwrap().is_none());
    let took = began.elapsed();
    println!("64 MiB searched in {took:?}");
    assert!(took < Duration::from_secs(5), "{took:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// However the end was torn: the whole entries are there, and new ones follow them.
    #[test]
    fn a_torn_end_is_cut(cut in 0_usize..3000, garbage in prop::collection::vec(any::<u8>(), 0..60)) {
        let directory = tempfile::tempdir().unwrap();
        let journal = Journal::open(directory.path(), Limits::default()).unwrap();
        for number in 0..10 {
            journal.record(entry(number));
        }
        journal.close();
        let path = segment::path(directory.path(), 1);
        let whole = fs::read(&path).unwrap();
        let cut = cut.clamp(MAGIC.len(), whole.len());
        let kept = segment::Records::of(&whole[..cut]).unwrap().count();
        let mut file = fs::File::create(&path).unwrap();
        file.write_all(&whole[..cut]).unwrap();
        file.write_all(&garbage).unwrap();
        drop(file);
        let reader = Reader::open(directory.path()).unwrap();
        let before = numbers_of(&reader, 100);
        prop_assert_eq!(&before, &(0..kept).rev().collect::<Vec<_>>());

        let journal = Journal::open(directory.path(), Limits::default()).unwrap();
        journal.record(entry(50));
        journal.close();
        prop_assert_eq!(segments(directory.path()), [1]);
        let after = numbers_of(&reader, 100);
        prop_assert_eq!(after[0], 50);
        prop_assert_eq!(&after[1..], &before[..]);
    }
}
