//! MD5's compression of several streams side by side: lane `n` of every vector is stream `n`.
//!
//! A step of MD5 needs the one before, so one stream leaves most of a processor idle. Vectors of four and of
//! eight lanes take about the time of one stream. With AVX-512 a step is shorter than scalar code makes it
//! (a function of three operands and a rotation are one instruction each), even for a single stream.

use fearless_simd::{Level, Simd, SimdBase, SimdInt, dispatch, u32x4, u32x8};

/// Most streams hashed side by side.
pub const LANES: usize = 8;

/// What MD5 keeps between blocks.
pub(crate) type State = [u32; 4];
pub(crate) type Block = [u8; 64];

/// Round by round, the rotations of its steps (RFC 1321 §3.4); a round repeats its four.
const ROTATIONS: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];

/// Step by step, the integer part of 2^32 times |sin(step)|, step counted from 1 (RFC 1321 §3.4).
#[rustfmt::skip]
const SINES: [u32; 64] = [
    0xd76a_a478, 0xe8c7_b756, 0x2420_70db, 0xc1bd_ceee, 0xf57c_0faf, 0x4787_c62a, 0xa830_4613, 0xfd46_9501,
    0x6980_98d8, 0x8b44_f7af, 0xffff_5bb1, 0x895c_d7be, 0x6b90_1122, 0xfd98_7193, 0xa679_438e, 0x49b4_0821,
    0xf61e_2562, 0xc040_b340, 0x265e_5a51, 0xe9b6_c7aa, 0xd62f_105d, 0x0244_1453, 0xd8a1_e681, 0xe7d3_fbc8,
    0x21e1_cde6, 0xc337_07d6, 0xf4d5_0d87, 0x455a_14ed, 0xa9e3_e905, 0xfcef_a3f8, 0x676f_02d9, 0x8d2a_4c8a,
    0xfffa_3942, 0x8771_f681, 0x6d9d_6122, 0xfde5_380c, 0xa4be_ea44, 0x4bde_cfa9, 0xf6bb_4b60, 0xbebf_bc70,
    0x289b_7ec6, 0xeaa1_27fa, 0xd4ef_3085, 0x0488_1d05, 0xd9d4_d039, 0xe6db_99e5, 0x1fa2_7cf8, 0xc4ac_5665,
    0xf429_2244, 0x432a_ff97, 0xab94_23a7, 0xfc93_a039, 0x655b_59c3, 0x8f0c_cc92, 0xffef_f47d, 0x8584_5dd1,
    0x6fa8_7e4f, 0xfe2c_e6e0, 0xa301_4314, 0x4e08_11a1, 0xf753_7e82, 0xbd3a_f235, 0x2ad7_d2bb, 0xeb86_d391,
];

/// Which of a block's words a step adds.
const fn word(step: usize) -> usize {
    let step_of_word = match step / 16 {
        0 => step,
        1 => 5 * step + 1,
        2 => 3 * step + 5,
        _ => 7 * step,
    };
    step_of_word % 16
}

/// Hashes blocks into the states of 1 to [`LANES`] streams, as many blocks of each as the shortest has.
/// Returns their number.
pub(crate) fn compress(level: Level, states: &mut [State], blocks: &[&[Block]]) -> usize {
    let count = blocks.iter().map(|blocks| blocks.len()).min().unwrap_or(0);
    if let ([state], [blocks]) = (&mut *states, blocks)
        && !prefers_vectors(level)
    {
        md5::block_api::compress(state, blocks);
    } else if blocks.len() <= 4 {
        dispatch!(level, simd => compress_4(simd, states, blocks, count));
    } else {
        dispatch!(level, simd => compress_8(simd, states, blocks, count));
    }
    count
}

/// Whether vectors are the faster way for a single stream, too.
fn prefers_vectors(level: Level) -> bool {
    #[cfg(target_arch = "x86_64")]
    let prefers = level.as_avx512().is_some();
    #[cfg(not(target_arch = "x86_64"))]
    let prefers = {
        let _ = level;
        false
    };
    prefers
}

/// Repeats the first to fill the lanes that have no stream.
#[inline(always)]
fn filled<T: Copy, const N: usize>(given: &[T]) -> [T; N] {
    std::array::from_fn(|lane| given[if lane < given.len() { lane } else { 0 }])
}

