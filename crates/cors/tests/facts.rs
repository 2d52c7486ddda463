//! The preflight table (facts/03 §4) and the examples recorded against Amazon S3 (§5), a row each.
//!
//! A request is its first line and the headers of it that count; an answer is either the headers of a
//! response, or status, code, message and further children of a refusal. Rows of §4 that are not decided here
//! (the redirect of another region's bucket) are the pipeline's.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test reports by failing"
)]

use std::fmt::Write as _;

use cairn_cors::{Answer, BucketCors, CorsConfiguration, Request, Resource, decide};
use http::{HeaderMap, HeaderName, HeaderValue};

const NO_BUCKET: &str = "no bucket";
const NOT_CONFIGURED: &str = "no configuration";

const A: &str = "<AllowedOrigin>https://localhost:4200</AllowedOrigin><AllowedMethod>GET</AllowedMethod>
    <AllowedMethod>PUT</AllowedMethod><MaxAgeSeconds>3000</MaxAgeSeconds><AllowedHeader>*</AllowedHeader>";
const B: &str = "<AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>
    <AllowedMethod>PUT</AllowedMethod><MaxAgeSeconds>3000</MaxAgeSeconds><AllowedHeader>*</AllowedHeader>";
const C: &str = "<AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>";
const D: &str = "<AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>
    <AllowedHeader>x-amz-expected-bucket-owner</AllowedHeader>
    <AllowedHeader>x-amz-server-side-encryption-customer-algorithm</AllowedHeader>
    <AllowedHeader>x-AMZ-server-SIDE-encryption</AllowedHeader>";
const E: &str = "<AllowedOrigin>http://*.origin.com</AllowedOrigin><AllowedMethod>GET</AllowedMethod>";
const F: &str = "<AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>
    <ExposeHeader>x-amz-id-2</ExposeHeader><ExposeHeader>x-amz-request-id</ExposeHeader>
    <ExposeHeader>x-amz-request-payer</ExposeHeader>";
/// Two rules for one origin, as the first full match needs (§2).
const TWO: &str = "<AllowedOrigin>http://a</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>
    <CORSRule><AllowedOrigin>http://a</AllowedOrigin><AllowedMethod>GET</AllowedMethod>
    <AllowedMethod>PUT</AllowedMethod><AllowedHeader>x-amz-*</AllowedHeader>";
/// Several origins in a rule (§3).
const STAR_FIRST: &str = "<AllowedOrigin>*</AllowedOrigin><AllowedOrigin>http://a</AllowedOrigin><AllowedMethod>GET</AllowedMethod>";
const STAR_LAST: &str = "<AllowedOrigin>http://a</AllowedOrigin><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>";
const CEPH: &str = "<AllowedOrigin>*suffix</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>
    <CORSRule><AllowedOrigin>start*end</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>
    <CORSRule><AllowedOrigin>prefix*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>
    <CORSRule><AllowedOrigin>*.put</AllowedOrigin><AllowedMethod>PUT</AllowedMethod>";

const VARY: &str = "vary: Origin, Access-Control-Request-Headers, Access-Control-Request-Method";
const NO_CORS: &str = "no CORS headers";
const NOT_ALLOWED: &str = "403 AccessForbidden
CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / \
                           Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by \
                           the resource's CORS spec.";
const NO_ORIGIN: &str = "400 BadRequest\nInsufficient information. Origin request header needed.";

/// What a row says: the fact, the rules, the request, the answer.
type Row = (&'static str, &'static str, &'static str, &'static str);

/// The constants that an answer may name, since a row's text cannot be put together.
const NAMES: &[(&str, &str)] = &[
    ("VARY", VARY),
    ("NOT_ALLOWED", NOT_ALLOWED),
    ("NO_ORIGIN", NO_ORIGIN),
    ("NO_CORS", NO_CORS),
];

