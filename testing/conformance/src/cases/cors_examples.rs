//! The worked examples recorded against Amazon S3, and Ceph's matrix (facts/03 §5).
//!
//! A configuration, then requests with the status and all CORS headers of their answers. Headers are compared whole: one
//! that is not in the table must not be there.

use super::cors_config::configure;
use crate::kit::{Answer, Bucket, bucket, cases};

cases! {
    "03 §5 config A": config_a;
    "03 §5 config B": config_b;
    "03 §5 config C": config_c;
    "03 §5 config D": config_d, real_headers_are_not_inspected;
    "03 §5 config E": config_e;
    "03 §5 config F": config_f;
    "03 §5 Ceph's matrix of origins": ceph_origins;
    "03 §5 Ceph's other rows": ceph_missing_key, ceph_put_asking_for_get;
    "03 §2 rules in document order, the first match wins": first_match_wins;
    "03 §2 origin": origins;
    "03 §2 headers": requested_headers;
    "03 §6 what browsers send": as_browsers_send;
}

/// `Vary`, the last of the headers where a rule matched.
const VARY: (&str, &str) = (
    "vary",
    "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
);
const KEY: &str = "k";
const BODY: &str = "body";
const NOT_ALLOWED: &str = "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.";

/// A bucket with that configuration and one object.
#[track_caller]
fn configured(rules: &str) -> Bucket {
    let b = bucket();
    configure(&b, rules);
    b.store(KEY, BODY);
    b
}

/// The answer to a preflight for the object: origin, requested method, requested headers.
#[track_caller]
fn preflight(b: &Bucket, origin: &str, method: &str, names: Option<&str>) -> Answer {
    let request = b.key("OPTIONS", KEY).anonymous();
    request.cors(Some(origin), Some(method), names).send()
}

/// Row 8 of the preflights' table.
#[track_caller]
fn refused(answer: &Answer, method: &str, resource: &str) {
    let details = [("Method", method), ("ResourceType", resource)];
    answer
        .error(403, "AccessForbidden", NOT_ALLOWED, &details)
        .no_cors();
}

/// The answer to GET of the object from a page of that origin.
#[track_caller]
fn get(b: &Bucket, origin: &str) -> Answer {
    let answer = b.get(KEY).header("origin", origin).send();
    answer.status(200).is(BODY);
    answer
}

const CONFIG_A: &str = "<CORSRule><AllowedOrigin>https://localhost:4200</AllowedOrigin><AllowedMethod>GET</AllowedMethod>\
     <AllowedMethod>PUT</AllowedMethod><MaxAgeSeconds>3000</MaxAgeSeconds><AllowedHeader>*</AllowedHeader></CORSRule>";

fn config_a() {
    let b = configured(CONFIG_A);
    let five = [
        ("access-control-allow-credentials", "true"),
        ("access-control-allow-methods", "GET, PUT"),
        ("access-control-allow-origin", "https://localhost:4200"),
        ("access-control-max-age", "3000"),
        VARY,
    ];
    preflight(&b, "https://localhost:4200", "PUT", None)
        .bare(200)
        .has_cors(&five);
    get(&b, "https://localhost:4200").has_cors(&five);
    refused(
        &preflight(&b, "http://localhost:4200", "PUT", None),
        "PUT",
        "OBJECT",
    );
    get(&b, "http://localhost:4200").no_cors();
    let request = b.key("OPTIONS", KEY).anonymous();
    let request = request.header("referer", "https://localhost:4200/page");
    let answer = request.cors(None, Some("PUT"), None).send();
    let message = "Insufficient information. Origin request header needed.";
    answer.error(400, "BadRequest", message, &[]).no_cors();
}

fn config_b() {
    let b = configured(&CONFIG_A.replace("https://localhost:4200", "*"));
    let four = [
        ("access-control-allow-methods", "GET, PUT"),
        ("access-control-allow-origin", "*"),
        ("access-control-max-age", "3000"),
        VARY,
    ];
    for origin in ["https://localhost:4200", "http://localhost:4200", "null"] {
        preflight(&b, origin, "PUT", None).bare(200).has_cors(&four);
        get(&b, origin).has_cors(&four);
    }
}

fn config_c() {
    let b =
        configured("<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>");
    preflight(&b, "https://localhost:4200", "GET", None)
        .bare(200)
        .has_cors(&[
            ("access-control-allow-methods", "GET"),
            ("access-control-allow-origin", "*"),
            VARY,
        ]);
    let answer = preflight(&b, "https://localhost:4200", "GET", Some("x-amz-request-payer"));
    refused(&answer, "GET", "OBJECT");
}

const CONFIG_D: &str = "<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>\
     <AllowedHeader>x-amz-expected-bucket-owner</AllowedHeader>\
     <AllowedHeader>x-amz-server-side-encryption-customer-algorithm</AllowedHeader>\
     <AllowedHeader>x-AMZ-server-SIDE-encryption</AllowedHeader></CORSRule>";

