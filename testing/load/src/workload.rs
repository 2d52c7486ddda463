//! Which request comes next.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::options::{Kind, Options};

/// One request to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Operation {
    Put { key: u64 },
    Get { key: u64 },
    Head { key: u64 },
    Delete { key: u64 },
    List { after: u64 },
}

/// Hands out requests to all connections.
pub(crate) struct Workload {
    kind: Kind,
    keys: u64,
    next: AtomicU64,
}

impl Workload {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            kind: options.workload,
            keys: options.keys,
            next: AtomicU64::new(0),
        }
    }

    /// Storing each key once, before a measurement.
    pub(crate) fn fill(options: &Options) -> Self {
        // Deleting is the one workload that ends after the last key; filling is its mirror.
        Self {
            kind: Kind::Delete,
            keys: options.keys,
            next: AtomicU64::new(0),
        }
    }

    /// Whether the workload needs the objects to be there.
    pub(crate) fn reads(kind: Kind) -> bool {
        kind != Kind::Put
    }

    /// The next key of a workload that visits each once.
    pub(crate) fn next_key(&self) -> Option<u64> {
        let key = self.next.fetch_add(1, Ordering::Relaxed);
        (key < self.keys).then_some(key)
    }

    /// The next request; `None` when there is nothing left to do.
    pub(crate) fn next(&self, dice: &mut Dice) -> Option<Operation> {
        let any = |dice: &mut Dice| dice.below(self.keys);
        let in_turn = || self.next.fetch_add(1, Ordering::Relaxed) % self.keys;
        Some(match self.kind {
            Kind::Put => Operation::Put { key: in_turn() },
            Kind::Get => Operation::Get { key: any(dice) },
            Kind::Head => Operation::Head { key: any(dice) },
            Kind::Delete => Operation::Delete {
                key: self.next_key()?,
            },
            Kind::List => Operation::List { after: any(dice) },
            Kind::Mixed => match dice.below(100) {
                0..60 => Operation::Get { key: any(dice) },
                60..90 => Operation::Put { key: any(dice) },
                90..95 => Operation::Head { key: any(dice) },
                _ => Operation::List { after: any(dice) },
            },
        })
    }
}

/// Random numbers for one connection, the same in every run (SplitMix64).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// A number from 0 to `limit` - 1. The bias of a remainder does not matter here.
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}

#[cfg(test)]
mod tests {
    use super::{Dice, Operation, Workload};
    use crate::options::Kind;
    use std::sync::atomic::AtomicU64;

    fn workload(kind: Kind) -> Workload {
        Workload {
            kind,
            keys: 3,
            next: AtomicU64::new(0),
        }
    }

    #[test]
    fn deletes_each_key_once() {
        let deletes = workload(Kind::Delete);
        let dice = &mut Dice::new(1);
        let all: Vec<_> = std::iter::from_fn(|| deletes.next(dice)).collect();
        assert_eq!(all, [0, 1, 2].map(|key| Operation::Delete { key }));
    }

    #[test]
    fn puts_begin_again() {
        let puts = workload(Kind::Put);
        let dice = &mut Dice::new(1);
        let keys: Vec<_> = (0..5).filter_map(|_| puts.next(dice)).collect();
        assert_eq!(keys, [0, 1, 2, 0, 1].map(|key| Operation::Put { key }));
    }

    #[test]
    fn random_keys_are_all_visited() {
        let gets = workload(Kind::Get);
        let dice = &mut Dice::new(7);
        for key in 0..3 {
            assert!((0..100).any(|_| gets.next(dice) == Some(Operation::Get { key })));
        }
    }
}
