//! MD5 of one stream, and of several at once.
//!
//! ETags are MD5, so every uploaded byte is hashed with it. A step of MD5 needs the one before: a single
//! stream cannot use more of a processor than that chain does. [`update_together`] hashes up to [`LANES`]
//! streams in the lanes of vectors, for about the time of one. Where it runs it finds the widest
//! instructions the processor has, without `unsafe` here: `fearless_simd` encapsulates it.
//!
//! The crates there are for this (`md5-many`, `md5-simd`) are young, and have assembly and `unsafe` of their
//! own. Where vectors do not help, the compression is that of `md-5`.

mod kernel;

use fearless_simd::Level;
pub use kernel::LANES;
use kernel::{Block, State};

const BLOCK_BYTES: usize = size_of::<Block>();

/// A digest in bytes.
pub type Digest = [u8; 16];

/// Computes MD5 over bytes as they come.
#[derive(Clone)]
pub struct Md5Hasher {
    state: State,
    /// Of all bytes so far. MD5 counts bits modulo 2^64.
    length_bytes: u64,
    /// The first `length_bytes % BLOCK_BYTES` are what did not fill a block yet.
    rest: Block,
}

impl Default for Md5Hasher {
    fn default() -> Self {
        Self {
            state: [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476],
            length_bytes: 0,
            rest: [0; BLOCK_BYTES],
        }
    }
}

impl Md5Hasher {
    /// Adds bytes.
    pub fn update(&mut self, data: &[u8]) {
        update_together(&mut [(self, data)]);
    }

    /// The digest of all that was added.
    pub fn finish(mut self) -> Digest {
        let length_bits = self.length_bytes.wrapping_mul(8);
        // The length ends a block, after a byte 0x80 and what zeros it takes.
        let zeros = (2 * BLOCK_BYTES - 1 - 8 - self.rest_bytes()) % BLOCK_BYTES;
        let mut padding = [0; 2 * BLOCK_BYTES];
        padding[0] = 0x80;
        padding[1 + zeros..1 + zeros + 8].copy_from_slice(&length_bits.to_le_bytes());
        self.update(&padding[..1 + zeros + 8]);
        let mut digest = [0; 16];
        for (bytes, word) in digest.chunks_exact_mut(4).zip(self.state) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        digest
    }

    fn rest_bytes(&self) -> usize {
        (self.length_bytes % BLOCK_BYTES as u64) as usize
    }

    /// Takes what completes the block begun before, or is too short to; returns what is left.
    fn fill<'a>(&mut self, level: Level, data: &'a [u8]) -> &'a [u8] {
        let begun = self.rest_bytes();
        if begun == 0 {
            return data;
        }
        let (now, later) = data.split_at(data.len().min(BLOCK_BYTES - begun));
        self.rest[begun..begun + now.len()].copy_from_slice(now);
        self.length_bytes = self.length_bytes.wrapping_add(now.len() as u64);
        if self.rest_bytes() == 0 {
            kernel::compress(level, std::slice::from_mut(&mut self.state), &[&[self.rest]]);
        }
        later
    }

    /// Keeps the last bytes, less than a block.
    fn keep(&mut self, data: &[u8]) {
        self.rest[..data.len()].copy_from_slice(data);
        self.length_bytes = self.length_bytes.wrapping_add(data.len() as u64);
    }
}

/// Adds to each stream its bytes, of any number and any length. Up to [`LANES`] streams cost about as much as
/// the longest alone.
pub fn update_together(streams: &mut [(&mut Md5Hasher, &[u8])]) {
    update_at(Level::new(), streams);
}