fn config_d() {
    let b = configured(CONFIG_D);
    let answer = preflight(&b, "https://a.example", "GET", Some("x-amz-request-payer"));
    refused(&answer, "GET", "OBJECT");
    for names in [
        "x-AMZ-expected-BUCKET-owner, x-amz-server-side-encryption",
        "x-AMZ-expected-BUCKET-owner,x-amz-server-side-encryption",
    ] {
        preflight(&b, "https://a.example", "GET", Some(names))
            .bare(200)
            .has_cors(&[
                (
                    "access-control-allow-headers",
                    "x-amz-expected-bucket-owner, x-amz-server-side-encryption",
                ),
                ("access-control-allow-methods", "GET"),
                ("access-control-allow-origin", "*"),
                VARY,
            ]);
    }
    // Asked for on an actual request.
    let request = b
        .get(KEY)
        .cors(Some("https://a.example"), None, Some("x-amz-request-payer"));
    request.send().status(200).is(BODY).no_cors();
}

fn real_headers_are_not_inspected() {
    let b = configured(CONFIG_D);
    let request = b.get(KEY).header("origin", "https://a.example");
    let request = request.header("x-amz-request-payer", "requester");
    request.send().status(200).is(BODY).has_cors(&[
        ("access-control-allow-methods", "GET"),
        ("access-control-allow-origin", "*"),
        VARY,
    ]);
}

fn config_e() {
    let b = configured(
        "<CORSRule><AllowedOrigin>http://*.origin.com</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>",
    );
    let ask = |origin| {
        let request = b.at("OPTIONS", "").anonymous();
        request.cors(Some(origin), Some("GET"), None).send()
    };
    ask("http://test.origin.com").bare(200).has_cors(&[
        ("access-control-allow-credentials", "true"),
        ("access-control-allow-methods", "GET"),
        ("access-control-allow-origin", "http://test.origin.com"),
        VARY,
    ]);
    refused(&ask("http://test.origin.com/"), "GET", "BUCKET");
}

fn config_f() {
    let b = configured(
        "<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod><ExposeHeader>x-amz-id-2</ExposeHeader>\
         <ExposeHeader>x-amz-request-id</ExposeHeader><ExposeHeader>x-amz-request-payer</ExposeHeader></CORSRule>",
    );
    let expected = [
        ("access-control-allow-methods", "GET"),
        ("access-control-allow-origin", "*"),
        (
            "access-control-expose-headers",
            "x-amz-id-2, x-amz-request-id, x-amz-request-payer",
        ),
        VARY,
    ];
    preflight(&b, "https://a.example", "GET", None)
        .bare(200)
        .has_cors(&expected);
    get(&b, "https://a.example").has_cors(&expected);
}

const CEPH: &str = "<CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*suffix</AllowedOrigin></CORSRule>\
     <CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>start*end</AllowedOrigin></CORSRule>\
     <CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>prefix*</AllowedOrigin></CORSRule>\
     <CORSRule><AllowedMethod>PUT</AllowedMethod><AllowedOrigin>*.put</AllowedOrigin></CORSRule>";

/// What a rule of Ceph's matrix answers.
fn ceph_headers<'a>(origin: &'a str, method: &'a str) -> [(&'static str, &'a str); 4] {
    [
        ("access-control-allow-credentials", "true"),
        ("access-control-allow-methods", method),
        ("access-control-allow-origin", origin),
        VARY,
    ]
}

/// Tag R of the facts: the suite's rows, not recordings. Preflights of the same pairs are told the same.
fn ceph_origins() {
    let b = configured(CEPH);
    for origin in [
        "foo.suffix",
        "startend",
        "start1end",
        "start12end",
        "prefix",
        "prefix.suffix",
    ] {
        let expected = ceph_headers(origin, "GET");
        get(&b, origin).has_cors(&expected);
        preflight(&b, origin, "GET", None).bare(200).has_cors(&expected);
        refused(&preflight(&b, origin, "PUT", None), "PUT", "OBJECT");
    }
    for origin in ["foo.bar", "foo.suffix.get", "0start12end", "bla.prefix"] {
        get(&b, origin).no_cors();
        refused(&preflight(&b, origin, "GET", None), "GET", "OBJECT");
    }
    let put = |origin| b.put(KEY, BODY).header("origin", origin).send();
    put("foo.put")
        .status(200)
        .has_cors(&ceph_headers("foo.put", "PUT"));
    put("foo.suffix").status(200).no_cors();
    get(&b, "foo.put").no_cors();
}

/// "404 with CORS headers".
fn ceph_missing_key() {
    let b = configured(CEPH);
    let answer = b.get("missing").header("origin", "foo.suffix").send();
    answer.code(404, "NoSuchKey");
    answer.has_cors(&ceph_headers("foo.suffix", "GET"));
}

