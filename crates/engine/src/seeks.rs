//! What seeks found.
//!
//! A listing with a delimiter seeks once a common prefix, and a seek costs as much as many rows: it looks
//! into every table. What lies between two prefixes hardly ever changes, though. So it is remembered that the
//! first row at or after a target is a certain row, until a commit writes a row from the target to that row:
//! a new object beside others of its prefix, which lies after the prefix's first row, takes nothing away.
//!
//! A scan must see its snapshot and nothing else. Batches are numbered as the committing thread begins them;
//! it is the only writer, and has one under way at a time.
//! - Before a batch becomes visible it takes away what it changes ([`Seeks::begin`]). So what is still there
//!   when a scan looks holds for every batch since it was found, as far as the scan's snapshot has them.
//! - What was found after batch `n` is used only by a scan that began when `n` had ended, so never by one
//!   whose snapshot is older.
//! - A scan adds what it found only if no batch was under way when it began, and none has begun since.

use std::collections::BTreeMap;

use bytes::Bytes;
use parking_lot::Mutex;

/// Most that is remembered, in bytes: some ten thousand rows.
pub(crate) const SEEKS_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Longest target, key and value together that are remembered, in bytes.
const FOUND_BYTES_MAX: usize = 1024;
/// What one takes beside its texts, in bytes, about.
const ENTRY_BYTES: usize = 160;

/// What all scans of an engine found.
#[derive(Default)]
pub(crate) struct Seeks(Mutex<State>);

#[derive(Default)]
struct State {
    /// Batches that have begun.
    begun: u64,
    /// Whether the last of them is still under way.
    under_way: bool,
    /// By target. Nothing lies between a target and its row, so rows ascend with targets.
    found: BTreeMap<Vec<u8>, Found>,
    bytes: usize,
}

struct Found {
    /// The last batch before it was found.
    after: u64,
    key: Bytes,
    value: Bytes,
}

fn entry_bytes(target: &[u8], key: &[u8], value: &[u8]) -> usize {
    target.len() + key.len() + value.len() + ENTRY_BYTES
}

/// How far the batches were when a scan began. To be taken before the scan's snapshot.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View {
    begun: u64,
    under_way: bool,
}

impl View {
    /// The last batch that the scan's snapshot certainly has.
    fn ended(self) -> u64 {
        self.begun - u64::from(self.under_way)
    }
}

impl Seeks {
    /// A batch that writes these rows is about to become visible.
    pub(crate) fn begin<'a>(&self, keys: impl Iterator<Item = &'a [u8]>) {
        let mut state = self.0.lock();
        state.begun += 1;
        state.under_way = true;
        for key in keys {
            state.forget(key);
        }
    }

    /// The batch is visible.
    pub(crate) fn end(&self) {
        self.0.lock().under_way = false;
    }

    /// For a scan that is about to take its snapshot.
    pub(crate) fn view(&self) -> View {
        let state = self.0.lock();
        View {
            begun: state.begun,
            under_way: state.under_way,
        }
    }

    /// The first row at or after the target, if that is known.
    pub(crate) fn find(&self, view: View, target: &[u8]) -> Option<(Bytes, Bytes)> {
        let state = self.0.lock();
        let found = state.found.get(target)?;
        (found.after <= view.ended()).then(|| (found.key.clone(), found.value.clone()))
    }

    /// Remembers the first row at or after the target.
    pub(crate) fn add(&self, view: View, target: Vec<u8>, key: &[u8], value: &[u8]) {
        let bytes = entry_bytes(&target, key, value);
        if bytes - ENTRY_BYTES > FOUND_BYTES_MAX || view.under_way {
            return;
        }
        let found = Found {
            after: view.begun,
            key: Bytes::copy_from_slice(key),
            value: Bytes::copy_from_slice(value),
        };
        let mut state = self.0.lock();
        if state.begun != view.begun {
            return;
        }
        // Full: from the start again, which needs no order of use.
        if state.bytes + bytes > SEEKS_BYTES_MAX {
            state.found.clear();
            state.bytes = 0;
        }
        state.remove(&target);
        state.bytes += bytes;
        state.found.insert(target, found);
    }
}

