//! What a request costs in counts that no machine's mood changes: syncs, bytes written, allocations, bytes
//! allocated. A limit that is passed fails the build.
//!
//! The whole API over the real engine on a disk, with the journal of requests and the recorder of metrics that
//! the server has; no socket. Requests are made and signed before counting begins. Bytes allocated stand for
//! bytes copied: a copy needs somewhere to go, and what is not allocated anew is a buffer of fixed size.
//!
//! One test, because the counts are of the whole process. `cargo xtask test --only counts` shows the table. With
//! `CAIRN_ALLOCATION_SITES=DIR` it also writes where the allocations are, for dhat's viewer.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail where they cannot go on")]

use std::fmt::Write as _;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use bytes::Bytes;
use cairn_api::{Api, Connection, Settings};
use cairn_engine::{Engine, Options, Stats};
use cairn_identity::{Identity, MasterKey, RootAccount};
use cairn_journal::Journal;
use cairn_objects::{Limits, Objects};
use cairn_protocol::auth::Payload;
use cairn_protocol::auth::sign::Signer;
use cairn_region::{Region, Regions};
use cairn_types::{
    AccessKeyId, AccountId, CanonicalUserId, Clock as _, RegionName, SecretAccessKey, SystemClock,
};
use http::{Method, Request};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;

/// Counts blocks and bytes of every thread while a profiler is alive; without one it only hands through.
#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

const SMALL: usize = 4096;
const LARGE: usize = 8 << 20;
/// What hyper hands over at once of a body that is sent fast.
const FRAME: usize = 256 << 10;
/// Requests that a small operation's counts are the mean of.
const REQUESTS: usize = 500;
/// Writers at once, as in the benchmark's PUT.
const WRITERS: usize = 32;
const WAVES: usize = 20;
const PAGE: usize = 1000;
/// Requests and frames of a backtrace with `CAIRN_ALLOCATION_SITES`.
const SITES_REQUESTS: usize = 100;
const SITES_FRAMES: usize = 60;

/// The limits, in the order they are measured, each with what is behind it. About a tenth above what was measured
/// when they were set (a debug build): what changes by less is not worth a red build, what changes by more should
/// be known. Lower them when the work gets cheaper.
const LIMITS: &[(&str, f64, &str)] = &[
    (
        "PUT 4 KiB alone: syncs",
        1.0,
        "row and body are one commit, a commit alone is one sync",
    ),
    (
        "PUT 4 KiB alone: bytes given to the index a byte stored",
        1.1,
        "the body once, a row of some 150 bytes",
    ),
    (
        "PUT 4 KiB alone: bytes written a byte stored",
        1.25,
        "the journal once, the entry of the request; tables are not flushed yet",
    ),
    (
        "PUT 4 KiB of 32 at once: syncs",
        // How many come during a sync is the disk's and the scheduler's business: 0.09 to 0.3 were seen.
        0.6,
        "a batch is what came during a sync; 1 would be no batches",
    ),
    ("PUT 4 KiB: allocations", 74.0, "67"),
    (
        "PUT 4 KiB: bytes allocated",
        22_500.0,
        "the body three times, the journal's batch, the head",
    ),
    ("GET 4 KiB: allocations", 49.0, "44"),
    (
        "GET 4 KiB: bytes allocated",
        9_100.0,
        "the body once or twice, out of the block",
    ),
    ("HEAD: allocations", 45.0, "40"),
    ("DELETE: allocations", 61.0, "55"),
    (
        "LIST 1000: allocations a key",
        0.09,
        "none: these are a page's, the keys are in one piece",
    ),
    (
        "LIST 1000: bytes allocated a key",
        510.0,
        "about 350 of them are the answer's XML, 64 the entry",
    ),
    (
        "PUT 8 MiB: syncs",
        3.0,
        "the segment, the blob's row, the commit that names it",
    ),
    (
        "PUT 8 MiB: bytes allocated a byte stored",
        0.4,
        "chunks of 256 KiB whose buffers are used again; a copy of the body would be 1",
    ),
    (
        "GET 8 MiB: bytes allocated a byte served",
        0.1,
        "buffers that are used again; a buffer for each piece would be 1",
    ),
];

/// Cairn without its sockets.
struct Deployment {
    api: Arc<Api>,
    stats: Arc<Stats>,
    engine: Engine,
    signer: Signer,
    region: RegionName,
}

type Prepared = Request<Pieces>;