const ROWS: &[Row] = &[
    // §4, by number.
    (
        "4.2",
        A,
        "OPTIONS /b/k\nAccess-Control-Request-Method: PUT",
        "NO_ORIGIN",
    ),
    ("4.2 no bucket", NO_BUCKET, "OPTIONS /b", "NO_ORIGIN"),
    ("4.2 not configured", NOT_CONFIGURED, "OPTIONS /b", "NO_ORIGIN"),
    (
        "4.3",
        NO_BUCKET,
        "OPTIONS /b/k\nOrigin: http://a\nAccess-Control-Request-Method: PUT",
        "403 AccessForbidden\nCORSResponse: Bucket not found\nMethod: PUT\nResourceType: BUCKET",
    ),
    (
        "4.3 without method",
        NO_BUCKET,
        "OPTIONS /b/k\nOrigin: http://a",
        "403 AccessForbidden\nCORSResponse: Bucket not found\nMethod: OPTIONS\nResourceType: BUCKET",
    ),
    (
        "4.4",
        NOT_CONFIGURED,
        "OPTIONS /b/k\nOrigin: http://a\nAccess-Control-Request-Method: GET",
        "403 AccessForbidden\nCORSResponse: CORS is not enabled for this bucket.\nMethod: GET\nResourceType: BUCKET",
    ),
    (
        "4.4 without method",
        NOT_CONFIGURED,
        "OPTIONS /b/k\nOrigin: http://a",
        "403 AccessForbidden\nCORSResponse: CORS is not enabled for this bucket.\nMethod: OPTIONS\nResourceType: BUCKET",
    ),
    (
        "4.4 before 4.6",
        NOT_CONFIGURED,
        "OPTIONS /b\nOrigin: http://a\nAccess-Control-Request-Method: MOVE",
        "403 AccessForbidden\nCORSResponse: CORS is not enabled for this bucket.\nMethod: MOVE\nResourceType: BUCKET",
    ),
    (
        "4.5",
        A,
        "OPTIONS /b/k\nOrigin: http://a",
        "400 BadRequest\nInvalid Access-Control-Request-Method: null",
    ),
    (
        "4.6",
        A,
        "OPTIONS /b/k\nOrigin: http://a\nAccess-Control-Request-Method: PATCH",
        "400 BadRequest\nInvalid Access-Control-Request-Method: PATCH",
    ),
    (
        "4.6 letter case",
        A,
        "OPTIONS /b/k\nOrigin: http://a\nAccess-Control-Request-Method: put",
        "400 BadRequest\nInvalid Access-Control-Request-Method: put",
    ),
    (
        "4.6 empty",
        A,
        "OPTIONS /b/k\nOrigin: http://a\nAccess-Control-Request-Method:",
        "400 BadRequest\nInvalid Access-Control-Request-Method: ",
    ),
    (
        "4.7",
        A,
        "OPTIONS /b/k\nOrigin: http://a\nAccess-Control-Request-Method: GET\nAccess-Control-Request-Headers: a, b c",
        "400 BadRequest\nAccess-Control-Request-Headers \"b c\" contains invalid character.",
    ),
    (
        "4.8 object",
        A,
        "OPTIONS /b/k\nOrigin: http://a\nAccess-Control-Request-Method: PUT",
        "NOT_ALLOWED\nMethod: PUT\nResourceType: OBJECT",
    ),
    (
        "4.8 bucket",
        A,
        "OPTIONS /b\nOrigin: http://a\nAccess-Control-Request-Method: GET",
        "NOT_ALLOWED\nMethod: GET\nResourceType: BUCKET",
    ),
    (
        "4.9 bucket",
        C,
        "OPTIONS /b\nOrigin: http://a\nAccess-Control-Request-Method: GET",
        "access-control-allow-origin: *\naccess-control-allow-methods: GET\nVARY",
    ),
    // §5, by configuration.
    (
        "A preflight",
        A,
        "OPTIONS /b/k\nOrigin: https://localhost:4200\nAccess-Control-Request-Method: PUT",
        "access-control-allow-origin: https://localhost:4200\naccess-control-allow-methods: GET, PUT\n\
         access-control-max-age: 3000\naccess-control-allow-credentials: true\nVARY",
    ),
    (
        "A actual",
        A,
        "GET /b/k\nOrigin: https://localhost:4200",
        "access-control-allow-origin: https://localhost:4200\naccess-control-allow-methods: GET, PUT\n\
         access-control-max-age: 3000\naccess-control-allow-credentials: true\nVARY",
    ),
    (
        "A other scheme",
        A,
        "OPTIONS /b/k\nOrigin: http://localhost:4200\nAccess-Control-Request-Method: PUT",
        "NOT_ALLOWED\nMethod: PUT\nResourceType: OBJECT",
    ),
    (
        "A other scheme, actual",
        A,
        "GET /b/k\nOrigin: http://localhost:4200",
        "NO_CORS",
    ),
    (
        "A only Referer",
        A,
        "OPTIONS /b/k\nReferer: https://localhost:4200/page\nAccess-Control-Request-Method: PUT",
        "NO_ORIGIN",
    ),
    ("A no Origin, actual", A, "GET /b/k", "NO_CORS"),
    (
        "A method not allowed, actual",
        A,
        "DELETE /b/k\nOrigin: https://localhost:4200",
        "NO_CORS",
    ),
    (
        "B preflight",
        B,
        "OPTIONS /b/k\nOrigin: https://localhost:4200\nAccess-Control-Request-Method: PUT",
        "access-control-allow-origin: *\naccess-control-allow-methods: GET, PUT\naccess-control-max-age: 3000\nVARY",
    ),
    (
        "B origin that is no URL",
        B,
        "GET /b/k\nOrigin: localhost:4566",
        "access-control-allow-origin: *\naccess-control-allow-methods: GET, PUT\naccess-control-max-age: 3000\nVARY",
    ),
    (
        "B origin null",
        B,
        "GET /b/k\nOrigin: null",
        "access-control-allow-origin: *\naccess-control-allow-methods: GET, PUT\naccess-control-max-age: 3000\nVARY",
    ),
    (
        "C preflight",
        C,
        "OPTIONS /b/k\nOrigin: http://a\nAccess-Control-Request-Method: GET",
        "access-control-allow-origin: *\naccess-control-allow-methods: GET\nVARY",
    ),
    (
        "C with headers",
        C,
        "OPTIONS /b/k\nOrigin: http://a\nAccess-Control-Request-Method: GET\nAccess-Control-Request-Headers: x-a",
        "NOT_ALLOWED\nMethod: GET\nResourceType: OBJECT",
    ),
    (
        "C with an empty list",
        C,
        "OPTIONS /b/k\nOrigin: http://a\nAccess-Control-Request-Method: GET\nAccess-Control-Request-Headers: ,",
        "access-control-allow-origin: *\naccess-control-allow-methods: GET\nVARY",
    ),
    (
        "D other header",
        D,
        "OPTIONS /b/k\nOrigin: http://a\nAccess-Control-Request-Method: GET\n\
         Access-Control-Request-Headers: x-amz-request-payer",
        "NOT_ALLOWED\nMethod: GET\nResourceType: OBJECT",
    ),
    (
        "D letter case",
        D,
        "OPTIONS /b/k\nOrigin: http://a\nAccess-Control-Request-Method: GET\n\
         Access-Control-Request-Headers: x-AMZ-expected-BUCKET-owner, x-amz-server-side-encryption",
        "access-control-allow-origin: *\naccess-control-allow-methods: GET\n\
         access-control-allow-headers: x-amz-expected-bucket-owner, x-amz-server-side-encryption\nVARY",
    ),
    (
        "D without the space",
        D,
        "OPTIONS /b/k\nOrigin: http://a\nAccess-Control-Request-Method: GET\n\
         Access-Control-Request-Headers: x-AMZ-expected-BUCKET-owner,x-amz-server-side-encryption",
        "access-control-allow-origin: *\naccess-control-allow-methods: GET\n\
         access-control-allow-headers: x-amz-expected-bucket-owner, x-amz-server-side-encryption\nVARY",
    ),
    (
        "D on two lines",
        D,
        "OPTIONS /b/k\nOrigin: http://a\nAccess-Control-Request-Method: GET\n\
         Access-Control-Request-Headers: x-AMZ-expected-BUCKET-owner\n\
         Access-Control-Request-Headers: x-amz-server-side-encryption",
        "access-control-allow-origin: *\naccess-control-allow-methods: GET\n\
         access-control-allow-headers: x-amz-expected-bucket-owner, x-amz-server-side-encryption\nVARY",
    ),
    (
        "D requested on GET",
        D,
        "GET /b/k\nOrigin: http://a\nAccess-Control-Request-Headers: x-amz-request-payer",
        "NO_CORS",
    ),
    (
        "D illegal name on GET",
        B,
        "GET /b/k\nOrigin: http://a\nAccess-Control-Request-Headers: a b",
        "NO_CORS",
    ),
    (
        "D real header",
        D,
        "GET /b/k\nOrigin: http://a\nx-amz-request-payer: requester",
        "access-control-allow-origin: *\naccess-control-allow-methods: GET\nVARY",
    ),
    (
        "E",
        E,
        "OPTIONS /b\nOrigin: http://test.origin.com\nAccess-Control-Request-Method: GET",
        "access-control-allow-origin: http://test.origin.com\naccess-control-allow-methods: GET\n\
         access-control-allow-credentials: true\nVARY",
    ),
    (
        "E slash",
        E,
        "OPTIONS /b\nOrigin: http://test.origin.com/\nAccess-Control-Request-Method: GET",
        "NOT_ALLOWED\nMethod: GET\nResourceType: BUCKET",
    ),
    (
        "F",
        F,
        "OPTIONS /b/k\nOrigin: http://a\nAccess-Control-Request-Method: GET",
        "access-control-allow-origin: *\naccess-control-allow-methods: GET\n\
         access-control-expose-headers: x-amz-id-2, x-amz-request-id, x-amz-request-payer\nVARY",
    ),
    // §2: the requested method counts on any request; the first rule that matches in full decides.
    (
        "2 GET that asks for PUT",
        C,
        "GET /b/k\nOrigin: http://a\nAccess-Control-Request-Method: PUT",
        "NO_CORS",
    ),
    (
        "2 PUT that asks for GET",
        CEPH,
        "PUT /b/k\nOrigin: foo.suffix\nAccess-Control-Request-Method: GET",
        "access-control-allow-origin: foo.suffix\naccess-control-allow-methods: GET\n\
         access-control-allow-credentials: true\nVARY",
    ),
    (
        "2 the first rule",
        TWO,
        "OPTIONS /b\nOrigin: http://a\nAccess-Control-Request-Method: GET",
        "access-control-allow-origin: http://a\naccess-control-allow-methods: GET\n\
         access-control-allow-credentials: true\nVARY",
    ),
    (
        "2 the first that allows the headers",
        TWO,
        "OPTIONS /b\nOrigin: http://a\nAccess-Control-Request-Method: GET\n\
         Access-Control-Request-Headers: X-Amz-Meta-A",
        "access-control-allow-origin: http://a\naccess-control-allow-methods: GET, PUT\n\
         access-control-allow-headers: x-amz-meta-a\naccess-control-allow-credentials: true\nVARY",
    ),
    // §3: the first origin that matches is the one that answers.
    (
        "3 * first",
        STAR_FIRST,
        "GET /b\nOrigin: http://a",
        "access-control-allow-origin: *\naccess-control-allow-methods: GET\nVARY",
    ),
    (
        "3 * last",
        STAR_LAST,
        "GET /b\nOrigin: http://a",
        "access-control-allow-origin: http://a\naccess-control-allow-methods: GET\n\
         access-control-allow-credentials: true\nVARY",
    ),
    (
        "3 only *",
        STAR_LAST,
        "GET /b\nOrigin: http://b",
        "access-control-allow-origin: *\naccess-control-allow-methods: GET\nVARY",
    ),
    (
        "no configuration, actual",
        NOT_CONFIGURED,
        "GET /b/k\nOrigin: http://a",
        "NO_CORS",
    ),
    (
        "no bucket, actual",
        NO_BUCKET,
        "GET /b/k\nOrigin: http://a",
        "NO_CORS",
    ),
];

