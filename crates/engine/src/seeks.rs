//! What seeks found.
//!
//! A listing with a delimiter seeks once a common prefix, and a seek costs as much as many rows: it looks
//! into every table. What lies between two prefixes hardly ever changes, though. So it is remembered that the
//! first row at or after a target is a certain row. A commit that writes a row from the target to that row takes
//! the found row's place or its value; one that deletes the found row makes forget it; a new object beside others
//! of its prefix, which lies after the prefix's first row, changes nothing.
//!
//! A scan must see its snapshot and nothing else. Batches are numbered as the committing thread begins them;
//! it is the only writer, and has one under way at a time.
//! - Before a batch becomes visible its changes are made here ([`Seeks::begin`]). So what is still there
//!   when a scan looks holds for every batch since it was found, as far as the scan's snapshot has them.
//! - What was found after batch `n`, or was changed by it, is used only by a scan that began when `n` had ended,
//!   so never by one whose snapshot is older.
//! - While scans run, the keys of batches are kept, and those of the last batch always. What a scan found is added
//!   when it is over or has found many, if no batch that its snapshot may lack has written there.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound::{Included, Unbounded};
use std::sync::Arc;

use bytes::Bytes;
use fjall::Slice;
use parking_lot::Mutex;

/// Most that is remembered, in bytes: some ten thousand rows.
pub(crate) const SEEKS_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Longest target, key and value together that are remembered, in bytes.
const FOUND_BYTES_MAX: usize = 1024;
/// What one takes beside its texts, in bytes, about.
const ENTRY_BYTES: usize = 160;
/// Most rows that a scan keeps until it adds them: a quarter of a page, so that many scans at a time hold little.
const PENDING_MAX: usize = 256;
/// Most keys of batches that are kept while scans run. A scan beside which more are written adds nothing.
const WRITTEN_KEYS_MAX: usize = 4096;
/// The same in bytes, without what a key takes beside its text.
const WRITTEN_BYTES_MAX: usize = 256 * 1024;

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
    /// Scans that run.
    scans: usize,
    written: Written,
}

struct Found {
    /// The last batch before it was found, or the one that changed it.
    after: u64,
    key: Bytes,
    value: Bytes,
}

/// The keys that batches wrote, in their order.
#[derive(Default)]
struct Written {
    keys: VecDeque<(u64, Slice)>,
    bytes: usize,
    /// All batches after this one are there whole.
    after: u64,
}

fn entry_bytes(target: &[u8], key: &[u8], value: &[u8]) -> usize {
    target.len() + key.len() + value.len() + ENTRY_BYTES
}

/// A scan: how far the batches were when it began, and what its seeks found. To be taken before the scan's
/// snapshot. What was found is added when it is dropped.
pub(crate) struct View {
    seeks: Arc<Seeks>,
    /// The last batch that the scan's snapshot certainly has.
    ended: u64,
    pending: Vec<Pending>,
}

struct Pending {
    target: Vec<u8>,
    key: Bytes,
    value: Bytes,
}

impl Seeks {
    /// A batch that writes these rows, or deletes those without a value, is about to become visible.
    pub(crate) fn begin<'a>(&self, rows: impl Iterator<Item = (&'a Slice, Option<&'a Bytes>)>) {
        let mut state = self.0.lock();
        if state.scans == 0 {
            let begun = state.begun;
            state.written.clear(begun);
        }
        state.begun += 1;
        state.under_way = true;
        for (key, value) in rows {
            state.write(key, value);
        }
    }

    /// The batch is visible.
    pub(crate) fn end(&self) {
        self.0.lock().under_way = false;
    }

    /// For a scan that is about to take its snapshot.
    pub(crate) fn view(self: &Arc<Self>) -> View {
        let mut state = self.0.lock();
        state.scans += 1;
        View {
            seeks: Arc::clone(self),
            ended: state.begun - u64::from(state.under_way),
            pending: Vec::new(),
        }
    }
}

