//! The memory that downloads read into.
//!
//! A new buffer costs more than what is read into it: the allocator maps it, the kernel zeroes its pages
//! one fault at a time, and safe code zeroes it again. So buffers are used again, the last one given back
//! first, while it is still in the processor's cache. What was handed out as `Bytes` comes back when the
//! last clone of it is dropped; until then nobody else has the buffer.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use parking_lot::Mutex;

use crate::options::{READ_BUFFERS_KEPT_BYTES_MAX, READ_BYTES};

/// The buffers of all downloads of an engine.
#[derive(Debug)]
pub(crate) struct Buffers {
    /// Bytes held from which on each download has to do with less ([`crate::Options::read_buffers_bytes`]).
    crowd: usize,
    /// Of [`READ_BYTES`] each, at most [`READ_BUFFERS_KEPT_BYTES_MAX`] together.
    kept: Mutex<Vec<Box<[u8]>>>,
    /// Bytes of the buffers that are not kept, which jobs and answers hold.
    held: AtomicUsize,
}

impl Buffers {
    pub(crate) fn new(crowd: u64) -> Arc<Self> {
        Arc::new(Self {
            crowd: usize::try_from(crowd).unwrap_or(usize::MAX),
            kept: Mutex::default(),
            held: AtomicUsize::default(),
        })
    }

    /// A buffer of `length` bytes, at most [`READ_BYTES`]. It holds what its last user left in it.
    pub(crate) fn take(self: &Arc<Self>, length: usize) -> Buffer {
        let kept = if self.crowded() {
            None
        } else {
            self.kept.lock().pop()
        };
        let memory = kept.unwrap_or_else(|| {
            let size = if self.crowded() { length } else { READ_BYTES };
            vec![0; size.max(length)].into_boxed_slice()
        });
        self.held.fetch_add(memory.len(), Ordering::Relaxed);
        Buffer {
            memory,
            length,
            buffers: Arc::clone(self),
        }
    }

    /// Bytes that jobs and answers hold.
    pub(crate) fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    /// Whether downloads hold so much memory, being many or slow, that each has to do with less.
    pub(crate) fn crowded(&self) -> bool {
        self.held() >= self.crowd
    }
}

/// A buffer in use by one job or answer. It goes back when dropped.
#[derive(Debug)]
pub(crate) struct Buffer {
    memory: Box<[u8]>,
    length: usize,
    buffers: Arc<Buffers>,
}

impl Buffer {
    pub(crate) fn as_mut(&mut self) -> &mut [u8] {
        &mut self.memory[..self.length]
    }

    /// Hands the bytes out; the buffer goes back when the last clone is dropped.
    pub(crate) fn freeze(self) -> Bytes {
        Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        &self.memory[..self.length]
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let memory = std::mem::take(&mut self.memory);
        self.buffers.held.fetch_sub(memory.len(), Ordering::Relaxed);
        if memory.len() == READ_BYTES {
            let mut kept = self.buffers.kept.lock();
            if kept.len() < READ_BUFFERS_KEPT_BYTES_MAX / READ_BYTES {
                kept.push(memory);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CROWD: usize = 64 * READ_BYTES;

    #[test]
    fn memory_is_used_again_and_never_while_a_clone_is_left() {
        let buffers = Buffers::new(CROWD as u64);
        let mut first = buffers.take(5);
        first.as_mut().copy_from_slice(b"first");
        let address = first.as_ref().as_ptr();
        let whole = first.freeze();
        let part = whole.slice(1..3);
        drop(whole);

        let mut second = buffers.take(READ_BYTES);
        assert_ne!(second.as_ref().as_ptr(), address);
        second.as_mut().fill(b'2');
        assert_eq!(&part[..], b"ir");
        drop(part);
        assert_eq!(buffers.take(1).as_ref().as_ptr(), address);
        drop(second);
        assert_eq!(buffers.held(), 0);
    }

    #[test]
    fn no_more_is_kept_than_the_limit() {
        let buffers = Buffers::new(CROWD as u64);
        let most = READ_BUFFERS_KEPT_BYTES_MAX / READ_BYTES;
        let taken: Vec<Buffer> = (0..most + 3).map(|_| buffers.take(1)).collect();
        drop(taken);
        assert_eq!(buffers.kept.lock().len(), most);
    }

    #[test]
    fn when_crowded_a_buffer_has_no_byte_too_many_and_is_not_kept() {
        let buffers = Buffers::new(CROWD as u64);
        let mut taken = Vec::new();
        while !buffers.crowded() {
            taken.push(buffers.take(1));
        }
        assert_eq!(buffers.held(), CROWD);
        let small = buffers.take(10);
        assert_eq!(buffers.held(), CROWD + 10);
        drop(small);
        assert_eq!(buffers.kept.lock().len(), 0);
        taken.pop();
        assert!(!buffers.crowded());
        assert_eq!(buffers.kept.lock().len(), 1);
    }
}
