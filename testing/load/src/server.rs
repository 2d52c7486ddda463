//! What a process used: from `/proc`, and from the server's own metrics where it offers them.

use std::fs;

use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Microseconds a clock tick of `/proc/PID/stat`: USER_HZ is 100 on every Linux that Rust runs on.
const TICK_MICROS: u64 = 10_000;
/// Largest page of metrics, in bytes.
const METRICS_BYTES_MAX: usize = 4 << 20;
/// Counters of Cairn that together are its syncs.
const SYNC_COUNTERS: [&str; 2] = [
    "cairn_engine_journal_syncs_total",
    "cairn_engine_data_syncs_total",
];

/// A process's counters at one moment; each is missing where the system does not tell.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Usage {
    pub(crate) cpu_micros: Option<u64>,
    pub(crate) written_bytes: Option<u64>,
    pub(crate) rss_peak_bytes: Option<u64>,
    pub(crate) syncs: Option<u64>,
}

impl Usage {
    /// Of a process; its syncs from the page of metrics at that address.
    pub(crate) async fn read(pid: Option<u32>, metrics: Option<&str>) -> Self {
        let mut usage = pid.map(Self::of_process).unwrap_or_default();
        if let Some(url) = metrics {
            usage.syncs = fetch(url).await.and_then(|page| syncs(&page));
        }
        usage
    }

    /// From `/proc/PID`.
    pub(crate) fn of_process(pid: u32) -> Self {
        let read = |name: &str| fs::read_to_string(format!("/proc/{pid}/{name}")).ok();
        Self {
            cpu_micros: read("stat").and_then(|stat| cpu_micros(&stat)),
            written_bytes: read("io").and_then(|io| field(&io, "write_bytes:")),
            rss_peak_bytes: read("status")
                .and_then(|status| field(&status, "VmHWM:"))
                .map(|kib| kib * 1024),
            syncs: None,
        }
    }

    /// Makes the peak of memory begin anew, where that is allowed (proc(5), clear_refs).
    pub(crate) fn reset_peak(pid: u32) {
        let _ = fs::write(format!("/proc/{pid}/clear_refs"), "5");
    }

    /// What was used since `earlier`; the peak stays a peak.
    pub(crate) fn since(self, earlier: Self) -> Self {
        let less = |now: Option<u64>, then: Option<u64>| Some(now?.saturating_sub(then?));
        Self {
            cpu_micros: less(self.cpu_micros, earlier.cpu_micros),
            written_bytes: less(self.written_bytes, earlier.written_bytes),
            rss_peak_bytes: self.rss_peak_bytes,
            syncs: less(self.syncs, earlier.syncs),
        }
    }
}

/// User and system time. The name, in parentheses, may itself have spaces and parentheses.
fn cpu_micros(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u64>().ok();
    Some((ticks()? + ticks()?) * TICK_MICROS)
}

fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

fn syncs(page: &str) -> Option<u64> {
    // One line an engine, told apart by labels.
    let lines = page.lines().filter(|line| {
        line.split([' ', '{'])
            .next()
            .is_some_and(|name| SYNC_COUNTERS.contains(&name))
    });
    let found: Vec<u64> = lines
        .filter_map(|line| line.rsplit(' ').next()?.parse().ok())
        .collect();
    (!found.is_empty()).then(|| found.iter().sum())
}

async fn fetch(url: &str) -> Option<String> {
    let uri: http::Uri = url.parse().ok()?;
    let authority = uri.authority()?.as_str();
    let stream = TcpStream::connect(authority).await.ok()?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.ok()?;
    tokio::spawn(async {
        let _ = connection.await;
    });
    let request = http::Request::get(uri.path())
        .header("host", authority)
        .body(Empty::<bytes::Bytes>::new());
    let answer = sender.send_request(request.ok()?).await.ok()?;
    let page = Limited::new(answer.into_body(), METRICS_BYTES_MAX)
        .collect()
        .await
        .ok()?;
    String::from_utf8(page.to_bytes().to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::{Usage, cpu_micros, field, syncs};

    #[test]
    fn reads_proc() {
        assert_eq!(
            cpu_micros("7 (a b) c) S 1 2 3 4 5 6 7 8 9 10 150 50 0"),
            Some(2_000_000)
        );
        assert_eq!(field("Name:\tx\nVmHWM:\t  123 kB\n", "VmHWM:"), Some(123));
        assert!(Usage::of_process(std::process::id()).rss_peak_bytes.is_some());
    }

    #[test]
    fn sums_syncs() {
        let page = "# TYPE x counter\ncairn_engine_journal_syncs_total{engine=\"directory\"} 5\ncairn_engine_data_syncs_total 2\n";
        assert_eq!(syncs(page), Some(7));
        assert_eq!(syncs("up 1\n"), None);
    }
}
