//! How many wrong codes an MFA device takes before it takes none for a while; and wrong passwords likewise.
//!
//! A code is one of a million, and three of them are right at a time. After [`FREE`] wrong ones in a row a device
//! refuses all codes, the right one too, for [`REFUSED_FIRST`] seconds, and with each wrong one after that for
//! twice as long, up to [`REFUSED_MAX`]. So somebody who has a user's keys guesses about thirty codes a day: they
//! would need years for an even chance. What they can do is keep the user out, which a deactivation of the device
//! or of the key ends.
//!
//! The counts are in memory: a row of their own would let a wrong code cost more than a right one. A restart
//! forgets them, and so does a cache that is full; whoever wants to fill it needs [`COUNTED_MAX`] devices of which
//! each got a wrong code.

use cairn_types::Timestamp;
use quick_cache::sync::Cache;

/// Wrong codes in a row that have no consequence.
const FREE: u32 = 5;
/// Seconds for which codes are refused first.
const REFUSED_FIRST: u64 = 30;
/// Seconds for which they are refused at most.
const REFUSED_MAX: u64 = 3600;
/// Devices and users whose wrong codes and passwords are counted: each is about 150 bytes.
const COUNTED_MAX: usize = 10_000;

#[derive(Debug, Clone, Copy, Default)]
struct Wrong {
    /// In a row.
    count: u32,
    /// In seconds since 1970.
    refused_until: u64,
}

/// Wrong codes by the serial number of the device, and wrong passwords by the id of the user: no two are the same.
pub(crate) struct Guesses(Cache<String, Wrong>);

impl Default for Guesses {
    fn default() -> Self {
        Self(Cache::new(COUNTED_MAX))
    }
}

impl Guesses {
    /// Whether all codes are refused now.
    pub(crate) fn refused(&self, whose: &str, now: Timestamp) -> bool {
        self.0
            .get(whose)
            .is_some_and(|wrong| now.seconds() < wrong.refused_until)
    }

    /// Counts a wrong code. Callers have the turn of the store: no two count at once.
    pub(crate) fn wrong(&self, whose: &str, now: Timestamp) {
        let mut wrong = self.0.get(whose).unwrap_or_default();
        wrong.count = wrong.count.saturating_add(1);
        if let Some(over) = wrong.count.checked_sub(FREE) {
            let seconds = REFUSED_FIRST
                .saturating_mul(1_u64.checked_shl(over).unwrap_or(u64::MAX))
                .min(REFUSED_MAX);
            wrong.refused_until = now.seconds().saturating_add(seconds);
        }
        self.0.insert(whose.to_owned(), wrong);
    }

    /// A right code came, or the device is gone.
    pub(crate) fn forget(&self, whose: &str) {
        self.0.remove(whose);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wrong_code_after_the_free_ones_refuses_for_longer() {
        let guesses = Guesses::default();
        let mut now = Timestamp::from_seconds(1_000_000);
        for _ in 1..FREE {
            guesses.wrong("d", now);
            assert!(!guesses.refused("d", now));
        }
        let mut expected = REFUSED_FIRST;
        for _ in 0..80 {
            guesses.wrong("d", now);
            let after = |seconds| Timestamp::from_seconds(now.seconds() + seconds);
            assert!(guesses.refused("d", after(expected - 1)));
            assert!(!guesses.refused("d", after(expected)));
            assert!(!guesses.refused("other", now));
            now = after(expected);
            expected = (expected * 2).min(REFUSED_MAX);
        }
        guesses.forget("d");
        guesses.wrong("d", now);
        assert!(!guesses.refused("d", now));
    }

    #[test]
    fn no_more_devices_are_counted_than_said() {
        let guesses = Guesses::default();
        for device in 0..COUNTED_MAX + 500 {
            guesses.wrong(&device.to_string(), Timestamp::from_seconds(0));
        }
        assert!(guesses.0.len() <= COUNTED_MAX);
    }
}
