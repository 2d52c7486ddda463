//! A measurement from beginning to end: bucket, objects, warm-up, the measured time, what it cost.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{interval, sleep};

use crate::client::{Client, Failure, Target};
use crate::problem::Problem;
use crate::report::{Cost, Figures};
use crate::say;
use crate::schedule::Schedule;
use crate::server::Server;
use crate::statistics::Statistics;
use crate::syncs::Perf;
use crate::usage::{Usage, disk_bytes};
use crate::workload::{Dice, Operation, Source, Work, Workload, key};

/// Connections that store the objects before a measurement: group commit needs company.
const FILL_CONNECTIONS: u64 = 64;
/// Bytes in flight while objects are stored.
const FILL_BYTES: u64 = 256 << 20;
/// How often progress is shown.
const PROGRESS: Duration = Duration::from_secs(1);
/// A closed loop goes on until each connection has done so many operations, on average…
const OPERATIONS_MIN: u64 = 4;
/// … but not longer than so many times what was asked for.
const DURATIONS_MAX: u32 = 6;
const WATCH_POLL: Duration = Duration::from_millis(20);
/// How often storing one object is tried before a measurement.
const FILL_ATTEMPTS: u32 = 5;
/// How long the stores that are under way when the time is over may still take.
const FILL_GRACE: Duration = Duration::from_secs(60);
const FILL_PROGRESS: Duration = Duration::from_secs(10);
/// Pause after a failure, so that a server that refuses is not asked in a tight loop.
const FAILURE_PAUSE: Duration = Duration::from_millis(20);
/// How long a server may refuse to make a bucket after it said that it is ready, and how often it is asked.
const READY_LIMIT: Duration = Duration::from_secs(30);
const READY_POLL: Duration = Duration::from_millis(200);
/// How often the open loop's clock looks whether it is over, at least.
const CLOCK_POLL: Duration = Duration::from_millis(50);

/// How long, and how fast.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// What is measured.
    pub(crate) duration: Duration,
    /// What is not, before.
    pub(crate) warm_up: Duration,
    /// Operations a second, whatever the server does; without, each connection's next operation follows its
    /// last one's end.
    pub(crate) rate: Option<f64>,
    /// Stop after so many measured operations.
    pub(crate) operations_max: u64,
}

/// What the connections share.
struct Shared {
    target: Target,
    source: Source,
    /// Operations of the open loop that are due and not begun.
    due: Semaphore,
    measuring: AtomicBool,
    ended: AtomicBool,
    operations: AtomicU64,
    bytes: AtomicU64,
    errors: AtomicU64,
    /// Operations of the open loop that were begun.
    begun: AtomicU64,
    /// Operations of each second.
    seconds: Mutex<Vec<u64>>,
    operations_max: u64,
}

impl Shared {
    fn end(&self) {
        self.ended.store(true, Ordering::Relaxed);
        self.due.close();
    }

    fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }
}

