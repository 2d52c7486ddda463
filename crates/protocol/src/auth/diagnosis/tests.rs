//! Each cause, made by signing a request right and then changing what came of it as a proxy, a library or a
//! user does; the server must refuse it, and the diagnosis must name the cause.

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, request::Parts};
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::auth::sign::Signer;
use crate::auth::{Payload, SigningKeys, parse};

const ID: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
/// 2026-12-01T12:00:00Z
const NOW: u64 = 1_796_126_400;

fn secret() -> SecretAccessKey {
    SecretAccessKey::parse(SECRET).unwrap()
}

fn signer() -> Signer {
    Signer::new(ID, secret(), "us-east-1")
}

fn now() -> Timestamp {
    Timestamp::from_seconds(NOW)
}

fn request(method: &str, url: &str, headers: &[(&str, &str)]) -> Parts {
    let mut request = Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap().into_parts().0
}

/// Signed in the header by this signer.
fn signed_by(signer: &Signer, method: &str, url: &str, headers: &[(&str, &str)]) -> Parts {
    let mut parts = request(method, url, headers);
    signer.header_v4(&mut parts, &Payload::Unsigned, now()).unwrap();
    parts
}

fn signed(method: &str, url: &str, headers: &[(&str, &str)]) -> Parts {
    signed_by(&signer(), method, url, headers)
}

/// Presigned for an hour; the headers are sent with it.
fn presigned(method: &str, url: &str, headers: &[(&str, &str)]) -> Parts {
    let mut parts = request(method, url, headers);
    let method = parts.method.clone();
    parts.uri = signer()
        .presign_v4(&method, &parts.uri, &parts.headers, 3600, now())
        .unwrap();
    let host = parts.uri.authority().unwrap().as_str().parse().unwrap();
    parts.headers.insert("host", host);
    parts
}

fn set(parts: &mut Parts, name: &'static str, value: &str) {
    parts
        .headers
        .insert(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
}

fn set_target(parts: &mut Parts, target: &str) {
    parts.uri = target.parse().unwrap();
}

struct Server {
    bucket: &'static str,
    names: Vec<String>,
    regions: Vec<&'static str>,
    now: u64,
    region: &'static str,
}

fn server() -> Server {
    Server {
        bucket: "photos",
        names: ["s3.example.com", "photos.s3.example.com"]
            .map(str::to_owned)
            .to_vec(),
        regions: vec!["us-east-1", "eu-west-1"],
        now: NOW,
        region: "us-east-1",
    }
}

impl Server {
    /// What it finds out of the request, which it must refuse.
    fn refuses(&self, parts: &Parts, secret: Option<&SecretAccessKey>) -> Diagnosis {
        let head = head(parts);
        let authentication = parse(&head, true).unwrap();
        let context = Context {
            region: self.region,
            service: "s3",
            now: Timestamp::from_seconds(self.now),
            token_refused: authentication.session_token().is_some(),
            bucket: Some(self.bucket),
            names: &self.names,
            regions: &self.regions,
        };
        let diagnosis = diagnose(&authentication, &head, secret, &context).unwrap();
        assert!(diagnosis.hmacs <= HMACS_MAX, "{}", diagnosis.hmacs);
        let right = secret.map(|secret| authentication.verify(&head, secret, &SigningKeys::new(2)).is_ok());
        let headers_signed = !diagnosis
            .causes
            .iter()
            .any(|cause| matches!(cause.what, What::HeadersNotSigned(_)));
        if headers_signed {
            assert_eq!(diagnosis.right, right, "{diagnosis:?}");
        }
        diagnosis
    }
}

/// The head as it came; the bucket is in the host where the host says so.
fn head(parts: &Parts) -> RequestHead<'_> {
    let mut head = crate::auth::sign::head(parts);
    head.bucket_in_host = head.host.starts_with("photos.").then_some("photos");
    head
}

/// The changes that are proven.
fn proven(parts: &Parts) -> Vec<Change> {
    let diagnosis = server().refuses(parts, Some(&secret()));
    let changes = diagnosis.causes.iter().find_map(|cause| match &cause.what {
        What::Changed(changes) => Some(changes.clone()),
        _ => None,
    });
    let changes = changes.unwrap_or_default();
    // And what was signed is what the signature says.
    if let (Computed::CanonicalRequest { text, .. }, false) = (&diagnosis.computed, changes.is_empty()) {
        let only_text = !changes
            .iter()
            .any(|change| matches!(change, Change::Key(_) | Change::DateAsSent | Change::Capitals));
        assert_eq!(only_text, edited(text, &diagnosis.signed) != *text);
    }
    changes
}

fn host(signed: &str, found: HostFound) -> Vec<Change> {
    vec![Change::Host {
        signed: signed.to_owned(),
        found,
    }]
}

