//! Opt-in regions over a real server: the Account API over raw HTTP, `cairn region`, and what S3 answers
//! in between. The rules themselves are tested in `cairn-api` (services/account/tests.rs).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod support;

use std::io::{BufReader, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use cairn_protocol::auth::Payload;
use cairn_protocol::auth::sign::Signer;
use cairn_types::{Clock as _, SecretAccessKey, SystemClock};
use serde_json::{Value, json};
use support::client::read_answer;
use support::{Answer, Cairn, Client, Ended, Running};

const OPT_IN: &str = "ap-southeast-3";
const REGIONS: [&str; 3] = ["us-east-1", "eu-west-1", OPT_IN];

/// A request to the Account API without `x-amz-content-sha256`, as the aws CLI makes it.
fn account(server: &Running, path: &str, input: &Value) -> Answer {
    let (id, secret) = server.keys();
    let mut signer = Signer::new(&id, SecretAccessKey::parse(&secret).unwrap(), "us-east-1");
    signer.service = "account".to_owned();
    let body = input.to_string();
    let address = server.address();
    let request = http::Request::post(format!("http://{address}{path}"))
        .body(())
        .unwrap();
    let (mut parts, ()) = request.into_parts();
    signer
        .header_v4(&mut parts, &Payload::of(body.as_bytes()), SystemClock.now())
        .unwrap();
    let mut head = format!(
        "POST {path} HTTP/1.1\r\nconnection: close\r\ncontent-length: {}\r\n",
        body.len()
    );
    for (name, value) in &parts.headers {
        head.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap()));
    }
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    write!(stream, "{head}\r\n{body}").unwrap();
    read_answer(&mut BufReader::new(stream), false).unwrap().0
}

fn status(server: &Running) -> Value {
    let answer = account(server, "/getRegionOptStatus", &json!({"RegionName": OPT_IN}));
    assert_eq!(answer.status, 200, "{}", answer.text());
    serde_json::from_slice::<Value>(&answer.body).unwrap()["RegionOptStatus"].take()
}

/// `cairn region` beside the server.
fn region(server: &Running, data: &str, arguments: &[&str]) -> Ended {
    let endpoint = format!("http://{}", server.address());
    let there = ["--endpoint", &endpoint, "--data-dir", data];
    let arguments = ["region"].iter().chain(arguments).chain(&there);
    Cairn::new(arguments)
        .env("AWS_ACCESS_KEY_ID", "")
        .env("AWS_SECRET_ACCESS_KEY", "")
        .run()
}

fn refused(ended: &Ended, code: i32, wanted: &str) {
    assert_eq!(ended.code(), code, "{ended:?}");
    let line = ended.stderr.trim_end();
    assert!(line.starts_with("cairn: ") && !line.contains('\n'), "{line}");
    assert!(line.contains(wanted), "{line}");
}

fn create(server: &Running, bucket: &str) -> Answer {
    let body = format!(
        "<CreateBucketConfiguration><LocationConstraint>{OPT_IN}</LocationConstraint></CreateBucketConfiguration>"
    );
    let mut client = Client::of_region(server.region("us-east-1"), server.keys(), "us-east-1");
    client
        .send("PUT", &format!("/{bucket}"), &[], body.as_bytes())
        .unwrap()
}

fn there(server: &Running, method: &str, target: &str) -> Answer {
    let mut client = Client::of_region(server.region(OPT_IN), server.keys(), OPT_IN);
    client.send(method, target, &[], b"").unwrap()
}

