//! HTTP itself: Expect, keep-alive, lengths, limits, clients that vanish (facts/06 §12, RFC 9112).

use std::time::Duration;

use crate::kit::{Bucket, Connection, Request, bucket, cases, endpoint, name};

cases! {
    "06 §12 Expect: 100 only after header checks": continue_after_the_head, refused_instead_of_continue, no_continue_unasked, other_expectation;
    "06 §12 keep-alive": many_requests, after_errors, pipelined, connection_close;
    "06 §12 Connection: close on errors that leave unread body": unread_body, large_unread_body;
    "06 §12 HEAD, 204, 304 send no body": bodiless_answers;
    "RFC 9112 malformed requests": malformed, smuggling;
    "RFC 9112 HTTP/1.0": http_1_0, http_1_0_keep_alive;
    "RFC 9112 absolute-form target": absolute_form;
    "06 §1 IncompleteBody": half_closed_body;
    "issue 2 a vanishing client leaves nothing": vanished_client, vanished_reader;
    "issue 2 body in pieces": body_in_pieces;
    "issue 2 header limits": too_many_headers, long_target;
    "issue 2 /-/live and /-/ready": health;
}

const SECOND: Duration = Duration::from_secs(1);

fn connect() -> Connection {
    Connection::open(endpoint().address)
}

fn continue_after_the_head() {
    let b = bucket();
    let mut connection = connect();
    connection.send(b.put("k", "body").header("expect", "100-continue").head());
    assert_eq!(connection.answer().status, 100);
    connection.send("body").answer().status(200);
    b.get("k").send().is("body");
}

fn refused_instead_of_continue() {
    let b = bucket();
    let mut wrong = b.put("k", "body").signer();
    wrong.secret_key = "anothersecretanothersecretanothersecret0".into();
    let missing = Request::new("PUT", &format!("/{}/k", name("missing"))).body("body");
    for (request, status) in [
        (b.put("k", "body").anonymous(), 403),
        (b.put("k", "body").signed_by(&wrong), 403),
        (missing, 404),
        (b.put("k", "body").header("content-md5", "bad"), 400),
        (b.put("k", "body").header("x-amz-storage-class", "COLDER"), 400),
        (
            b.put("k", "body")
                .header("content-length", "5368709121")
                .unsigned_payload(),
            400,
        ),
    ] {
        let mut connection = connect();
        let answer = connection
            .send(request.header("expect", "100-continue").head())
            .answer();
        answer.status(status);
    }
}

fn no_continue_unasked() {
    let b = bucket();
    let mut connection = connect();
    connection.send(b.put("k", "body").head());
    assert!(connection.is_silent_for(SECOND / 4));
    connection.send("body").answer().status(200);
}

fn other_expectation() {
    let b = bucket();
    let mut connection = connect();
    let answer = connection
        .send(b.put("k", "body").header("expect", "200-maybe").head())
        .send("body")
        .answer();
    // RFC 9110 §10.1.1: 417, or as if it were not there.
    assert!(matches!(answer.status, 200 | 417), "{answer}");
}

fn many_requests() {
    let b = bucket();
    let mut connection = connect();
    for number in 0..20 {
        let body = number.to_string();
        b.put("k", &body).send_on(&mut connection).status(200);
        b.get("k").send_on(&mut connection).status(200).is(body);
    }
}

fn after_errors() {
    let b = bucket();
    let mut connection = connect();
    b.get("missing").send_on(&mut connection).code(404, "NoSuchKey");
    b.head("missing").send_on(&mut connection).bare(404);
    b.get("k")
        .anonymous()
        .send_on(&mut connection)
        .code(403, "AccessDenied");
    b.at("GET", "max-keys=x")
        .send_on(&mut connection)
        .code(400, "InvalidArgument");
    b.at("GET", "acl").send_on(&mut connection);
    b.put("k", "body").send_on(&mut connection).status(200);
    b.put("k", "new")
        .header("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg==")
        .send_on(&mut connection)
        .code(400, "BadDigest");
    b.get("k").send_on(&mut connection).status(200).is("body");
}