fn header(name: &str, signed: &str, form: HeaderForm) -> Vec<Change> {
    vec![Change::Header {
        name: name.to_owned(),
        signed: signed.to_owned(),
        form,
    }]
}

#[test]
fn a_host_that_a_proxy_changed() {
    let url = "http://files.example.org/photos/a.jpg";
    let mut parts = signed("GET", url, &[]);
    set(&mut parts, "host", "127.0.0.1:9000");
    assert_eq!(proven(&parts), [], "nobody says which host it was");
    for (name, value) in [
        ("x-forwarded-host", "files.example.org"),
        ("x-forwarded-host", "files.example.org, inner.example.org"),
        ("x-forwarded-host", "files.example.org:443"),
        (
            "forwarded",
            "for=192.0.2.1; Host=\"files.example.org\";proto=https",
        ),
    ] {
        let mut parts = parts.clone();
        set(&mut parts, name, value);
        let found = HostFound::Header(name.to_owned());
        assert_eq!(
            proven(&parts),
            host("files.example.org", found),
            "{name}: {value}"
        );
    }
    let mut parts = signed("GET", "http://files.example.org:8443/photos/a.jpg", &[]);
    set(&mut parts, "host", "127.0.0.1:9000");
    set(&mut parts, "x-forwarded-host", "files.example.org");
    set(&mut parts, "x-forwarded-port", "8443");
    let found = HostFound::Header("x-forwarded-host".to_owned());
    assert_eq!(proven(&parts), host("files.example.org:8443", found));
}

#[test]
fn a_host_in_another_form() {
    let sent_as = |signed_host: &str, sent: &str| {
        let mut parts = signed("GET", &format!("http://{signed_host}/photos/a.jpg"), &[]);
        set(&mut parts, "host", sent);
        proven(&parts)
    };
    assert_eq!(
        sent_as("files.example.org", "files.example.org:9000"),
        host("files.example.org", HostFound::WithoutPort)
    );
    assert_eq!(
        sent_as("files.example.org:443", "files.example.org"),
        host("files.example.org:443", HostFound::DefaultPort)
    );
    assert_eq!(
        sent_as("files.example.org", "Files.Example.org"),
        host("files.example.org", HostFound::Lowercase)
    );
    assert_eq!(
        sent_as("s3.example.com", "127.0.0.1:9000"),
        host("s3.example.com", HostFound::EndpointName)
    );
    assert_eq!(
        sent_as("s3.example.com:9000", "127.0.0.1:9000"),
        host("s3.example.com:9000", HostFound::EndpointName)
    );
}

#[test]
fn a_proxy_that_changes_the_way_of_addressing() {
    let mut parts = signed("GET", "http://photos.s3.example.com/a/b.jpg", &[]);
    set(&mut parts, "host", "127.0.0.1:9000");
    set_target(&mut parts, "/photos/a/b.jpg");
    let mut wanted = host("photos.s3.example.com", HostFound::EndpointName);
    wanted.push(Change::Path(PathForm::WithoutBucket));
    assert_eq!(proven(&parts), wanted);

    let mut parts = signed("GET", "http://s3.example.com/photos/a/b.jpg", &[]);
    set(&mut parts, "host", "photos.s3.example.com");
    set_target(&mut parts, "/a/b.jpg");
    let mut wanted = host("s3.example.com", HostFound::EndpointName);
    wanted.push(Change::Path(PathForm::WithBucket));
    assert_eq!(proven(&parts), wanted);
}

#[test]
fn a_path_that_was_encoded_anew() {
    for (signed_path, sent, form) in [
        ("/photos/a%2Fb/c", "/photos/a/b/c", PathForm::SlashEncoded),
        ("/photos/a%2520b", "/photos/a%20b", PathForm::EncodedTwice),
        ("/photos/a+b", "/photos/a%20b", PathForm::PlusForSpace),
        ("/photos/%c3%bc", "/photos/%C3%BC", PathForm::SmallHex),
        ("/photos/(a)!", "/photos/%28a%29%21", PathForm::Decoded),
        ("/photos/(a)%20b", "/photos/%28a%29%20b", PathForm::MarksKept),
        ("/photos/a%7Eb", "/photos/a~b", PathForm::TildeEncoded),
        ("/photos/a/b", "/photos//a/./b", PathForm::Normalised),
        ("/photos//a", "/photos/a", PathForm::SlashMore),
        ("/photos/a/", "/photos/a", PathForm::WithLastSlash),
        ("/photos/a", "/photos/a/", PathForm::WithoutLastSlash),
        ("/a", "/photos/a", PathForm::WithoutBucket),
    ] {
        let sign_as = if form == PathForm::SlashEncoded {
            // Every slash of the key.
            "/photos/a%2Fb%2Fc"
        } else {
            signed_path
        };
        let mut parts = signed("GET", &format!("http://s3.example.com{sign_as}"), &[]);
        set_target(&mut parts, sent);
        assert_eq!(
            proven(&parts),
            [Change::Path(form)],
            "{signed_path} sent as {sent}"
        );
    }
}

