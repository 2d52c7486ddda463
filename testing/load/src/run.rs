//! A measurement from beginning to end: bucket, objects, warm-up, the measured time, what it cost.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio::time::{interval, sleep};

use crate::client::{Client, Failure, Target};
use crate::options::{Kind, Options};
use crate::report::Report;
use crate::say;
use crate::server::Usage;
use crate::statistics::Statistics;
use crate::workload::{Dice, Operation, Workload};

/// Connections that store the objects before a measurement.
const FILL_CONNECTIONS: u64 = 32;
/// How often progress is shown.
const PROGRESS: Duration = Duration::from_secs(1);
/// Pause after a failure, so that a server that refuses is not asked in a tight loop.
const FAILURE_PAUSE: Duration = Duration::from_millis(20);

/// Why nothing could be measured.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    #[error("--endpoint must be http://HOST:PORT, not {0}")]
    Endpoint(String),
    #[error("the secret key is not one: 8 to 128 printable characters without spaces")]
    Secret,
    #[error("cannot start: {0}")]
    Runtime(std::io::Error),
    #[error("cannot make the bucket: {0}")]
    Bucket(Failure),
    #[error("cannot store the objects to read: {0}")]
    Fill(Failure),
    #[error("a connection's task failed: {0}")]
    Task(#[from] tokio::task::JoinError),
}

/// What the connections share.
struct Shared {
    target: Target,
    workload: Workload,
    measuring: AtomicBool,
    ended: AtomicBool,
    requests: AtomicU64,
    requests_max: u64,
}

/// Measures.
pub(crate) async fn run(options: &Options) -> Result<Report, Problem> {
    let target = Target::new(options)?;
    Client::new(&target)
        .create_bucket()
        .await
        .map_err(Problem::Bucket)?;
    let shared = Arc::new(Shared {
        target,
        workload: Workload::new(options),
        measuring: AtomicBool::new(false),
        ended: AtomicBool::new(false),
        requests: AtomicU64::new(0),
        requests_max: options.requests,
    });
    if Workload::reads(options.workload) && !options.filled {
        fill(options, &shared).await?;
    }
    let mut connections = JoinSet::new();
    for number in 0..options.connections {
        connections.spawn(connection(Arc::clone(&shared), u64::from(number)));
    }
    // Each key can be deleted only once: a warm-up would use them up.
    if options.workload != Kind::Delete {
        sleep(Duration::from_secs(options.warm_up)).await;
    }
    if let Some(pid) = options.server_pid {
        Usage::reset_peak(pid);
    }
    let usage = || Usage::read(options.server_pid, options.metrics.as_deref());
    let (before, own_before) = (usage().await, Usage::of_process(std::process::id()));
    let started = Instant::now();
    shared.measuring.store(true, Ordering::Relaxed);
    let watcher = tokio::spawn(watch(Arc::clone(&shared), options.duration()));

    let mut all = Statistics::new();
    while let Some(statistics) = connections.join_next().await {
        all.add(statistics?);
    }
    let elapsed = started.elapsed();
    watcher.abort();
    let own = Usage::of_process(std::process::id()).since(own_before);
    let server = usage().await.since(before);
    Ok(Report::new(options, &all, elapsed, server, own))
}

/// Stores each key once.
async fn fill(options: &Options, shared: &Arc<Shared>) -> Result<(), Problem> {
    say(&format!(
        "storing {} objects of {} bytes",
        options.keys, options.size.0
    ));
    let keys = Arc::new(Workload::fill(options));
    let mut workers = JoinSet::new();
    for _ in 0..FILL_CONNECTIONS.min(options.keys) {
        let (keys, shared) = (Arc::clone(&keys), Arc::clone(shared));
        workers.spawn(async move {
            let mut client = Client::new(&shared.target);
            while let Some(key) = keys.next_key() {
                client.perform(&Operation::Put { key }).await?;
            }
            Ok(())
        });
    }
    while let Some(result) = workers.join_next().await {
        result?.map_err(Problem::Fill)?;
    }
    Ok(())
}

/// One connection's loop: until the time is over, the count is reached, or nothing is left to do.
async fn connection(shared: Arc<Shared>, number: u64) -> Statistics {
    let mut client = Client::new(&shared.target);
    let mut statistics = Statistics::new();
    let mut dice = Dice::new(number + 1);
    while !shared.ended.load(Ordering::Relaxed) {
        let Some(operation) = shared.workload.next(&mut dice) else {
            break;
        };
        let result = client.perform(&operation).await;
        // What began in the warm-up or ended after the end is not counted.
        if shared.measuring.load(Ordering::Relaxed) && !shared.ended.load(Ordering::Relaxed) {
            statistics.record(&result);
            if shared.requests.fetch_add(1, Ordering::Relaxed) + 1 >= shared.requests_max {
                shared.ended.store(true, Ordering::Relaxed);
            }
        }
        if result.is_err() {
            sleep(FAILURE_PAUSE).await;
        }
    }
    statistics
}

/// Shows progress every second and ends the measurement.
async fn watch(shared: Arc<Shared>, duration: Duration) {
    let started = Instant::now();
    let mut ticks = interval(PROGRESS);
    ticks.tick().await;
    let mut last = 0;
    while started.elapsed() < duration {
        tokio::select! {
            _ = ticks.tick() => {
                let requests = shared.requests.load(Ordering::Relaxed);
                say(&format!("{:>4} s  {:>9} requests/s", started.elapsed().as_secs(), requests - last));
                last = requests;
            }
            () = sleep(duration.saturating_sub(started.elapsed())) => break,
        }
    }
    shared.ended.store(true, Ordering::Relaxed);
}
