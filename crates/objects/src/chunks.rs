//! Gathers what the network brings, frame by frame, in chunks worth handing over.
//!
//! A chunk is shared by the hasher and the blob writer; when both are done with it, its buffer is used again.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

/// Bytes of a chunk; the last of a body may have less. Several of the blocks that engines checksum.
pub(crate) const CHUNK_BYTES: usize = 256 * 1024;
/// Chunks remembered because their buffers may come back. What is in use at a time is bounded by those who use
/// them ([`crate::hashing::CHUNKS_HELD_MAX`], the back pressure of a blob writer).
const GIVEN_MAX: usize = 16;

#[derive(Default)]
pub(crate) struct Chunks {
    filling: BytesMut,
    given: VecDeque<Bytes>,
}

impl Chunks {
    /// Takes from the front of `data`. Where that fills a chunk, here it is, and there may be more in `data`.
    pub(crate) fn fill(&mut self, data: &mut Bytes) -> Option<Bytes> {
        if data.is_empty() {
            return None;
        }
        if self.filling.is_empty() {
            self.filling = self.buffer();
        }
        let now = data.split_to(data.len().min(CHUNK_BYTES - self.filling.len()));
        self.filling.extend_from_slice(&now);
        (self.filling.len() == CHUNK_BYTES).then(|| self.give())
    }

    /// What is left in the end, if anything.
    pub(crate) fn rest(&mut self) -> Option<Bytes> {
        (!self.filling.is_empty()).then(|| self.give())
    }

    fn give(&mut self) -> Bytes {
        let chunk = std::mem::take(&mut self.filling).freeze();
        if self.given.len() == GIVEN_MAX {
            self.given.pop_front();
        }
        self.given.push_back(chunk.clone());
        chunk
    }

    /// One that nobody uses any more, or a new one.
    fn buffer(&mut self) -> BytesMut {
        if let Some(oldest) = self.given.pop_front() {
            match oldest.try_into_mut() {
                Ok(mut buffer) => {
                    buffer.clear();
                    return buffer;
                }
                Err(used) => self.given.push_front(used),
            }
        }
        BytesMut::with_capacity(CHUNK_BYTES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_the_frames_joined() {
        let whole: Vec<u8> = (0..3 * CHUNK_BYTES + 5).map(|at| (at % 251) as u8).collect();
        for frame_bytes in [1000, 65_536, CHUNK_BYTES, whole.len()] {
            let mut chunks = Chunks::default();
            let mut joined = Vec::new();
            for frame in whole.chunks(frame_bytes) {
                let mut frame = Bytes::copy_from_slice(frame);
                while let Some(chunk) = chunks.fill(&mut frame) {
                    assert_eq!(chunk.len(), CHUNK_BYTES);
                    joined.extend_from_slice(&chunk);
                }
                assert!(frame.is_empty());
            }
            joined.extend_from_slice(&chunks.rest().unwrap());
            assert!(joined == whole, "frames of {frame_bytes}");
            assert!(chunks.rest().is_none());
        }
    }

    #[test]
    fn buffers_are_used_again_once_nobody_has_them() {
        let mut chunks = Chunks::default();
        let mut next = |byte: u8| {
            let mut data = Bytes::from(vec![byte; CHUNK_BYTES]);
            chunks.fill(&mut data).unwrap()
        };
        let first = next(1);
        let second = next(2);
        assert_eq!((first[0], second[0]), (1, 2), "a chunk in use stays as it is");
        let address = first.as_ptr();
        drop(first);
        let third = next(3);
        assert_eq!(third.as_ptr(), address);
        assert_eq!((second[0], third[0]), (2, 3));
    }

    #[test]
    fn at_most_given_max_are_remembered() {
        let mut chunks = Chunks::default();
        let mut all = Vec::new();
        for _ in 0..2 * GIVEN_MAX {
            let mut data = Bytes::from(vec![0; CHUNK_BYTES]);
            all.push(chunks.fill(&mut data));
        }
        assert_eq!(chunks.given.len(), GIVEN_MAX);
    }
}