#[inline(always)]
fn compress_4<S: Simd>(simd: S, states: &mut [State], blocks: &[&[Block]], count: usize) {
    let lanes: [&[Block]; 4] = filled(blocks);
    let before: [State; 4] = filled(states);
    let mut state = std::array::from_fn(|word| u32x4::from_fn(simd, |lane| before[lane][word]));
    for at in 0..count {
        state = block(simd, state, &words_4(simd, lanes.map(|lane| &lane[at])));
    }
    for (lane, after) in states.iter_mut().enumerate() {
        *after = state.map(|word| word[lane]);
    }
}

#[inline(always)]
fn compress_8<S: Simd>(simd: S, states: &mut [State], blocks: &[&[Block]], count: usize) {
    let lanes: [&[Block]; 8] = filled(blocks);
    let before: [State; 8] = filled(states);
    let mut state = std::array::from_fn(|word| u32x8::from_fn(simd, |lane| before[lane][word]));
    #[expect(clippy::needless_range_loop, reason = "every lane is at the same block")]
    for at in 0..count {
        let low = words_4(simd, std::array::from_fn(|lane| &lanes[lane][at]));
        let high = words_4(simd, std::array::from_fn(|lane| &lanes[lane + 4][at]));
        let words = std::array::from_fn(|word| simd.combine_u32x4(low[word], high[word]));
        state = block(simd, state, &words);
    }
    for (lane, after) in states.iter_mut().enumerate() {
        *after = state.map(|word| word[lane]);
    }
}

/// The words of four blocks, word by word instead of block by block.
#[inline(always)]
fn words_4<S: Simd>(simd: S, blocks: [&Block; 4]) -> [u32x4<S>; 16] {
    let mut words = [u32x4::splat(simd, 0); 16];
    for quarter in 0..4 {
        let row = |block: &Block| {
            let word = |word: usize| {
                let at = 16 * quarter + 4 * word;
                u32::from_le_bytes([block[at], block[at + 1], block[at + 2], block[at + 3]])
            };
            u32x4::load_array(simd, [word(0), word(1), word(2), word(3)])
        };
        let [a, b, c, d] = blocks.map(row);
        let (ac, bd) = ((a.zip_low(c), a.zip_high(c)), (b.zip_low(d), b.zip_high(d)));
        words[4 * quarter] = ac.0.zip_low(bd.0);
        words[4 * quarter + 1] = ac.0.zip_high(bd.0);
        words[4 * quarter + 2] = ac.1.zip_low(bd.1);
        words[4 * quarter + 3] = ac.1.zip_high(bd.1);
    }
    words
}

#[inline(always)]
fn block<S: Simd, V: SimdInt<S> + SimdBase<S, Element = u32>>(
    simd: S,
    before: [V; 4],
    words: &[V; 16],
) -> [V; 4] {
    let mut state = before;
    // Written out: rotations and constants become part of the instructions.
    macro_rules! steps {
        ($($step:literal)*) => { $(state = step::<S, V, $step>(simd, state, words);)* };
    }
    steps!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
    steps!(16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31);
    steps!(32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47);
    steps!(48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63);
    std::array::from_fn(|word| before[word] + state[word])
}

#[inline(always)]
fn step<S: Simd, V: SimdInt<S> + SimdBase<S, Element = u32>, const STEP: usize>(
    simd: S,
    [a, b, c, d]: [V; 4],
    words: &[V; 16],
) -> [V; 4] {
    let mixed = match STEP / 16 {
        0 => d ^ (b & (c ^ d)),
        1 => c ^ (d & (b ^ c)),
        2 => b ^ c ^ d,
        _ => c ^ (b | !d),
    };
    // In this order: all but `mixed` is there before `b` is.
    let sum = a + (words[word(STEP)] + V::splat(simd, SINES[STEP])) + mixed;
    let rotation = ROTATIONS[STEP / 16][STEP % 4];
    let rotated = sum << rotation | sum >> (32 - rotation);
    [d, b + rotated, b, c]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_are_the_sines() {
        for (step, constant) in SINES.iter().enumerate() {
            let sine = ((step + 1) as f64).sin().abs() * 4_294_967_296.0;
            assert_eq!(*constant, sine as u32, "step {step}");
        }
    }
}
