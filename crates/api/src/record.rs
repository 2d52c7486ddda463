//! What is kept of a request: counters, durations, and one line of access log (refusals at `info`, all
//! others at `debug`).
//!
//! The operation's name is the only label taken from a request, and it comes from the table, so that no
//! client can make the number of time series grow.

use std::time::{Duration, Instant};

use http::StatusCode;

use crate::authentication_failures;

/// A request being measured.
pub(crate) struct Record {
    started: Instant,
}

/// What the access log says of a request.
pub(crate) struct Line<'a> {
    /// The operation's name, or `-` where none was reached.
    pub(crate) operation: &'static str,
    /// The method.
    pub(crate) method: &'a http::Method,
    /// Path and query; a query with a signature or a password in it is left out.
    pub(crate) uri: &'a http::Uri,
    /// The answer's status.
    pub(crate) status: StatusCode,
    /// The code of a refusal.
    pub(crate) code: Option<&'static str>,
    /// Who asked, as an ARN, or `-`.
    pub(crate) principal: Option<&'a str>,
    /// The request's id.
    pub(crate) request_id: &'a str,
    /// The client's address.
    pub(crate) peer: std::net::SocketAddr,
}

impl Record {
    /// Starts measuring.
    pub(crate) fn start() -> Self {
        metrics::gauge!("cairn_requests_in_flight").increment(1.0);
        Self {
            started: Instant::now(),
        }
    }

    /// Writes the line and counts the request. Gives back the duration, which is that until the answer's
    /// head.
    pub(crate) fn finish(self, line: &Line<'_>) -> Duration {
        let elapsed: Duration = self.started.elapsed();
        let status = match line.status.as_u16() {
            100..=199 => "1xx",
            200..=299 => "2xx",
            300..=399 => "3xx",
            400..=499 => "4xx",
            _ => "5xx",
        };
        metrics::counter!("cairn_requests_total", "operation" => line.operation, "status" => status)
            .increment(1);
        metrics::histogram!("cairn_request_duration_seconds", "operation" => line.operation)
            .record(elapsed.as_secs_f64());
        if let Some(code) = line.code {
            authentication_failures::count(code);
        }
        // A refusal is what an operator looks for; a line for every success costs as much as some requests,
        // and is there for the asking: `--log-filter info,cairn::access=debug`.
        macro_rules! access {
            ($level:ident) => {
                tracing::$level!(
                    target: "cairn::access",
                    operation = line.operation,
                    method = %line.method,
                    path = line.uri.path(),
                    query = line.uri.query().filter(|query| !is_secret(query)).unwrap_or_default(),
                    status = line.status.as_u16(),
                    code = line.code.unwrap_or_default(),
                    principal = line.principal.unwrap_or("-"),
                    request_id = line.request_id,
                    peer = %line.peer,
                    micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
                )
            };
        }
        if line.code.is_some() {
            access!(info)
        } else {
            access!(debug)
        }
        elapsed
    }
}

/// Whether a query has what nobody should read in a log: a signature, or a password that is sent to IAM with GET.
fn is_secret(query: &str) -> bool {
    query.contains("ignature=") || query.contains("assword=")
}

impl Drop for Record {
    fn drop(&mut self) {
        metrics::gauge!("cairn_requests_in_flight").decrement(1.0);
    }
}
