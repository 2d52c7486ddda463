//! The order of versions: the clock's microseconds, made unique and ascending within the store.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cairn_types::{Clock, Timestamp, VersionOrder, random};

/// Gives out orders, and the time.
pub(crate) struct Orders {
    clock: Arc<dyn Clock>,
    last: AtomicU64,
    /// Tells the ids of this store from those of any other that had or will have the same data.
    nonce: [u8; 8],
}

impl Orders {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            last: AtomicU64::new(0),
            nonce: random::bytes(),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// An order no other call returns, above `floor`: where the clock went back, also across a restart, a
    /// new version is still newer than the key's head.
    pub(crate) fn next(&self, floor: Option<VersionOrder>) -> VersionOrder {
        let least = self
            .clock
            .now()
            .micros()
            .max(floor.map_or(0, |order| order.0.saturating_add(1)));
        let next = |last: u64| least.max(last.saturating_add(1));
        let last = self
            .last
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(next(last)));
        // The closure never declines, so both arms hold the value before.
        VersionOrder(next(last.unwrap_or_else(|last| last)))
    }

    /// An id for the row of a body: ascending, so that an engine appends; unique for ever, because no other call
    /// returns its order and no other opening of a store has its nonce. It is in no answer, and need not be secret.
    pub(crate) fn body_id(&self) -> [u8; 16] {
        let mut id = [0; 16];
        let (order, nonce) = id.split_at_mut(8);
        order.copy_from_slice(&self.next(None).0.to_be_bytes());
        nonce.copy_from_slice(&self.nonce);
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Stopped;

    impl Clock for Stopped {
        fn now(&self) -> Timestamp {
            Timestamp::from_micros(100)
        }
    }

    #[test]
    fn ascends_where_the_clock_stands_or_lags() {
        let orders = Orders::new(Arc::new(Stopped));
        assert_eq!(orders.next(None), VersionOrder(100));
        assert_eq!(orders.next(None), VersionOrder(101));
        assert_eq!(orders.next(Some(VersionOrder(500))), VersionOrder(501));
        assert_eq!(orders.next(Some(VersionOrder(5))), VersionOrder(502));
    }

    #[test]
    fn ids_of_bodies_ascend_and_no_other_store_has_them() {
        let (store, again) = (Orders::new(Arc::new(Stopped)), Orders::new(Arc::new(Stopped)));
        let ids: Vec<_> = (0..3).map(|_| store.body_id()).collect();
        assert!(ids.is_sorted_by(|a, b| a < b));
        assert!(!ids.contains(&again.body_id()));
    }
}
