//! The figures, for reading, for a table and for programs.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use serde::Serialize;

use crate::options::{Format, Options};
use crate::server::Usage;
use crate::statistics::Statistics;

/// Heads of the columns of [`Format::Markdown`], for whoever makes the table.
#[cfg(test)]
const COLUMNS: &str = "| what | c | requests/s | MB/s | p50 ms | p95 ms | p99 ms | p99.9 ms | errors | CPU µs/request | peak RSS MiB | written B/request | syncs/request |";

/// What a run came to. Quantities of the server are missing where it was not told which process it is.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    label: String,
    workload: String,
    connections: u16,
    object_bytes: u64,
    keys: u64,
    seconds: f64,
    requests: u64,
    pub(crate) errors: u64,
    failures: BTreeMap<String, u64>,
    requests_per_second: f64,
    /// Bytes of objects, a million to the MB.
    megabytes_per_second: f64,
    latency_mean_micros: f64,
    latency_p50_micros: u64,
    latency_p95_micros: u64,
    latency_p99_micros: u64,
    latency_p999_micros: u64,
    latency_max_micros: u64,
    server_cpu_micros_per_request: Option<f64>,
    server_cores: Option<f64>,
    server_rss_peak_bytes: Option<u64>,
    server_written_bytes_per_request: Option<f64>,
    server_syncs_per_request: Option<f64>,
    own_cpu_micros_per_request: Option<f64>,
}

impl Report {
    pub(crate) fn new(
        options: &Options,
        all: &Statistics,
        elapsed: Duration,
        server: Usage,
        own: Usage,
    ) -> Self {
        let (seconds, requests) = (elapsed.as_secs_f64(), all.requests());
        let each = |total: Option<u64>| {
            total
                .filter(|_| requests > 0)
                .map(|total| total as f64 / requests as f64)
        };
        Self {
            label: options.label.clone(),
            workload: format!("{:?}", options.workload).to_lowercase(),
            connections: options.connections,
            object_bytes: options.size.0,
            keys: options.keys,
            seconds,
            requests,
            errors: all.errors,
            failures: all.failures.clone(),
            requests_per_second: requests as f64 / seconds,
            megabytes_per_second: all.bytes as f64 / seconds / 1e6,
            latency_mean_micros: all.mean(),
            latency_p50_micros: all.percentile(50.0),
            latency_p95_micros: all.percentile(95.0),
            latency_p99_micros: all.percentile(99.0),
            latency_p999_micros: all.percentile(99.9),
            latency_max_micros: all.max(),
            server_cpu_micros_per_request: each(server.cpu_micros),
            server_cores: server.cpu_micros.map(|micros| micros as f64 / 1e6 / seconds),
            server_rss_peak_bytes: server.rss_peak_bytes,
            server_written_bytes_per_request: each(server.written_bytes),
            server_syncs_per_request: each(server.syncs),
            own_cpu_micros_per_request: each(own.cpu_micros),
        }
    }

    /// In the form asked for, with a newline at the end.
    pub(crate) fn text(&self, format: Format) -> String {
        match format {
            Format::Text => self.plain(),
            Format::Markdown => self.row(),
            Format::Json => serde_json::to_string(self).unwrap_or_default() + "\n",
        }
    }

