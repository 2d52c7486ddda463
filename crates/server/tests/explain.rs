//! `cairn explain`: of a request that was made, with the server running, killed, restarted and stopped; and
//! of one that was not made.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod support;

use std::fs;
use std::io::{BufReader, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;
use support::client::read_answer;
use support::{Answer, Cairn, Client, Ended, Running};

const NAMES: [&str; 3] = ["us-east-1", "eu-west-1", "ap-southeast-3"];
/// Longer than any test: DNS does not publish a bucket meanwhile.
const PROPAGATION: [&str; 2] = ["--dns-propagation-seconds", "3600"];

/// One request as given, unsigned, and its answer.
fn raw(address: SocketAddr, request: &str, host: &str) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    write!(
        stream,
        "{request} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"
    )
    .unwrap();
    let no_body = request.starts_with("HEAD ");
    read_answer(&mut BufReader::new(stream), no_body).unwrap().0
}

fn id(answer: &Answer) -> String {
    answer.header("x-amz-request-id").unwrap().to_owned()
}

fn admin(server: &Running) -> String {
    format!("http://{}", server.admin())
}

fn started(data: &Path, more: &[&str]) -> Running {
    let arguments = ["--data-dir", data.to_str().unwrap()];
    let arguments = arguments.iter().chain(&PROPAGATION).chain(more);
    Cairn::serve_regions(&NAMES, arguments.copied()).start()
}

/// `photos`, which lives in eu-west-1.
fn create_photos(server: &Running) {
    let mut client = Client::of_region(server.region("eu-west-1"), server.keys(), "eu-west-1");
    let body = "<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>";
    let made = client.send("PUT", "/photos", &[], body.as_bytes()).unwrap();
    assert_eq!(made.status, 200, "{}", made.text());
}

fn explain(arguments: &[&str]) -> Ended {
    Cairn::new(["explain"].iter().chain(arguments)).run()
}

/// Of the data directory, with the regions that the server had.
fn offline(data: &Path, arguments: &[&str]) -> Ended {
    let regions = NAMES.map(|name| format!("{name}=127.0.0.1:0")).join(",");
    let data = data.to_str().unwrap();
    let mut all: Vec<&str> = arguments.to_vec();
    all.extend(["--admin-listen", "off", "--data-dir", data, "--regions", &regions]);
    all.extend(PROPAGATION);
    explain(&all)
}

fn says(ended: &Ended, words: &[&str]) {
    assert_eq!(ended.code(), 0, "{ended:?}");
    for word in words {
        assert!(
            ended.stdout.contains(word),
            "{word:?} is not in\n{}",
            ended.stdout
        );
    }
}

fn fails(ended: &Ended, code: i32, wanted: &str) {
    assert_eq!(ended.code(), code, "{ended:?}");
    assert_eq!(ended.stdout, "");
    let last = ended.stderr.trim_end().lines().last().unwrap();
    assert!(last.starts_with("cairn: ") && last.contains(wanted), "{ended:?}");
}

/// What the wrong endpoint's 301 has to say for itself.
const REDIRECTED: [&str; 6] = [
    "Answered    301 PermanentRedirect\n",
    "Operation   GetObject\n",
    "Address     the endpoint of us-east-1, spelled s3.R.DOMAIN\n            bucket photos (path), key a b.jpg\n",
    "Home        eu-west-1, launch class before-2019-03-20; created 2",
    "Decision    permanent-redirect (RegionalPath): a region's endpoint serves, path style, buckets of that region only",
    "host photos.s3.eu-west-1.localhost:",
];

#[test]
fn a_redirect_is_explained_by_its_id_wherever_the_server_is() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let server = started(&data, &[]);
    create_photos(&server);
    let listener = server.region("us-east-1");
    let answer = raw(
        listener,
        "GET /photos/a%20b.jpg",
        &format!("s3.us-east-1.localhost:{}", listener.port()),
    );
    assert_eq!(answer.status, 301);
    let id = id(&answer);

    // Running: the admin listener answers, and beside it the files can be read.
    let ended = explain(&[&id, "--admin", &admin(&server)]);
    says(&ended, &REDIRECTED);
    assert_eq!(ended.stderr, "");
    let json = explain(&[&id, "--json", "--admin", &admin(&server)]);
    says(&json, &[]);
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["request"]["code"], "PermanentRedirect");
    assert_eq!(json["request"]["mechanism"], "anonymous");
    assert_eq!(json["routing"]["verdict"]["rule"], "RegionalPath");
    assert_eq!(json["routing"]["seen"]["status"], 301);
    // What the explanation says the client saw is what the client saw.
    for element in json["routing"]["seen"]["elements"].as_array().unwrap() {
        let (name, text) = (element[0].as_str().unwrap(), element[1].as_str().unwrap());
        assert_eq!(answer.elements(name), [text]);
    }
    for header in json["routing"]["seen"]["headers"].as_array().unwrap() {
        assert_eq!(answer.header(header[0].as_str().unwrap()), header[1].as_str());
    }
    let beside = offline(&data, &[&id]);
    says(&beside, &REDIRECTED);
    assert!(
        beside.stderr.contains("the admin listener is off: reading "),
        "{}",
        beside.stderr
    );

    // Killed.
    server.kill();
    says(&offline(&data, &[&id]), &REDIRECTED);

    // Restarted.
    let server = started(&data, &[]);
    says(&explain(&[&id, "--admin", &admin(&server)]), &REDIRECTED);
    let later = id_of_a_404(&server);
    assert_eq!(server.terminate().code(), 0);

    // Stopped: what came last was written at the end.
    says(&offline(&data, &[&id]), &REDIRECTED);
    says(
        &offline(&data, &[&later]),
        &["404 NoSuchBucket", "Home        none: there is no such bucket"],
    );
    // Without the server's regions it says what is missing.
    let unaware = explain(&[
        &later,
        "--admin-listen",
        "off",
        "--data-dir",
        data.to_str().unwrap(),
        "--region",
        "eu-west-1",
    ]);
    says(
        &unaware,
        &[
            "404 NoSuchBucket",
            "us-east-1 is not among the regions known here",
        ],
    );
    let json = offline(&data, &[&id, "--json"]);
    assert_eq!(
        serde_json::from_str::<Value>(&json.stdout).unwrap()["request"]["id"],
        id.as_str()
    );
}

