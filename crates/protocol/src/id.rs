//! Request ids in Amazon's form (facts/01 §8).
//!
//! `x-amz-request-id` has 16 characters of `[0-9A-Z]`, `x-amz-id-2` 76 of base64. Every request needs
//! both, so they cost no system call: a counter is run through a mixing function under a seed that is
//! random once a process. 13 characters of the id are a bijection of the counter, so no two requests of
//! one process share an id; the seed keeps processes apart. Ids are no secret and nothing is decided by
//! them, so it does not matter that someone who sees many could guess the next.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The value of `x-amz-request-id` and `<RequestId>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId([u8; RequestId::CHARS]);

impl RequestId {
    /// Its length in characters.
    pub const CHARS: usize = 16;

    /// The text.
    pub fn as_str(&self) -> &str {
        // ASCII by construction.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Reads an id, as an operator gives it to `cairn explain`.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; Self::CHARS] = text.as_bytes().try_into().ok()?;
        bytes
            .iter()
            .all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
            .then_some(Self(bytes))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The value of `x-amz-id-2` and `<HostId>`: 56 bytes in base64, which ends with one `=`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostId([u8; HostId::CHARS]);

impl HostId {
    /// Its length in characters.
    pub const CHARS: usize = 76;

    /// The text.
    pub fn as_str(&self) -> &str {
        // ASCII by construction.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for HostId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Gives out the ids of one process.
#[derive(Debug)]
pub struct IdGenerator {
    seed: [u64; 2],
    next: AtomicU64,
}

impl IdGenerator {
    /// A generator; give it random words.
    pub fn new(seed: [u64; 2]) -> Self {
        Self {
            seed,
            next: AtomicU64::new(0),
        }
    }

    /// The ids of the next request.
    pub fn next(&self) -> (RequestId, HostId) {
        // Only uniqueness is asked of the counter; it orders nothing.
        let count = self.next.fetch_add(1, Ordering::Relaxed);
        let unique = mix(count.wrapping_add(self.seed[0]));
        let other = mix(unique ^ self.seed[1]);
        (request_id(unique, other), host_id(other))
    }
}

fn request_id(unique: u64, other: u64) -> RequestId {
    const ALPHABET: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    // 36^13 is more than 2^64: the last 13 digits hold all of `unique`.
    let mut value = u128::from(other % 36_u64.pow(3)) * 36_u128.pow(13) + u128::from(unique);
    let mut id = [b'0'; RequestId::CHARS];
    for digit in id.iter_mut().rev() {
        // The remainder is less than 36.
        *digit = ALPHABET[usize::try_from(value % 36).unwrap_or_default()];
        value /= 36;
    }
    RequestId(id)
}

fn host_id(seed: u64) -> HostId {
    let mut bytes = [0; 56];
    let mut state = seed;
    for word in bytes.chunks_exact_mut(8) {
        state = state.wrapping_add(GOLDEN_GAMMA);
        word.copy_from_slice(&mix(state).to_le_bytes());
    }
    let mut id = [b'='; HostId::CHARS];
    // Cannot fail: 56 bytes are 76 characters.
    let _ = STANDARD.encode_slice(bytes, &mut id);
    HostId(id)
}

const GOLDEN_GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// The finalizer of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): a bijection that spreads every bit.
fn mix(value: u64) -> u64 {
    let value = value.wrapping_mul(GOLDEN_GAMMA);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{IdGenerator, RequestId};

    #[test]
    fn ids_have_amazons_form_and_differ() {
        let ids = IdGenerator::new([1, 2]);
        let mut seen = HashSet::new();
        for _ in 0..10_000 {
            let (request, host) = ids.next();
            assert_eq!(RequestId::parse(request.as_str()), Some(request));
            assert_eq!(host.as_str().len(), 76);
            assert!(host.as_str().ends_with('=') && !host.as_str().ends_with("=="));
            assert!(seen.insert(request));
            assert!(seen.len() < 2 || host.as_str() != ids.next().1.as_str());
        }
        let other = IdGenerator::new([3, 4]);
        assert!((0..100).all(|_| !seen.contains(&other.next().0)));
    }

    #[test]
    fn texts_that_are_no_ids() {
        for bad in ["", "DJD1JHZN4GG0QK9", "DJD1JHZN4GG0QK94X", "djd1jhzn4gg0qk94"] {
            assert_eq!(RequestId::parse(bad), None);
        }
        assert!(RequestId::parse("DJD1JHZN4GG0QK94").is_some());
    }
}