    fn plain(&self) -> String {
        let millis = |micros: u64| format!("{:.3}", micros as f64 / 1000.0);
        let mut text = String::new();
        let mut line = |name: &str, value: String| {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{name:<20}{value}");
        };
        let size = self.object_bytes;
        line(
            "workload",
            format!("{} {size} bytes, {} connections", self.workload, self.connections),
        );
        line(
            "requests",
            format!(
                "{} in {:.1} s, {} errors",
                self.requests, self.seconds, self.errors
            ),
        );
        for (failure, count) in &self.failures {
            line("", format!("{count} × {failure}"));
        }
        line(
            "throughput",
            format!(
                "{:.0} requests/s, {:.1} MB/s",
                self.requests_per_second, self.megabytes_per_second
            ),
        );
        let latencies = [
            self.latency_p50_micros,
            self.latency_p95_micros,
            self.latency_p99_micros,
        ];
        let [p50, p95, p99] = latencies.map(millis);
        let (p999, max) = (millis(self.latency_p999_micros), millis(self.latency_max_micros));
        line(
            "latency ms",
            format!("p50 {p50}  p95 {p95}  p99 {p99}  p99.9 {p999}  max {max}"),
        );
        if let (Some(cpu), Some(cores)) = (self.server_cpu_micros_per_request, self.server_cores) {
            line("server CPU", format!("{cpu:.1} µs/request, {cores:.2} cores"));
        }
        if let Some(peak) = self.server_rss_peak_bytes {
            line(
                "server peak RSS",
                format!("{:.1} MiB", peak as f64 / f64::from(1 << 20)),
            );
        }
        if let Some(written) = self.server_written_bytes_per_request {
            line("server writes", format!("{written:.0} bytes/request"));
        }
        if let Some(syncs) = self.server_syncs_per_request {
            line("server syncs", format!("{syncs:.3} per request"));
        }
        if let Some(own) = self.own_cpu_micros_per_request {
            line("own CPU", format!("{own:.1} µs/request"));
        }
        text
    }

    fn row(&self) -> String {
        let millis = |micros: u64| format!("{:.2}", micros as f64 / 1000.0);
        let maybe = |value: Option<f64>, digits: usize| {
            value.map_or("–".to_owned(), |value| format!("{value:.digits$}"))
        };
        let cells = [
            self.label.clone(),
            self.connections.to_string(),
            format!("{:.0}", self.requests_per_second),
            format!("{:.1}", self.megabytes_per_second),
            millis(self.latency_p50_micros),
            millis(self.latency_p95_micros),
            millis(self.latency_p99_micros),
            millis(self.latency_p999_micros),
            self.errors.to_string(),
            maybe(self.server_cpu_micros_per_request, 0),
            maybe(
                self.server_rss_peak_bytes
                    .map(|peak| peak as f64 / f64::from(1 << 20)),
                0,
            ),
            maybe(self.server_written_bytes_per_request, 0),
            maybe(self.server_syncs_per_request, 2),
        ];
        format!("| {} |\n", cells.join(" | "))
    }
}

#[cfg(test)]
mod tests {
    use super::{COLUMNS, Report};
    use crate::client::Done;
    use crate::options::{Format, Options};
    use crate::server::Usage;
    use crate::statistics::Statistics;
    use clap::Parser as _;
    use std::time::Duration;

    fn report() -> Report {
        let options = Options::parse_from([
            "cairn-load",
            "put",
            "--access-key",
            "a",
            "--secret-key",
            "b",
            "--label",
            "PUT",
        ]);
        let mut all = Statistics::new();
        for _ in 0..1000 {
            all.record(&Ok(Done {
                time: Duration::from_millis(2),
                bytes: 4096,
            }));
        }
        let server = Usage {
            cpu_micros: Some(50_000),
            syncs: Some(100),
            ..Usage::default()
        };
        Report::new(&options, &all, Duration::from_secs(2), server, Usage::default())
    }

    #[test]
    fn row_has_the_columns() {
        let row = report().text(Format::Markdown);
        assert_eq!(row.matches('|').count(), COLUMNS.matches('|').count());
        assert!(row.starts_with("| PUT | 1 | 500 | 2.0 | 2.00 |"), "{row}");
        assert!(row.ends_with("| 50 | – | – | 0.10 |\n"), "{row}");
    }

    #[test]
    fn json_is_an_object() {
        let json: serde_json::Value = serde_json::from_str(&report().text(Format::Json)).unwrap();
        assert_eq!(json["requests"], 1000);
        assert_eq!(json["server_syncs_per_request"], 0.1);
    }

    #[test]
    fn text_says_what_the_server_used() {
        let text = report().text(Format::Text);
        assert!(
            text.contains("50.0 µs/request") && text.contains("0.100 per request"),
            "{text}"
        );
    }
}
