//! Space: after the sweep only live objects have any.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::support::client::get;
use super::support::{Client, Running};
use super::worker::{PLAIN, Worker};

/// Bodies above this are blobs (`cairn_objects::Limits::inline_bytes_max`).
const INLINE_BYTES_MAX: usize = 16 << 10;
/// What a segment may hold beyond its blobs: space reserved for the next ones, for each of the few that
/// are being written to (`cairn_engine::Options::preallocate_bytes`).
const PREALLOCATED_BYTES_MAX: u64 = 3 * (64 << 20);
/// How long the sweep and the reclaiming of its blobs may take.
const SWEEP_LIMIT: Duration = Duration::from_secs(60);

/// Gives up what kills cut off between CreateMultipartUpload and its end.
pub(crate) fn abort_uploads(client: &mut Client) {
    loop {
        let page = client
            .send("GET", &format!("/{PLAIN}?uploads="), &[], b"")
            .unwrap();
        assert_eq!(page.status, 200, "{}", page.text());
        let uploads = page.elements("UploadId");
        for (key, id) in page.elements("Key").iter().zip(&uploads) {
            let answer = client
                .send("DELETE", &format!("/{PLAIN}/{key}?uploadId={id}"), &[], b"")
                .unwrap();
            assert_eq!(answer.status, 204, "{}", answer.text());
        }
        if uploads.is_empty() {
            return;
        }
    }
}

/// Waits until the engine holds what the workers own, and looks at the files.
pub(crate) fn check(server: &Running, data: &Path, workers: &[Worker]) {
    let sizes = workers
        .iter()
        .flat_map(Worker::sizes)
        .filter(|bytes| *bytes > INLINE_BYTES_MAX);
    let (mut blobs, mut expected) = (0_u64, 0_u64);
    for bytes in sizes {
        blobs += 1;
        expected += bytes as u64;
    }
    let deadline = Instant::now() + SWEEP_LIMIT;
    let (mut live, mut dead);
    loop {
        let metrics = get(server.admin(), "/-/metrics").unwrap().text();
        let value = |name: &str| -> i64 {
            let line = metrics.lines().find(|line| line.starts_with(name)).unwrap();
            line.rsplit(' ').next().unwrap().parse::<f64>().unwrap() as i64
        };
        (live, dead) = (
            value("cairn_engine_live_bytes{engine=\"directory\"} "),
            value("cairn_engine_dead_bytes{engine=\"directory\"} "),
        );
        let swept = server.stderr().contains("swept what nothing names");
        if swept && live == expected as i64 && dead == 0 {
            break;
        }
        assert!(
            Instant::now() < deadline,
            "{live} bytes live, {dead} dead, swept: {swept}; {blobs} blobs need {expected}"
        );
        thread::sleep(Duration::from_millis(200));
    }
    let segments = fs::read_dir(data.join("engine/segments")).unwrap();
    let used: u64 = segments
        .map(|entry| entry.unwrap().metadata().unwrap().blocks() * 512)
        .sum();
    println!("{blobs} blobs of {expected} bytes live; segments use {used} bytes of disk");
    // Extents are whole pages, with a little for their checksums.
    let needed = expected + expected / 100 + blobs * 16 * 1024;
    assert!(
        used <= needed + PREALLOCATED_BYTES_MAX,
        "{used} bytes used for {needed} needed"
    );
}