fn configuration(rules: &str) -> CorsConfiguration {
    let xml = format!("<CORSConfiguration><CORSRule>{rules}</CORSRule></CORSConfiguration>");
    CorsConfiguration::from_xml(xml.as_bytes()).unwrap()
}

/// The answer to a request, in the table's form.
fn answer(rules: &str, request: &str) -> String {
    let (first, lines) = request.split_once('\n').unwrap_or((request, ""));
    let (method, path) = first.split_once(' ').unwrap();
    let mut headers = HeaderMap::new();
    for line in lines.lines() {
        let (name, value) = line.split_once(':').unwrap();
        headers.append(
            HeaderName::from_bytes(name.as_bytes()).unwrap(),
            HeaderValue::from_str(value.trim()).unwrap(),
        );
    }
    let resource = match path.matches('/').count() {
        1 => Resource::Bucket,
        _ => Resource::Object,
    };
    let request = Request::new(method, resource, &headers);
    let read;
    let bucket = match rules {
        NO_BUCKET => BucketCors::NoBucket,
        NOT_CONFIGURED => BucketCors::NotConfigured,
        rules => {
            read = configuration(rules);
            BucketCors::Configured(&read)
        }
    };
    let decision = decide(bucket, &request);
    let mut text = String::new();
    match &decision.answer {
        Answer::Allow(_) => {
            for (name, value) in decision.headers() {
                writeln!(text, "{name}: {value}").unwrap();
            }
        }
        Answer::NoHeaders => {
            assert!(decision.headers().is_empty());
            text.push_str(NO_CORS);
        }
        Answer::Refuse(error) => {
            assert!(decision.headers().is_empty());
            writeln!(text, "{} {}", error.status().as_u16(), error.code()).unwrap();
            writeln!(text, "{}", error.message()).unwrap();
            for (name, value) in error.details() {
                writeln!(text, "{name}: {value}").unwrap();
            }
        }
    }
    text
}

#[test]
fn every_row() {
    for (fact, rules, request, expected) in ROWS {
        let mut whole = (*expected).to_owned();
        for (name, text) in NAMES {
            whole = whole.replace(name, text);
        }
        assert_eq!(answer(rules, request).trim_end_matches('\n'), whole, "{fact}");
    }
}

// §5, Ceph's matrix.
#[test]
fn wildcards_anywhere() {
    for origin in [
        "foo.suffix",
        "startend",
        "start1end",
        "start12end",
        "prefix",
        "prefix.suffix",
    ] {
        let found = answer(CEPH, &format!("GET /b/k\nOrigin: {origin}"));
        let echoed = format!("access-control-allow-origin: {origin}\n");
        assert!(found.starts_with(&echoed), "{origin}: {found}");
    }
    for origin in ["foo.bar", "foo.suffix.get", "0start12end", "bla.prefix"] {
        assert_eq!(
            answer(CEPH, &format!("GET /b/k\nOrigin: {origin}")),
            NO_CORS,
            "{origin}"
        );
    }
    let put = "OPTIONS /b/k\nOrigin: foo.put\nAccess-Control-Request-Method: PUT";
    assert!(answer(CEPH, put).contains("access-control-allow-methods: PUT\n"));
}
