//! `cairn cors` and `cairn explain cors` over a real server; and a request's CORS, explained by its id.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod support;

use std::fs;
use std::io::{BufReader, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;

use serde_json::Value;
use support::client::read_answer;
use support::{Answer, Cairn, Client, Ended, Running};

const XML: &str = "<CORSConfiguration><CORSRule><ID>uploads</ID><AllowedMethod>PUT</AllowedMethod>\
                   <AllowedOrigin>https://app.example</AllowedOrigin><AllowedHeader>content-type</AllowedHeader>\
                   <ExposeHeader>ETag</ExposeHeader></CORSRule></CORSConfiguration>";
const RULE: &str = r#"{"ID":"uploads","AllowedMethods":["PUT"],"AllowedOrigins":["https://app.example"],
                       "AllowedHeaders":["content-type"],"ExposeHeaders":["ETag"]}"#;

struct Store {
    directory: tempfile::TempDir,
    endpoint: String,
    server: Running,
}

impl Store {
    fn data(&self) -> &str {
        self.directory.path().to_str().unwrap()
    }

    fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let server = Cairn::serve(["--data-dir", directory.path().to_str().unwrap()]).start();
        let mut client = Client::new(server.address(), server.keys());
        assert_eq!(client.send("PUT", "/photos", &[], b"").unwrap().status, 200);
        Self {
            endpoint: format!("http://{}", server.address()),
            directory,
            server,
        }
    }

    /// `cairn cors` with the key of the data directory.
    fn cors(&self, arguments: &[&str]) -> Ended {
        let common = ["--endpoint", &self.endpoint, "--data-dir", self.data()];
        cors(arguments.iter().chain(&common))
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.directory.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn put(&self, text: &str) -> Ended {
        let file = self.file("cors", text);
        self.cors(&["put", "--bucket", "photos", "--file", &file])
    }

    fn explain(&self, arguments: &[&str]) -> Ended {
        let admin = format!("http://{}", self.server.admin());
        explain(arguments.iter().copied().chain(["--admin", &admin]))
    }
}

fn cors<'a>(arguments: impl Iterator<Item = &'a &'a str>) -> Ended {
    let arguments = ["cors"].into_iter().chain(arguments.copied());
    let mut command = Cairn::new(arguments);
    // Whatever key the tests' own environment has is not the server's.
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
        command = command.env(name, "");
    }
    command.run()
}

fn explain<'a>(arguments: impl Iterator<Item = &'a str>) -> Ended {
    Cairn::new(["explain"].into_iter().chain(arguments)).run()
}

fn offline(data: &Path, arguments: &[&str]) -> Ended {
    let data = data.to_str().unwrap();
    let of = ["--admin-listen", "off", "--data-dir", data];
    explain(arguments.iter().copied().chain(of))
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

fn fails(ended: &Ended, code: i32, words: &[&str]) {
    assert_eq!(ended.code(), code, "{ended:?}");
    for word in words {
        assert!(
            ended.stderr.contains(word),
            "{word:?} is not in\n{}",
            ended.stderr
        );
    }
}

fn raw(address: SocketAddr, request: &str, headers: &[(&str, &str)]) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    let mut head = format!("{request} HTTP/1.1\r\nconnection: close\r\n");
    if !headers.iter().any(|(name, _)| *name == "host") {
        head.push_str(&format!("host: {address}\r\n"));
    }
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    write!(stream, "{head}\r\n").unwrap();
    read_answer(&mut BufReader::new(stream), false).unwrap().0
}

fn id(answer: &Answer) -> &str {
    answer.header("x-amz-request-id").unwrap()
}

const OF_PHOTOS: [&str; 2] = ["--bucket", "photos"];
const PREFLIGHT: [(&str, &str); 2] = [
    ("origin", "http://app.example"),
    ("access-control-request-method", "PUT"),
];

#[test]
fn a_configuration_is_put_in_every_form_shown_tested_and_deleted() {
    let store = Store::start();
    for form in [
        XML.to_owned(),
        format!("[{RULE}]"),
        format!("{{\"CORSRules\":[{RULE}]}}"),
    ] {
        assert_eq!(store.cors(&["delete", "--bucket", "photos"]).code(), 0);
        says(&store.put(&form), &["photos has 1 rule\n"]);
        let shown = store.cors(&["get", "--bucket", "photos"]);
        says(
            &shown,
            &[
                "\n    <ID>uploads</ID>\n",
                "<AllowedHeader>content-type</AllowedHeader>",
            ],
        );
        let json = store.cors(&["get", "--bucket", "photos", "--json"]);
        let json: Value = serde_json::from_str(&json.stdout).unwrap();
        assert_eq!(json[0]["ID"], "uploads");
        // What is shown can be put.
        says(&store.put(&shown.stdout), &["photos has 1 rule\n"]);
        says(&store.put(&json.to_string()), &["photos has 1 rule\n"]);
    }
    let mut test = vec!["test", "--origin", "https://app.example", "--method", "PUT"];
    test.extend(OF_PHOTOS);
    test.extend(["--headers", "content-type", "--path", "/a b.jpg"]);
    says(
        &store.cors(&test),
        &[
            "/photos/a%20b.jpg\n200 OK\n",
            "access-control-allow-origin: https://app.example\n",
            "access-control-expose-headers: ETag\n",
            "vary: Origin, Access-Control-Request-Headers, Access-Control-Request-Method\n",
        ],
    );
    test[4] = "GET";
    let refused = store.cors(&test);
    assert_eq!(refused.code(), 6, "{refused:?}");
    assert!(
        refused.stdout.contains("403 Forbidden\n")
            && refused.stdout.contains("\nAccessForbidden: CORSResponse: This"),
        "{refused:?}"
    );
    let why = refused.stdout.lines().last().unwrap();
    let id = why.strip_prefix("Why: cairn explain ").unwrap();
    says(
        &store.explain(&[id]),
        &["CORS refuses the preflight: no rule allows"],
    );

    says(
        &store.cors(&["delete", "--bucket", "photos"]),
        &["photos has no CORS configuration\n"],
    );
    fails(
        &store.cors(&["get", "--bucket", "photos"]),
        6,
        &["NoSuchCORSConfiguration: The CORS configuration does not exist"],
    );
}