/// "PUT with ACRM GET from foo.suffix: 403 with GET's CORS headers"; who is not signed is refused, CORS or not.
fn ceph_put_asking_for_get() {
    let b = configured(CEPH);
    let request = b.put(KEY, "other").cors(Some("foo.suffix"), Some("GET"), None);
    let answer = request.clone().anonymous().send();
    answer.code(403, "AccessDenied");
    answer.has_cors(&ceph_headers("foo.suffix", "GET"));
    // Without it the method is PUT, which that origin may not.
    let answer = b.put(KEY, "other").header("origin", "foo.suffix").anonymous();
    answer.send().no_cors().code(403, "AccessDenied");
    b.get(KEY).send().is(BODY);
}

fn first_match_wins() {
    let b = configured(
        "<CORSRule><AllowedOrigin>https://a.example</AllowedOrigin><AllowedMethod>GET</AllowedMethod>\
         <MaxAgeSeconds>1</MaxAgeSeconds></CORSRule>\
         <CORSRule><AllowedOrigin>https://a.example</AllowedOrigin><AllowedMethod>GET</AllowedMethod>\
         <AllowedMethod>PUT</AllowedMethod><MaxAgeSeconds>2</MaxAgeSeconds></CORSRule>\
         <CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod>\
         <AllowedHeader>*</AllowedHeader><MaxAgeSeconds>3</MaxAgeSeconds></CORSRule>",
    );
    for (origin, method, names, rule) in [
        ("https://a.example", "GET", None, "1"),
        ("https://a.example", "PUT", None, "2"),
        ("https://a.example", "GET", Some("range"), "3"),
        ("https://b.example", "GET", None, "3"),
    ] {
        let answer = preflight(&b, origin, method, names);
        answer.bare(200).has("access-control-max-age", rule);
        let allowed = if rule == "3" { "*" } else { origin };
        answer.has("access-control-allow-origin", allowed);
    }
}

/// Exact, but for one `*` that stands for any run, the empty one too: scheme, host and port all count. That case
/// counts is believed [B].
fn origins() {
    let b = configured(
        "<CORSRule><AllowedOrigin>https://a.example</AllowedOrigin><AllowedOrigin>http://b.example:80</AllowedOrigin>\
         <AllowedOrigin>https://*.c.example</AllowedOrigin><AllowedOrigin>null</AllowedOrigin>\
         <AllowedOrigin>localhost:4566</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>",
    );
    for origin in [
        "https://a.example",
        "http://b.example:80",
        "https://x.c.example",
        "https://x.y/z:1.c.example",
        "https://.c.example",
        "null",
        "localhost:4566",
    ] {
        preflight(&b, origin, "GET", None)
            .bare(200)
            .has("access-control-allow-origin", origin)
            .has("access-control-allow-credentials", "true");
    }
    for origin in [
        "http://a.example",
        "https://a.example:443",
        "https://a.example/",
        "https://A.example",
        "https://a.example.evil",
        "https://evil/https://a.example",
        "http://b.example",
        "https://c.example",
        "https://x.c.example:8443",
        "*",
    ] {
        println!("{origin}");
        refused(&preflight(&b, origin, "GET", None), "GET", "OBJECT");
    }
}

/// "each name must match some AllowedHeader, case-insensitive; may contain one `*`"; "in request order".
fn requested_headers() {
    let b = configured(
        "<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>PUT</AllowedMethod><AllowedHeader>X-Amz-*</AllowedHeader>\
         <AllowedHeader>content-type</AllowedHeader><AllowedHeader>*-sum</AllowedHeader></CORSRule>",
    );
    for (asked, told) in [
        ("Content-Type", "content-type"),
        ("x-amz-date,content-type", "x-amz-date, content-type"),
        ("content-type , X-AMZ-Date", "content-type, x-amz-date"),
        ("x-amz-,a-SUM", "x-amz-, a-sum"),
    ] {
        preflight(&b, "https://a.example", "PUT", Some(asked))
            .bare(200)
            .has("access-control-allow-headers", told);
    }
    // Empty is as good as none [B].
    preflight(&b, "https://a.example", "PUT", Some(""))
        .bare(200)
        .lacks("access-control-allow-headers");
    for asked in ["x-am", "content-typ", "content-type2", "x-amz-date,range", "sum"] {
        let answer = preflight(&b, "https://a.example", "PUT", Some(asked));
        refused(&answer, "PUT", "OBJECT");
    }
}

/// Lower-cased, sorted, joined with `,` and no space: those of a presigned upload and of an SDK in a page.
fn as_browsers_send() {
    let b = configured(&CONFIG_A.replace("https://localhost:4200", "https://app.example"));
    let names = "amz-sdk-invocation-id,amz-sdk-request,authorization,cache-control,content-type,x-amz-acl,\
                 x-amz-content-sha256,x-amz-date,x-amz-user-agent";
    let answer = preflight(&b, "https://app.example", "PUT", Some(names));
    answer.bare(200);
    // `*` would not cover Authorization: names are echoed.
    answer.has("access-control-allow-headers", &names.replace(',', ", "));
    answer.has("access-control-allow-credentials", "true");
}
