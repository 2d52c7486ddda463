//! What a server used: from `/proc`, from its own metrics where it offers them, from its folder on disk.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::server::Server;

/// Microseconds a clock tick of `/proc/PID/stat`: USER_HZ is 100 on every Linux that Rust runs on.
const TICK_MICROS: u64 = 10_000;
/// Largest page of metrics, in bytes.
const METRICS_BYTES_MAX: usize = 4 << 20;
/// Bytes of a block of `st_blocks` (stat(2)).
const BLOCK_BYTES: u64 = 512;
/// Counters of Cairn that together are its syncs.
const SYNC_COUNTERS: [&str; 2] = [
    "cairn_engine_journal_syncs_total",
    "cairn_engine_data_syncs_total",
];

/// Counters at one moment; each is missing where the system does not tell.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Usage {
    pub(crate) cpu_micros: Option<u64>,
    pub(crate) written_bytes: Option<u64>,
    pub(crate) rss_peak_bytes: Option<u64>,
    pub(crate) syncs: Option<u64>,
}

impl Usage {
    /// Of a server's processes; its syncs from its own metrics.
    pub(crate) async fn of(server: &Server) -> Self {
        let mut usage = server.pid.map(Self::of_family).unwrap_or_default();
        if let Some(url) = &server.metrics {
            usage.syncs = fetch(url).await.and_then(|page| syncs(&page));
        }
        usage
    }

    /// Of a process and all that descend from it.
    fn of_family(pid: u32) -> Self {
        let all = family(pid).into_iter().map(Self::of_process);
        all.reduce(|one, other| Self {
            cpu_micros: sum(one.cpu_micros, other.cpu_micros),
            written_bytes: sum(one.written_bytes, other.written_bytes),
            rss_peak_bytes: sum(one.rss_peak_bytes, other.rss_peak_bytes),
            syncs: None,
        })
        .unwrap_or_default()
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
        for pid in family(pid) {
            let _ = fs::write(format!("/proc/{pid}/clear_refs"), "5");
        }
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

fn sum(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    Some(one? + other?)
}

/// A process and all that descend from it.
pub(crate) fn family(pid: u32) -> Vec<u32> {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    for id in entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()) {
        let stat = fs::read_to_string(format!("/proc/{id}/stat"));
        if let Some(parent) = stat.ok().and_then(|stat| parent(&stat)) {
            children.entry(parent).or_default().push(id);
        }
    }
    let (mut all, mut next) = (Vec::new(), vec![pid]);
    while let Some(id) = next.pop() {
        all.push(id);
        next.extend(children.remove(&id).unwrap_or_default());
    }
    all
}

/// Bytes that the files below a folder take on disk: what is allocated, not what they are long.
pub(crate) fn disk_bytes(folder: &Path) -> u64 {
    let mut total = 0;
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            // A file may be gone by now.
            if let Ok(data) = entry.metadata() {
                total += data.blocks() * BLOCK_BYTES;
                if data.is_dir() {
                    folders.push(entry.path());
                }
            }
        }
    }
    total
}

/// The fields of `/proc/PID/stat` from the third on. The name before them, in parentheses, may itself have
/// spaces and parentheses.
fn stat_fields(stat: &str) -> Option<std::str::SplitWhitespace<'_>> {
    Some(stat.rsplit_once(')')?.1.split_whitespace())
}

/// User and system time.
fn cpu_micros(stat: &str) -> Option<u64> {
    let mut fields = stat_fields(stat)?.skip(11);
    let mut ticks = || fields.next()?.parse::<u64>().ok();
    Some((ticks()? + ticks()?) * TICK_MICROS)
}

fn parent(stat: &str) -> Option<u32> {
    stat_fields(stat)?.nth(1)?.parse().ok()
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
    use super::{Usage, cpu_micros, disk_bytes, family, field, parent, syncs};

    #[test]
    fn reads_proc() {
        let stat = "7 (a b) c) S 1 2 3 4 5 6 7 8 9 10 150 50 0";
        assert_eq!(cpu_micros(stat), Some(2_000_000));
        assert_eq!(parent(stat), Some(1));
        assert_eq!(field("Name:\tx\nVmHWM:\t  123 kB\n", "VmHWM:"), Some(123));
        assert!(Usage::of_process(std::process::id()).rss_peak_bytes.is_some());
    }

    #[test]
    fn a_child_is_of_the_family() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let all = family(std::process::id());
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(
            all.contains(&std::process::id()) && all.contains(&child.id()),
            "{all:?}"
        );
    }

    #[test]
    fn sums_syncs() {
        let page = "# TYPE x counter\ncairn_engine_journal_syncs_total{engine=\"directory\"} 5\ncairn_engine_data_syncs_total 2\n";
        assert_eq!(syncs(page), Some(7));
        assert_eq!(syncs("up 1\n"), None);
    }

    #[test]
    fn counts_what_files_take_in_all_folders() {
        let folder = tempfile::tempdir().unwrap();
        let before = disk_bytes(folder.path());
        std::fs::create_dir_all(folder.path().join("a/b")).unwrap();
        std::fs::write(folder.path().join("a/b/c"), vec![1; 100_000]).unwrap();
        assert!(disk_bytes(folder.path()) - before >= 100_000);
    }
}
