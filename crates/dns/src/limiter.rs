//! Response rate limiting: what one network is sent over UDP, so that forged queries make this server no
//! weapon against whoever's address they carry.
//!
//! Every network (an IPv4 /24, an IPv6 /56) has a bucket of tokens that refills at a rate; an answer over
//! UDP costs one. Where there is none, every `slip`-th query is answered with an empty message marked as
//! truncated, no longer than the query, so that an honest client comes again over TCP, where an address cannot be forged; the
//! others get nothing. The table has two generations of half its size: when the younger is full, the
//! older is dropped and the younger takes its place. That is O(1) per query, and forgets networks that have
//! been silent first; a network forgotten starts with a full bucket.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// The limits on answers over UDP to one network (an IPv4 /24, an IPv6 /56).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateLimits {
    /// Answers a second, in the long run. 0 switches the limit off.
    pub answers_per_second: u32,
    /// Answers at once, after silence.
    pub burst: u32,
    /// Of the queries over the limit, every how many-th gets an empty truncated answer: 1 is every one, 0
    /// is none.
    pub slip: u32,
    /// Networks remembered.
    pub networks_max: usize,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self {
            answers_per_second: 200,
            burst: 400,
            slip: 2,
            networks_max: 65_536,
        }
    }
}

/// What becomes of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is answered.
    Answer,
    /// It is answered with nothing but the advice to come over TCP.
    Slip,
    /// It gets nothing.
    Drop,
}

/// The network an address is counted in: the address with the host's bits cleared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Network(IpAddr);

impl Network {
    fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(address) => IpAddr::V4((address.to_bits() & !0xff).into()),
            IpAddr::V6(address) => IpAddr::V6((address.to_bits() >> 72 << 72).into()),
        })
    }
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    filled: Instant,
    refused: u32,
}

#[derive(Debug, Default)]
struct Table {
    young: HashMap<Network, Bucket>,
    old: HashMap<Network, Bucket>,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Limiter {
    limits: RateLimits,
    table: Mutex<Table>,
}

impl Limiter {
    pub(crate) fn new(limits: RateLimits) -> Self {
        Self {
            limits,
            table: Mutex::default(),
        }
    }

    /// Counts a query from `source` at `now`.
    pub(crate) fn count(&self, source: IpAddr, now: Instant) -> Verdict {
        let rate = f64::from(self.limits.answers_per_second);
        if self.limits.answers_per_second == 0 {
            return Verdict::Answer;
        }
        let full = f64::from(self.limits.burst.max(1));
        let network = Network::of(source);
        let mut table = self.table.lock();
        let mut bucket = table
            .young
            .get(&network)
            .or_else(|| table.old.get(&network))
            .copied()
            .unwrap_or(Bucket {
                tokens: full,
                filled: now,
                refused: 0,
            });
        let since: Duration = now.saturating_duration_since(bucket.filled);
        bucket.tokens = (bucket.tokens + since.as_secs_f64() * rate).min(full);
        bucket.filled = bucket.filled.max(now);
        let verdict = if bucket.tokens >= 1.0 {
            bucket.tokens -= 1.0;
            bucket.refused = 0;
            Verdict::Answer
        } else {
            bucket.refused = bucket.refused.wrapping_add(1);
            match self.limits.slip {
                0 => Verdict::Drop,
                slip if bucket.refused.is_multiple_of(slip) => Verdict::Slip,
                _ => Verdict::Drop,
            }
        };
        if table.young.len() >= (self.limits.networks_max / 2).max(1) && !table.young.contains_key(&network) {
            table.old = std::mem::take(&mut table.young);
        }
        table.young.insert(network, bucket);
        verdict
    }

    #[cfg(test)]
    fn networks(&self) -> usize {
        let table = self.table.lock();
        table.young.len() + table.old.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter(slip: u32, networks_max: usize) -> Limiter {
        Limiter::new(RateLimits {
            answers_per_second: 10,
            burst: 3,
            slip,
            networks_max,
        })
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_network_over_its_rate_is_slipped_and_dropped_until_it_has_refilled() {
        let limiter = limiter(2, 100);
        let start = Instant::now();
        let count = |address: &str, millis| limiter.count(ip(address), start + Duration::from_millis(millis));
        for _ in 0..3 {
            assert_eq!(count("192.0.2.1", 0), Verdict::Answer);
        }
        // The same /24; every second one slips.
        assert_eq!(count("192.0.2.200", 0), Verdict::Drop);
        assert_eq!(count("192.0.2.1", 0), Verdict::Slip);
        assert_eq!(count("::ffff:192.0.2.9", 0), Verdict::Drop);
        assert_eq!(count("192.0.3.1", 0), Verdict::Answer);
        // One token in 100 ms; no more than the burst after a long time; a clock that steps back adds none.
        assert_eq!(count("192.0.2.1", 100), Verdict::Answer);
        assert_eq!(count("192.0.2.1", 100), Verdict::Drop);
        assert_eq!(count("192.0.2.1", 50), Verdict::Slip);
        let later: Vec<_> = (0..4).map(|_| count("192.0.2.1", 60_000)).collect();
        assert_eq!(
            later
                .iter()
                .filter(|verdict| **verdict == Verdict::Answer)
                .count(),
            3
        );
    }

    #[test]
    fn ipv6_is_counted_by_56_bits() {
        let limiter = limiter(0, 100);
        let now = Instant::now();
        for host in ["2001:db8:0:1::1", "2001:db8:0:ff::1", "2001:db8:0:2:3::4"] {
            assert_eq!(limiter.count(ip(host), now), Verdict::Answer);
        }
        assert_eq!(limiter.count(ip("2001:db8:0:9::1"), now), Verdict::Drop);
        assert_eq!(limiter.count(ip("2001:db8:0:100::1"), now), Verdict::Answer);
    }

    #[test]
    fn the_table_is_bounded_and_keeps_those_who_ask() {
        let limiter = limiter(0, 64);
        let now = Instant::now();
        let busy = ip("203.0.113.1");
        for _ in 0..3 {
            limiter.count(busy, now);
        }
        for number in 0..10_000u32 {
            limiter.count(IpAddr::V4((number << 8).into()), now);
            assert!(limiter.networks() <= 64, "{}", limiter.networks());
            assert_eq!(
                limiter.count(busy, now),
                Verdict::Drop,
                "forgotten after {number}"
            );
        }
    }

    #[test]
    fn a_rate_of_zero_is_no_limit() {
        let limiter = Limiter::new(RateLimits {
            answers_per_second: 0,
            ..RateLimits::default()
        });
        let now = Instant::now();
        assert!((0..10_000).all(|_| limiter.count(ip("192.0.2.1"), now) == Verdict::Answer));
        assert_eq!(limiter.networks(), 0);
    }
}
