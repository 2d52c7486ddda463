//! fio writing the same bytes to one file with one sync for each group of connections: what the disk can do for
//! durable PUTs when all who wait share a sync, and nobody receives, hashes or indexes anything.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use super::process::{Running, ask};
use super::{Missing, Peer, Writes, install};
use crate::problem::Problem;
use crate::report::{Figure, Figures};
use crate::workload::{Shape, Work, Workload};

/// Bytes of one write: larger bodies are written in pieces, as servers do.
const WRITE_BYTES_MAX: u64 = 1 << 20;
/// Bytes of the file; it is written over from the beginning.
const FILE_BYTES: u64 = 2 << 30;

pub(super) struct Fio;

impl Peer for Fio {
    fn name(&self) -> &'static str {
        "fio"
    }

    fn setting(&self) -> &'static str {
        "a ceiling for PUT: one file, written in order, one fdatasync for each group of as many writes as there are \
         connections"
    }

    fn is_peer(&self) -> bool {
        false
    }

    fn program(&self, _: &Path, _: bool) -> Result<PathBuf, Missing> {
        install::of_system("fio", "fio")
    }

    fn version(&self, program: &Path) -> String {
        install::first_line(program, &["--version"])
    }

    fn does(&self, workload: &Workload) -> bool {
        workload.work == Work::Put && workload.shape == Shape::Spread && workload.connections > 0
    }

    fn start(&self, _: &Path, _: &Path, _: Writes) -> Result<Running, Problem> {
        Err(Problem::NeedsOwnServer("fio, which is not a server: it"))
    }

    fn measure(
        &self,
        program: &Path,
        folder: &Path,
        workload: &Workload,
        duration: Duration,
    ) -> Option<Result<Figures, Problem>> {
        Some(measured(program, folder, workload, duration))
    }
}

fn measured(
    program: &Path,
    folder: &Path,
    workload: &Workload,
    duration: Duration,
) -> Result<Figures, Problem> {
    let write = workload.size.clamp(1, WRITE_BYTES_MAX);
    let writes_per_object = workload.size.div_ceil(write).max(1);
    let writes_per_sync = writes_per_object * u64::from(workload.connections);
    let mut command = Command::new(program);
    command
        .args([
            "--name=put",
            "--ioengine=psync",
            "--rw=write",
            "--time_based",
            "--output-format=json",
        ])
        .arg(format!("--directory={}", folder.display()))
        .arg(format!("--bs={write}"))
        .arg(format!("--size={FILE_BYTES}"))
        .arg(format!("--fdatasync={writes_per_sync}"))
        .arg(format!("--runtime={}", duration.as_secs().max(1)))
        // Noise, as in the bodies: a device that compresses must not look faster.
        .args(["--refill_buffers", "--unlink=1", "--fallocate=none"]);
    let report = ask(command)?;
    figures(&report, writes_per_object, workload).ok_or_else(|| {
        Problem::Command(
            "fio".to_owned(),
            "its report is not of the form that was expected".to_owned(),
        )
    })
}

/// From fio's JSON. It syncs before it counts the next write, so that its rate is the rate of what is durable.
fn figures(report: &str, writes_per_object: u64, workload: &Workload) -> Option<Figures> {
    // Warnings may come before the report.
    let report: Value = serde_json::from_str(report.get(report.find('{')?..)?).ok()?;
    let job = report.get("jobs")?.get(0)?;
    let write = job.get("write")?;
    let iops = write.get("iops")?.as_f64()?;
    let bandwidth = write.get("bw_bytes")?.as_f64()?;
    let rate = iops / writes_per_object as f64;
    let mut values = vec![
        (Figure::OperationsPerSecond, rate),
        (Figure::MegabytesPerSecond, bandwidth / 1e6),
        (Figure::Errors, job.get("error")?.as_f64()?),
        (Figure::Syncs, 1.0 / f64::from(workload.connections)),
    ];
    let sync = job
        .get("sync")
        .and_then(|sync| sync.get("lat_ns"))
        .and_then(|sync| sync.get("percentile"));
    for (figure, percent) in [
        (Figure::P50, "50.000000"),
        (Figure::P95, "95.000000"),
        (Figure::P99, "99.000000"),
        (Figure::P999, "99.900000"),
    ] {
        // The latency of the syncs: what one who waits for them waits at least.
        if let Some(nanos) = sync.and_then(|sync| sync.get(percent)).and_then(Value::as_f64) {
            values.push((figure, nanos / 1e6));
        }
    }
    Some(Figures::of(&values))
}

#[cfg(test)]
mod tests {
    use super::figures;
    use crate::report::Figure;
    use crate::workload::find;

    #[test]
    fn reads_the_report() {
        let report = r#"fio: a warning
{"jobs": [{"error": 0, "write": {"iops": 640.0, "bw_bytes": 671088640},
 "sync": {"lat_ns": {"percentile": {"50.000000": 1500000, "99.000000": 4000000}}}}]}"#;
        let figures = figures(report, 64, find("put-64m").unwrap()).unwrap();
        assert_eq!(figures.get(Figure::OperationsPerSecond), Some(10.0));
        assert_eq!(figures.get(Figure::Syncs), Some(0.25));
        assert_eq!(figures.get(Figure::P50), Some(1.5));
        assert_eq!(figures.get(Figure::P95), None);
        assert!(super::figures("{}", 1, find("put-64m").unwrap()).is_none());
    }
}