fn id_of_a_404(server: &Running) -> String {
    let mut client = Client::of_region(server.region("us-east-1"), server.keys(), "us-east-1");
    id(&client.send("GET", "/nothing/here", &[], b"").unwrap())
}

#[test]
fn a_request_that_was_not_made() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let server = started(&data, &[]);
    create_photos(&server);
    let admin = admin(&server);
    let route = |more: &[&str]| {
        let mut all = vec!["route", "--admin", &admin];
        all.extend(more);
        explain(&all)
    };
    let global = ["--host", "photos.s3.localhost", "--path", "/a.jpg"];
    let unpublished = [
        "at the listener of us-east-1",
        "DNS         the bucket's home is eu-west-1, which is published",
        "Answer      307 TemporaryRedirect\n",
        "location: http://photos.s3.eu-west-1.localhost/a.jpg\n",
        "signed for eu-west-1",
    ];
    says(&route(&global), &unpublished);
    // At its home, and signed for the wrong region there.
    let mut at_home = global.to_vec();
    at_home.extend(["--arrived", "eu-west-1", "--signing-region", "us-east-1"]);
    says(
        &route(&at_home),
        &[
            "GlobalNamePublished",
            "400 AuthorizationHeaderMalformed",
            "<Region>eu-west-1</Region>",
        ],
    );
    // The listener's address means its region.
    let listener = server.region("eu-west-1").to_string();
    says(
        &route(&["--host", &listener, "--path", "/photos/k", "--method", "PUT"]),
        &["at the listener of eu-west-1", "routing has nothing against it"],
    );
    says(
        &route(&["--host", "s3.localhost", "--path", "/photos?location"]),
        &["TellsLocation"],
    );
    says(
        &route(&["--host", "s3.localhost", "--path", "/photos", "--method", "PUT"]),
        &["Creates"],
    );
    let json = route(&[
        "--host",
        "s3.eu-west-1.localhost",
        "--path",
        "/photos/k",
        "--json",
    ]);
    assert_eq!(
        serde_json::from_str::<Value>(&json.stdout).unwrap()["seen"]["is"],
        "served"
    );

    fails(
        &route(&["--host", "s3.localhost", "--arrived", "mars"]),
        2,
        "mars is not a region served",
    );
    fails(
        &route(&["--host", "s3.localhost", "--method", "G T"]),
        2,
        "the method",
    );
    fails(
        &route(&["--host", "s3.localhost", "--path", "photos"]),
        2,
        "begins with a slash",
    );
    fails(&route(&["--host", &"h".repeat(5000)]), 2, "more than 4096 bytes");
    let wide = format!("/photos/{}", "%C3%A9".repeat(680));
    says(
        &route(&["--host", "s3.eu-west-1.localhost", "--path", &wide]),
        &[],
    );

    // The directory belongs to the server; without one it is opened.
    let mut offline_route = vec!["route"];
    offline_route.extend(global);
    fails(&offline(&data, &offline_route), 3, "");
    assert_eq!(server.terminate().code(), 0);
    says(&offline(&data, &offline_route), &unpublished);
}