impl Deployment {
    async fn new(folder: &Path) -> Self {
        let engine = Engine::open(folder.join("engine"), Options::default()).unwrap();
        let (index, clock) = (Arc::new(engine.clone()), Arc::new(SystemClock));
        let objects = Objects::open(index.clone(), index.clone(), clock.clone(), Limits::default());
        let objects = objects.await.unwrap();
        let region = RegionName::parse("us-east-1").unwrap();
        let regions = Regions::new(vec![Region::new(region.clone())], "localhost").unwrap();
        let secret = SecretAccessKey::generate();
        let masters = [MasterKey::generate()];
        let identity = Identity::open(index, clock.clone(), &masters, Default::default()).unwrap();
        let root = RootAccount {
            account_id: AccountId::generate(),
            canonical_user_id: CanonicalUserId::generate(),
            access_key_id: AccessKeyId::parse("AKIAROOT").unwrap(),
            secret_access_key: secret.clone(),
        };
        identity.adopt_root(&root).await.unwrap();
        let journal = Journal::open(&folder.join("journal"), cairn_journal::Limits::default()).unwrap();
        let api = Api::new(Settings::new(Arc::new(regions)), objects, identity, clock);
        Self {
            api: Arc::new(api.with_journal(Some(journal))),
            stats: engine.stats(),
            engine,
            signer: Signer::new("AKIAROOT", secret, "us-east-1"),
            region,
        }
    }

    /// A signed request, ready to be handled.
    fn prepare(&self, method: Method, path: &str, body: &Bytes) -> Prepared {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "127.0.0.1:9000")
            .header("content-length", body.len());
        let (mut parts, body) = request.body(Pieces(body.clone())).unwrap().into_parts();
        let payload = Payload::parse("UNSIGNED-PAYLOAD").unwrap();
        self.signer
            .header_v4(&mut parts, &payload, SystemClock.now())
            .unwrap();
        Request::from_parts(parts, body)
    }

    /// Answers a request and reads the answer to its end, as the connection would. The bytes of its body.
    async fn handle(&self, request: Prepared) -> usize {
        let connection = Connection {
            peer: "127.0.0.1:1".parse().unwrap(),
            local: "127.0.0.1:9000".parse().unwrap(),
            tls: false,
            region: self.region.clone(),
            fault: None,
        };
        let answer = self.api.handle(request, connection).await;
        let status = answer.status();
        let (mut body, mut bytes) = (answer.into_body(), 0);
        while let Some(frame) = body.frame().await {
            bytes += frame.unwrap().into_data().map_or(0, |data| data.len());
        }
        assert!(status.is_success(), "{status}");
        bytes
    }

    async fn handle_all(&self, requests: Vec<Prepared>) -> usize {
        let mut bytes = 0;
        for request in requests {
            bytes += self.handle(request).await;
        }
        bytes
    }

    fn prepare_all(&self, method: &Method, count: usize, prefix: &str, body: &Bytes) -> Vec<Prepared> {
        let path = |number| format!("/counts/{prefix}/{number:08}");
        (0..count)
            .map(|number| self.prepare(method.clone(), &path(number), body))
            .collect()
    }

    /// Where an operation allocates: a file an operation, in the form that dhat's viewer reads.
    async fn write_sites(&self, folder: &Path, small: &Bytes) {
        let none = Bytes::new();
        for (name, method, body) in [
            ("put", Method::PUT, small),
            ("get", Method::GET, &none),
            ("head", Method::HEAD, &none),
            ("delete", Method::DELETE, &none),
        ] {
            let requests = self.prepare_all(&method, SITES_REQUESTS, "sites", body);
            let file = folder.join(format!("{name}.json"));
            let builder = dhat::Profiler::builder().file_name(file);
            let profiler = builder.trim_backtraces(Some(SITES_FRAMES)).build();
            self.handle_all(requests).await;
            drop(profiler);
        }
    }

    fn syncs(&self) -> u64 {
        self.stats.syncs.load(Ordering::Relaxed) + self.stats.data_syncs.load(Ordering::Relaxed)
    }
}

/// A body in frames.
struct Pieces(Bytes);

impl Body for Pieces {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let length = self.0.len().min(FRAME);
        let piece = self.0.split_to(length);
        Poll::Ready((length > 0).then(|| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.len() as u64)
    }
}

/// Bytes this process has given to write calls: no file system hides them, as `write_bytes` may be.
fn written() -> u64 {
    let io = std::fs::read_to_string("/proc/self/io").unwrap();
    let line = io.lines().find_map(|line| line.strip_prefix("wchar: ")).unwrap();
    line.parse().unwrap()
}