impl State {
    /// Takes away all whose target is at or before the key and whose row is at or after it.
    fn forget(&mut self, key: &[u8]) {
        use std::ops::Bound::{Included, Unbounded};
        loop {
            let before = self
                .found
                .range::<[u8], _>((Unbounded, Included(key)))
                .next_back();
            match before {
                Some((target, found)) if *found.key >= *key => {
                    let target = target.clone();
                    self.remove(&target);
                }
                _ => return,
            }
        }
    }

    fn remove(&mut self, target: &[u8]) {
        if let Some(found) = self.found.remove(target) {
            self.bytes -= entry_bytes(target, &found.key, &found.value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ENTRY_BYTES, FOUND_BYTES_MAX, SEEKS_BYTES_MAX, Seeks};

    fn add(seeks: &Seeks, target: &str, key: &str) {
        seeks.add(seeks.view(), target.into(), key.as_bytes(), b"value");
    }

    fn find(seeks: &Seeks, target: &str) -> Option<String> {
        let (key, _) = seeks.find(seeks.view(), target.as_bytes())?;
        Some(String::from_utf8(key.to_vec()).unwrap())
    }

    fn write(seeks: &Seeks, key: &str) {
        seeks.begin([key.as_bytes()].into_iter());
        seeks.end();
    }

    #[test]
    fn a_write_takes_away_what_it_lies_in() {
        for (key, left) in [
            ("a", "b=c/1 b5=c/1 c0=d"),
            ("b", "b5=c/1 c0=d"),
            ("b4", "b5=c/1 c0=d"),
            ("b5", "c0=d"),
            ("c/1", "c0=d"),
            ("c/2", "b=c/1 b5=c/1 c0=d"),
            ("c0", "b=c/1 b5=c/1"),
            ("d", "b=c/1 b5=c/1"),
            ("d/", "b=c/1 b5=c/1 c0=d"),
        ] {
            let seeks = Seeks::default();
            add(&seeks, "b", "c/1");
            add(&seeks, "b5", "c/1");
            add(&seeks, "c0", "d");
            write(&seeks, key);
            let known = ["b", "b5", "c0"]
                .iter()
                .filter_map(|target| Some(format!("{target}={}", find(&seeks, target)?)));
            assert_eq!(known.collect::<Vec<_>>().join(" "), left, "after {key}");
        }
    }

    #[test]
    fn nothing_is_added_that_a_batch_may_have_changed() {
        let seeks = Seeks::default();
        // A batch began after the scan.
        let view = seeks.view();
        write(&seeks, "x");
        seeks.add(view, b"a".to_vec(), b"b", b"");
        assert_eq!(find(&seeks, "a"), None);
        // A batch was under way when the scan began.
        seeks.begin([].into_iter());
        let view = seeks.view();
        seeks.add(view, b"a".to_vec(), b"b", b"");
        seeks.end();
        seeks.add(view, b"a".to_vec(), b"b", b"");
        assert_eq!(find(&seeks, "a"), None);
    }

    #[test]
    fn a_scan_does_not_use_what_is_newer_than_its_snapshot() {
        let seeks = Seeks::default();
        let before = seeks.view();
        seeks.begin([b"b".as_slice()].into_iter());
        let meanwhile = seeks.view();
        seeks.end();
        add(&seeks, "a", "b");
        assert_eq!(seeks.find(before, b"a"), None);
        assert_eq!(seeks.find(meanwhile, b"a"), None);
        assert_eq!(find(&seeks, "a").as_deref(), Some("b"));
        // One that is there already holds while a batch that does not touch it is under way.
        seeks.begin([b"c".as_slice()].into_iter());
        assert_eq!(find(&seeks, "a").as_deref(), Some("b"));
    }

    #[test]
    fn memory_is_bounded() {
        let seeks = Seeks::default();
        let long = "x".repeat(FOUND_BYTES_MAX);
        add(&seeks, &long, "y");
        assert_eq!(find(&seeks, &long), None);
        let count = SEEKS_BYTES_MAX / ENTRY_BYTES;
        for n in 0..count {
            add(&seeks, &format!("{n:08}/"), &format!("{n:08}/1"));
            let state = seeks.0.lock();
            assert!(state.bytes <= SEEKS_BYTES_MAX);
        }
        let state = seeks.0.lock();
        let bytes = state
            .found
            .iter()
            .map(|(target, found)| super::entry_bytes(target, &found.key, &found.value));
        assert_eq!(bytes.sum::<usize>(), state.bytes);
    }
}
