//! `cairn explain REQUEST-ID` of requests whose signature is refused: each is signed right, and then changed as
//! proxies, libraries and users do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod support;

use std::fs;
use std::io::{BufReader, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cairn_protocol::auth::sign::Signer;
use cairn_protocol::auth::{Payload, SigningKey};
use cairn_types::{Clock as _, SecretAccessKey, SystemClock, Timestamp};
use http::request::Parts;
use http::{HeaderValue, Request};
use serde_json::Value;
use support::client::read_answer;
use support::{Answer, Cairn, Client, Ended, Running};

/// In tokens and secrets that must not be found anywhere.
const MARKER: &str = "S3cretMarkerS3cretMarkerS3cretMarker";

struct Store {
    directory: tempfile::TempDir,
    server: Running,
}

impl Store {
    fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let server = Cairn::serve(["--data-dir", directory.path().to_str().unwrap()]).start();
        let mut client = Client::new(server.address(), server.keys());
        assert_eq!(client.send("PUT", "/photos", &[], b"").unwrap().status, 200);
        Self { directory, server }
    }

    fn signer(&self) -> Signer {
        let (id, secret) = self.server.keys();
        Signer::new(&id, SecretAccessKey::parse(&secret).unwrap(), "us-east-1")
    }

    fn host(&self) -> String {
        self.server.address().to_string()
    }

    /// Signed in the header, now.
    fn signed(&self, method: &str, target: &str, headers: &[(&str, &str)]) -> Parts {
        self.signed_by(&self.signer(), SystemClock.now(), method, target, headers)
    }

    fn signed_by(
        &self,
        signer: &Signer,
        at: Timestamp,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
    ) -> Parts {
        let mut parts = self.request(method, target, headers);
        signer.header_v4(&mut parts, &Payload::Unsigned, at).unwrap();
        parts
    }

    fn presigned(&self, signer: &Signer, method: &str, target: &str, headers: &[(&str, &str)]) -> Parts {
        let mut parts = self.request(method, target, headers);
        let method = parts.method.clone();
        let uri = signer.presign_v4(&method, &parts.uri, &parts.headers, 600, SystemClock.now());
        parts.uri = uri.unwrap();
        set(&mut parts, "host", &self.host());
        parts
    }

    fn request(&self, method: &str, target: &str, headers: &[(&str, &str)]) -> Parts {
        let uri = format!("http://{}{target}", self.host());
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    fn send(&self, parts: &Parts, body: &[u8]) -> Answer {
        let target = parts.uri.path_and_query().unwrap();
        let mut head = format!("{} {target} HTTP/1.1\r\n", parts.method).into_bytes();
        for (name, value) in &parts.headers {
            head.extend_from_slice(format!("{name}: ").as_bytes());
            head.extend_from_slice(value.as_bytes());
            head.extend_from_slice(b"\r\n");
        }
        if !parts.headers.contains_key("content-length") {
            head.extend_from_slice(format!("content-length: {}\r\n", body.len()).as_bytes());
        }
        head.extend_from_slice(b"connection: close\r\n\r\n");
        let mut stream = TcpStream::connect(self.server.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream.write_all(&head).unwrap();
        stream.write_all(body).unwrap();
        read_answer(&mut BufReader::new(stream), parts.method == "HEAD")
            .unwrap()
            .0
    }

    fn explain(&self, answer: &Answer, more: &[&str]) -> Ended {
        let id = answer.header("x-amz-request-id").unwrap();
        let admin = format!("http://{}", self.server.admin());
        let arguments = ["explain", id, "--admin", &admin];
        let ended = Cairn::new(arguments.iter().chain(more)).run();
        assert_eq!(ended.code(), 0, "{ended:?}");
        ended
    }

    /// Sends it, sees it refused with this code, and these words in the explanation.
    fn refuses(&self, parts: &Parts, code: &str, words: &[&str]) -> String {
        let answer = self.send(parts, b"");
        assert_eq!(answer.elements("Code"), [code], "{}", answer.text());
        let told = self.explain(&answer, &[]).stdout;
        for word in words {
            assert!(told.contains(word), "{word:?} is not in\n{told}");
        }
        // The client is told nothing of it.
        for word in ["proven", "likely"] {
            assert!(!answer.text().contains(word), "{}", answer.text());
        }
        told
    }
}

fn set(parts: &mut Parts, name: &'static str, value: &str) {
    parts.headers.insert(name, HeaderValue::from_str(value).unwrap());
}

fn set_target(parts: &mut Parts, target: &str) {
    parts.uri = target.parse().unwrap();
}

const MISMATCH: &str = "SignatureDoesNotMatch";

#[test]
fn a_changed_host() {
    let store = Store::start();
    let mut parts = store.signed("GET", "/photos/a.jpg", &[("host", "files.example.org")]);
    set(&mut parts, "host", "10.0.0.7:9000");
    set(&mut parts, "x-forwarded-host", "files.example.org");
    store.refuses(
        &parts,
        MISMATCH,
        &[
            "Why         proven: the host: signed for files.example.org, which the proxy's x-forwarded-host names\n",
            "            signed headers host;x-amz-content-sha256;x-amz-date\n",
            "            the signature is not the key's over the request that came\n",
            "            do: let the proxy pass the Host header as it came",
            "Canonical     GET\n              /photos/a.jpg\n",
            "            - host:10.0.0.7:9000\n            + host:files.example.org\n",
            "To sign       AWS4-HMAC-SHA256\n",
        ],
    );
    let answer = store.send(&parts, b"");
    let json: Value = serde_json::from_str(&store.explain(&answer, &["--json"]).stdout).unwrap();
    let signature = &json["signature"];
    assert_eq!(signature["causes"][0]["cause"], "host");
    assert_eq!(signature["causes"][0]["certainty"], "proven");
    assert_eq!(signature["right"], false);
    assert_eq!(signature["text"], "canonical-request");
    let changed: Vec<&Value> = signature["lines"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|line| line["changed"] == true)
        .collect();
    assert_eq!(changed.len(), 1);
    assert_eq!(changed[0]["signed"], "host:files.example.org");
    // What is shown as computed is what the answer says, too.
    let lines: Vec<&str> = signature["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["computed"].as_str().unwrap())
        .collect();
    assert_eq!(answer.elements("CanonicalRequest"), [lines.join("\n")]);
    let to_sign = signature["string_to_sign"].as_str().unwrap();
    assert_eq!(answer.elements("StringToSign"), [to_sign]);
    // And what is shown as signed is what the client signed.
    let asked = store.signer();
    let (day, scope) = (&to_sign.split('\n').nth(1).unwrap()[..8], "us-east-1");
    let key = SigningKey::derive(&asked.secret, day, scope, "s3");
    let signed = signature["signed_string"].as_str().unwrap();
    let made = String::from_utf8(key.sign(signed.as_bytes()).to_vec()).unwrap();
    assert!(parts.headers["authorization"].to_str().unwrap().ends_with(&made));

    // Nobody names it, but the server has that name.
    let mut parts = store.signed("GET", "/photos/a.jpg", &[("host", "s3.localhost")]);
    set(&mut parts, "host", &store.host());
    store.refuses(
        &parts,
        MISMATCH,
        &["proven: the host: signed for s3.localhost, a name of this server"],
    );
}

#[test]
fn a_path_encoded_anew() {
    let store = Store::start();
    let mut parts = store.signed("GET", "/photos/2026%2F12%2Fa.jpg", &[]);
    set_target(&mut parts, "/photos/2026/12/a.jpg");
    store.refuses(
        &parts,
        MISMATCH,
        &[
            "proven: the path: signed with %2F where the request that came has /: it was re-encoded on its way\n",
            "            - /photos/2026/12/a.jpg\n            + /photos/2026%2F12%2Fa.jpg\n",
        ],
    );
}

#[test]
fn an_altered_header_and_an_unsigned_one() {
    let store = Store::start();
    let mut parts = store.signed("GET", "/photos/a", &[("accept-encoding", "identity")]);
    set(&mut parts, "accept-encoding", "gzip");
    store.refuses(
        &parts,
        MISMATCH,
        &[
            "proven: the header accept-encoding: signed as \"identity\"\n",
            "            - accept-encoding:gzip\n            + accept-encoding:identity\n",
        ],
    );
    let mut parts = store.signed("PUT", "/photos/a", &[]);
    set(&mut parts, "x-amz-meta-late", "1");
    store.refuses(
        &parts,
        "AccessDenied",
        &[
            "proven: headers that must be signed and are not: x-amz-meta-late\n",
            "the signature itself is right\n",
        ],
    );
    // One that nobody can guess.
    let mut parts = store.signed(
        "PUT",
        "/photos/a",
        &[("x-amz-meta-a", "one"), ("user-agent", "x")],
    );
    parts.headers.remove("x-amz-meta-a");
    set(&mut parts, "via", "1.1 cache");
    store.refuses(
        &parts,
        MISMATCH,
        &[
            "likely: signed headers that the request does not have: x-amz-meta-a\n",
            "likely: the request came through a proxy (via), which may have changed",
        ],
    );
}

#[test]
fn content_type_on_a_presigned_put() {
    let store = Store::start();
    let by = store.signer();
    let mut parts = store.presigned(&by, "PUT", "/photos/a", &[("content-type", "text/plain")]);
    set(&mut parts, "content-type", "text/plain;charset=UTF-8");
    store.refuses(
        &parts,
        MISMATCH,
        &[
            "proven: the header content-type: signed as \"text/plain\"\n",
            "do: send the Content-Type that was signed",
            "            - content-type:text/plain;charset=UTF-8\n            + content-type:text/plain\n",
            "X-Amz-SignedHeaders=content-type%3Bhost",
        ],
    );
    let mut parts = store.presigned(&by, "PUT", "/photos/a", &[("content-type", "chemical/x-pdb")]);
    set(&mut parts, "content-type", "chemical/x-xyz");
    store.refuses(
        &parts,
        MISMATCH,
        &["likely: Content-Type on a presigned upload: it is part of the signature"],
    );
}

#[test]
fn a_wrong_region_and_service() {
    let store = Store::start();
    let mut by = store.signer();
    by.region = "eu-west-1".to_owned();
    let parts = store.signed_by(&by, SystemClock.now(), "GET", "/photos/a", &[]);
    let told = store.refuses(
        &parts,
        "AuthorizationHeaderMalformed",
        &[
            "proven: the region: it is signed for \"eu-west-1\", and us-east-1 answers\n",
            "do: set the client's region",
            "/eu-west-1/s3/aws4_request\n",
            "the signature itself is right\n",
        ],
    );
    assert!(
        !told.contains("Canonical"),
        "there is nothing wrong with it:\n{told}"
    );
    let mut by = store.signer();
    by.service = "execute-api".to_owned();
    let parts = store.signed_by(&by, SystemClock.now(), "GET", "/photos/a", &[]);
    store.refuses(
        &parts,
        "AuthorizationHeaderMalformed",
        &["proven: the service: it is signed for \"execute-api\", and this is s3\n"],
    );
}

#[test]
fn the_clock_and_an_expired_url() {
    let store = Store::start();
    let now = SystemClock.now().seconds();
    for (at, words) in [(now - 7200, "behind"), (now + 7200, "ahead of")] {
        let at = Timestamp::from_seconds(at);
        let parts = store.signed_by(&store.signer(), at, "GET", "/photos/a", &[]);
        let told = store.refuses(
            &parts,
            "RequestTimeTooSkewed",
            &[
                "proven: the clock: the request's date is ",
                "do: set the clock of the machine that signs",
                "the signature itself is right\n",
            ],
        );
        assert!(told.contains(&format!("{words} the server's clock\n")), "{told}");
    }
    let mut parts = store.request("GET", "/photos/a", &[]);
    let earlier = Timestamp::from_seconds(now - 1000);
    let (by, method) = (store.signer(), parts.method.clone());
    parts.uri = by
        .presign_v4(&method, &parts.uri, &parts.headers, 10, earlier)
        .unwrap();
    set(&mut parts, "host", &store.host());
    store.refuses(
        &parts,
        "AccessDenied",
        &["proven: the presigned URL expired 16 min ", "; good until "],
    );
}

#[test]
fn a_session_token_missing_and_one_too_many() {
    let store = Store::start();
    let mut by = store.signer();
    by.access_key_id = "ASIAIOSFODNN7EXAMPLE".to_owned();
    let parts = store.signed_by(&by, SystemClock.now(), "GET", "/photos/a", &[]);
    store.refuses(
        &parts,
        "InvalidAccessKeyId",
        &[
            "key ASIAIOSFODNN7EXAMPLE, without a session token\n",
            "proven: the access key is a temporary one (ASIA…), and the request has no session token\n",
            "AWS_SESSION_TOKEN",
        ],
    );
    let mut by = store.signer();
    by.session_token = Some(MARKER.to_owned());
    let parts = store.signed_by(&by, SystemClock.now(), "GET", "/photos/a", &[]);
    store.refuses(
        &parts,
        "InvalidToken",
        &[", with a session token\n", "proven: ", "session token"],
    );
}

#[test]
fn a_wrong_secret_and_an_unknown_key() {
    let store = Store::start();
    let mut by = store.signer();
    by.secret = SecretAccessKey::parse("another-secret-altogether").unwrap();
    let parts = store.signed_by(&by, SystemClock.now(), "GET", "/photos/a", &[]);
    let told = store.refuses(
        &parts,
        MISMATCH,
        &[
            "Why         likely: none of the changes tried gives the signature sent: the client has another secret",
            "Canonical     GET\n",
        ],
    );
    assert!(!told.contains("proven:"), "{told}");
    let (_, secret) = store.server.keys();
    by.secret = SecretAccessKey::parse(&format!("\"{secret}\"")).unwrap();
    let parts = store.signed_by(&by, SystemClock.now(), "GET", "/photos/a", &[]);
    store.refuses(
        &parts,
        MISMATCH,
        &["proven: the secret: the client has it in quotes\n"],
    );
    by.access_key_id = "AKIAIOSFODNN7EXAMPLE".to_owned();
    let parts = store.signed_by(&by, SystemClock.now(), "GET", "/photos/a", &[]);
    store.refuses(
        &parts,
        "InvalidAccessKeyId",
        &[
            "proven: there is no such access key here",
            "the signature could not be checked",
        ],
    );
}

#[test]
fn a_chunk_of_the_body() {
    let store = Store::start();
    let mut parts = store.request("PUT", "/photos/a", &[("x-amz-decoded-content-length", "5")]);
    let streaming = Payload::StreamingSigned { trailer: false };
    store
        .signer()
        .header_v4(&mut parts, &streaming, SystemClock.now())
        .unwrap();
    let wrong = "0".repeat(64);
    let body = format!("5;chunk-signature={wrong}\r\nhello\r\n0;chunk-signature={wrong}\r\n\r\n");
    let answer = store.send(&parts, body.as_bytes());
    assert_eq!(answer.elements("Code"), [MISMATCH], "{}", answer.text());
    let told = store.explain(&answer, &[]).stdout;
    assert!(
        told.contains("Why         the signature of the request's head is right: that of a chunk"),
        "{told}"
    );
}

/// A form's fields and its file.
fn form(fields: &[(&str, &str)]) -> String {
    let mut body = String::new();
    for (name, value) in fields {
        body.push_str(&format!(
            "--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        ));
    }
    body + "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\nhello\r\n--b--\r\n"
}

#[test]
fn a_form() {
    let store = Store::start();
    let (id, secret) = store.server.keys();
    let policy = format!(
        "{{\"expiration\":\"2099-01-01T00:00:00Z\",\"conditions\":[{{\"bucket\":\"photos\"}},[\"starts-with\",\"$key\",\"\"],\
         {{\"x-amz-security-token\":\"{MARKER}\"}}]}}"
    );
    let base64 = STANDARD.encode(&policy);
    let date = SystemClock.now().iso8601_basic();
    let day = &date[..8];
    let secret = SecretAccessKey::parse(&secret).unwrap();
    let key = SigningKey::derive(&secret, day, "us-east-1", "s3");
    let credential = format!("{id}/{day}/us-east-1/s3/aws4_request");
    let post = |signature: &str| {
        let body = form(&[
            ("key", "a"),
            ("x-amz-algorithm", "AWS4-HMAC-SHA256"),
            ("x-amz-credential", &credential),
            ("x-amz-date", &date),
            ("policy", &base64),
            ("x-amz-signature", signature),
        ]);
        let headers = [
            ("content-type", "multipart/form-data; boundary=b"),
            ("host", "s3.localhost"),
        ];
        let parts = store.request("POST", "/photos", &headers);
        let answer = store.send(&parts, body.as_bytes());
        assert_eq!(answer.elements("Code"), [MISMATCH], "{}", answer.text());
        store.explain(&answer, &[]).stdout
    };
    let of_json = String::from_utf8(key.sign(policy.as_bytes()).to_vec()).unwrap();
    let told = post(&of_json);
    for word in [
        "proven: the policy: signed as JSON, and its base64 text counts\n",
        "signature: a POST policy\n",
        "Policy        {",
        "\"starts-with\",\"$key\"",
        "\"x-amz-security-token\":\"***\"",
    ] {
        assert!(told.contains(word), "{word:?} is not in\n{told}");
    }
    assert!(!told.contains(MARKER), "{told}");
    let told = post(&"0".repeat(64));
    assert!(
        told.contains("likely: none of the changes tried gives the signature sent"),
        "{told}"
    );
}

#[test]
fn signature_version_2() {
    let store = Store::start();
    let mut parts = store.request("PUT", "/photos/a", &[]);
    let expires = Timestamp::from_seconds(SystemClock.now().seconds() + 600);
    let (by, method) = (store.signer(), parts.method.clone());
    parts.uri = by
        .presign_v2(&method, &parts.uri, &parts.headers, None, expires)
        .unwrap();
    set(&mut parts, "host", &store.host());
    set(&mut parts, "content-type", "image/png");
    store.refuses(
        &parts,
        MISMATCH,
        &[
            "proven: the header content-type: signed without a value, and one was sent\n",
            "To sign       PUT\n\n            - image/png\n            +\n",
            "              /photos/a\n",
        ],
    );
}

#[test]
fn no_secret_is_in_the_journal_or_the_explanation() {
    let store = Store::start();
    let mut by = store.signer();
    by.session_token = Some(MARKER.to_owned());
    let (_, secret) = store.server.keys();
    let headers = [
        ("cookie", MARKER),
        ("x-amz-server-side-encryption-customer-key", MARKER),
    ];
    let mut requests = vec![
        store.signed_by(&by, SystemClock.now(), "PUT", "/photos/a", &headers),
        store.presigned(&by, "PUT", "/photos/a", &headers),
    ];
    by.session_token = None;
    requests.push(store.signed_by(&by, SystemClock.now(), "PUT", "/photos/a", &headers));
    for parts in &mut requests {
        set_target(parts, &parts.uri.to_string().replace("/photos/a", "/photos//a"));
    }
    let mut signatures = Vec::new();
    for parts in &requests {
        let answer = store.send(parts, b"");
        assert!((400..500).contains(&answer.status), "{}", answer.text());
        for more in [&[][..], &["--json"]] {
            let told = store.explain(&answer, more).stdout;
            assert!(told.contains("***"), "{told}");
            assert!(!told.contains(MARKER) && !told.contains(&secret), "{told}");
        }
        if let Some(authorization) = parts.headers.get("authorization") {
            let text = authorization.to_str().unwrap();
            signatures.push(text.split_once("Signature=").unwrap().1.to_owned());
        }
    }
    let data = store.directory.path().join("journal");
    store.server.kill();
    let mut found = false;
    for file in fs::read_dir(data).unwrap() {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        let has = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(!has(MARKER) && !has(&secret));
        assert!(!signatures.iter().any(|signature| has(signature)));
        found |= has("x-amz-security-token:***");
    }
    assert!(found);
}
