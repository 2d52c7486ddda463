//! What is kept of a request: counters, durations, and one line of access log (refusals at `info`, all
//! others at `debug`).
//!
//! The operation's name is the only label taken from a request, and it comes from the table, so that no
//! client can make the number of time series grow.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use http::StatusCode;
use metrics::{Counter, Gauge, Histogram};
use parking_lot::RwLock;

use crate::authentication_failures;

/// The time series of requests, looked up in the recorder once: its look-up costs more than the counting. Whoever
/// installs a recorder does so before the first request.
#[derive(Default)]
pub(crate) struct Series {
    in_flight: OnceLock<Gauge>,
    /// By operation: as many as the tables of operations have rows.
    operations: RwLock<HashMap<&'static str, Arc<OperationSeries>>>,
}

/// Those of one operation.
struct OperationSeries {
    /// By the status's first digit, made with the first such answer: a series that never counted is not shown.
    totals: [OnceLock<Counter>; STATUS_CLASSES.len()],
    seconds: Histogram,
}

const STATUS_CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

impl Series {
    /// Starts measuring a request.
    pub(crate) fn start(&self) -> Record<'_> {
        let in_flight = self
            .in_flight
            .get_or_init(|| metrics::gauge!("cairn_requests_in_flight"));
        in_flight.increment(1.0);
        Record {
            series: self,
            in_flight,
            started: Instant::now(),
        }
    }

    fn of(&self, operation: &'static str) -> Arc<OperationSeries> {
        if let Some(found) = self.operations.read().get(operation) {
            return Arc::clone(found);
        }
        let made = || {
            Arc::new(OperationSeries {
                totals: Default::default(),
                seconds: metrics::histogram!("cairn_request_duration_seconds", "operation" => operation),
            })
        };
        Arc::clone(self.operations.write().entry(operation).or_insert_with(made))
    }
}

impl OperationSeries {
    fn count(&self, operation: &'static str, status: StatusCode) {
        let class = usize::from(status.as_u16() / 100).clamp(1, STATUS_CLASSES.len()) - 1;
        if let (Some(total), Some(class)) = (self.totals.get(class), STATUS_CLASSES.get(class)) {
            let made =
                || metrics::counter!("cairn_requests_total", "operation" => operation, "status" => *class);
            total.get_or_init(made).increment(1);
        }
    }
}

/// A request being measured.
pub(crate) struct Record<'a> {
    series: &'a Series,
    in_flight: &'a Gauge,
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

impl Record<'_> {
    /// Writes the line and counts the request. Gives back the duration, which is that until the answer's
    /// head.
    pub(crate) fn finish(self, line: &Line<'_>) -> Duration {
        let elapsed: Duration = self.started.elapsed();
        let series = self.series.of(line.operation);
        series.count(line.operation, line.status);
        series.seconds.record(elapsed.as_secs_f64());
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

impl Drop for Record<'_> {
    fn drop(&mut self) {
        self.in_flight.decrement(1.0);
    }
}
