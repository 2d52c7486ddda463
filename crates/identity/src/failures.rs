//! Wrong codes and passwords, counted where they are compared.

/// The counter of authentications that failed, by `reason`: the crates that authenticate count in one metric.
pub const AUTHENTICATION_FAILURES: &str = "cairn_authentication_failures_total";

/// Counts one.
pub(crate) fn count(reason: &'static str) {
    metrics::counter!(AUTHENTICATION_FAILURES, "reason" => reason).increment(1);
}