/// Measures. Keys that are stored in turn begin with `first_key`; the next free one is returned.
pub(crate) async fn measure(
    server: &Server,
    workload: &Workload,
    pace: &Pace,
    first_key: u64,
    scratch: &Path,
) -> Result<(Figures, u64), Problem> {
    let target = Target::new(server, workload)?;
    if server.files.is_none() && workload.work != Work::Nothing {
        make_bucket(&target).await?;
    }
    let shared = Arc::new(Shared {
        target,
        source: Source::new(workload, first_key),
        due: Semaphore::new(0),
        measuring: AtomicBool::new(false),
        ended: AtomicBool::new(false),
        operations: AtomicU64::new(0),
        bytes: AtomicU64::new(0),
        errors: AtomicU64::new(0),
        begun: AtomicU64::new(0),
        seconds: Mutex::default(),
        operations_max: pace.operations_max,
    });
    let idle = open_idle(&shared.target, workload.idle).await?;
    let perf = match (server.pid, &server.metrics) {
        (Some(pid), None) if workload.work.writes() => Perf::attach(pid, scratch).await,
        _ => None,
    };
    let disk = |server: &Server| server.data.as_deref().map(disk_bytes);
    let disk_before = disk(server).filter(|_| workload.work.writes());

    // Each key can be deleted only once: a warm-up would use them up.
    let warm_up = match workload.consumes() {
        true => Duration::ZERO,
        false => pace.warm_up,
    };
    let schedule = pace.rate.map(|rate| Schedule::new(Instant::now(), rate));
    let mut connections = JoinSet::new();
    for number in 0..workload.connections {
        connections.spawn(connection(Arc::clone(&shared), u64::from(number), schedule));
    }
    let clock = schedule.map(|schedule| {
        let shared = Arc::clone(&shared);
        std::thread::spawn(move || clock(&shared, schedule))
    });
    sleep(warm_up).await;
    if let Some(pid) = server.pid {
        Usage::reset_peak(pid);
    }
    let (before, own_before) = (Usage::of(server).await, Usage::of_process(std::process::id()));
    let started = Instant::now();
    shared.measuring.store(true, Ordering::Relaxed);
    let operations_min = match pace.rate {
        None => OPERATIONS_MIN * u64::from(workload.connections),
        Some(_) => 0,
    };
    let watcher = tokio::spawn(watch(Arc::clone(&shared), pace.duration, operations_min));

    let mut all = Statistics::new();
    while let Some(statistics) = connections.join_next().await {
        all.add(statistics?);
    }
    if workload.connections == 0 {
        sleep(pace.duration).await;
    }
    let elapsed = started.elapsed();
    shared.end();
    // The connections may have ended before the time did; it must not go on telling.
    watcher.abort();
    let seconds = std::mem::take(&mut *shared.seconds.lock().unwrap_or_else(PoisonError::into_inner));
    let unfinished = clock.map(|clock| {
        let due = clock.join().unwrap_or_default();
        due.saturating_sub(shared.operations.load(Ordering::Relaxed))
    });
    let own = Usage::of_process(std::process::id()).since(own_before);
    let mut used = Usage::of(server).await.since(before);
    if let Some(perf) = perf {
        used.syncs = perf.detach();
    }
    drop(idle);

    let next_key = shared.source.taken();
    let fresh = next_key <= workload.keys && matches!(workload.work, Work::Put | Work::Multipart { .. });
    let grown = match (disk_before, disk(server)) {
        (Some(before), Some(after)) if fresh => Some(after.saturating_sub(before)),
        _ => None,
    };
    let cost = Cost {
        elapsed,
        server: used,
        own,
        unfinished,
        // Everything that was stored meanwhile, the warm-up included: the disk does not tell them apart.
        grown_per_byte: grown.map(|grown| {
            let stored = next_key.saturating_sub(first_key) * workload.size;
            grown as f64 / stored.max(1) as f64
        }),
        seconds,
    };
    Ok((Figures::new(workload, &all, &cost), next_key))
}

/// Makes the bucket. Some servers say that they are ready and then refuse for a second or two.
async fn make_bucket(target: &Target) -> Result<(), Problem> {
    let deadline = Instant::now() + READY_LIMIT;
    loop {
        match Client::new(target).create_bucket().await {
            Ok(()) => return Ok(()),
            Err(Failure::Status { status, .. }) if status.is_server_error() && Instant::now() < deadline => {
                sleep(READY_POLL).await;
            }
            Err(failure) => return Err(Problem::Bucket(failure)),
        }
    }
}

async fn open_idle(target: &Target, count: u32) -> Result<Vec<Client<'_>>, Problem> {
    let mut idle = Vec::new();
    for _ in 0..count {
        let mut client = Client::new(target);
        client
            .open()
            .await
            .map_err(|failure| Problem::Idle(count, failure))?;
        idle.push(client);
    }
    Ok(idle)
}

