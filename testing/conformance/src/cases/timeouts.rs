//! Clients that are slow or silent (facts/06 §1; issue 2: slow-loris and idle timeouts).
//!
//! The tests start a server whose limits are a second each.

use std::thread::sleep;
use std::time::Duration;

use crate::kit::{Bucket, Connection, Server, cases};

cases! {
    "06 §1 RequestTimeout": body_that_rests, slow_but_steady_body;
    "issue 2 slow-loris": head_that_never_ends;
    "issue 2 idle connections": idle_connection;
    "issue 2 a reader that rests": reader_that_rests;
}

const SECOND: Duration = Duration::from_secs(1);
/// A second's limit, and what a busy machine may add.
const SOON: Duration = Duration::from_secs(8);

fn impatient() -> Option<Server> {
    let limits = [
        "--body-timeout-seconds",
        "1",
        "--head-timeout-seconds",
        "1",
        "--idle-timeout-seconds",
        "1",
    ];
    Server::start("us-east-1", &limits)
}

fn body_that_rests() {
    let Some(server) = impatient() else { return };
    let b = Bucket::on(&server.endpoint);
    let request = b.put("k", "").header("content-length", "10").unsigned_payload();
    let mut connection = Connection::open(server.endpoint.address);
    let answer = connection.send(request.head()).send("12345").answer();
    let message = "Your socket connection to the server was not read from or written to within the timeout period. Idle connections will be closed.";
    answer.error(400, "RequestTimeout", message, &[]);
    assert!(connection.ends_within(SOON));
    b.head("k").send().bare(404);
}

fn slow_but_steady_body() {
    let Some(server) = impatient() else { return };
    let b = Bucket::on(&server.endpoint);
    let request = b.put("k", "").header("content-length", "6").unsigned_payload();
    let mut connection = Connection::open(server.endpoint.address);
    connection.send(request.head());
    for byte in "slowly".bytes() {
        sleep(SECOND / 3);
        connection.send([byte]);
    }
    connection.answer().status(200);
}

fn head_that_never_ends() {
    let Some(server) = impatient() else { return };
    let mut connection = Connection::open(server.endpoint.address);
    connection.send("GET / HTTP/1.1\r\nHost: x\r\n");
    for _ in 0..4 {
        sleep(SECOND / 2);
        connection.send("X-A: b\r\n");
    }
    // An answer such as 408 is welcome; what counts is that the connection ends.
    if !connection.ends_within(SOON) {
        let answer = connection.answer();
        assert!(matches!(answer.status, 400 | 408), "{answer}");
        assert!(connection.ends_within(SOON));
    }
}

fn idle_connection() {
    let Some(server) = impatient() else { return };
    let b = Bucket::on(&server.endpoint);
    let mut connection = Connection::open(server.endpoint.address);
    b.at("GET", "").send_on(&mut connection).status(200);
    assert!(connection.ends_within(SOON));
    assert!(
        Connection::open(server.endpoint.address).ends_within(SOON),
        "one that never sent anything"
    );
}

fn reader_that_rests() {
    let Some(server) = impatient() else { return };
    let b = Bucket::on(&server.endpoint);
    // More than the buffers of both sockets hold.
    b.store("k", vec![b'x'; 32 << 20]);
    let mut connection = Connection::open(server.endpoint.address);
    connection.send(b.get("k").head());
    sleep(4 * SECOND);
    let read = connection.rest();
    assert!(
        read < 32 << 20,
        "the server waited for a reader that rested: {read} bytes came"
    );
}
