//! Clients that take their time, against the limits as they are configured. (Each clock by itself, faster:
//! `net::tests`.)
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
use std::time::{Duration, Instant};

use support::client::read_answer;
use support::{Cairn, Client, Running};

fn server() -> Running {
    let limits = [
        "--head-timeout",
        "1",
        "--idle-timeout",
        "2",
        "--body-timeout",
        "1",
        "--connections-max",
        "4",
    ];
    Cairn::serve(["--in-memory"].into_iter().chain(limits)).start()
}

fn connect(server: &Running) -> TcpStream {
    let stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

#[test]
fn a_body_that_rests_is_answered_with_request_timeout_and_leaves_nothing() {
    let server = server();
    let mut client = Client::new(server.address(), server.keys());
    assert_eq!(client.send("PUT", "/my-bucket", &[], b"").unwrap().status, 200);
    let mut stream = connect(&server);
    stream
        .write_all(client.head("PUT", "/my-bucket/key", &[], 1000).as_bytes())
        .unwrap();
    stream.write_all(&[0; 500]).unwrap();
    let (answer, _) = read_answer(&mut BufReader::new(stream), false).unwrap();
    assert_eq!(answer.status, 400, "{}", answer.text());
    assert_eq!(answer.elements("Code"), ["RequestTimeout"]);
    let mut client = Client::new(server.address(), server.keys());
    assert_eq!(
        client.send("GET", "/my-bucket/key", &[], b"").unwrap().status,
        404
    );
    assert_eq!(server.terminate().code(), 0);
}

#[test]
fn slow_heads_cannot_keep_others_out() {
    let server = server();
    let began = Instant::now();
    let lorises: Vec<TcpStream> = (0..6)
        .map(|_| {
            let mut stream = connect(&server);
            stream.write_all(b"GET / HTTP/1.1\r\nHost: ").unwrap();
            stream
        })
        .collect();
    // All places are taken; this one gets its turn when the first of them are cut.
    let mut client = Client::new(server.address(), server.keys());
    assert_eq!(client.send("GET", "/", &[], b"").unwrap().status, 200);
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    for mut loris in lorises {
        let mut rest = Vec::new();
        let _ = loris.read_to_end(&mut rest);
    }
    assert_eq!(server.terminate().code(), 0);
}

#[test]
fn a_body_is_asked_for_only_after_its_head_was_accepted() {
    let server = server();
    let mut client = Client::new(server.address(), server.keys());
    assert_eq!(client.send("PUT", "/my-bucket", &[], b"").unwrap().status, 200);
    let expect = [("expect", "100-continue")];

    let mut stream = connect(&server);
    stream
        .write_all(client.head("PUT", "/my-bucket/key", &expect, 5).as_bytes())
        .unwrap();
    let mut line = [0; 25];
    stream.read_exact(&mut line).unwrap();
    assert_eq!(&line, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"hello").unwrap();
    assert_eq!(
        read_answer(&mut BufReader::new(stream), false).unwrap().0.status,
        200
    );

    let mut stream = connect(&server);
    stream
        .write_all(client.head("PUT", "/no-such-bucket/key", &expect, 5).as_bytes())
        .unwrap();
    let (answer, _) = read_answer(&mut BufReader::new(stream), false).unwrap();
    assert_eq!(answer.status, 404, "refused without asking for the body");
    assert_eq!(server.terminate().code(), 0);
}
