//! The decision table of preflights, row by row, with their literal bodies (facts/03 §4).
//!
//! [`ROWS`] is meant to be read beside the facts. Every row is asked in path style and by the bucket's host; unsigned,
//! badly signed, and with the queries of URLs that were presigned for the request to come, good, expired and forged
//! ones: a preflight is answered before anybody is authenticated. A row about an object is asked of a key that exists
//! and of one that does not.

use super::cors_config::configure;
use crate::kit::{
    Answer, Bucket, Connection, Request, Signer, bucket, cases, deployment, endpoint, name, now,
};

cases! {
    "03 §4 row 1: the bucket lives in another region": row_1;
    "03 §4 rows 2-9": rows_2_to_9;
    "03 §4 row 2: Connection: close": row_2_ends_the_connection;
    "03 §4 rows 3-9 keep the connection": others_keep_it;
    "03 §4 OPTIONS on the service root": service_root;
    "03 §4 sub-resources do not matter": sub_resources;
    "03 §1 one config per bucket, replaces whole document": follows_the_configuration;
}

/// The configuration of the rows that have one.
const CONFIGURATION: &str = "<CORSRule><AllowedOrigin>https://app.example</AllowedOrigin><AllowedMethod>GET</AllowedMethod>\
     <AllowedMethod>PUT</AllowedMethod><AllowedHeader>Content-Type</AllowedHeader><AllowedHeader>x-amz-*</AllowedHeader>\
     <MaxAgeSeconds>600</MaxAgeSeconds><ExposeHeader>ETag</ExposeHeader></CORSRule>\
     <CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>HEAD</AllowedMethod></CORSRule>";

/// What the request is for.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Of {
    /// A bucket that does not exist.
    Missing,
    MissingObject,
    /// A bucket without configuration.
    Plain,
    PlainObject,
    /// The bucket with [`CONFIGURATION`].
    Bucket,
    Object,
}