#[test]
fn a_path_that_a_proxy_tells_of() {
    let mut parts = signed("GET", "http://s3.example.com/store/photos/a", &[]);
    set_target(&mut parts, "/photos/a");
    assert_eq!(proven(&parts), []);
    set(&mut parts, "x-forwarded-prefix", "/store/");
    assert_eq!(proven(&parts), [Change::Path(PathForm::WithPrefix)]);
    parts.headers.remove("x-forwarded-prefix");
    set(&mut parts, "x-original-uri", "/store/photos/a?x=1");
    assert_eq!(proven(&parts), [Change::Path(PathForm::Original)]);
}

#[test]
fn a_query_that_changed() {
    let signed_as = |query: &str, sent: &str| {
        let mut parts = signed("GET", &format!("http://s3.example.com/photos?{query}"), &[]);
        set_target(&mut parts, &format!("/photos?{sent}"));
        proven(&parts)
    };
    assert_eq!(
        signed_as("list-type=2&prefix=a", "list-type=2&prefix=a&utm=1"),
        [Change::Query(QueryForm::Without("utm".to_owned()))]
    );
    assert_eq!(
        signed_as("prefix=a%2Bb", "prefix=a+b"),
        [Change::Query(QueryForm::PlusEncoded)]
    );
    assert_eq!(
        signed_as("prefix=a%252Fb", "prefix=a%2Fb"),
        [Change::Query(QueryForm::EncodedTwice)]
    );
    let mut parts = signed("GET", "http://s3.example.com/photos", &[]);
    set_target(&mut parts, "/photos?list-type=2&prefix=a");
    assert_eq!(proven(&parts), [Change::Query(QueryForm::NotSigned)]);
}

#[test]
fn a_token_added_to_a_presigned_url_after_signing() {
    let mut parts = presigned("GET", "http://s3.example.com/photos/a", &[]);
    let with = format!("{}&X-Amz-Security-Token=FwoGZXIvYXdz", parts.uri);
    parts.uri = with.parse().unwrap();
    assert_eq!(
        proven(&parts),
        [Change::Query(QueryForm::Without(
            "X-Amz-Security-Token".to_owned()
        ))]
    );
}

#[test]
fn a_header_that_changed() {
    let url = "http://s3.example.com/photos/a.png";
    let changed = |name: &'static str, signed_value: &str, sent: &str| {
        let mut parts = signed("PUT", url, &[(name, signed_value)]);
        set(&mut parts, name, sent);
        proven(&parts)
    };
    assert_eq!(
        changed("accept-encoding", "identity", "gzip"),
        header("accept-encoding", "identity", HeaderForm::Changed)
    );
    assert_eq!(
        changed("content-type", "image/png", "application/octet-stream"),
        header("content-type", "image/png", HeaderForm::Changed),
        "guessed from the key"
    );
    assert_eq!(
        changed("content-type", "text/html", "text/html;charset=UTF-8"),
        header("content-type", "text/html", HeaderForm::Changed)
    );
    assert_eq!(
        changed("content-type", "", "text/html"),
        header("content-type", "", HeaderForm::Added)
    );
    assert_eq!(
        changed("content-length", "0", "17"),
        header("content-length", "0", HeaderForm::Changed)
    );
    assert_eq!(
        changed("x-amz-meta-a", "one", "two"),
        [],
        "nobody can know what it was"
    );
    let mut parts = signed("PUT", url, &[("cache-control", "no-store")]);
    parts
        .headers
        .append("cache-control", HeaderValue::from_static("private"));
    assert_eq!(
        proven(&parts),
        header("cache-control", "no-store", HeaderForm::OneOfSeveral)
    );
}

#[test]
fn a_header_in_another_character_encoding() {
    let mut parts = request("PUT", "http://s3.example.com/photos/a", &[]);
    let utf8 = HeaderValue::from_bytes("Zürich".as_bytes()).unwrap();
    parts.headers.insert("x-amz-meta-city", utf8);
    signer().header_v4(&mut parts, &Payload::Unsigned, now()).unwrap();
    let latin = HeaderValue::from_bytes(b"Z\xfcrich").unwrap();
    parts.headers.insert("x-amz-meta-city", latin);
    assert_eq!(
        proven(&parts),
        header("x-amz-meta-city", "Zürich", HeaderForm::Recoded)
    );
}