#[test]
fn what_is_wrong_is_told() {
    let store = Store::start();
    fails(&store.put("[{\"AllowedMethods\": 1}]"), 2, &["--file ", "line 1"]);
    fails(
        &store.put(&XML.replace("PUT", "PATCH")),
        2,
        &["Unsupported method is PATCH"],
    );
    fails(
        &store.cors(&["get", "--bucket", "nothing"]),
        6,
        &["NoSuchBucket: The specified bucket does not exist"],
    );
    let arguments = ["get", "--bucket", "photos", "--region", "eu-west-1"];
    fails(&store.cors(&arguments), 6, &["--region us-east-1"]);
    fails(&store.cors(&["get", "--bucket", "NO"]), 2, &["--bucket"]);
    fails(
        &store.cors(&[
            "test", "--bucket", "photos", "--origin", "a\nb", "--method", "GET",
        ]),
        2,
        &["control characters"],
    );
}

#[test]
fn a_bucket_of_another_region_is_told_and_hinted() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().to_str().unwrap();
    let names = ["us-east-1", "eu-west-1"];
    let server = Cairn::serve_regions(&names, ["--data-dir", data]).start();
    let mut west = Client::of_region(server.region("eu-west-1"), server.keys(), "eu-west-1");
    let body = "<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>";
    assert_eq!(
        west.send("PUT", "/photos", &[], body.as_bytes()).unwrap().status,
        200
    );
    let ask = |region: &str, named: &str| {
        let endpoint = format!("http://{}", server.region(region));
        let all = [
            "get",
            "--bucket",
            "photos",
            "--endpoint",
            &endpoint,
            "--data-dir",
            data,
            "--region",
            named,
        ];
        cors(all.iter())
    };
    fails(
        &ask("us-east-1", "us-east-1"),
        6,
        &[
            "PermanentRedirect",
            "the bucket is in eu-west-1: --endpoint http://s3",
            "--region eu-west-1",
        ],
    );
    fails(&ask("eu-west-1", "eu-west-1"), 6, &["NoSuchCORSConfiguration"]);

    // A global name reaches the default region, whose redirect no browser follows on a preflight.
    let admin = format!("http://{}", server.admin());
    let request = [
        "cors",
        "--bucket",
        "photos",
        "--origin",
        "https://app.example",
        "--method",
        "GET",
    ];
    let asked = explain(request.into_iter().chain(["--admin", &admin]));
    says(
        &asked,
        &[
            "Bucket      photos, in eu-west-1\n",
            "Hint        a request to photos.s3.localhost is redirected to ",
            "does not follow a redirect of a preflight",
            "the bucket has no CORS configuration",
        ],
    );
    let east = server.region("us-east-1");
    let host = format!("photos.s3.localhost:{}", east.port());
    let mut headers = PREFLIGHT.to_vec();
    headers.push(("host", &host));
    let answer = raw(east, "OPTIONS /k", &headers);
    assert_eq!(answer.status, 307);
    says(
        &explain([id(&answer), "--admin", &admin].into_iter()),
        &[
            "CORS        then: not asked, because the request was redirected",
            "does not follow a redirect",
        ],
    );
    assert_eq!(server.terminate().code(), 0);
    // Without the server the store is opened, each region's.
    let regions = names.map(|name| format!("{name}=127.0.0.1:0")).join(",");
    let mut all = request.to_vec();
    all.extend(["--regions", &regions]);
    says(
        &offline(directory.path(), &all),
        &[
            "Bucket      photos, in eu-west-1\n",
            "a request to photos.s3.localhost is redirected",
        ],
    );
}

