//! Actual requests of a page of another origin: the headers on whatever the answer is (facts/03 §2, §3, §4).
//!
//! CORS refuses none of them. A rule that matches adds its headers to a success and to an error alike; without one there
//! are neither CORS headers nor `Vary`.

use super::cors_config::configure;
use crate::kit::{Answer, Bucket, Request, Signer, bucket, cases, deployment, encoded, endpoint, name};

cases! {
    "03 §3 on successes": successes, in_the_host, streamed_upload, multipart_upload, after_100_continue;
    "03 §3 on 304 and 206": not_modified_and_partial;
    "03 §4 on errors of actual requests": refused_by_identity, refused_by_the_store, refused_by_the_table, refused_on_head, refused_before_the_bucket;
    "03 §3 presigned requests": presigned;
    "03 §3 long operations": long_operations;
    "03 §3 a PUT that CORS does not allow is executed": put_is_executed;
    "03 §2 Access-Control-Request-Method counts on any request": requested_method;
    "03 §3 no match, no Origin, no config: no headers and no Vary": nothing_without_a_match;
    "03 §3 nothing of a missing bucket": missing_bucket;
    "03 §4 redirects of actual requests": redirects;
    "03 §3 a rule's `*` among other origins": star_among_others;
}

const ORIGIN: &str = "https://app.example";

const RULE: &str = "<CORSRule><AllowedOrigin>https://*.example</AllowedOrigin><AllowedMethod>GET</AllowedMethod>\
     <AllowedMethod>HEAD</AllowedMethod><AllowedMethod>PUT</AllowedMethod><AllowedMethod>POST</AllowedMethod>\
     <AllowedMethod>DELETE</AllowedMethod><AllowedHeader>*</AllowedHeader><ExposeHeader>ETag</ExposeHeader>\
     <ExposeHeader>x-amz-request-id</ExposeHeader><MaxAgeSeconds>60</MaxAgeSeconds></CORSRule>";

const HEADERS: &[(&str, &str)] = &[
    ("access-control-allow-credentials", "true"),
    ("access-control-allow-methods", "GET, HEAD, PUT, POST, DELETE"),
    ("access-control-allow-origin", ORIGIN),
    ("access-control-expose-headers", "ETag, x-amz-request-id"),
    ("access-control-max-age", "60"),
    (
        "vary",
        "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
    ),
];

/// A bucket with the rule and an object.
fn configured() -> Bucket {
    let b = bucket();
    configure(&b, RULE);
    b.store("k", "0123456789");
    b
}

/// Sent by the page: its answer has the rule's headers, all of them and once.
#[track_caller]
fn from_page(request: Request) -> Answer {
    let answer = request.header("origin", ORIGIN).send();
    answer.has_cors(HEADERS);
    answer
}

fn successes() {
    let b = configured();
    let get = from_page(b.get("k"));
    get.status(200).is("0123456789");
    assert_eq!(from_page(b.head("k")).value("etag"), get.value("etag"));
    from_page(b.put("new", "body")).status(200);
    from_page(b.put("k2", "").header("x-amz-tagging", "a=b")).status(200);
    from_page(b.get("k2").query("tagging")).document("Tagging");
    from_page(
        b.get("k")
            .query("attributes")
            .header("x-amz-object-attributes", "ETag"),
    )
    .status(200);
    from_page(b.delete("new")).bare(204);
    from_page(b.delete_objects("<Object><Key>k2</Key></Object>")).document("DeleteResult");
    from_page(b.at("GET", "list-type=2")).document("ListBucketResult");
    from_page(b.at("GET", "")).document("ListBucketResult");
    from_page(b.at("HEAD", "")).status(200);
    from_page(b.at("GET", "cors")).document("CORSConfiguration");
    from_page(b.at("GET", "location")).document("LocationConstraint");
    // What was in force when it was asked for.
    from_page(b.at("DELETE", "cors")).bare(204);
    b.get("k").header("origin", ORIGIN).send().status(200).no_cors();
}

fn in_the_host() {
    let b = configured();
    let host = endpoint().named(&format!("{}.s3.{}", b.name, endpoint().region));
    from_page(Request::get("/k").host(&host))
        .status(200)
        .is("0123456789");
    from_page(Request::get("/missing").host(&host)).code(404, "NoSuchKey");
}

fn streamed_upload() {
    let b = configured();
    let request = b.put("chunks", "").header("origin", ORIGIN);
    let mode = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
    let first = "0".repeat(8192);
    let answer = request
        .clone()
        .chunked(mode, &[first.as_bytes(), b"1"], &[])
        .send();
    answer.status(200).has_cors(HEADERS);
    b.get("chunks").send().is(first + "1");
    // Refused when the operation runs already.
    let answer = request.chunked(mode, &[b"too", b"small"], &[]).send();
    answer.has_cors(HEADERS).code(400, "InvalidChunkSizeError");
}