#[test]
fn content_type_on_a_presigned_put() {
    let url = "http://s3.example.com/photos/a.bin";
    let parts = presigned("PUT", url, &[("content-type", "application/octet-stream")]);
    let mut sent = parts.clone();
    set(&mut sent, "content-type", "image/heic");
    assert_eq!(
        proven(&sent),
        header("content-type", "application/octet-stream", HeaderForm::Changed)
    );
    // A type that nobody guesses: likely all the same.
    let mut sent = presigned("PUT", url, &[("content-type", "chemical/x-pdb")]);
    for value in [Some("image/heic"), None] {
        match value {
            Some(value) => set(&mut sent, "content-type", value),
            None => drop(sent.headers.remove("content-type")),
        }
        let found = server().refuses(&sent, Some(&secret()));
        assert!(
            found.causes.contains(&Cause::likely(What::ContentType)),
            "{found:?}"
        );
        let missing = Cause::likely(What::HeadersMissing(vec!["content-type".to_owned()]));
        assert_eq!(found.causes.contains(&missing), value.is_none());
    }
}

#[test]
fn a_presigned_url_used_with_another_method() {
    for (made_for, used) in [("GET", Method::PUT), ("GET", Method::HEAD), ("PUT", Method::POST)] {
        let mut parts = presigned(made_for, "http://s3.example.com/photos/a", &[]);
        parts.method = used;
        assert_eq!(proven(&parts), [Change::Method(made_for.to_owned())]);
    }
}

#[test]
fn a_payload_that_was_signed_otherwise() {
    let mut parts = request("PUT", "http://s3.example.com/photos/a", &[]);
    signer().header_v4(&mut parts, &Payload::of(b""), now()).unwrap();
    set(&mut parts, "x-amz-content-sha256", &"ab".repeat(32));
    assert_eq!(proven(&parts), [Change::Payload(Payload::of(b"").header_value())]);
    let mut parts = signed("PUT", "http://s3.example.com/photos/a", &[]);
    set(&mut parts, "x-amz-content-sha256", &"ab".repeat(32));
    assert_eq!(proven(&parts), [Change::Payload("UNSIGNED-PAYLOAD".to_owned())]);
}

#[test]
fn a_key_that_was_made_of_something_else() {
    let url = "http://s3.example.com/photos/a";
    let quoted = format!("\"{SECRET}\"");
    let mut by = signer();
    by.secret = SecretAccessKey::parse(&quoted).unwrap();
    assert_eq!(
        proven(&signed_by(&by, "GET", url, &[])),
        [Change::Key(KeyForm::SecretQuoted)]
    );
    by.secret = SecretAccessKey::parse(&SECRET.replace('/', "%2F").replace('+', "%2B")).unwrap();
    assert_eq!(
        proven(&signed_by(&by, "GET", url, &[])),
        [Change::Key(KeyForm::SecretEncoded)]
    );
    // Signed for eu-west-1, and the scope says us-east-1.
    let mut by = signer();
    by.region = "eu-west-1".to_owned();
    let mut parts = signed_by(&by, "GET", url, &[]);
    let authorization = parts.headers["authorization"].to_str().unwrap().to_owned();
    let scope_only = authorization.replace("eu-west-1", "us-east-1");
    set(&mut parts, "authorization", &scope_only);
    assert_eq!(proven(&parts), [], "the scope is part of the string to sign, too");
    set(&mut parts, "authorization", &authorization.to_owned());
    let found = server().refuses(&parts, Some(&secret()));
    let wrong = What::Region {
        signed: "eu-west-1".to_owned(),
        expected: "us-east-1".to_owned(),
    };
    assert_eq!(
        (found.right, found.causes),
        (Some(true), vec![Cause::proven(wrong)])
    );
}

/// The forms that no [`Signer`] makes, made by hand.
#[test]
fn keys_and_dates_made_by_hand() {
    let parts = signed("GET", "http://s3.example.com/photos/a", &[]);
    let head = head(&parts);
    let Authentication::V4(v4) = parse(&head, true).unwrap() else {
        panic!("it is V4");
    };
    let Computed::CanonicalRequest { string_to_sign, .. } = server().refuses(&parts, None).computed else {
        panic!("it is V4");
    };
    let secret = secret();
    let keys = v4::Keys::new(&secret, &v4.scope);
    for form in [
        KeyForm::SecretLineEnd,
        KeyForm::NoPrefix,
        KeyForm::Region("eu-west-1".to_owned()),
        KeyForm::Day("20261130".to_owned()),
        KeyForm::Day("20261202".to_owned()),
    ] {
        let signature = String::from_utf8(keys.sign(string_to_sign.as_bytes(), Some(&form))).unwrap();
        assert_ne!(signature, v4.signature);
        let mut parts = parts.clone();
        let authorization = parts.headers["authorization"].to_str().unwrap();
        let authorization = authorization.replace(&v4.signature, &signature);
        set(&mut parts, "authorization", &authorization);
        assert_eq!(proven(&parts), [Change::Key(form)]);
    }
    let mut capitals = parts.clone();
    let authorization = parts.headers["authorization"].to_str().unwrap();
    let authorization = authorization.replace(&v4.signature, &v4.signature.to_ascii_uppercase());
    set(&mut capitals, "authorization", &authorization);
    assert_eq!(proven(&capitals), [Change::Capitals]);
}