impl View {
    /// The first row at or after the target, if that is known.
    pub(crate) fn find(&self, target: &[u8]) -> Option<(Bytes, Bytes)> {
        let state = self.seeks.0.lock();
        let found = state.found.get(target)?;
        (found.after <= self.ended).then(|| (found.key.clone(), found.value.clone()))
    }

    /// What the scan's snapshot has as the first row at or after the target.
    pub(crate) fn add(&mut self, target: Vec<u8>, key: &[u8], value: &[u8]) {
        if entry_bytes(&target, key, value) - ENTRY_BYTES > FOUND_BYTES_MAX {
            return;
        }
        self.pending.push(Pending {
            target,
            key: Bytes::copy_from_slice(key),
            value: Bytes::copy_from_slice(value),
        });
        if self.pending.len() >= PENDING_MAX {
            self.flush();
        }
    }

    fn flush(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        let mut state = self.seeks.0.lock();
        let Some(written) = state.written.since(self.ended) else {
            self.pending.clear();
            return;
        };
        for Pending { target, key, value } in self.pending.drain(..) {
            let first = written.partition_point(|written| **written < *target);
            if written.get(first).is_none_or(|written| **written > *key) {
                let after = self.ended;
                state.insert(target, Found { after, key, value });
            }
        }
    }
}

impl Drop for View {
    fn drop(&mut self) {
        self.flush();
        self.seeks.0.lock().scans -= 1;
    }
}

impl State {
    fn write(&mut self, written: &Slice, value: Option<&Bytes>) {
        self.written.push(self.begun, written);
        let mut gone = Vec::new();
        let before = self.found.range_mut::<[u8], _>((Unbounded, Included(&**written)));
        for (target, found) in before.rev() {
            if *found.key < **written {
                break;
            }
            match value {
                Some(value) if target.len() + written.len() + value.len() <= FOUND_BYTES_MAX => {
                    self.bytes -= found.key.len() + found.value.len();
                    found.after = self.begun;
                    if *found.key != **written {
                        found.key = Bytes::copy_from_slice(written);
                    }
                    found.value = Bytes::copy_from_slice(value);
                    self.bytes += found.key.len() + found.value.len();
                }
                // One that is deleted is the found row, or was not there.
                None if *found.key != **written => break,
                _ => gone.push(target.clone()),
            }
        }
        for target in gone {
            self.remove(&target);
        }
        self.make_room(0);
    }

    fn insert(&mut self, target: Vec<u8>, found: Found) {
        self.remove(&target);
        let bytes = entry_bytes(&target, &found.key, &found.value);
        self.make_room(bytes);
        self.bytes += bytes;
        self.found.insert(target, found);
    }

    /// Full: from the start again, which needs no order of use.
    fn make_room(&mut self, bytes: usize) {
        if self.bytes + bytes > SEEKS_BYTES_MAX {
            self.found.clear();
            self.bytes = 0;
        }
    }

    fn remove(&mut self, target: &[u8]) {
        if let Some(found) = self.found.remove(target) {
            self.bytes -= entry_bytes(target, &found.key, &found.value);
        }
    }
}

impl Written {
    fn clear(&mut self, after: u64) {
        self.keys.clear();
        self.bytes = 0;
        self.after = after;
    }

    fn push(&mut self, batch: u64, key: &Slice) {
        self.bytes += key.len();
        self.keys.push_back((batch, key.clone()));
        while self.keys.len() > WRITTEN_KEYS_MAX || self.bytes > WRITTEN_BYTES_MAX {
            let Some((batch, key)) = self.keys.pop_front() else {
                return;
            };
            self.bytes -= key.len();
            self.after = batch;
        }
    }

    /// The keys of all batches after this one, in order; nothing where not all are there.
    fn since(&self, batch: u64) -> Option<Vec<Slice>> {
        if batch < self.after {
            return None;
        }
        let later = self.keys.iter().rev().take_while(|(of, _)| *of > batch);
        let mut keys: Vec<Slice> = later.map(|(_, key)| key.clone()).collect();
        keys.sort_unstable();
        Some(keys)
    }
}

#[cfg(test)]
mod tests;
