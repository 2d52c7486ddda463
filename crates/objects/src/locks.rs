//! One writer of a key at a time, within this process.
//!
//! Correctness does not need this: every commit expects the head it was computed from. But of many
//! writers of one hot key each commit would fail all others, which read, compute and fail again. In turn,
//! every one succeeds at its first try. Writers of different keys do not meet: the table is by key (a
//! 64-bit hash), and holds only keys that have a writer right now.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use cairn_storage::Partition;
use parking_lot::Mutex;
use tokio::sync::OwnedMutexGuard;

use crate::Error;

const SHARDS: usize = 64;

type Turn = Arc<tokio::sync::Mutex<()>>;

/// The keys that have writers.
pub(crate) struct Locks {
    hasher: RandomState,
    shards: Vec<Mutex<HashMap<u64, Turn>>>,
    wait_max: Duration,
}

/// Holds the turn; the next writer goes on when it is dropped. Fields drop in this order.
pub(crate) struct Held {
    _turn: OwnedMutexGuard<()>,
    _ticket: Ticket,
}

/// Removes the key from the table when its last writer, waiting or not, is gone.
struct Ticket {
    locks: Arc<Locks>,
    hash: u64,
    turn: Turn,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut shard = self.locks.shard(self.hash).lock();
        // The table's and this one: clones are made under the shard's lock only.
        if Arc::strong_count(&self.turn) == 2 {
            shard.remove(&self.hash);
        }
    }
}

impl Locks {
    pub(crate) fn new(wait_max: Duration) -> Arc<Self> {
        Arc::new(Self {
            hasher: RandomState::new(),
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            wait_max,
        })
    }

    fn shard(&self, hash: u64) -> &Mutex<HashMap<u64, Turn>> {
        // The remainder is below the number of shards.
        &self.shards[(hash % SHARDS as u64) as usize]
    }

    /// Takes this key's turn if nobody has it.
    ///
    /// # Errors
    /// [`Error::Busy`] where somebody has.
    pub(crate) fn try_hold(self: &Arc<Self>, partition: Partition, key: &str) -> Result<Held, Error> {
        let ticket = self.ticket(partition, key);
        match Arc::clone(&ticket.turn).try_lock_owned() {
            Ok(turn) => Ok(Held {
                _turn: turn,
                _ticket: ticket,
            }),
            Err(_) => Err(Error::Busy),
        }
    }

    fn ticket(self: &Arc<Self>, partition: Partition, key: &str) -> Ticket {
        let hash = self.hasher.hash_one((partition, key));
        Ticket {
            locks: Arc::clone(self),
            hash,
            turn: Arc::clone(self.shard(hash).lock().entry(hash).or_default()),
        }
    }

    /// Waits for this key's turn; writers come in the order they asked. The empty key is the bucket's
    /// configuration.
    ///
    /// # Errors
    /// [`Error::Busy`] after `key_wait_max`.
    pub(crate) async fn hold(self: &Arc<Self>, partition: Partition, key: &str) -> Result<Held, Error> {
        let ticket = self.ticket(partition, key);
        let turn = Arc::clone(&ticket.turn);
        let turn = match turn.try_lock_owned() {
            Ok(turn) => turn,
            Err(_) => {
                let turn = Arc::clone(&ticket.turn);
                match tokio::time::timeout(self.wait_max, turn.lock_owned()).await {
                    Ok(turn) => turn,
                    Err(_) => return Err(Error::Busy),
                }
            }
        };
        Ok(Held {
            _turn: turn,
            _ticket: ticket,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_at_a_time_and_nothing_stays_behind() {
        let locks = Locks::new(Duration::from_millis(20));
        let first = locks.hold(Partition(1), "k").await.unwrap();
        assert!(matches!(locks.hold(Partition(1), "k").await, Err(Error::Busy)));
        let other = locks.hold(Partition(2), "k").await.unwrap();
        let waiting = tokio::spawn({
            let locks = Arc::clone(&locks);
            async move { locks.hold(Partition(1), "k").await.map(drop) }
        });
        tokio::task::yield_now().await;
        drop(first);
        waiting.await.unwrap().unwrap();
        drop(other);
        assert!(locks.shards.iter().all(|shard| shard.lock().is_empty()));
    }
}