fn pipelined() {
    let b = bucket();
    b.store("k", "body");
    let mut connection = connect();
    let requests = [
        b.get("k").head(),
        b.head("k").head(),
        b.get("missing").head(),
        b.get("k").head(),
    ]
    .concat();
    connection.send(requests);
    connection.answer().status(200).is("body");
    connection.answer_to("HEAD").status(200);
    connection.answer().status(404);
    connection.answer().status(200).is("body");
}

fn connection_close() {
    let b = bucket();
    let mut connection = connect();
    b.at("GET", "")
        .header("connection", "close")
        .send_on(&mut connection)
        .status(200);
    assert!(connection.ends_within(5 * SECOND));
}

/// A refused upload whose body was not read: the answer comes, and the connection is not used again.
fn unread_body() {
    let b = bucket();
    let request = b.put("k", "").anonymous().header("content-length", "1000000");
    let mut connection = connect();
    let answer = connection.send(request.head()).answer();
    answer.code(403, "AccessDenied");
    answer.has("connection", "close");
    assert!(connection.ends_within(5 * SECOND));
}

/// A client that sends all of its body before it looks still gets the answer.
fn large_unread_body() {
    let body = vec![b'x'; 4 * 1024 * 1024];
    let request = Request::new("PUT", &format!("/{}/k", name("missing")))
        .body(body)
        .unsigned_payload();
    request.send().code(404, "NoSuchBucket");
}

fn bodiless_answers() {
    let b = bucket();
    let etag = b.store("k", "body").value("etag");
    let mut connection = connect();
    // Whatever followed these would be taken for the next answer.
    b.head("k")
        .send_on(&mut connection)
        .status(200)
        .has("content-length", "4");
    b.get("k")
        .header("if-none-match", &etag)
        .send_on(&mut connection)
        .bare(304);
    b.head("missing").send_on(&mut connection).bare(404);
    b.delete("k").send_on(&mut connection).bare(204);
    b.at("DELETE", "").send_on(&mut connection).bare(204);
    b.at("HEAD", "").send_on(&mut connection).bare(404);
    b.at("GET", "").send_on(&mut connection).code(404, "NoSuchBucket");
}

fn malformed() {
    for bytes in [
        "\r\n\r\nnonsense\r\n\r\n",
        "GET\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nbad name : y\r\n\r\n",
        "PUT /b/k HTTP/1.1\r\nHost: x\r\nContent-Length: five\r\n\r\n",
        "PUT /b/k HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        "GET /\u{1} HTTP/1.1\r\nHost: x\r\n\r\n",
    ] {
        let mut connection = connect();
        let answer = connection.send(bytes).finish_sending().answer();
        assert!(matches!(answer.status, 400 | 505), "{bytes:?}: {answer}");
    }
    let mut connection = connect();
    let answer = connection.send("GET / HTTP/1.1\r\n\r\n").answer();
    // RFC 9112 §3.2: HTTP/1.1 without Host.
    answer.status(400);
}

fn smuggling() {
    let b = bucket();
    for headers in [
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 4\r\nContent-Length: 5\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        "Transfer-Encoding: gzip\r\n",
    ] {
        let mut connection = connect();
        let head = format!(
            "PUT /{}/k HTTP/1.1\r\nHost: {}\r\n{headers}\r\n",
            b.name,
            endpoint().host
        );
        let answer = connection.send(head).send("4\r\nbody\r\n0\r\n\r\n").answer();
        assert!(answer.status >= 400, "{headers}: {answer}");
        // What follows must not be taken for a request.
        assert!(connection.ends_within(5 * SECOND), "{headers}");
    }
}

fn http_1_0() {
    let b = bucket();
    b.store("k", "body");
    let head = b.get("k").head().replace(" HTTP/1.1", " HTTP/1.0");
    let mut connection = connect();
    connection.send(head).answer().status(200).is("body");
    assert!(connection.ends_within(5 * SECOND));
    // Without HTTP/1.1 there are no chunks: a listing's end is its length or the connection's.
    let head = b.at("GET", "").head().replace(" HTTP/1.1", " HTTP/1.0");
    connect()
        .send(head)
        .answer()
        .lacks("transfer-encoding")
        .document("ListBucketResult");
}

