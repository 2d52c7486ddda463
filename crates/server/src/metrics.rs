//! Metrics in Prometheus's text form: the recorder, the connections, and what the engine and the
//! operating system count.
//!
//! Whoever has something to count uses the `metrics` crate's macros; the recorder here keeps it. Counters
//! that exist elsewhere are copied when somebody asks ([`Metrics::render`]), from the one table
//! [`ENGINE`].

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use cairn_engine::Stats;
use metrics::{counter, describe_counter, describe_gauge, gauge};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use parking_lot::Mutex;

use crate::failure::{Code, Failure};
use crate::memory::MemoryBudget;

/// Upper bounds in seconds of the buckets of every histogram whose name ends with `_seconds`.
const SECONDS_BUCKETS: &[f64] = &[
    0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];
/// How often the recorder folds what it has collected.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// What the engine counts, by the name it is shown under.
enum Count {
    Counter(&'static str, &'static str, fn(&Stats) -> u64),
    Gauge(&'static str, &'static str, fn(&Stats) -> i64),
}

const ENGINE: &[Count] = &[
    Count::Counter(
        "cairn_engine_journal_syncs_total",
        "Syncs of the index's journal",
        |stats| stats.syncs.load(Ordering::Relaxed),
    ),
    Count::Counter(
        "cairn_engine_data_syncs_total",
        "Syncs of segment files",
        |stats| stats.data_syncs.load(Ordering::Relaxed),
    ),
    Count::Counter("cairn_engine_commits_total", "Commits applied", |stats| {
        stats.commits.load(Ordering::Relaxed)
    }),
    Count::Counter(
        "cairn_engine_conflicts_total",
        "Commits refused because of a concurrent one",
        |stats| stats.conflicts.load(Ordering::Relaxed),
    ),
    Count::Counter(
        "cairn_engine_batches_total",
        "Journal writes, each of one or more commits",
        |stats| stats.batches.load(Ordering::Relaxed),
    ),
    Count::Counter(
        "cairn_engine_index_written_bytes_total",
        "Bytes of rows given to the index",
        |stats| stats.index_bytes_written.load(Ordering::Relaxed),
    ),
    Count::Counter(
        "cairn_engine_blob_written_bytes_total",
        "Bytes of bodies written to segments",
        |stats| stats.blob_bytes_written.load(Ordering::Relaxed),
    ),
    Count::Gauge(
        "cairn_engine_live_bytes",
        "Bytes of bodies in segments",
        |stats| stats.live_bytes.load(Ordering::Relaxed),
    ),
    Count::Gauge(
        "cairn_engine_dead_bytes",
        "Bytes in segments that are not given back yet",
        |stats| stats.dead_bytes.load(Ordering::Relaxed),
    ),
    Count::Gauge("cairn_engine_segments", "Segment files", |stats| {
        stats.segments.load(Ordering::Relaxed)
    }),
];

/// An engine whose counters are shown.
struct Shown {
    /// The label that tells it from the others.
    name: String,
    stats: Arc<Stats>,
}

/// The recorder's reader.
#[derive(Clone)]
pub(crate) struct Metrics {
    handle: PrometheusHandle,
    engines: Arc<Mutex<Vec<Shown>>>,
}

impl Metrics {
    /// Starts recording for the whole process.
    pub(crate) fn start() -> Result<Self, Failure> {
        let failed =
            |error: &dyn std::fmt::Display| Failure::new(Code::Internal, format!("metrics: {error}"));
        let recorder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS_BUCKETS)
            .map_err(|error| failed(&error))?
            .build_recorder();
        let handle = recorder.handle();
        metrics::set_global_recorder(recorder).map_err(|error| failed(&error))?;
        describe_gauge!("cairn_build_info", "1, with the version as a label");
        gauge!("cairn_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
        describe_gauge!("cairn_connections", "Connections open now");
        describe_counter!("cairn_connections_total", "Connections accepted");
        describe_counter!("cairn_connections_closed_total", "Connections ended, by reason");
        describe_counter!(
            cairn_identity::AUTHENTICATION_FAILURES,
            "Requests and codes that did not prove who sent them, by reason"
        );
        describe_gauge!("process_resident_memory_bytes", "Memory the process holds");
        describe_gauge!("process_open_fds", "File descriptors the process has open");
        for count in ENGINE {
            match count {
                Count::Counter(name, help, _) => describe_counter!(*name, *help),
                Count::Gauge(name, help, _) => describe_gauge!(*name, *help),
            }
        }
        Ok(Self {
            handle,
            engines: Arc::default(),
        })
    }

    /// Shows what each part of the process may hold.
    #[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
    pub(crate) fn show_memory(memory: &MemoryBudget) {
        describe_gauge!(
            "cairn_memory_limit_bytes",
            "Memory that memory-limit gives to a part of the server"
        );
        for (part, bytes) in memory.parts() {
            gauge!("cairn_memory_limit_bytes", "part" => part).set(bytes as f64);
        }
    }

    /// Shows an engine's counters from now on, under this name.
    pub(crate) fn show_engine(&self, name: String, stats: Arc<Stats>) {
        self.engines.lock().push(Shown { name, stats });
    }

    /// Everything, in Prometheus's text form.
    pub(crate) fn render(&self) -> String {
        for Shown { name: engine, stats } in self.engines.lock().iter() {
            for count in ENGINE {
                let engine = engine.clone();
                match count {
                    Count::Counter(name, _, read) => {
                        counter!(*name, "engine" => engine).absolute(read(stats))
                    }
                    #[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
                    Count::Gauge(name, _, read) => gauge!(*name, "engine" => engine).set(read(stats) as f64),
                }
            }
        }
        process();
        self.handle.render()
    }

    /// Keeps the recorder's memory small, for ever.
    pub(crate) async fn upkeep(self) {
        let mut ticks = tokio::time::interval(UPKEEP_INTERVAL);
        loop {
            ticks.tick().await;
            self.handle.run_upkeep();
        }
    }
}

/// What the operating system says about the process. Linux only; elsewhere there is nothing to show.
fn process() {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let resident = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"));
    if let Some(kibibytes) = resident.and_then(|text| text.parse::<u32>().ok()) {
        gauge!("process_resident_memory_bytes").set(f64::from(kibibytes) * 1024.0);
    }
    if let Ok(open) = std::fs::read_dir("/proc/self/fd") {
        gauge!("process_open_fds").set(open.count() as f64);
    }
}

/// Counts the connections of one kind of listener.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Connections {
    /// `s3` or `admin`.
    pub(crate) listener: &'static str,
}

/// An open connection.
pub(crate) struct Open(&'static str);

impl Connections {
    pub(crate) fn opened(self) -> Open {
        counter!("cairn_connections_total", "listener" => self.listener).increment(1);
        gauge!("cairn_connections", "listener" => self.listener).increment(1.0);
        Open(self.listener)
    }

    pub(crate) fn closed(self, reason: &'static str) {
        counter!("cairn_connections_closed_total", "listener" => self.listener, "reason" => reason)
            .increment(1);
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        gauge!("cairn_connections", "listener" => self.0).decrement(1.0);
    }
}