/// Stores the objects of a workload, each key once; not longer than `limit`. How many are stored: where the time
/// was over before the last one, those before it.
pub(crate) async fn fill(server: &Server, workload: &Workload, limit: Duration) -> Result<u64, Problem> {
    say(&format!(
        "  storing {} objects of {} bytes",
        workload.keys, workload.size
    ));
    if let Some(root) = &server.files {
        return fill_files(root, workload).map(|()| workload.keys);
    }
    let target = Arc::new(Target::new(server, workload)?);
    make_bucket(&target).await?;
    let keys = Arc::new(Source::fill(workload, 0));
    let stored = Arc::new(AtomicU64::new(0));
    let end = Instant::now() + limit;
    let workers = FILL_CONNECTIONS
        .min(workload.keys)
        .min(FILL_BYTES / workload.size.max(1))
        .max(1);
    let mut tasks = JoinSet::new();
    for _ in 0..workers {
        let (keys, target, stored) = (Arc::clone(&keys), Arc::clone(&target), Arc::clone(&stored));
        tasks.spawn(async move {
            let mut client = Client::new(&target);
            // Who has taken a key stores it, so that no key is missing before the last.
            while Instant::now() < end
                && let Some(key) = keys.next_key()
            {
                store(&mut client, key).await?;
                stored.fetch_add(1, Ordering::Relaxed);
            }
            Ok(())
        });
    }
    let all = async {
        let mut ticks = interval(FILL_PROGRESS);
        ticks.tick().await;
        loop {
            tokio::select! {
                result = tasks.join_next() => match result {
                    Some(result) => result?.map_err(Problem::Fill)?,
                    None => return Ok(()),
                },
                _ = ticks.tick() => say(&format!(
                    "  {:>9} of {}",
                    stored.load(Ordering::Relaxed),
                    workload.keys
                )),
            }
        }
    };
    match tokio::time::timeout(limit + FILL_GRACE, all).await {
        Ok(result) => result.map(|()| stored.load(Ordering::Relaxed)),
        Err(_) => Err(Problem::FillStuck(FILL_GRACE.as_secs())),
    }
}

/// Stores one object; a server that is overrun may refuse a few times.
async fn store(client: &mut Client<'_>, key: u64) -> Result<(), Failure> {
    let mut attempts = 1;
    loop {
        match client.perform(&Operation::Put { key }).await {
            Ok(_) => return Ok(()),
            Err(failure) if attempts == FILL_ATTEMPTS => return Err(failure),
            Err(_) => sleep(READY_POLL).await,
        }
        attempts += 1;
    }
}

fn fill_files(root: &Path, workload: &Workload) -> Result<(), Problem> {
    let content = crate::body::Content::new(workload.size).to_vec();
    for number in 0..workload.keys {
        let path = root.join(workload.bucket).join(key(workload.shape, number));
        let failed = |error| Problem::File(path.display().to_string(), error);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        std::fs::write(&path, &content).map_err(failed)?;
    }
    Ok(())
}

/// One connection's loop: until the time is over, the count is reached, or nothing is left to do.
async fn connection(shared: Arc<Shared>, number: u64, schedule: Option<Schedule>) -> Statistics {
    let mut client = Client::new(&shared.target);
    let mut statistics = Statistics::new();
    let mut dice = Dice::new(number + 1);
    while !shared.has_ended() {
        let intended = match schedule {
            None => None,
            Some(schedule) => {
                // Closed when the time is over.
                let Ok(due) = shared.due.acquire().await else {
                    break;
                };
                due.forget();
                let number = shared.begun.fetch_add(1, Ordering::Relaxed);
                Some(schedule.intended(number))
            }
        };
        let Some(operation) = shared.source.next(&mut dice) else {
            shared.end();
            break;
        };
        let result = client.perform(&operation).await;
        // What began in the warm-up or ended after the end is not counted.
        if shared.measuring.load(Ordering::Relaxed) && !shared.has_ended() {
            match &result {
                Ok(done) => {
                    let time = intended.map_or(done.time, |intended| intended.elapsed());
                    statistics.record(time, done.bytes);
                    shared.bytes.fetch_add(done.bytes, Ordering::Relaxed);
                }
                Err(failure) => {
                    statistics.record_failure(failure);
                    shared.errors.fetch_add(1, Ordering::Relaxed);
                }
            }
            if shared.operations.fetch_add(1, Ordering::Relaxed) + 1 >= shared.operations_max {
                shared.end();
            }
        }
        if result.is_err() && schedule.is_none() {
            sleep(FAILURE_PAUSE).await;
        }
    }
    statistics
}