fn multipart_upload() {
    let b = configured();
    let started = from_page(b.post("m", "").query("uploads"));
    let document = started.document("InitiateMultipartUploadResult");
    let upload = document.get("UploadId");
    let part = |number: u32| {
        b.put("m", "a part")
            .query(&format!("partNumber={number}&uploadId={upload}"))
    };
    let etag = from_page(part(1)).status(200).value("etag");
    from_page(b.get("m").query(&format!("uploadId={upload}"))).document("ListPartsResult");
    from_page(b.at("GET", "uploads")).document("ListMultipartUploadsResult");
    from_page(part(0)).code(400, "InvalidArgument");
    let wrong = b.complete("m", upload, &[(2, &etag)]);
    from_page(wrong).code(400, "InvalidPart");
    from_page(b.complete("m", upload, &[(1, &etag)])).document("CompleteMultipartUploadResult");
    from_page(b.delete("m").query(&format!("uploadId={upload}x"))).code(404, "NoSuchUpload");
}

fn after_100_continue() {
    let b = configured();
    let request = b.put("k", "later").header("origin", ORIGIN);
    let request = request.header("expect", "100-continue").signed();
    let mut connection = crate::kit::Connection::open(endpoint().address);
    let interim = connection.send(request.clone().head()).answer_to("PUT");
    interim.status(100).no_cors();
    let answer = connection.send(request.body).answer_to("PUT");
    answer.status(200).has_cors(HEADERS);
}

/// Believed of both [B].
fn not_modified_and_partial() {
    let b = configured();
    let etag = b.head("k").send().value("etag");
    from_page(b.get("k").header("if-none-match", &etag)).bare(304);
    from_page(b.head("k").header("if-none-match", &etag)).bare(304);
    from_page(b.get("k").header("range", "bytes=2-4"))
        .status(206)
        .is("234");
    from_page(b.head("k").header("range", "bytes=2-4")).status(206);
}

fn forger() -> Signer {
    Signer {
        secret_key: "not-the-secret-not-the-secret-not-the-ss".into(),
        ..Signer::of(endpoint())
    }
}

/// A page must be able to read why: 403 and the 400s of signatures, whatever was asked.
fn refused_by_identity() {
    let b = configured();
    let page = |method: &str| b.key(method, "k").header("origin", ORIGIN);
    for method in ["GET", "PUT", "DELETE"] {
        let answer = page(method).anonymous().send();
        answer.has_cors(HEADERS).code(403, "AccessDenied");
        let answer = page(method).signed_by(&forger()).send();
        answer.has_cors(HEADERS).code(403, "SignatureDoesNotMatch");
    }
    let unknown = Signer {
        access_key: "AKIAIOSFODNN7EXAMPLE".into(),
        ..Signer::of(endpoint())
    };
    let answer = page("GET").signed_by(&unknown).send();
    answer.has_cors(HEADERS).code(403, "InvalidAccessKeyId");
    let elsewhere = Signer {
        region: "sa-east-1".into(),
        ..Signer::of(endpoint())
    };
    let answer = page("GET").signed_by(&elsewhere).send();
    answer.has_cors(HEADERS).code(400, "AuthorizationHeaderMalformed");
    let late = Signer::of(endpoint()).shifted(-3600);
    let answer = page("GET").signed_by(&late).send();
    answer.has_cors(HEADERS).code(403, "RequestTimeTooSkewed");
    let owner = page("GET").header("x-amz-expected-bucket-owner", "111111111111");
    owner.send().has_cors(HEADERS).code(403, "AccessDenied");
    b.get("k").send().status(200).is("0123456789");
}

fn refused_by_the_store() {
    let b = configured();
    from_page(b.get("missing")).code(404, "NoSuchKey");
    from_page(b.get("k").header("if-match", "\"x\"")).code(412, "PreconditionFailed");
    from_page(b.get("k").header("range", "bytes=99-")).code(416, "InvalidRange");
    from_page(b.put("k", "body").header("if-none-match", "*")).code(412, "PreconditionFailed");
    from_page(
        b.put("bad", "body")
            .header("content-md5", &crate::kit::md5_base64("other")),
    )
    .code(400, "BadDigest");
    from_page(b.at("GET", "tagging")).code(404, "NoSuchTagSet");
    from_page(b.at("POST", "delete").body("<Delete>").md5()).code(400, "MalformedXML");
    from_page(b.at("DELETE", "")).code(409, "BucketNotEmpty");
}

