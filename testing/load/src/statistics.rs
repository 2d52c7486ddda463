//! What was measured: requests, bytes, latencies, failures.

use std::collections::BTreeMap;

use std::time::Duration;

use hdrhistogram::Histogram;

use crate::client::Failure;

/// Longest latency that is told apart, in microseconds: longer than a request may take.
const LATENCY_MAX_MICROS: u64 = 120_000_000;
/// Significant digits of a latency.
const DIGITS: u8 = 3;
/// Different failures that are kept; the rest is only counted.
const FAILURES_MAX: usize = 20;

/// The measurements of one connection, or of all together.
pub(crate) struct Statistics {
    latencies: Histogram<u64>,
    pub(crate) bytes: u64,
    pub(crate) errors: u64,
    /// What went wrong, in words, and how often.
    pub(crate) failures: BTreeMap<String, u64>,
}

impl Statistics {
    #[expect(
        clippy::expect_used,
        reason = "the bounds are constants that the histogram accepts"
    )]
    pub(crate) fn new() -> Self {
        let latencies = Histogram::new_with_bounds(1, LATENCY_MAX_MICROS, DIGITS);
        Self {
            latencies: latencies.expect("valid bounds"),
            bytes: 0,
            errors: 0,
            failures: BTreeMap::new(),
        }
    }

    /// An operation that succeeded.
    pub(crate) fn record(&mut self, time: Duration, bytes: u64) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.latencies.saturating_record(micros.max(1));
        self.bytes += bytes;
    }

    /// One that failed.
    pub(crate) fn record_failure(&mut self, failure: &Failure) {
        self.errors += 1;
        self.fail(kind(failure), 1);
    }

    fn fail(&mut self, text: String, count: u64) {
        if self.failures.len() < FAILURES_MAX || self.failures.contains_key(&text) {
            *self.failures.entry(text).or_default() += count;
        }
    }

    /// Adds another connection's.
    pub(crate) fn add(&mut self, other: Self) {
        // Both have the same bounds, so nothing is lost.
        let _ = self.latencies.add(other.latencies);
        self.bytes += other.bytes;
        self.errors += other.errors;
        for (text, count) in other.failures {
            self.fail(text, count);
        }
    }

    /// Operations that succeeded.
    pub(crate) fn operations(&self) -> u64 {
        self.latencies.len()
    }

    /// The latency that `percent` of the operations did not exceed, in microseconds.
    pub(crate) fn percentile(&self, percent: f64) -> u64 {
        self.latencies.value_at_percentile(percent)
    }

    pub(crate) fn max(&self) -> u64 {
        self.latencies.max()
    }
}

/// A failure without what differs from request to request, so that equal ones are counted together.
fn kind(failure: &Failure) -> String {
    match failure {
        Failure::Status { status, body } => {
            let code = body
                .split_once("<Code>")
                .and_then(|(_, rest)| rest.split_once("</Code>"));
            format!("{} {}", status.as_u16(), code.map_or("", |(code, _)| code))
                .trim_end()
                .to_owned()
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::Statistics;
    use crate::client::Failure;
    use http::StatusCode;
    use std::time::Duration;

    #[test]
    fn adds_up() {
        let mut all = Statistics::new();
        for worker in 0..3 {
            let mut one = Statistics::new();
            for millis in 1..=100 {
                one.record(Duration::from_millis(millis), 10);
            }
            let body = format!("<Error><Code>SlowDown</Code><RequestId>{worker}</RequestId></Error>");
            one.record_failure(&Failure::Status {
                status: StatusCode::SERVICE_UNAVAILABLE,
                body,
            });
            all.add(one);
        }
        assert_eq!((all.operations(), all.bytes, all.errors), (300, 3000, 3));
        assert_eq!(
            all.failures.clone().into_iter().collect::<Vec<_>>(),
            [("503 SlowDown".to_owned(), 3)]
        );
        // Within the three digits that are kept.
        for (percent, micros) in [(50.0, 50_000), (95.0, 95_000), (99.0, 99_000), (99.9, 100_000)] {
            let got = all.percentile(percent);
            assert!(got.abs_diff(micros) <= micros / 1000, "p{percent}: {got}");
        }
        assert!(all.max().abs_diff(100_000) <= 100);
    }

    #[test]
    fn what_takes_longer_than_is_told_apart_is_not_lost() {
        let mut all = Statistics::new();
        all.record(Duration::from_secs(3600), 1);
        all.record(Duration::ZERO, 1);
        assert_eq!(all.operations(), 2);
        assert!(all.max() >= super::LATENCY_MAX_MICROS);
    }

    #[test]
    fn different_failures_are_bounded() {
        let mut all = Statistics::new();
        for number in 0..100_u64 {
            all.record_failure(&Failure::Length {
                got: number,
                expected: 0,
            });
        }
        assert_eq!(all.errors, 100);
        assert_eq!(all.failures.len(), super::FAILURES_MAX);
    }
}