/// A request's headers: Origin, Access-Control-Request-Method, Access-Control-Request-Headers.
type Asked = (Option<&'static str>, Option<&'static str>, Option<&'static str>);

/// Status and, of a refusal, what is in the body before the ids; of a success, the headers.
#[derive(Debug, Clone, Copy)]
enum Is {
    Refused(u16, &'static str),
    Allowed(&'static [(&'static str, &'static str)]),
}
use Is::{Allowed, Refused};

const APP: Option<&str> = Some("https://app.example");

const NO_ORIGIN: Is = Refused(
    400,
    "<Code>BadRequest</Code><Message>Insufficient information. Origin request header needed.</Message>",
);

const NO_METHOD: Is = Refused(
    400,
    "<Code>BadRequest</Code><Message>Invalid Access-Control-Request-Method: null</Message>",
);

/// The refusal of row 8; the misspelling is Amazon's.
macro_rules! not_allowed {
    ($method:literal, $resource:literal) => {
        Refused(
            403,
            concat!(
                "<Code>AccessForbidden</Code><Message>CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.</Message><Method>",
                $method,
                "</Method><ResourceType>",
                $resource,
                "</ResourceType>"
            ),
        )
    };
}

/// Row, request for, its headers, answer.
#[rustfmt::skip]
const ROWS: &[(u8, Of, Asked, Is)] = &[
    // 2: no `Origin`, even if the bucket is missing.
    (2, Of::Missing, (None, Some("PUT"), None), NO_ORIGIN),
    (2, Of::MissingObject, (None, None, None), NO_ORIGIN),
    (2, Of::Plain, (None, Some("PUT"), None), NO_ORIGIN),
    (2, Of::PlainObject, (None, None, None), NO_ORIGIN),
    (2, Of::Bucket, (None, Some("PUT"), Some("content-type")), NO_ORIGIN),
    (2, Of::Object, (None, Some("PUT"), None), NO_ORIGIN),

    // 3: the bucket does not exist. `Method` is OPTIONS when no method is requested.
    (3, Of::Missing, (APP, Some("PUT"), None), Refused(403,
        "<Code>AccessForbidden</Code><Message>CORSResponse: Bucket not found</Message>\
         <Method>PUT</Method><ResourceType>BUCKET</ResourceType>")),
    (3, Of::MissingObject, (APP, Some("PUT"), None), Refused(403,
        "<Code>AccessForbidden</Code><Message>CORSResponse: Bucket not found</Message>\
         <Method>PUT</Method><ResourceType>BUCKET</ResourceType>")),
    (3, Of::Missing, (APP, None, None), Refused(403,
        "<Code>AccessForbidden</Code><Message>CORSResponse: Bucket not found</Message>\
         <Method>OPTIONS</Method><ResourceType>BUCKET</ResourceType>")),

    // 4: no configuration, BUCKET even for an object's URL; comes before rows 5, 6 [B] and 7 [B].
    (4, Of::Plain, (APP, Some("PUT"), None), Refused(403,
        "<Code>AccessForbidden</Code><Message>CORSResponse: CORS is not enabled for this bucket.</Message>\
         <Method>PUT</Method><ResourceType>BUCKET</ResourceType>")),
    (4, Of::PlainObject, (APP, Some("GET"), None), Refused(403,
        "<Code>AccessForbidden</Code><Message>CORSResponse: CORS is not enabled for this bucket.</Message>\
         <Method>GET</Method><ResourceType>BUCKET</ResourceType>")),
    (4, Of::PlainObject, (APP, None, None), Refused(403,
        "<Code>AccessForbidden</Code><Message>CORSResponse: CORS is not enabled for this bucket.</Message>\
         <Method>OPTIONS</Method><ResourceType>BUCKET</ResourceType>")),
    (4, Of::Plain, (APP, Some("PATCH"), None), Refused(403,
        "<Code>AccessForbidden</Code><Message>CORSResponse: CORS is not enabled for this bucket.</Message>\
         <Method>PATCH</Method><ResourceType>BUCKET</ResourceType>")),
    (4, Of::PlainObject, (APP, Some("PUT"), Some("x amz")), Refused(403,
        "<Code>AccessForbidden</Code><Message>CORSResponse: CORS is not enabled for this bucket.</Message>\
         <Method>PUT</Method><ResourceType>BUCKET</ResourceType>")),

    // 5: no requested method, whether the origin is allowed or not.
    (5, Of::Bucket, (APP, None, None), NO_METHOD),
    (5, Of::Object, (APP, None, Some("content-type")), NO_METHOD),
    (5, Of::Object, (Some("https://evil.example"), None, None), NO_METHOD),

    // 6: not one of the five, or in the wrong case.
    (6, Of::Object, (APP, Some("PATCH"), None), Refused(400,
        "<Code>BadRequest</Code><Message>Invalid Access-Control-Request-Method: PATCH</Message>")),
    (6, Of::Bucket, (APP, Some("OPTIONS"), None), Refused(400,
        "<Code>BadRequest</Code><Message>Invalid Access-Control-Request-Method: OPTIONS</Message>")),
    (6, Of::Object, (APP, Some("get"), None), Refused(400,
        "<Code>BadRequest</Code><Message>Invalid Access-Control-Request-Method: get</Message>")),
    (6, Of::Object, (Some("https://evil.example"), Some("Put"), Some("x amz")), Refused(400,
        "<Code>BadRequest</Code><Message>Invalid Access-Control-Request-Method: Put</Message>")),

    // 7: an illegal token, whether a rule would match or not.
    (7, Of::Object, (APP, Some("PUT"), Some("x amz")), Refused(400,
        "<Code>BadRequest</Code><Message>Access-Control-Request-Headers &quot;x amz&quot; contains invalid character.</Message>")),
    (7, Of::Bucket, (APP, Some("GET"), Some("x-amz:")), Refused(400,
        "<Code>BadRequest</Code><Message>Access-Control-Request-Headers &quot;x-amz:&quot; contains invalid character.</Message>")),
    (7, Of::Object, (Some("https://evil.example"), Some("DELETE"), Some("a/b")), Refused(400,
        "<Code>BadRequest</Code><Message>Access-Control-Request-Headers &quot;a/b&quot; contains invalid character.</Message>")),

    // 8: no rule allows origin, method and headers.
    (8, Of::Object, (Some("https://evil.example"), Some("PUT"), None), not_allowed!("PUT", "OBJECT")),
    (8, Of::Bucket, (Some("https://evil.example"), Some("GET"), None), not_allowed!("GET", "BUCKET")),
    (8, Of::Object, (APP, Some("DELETE"), None), not_allowed!("DELETE", "OBJECT")),
    (8, Of::Bucket, (APP, Some("POST"), None), not_allowed!("POST", "BUCKET")),
    (8, Of::Object, (APP, Some("PUT"), Some("content-type,authorization")), not_allowed!("PUT", "OBJECT")),
    // The second rule has no AllowedHeader: it matches only if none are requested (§2).
    (8, Of::Object, (Some("https://evil.example"), Some("HEAD"), Some("range")), not_allowed!("HEAD", "OBJECT")),

    // 9: the first rule that matches gives the headers (§3).
    (9, Of::Object, (APP, Some("PUT"), None), Allowed(&[
        ("access-control-allow-credentials", "true"),
        ("access-control-allow-methods", "GET, PUT"),
        ("access-control-allow-origin", "https://app.example"),
        ("access-control-expose-headers", "ETag"),
        ("access-control-max-age", "600"),
        ("vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method")])),
    (9, Of::Bucket, (APP, Some("GET"), Some("content-type,x-amz-meta-a")), Allowed(&[
        ("access-control-allow-credentials", "true"),
        ("access-control-allow-headers", "content-type, x-amz-meta-a"),
        ("access-control-allow-methods", "GET, PUT"),
        ("access-control-allow-origin", "https://app.example"),
        ("access-control-expose-headers", "ETag"),
        ("access-control-max-age", "600"),
        ("vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method")])),
    (9, Of::Object, (APP, Some("HEAD"), None), Allowed(&[
        ("access-control-allow-methods", "HEAD"),
        ("access-control-allow-origin", "*"),
        ("vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method")])),
    (9, Of::Bucket, (Some("null"), Some("HEAD"), None), Allowed(&[
        ("access-control-allow-methods", "HEAD"),
        ("access-control-allow-origin", "*"),
        ("vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method")])),
];

const KEY: &str = "photos/puppy.jpg";

/// Who asks: the last three with the query of a URL for the request to come.
#[derive(Debug, Clone, Copy)]
enum Who {
    Anonymous,
    Signed,
    BadlySigned,
    Nonsense,
    Presigned,
    PresignedV2,
    Expired,
    Forged,
}

const ALL: [Who; 8] = [
    Who::Anonymous,
    Who::Signed,
    Who::BadlySigned,
    Who::Nonsense,
    Who::Presigned,
    Who::PresignedV2,
    Who::Expired,
    Who::Forged,
];

/// The preflight, sent by them.
fn by(request: Request, who: Who, bucket_in_host: Option<&str>) -> Request {
    let signer = request.signer();
    let forger = Signer {
        secret_key: "not-the-secret-not-the-secret-not-the-ss".into(),
        ..signer.clone()
    };
    let presigned = |presign: &dyn Fn(Request) -> Request| {
        let mut bare = request.clone();
        bare.headers.clear();
        bare.method = "PUT".into();
        let mut preflight = request.clone().anonymous();
        preflight.query = presign(bare).query;
        preflight
    };
    match who {
        Who::Anonymous => request.anonymous(),
        Who::Signed => request.signed(),
        Who::BadlySigned => request.signed_by(&forger),
        Who::Nonsense => request.header("authorization", "Basic YTpi").anonymous(),
        Who::Presigned => presigned(&|url| url.presigned(600)),
        Who::PresignedV2 => {
            presigned(&|url| url.presigned_v2_by(&signer.clone().shifted(600), bucket_in_host))
        }
        Who::Expired => presigned(&|url| url.presigned_by(&signer.clone().shifted(-3600), 60)),
        Who::Forged => presigned(&|url| url.presigned_by(&forger, 600)),
    }
}

#[track_caller]
fn check(answer: &Answer, is: Is) {
    match is {
        Refused(status, inner) => {
            let (id, id2) = (answer.value("x-amz-request-id"), answer.value("x-amz-id-2"));
            answer.status(status).has("content-type", "application/xml");
            answer.is(format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>{inner}<RequestId>{id}</RequestId><HostId>{id2}</HostId></Error>"
            ));
            answer.no_cors();
        }
        Allowed(headers) => {
            // "200, Content-Length: 0, no Content-Type, no ETag, normal request-id/Server/Date headers".
            answer.bare(200).has_cors(headers).has("content-length", "0");
            answer
                .lacks("content-type")
                .lacks("etag")
                .has("server", "AmazonS3");
            for name in ["x-amz-request-id", "x-amz-id-2", "date"] {
                answer.value(name);
            }
        }
    }
}

fn rows_2_to_9() {
    let (plain, configured, missing) = (bucket(), bucket(), name("missing"));
    configure(&configured, CONFIGURATION);
    for b in [&plain, &configured] {
        b.store(KEY, "a puppy");
    }
    for &(row, of, (origin, method, names), is) in ROWS {
        let (bucket, keys) = match of {
            Of::Missing => (&missing, &[""][..]),
            Of::MissingObject => (&missing, &[KEY][..]),
            Of::Plain => (&plain.name, &[""][..]),
            Of::PlainObject => (&plain.name, &[KEY, "no-such-key"][..]),
            Of::Bucket => (&configured.name, &[""][..]),
            Of::Object => (&configured.name, &[KEY, "no-such-key"][..]),
        };
        let host = endpoint().named(&format!("{bucket}.s3.{}", endpoint().region));
        for key in keys {
            for (host, path, in_host) in [
                (endpoint().host.as_str(), format!("/{bucket}/{key}"), None),
                (&host, format!("/{key}"), Some(bucket.as_str())),
            ] {
                for who in ALL {
                    println!("row {row}: {path} at {host}, {origin:?} {method:?} {names:?} {who:?}");
                    let request = Request::new("OPTIONS", &path).host(host);
                    let request = request.cors(origin, method, names);
                    check(&by(request, who, in_host).send(), is);
                }
            }
        }
    }
    // None of it touched anything.
    for b in [&plain, &configured] {
        b.get(KEY).send().status(200).is("a puppy");
        b.head("no-such-key").send().bare(404);
    }
}

/// A redirect comes first, also before row 2 and for a bucket that would allow the request; the rest of facts/02 §1 is
/// `regions_table`'s.
fn row_1() {
    let Some(d) = deployment() else { return };
    for (home, at, host, status, code) in [
        ("us-west-2", "us-east-1", "B.s3", 307, "TemporaryRedirect"),
        (
            "eu-west-1",
            "us-west-2",
            "B.s3.us-west-2",
            301,
            "PermanentRedirect",
        ),
        (
            "af-south-1",
            "us-west-2",
            "B.s3.us-west-2",
            400,
            "IllegalLocationConstraintException",
        ),
    ] {
        let b = d.bucket(home);
        for configured in [false, true] {
            if configured {
                configure(&b, CONFIGURATION);
            }
            for origin in [None, APP] {
                let host = d.named(&host.replace('B', &b.name));
                let request = Request::to(&d.at(at), "OPTIONS", "/k").host(&host).anonymous();
                let answer = request.cors(origin, Some("PUT"), None).send();
                answer.code(status, code);
                answer.no_cors();
            }
        }
    }
}

/// A preflight of the bucket on that connection.
fn ask(connection: &mut Connection, b: &Bucket, origin: Option<&str>, method: Option<&str>) -> Answer {
    let request = b.key("OPTIONS", KEY).anonymous();
    request.cors(origin, method, None).send_on(connection)
}

fn row_2_ends_the_connection() {
    let b = bucket();
    let mut connection = Connection::open(endpoint().address);
    // A referrer is no origin.
    let request = b
        .key("OPTIONS", KEY)
        .header("referer", "https://app.example/page");
    let answer = request.anonymous().send_on(&mut connection);
    check(&answer, NO_ORIGIN);
    answer.has("connection", "close");
    assert!(connection.ends_within(std::time::Duration::from_secs(5)));
}

fn others_keep_it() {
    let b = bucket();
    b.store(KEY, "a puppy");
    let mut connection = Connection::open(endpoint().address);
    ask(&mut connection, &b, APP, Some("PUT"))
        .status(403)
        .lacks("connection");
    configure(&b, CONFIGURATION);
    for (method, status) in [
        (None, 400),
        (Some("PATCH"), 400),
        (Some("DELETE"), 403),
        (Some("PUT"), 200),
    ] {
        let answer = ask(&mut connection, &b, APP, method);
        answer.status(status).lacks("connection");
    }
    let get = b.get(KEY).header("origin", "https://app.example");
    get.send_on(&mut connection).status(200).is("a puppy");
}

/// "403, no CORS headers"; the body is believed [B].
fn service_root() {
    for host in [
        endpoint().host.clone(),
        endpoint().named(&format!("s3.{}", endpoint().region)),
    ] {
        for who in ALL {
            let preflight = |origin| {
                let request = Request::new("OPTIONS", "/").host(&host);
                by(request.cors(origin, Some("GET"), None), who, None).send()
            };
            let answer = preflight(APP);
            answer.code(403, "AccessForbidden");
            answer.no_cors();
            check(&preflight(None), NO_ORIGIN);
        }
    }
}

fn sub_resources() {
    let b = bucket();
    configure(&b, CONFIGURATION);
    let upload = format!("partNumber=1&uploadId={}", now().seconds());
    for (key, query) in [
        (KEY, "uploads"),
        (KEY, &upload),
        (KEY, "tagging"),
        (KEY, "acl&policy"),
        ("", "cors"),
        ("", "website"),
        ("", "list-type=2&prefix=a"),
    ] {
        let request = b.key("OPTIONS", key).query(query).anonymous();
        let answer = request.cors(APP, Some("PUT"), None).send();
        answer.bare(200).has("access-control-allow-methods", "GET, PUT");
    }
}

fn follows_the_configuration() {
    let b = bucket();
    let ask = || {
        let request = b.key("OPTIONS", KEY).anonymous();
        request.cors(APP, Some("PUT"), None).send()
    };
    ask().code(403, "AccessForbidden");
    configure(&b, CONFIGURATION);
    ask().status(200);
    configure(&b, &CONFIGURATION.replace("app.example", "other.example"));
    ask().code(403, "AccessForbidden");
    configure(&b, &CONFIGURATION.replace("https://app.example", "https://*"));
    ask()
        .status(200)
        .has("access-control-allow-origin", "https://app.example");
    b.at("DELETE", "cors").send().bare(204);
    let error = ask().code(403, "AccessForbidden");
    assert_eq!(
        error.get("Message"),
        "CORSResponse: CORS is not enabled for this bucket."
    );
}
