//! The open loop's clock: when each operation is meant to begin, whatever became of those before it.
//!
//! A closed loop sends nothing while it waits, so a server's pause is one slow operation in its figures; users
//! do not wait for each other. Here latency counts from the intended start. An operation that had to wait for a
//! free connection has waited, and those that never began are counted as unfinished ("coordinated omission",
//! as Gil Tene named its absence).

use std::time::{Duration, Instant};

const NANOS_PER_SECOND: f64 = 1e9;

/// Intended starts, evenly spaced.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Schedule {
    start: Instant,
    nanos_apart: f64,
}

impl Schedule {
    /// `rate` operations a second, the first at `start`. The rate is positive.
    pub(crate) fn new(start: Instant, rate: f64) -> Self {
        Self {
            start,
            nanos_apart: NANOS_PER_SECOND / rate,
        }
    }

    /// When operation `number` is meant to begin. Computed from the start, so that rounding does not add up.
    pub(crate) fn intended(&self, number: u64) -> Instant {
        self.start + Duration::from_nanos((number as f64 * self.nanos_apart) as u64)
    }

    /// How many operations are meant to have begun by `now`.
    pub(crate) fn due(&self, now: Instant) -> u64 {
        let Some(passed) = now.checked_duration_since(self.start) else {
            return 0;
        };
        // One is due at the very start.
        (passed.as_nanos() as f64 / self.nanos_apart) as u64 + 1
    }
}

#[cfg(test)]
mod tests {
    use super::Schedule;
    use std::time::{Duration, Instant};

    #[test]
    fn starts_are_even_and_do_not_drift() {
        let start = Instant::now();
        let schedule = Schedule::new(start, 3000.0);
        assert_eq!(schedule.intended(0), start);
        assert_eq!(schedule.intended(3), start + Duration::from_millis(1));
        // An hour later a third of a microsecond, rounded each time, would be a second off.
        assert_eq!(schedule.intended(3000 * 3600), start + Duration::from_secs(3600));
    }

    #[test]
    fn what_is_due_is_what_was_meant_to_begin() {
        let start = Instant::now();
        let schedule = Schedule::new(start, 1000.0);
        assert_eq!(schedule.due(start), 1);
        assert_eq!(schedule.due(start + Duration::from_micros(999)), 1);
        assert_eq!(schedule.due(start + Duration::from_micros(1001)), 2);
        for number in [0, 1, 7, 1000, 123_456] {
            let at = schedule.intended(number) + Duration::from_nanos(10);
            assert_eq!(schedule.due(at), number + 1);
        }
        let later = Schedule::new(start + Duration::from_secs(1), 1000.0);
        assert_eq!(later.due(start), 0);
    }

    /// A server of 1 ms an operation that pauses for 1 s, under 500 operations a second on one connection:
    /// the operations behind the pause have waited too, and a percentile shows it.
    #[test]
    fn a_pause_is_seen_by_everyone_behind_it() {
        let start = Instant::now();
        let schedule = Schedule::new(start, 500.0);
        let mut free = start;
        let mut slow = 0;
        for number in 0..2000 {
            let begun = free.max(schedule.intended(number));
            let service = Duration::from_millis(if number == 500 { 1000 } else { 1 });
            free = begun + service;
            let latency = free - schedule.intended(number);
            slow += u32::from(latency > Duration::from_millis(100));
        }
        // The queue of 500 is worked off at 1000 a second while 500 a second arrive: 1 s more. Of the 1000
        // operations of these two seconds, nine tenths waited over a tenth of a second. A closed loop saw one.
        assert!((800..1000).contains(&slow), "{slow}");
    }
}