/// The request with the signature of a client that signs other lines than those the server computes.
fn signed_over(parts: &Parts, edits: &[Edit]) -> Parts {
    let head = head(parts);
    let Authentication::V4(v4) = parse(&head, true).unwrap() else {
        panic!("it is V4");
    };
    let Computed::CanonicalRequest { text, .. } = server().refuses(parts, None).computed else {
        panic!("it is V4");
    };
    let text = edited(&text, edits);
    let text = crate::auth::v4::string_to_sign(&v4.date_signed, v4.scope.text(), &text);
    let secret = secret();
    let signature = v4::Keys::new(&secret, &v4.scope).sign(text.as_bytes(), None);
    let signature = String::from_utf8(signature).unwrap();
    let mut parts = parts.clone();
    match parts.headers.get("authorization") {
        Some(authorization) => {
            let authorization = authorization.to_str().unwrap().replace(&v4.signature, &signature);
            set(&mut parts, "authorization", &authorization);
        }
        None => {
            let target = parts.uri.to_string().replace(&v4.signature, &signature);
            set_target(&mut parts, &target);
        }
    }
    parts
}

#[test]
fn a_header_beside_the_parameter_of_its_name() {
    let url = "http://s3.example.com/photos/a?x-amz-acl=private";
    let parts = presigned("GET", url, &[("x-amz-acl", "public-read")]);
    let signed = |query: &dyn Fn(&str) -> String| {
        let sent = parts.uri.query().unwrap();
        let (sent, _) = sent.split_once("&X-Amz-Signature").unwrap();
        let mut pairs: Vec<&str> = sent.split('&').collect();
        pairs.sort_unstable();
        proven(&signed_over(&parts, &[Edit::new(2, query(&pairs.join("&")))]))
    };
    // A client that knows nothing of the rule signs its own parameter.
    assert_eq!(
        signed(&|query| query.to_owned()),
        [Change::Query(QueryForm::HeaderAside)]
    );
    // What else is wrong with a query is told as without such a header.
    assert_eq!(
        signed(&|query| query.replace("private", "public-read").replace("%2F", "/")),
        [Change::Query(QueryForm::SlashKept)]
    );
}

#[test]
fn canonical_forms_made_by_hand() {
    let query = |text: &str| vec![Edit::new(2, text)];
    let of_query = |form: QueryForm| vec![Change::Query(form)];
    let plain = signed(
        "GET",
        "http://s3.example.com/photos?prefix=b/c&acl&list-type=2",
        &[],
    );
    for (edits, wanted) in [
        (
            query("prefix=b%2Fc&acl=&list-type=2"),
            of_query(QueryForm::NotSorted),
        ),
        (
            query("acl&list-type=2&prefix=b%2Fc"),
            of_query(QueryForm::FlagsBare),
        ),
        (
            query("acl=&list-type=2&prefix=b%252Fc"),
            of_query(QueryForm::EncodedTwice),
        ),
    ] {
        assert_eq!(proven(&signed_over(&plain, &edits)), wanted);
    }
    let encoded = signed("GET", "http://s3.example.com/photos?prefix=b%2Fc", &[]);
    assert_eq!(
        proven(&signed_over(&encoded, &query("prefix=b/c"))),
        of_query(QueryForm::SlashKept)
    );

    // Lines of headers: host, x-amz-content-sha256, x-amz-date, x-amz-meta-a.
    let mut spaced = request(
        "PUT",
        "http://s3.example.com/photos/a",
        &[("x-amz-meta-a", "one  two")],
    );
    signer()
        .header_v4(&mut spaced, &Payload::Unsigned, now())
        .unwrap();
    let edits = [Edit::new(6, "x-amz-meta-a:one  two")];
    assert_eq!(
        proven(&signed_over(&spaced, &edits)),
        header("x-amz-meta-a", "one  two", HeaderForm::SpacesKept)
    );
    let mut several = request(
        "PUT",
        "http://s3.example.com/photos/a",
        &[("x-amz-meta-a", "one")],
    );
    several
        .headers
        .append("x-amz-meta-a", HeaderValue::from_static("two"));
    signer()
        .header_v4(&mut several, &Payload::Unsigned, now())
        .unwrap();
    let edits = [Edit::new(6, "x-amz-meta-a:one, two")];
    assert_eq!(
        proven(&signed_over(&several, &edits)),
        header("x-amz-meta-a", "one, two", HeaderForm::Joined)
    );
    several.headers.remove("x-amz-meta-a");
    let edits = [Edit { line: 6, to: None }];
    assert_eq!(
        proven(&signed_over(&several, &edits)),
        header("x-amz-meta-a", "", HeaderForm::LineLeftOut)
    );
    // Two things at once: a proxy that decodes the path and sends its own host.
    let path = signed("GET", "http://s3.example.com/photos/a%2Bb", &[]);
    let edits = [
        Edit::new(1, "/photos/a+b"),
        Edit::new(3, "host:s3.example.com:443"),
    ];
    let mut both = host("s3.example.com:443", HostFound::DefaultPort);
    both.push(Change::Path(PathForm::Decoded));
    assert_eq!(proven(&signed_over(&path, &edits)), both);
}