fn refused_by_the_table() {
    let b = configured();
    from_page(b.at("GET", "website")).code(501, "NotImplemented");
    from_page(b.at("GET", "acl&policy")).code(400, "InvalidArgument");
    from_page(b.post("k", "")).status(405);
}

fn refused_on_head() {
    let b = configured();
    from_page(b.head("missing")).bare(404);
    from_page(b.head("k").header("if-match", "\"x\"")).bare(412);
    from_page(b.head("k").header("range", "bytes=99-")).bare(416);
    let anonymous = b.head("k").header("origin", ORIGIN).anonymous();
    anonymous.send().bare(403).has_cors(HEADERS);
}

/// Refused by the look of it, which comes before the bucket is looked for: the page can read why all the same.
fn refused_before_the_bucket() {
    let b = configured();
    let host = endpoint().named(&format!("{}.s3.{}", b.name, endpoint().region));
    let path = |key: &str| Request::get(&format!("/{}/{key}", b.name));
    let in_host = |key: &str| Request::get(&format!("/{key}")).host(&host);
    let too_long = "k".repeat(1025);
    let queries = ["a=%ff", &"a&".repeat(200)];
    let large = "x".repeat(9000);
    for place in [&path as &dyn Fn(&str) -> Request, &in_host] {
        let cases = [
            (place(&too_long), "KeyTooLongError"),
            (place("%ff%fe"), "InvalidURI"),
            (place("%zz"), "InvalidURI"),
            (place(&format!("k?{}", queries[0])), "InvalidURI"),
            (place(&format!("k?{}", queries[1])), "InvalidURI"),
            (
                place("k").header("x-amz-meta-large", &large),
                "RequestHeaderSectionTooLarge",
            ),
        ];
        for (request, code) in cases {
            let request = request.anonymous();
            from_page(request.clone()).code(400, code);
            // Nobody else's page, and no preflight.
            let evil = request.clone().header("origin", "https://app.evil").send();
            evil.no_cors().code(400, code);
            request.clone().send().no_cors().code(400, code);
            let mut preflight = request.cors(Some(ORIGIN), Some("GET"), None);
            preflight.method = "OPTIONS".to_owned();
            preflight.send().no_cors().code(400, code);
        }
    }
    // No bucket of that name, or no name at all.
    for target in ["/no-such-bucket-here/%zz", "/%zz/k", "//k", "/%zz"] {
        let answer = Request::get(target).anonymous().header("origin", ORIGIN).send();
        assert_eq!(answer.no_cors().status, 400, "{answer}");
    }
    // Of two hosts either may be meant.
    let two = in_host("k").anonymous().header("host", &host);
    two.header("origin", ORIGIN)
        .send()
        .no_cors()
        .code(400, "BadRequest");
}

fn presigned() {
    let b = configured();
    for (method, body) in [("PUT", "from a page"), ("GET", ""), ("HEAD", ""), ("DELETE", "")] {
        let url = b.key(method, "p").presigned(600).body(body);
        let answer = from_page(url);
        assert!(matches!(answer.status, 200 | 204), "{answer}");
    }
    let v2 = Signer::of(endpoint()).shifted(600);
    let url = b.get("k").presigned_v2_by(&v2, None);
    from_page(url).status(200).is("0123456789");
    // "PUT rejected with SignatureDoesNotMatch still carried CORS headers"; so must one that came too late.
    let forged = b.key("PUT", "p").presigned_by(&forger(), 600).body("x");
    from_page(forged).code(403, "SignatureDoesNotMatch");
    let late = Signer::of(endpoint()).shifted(-3600);
    let expired = b.key("PUT", "p").presigned_by(&late, 60).body("x");
    let error = from_page(expired).code(403, "AccessDenied");
    assert_eq!(error.get("Message"), "Request has expired");
    b.head("p").send().bare(404);
}

/// Their answers may begin before the outcome is known (facts/06 §7, §8); the head has the headers either way.
fn long_operations() {
    let b = configured();
    let source = format!("/{}/k", b.name);
    let copy = b.put("copy", "").header("x-amz-copy-source", &source);
    from_page(copy).document("CopyObjectResult");
    let missing = b
        .put("copy", "")
        .header("x-amz-copy-source", &format!("{source}-missing"));
    from_page(missing).code(404, "NoSuchKey");
    let upload = b.initiate("m", &[]);
    let part = b
        .put("m", "")
        .query(&format!("partNumber=1&uploadId={upload}"))
        .header("x-amz-copy-source", &source);
    let copied = from_page(part).document("CopyPartResult");
    let etag = copied.get("ETag").to_owned();
    from_page(b.complete("m", &upload, &[(1, &etag)])).document("CompleteMultipartUploadResult");
    b.get("m").send().status(200).is("0123456789");
    from_page(b.complete("m", "no-such-upload", &[(1, &etag)])).code(404, "NoSuchUpload");
    // A copy into another bucket has that bucket's headers, not the source's.
    let other = bucket();
    let copy = other.put("copy", "").header("x-amz-copy-source", &source);
    copy.header("origin", ORIGIN).send().status(200).no_cors();
}