#[test]
fn a_choice_survives_a_crash_and_governs_requests() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().to_str().unwrap();
    let server = Cairn::serve_regions(&REGIONS, ["--data-dir", data]).start();
    assert_eq!(status(&server), "DISABLED");
    assert!(
        create(&server, "far")
            .text()
            .contains("<Code>InvalidLocationConstraint</Code>")
    );
    let answer = there(&server, "GET", "/");
    assert_eq!(answer.status, 403);
    assert!(
        answer.text().contains("<Code>InvalidAccessKeyId</Code>"),
        "{}",
        answer.text()
    );

    let answer = account(&server, "/enableRegion", &json!({"RegionName": OPT_IN}));
    assert_eq!((answer.status, answer.text().as_str()), (200, "{}"));
    assert!(answer.header("x-amzn-requestid").is_some());
    server.kill();

    let server = Cairn::serve_regions(&REGIONS, ["--data-dir", data]).start();
    assert_eq!(status(&server), "ENABLED");
    assert_eq!(create(&server, "far").status, 200);
    assert_eq!(there(&server, "PUT", "/far/key").status, 200);
    assert_eq!(
        account(&server, "/disableRegion", &json!({"RegionName": OPT_IN})).status,
        200
    );
    server.kill();

    // The choice goes before the setting, which is for who never chose.
    let arguments = ["--data-dir", data, "--opt-in-regions", "enabled"];
    let server = Cairn::serve_regions(&REGIONS, arguments).start();
    assert_eq!(status(&server), "DISABLED");
    assert_eq!(there(&server, "GET", "/far/key").status, 403);
    assert_eq!(
        account(&server, "/enableRegion", &json!({"RegionName": OPT_IN})).status,
        200
    );
    assert_eq!(there(&server, "GET", "/far/key").status, 200);
    assert_eq!(server.terminate().code(), 0);
}

#[test]
fn the_setting_is_for_who_never_chose() {
    let server = Cairn::serve_regions(&REGIONS, ["--in-memory", "--opt-in-regions", "enabled"]).start();
    assert_eq!(status(&server), "ENABLED");
    assert_eq!(create(&server, "far").status, 200);
    assert_eq!(server.terminate().code(), 0);
    let ended = Cairn::serve_regions(&REGIONS, ["--in-memory", "--opt-in-regions", "maybe"]).run();
    refused(&ended, 2, "enabled or disabled");
}

#[test]
fn the_command_shows_enables_and_disables() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().to_str().unwrap();
    let server = Cairn::serve_regions(&REGIONS, ["--data-dir", data]).start();
    let listed = region(&server, data, &["list"]);
    assert_eq!(listed.code(), 0, "{listed:?}");
    assert_eq!(
        listed.stdout,
        "ap-southeast-3  DISABLED\neu-west-1       ENABLED_BY_DEFAULT\nus-east-1       ENABLED_BY_DEFAULT\n"
    );
    for (command, printed) in [
        ("enable", "ENABLED"),
        ("status", "ENABLED"),
        ("disable", "DISABLED"),
    ] {
        let ended = region(&server, data, &[command, OPT_IN]);
        assert_eq!(
            (ended.code(), ended.stdout),
            (0, format!("{OPT_IN}  {printed}\n")),
            "{}",
            ended.stderr
        );
    }
    refused(
        &region(&server, data, &["enable", "mars-1"]),
        6,
        "mars-1 is not a Region",
    );
    refused(
        &region(&server, data, &["disable", "us-east-1"]),
        6,
        "enabled by default",
    );
    let elsewhere = tempfile::tempdir().unwrap();
    let elsewhere = elsewhere.path().to_str().unwrap();
    refused(&region(&server, elsewhere, &["list"]), 2, "--data-dir");
    assert_eq!(region(&server, data, &["enable", "No Region"]).code(), 2);

    // A key in the environment goes before the file; one the server does not know is named with its origin.
    let endpoint = format!("http://{}", server.address());
    let with_key = |id: &str, secret: &str| {
        let arguments = ["region", "list", "--endpoint", &endpoint, "--data-dir", elsewhere];
        Cairn::new(arguments)
            .env("AWS_ACCESS_KEY_ID", id)
            .env("AWS_SECRET_ACCESS_KEY", secret)
            .run()
    };
    let (id, secret) = server.keys();
    assert_eq!(with_key(&id, &secret).stdout, listed.stdout);
    refused(
        &with_key("AKIAOTHER", &secret),
        6,
        "AKIAOTHER is from AWS_ACCESS_KEY_ID",
    );
    refused(&with_key(&id, "another-secret"), 6, "signature");
    let admin = format!("http://{}", server.admin());
    let ended = Cairn::new(["region", "list", "--endpoint", &admin, "--data-dir", data]);
    let ended = ended
        .env("AWS_ACCESS_KEY_ID", &id)
        .env("AWS_SECRET_ACCESS_KEY", &secret)
        .run();
    refused(&ended, 6, "no document of the Account API");
    assert_eq!(server.terminate().code(), 0);
}