/// Blocks and bytes allocated meanwhile, divided by `parts`.
async fn allocations(parts: usize, work: impl Future<Output = usize>) -> (f64, f64) {
    let before = dhat::HeapStats::get();
    work.await;
    let after = dhat::HeapStats::get();
    let each = |count: u64| count as f64 / parts as f64;
    (
        each(after.total_blocks - before.total_blocks),
        each(after.total_bytes - before.total_bytes),
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_count_rises() {
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new()
        .install_recorder()
        .unwrap();
    // On the disk of the build: the folder for temporary files may be memory, where a sync is nothing.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let cairn = Arc::new(Deployment::new(folder.path()).await);
    let (none, small) = (Bytes::new(), Bytes::from(vec![0x5a; SMALL]));
    let large = Bytes::from((0..LARGE).map(|at| ((at * at) >> 7) as u8).collect::<Vec<_>>());
    cairn.handle(cairn.prepare(Method::PUT, "/counts", &none)).await;
    // Caches, threads and connections of the first requests are nobody's cost.
    cairn
        .handle_all(cairn.prepare_all(&Method::PUT, 50, "warm", &small))
        .await;
    let mut counts = Vec::new();
    let stored = (REQUESTS * SMALL) as f64;

    let puts = cairn.prepare_all(&Method::PUT, REQUESTS, "alone", &small);
    let (syncs, index, bytes) = (
        cairn.syncs(),
        cairn.stats.index_bytes_written.load(Ordering::Relaxed),
        written(),
    );
    cairn.handle_all(puts).await;
    counts.push((cairn.syncs() - syncs) as f64 / REQUESTS as f64);
    counts.push((cairn.stats.index_bytes_written.load(Ordering::Relaxed) - index) as f64 / stored);
    counts.push((written() - bytes) as f64 / stored);

    let syncs = cairn.syncs();
    for wave in 0..WAVES {
        let mut writers = tokio::task::JoinSet::new();
        for request in cairn.prepare_all(&Method::PUT, WRITERS, &format!("wave{wave}"), &small) {
            let cairn = Arc::clone(&cairn);
            writers.spawn(async move { cairn.handle(request).await });
        }
        while let Some(writer) = writers.join_next().await {
            writer.unwrap();
        }
    }
    counts.push((cairn.syncs() - syncs) as f64 / (WAVES * WRITERS) as f64);

    // More than a page, for the listing.
    cairn
        .handle_all(cairn.prepare_all(&Method::PUT, PAGE + 1, "list", &none))
        .await;
    let puts = cairn.prepare_all(&Method::PUT, REQUESTS, "again", &small);
    let gets = cairn.prepare_all(&Method::GET, REQUESTS, "again", &none);
    let warm = cairn.prepare_all(&Method::GET, REQUESTS, "again", &none);
    let heads = cairn.prepare_all(&Method::HEAD, REQUESTS, "again", &none);
    let deletes = cairn.prepare_all(&Method::DELETE, REQUESTS, "again", &none);
    let list = "/counts?list-type=2&prefix=list%2F";
    let pages: Vec<_> = (0..10).map(|_| cairn.prepare(Method::GET, list, &none)).collect();
    let keys = pages.len() * PAGE;
    let large_puts = cairn.prepare_all(&Method::PUT, 4, "large", &large);
    let large_gets = cairn.prepare_all(&Method::GET, 4, "large", &none);
    let large_bytes = 4 * LARGE;

    // What is counted is how many there are, not where: a backtrace of each would take most of the time.
    let profiler = dhat::Profiler::builder()
        .testing()
        .trim_backtraces(Some(4))
        .build();
    let (blocks, bytes) = allocations(REQUESTS, cairn.handle_all(puts)).await;
    counts.extend([blocks, bytes]);
    cairn.handle_all(warm).await;
    let (blocks, bytes) = allocations(REQUESTS, cairn.handle_all(gets)).await;
    counts.extend([blocks, bytes]);
    counts.push(allocations(REQUESTS, cairn.handle_all(heads)).await.0);
    counts.push(allocations(REQUESTS, cairn.handle_all(deletes)).await.0);
    let (blocks, bytes) = allocations(keys, cairn.handle_all(pages)).await;
    counts.extend([blocks, bytes]);
    let syncs = cairn.syncs();
    let (_, bytes) = allocations(large_bytes, cairn.handle_all(large_puts)).await;
    counts.extend([(cairn.syncs() - syncs) as f64 / 4.0, bytes]);
    counts.push(allocations(large_bytes, cairn.handle_all(large_gets)).await.1);
    drop(profiler);

    let mut table = String::new();
    let mut risen = 0;
    assert_eq!(counts.len(), LIMITS.len(), "a count without a limit");
    for ((name, limit, why), count) in LIMITS.iter().zip(&counts) {
        let mark = if count > limit { "  RISEN" } else { "" };
        risen += usize::from(count > limit);
        writeln!(
            table,
            "{count:>10.3} of {limit:>10}  {name}{mark}\n{:>26}{why}",
            ""
        )
        .unwrap();
    }
    println!("{table}");
    assert_eq!(risen, 0, "of {} counts\n{table}", counts.len());

    if let Some(folder) = std::env::var_os("CAIRN_ALLOCATION_SITES") {
        cairn.write_sites(Path::new(&folder), &small).await;
    }
    cairn.engine.close().await.unwrap();
    drop(recorder);
}
