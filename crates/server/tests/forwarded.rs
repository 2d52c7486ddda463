//! `trusted-proxies`: what a proxy says of a request's host, scheme and client, believed or not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod support;

use std::io::{BufReader, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;
use support::client::read_answer;
use support::{Answer, Cairn, Client, Running};

const NAMES: [&str; 2] = ["us-east-1", "eu-west-1"];

/// What a proxy in front of `photos.s3.localhost` says.
const TOLD: &str = "x-forwarded-for: 127.0.0.1, 198.51.100.9\r\nx-forwarded-host: photos.s3.localhost:8443\r\n\
     x-forwarded-proto: https\r\n";

/// One unsigned request for `/key`, and its answer.
fn ask_at(address: SocketAddr, host: &str, head: &str) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    write!(
        stream,
        "GET /key HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n{head}\r\n"
    )
    .unwrap();
    read_answer(&mut BufReader::new(stream), false).unwrap().0
}

/// With a host that means nothing outside.
fn ask(address: SocketAddr, head: &str) -> Answer {
    ask_at(address, "inside.example", head)
}

/// With `photos` in eu-west-1.
fn started(more: &[&str]) -> Running {
    let arguments = ["--in-memory", "--log-filter", "info,cairn::access=debug"]
        .iter()
        .chain(more);
    let server = Cairn::serve_regions(&NAMES, arguments).start();
    let mut client = Client::of_region(server.region("eu-west-1"), server.keys(), "eu-west-1");
    let body = "<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>";
    let made = client.send("PUT", "/photos", &[], body.as_bytes()).unwrap();
    assert_eq!(made.status, 200, "{}", made.text());
    server
}

/// What the journal has of the answered request.
fn recorded(server: &Running, answer: &Answer) -> Value {
    let id = answer.header("x-amz-request-id").unwrap();
    let admin = format!("http://{}", server.admin());
    let ended = Cairn::new(["explain", id, "--json", "--admin", &admin]).run();
    assert_eq!(ended.code(), 0, "{ended:?}");
    let json: Value = serde_json::from_str(&ended.stdout).unwrap();
    json["request"].clone()
}

#[test]
fn a_trusted_proxy_tells_host_scheme_and_client() {
    // The networks of the loopback and of nobody here.
    let server = started(&[
        "--trusted-proxies",
        "127.0.0.0/8,203.0.113.0/24",
        "--region-ports",
        "us-east-1=8443,eu-west-1=8443",
    ]);
    let listener = server.region("us-east-1");
    let answer = ask(listener, TOLD);
    assert_eq!(answer.status, 307, "{}", answer.text());
    // Where the client is sent, as it sees the place.
    let location = answer.header("location").unwrap();
    assert_eq!(location, "https://photos.s3.eu-west-1.localhost:8443/key");
    let request = recorded(&server, &answer);
    assert_eq!(request["peer"], "198.51.100.9:0");
    assert_eq!(request["host"], "photos.s3.localhost:8443");
    assert_eq!(request["tls"], true);

    // Nothing told: the proxy's own host, path style, where there is no bucket of that name.
    let answer = ask(listener, "");
    assert_eq!(answer.elements("Code"), ["NoSuchBucket"]);
    let request = recorded(&server, &answer);
    assert!(
        request["peer"].as_str().unwrap().starts_with("127.0.0.1:"),
        "{request}"
    );
    assert_eq!(
        (&request["host"], &request["tls"]),
        (&"inside.example".into(), &false.into())
    );

    // At the bucket's home: answered, and refused only because it is anonymous.
    let answer = ask(server.region("eu-west-1"), TOLD);
    assert_eq!(answer.elements("Code"), ["AccessDenied"]);
    let stderr = server.terminate().stderr;
    assert!(
        stderr.contains("198.51.100.9"),
        "the access log has the client: {stderr}"
    );
}

#[test]
fn what_a_trusted_proxy_says_and_cannot_be_read_is_refused() {
    let server = started(&["--trusted-proxies", "127.0.0.1"]);
    for (name, value) in [
        ("X-Forwarded-For", "unknown"),
        ("X-Forwarded-Host", "a b"),
        ("X-Forwarded-Host", "photos.s3.localhost, evil.example"),
        ("X-Forwarded-Proto", "gopher"),
    ] {
        let answer = ask(server.region("us-east-1"), &format!("{name}: {value}\r\n"));
        assert_eq!(answer.status, 400, "{name}: {value}: {}", answer.text());
        assert_eq!(answer.elements("Code"), ["BadRequest"]);
        assert!(
            answer.elements("Message")[0].starts_with(name),
            "{}",
            answer.text()
        );
        assert_eq!(recorded(&server, &answer)["code"], "BadRequest");
    }
    let ended = server.terminate();
    assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
}

#[test]
fn nobody_is_believed_unless_it_is_named() {
    for trusted in [&[][..], &["--trusted-proxies", "10.0.0.0/8,::1"]] {
        let server = started(trusted);
        for told in [TOLD, "x-forwarded-host: a b\r\nx-forwarded-for: unknown\r\n"] {
            let answer = ask(server.region("us-east-1"), told);
            // As if nothing had been said: another host, without a bucket of that name.
            assert_eq!(answer.status, 404, "{}", answer.text());
            assert_eq!(answer.elements("BucketName"), ["key"]);
            let request = recorded(&server, &answer);
            assert!(
                request["peer"].as_str().unwrap().starts_with("127.0.0.1:"),
                "{request}"
            );
            assert_eq!(
                (&request["host"], &request["tls"]),
                (&"inside.example".into(), &false.into())
            );
        }
        // The scheme of a redirect is the connection's.
        let head = "x-forwarded-proto: https\r\n";
        let answer = ask_at(server.region("us-east-1"), "photos.s3.localhost", head);
        assert!(
            answer
                .header("location")
                .unwrap()
                .starts_with("http://photos.s3.eu-west-1.localhost/")
        );
        let _ = server.terminate();
    }
}
