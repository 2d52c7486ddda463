//! Which operation comes next, on which key.

use std::sync::atomic::{AtomicU64, Ordering};

use super::{PAGE_KEYS, PREFIXES, Shape, Work, Workload};

/// One operation to do. Keys are numbers; [`key`] names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Operation {
    Put { key: u64 },
    Get { key: u64 },
    Head { key: u64 },
    Delete { key: u64 },
    Range { key: u64, first: u64, bytes: u64 },
    Multipart { key: u64, parts: u16 },
    List { after: Option<u64> },
}

/// Hands out operations to all connections.
pub(crate) struct Source {
    workload: Workload,
    next: AtomicU64,
}

impl Source {
    /// The operations of a workload; those that take keys in turn begin with `first`.
    pub(crate) fn new(workload: &Workload, first: u64) -> Self {
        Self {
            workload: *workload,
            next: AtomicU64::new(first),
        }
    }

    /// Storing each key once, from `first` on.
    pub(crate) fn fill(workload: &Workload, first: u64) -> Self {
        // Deleting is the work that ends after the last key; filling is its mirror.
        let work = Work::Delete;
        Self::new(&Workload { work, ..*workload }, first)
    }

    /// The next key of a work that visits each once.
    pub(crate) fn next_key(&self) -> Option<u64> {
        let key = self.next.fetch_add(1, Ordering::Relaxed);
        (key < self.workload.keys).then_some(key)
    }

    /// How many keys were taken in turn, those before `first` included.
    pub(crate) fn taken(&self) -> u64 {
        self.next.load(Ordering::Relaxed)
    }

    /// The next operation; `None` when there is nothing left to do.
    pub(crate) fn next(&self, dice: &mut Dice) -> Option<Operation> {
        let keys = self.workload.keys;
        let in_turn = || self.next.fetch_add(1, Ordering::Relaxed) % keys;
        Some(match self.workload.work {
            Work::Put => Operation::Put { key: in_turn() },
            Work::Get => Operation::Get {
                key: dice.below(keys),
            },
            Work::Head => Operation::Head {
                key: dice.below(keys),
            },
            Work::Delete => Operation::Delete {
                key: self.next_key()?,
            },
            Work::Range { bytes } => Operation::Range {
                key: dice.below(keys),
                first: dice.below(self.workload.size.saturating_sub(bytes) + 1),
                bytes,
            },
            Work::Multipart { parts } => Operation::Multipart {
                key: in_turn(),
                parts,
            },
            Work::Mixed => match dice.below(100) {
                0..70 => Operation::Get {
                    key: dice.below(keys),
                },
                _ => Operation::Put {
                    key: dice.below(keys),
                },
            },
            Work::List { delimiter: true } => Operation::List { after: None },
            Work::List { delimiter: false } => Operation::List {
                after: Some(full_page_after(&self.workload, dice)),
            },
            // A server that was started has answered when it serves an object.
            Work::Restart { .. } => Operation::Get {
                key: dice.below(keys),
            },
            Work::Nothing => return None,
        })
    }
}

/// A random key that has a whole page of keys after it, so that all pages cost the same.
fn full_page_after(workload: &Workload, dice: &mut Dice) -> u64 {
    match workload.shape {
        Shape::OnePrefix => dice.below(workload.keys.saturating_sub(PAGE_KEYS).max(1)),
        Shape::Spread => {
            let per_prefix = (workload.keys / PREFIXES).max(1);
            let spare = PAGE_KEYS.div_ceil(per_prefix) + 1;
            let prefix = dice.below(PREFIXES.saturating_sub(spare).max(1));
            // Key n lies below prefix n % PREFIXES.
            dice.below(per_prefix) * PREFIXES + prefix
        }
    }
}

/// A key's name.
pub(crate) fn key(shape: Shape, number: u64) -> String {
    match shape {
        Shape::OnePrefix => format!("load/{number:010}"),
        Shape::Spread => format!("p{:04}/{number:010}", number % PREFIXES),
    }
}

/// Random numbers for one connection, the same in every run (SplitMix64).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// A number from 0 to `limit` - 1. The bias of a remainder does not matter here.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}

#[cfg(test)]
mod tests {
    use super::{Dice, Operation, Source, full_page_after, key};
    use crate::workload::{PAGE_KEYS, Shape, WORKLOADS, Work, Workload, find};

    fn source(work: Work) -> Source {
        let workload = Workload {
            work,
            keys: 3,
            size: 1000,
            ..*find("get-1k").unwrap()
        };
        Source::new(&workload, 0)
    }

    #[test]
    fn deletes_each_key_once() {
        let deletes = source(Work::Delete);
        let dice = &mut Dice::new(1);
        let all: Vec<_> = std::iter::from_fn(|| deletes.next(dice)).collect();
        assert_eq!(all, [0, 1, 2].map(|key| Operation::Delete { key }));
    }

    #[test]
    fn puts_begin_again() {
        let puts = source(Work::Put);
        let dice = &mut Dice::new(1);
        let keys: Vec<_> = (0..5).filter_map(|_| puts.next(dice)).collect();
        assert_eq!(keys, [0, 1, 2, 0, 1].map(|key| Operation::Put { key }));
    }

    #[test]
    fn random_keys_are_all_visited() {
        let gets = source(Work::Get);
        let dice = &mut Dice::new(7);
        for key in 0..3 {
            assert!((0..100).any(|_| gets.next(dice) == Some(Operation::Get { key })));
        }
    }

    #[test]
    fn ranges_lie_inside_the_object() {
        for bytes in [1, 999, 1000] {
            let ranges = source(Work::Range { bytes });
            let dice = &mut Dice::new(7);
            for _ in 0..1000 {
                let Some(Operation::Range { first, .. }) = ranges.next(dice) else {
                    panic!("not a range")
                };
                assert!(first + bytes <= 1000);
            }
        }
    }

    #[test]
    fn mixed_is_70_to_30() {
        let mixed = source(Work::Mixed);
        let dice = &mut Dice::new(7);
        let gets = (0..10_000)
            .filter(|_| matches!(mixed.next(dice), Some(Operation::Get { .. })))
            .count();
        assert!((6_800..7_200).contains(&gets), "{gets}");
    }

    /// Counted over the names themselves, in the order a listing has.
    #[test]
    fn a_page_after_the_key_is_full() {
        for shape in [Shape::OnePrefix, Shape::Spread] {
            let workload = Workload {
                shape,
                ..*find("list-10k").unwrap()
            };
            let mut names: Vec<_> = (0..workload.keys).map(|number| key(shape, number)).collect();
            names.sort();
            let dice = &mut Dice::new(3);
            for _ in 0..1000 {
                let after = key(shape, full_page_after(&workload, dice));
                let position = names.binary_search(&after).expect("the key exists");
                assert!((names.len() - position - 1) as u64 >= PAGE_KEYS, "{after}");
            }
        }
    }

    #[test]
    fn every_workload_gives_an_operation() {
        for workload in WORKLOADS {
            let none = Source::new(workload, 0).next(&mut Dice::new(1)).is_none();
            assert_eq!(none, workload.work == Work::Nothing, "{}", workload.name);
        }
    }
}