fn update_at(level: Level, streams: &mut [(&mut Md5Hasher, &[u8])]) {
    for streams in streams.chunks_mut(LANES) {
        for (md5, data) in streams.iter_mut() {
            *data = md5.fill(level, data);
        }
        // Longest first, so that those with blocks left are always the first ones.
        streams.sort_unstable_by_key(|(_, data)| std::cmp::Reverse(data.len()));
        loop {
            let lanes = streams.partition_point(|(_, data)| data.len() >= BLOCK_BYTES);
            if lanes == 0 {
                break;
            }
            let mut states = [State::default(); LANES];
            let mut blocks: [&[Block]; LANES] = [&[]; LANES];
            for (lane, (md5, data)) in streams[..lanes].iter().enumerate() {
                states[lane] = md5.state;
                blocks[lane] = data.as_chunks().0;
            }
            let count = kernel::compress(level, &mut states[..lanes], &blocks[..lanes]);
            for (state, (md5, data)) in states.iter().zip(&mut streams[..lanes]) {
                md5.state = *state;
                md5.length_bytes = md5.length_bytes.wrapping_add((count * BLOCK_BYTES) as u64);
                *data = &data[count * BLOCK_BYTES..];
            }
        }
        for (md5, data) in streams {
            md5.keep(data);
        }
    }
}

#[cfg(test)]
mod tests {
    use md5::Digest as _;
    use proptest::prelude::*;

    use super::*;

    /// Every way this processor can be made to take.
    fn levels() -> Vec<Level> {
        let widest = Level::new();
        #[cfg(target_arch = "x86_64")]
        let narrower = [
            widest.as_sse4_2().map(Level::Sse4_2),
            widest.as_avx2().map(Level::Avx2),
        ];
        #[cfg(not(target_arch = "x86_64"))]
        let narrower = [];
        let narrower = narrower.into_iter().flatten();
        [Level::baseline(), widest].into_iter().chain(narrower).collect()
    }

    // RFC 1321 A.5.
    #[test]
    fn vectors() {
        let vectors = [
            ("", "d41d8cd98f00b204e9800998ecf8427e"),
            ("a", "0cc175b9c0f1b6a831c399e269772661"),
            ("abc", "900150983cd24fb0d6963f7d28e17f72"),
            ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
            ("abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"),
            (
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
                "d174ab98d277d9f5a5611c2c9f419d9f",
            ),
            (
                "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
                "57edf4a22be3c955ac49da2e2107b67a",
            ),
        ];
        for (text, expected) in vectors {
            let mut md5 = Md5Hasher::default();
            md5.update(text.as_bytes());
            assert_eq!(hex::encode(md5.finish()), expected, "{text}");
        }
        for level in levels() {
            let mut streams = vec![Md5Hasher::default(); vectors.len()];
            let texts = vectors.iter().map(|(text, _)| text.as_bytes());
            update_at(level, &mut streams.iter_mut().zip(texts).collect::<Vec<_>>());
            for (md5, (text, expected)) in streams.into_iter().zip(vectors) {
                assert_eq!(hex::encode(md5.finish()), expected, "{text} at {level:?}");
            }
        }
    }

    #[test]
    fn every_length_around_a_block() {
        let data: Vec<u8> = (0..200).collect();
        for length in 0..data.len() {
            let mut md5 = Md5Hasher::default();
            md5.update(&data[..length]);
            assert_eq!(
                md5.finish(),
                Digest::from(md5::Md5::digest(&data[..length])),
                "{length}"
            );
        }
    }

    proptest! {
        /// Streams that get pieces of any lengths together have the digests they would have alone.
        #[test]
        fn together_as_alone(
            pieces in prop::collection::vec(prop::collection::vec(0_usize..700, 0..6), 1..2 * LANES + 2),
            seed: u8,
        ) {
            let piece = |stream: usize, turn: usize, length: usize| -> Vec<u8> {
                (0..length).map(|at| (at * 7 + stream * 31 + turn * 13) as u8 ^ seed).collect()
            };
            for level in levels() {
                let mut together = vec![Md5Hasher::default(); pieces.len()];
                let mut alone = vec![md5::Md5::new(); pieces.len()];
                for turn in 0..6 {
                    let data: Vec<Vec<u8>> = pieces
                        .iter()
                        .enumerate()
                        .map(|(stream, turns)| piece(stream, turn, turns.get(turn).copied().unwrap_or(0)))
                        .collect();
                    let given = together.iter_mut().zip(data.iter().map(Vec::as_slice));
                    update_at(level, &mut given.collect::<Vec<_>>());
                    alone.iter_mut().zip(&data).for_each(|(md5, data)| md5.update(data));
                }
                for (together, alone) in together.into_iter().zip(alone) {
                    prop_assert_eq!(together.finish(), Digest::from(alone.finalize()), "at {:?}", level);
                }
            }
        }
    }
}