#[test]
fn a_date_signed_as_it_was_sent() {
    let mut parts = request("GET", "http://s3.example.com/photos/a", &[]);
    set(&mut parts, "date", "Tue, 01 Dec 2026 12:00:00 GMT");
    signer().header_v4(&mut parts, &Payload::Unsigned, now()).unwrap();
    parts.headers.remove("x-amz-date");
    let authorization = parts.headers["authorization"]
        .to_str()
        .unwrap()
        .replace(";x-amz-date", "");
    set(&mut parts, "authorization", &authorization);
    let head = head(&parts);
    let Authentication::V4(v4) = parse(&head, true).unwrap() else {
        panic!("it is V4");
    };
    let Computed::CanonicalRequest { text, .. } = server().refuses(&parts, None).computed else {
        panic!("it is V4");
    };
    let text = crate::auth::v4::string_to_sign(v4.date_sent(), v4.scope.text(), &text);
    let secret = secret();
    let signature = v4::Keys::new(&secret, &v4.scope).sign(text.as_bytes(), None);
    let authorization = authorization.replace(&v4.signature, std::str::from_utf8(&signature).unwrap());
    set(&mut parts, "authorization", &authorization);
    assert_eq!(proven(&parts), [Change::DateAsSent]);
}

#[test]
fn another_secret_is_none_of_the_changes() {
    let mut by = signer();
    by.secret = SecretAccessKey::parse("another-secret-altogether").unwrap();
    let mut parts = signed_by(
        &by,
        "GET",
        "http://s3.example.com/photos/a",
        &[("user-agent", "x")],
    );
    set(&mut parts, "via", "1.1 proxy");
    let found = server().refuses(&parts, Some(&secret()));
    let likely = |what| Cause::likely(what);
    assert_eq!(
        found.causes,
        [
            likely(What::Proxied(vec!["via".to_owned()])),
            likely(What::SecretOrElse)
        ]
    );
    assert!(found.signed.is_empty());
    assert!(found.hmacs > 20, "{}", found.hmacs);
    assert!(!format!("{found:?}").contains(SECRET));
}

#[test]
fn what_is_told_by_the_claim_alone() {
    let url = "http://s3.example.com/photos/a";
    let of = |server: &Server, parts: &Parts, known: bool| {
        let secret = secret();
        let found = server.refuses(parts, known.then_some(&secret));
        (found.right, found.causes)
    };
    let parts = signed("GET", url, &[]);
    let later = Server {
        now: NOW + 3600,
        ..server()
    };
    assert_eq!(
        of(&later, &parts, true),
        (Some(true), vec![Cause::proven(What::Clock(-3600))])
    );
    let earlier = Server {
        now: NOW - 1000,
        ..server()
    };
    assert_eq!(
        of(&earlier, &parts, true),
        (Some(true), vec![Cause::proven(What::Clock(1000))])
    );
    assert_eq!(
        of(&server(), &parts, false),
        (None, vec![Cause::proven(What::KeyUnknown)])
    );
    let url_parts = presigned("GET", url, &[]);
    let much_later = Server {
        now: NOW + 7200,
        ..server()
    };
    assert_eq!(
        of(&much_later, &url_parts, true),
        (Some(true), vec![Cause::proven(What::Expired(3600))])
    );
    assert_eq!(
        of(&earlier, &url_parts, true),
        (Some(true), vec![Cause::proven(What::NotYetValid(1000))])
    );
    let mut unsigned = parts;
    set(&mut unsigned, "x-amz-meta-late", "1");
    let (_, causes) = of(&server(), &unsigned, true);
    assert_eq!(
        causes,
        [Cause::proven(What::HeadersNotSigned(vec![
            "x-amz-meta-late".to_owned()
        ]))]
    );

    let mut temporary = signer();
    temporary.access_key_id = "ASIAIOSFODNN7EXAMPLE".to_owned();
    let parts = signed_by(&temporary, "GET", url, &[]);
    assert_eq!(
        of(&server(), &parts, false),
        (None, vec![Cause::proven(What::TokenMissing)])
    );
    let mut with_token = signer();
    with_token.session_token = Some("FwoGZXIvYXdz".to_owned());
    let parts = signed_by(&with_token, "GET", url, &[]);
    assert_eq!(
        of(&server(), &parts, true),
        (Some(true), vec![Cause::proven(What::TokenNotOfKey)])
    );
}

