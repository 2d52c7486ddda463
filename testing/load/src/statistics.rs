//! What was measured: requests, bytes, latencies, failures.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;

use crate::client::{Done, Failure};

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

    pub(crate) fn record(&mut self, result: &Result<Done, Failure>) {
        match result {
            Ok(done) => {
                let micros = u64::try_from(done.time.as_micros()).unwrap_or(u64::MAX);
                self.latencies.saturating_record(micros.max(1));
                self.bytes += done.bytes;
            }
            Err(failure) => {
                self.errors += 1;
                self.fail(kind(failure), 1);
            }
        }
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

    /// Requests that succeeded.
    pub(crate) fn requests(&self) -> u64 {
        self.latencies.len()
    }

    /// The latency that `percent` of the requests did not exceed, in microseconds.
    pub(crate) fn percentile(&self, percent: f64) -> u64 {
        self.latencies.value_at_percentile(percent)
    }

    pub(crate) fn mean(&self) -> f64 {
        self.latencies.mean()
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
    use crate::client::{Done, Failure};
    use http::StatusCode;
    use std::time::Duration;

    #[test]
    fn adds_up() {
        let mut all = Statistics::new();
        for worker in 0..3 {
            let mut one = Statistics::new();
            for millis in 1..=100 {
                one.record(&Ok(Done {
                    time: Duration::from_millis(millis),
                    bytes: 10,
                }));
            }
            let body = format!("<Error><Code>SlowDown</Code><RequestId>{worker}</RequestId></Error>");
            one.record(&Err(Failure::Status {
                status: StatusCode::SERVICE_UNAVAILABLE,
                body,
            }));
            all.add(one);
        }
        assert_eq!((all.requests(), all.bytes, all.errors), (300, 3000, 3));
        assert_eq!(
            all.failures.into_iter().collect::<Vec<_>>(),
            [("503 SlowDown".to_owned(), 3)]
        );
        assert!(all.latencies.value_at_percentile(50.0).abs_diff(50_000) < 100);
    }
}