#[test]
fn a_request_not_yet_made_is_explained_from_the_server_and_without_it() {
    let store = Store::start();
    says(&store.put(XML), &["1 rule"]);
    let mut request = vec![
        "cors",
        "--bucket",
        "photos",
        "--origin",
        "http://app.example",
        "--method",
        "PUT",
    ];
    request.extend([
        "--headers",
        "content-type,x-amz-acl",
        "--path",
        "/k",
        "--reads",
        "etag,x-amz-version-id",
    ]);
    let words = [
        "Bucket      photos, in us-east-1\n",
        "Verdict     not allowed: no rule allows",
        "Rule        1 (uploads): does not match",
        "origin: no, only https://app.example",
        "headers: no, not x-amz-acl; only content-type",
        "Hint        rule 1 almost allows the origin",
        "<AllowedOrigin>http://app.example</AllowedOrigin>",
    ];
    says(&store.explain(&request), &words);
    let json = store.explain(&[&request[..], &["--json"]].concat());
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["home"], "us-east-1");
    assert_eq!(json["verdict"]["allowed"], false);
    // The change it offers is one that the server takes, and allows the request.
    says(
        &store.put(json["change"]["xml"].as_str().unwrap()),
        &["photos has "],
    );
    says(&store.explain(&request), &["Verdict     allowed by rule "]);
    says(&store.put(XML), &["1 rule"]);

    let mut elsewhere = request.clone();
    elsewhere[2] = "nothing";
    says(
        &store.explain(&elsewhere),
        &["there is none of that name", "CORSResponse: Bucket not found"],
    );
    elsewhere[2] = "NO";
    fails(&store.explain(&elsewhere), 2, &["the bucket \"NO\""]);
    // Another name of the same address is nobody's to ask by.
    let stolen = raw(
        store.server.admin(),
        "GET /-/explain/cors?bucket=photos&origin=o&method=GET",
        &[("host", "evil.example")],
    );
    assert_eq!(stolen.status, 403);
    let incomplete = raw(store.server.admin(), "GET /-/explain/cors?bucket=photos", &[]);
    assert_eq!(
        (incomplete.status, incomplete.text().as_str()),
        (400, "give origin\n")
    );

    let Store {
        directory, server, ..
    } = store;
    assert_eq!(server.terminate().code(), 0);
    says(&offline(directory.path(), &request), &words);
}

#[test]
fn a_request_of_the_journal_has_the_verdict_of_then() {
    let store = Store::start();
    says(&store.put(XML), &["1 rule"]);
    let address = store.server.address();
    let refused = raw(address, "OPTIONS /photos/k", &PREFLIGHT);
    assert_eq!(refused.status, 403);
    let refused = id(&refused).to_owned();
    let words = [
        "Why         CORS refuses the preflight: no rule allows",
        "CORS        then: not allowed: no rule allows",
        "what follows is by the configuration of now\n",
        "Rule        1 (uploads): does not match",
    ];
    says(&store.explain(&[&refused]), &words);

    // An actual request, refused by its missing signature: CORS allowed it.
    let origin = [("origin", "https://app.example"), ("via", "1.1 cdn")];
    let denied = raw(
        address,
        "PUT /photos/k",
        &[&origin[..], &[("content-length", "0")]].concat(),
    );
    assert_eq!(denied.status, 403);
    says(
        &store.explain(&[id(&denied)]),
        &[
            "CORS        then: allowed by rule 1\n",
            "Hint        the request came through a proxy",
        ],
    );
    let stripped = raw(
        address,
        "OPTIONS /photos/k",
        &[("access-control-request-method", "PUT")],
    );
    assert_eq!(stripped.status, 400);
    says(
        &store.explain(&[id(&stripped)]),
        &[
            "CORS refuses the preflight: the request has no Origin",
            "Hint        the request has no Origin",
        ],
    );
    let long = format!("https://{}", "x".repeat(600));
    let long = raw(address, "GET /photos/k", &[("origin", &long)]);
    says(
        &store.explain(&[id(&long)]),
        &["was longer than the journal keeps"],
    );
    let service = raw(address, "OPTIONS /", &PREFLIGHT);
    says(&store.explain(&[id(&service)]), &["the request names no bucket"]);
    let plain = raw(address, "GET /photos/k", &[]);
    let plain = store.explain(&[id(&plain)]);
    assert!(!plain.stdout.contains("\nCORS "), "{}", plain.stdout);

    // The rules change; what was decided does not.
    says(&store.put(&XML.replace("https://", "http://")), &["1 rule"]);
    says(
        &store.explain(&[&refused]),
        &[
            "then: not allowed",
            "the configuration has changed since",
            "Rule        1 (uploads): decides",
        ],
    );
    let json: Value = serde_json::from_str(&store.explain(&[&refused, "--json"]).stdout).unwrap();
    assert_eq!(json["cors"]["changed"], true);
    assert_eq!(json["cors"]["then"]["because"], "no-rule");
    assert_eq!(json["cors"]["then"]["origin"], "http://app.example");
    assert_eq!(json["cors"]["now"]["verdict"]["allowed"], true);

    // Beside a running server the store is in use: then at least the verdict of then.
    let beside = offline(store.directory.path(), &[&refused]);
    says(
        &beside,
        &["CORS        then: not allowed", "its rules are not shown: "],
    );
    let Store {
        directory, server, ..
    } = store;
    assert_eq!(server.terminate().code(), 0);
    says(
        &offline(directory.path(), &[&refused]),
        &["then: not allowed", "Rule        1 (uploads): decides"],
    );
}