fn put_is_executed() {
    let b = bucket();
    configure(
        &b,
        "<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>",
    );
    let put = b.put("k", "stored").header("origin", ORIGIN).send();
    put.status(200).no_cors();
    b.get("k").send().is("stored");
    // Nor is anything else refused for it.
    b.head("k").header("origin", ORIGIN).send().status(200).no_cors();
    b.delete("k").header("origin", ORIGIN).send().bare(204).no_cors();
    b.head("k").send().bare(404);
}

/// "GET carrying ACRM PUT got no CORS headers"; and the other way round.
fn requested_method() {
    let b = bucket();
    let rule = |method| {
        format!(
            "<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>{method}</AllowedMethod></CORSRule>"
        )
    };
    b.store("k", "body");
    let get = || b.get("k").cors(Some(ORIGIN), Some("PUT"), None).send();
    configure(&b, &rule("GET"));
    get().status(200).is("body").no_cors();
    configure(&b, &rule("PUT"));
    get()
        .status(200)
        .is("body")
        .has("access-control-allow-methods", "PUT");
    // A method that is none refuses only preflights.
    let odd = b.get("k").cors(Some(ORIGIN), Some("PATCH"), Some("x amz"));
    odd.send().status(200).is("body").no_cors();
}

fn nothing_without_a_match() {
    let b = configured();
    b.get("k").send().status(200).no_cors();
    b.get("missing").send().no_cors().code(404, "NoSuchKey");
    b.get("k").anonymous().send().no_cors().code(403, "AccessDenied");
    let elsewhere = |request: Request| request.header("origin", "https://app.evil").send();
    elsewhere(b.get("k")).status(200).no_cors();
    elsewhere(b.get("missing")).no_cors().code(404, "NoSuchKey");
    elsewhere(b.head("missing")).no_cors().bare(404);
    elsewhere(b.get("k").anonymous())
        .no_cors()
        .code(403, "AccessDenied");
    let plain = bucket();
    plain.store("k", "body");
    plain
        .get("k")
        .header("origin", ORIGIN)
        .send()
        .status(200)
        .no_cors();
    Request::get("/")
        .header("origin", ORIGIN)
        .send()
        .status(200)
        .no_cors();
}

fn missing_bucket() {
    let missing = name("missing");
    for method in ["GET", "PUT", "DELETE"] {
        let request = Request::new(method, &format!("/{missing}/{}", encoded("k")));
        let answer = request.header("origin", ORIGIN).send();
        answer.no_cors().code(404, "NoSuchBucket");
    }
}

/// "none were captured" [B]: the bucket's home would send them, and does once it is asked.
fn redirects() {
    let Some(d) = deployment() else { return };
    let b = d.bucket("us-west-2");
    configure(&b, RULE);
    b.store("k", "body");
    for (at, host, status) in [
        ("us-east-1", "B.s3", 307),
        ("eu-west-1", "B.s3.eu-west-1", 301),
        ("af-south-1", "B.s3.af-south-1", 400),
    ] {
        let host = d.named(&host.replace('B', &b.name));
        let request = Request::to(&d.at(at), "GET", "/k").host(&host);
        let answer = request.header("origin", ORIGIN).send();
        answer.status(status).no_cors();
    }
    from_page(b.get("k")).status(200).is("body");
}

/// The first of a rule's origins that matches decides [B].
fn star_among_others() {
    let b = bucket();
    b.store("k", "body");
    for (origins, allowed) in [
        (["*", ORIGIN], "*"),
        ([ORIGIN, "*"], ORIGIN),
        (["https://*", "*"], ORIGIN),
        (["https://other", "*"], "*"),
    ] {
        let origins = origins.map(|origin| format!("<AllowedOrigin>{origin}</AllowedOrigin>"));
        configure(
            &b,
            &format!(
                "<CORSRule>{}<AllowedMethod>GET</AllowedMethod></CORSRule>",
                origins.concat()
            ),
        );
        let answer = b.get("k").header("origin", ORIGIN).send();
        answer.status(200).has("access-control-allow-origin", allowed);
        if allowed == "*" {
            answer.lacks("access-control-allow-credentials");
        } else {
            answer.has("access-control-allow-credentials", "true");
        }
    }
}
