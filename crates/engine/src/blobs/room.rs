//! Memory that all uploads share for their buffers.
//!
//! Every upload may fill two buffers of one block each, so that none ever waits for another, however slow that is.
//! What it fills beyond is taken from here, if there is any: a server with few uploads writes large pieces, one
//! with very many small ones.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::options::BLOCK_BYTES;

/// What is left to take, in bytes.
#[derive(Debug)]
pub(crate) struct Room(AtomicUsize);

impl Room {
    pub(crate) fn new(bytes: u64) -> Arc<Self> {
        Arc::new(Self(AtomicUsize::new(
            usize::try_from(bytes).unwrap_or(usize::MAX),
        )))
    }

    /// Takes up to `wanted` bytes, whole blocks.
    fn take(&self, wanted: usize) -> usize {
        let part = |left: usize| left.min(wanted) / BLOCK_BYTES * BLOCK_BYTES;
        let taken = self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, |left| {
            Some(left - part(left))
        });
        taken.map_or(0, part)
    }
}

/// What one upload took; it is given back when dropped.
#[derive(Debug)]
pub(super) struct Share {
    room: Arc<Room>,
    taken: usize,
}

impl Share {
    pub(super) fn new(room: &Arc<Room>) -> Self {
        Self {
            room: Arc::clone(room),
            taken: 0,
        }
    }

    /// The size of each of the two buffers, in bytes: whole blocks, at least one.
    pub(super) fn buffer_bytes(&self) -> usize {
        BLOCK_BYTES + self.taken / 2 / BLOCK_BYTES * BLOCK_BYTES
    }

    /// Makes the buffers larger, up to `wanted` bytes each, as far as there is room. Whether they are.
    pub(super) fn grow(&mut self, wanted: usize) -> bool {
        let before = self.buffer_bytes();
        let more = wanted.next_multiple_of(BLOCK_BYTES).saturating_sub(BLOCK_BYTES) * 2;
        self.taken += self.room.take(more.saturating_sub(self.taken));
        self.buffer_bytes() > before
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.room.0.fetch_add(self.taken, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::WRITE_BUFFER_BYTES;

    #[test]
    fn uploads_share_what_there_is_and_never_get_less_than_a_block() {
        let bytes = 4 * 1024 * 1024;
        let room = Room::new(bytes as u64);
        let mut shares: Vec<Share> = (0..50).map(|_| Share::new(&room)).collect();
        for share in &mut shares {
            share.grow(WRITE_BUFFER_BYTES);
        }
        assert_eq!(shares[0].buffer_bytes(), WRITE_BUFFER_BYTES);
        assert_eq!(shares[49].buffer_bytes(), BLOCK_BYTES);
        let all: usize = shares.iter().map(|share| 2 * share.buffer_bytes()).sum();
        assert!(all <= bytes + shares.len() * 2 * BLOCK_BYTES, "{all}");

        // What the first had is there for the last.
        shares.remove(0);
        assert!(shares[48].grow(WRITE_BUFFER_BYTES));
        assert_eq!(shares[48].buffer_bytes(), WRITE_BUFFER_BYTES);
        assert!(!shares[48].grow(WRITE_BUFFER_BYTES), "it has all it may");
        drop(shares);
        assert_eq!(room.0.load(Ordering::Acquire), bytes);
    }

    #[test]
    fn without_room_there_is_a_block() {
        let mut share = Share::new(&Room::new(0));
        assert!(!share.grow(WRITE_BUFFER_BYTES));
        assert_eq!(share.buffer_bytes(), BLOCK_BYTES);
    }
}
