//! Stopping: what is in flight finishes, nothing new begins, and the exit says so.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test"
)]

mod support;

use std::io::{BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use support::client::{get, read_answer};
use support::{Cairn, Client, Running};

const BODY: usize = 3 << 20;

/// A PUT whose body is half sent.
struct Upload {
    stream: TcpStream,
    rest: Vec<u8>,
}

impl Upload {
    fn begin(server: &Running) -> Self {
        let mut client = Client::new(server.address(), server.keys());
        assert_eq!(client.send("PUT", "/my-bucket", &[], b"").unwrap().status, 200);
        let head = client.head("PUT", "/my-bucket/slow", &[], BODY);
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream.write_all(head.as_bytes()).unwrap();
        let body: Vec<u8> = (0..BODY).map(|n| (n / 7) as u8).collect();
        stream.write_all(&body[..BODY / 2]).unwrap();
        // Until the server has it in hand; a request that only lies in a socket is not in flight.
        thread::sleep(Duration::from_millis(500));
        Self {
            stream,
            rest: body[BODY / 2..].to_vec(),
        }
    }
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < deadline, "{what}");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn an_upload_in_flight_finishes_and_is_kept() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().to_str().unwrap().to_owned();
    let mut server = Cairn::serve(["--data-dir", &data]).start();
    let (address, admin) = (server.address(), server.admin());
    assert_eq!(get(admin, "/-/ready").unwrap().status, 200);
    assert_eq!(get(address, "/-/ready").unwrap().status, 200);
    assert_eq!(get(address, "/-/live").unwrap().text(), "live\n");
    let mut upload = Upload::begin(&server);

    server.signal(Signal::TERM);
    until("new connections are refused", || {
        TcpStream::connect(address).is_err()
    });
    let draining = get(admin, "/-/ready").unwrap();
    assert_eq!((draining.status, draining.text().as_str()), (503, "draining\n"));
    assert_eq!(get(admin, "/-/live").unwrap().status, 200);
    assert!(
        server.wait(Duration::from_millis(300)).is_none(),
        "it waits for the upload"
    );

    upload.stream.write_all(&upload.rest).unwrap();
    let (answer, reusable) = read_answer(&mut BufReader::new(upload.stream), false).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(!reusable, "the client is told that the connection ends");
    let ended = server.wait(Duration::from_secs(30)).unwrap();
    assert_eq!(ended.code(), 0, "{ended:?}");

    let server = Cairn::serve(["--data-dir", &data]).start();
    let mut client = Client::new(server.address(), server.keys());
    let stored = client.send("GET", "/my-bucket/slow", &[], b"").unwrap();
    assert_eq!(stored.status, 200);
    assert!(stored.body.len() == BODY && stored.body[BODY - 1] == ((BODY - 1) / 7) as u8);
    assert_eq!(server.terminate().code(), 0);
}

#[test]
fn what_does_not_finish_in_time_is_cut_and_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().to_str().unwrap().to_owned();
    let mut server = Cairn::serve(["--data-dir", &data, "--shutdown-timeout-seconds", "1"]).start();
    let mut upload = Upload::begin(&server);
    let began = Instant::now();
    server.signal(Signal::INT);
    let ended = server.wait(Duration::from_secs(30)).unwrap();
    assert_eq!(ended.code(), 0, "{ended:?}");
    assert!(began.elapsed() >= Duration::from_secs(1));
    assert!(ended.stderr.contains("cutting what is left"), "{}", ended.stderr);
    let mut rest = Vec::new();
    let _ = upload.stream.read_to_end(&mut rest);
    assert!(rest.is_empty(), "no answer to half a request");

    let server = Cairn::serve(["--data-dir", &data]).start();
    let mut client = Client::new(server.address(), server.keys());
    assert_eq!(
        client.send("GET", "/my-bucket/slow", &[], b"").unwrap().status,
        404
    );
    assert_eq!(server.terminate().code(), 0);
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let mut server = Cairn::serve(["--in-memory"]).start();
    let _upload = Upload::begin(&server);
    server.signal(Signal::TERM);
    until("it drains", || {
        get(server.admin(), "/-/ready").is_ok_and(|answer| answer.status == 503)
    });
    server.signal(Signal::TERM);
    assert_eq!(server.wait(Duration::from_secs(5)).unwrap().code(), 130);
}

#[test]
fn metrics_are_served_on_the_admin_listener_only() {
    let directory = tempfile::tempdir().unwrap();
    let server = Cairn::serve(["--data-dir", directory.path().to_str().unwrap()]).start();
    let mut client = Client::new(server.address(), server.keys());
    assert_eq!(client.send("PUT", "/my-bucket", &[], b"").unwrap().status, 200);
    assert_eq!(
        client
            .send("PUT", "/my-bucket/key", &[], &[7; 100_000])
            .unwrap()
            .status,
        200
    );
    let metrics = get(server.admin(), "/-/metrics").unwrap();
    assert_eq!(metrics.status, 200);
    assert!(
        metrics
            .header("content-type")
            .unwrap()
            .starts_with("text/plain; version=0.0.4")
    );
    let text = metrics.text();
    let value = |name: &str| -> f64 {
        let line = text
            .lines()
            .find(|line| line.starts_with(name))
            .unwrap_or_else(|| panic!("{name} in\n{text}"));
        line.rsplit(' ').next().unwrap().parse().unwrap()
    };
    assert!(value("cairn_engine_commits_total{engine=\"directory\"} ") >= 2.0);
    assert!(value("cairn_engine_journal_syncs_total{engine=\"directory\"} ") >= 1.0);
    assert!(value("cairn_engine_blob_written_bytes_total{engine=\"directory\"} ") >= 100_000.0);
    assert!(value("cairn_engine_live_bytes{engine=\"directory\"} ") >= 100_000.0);
    assert!(value("cairn_connections{listener=\"s3\"} ") >= 1.0);
    assert!(value("process_resident_memory_bytes ") > 1e6);
    assert!(text.contains("# HELP cairn_engine_commits_total "));
    // On an S3 listener the path is nobody's bucket, and asks for a signature.
    assert_ne!(get(server.address(), "/-/metrics").unwrap().status, 200);
    assert_eq!(get(server.admin(), "/").unwrap().status, 404);
    assert_eq!(server.terminate().code(), 0);
}