#[test]
fn sigv2() {
    let url = "http://s3.example.com/photos/a.png";
    let mut parts = request("PUT", url, &[]);
    let expires = Timestamp::from_seconds(NOW + 60);
    let uri = parts.uri.clone();
    parts.uri = signer()
        .presign_v2(&Method::PUT, &uri, &HeaderMap::new(), None, expires)
        .unwrap();
    set(&mut parts, "host", "s3.example.com");
    let as_signed = parts.clone();
    set(&mut parts, "content-type", "image/png");
    assert_eq!(proven(&parts), header("content-type", "", HeaderForm::Added));
    let mut parts = as_signed.clone();
    parts.method = Method::GET;
    assert_eq!(proven(&parts), [Change::Method("PUT".to_owned())]);
    let mut parts = as_signed.clone();
    set(&mut parts, "x-amz-acl", "private");
    assert_eq!(proven(&parts), header("x-amz-acl", "", HeaderForm::Added));
    let mut parts = as_signed;
    let query = parts.uri.query().unwrap().to_owned();
    set_target(&mut parts, &format!("/photos//a.png?{query}"));
    assert_eq!(proven(&parts), [Change::Path(PathForm::Normalised)]);

    // The client forgot the bucket of the host.
    let mut parts = request("GET", "http://photos.s3.example.com/a.png?acl", &[]);
    signer().header_v2(&mut parts, None, now()).unwrap();
    assert_eq!(proven(&parts), [Change::Path(PathForm::WithoutBucket)]);
}

/// What the verifier takes is right for the diagnosis, too, whatever else the request is refused for.
#[test]
fn every_form_that_is_taken_is_right() {
    let later = Server {
        now: NOW + 3600,
        ..server()
    };
    let by = signer();
    for (signed_target, sent) in [
        ("/photos/a%2Fb?x=1", "/photos/a%2Fb?x=1"),
        ("/photos/%24?x=1", "/photos/$?x=1"),
        ("/photos/%24?prefix=a%2Bb", "/photos/$?prefix=a%2Bb"),
    ] {
        let mut parts = signed_by(&by, "GET", &format!("http://s3.example.com{signed_target}"), &[]);
        set_target(&mut parts, sent);
        let found = later.refuses(&parts, Some(&secret()));
        assert_eq!((found.right, found.causes.len()), (Some(true), 1), "{sent}");
        assert!(found.signed.is_empty());
    }
    let mut parts = request(
        "GET",
        "http://s3.example.com/photos/a?response-content-type=a%252Fb",
        &[],
    );
    by.header_v2(&mut parts, None, now()).unwrap();
    set_target(&mut parts, "/photos/a?response-content-type=a%252Fb");
    let found = later.refuses(&parts, Some(&secret()));
    assert_eq!((found.right, found.causes.len()), (Some(true), 1));
    // The text that those clients sign who do not decode.
    let mut parts = request(
        "GET",
        "http://s3.example.com/photos/a?response-content-type=a%2525",
        &[],
    );
    by.header_v2(&mut parts, None, now()).unwrap();
    set_target(&mut parts, "/photos/a?response-content-type=a%25");
    let found = later.refuses(&parts, Some(&secret()));
    assert_eq!((found.right, found.causes.len()), (Some(true), 1));
}

#[test]
fn hostile_requests_cost_no_more_than_others() {
    let names: Vec<String> = (0..200).map(|at| format!("x-h{at:03}")).collect();
    let long = "é%".repeat(20);
    let headers: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), long.as_str())).collect();
    let mut by = signer();
    by.secret = SecretAccessKey::parse("another-secret-altogether").unwrap();
    let query = "a+b/c=%2F&".repeat(300);
    let url = format!("http://s3.example.com/photos/{}?{query}", "a%2Fb//~(".repeat(100));
    let found = server().refuses(&signed_by(&by, "PUT", &url, &headers), Some(&secret()));
    let Computed::CanonicalRequest { text, .. } = &found.computed else {
        panic!("it is V4");
    };
    assert!(text.len() > 8000, "{}", text.len());
    assert!(
        found.hmacs < HASHED_BYTES_MAX / text.len() + 32,
        "{}",
        found.hmacs
    );

    let mut parts = presigned("GET", "http://s3.example.com/photos/a", &[]);
    let hostile = parts
        .uri
        .to_string()
        .replace("SignedHeaders=host", "SignedHeaders=host%3B%0Aa%0A%0A");
    parts.uri = hostile.parse().unwrap();
    let found = server().refuses(&parts, Some(&secret()));
    assert_eq!(found.causes.last().unwrap().what, What::SecretOrElse);
}