#[test]
fn what_is_asked_of_the_admin_listener() {
    let directory = tempfile::tempdir().unwrap();
    let server = started(&directory.path().join("data"), &[]);
    let ask = |request: &str, host: &str| raw(server.admin(), request, host);
    let id = id_of_a_404(&server);
    let found = ask(&format!("GET /-/explain/{id}"), "localhost:9001");
    assert_eq!(
        (found.status, found.header("content-type")),
        (200, Some("application/json"))
    );
    assert_eq!(found.header("cache-control"), Some("no-store"));
    let body: Value = serde_json::from_slice(&found.body).unwrap();
    assert_eq!(
        body["request"]["principal"]
            .as_str()
            .map(|arn| arn.ends_with(":root")),
        Some(true)
    );
    assert_eq!(body["request"]["signing_region"], "us-east-1");
    // By name only, so that no page that points its own name here can read it.
    for host in ["127.0.0.1", "[::1]:9001", "LOCALHOST", "10.0.0.1:1"] {
        assert_eq!(ask(&format!("GET /-/explain/{id}"), host).status, 200, "{host}");
    }
    for host in [
        "evil.example",
        "localhost.evil.example:9001",
        "127.0.0.1.evil.example",
        "",
        "[::1:9001",
    ] {
        assert_eq!(ask(&format!("GET /-/explain/{id}"), host).status, 403, "{host}");
    }
    let unknown = ask("GET /-/explain/AAAAAAAAAAAAAAAA", "localhost");
    assert_eq!(unknown.status, 404);
    assert!(
        unknown.text().contains("is not in the journal"),
        "{}",
        unknown.text()
    );
    assert_eq!(ask("GET /-/explain/../metrics", "localhost").status, 400);
    assert_eq!(ask("GET /-/explain/", "localhost").status, 400);
    assert_eq!(ask("GET /-/explain/route", "localhost").status, 400);
    assert_eq!(ask("GET /-/explain/route?host=%zz", "localhost").status, 400);
    assert_eq!(
        ask(
            "GET /-/explain/route?host=s3.localhost&path=/a%0d%0a",
            "localhost"
        )
        .status,
        200
    );
    assert_eq!(ask(&format!("POST /-/explain/{id}"), "localhost").status, 405);
    assert_eq!(ask("GET /-/metrics", "evil.example").status, 200);

    let admin = admin(&server);
    fails(
        &explain(&["AAAAAAAAAAAAAAAA", "--admin", &admin]),
        7,
        "is not in the journal",
    );
    fails(
        &explain(&["short", "--admin", &admin]),
        2,
        "is not a request's id",
    );
    fails(&explain(&[&id, "--admin", "ftp://x"]), 2, "it is a URL such as");
    assert_eq!(explain(&[]).code(), 2);
    // The S3 listener is no admin listener.
    let s3 = format!("http://{}", server.address());
    fails(&explain(&[&id, "--admin", &s3]), 6, "");
}

/// Presigned URLs, tokens and keys are permissions: none is kept.
#[test]
fn no_secret_reaches_the_journal() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let server = started(&data, &[]);
    let secret = "5ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2";
    let requests = [
        format!(
            "GET /photos/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Security-Token={secret}&X-Amz-Signature={secret}"
        ),
        format!("GET /photos/k?AWSAccessKeyId=AKIAX&Expires=1&Signature={secret}"),
    ];
    let mut ids = Vec::new();
    for request in &requests {
        ids.push(id(&raw(server.address(), request, "s3.localhost")));
    }
    let admin = admin(&server);
    for id in &ids {
        let ended = explain(&[id, "--admin", &admin]);
        says(&ended, &["Signature=***"]);
        assert!(!ended.stdout.contains(secret));
    }
    let (_, key) = server.keys();
    server.kill();
    let journal = data.join("journal");
    let mut files = 0;
    for file in fs::read_dir(&journal).unwrap() {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        let has = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(!has(&secret[..16]) && !has(&key));
        assert!(has(&ids[0]));
        files += 1;
    }
    assert_eq!(files, 1);
}

#[test]
fn a_region_that_is_not_enabled_is_why_the_key_is_not_known() {
    let directory = tempfile::tempdir().unwrap();
    let server = started(&directory.path().join("data"), &[]);
    let region = "ap-southeast-3";
    let mut client = Client::of_region(server.region(region), server.keys(), region);
    let answer = client.send("GET", "/", &[], b"").unwrap();
    assert_eq!(answer.status, 403, "{}", answer.text());
    let ended = explain(&[&id(&answer), "--admin", &admin(&server)]);
    says(
        &ended,
        &[
            "403 InvalidAccessKeyId",
            "has not enabled the region ap-southeast-3",
            "Operation   ListBuckets",
        ],
    );
}

#[test]
fn without_a_journal_nothing_is_kept() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let server = started(&data, &["--journal-bytes-max", "0"]);
    let id = id_of_a_404(&server);
    fails(
        &explain(&[&id, "--admin", &admin(&server)]),
        7,
        "the journal of requests is off",
    );
    assert!(!data.join("journal").exists());
    assert_eq!(server.terminate().code(), 0);
    fails(&offline(&data, &[&id]), 3, "there is no journal in");
    let nowhere = explain(&[&id, "--admin-listen", "off", "--data-dir", "/nonexistent"]);
    fails(&nowhere, 3, "is not a data directory");
}

/// In memory the journal is there, too, and it is written by itself in a moment.
#[test]
fn in_memory() {
    let server = Cairn::serve(["--in-memory"]).start();
    let id = id(&raw(server.address(), "GET /", "s3.localhost"));
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let ended = explain(&[&id, "--admin", &admin(&server)]);
        if ended.code() == 0 {
            return says(&ended, &["no bucket: the service itself"]);
        }
        assert!(Instant::now() < until, "{ended:?}");
    }
}
