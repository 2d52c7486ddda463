//! Counting the syncs of a server that does not count them itself, with `perf stat`.
//!
//! A tracepoint inside the sync is used where the file system has one: it costs nothing anywhere else, and it
//! also sees writes to files opened with O_DSYNC. Those of the system calls would slow every system call of
//! the machine down, so they are not an alternative but the last resort.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::usage::family;

/// Tried in this order.
const EVENTS: &[&str] = &[
    "ext4:ext4_sync_file_enter",
    "xfs:xfs_file_fsync",
    "syscalls:sys_enter_fsync,syscalls:sys_enter_fdatasync,syscalls:sys_enter_msync,syscalls:sys_enter_syncfs",
];
/// How long perf takes to attach.
const ATTACH: Duration = Duration::from_millis(300);

/// perf, attached to a server. Dropped, it is ended.
pub(crate) struct Perf {
    perf: Child,
    output: PathBuf,
}

impl Perf {
    /// Attaches to a process and all that descend from it; nothing where perf is missing or may not.
    pub(crate) async fn attach(pid: u32, scratch: &Path) -> Option<Self> {
        let all: Vec<_> = family(pid).iter().map(u32::to_string).collect();
        let output = scratch.join("perf-stat");
        for events in EVENTS {
            let _ = fs::remove_file(&output);
            let mut command = Command::new("perf");
            command
                .args(["stat", "-x", ",", "-e", events, "-p", &all.join(","), "-o"])
                .arg(&output)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            let mut perf = command.spawn().ok()?;
            tokio::time::sleep(ATTACH).await;
            if perf.try_wait().ok()?.is_none() {
                return Some(Self { perf, output });
            }
        }
        None
    }

    /// Detaches and tells the count.
    pub(crate) fn detach(mut self) -> Option<u64> {
        // perf prints when it is interrupted.
        self.signal(Signal::INT);
        self.perf.wait().ok()?;
        count(&fs::read_to_string(&self.output).ok()?)
    }

    fn signal(&self, signal: Signal) {
        if let Some(pid) = i32::try_from(self.perf.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, signal);
        }
    }
}

impl Drop for Perf {
    fn drop(&mut self) {
        if matches!(self.perf.try_wait(), Ok(None)) {
            self.signal(Signal::TERM);
            let _ = self.perf.wait();
        }
    }
}

/// The sum of the first fields, one line an event; none that could not be counted.
fn count(csv: &str) -> Option<u64> {
    let lines = csv
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let counts: Option<Vec<u64>> = lines.map(|line| line.split(',').next()?.parse().ok()).collect();
    counts
        .filter(|counts| !counts.is_empty())
        .map(|counts| counts.iter().sum())
}

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn reads_perf() {
        let csv = "# started on Tue Dec  1 10:00:00 2026\n\n12,,syscalls:sys_enter_fsync,1016,100.00,,\n30,,syscalls:sys_enter_fdatasync,1016,100.00,,\n";
        assert_eq!(count(csv), Some(42));
        assert_eq!(count("<not counted>,,ext4:ext4_sync_file_enter,0,0.00,,\n"), None);
        assert_eq!(count(""), None);
    }
}