/// Changes to a signed request that the diagnosis is to find, by name.
const CHANGES: [&str; 9] = [
    "host",
    "port",
    "method",
    "path",
    "slash",
    "query",
    "accept-encoding",
    "payload",
    "content-type",
];

fn change(parts: &mut Parts, how: &str) {
    match how {
        "host" => {
            let was = parts.headers["host"].clone();
            parts.headers.insert("x-forwarded-host", was);
            set(parts, "host", "10.0.0.1:9000");
        }
        "port" => {
            let with = format!("{}:9000", parts.headers["host"].to_str().unwrap());
            set(parts, "host", &with);
        }
        "method" => parts.method = Method::DELETE,
        "path" => {
            let sent = parts.uri.to_string().replace("%20", "+");
            parts.uri = sent.replace("/photos/", "/photos/./").parse().unwrap();
        }
        "slash" => {
            parts.uri = parts
                .uri
                .to_string()
                .replace("/photos/", "/photos//")
                .parse()
                .unwrap()
        }
        "query" => {
            let joint = if parts.uri.query().is_some() { '&' } else { '?' };
            parts.uri = format!("{}{joint}fbclid=1", parts.uri).parse().unwrap();
        }
        "accept-encoding" => set(parts, "accept-encoding", "gzip, br"),
        "payload" => set(parts, "x-amz-content-sha256", &"0".repeat(64)),
        "content-type" => set(parts, "content-type", "text/plain; charset=UTF-8"),
        _ => panic!("{how}"),
    }
}

proptest! {
    #[test]
    fn any_change_to_any_request_is_found(
        key in "[a-z0-9][a-zA-Z0-9._~-]{0,19}(/[a-z0-9-]{1,8}){0,3}",
        query in select(vec!["", "?versionId=abc", "?partNumber=1&uploadId=x%2Fy"]),
        meta in prop::collection::btree_map("x-amz-meta-[a-z]{1,8}", "[a-z0-9]{1,12}", 0..4),
        host in select(vec!["s3.example.com", "files.example.org", "photos.s3.example.com"]),
        method in select(vec!["GET", "PUT", "HEAD"]),
        how in select(CHANGES.to_vec()),
    ) {
        let mut parts = request(method, &format!("http://{host}/photos/{key}{query}"), &[
            ("accept-encoding", "identity"),
            ("content-type", "text/plain"),
        ]);
        for (name, value) in &meta {
            parts.headers.insert(HeaderName::try_from(name).unwrap(), value.parse().unwrap());
        }
        signer().header_v4(&mut parts, &Payload::Unsigned, now()).unwrap();
        prop_assert!(parse(&head(&parts), true).unwrap().verify(&head(&parts), &secret(), &SigningKeys::new(2)).is_ok());
        change(&mut parts, how);
        let found = proven(&parts);
        prop_assert!(!found.is_empty(), "{how}");
        prop_assert_eq!(found.len(), 1);
    }

    #[test]
    fn diagnosis_of_anything_ends_within_its_bounds(
        target in "/[ -~&&[^ #\"<>\\\\^`{|}]]{0,60}",
        signed_headers in "[!-~&&[^,]]{1,30}",
        forwarded in "[ -~]{0,40}",
        signature in "[0-9a-fA-F]{0,70}x",
    ) {
        let Ok(uri) = target.parse() else { return Ok(()) };
        let mut parts = request("GET", "http://s3.example.com/", &[]);
        parts.uri = uri;
        set(&mut parts, "host", "s3.example.com");
        set(&mut parts, "x-amz-date", "20261201T120000Z");
        set(&mut parts, "x-amz-content-sha256", "UNSIGNED-PAYLOAD");
        set(&mut parts, "x-forwarded-host", &forwarded);
        set(&mut parts, "forwarded", &forwarded);
        set(&mut parts, "authorization", &format!(
            "AWS4-HMAC-SHA256 Credential={ID}/20261201/us-east-1/s3/aws4_request, SignedHeaders={signed_headers}, \
             Signature={signature}"
        ));
        let head = head(&parts);
        if let Ok(authentication) = parse(&head, true) {
            let context = Context {
                region: "us-east-1",
                service: "s3",
                now: now(),
                token_refused: false,
                bucket: Some("photos"),
                names: &[],
                regions: &[],
            };
            if let Some(found) = diagnose(&authentication, &head, Some(&secret()), &context) {
                prop_assert!(found.hmacs <= HMACS_MAX);
                prop_assert_eq!(found.right, Some(false));
                for cause in &found.causes {
                    prop_assert!(!cause.text().contains(SECRET) && !cause.advice().is_empty());
                }
            }
        }
    }
}
