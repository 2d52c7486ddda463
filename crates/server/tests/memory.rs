//! `memory-limit` from outside: what a server holds while more clients than its buffers are for are in the middle
//! of their bodies.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test"
)]

mod support;

use std::fs;
use std::io::{BufReader, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::thread;
use std::time::Duration;

use support::client::read_answer;
use support::{Cairn, Client, Running};

const MIB: usize = 1024 * 1024;
const LIMIT_MIB: usize = 80;
/// Each would fill two buffers of a MiB.
const UPLOADS: usize = 60;
const OBJECT_BYTES: usize = 6 * MIB;
const DOWNLOADS_LIMIT_MIB: usize = 110;
/// Each would hold a buffer of 512 KiB at least.
const DOWNLOADS: usize = 500;
/// Where an upload rests: in the middle of a buffer, after others were filled and written.
const RESTS_AT: usize = 3 * MIB + MIB / 2;

/// A field of `/proc/PID/status`, in bytes.
fn status(server: &Running, field: &str) -> usize {
    let status = fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    line.trim_start_matches(':')
        .trim()
        .trim_end_matches(" kB")
        .parse::<usize>()
        .unwrap()
        * 1024
}

/// The most it holds until nothing is added for a while: what clients sent is still on its way, or being hashed.
fn held_at_rest(server: &Running) -> usize {
    let (mut held, mut unchanged) = (0, 0);
    while unchanged < 5 {
        thread::sleep(Duration::from_millis(100));
        let now = status(server, "RssAnon");
        unchanged = if now > held { 0 } else { unchanged + 1 };
        held = held.max(now);
    }
    held
}

/// A server that has the bucket `my-bucket`.
fn with_a_bucket(directory: &Path, limit_mib: usize, connections_max: usize) -> (Running, Client) {
    let (limit, connections) = (format!("{limit_mib}MiB"), connections_max.to_string());
    let limits = ["--memory-limit", &limit, "--connections-max", &connections];
    let server = Cairn::serve(
        limits
            .into_iter()
            .chain(["--data-dir", directory.to_str().unwrap()]),
    )
    .start();
    let mut client = Client::new(server.address(), server.keys());
    assert_eq!(client.send("PUT", "/my-bucket", &[], b"").unwrap().status, 200);
    (server, client)
}

#[test]
fn many_uploads_at_a_time_stay_within_the_limit() {
    let directory = tempfile::tempdir().unwrap();
    let (server, client) = with_a_bucket(directory.path(), LIMIT_MIB, 64);

    let body = vec![7; OBJECT_BYTES];
    let mut uploads: Vec<TcpStream> = (0..UPLOADS)
        .map(|number| {
            let stream = TcpStream::connect(server.address()).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
            let head = client.head("PUT", &format!("/my-bucket/{number}"), &[], OBJECT_BYTES);
            (&stream).write_all(head.as_bytes()).unwrap();
            stream
        })
        .collect();
    // In small steps, so that all are at the same place.
    for piece in body[..RESTS_AT].chunks(MIB / 2) {
        for upload in &mut uploads {
            upload.write_all(piece).unwrap();
        }
    }
    let held = held_at_rest(&server);
    for upload in &mut uploads {
        upload.write_all(&body[RESTS_AT..]).unwrap();
    }
    for upload in uploads {
        let (answer, _) = read_answer(&mut BufReader::new(upload), false).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    thread::scope(|scope| {
        for reader in 0..4 {
            let (server, body) = (&server, &body);
            scope.spawn(move || {
                let mut client = Client::new(server.address(), server.keys());
                for number in (reader..UPLOADS).step_by(4) {
                    let answer = client
                        .send("GET", &format!("/my-bucket/{number}"), &[], b"")
                        .unwrap();
                    assert!(answer.status == 200 && answer.body == *body, "object {number}");
                }
            });
        }
    });
    let peak = status(&server, "VmHWM");
    let shown = support::client::get(server.admin(), "/-/metrics").unwrap().text();
    let parts = shown
        .lines()
        .filter(|line| line.starts_with("cairn_memory_limit_bytes{"));
    let sum: f64 = parts
        .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
        .sum();
    assert!(
        (sum - (LIMIT_MIB * MIB) as f64).abs() < 1.0,
        "the parts make up the limit: {shown}"
    );
    assert!(held < LIMIT_MIB * MIB, "{} MiB in the middle", held / MIB);
    // The program's own pages are among them, more of a build for tests than of any other.
    assert!(peak < 2 * LIMIT_MIB * MIB, "{} MiB at most", peak / MIB);
    assert_eq!(server.terminate().code(), 0);
}

#[test]
fn many_downloads_at_a_time_stay_within_the_limit() {
    let directory = tempfile::tempdir().unwrap();
    let (server, mut client) = with_a_bucket(directory.path(), DOWNLOADS_LIMIT_MIB, 512);
    let body: Vec<u8> = (0..OBJECT_BYTES).map(|at| (at / 251) as u8).collect();
    assert_eq!(
        client
            .send("PUT", "/my-bucket/object", &[], &body)
            .unwrap()
            .status,
        200
    );

    // They take nothing of their bodies, which are longer than what the kernel takes for them.
    let downloads: Vec<TcpStream> = (0..DOWNLOADS)
        .map(|_| {
            let stream = TcpStream::connect(server.address()).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
            let head = client.head("GET", "/my-bucket/object", &[], 0);
            (&stream).write_all(head.as_bytes()).unwrap();
            stream.peek(&mut [0]).unwrap();
            stream
        })
        .collect();
    let held = held_at_rest(&server);
    assert!(
        held < DOWNLOADS_LIMIT_MIB * MIB,
        "{} MiB in the middle",
        held / MIB
    );
    for download in downloads {
        let (answer, _) = read_answer(&mut BufReader::new(download), false).unwrap();
        assert!(answer.status == 200 && answer.body == body);
    }
    assert_eq!(server.terminate().code(), 0);
}

#[test]
fn too_little_is_refused_with_what_would_do() {
    let ended = Cairn::new(["config", "--memory-limit", "100MiB"]).run();
    assert_eq!(ended.code(), 2);
    let words = "memory-limit 100MiB is too little: with connections-max 4096 it is at least ";
    assert!(ended.stderr.contains(words), "{}", ended.stderr);
    let fewer = ["config", "--memory-limit", "100MiB", "--connections-max", "256"];
    assert_eq!(Cairn::new(fewer).run().code(), 0);
}