/// The open loop's clock, on a thread of its own: the runtime's timers are of a millisecond. It tells how many
/// operations were due in the measured time.
fn clock(shared: &Shared, schedule: Schedule) -> u64 {
    let (mut given, mut before) = (0, None);
    loop {
        let now = Instant::now();
        let due = schedule.due(now);
        if before.is_none() && shared.measuring.load(Ordering::Relaxed) {
            // What is waiting when the measurement begins is measured.
            before = Some(given - shared.due.available_permits() as u64);
        }
        if shared.has_ended() {
            return before.map_or(0, |before| due.saturating_sub(before));
        }
        shared
            .due
            .add_permits(usize::try_from(due - given).unwrap_or_default());
        given = due;
        let next = schedule.intended(due).saturating_duration_since(now);
        std::thread::sleep(next.min(CLOCK_POLL));
    }
}

/// Shows progress every second, keeps what each second brought, and ends the measurement.
///
/// A closed loop of few and long operations goes on until there are enough of them to be a rate, but not for ever.
async fn watch(shared: Arc<Shared>, duration: Duration, operations_min: u64) {
    let started = Instant::now();
    let is_over = || {
        let elapsed = started.elapsed();
        let enough = shared.operations.load(Ordering::Relaxed) >= operations_min;
        shared.has_ended() || elapsed >= duration * DURATIONS_MAX || (enough && elapsed >= duration)
    };
    let mut ticks = interval(PROGRESS);
    ticks.tick().await;
    let (mut last, mut last_bytes) = (0, 0);
    while !is_over() {
        let left = duration.saturating_sub(started.elapsed());
        tokio::select! {
            _ = ticks.tick() => {
                let operations = shared.operations.load(Ordering::Relaxed);
                let bytes = shared.bytes.load(Ordering::Relaxed);
                say(&format!(
                    "  {:>4} s  {:>9} op/s  {:>8.1} MB/s  {} errors",
                    started.elapsed().as_secs(),
                    operations - last,
                    (bytes - last_bytes) as f64 / 1e6,
                    shared.errors.load(Ordering::Relaxed),
                ));
                let mut seconds = shared.seconds.lock().unwrap_or_else(PoisonError::into_inner);
                seconds.push(operations - last);
                (last, last_bytes) = (operations, bytes);
            }
            () = sleep(left.max(WATCH_POLL)) => {}
        }
    }
    shared.end();
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};

    use super::{Pace, measure};
    use crate::report::{Figure, Figures};
    use crate::server::Server;
    use crate::workload::{Workload, find};

    /// Answers every request of one connection, none of which has a body: what `answer` says of its number.
    async fn serve(
        mut stream: TcpStream,
        number: Arc<AtomicU64>,
        answer: fn(u64) -> (Duration, &'static str),
    ) {
        let mut head = Vec::new();
        while stream.read_buf(&mut head).await.is_ok_and(|read| read > 0) {
            if head.ends_with(b"\r\n\r\n") {
                head.clear();
                let (pause, text) = answer(number.fetch_add(1, Ordering::Relaxed));
                tokio::time::sleep(pause).await;
                if stream.write_all(text.as_bytes()).await.is_err() {
                    return;
                }
            }
        }
    }

    async fn server(answer: fn(u64) -> (Duration, &'static str)) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let number = Arc::new(AtomicU64::new(0));
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&number), answer));
            }
        });
        Server {
            endpoint: format!("http://{address}"),
            access_key: "AKIA".to_owned(),
            secret_key: "secretsecret".to_owned(),
            region: "us-east-1".to_owned(),
            pid: None,
            metrics: None,
            data: None,
            files: None,
        }
    }

    async fn measured(server: &Server, connections: u16, rate: Option<f64>, operations_max: u64) -> Figures {
        let workload = Workload {
            connections,
            ..*find("head-4k").unwrap()
        };
        let pace = Pace {
            duration: Duration::from_secs(1),
            warm_up: Duration::ZERO,
            rate,
            operations_max,
        };
        let scratch = tempfile::tempdir().unwrap();
        let measured = measure(server, &workload, &pace, 0, scratch.path()).await;
        measured.unwrap().0
    }

    const FINE: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

    #[tokio::test]
    async fn ends_with_the_count() {
        let server = server(|_| (Duration::ZERO, FINE)).await;
        let figures = measured(&server, 2, None, 50).await;
        assert_eq!(figures.operations, 50);
        assert_eq!(figures.get(Figure::Errors), Some(0.0));
        assert_eq!(figures.get(Figure::Unfinished), None);
    }

    /// The first is the bucket's. Of 200 that are due in the second, 60 fall into the pause of 300 ms: a closed
    /// loop has one slow operation, which is under its 95th percentile, the open loop has the sixty.
    #[tokio::test]
    async fn a_pause_of_the_server_is_in_the_percentiles_of_the_open_loop() {
        let answer = |number| match number {
            20 => (Duration::from_millis(300), FINE),
            _ => (Duration::ZERO, FINE),
        };
        let figures = measured(&server(answer).await, 1, Some(200.0), u64::MAX).await;
        assert!(figures.get(Figure::Max).unwrap() >= 300.0);
        assert!(figures.get(Figure::P95).unwrap() >= 100.0, "{figures:?}");
        let unfinished = figures.get(Figure::Unfinished).unwrap();
        assert!(figures.operations as f64 + unfinished >= 190.0, "{figures:?}");
    }

    /// A server that answers 10 a second on one connection cannot keep 200 a second: what was not done is said.
    #[tokio::test]
    async fn what_the_server_cannot_keep_is_unfinished() {
        let server = server(|_| (Duration::from_millis(100), FINE)).await;
        let figures = measured(&server, 1, Some(200.0), u64::MAX).await;
        assert!(figures.operations <= 10);
        assert!(figures.get(Figure::Unfinished).unwrap() >= 180.0, "{figures:?}");
    }

    /// Four operations of 400 ms do not fit into the second that was asked for.
    #[tokio::test]
    async fn a_slow_server_is_measured_until_there_is_something_to_measure() {
        let server = server(|_| (Duration::from_millis(400), FINE)).await;
        let figures = measured(&server, 1, None, u64::MAX).await;
        assert_eq!(figures.operations, 4);
        assert!(figures.seconds >= 1.6, "{figures:?}");
    }

    /// A refusal of the bucket is asked again; the operations after it are counted.
    #[tokio::test]
    async fn a_server_that_is_not_ready_yet_is_waited_for() {
        let server = server(|number| match number {
            0 => (
                Duration::ZERO,
                "HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\n\r\n",
            ),
            _ => (Duration::ZERO, FINE),
        })
        .await;
        let figures = measured(&server, 1, None, 5).await;
        assert_eq!((figures.operations, figures.get(Figure::Errors)), (5, Some(0.0)));
    }

    #[tokio::test]
    async fn refusals_are_errors_and_not_operations() {
        let server = server(|number| match number {
            0 => (Duration::ZERO, FINE),
            _ => (
                Duration::ZERO,
                "HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\n\r\n",
            ),
        })
        .await;
        let figures = measured(&server, 1, None, 5).await;
        assert_eq!((figures.operations, figures.get(Figure::Errors)), (0, Some(5.0)));
        assert_eq!(figures.failures.get("503"), Some(&5));
        assert_eq!(figures.get(Figure::P50), None);
    }
}
