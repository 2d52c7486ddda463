//! The queue: full, closed, and what recording costs.

use std::path::Path;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::{entry, id, limits};
use crate::store::{Memory, Store};
use crate::{Journal, Limits};

#[test]
fn what_the_queue_does_not_hold_is_dropped() {
    let store = Store::Memory(Mutex::new(Memory::new(limits(Limits::BYTES_MIN))));
    let one = entry(0).encode().unwrap().len();
    let journal = Journal::start(store, 10 * one, Path::new("test")).unwrap();
    // Faster than the thread can be woken: a few are kept, most are not, and nobody waits.
    let began = Instant::now();
    for number in 0..50_000 {
        journal.record(entry(number));
    }
    assert!(began.elapsed() < Duration::from_secs(20));
    let kept = journal.recent(usize::MAX).unwrap().len();
    assert!((5..50_000).contains(&kept), "{kept}");
    // And it recovers.
    journal.record(entry(60_000));
    assert!(journal.find(&id(60_000)).unwrap().is_some());
}

#[test]
fn an_entry_larger_than_the_queue_is_dropped() {
    let store = Store::Memory(Mutex::new(Memory::new(limits(Limits::BYTES_MIN))));
    let journal = Journal::start(store, 10, Path::new("test")).unwrap();
    journal.record(entry(1));
    assert!(journal.find(&id(1)).unwrap().is_none());
}

#[test]
fn a_closed_journal_takes_nothing_and_still_answers() {
    let journal = Journal::in_memory(Limits::default()).unwrap();
    journal.record(entry(1));
    journal.close();
    journal.close();
    journal.record(entry(2));
    assert!(journal.find(&id(1)).unwrap().is_some());
    assert!(journal.find(&id(2)).unwrap().is_none());
}

#[test]
fn dropped_with_its_last_clone_it_has_written_everything() {
    let directory = tempfile::tempdir().unwrap();
    let journal = Journal::open(directory.path(), Limits::default()).unwrap();
    let clone = journal.clone();
    drop(journal);
    clone.record(entry(1));
    drop(clone);
    let reader = crate::Reader::open(directory.path()).unwrap();
    assert!(reader.find(&id(1)).unwrap().is_some());
}

/// Not a benchmark: it fails where recording waits for the disk. Prints what it took.
#[test]
fn recording_does_not_wait() {
    let directory = tempfile::tempdir().unwrap();
    let journal = Journal::open(directory.path(), Limits::default()).unwrap();
    let entries: Vec<_> = (0..10_000).map(entry).collect();
    let began = Instant::now();
    for entry in entries {
        journal.record(entry);
    }
    let each = began.elapsed() / 10_000;
    println!("recording takes {each:?}");
    assert!(each < Duration::from_micros(200), "{each:?}");
    assert_eq!(journal.recent(usize::MAX).unwrap().len(), 10_000);
}