fn http_1_0_keep_alive() {
    let b = bucket();
    b.store("k", "body");
    let head = b
        .get("k")
        .header("connection", "keep-alive")
        .head()
        .replace(" HTTP/1.1", " HTTP/1.0");
    connect().send(head).answer().status(200).is("body");
}

fn absolute_form() {
    let b = bucket();
    b.store("k", "body");
    let head = b.get("k").head();
    let absolute = head.replacen("GET /", &format!("GET http://{}/", endpoint().host), 1);
    connect().send(absolute).answer().status(200).is("body");
}

fn half_closed_body() {
    let b = bucket();
    let request = b.put("k", "").header("content-length", "10").unsigned_payload();
    let mut connection = connect();
    connection.send(request.head()).send("12345").finish_sending();
    // The client can still read: it is told, or the connection simply ends.
    if !connection.ends_within(5 * SECOND) {
        let message = "You did not provide the number of bytes specified by the Content-Length HTTP header";
        let children = [("NumberBytesExpected", "10"), ("NumberBytesProvided", "5")];
        connection
            .answer()
            .error(400, "IncompleteBody", message, &children);
    }
    b.head("k").send().bare(404);
}

#[track_caller]
fn is_empty(b: &Bucket) {
    b.get("k").send().code(404, "NoSuchKey");
    assert_eq!(
        b.at("GET", "versions")
            .send()
            .document("ListVersionsResult")
            .all("Version")
            .len(),
        0
    );
}

fn vanished_client() {
    let b = bucket();
    let half = vec![b'x'; 600_000];
    for sent in [0, 1, 100_000, 600_000] {
        let request = b
            .put("k", "")
            .header("content-length", "1200000")
            .unsigned_payload();
        let mut connection = connect();
        connection.send(request.head()).send(&half[..sent]);
        drop(connection);
    }
    std::thread::sleep(SECOND / 4);
    is_empty(&b);
    let upload = b.initiate("k", &[]);
    let query = format!("partNumber=1&uploadId={upload}");
    let request = b
        .put("k", "")
        .query(&query)
        .header("content-length", "1200000")
        .unsigned_payload();
    connect().send(request.head()).send(&half);
    std::thread::sleep(SECOND / 4);
    let parts = b
        .get("k")
        .query(&format!("uploadId={upload}"))
        .send()
        .document("ListPartsResult");
    assert_eq!(parts.all("Part").len(), 0);
}

fn vanished_reader() {
    let b = bucket();
    let body = vec![b'x'; 8 * 1024 * 1024];
    b.store("k", &body);
    for _ in 0..4 {
        connect().send(b.get("k").head());
    }
    b.get("k")
        .header("range", "bytes=0-9")
        .send()
        .status(206)
        .is("xxxxxxxxxx");
}

fn body_in_pieces() {
    let b = bucket();
    let request = b.put("k", "0123456789");
    let mut connection = connect();
    let head = request.head();
    let (one, two) = head.split_at(head.len() / 2);
    connection.send(one);
    std::thread::sleep(SECOND / 20);
    connection.send(two);
    for byte in "0123456789".bytes() {
        connection.send([byte]);
        std::thread::sleep(SECOND / 100);
    }
    connection.answer().status(200);
    b.get("k").send().is("0123456789");
}

fn too_many_headers() {
    let b = bucket();
    let request = (0..300).fold(b.get("k"), |request, number| {
        request.header(&format!("h{number}"), "v")
    });
    let answer = request.send();
    assert!(matches!(answer.status, 400 | 431), "{answer}");
}

fn long_target() {
    let b = bucket();
    let answer = b
        .at("GET", &format!("prefix={}", "x".repeat(100_000)))
        .anonymous()
        .send();
    assert!(matches!(answer.status, 400 | 414 | 431), "{answer}");
}

fn health() {
    for path in ["/-/live", "/-/ready"] {
        Request::get(path).anonymous().send().status(200);
    }
}
