//! User and system metadata (facts/06 §6).

use crate::kit::{Request, bucket, cases};

cases! {
    "06 §6 user metadata: names lower-cased": names_are_lower_case, values_round_trip;
    "06 §6 user metadata: 2 KB": limit;
    "06 §6 user metadata: non-ASCII": raw_utf8_comes_back_encoded, encoded_form_is_kept;
    "06 §6 Content-Type default": content_type;
    "06 §6 Content-Encoding aws-chunked removed": content_encoding;
    "06 §6 system metadata": system_metadata, website_redirect;
    "06 §6 all headers ≤ 8 KB": header_section;
    "06 §8 metadata is given at initiation": of_a_multipart_upload;
}

fn names_are_lower_case() {
    let b = bucket();
    b.put("k", "x")
        .header("X-Amz-Meta-MixedCase", "Value")
        .send()
        .status(200);
    b.head("k").send().has("x-amz-meta-mixedcase", "Value");
}

fn values_round_trip() {
    let b = bucket();
    let values = [
        ("x-amz-meta-plain", "a"),
        ("x-amz-meta-odd", "a=b; \"c\" %20 +,"),
        ("x-amz-meta-empty", ""),
        ("x-amz-meta-with.dot_and-dash", "1"),
    ];
    b.put("k", "x").headers(&values).send().status(200);
    let answer = b.get("k").send();
    for (name, value) in values {
        answer.has(name, value);
    }
}

fn limit() {
    let b = bucket();
    let value = |size: usize| "v".repeat(size - "abcd".len());
    b.put("fits", "x")
        .header("x-amz-meta-abcd", &value(2048))
        .send()
        .status(200);
    let details = [("Size", "2049"), ("MaxSizeAllowed", "2048")];
    let message = "Your metadata headers exceed the maximum allowed metadata size";
    let answer = b.put("k", "x").header("x-amz-meta-abcd", &value(2049)).send();
    answer.error(400, "MetadataTooLarge", message, &details);
    b.head("k").send().bare(404);
}

fn raw_utf8_comes_back_encoded() {
    let b = bucket();
    b.put("k", "x")
        .header("x-amz-meta-name", "Grüße")
        .send()
        .status(200);
    let got = b.head("k").send().value("x-amz-meta-name");
    assert!(
        got == "=?UTF-8?B?R3LDvMOfZQ==?=" || got == "=?UTF-8?Q?Gr=C3=BC=C3=9Fe?=",
        "{got}"
    );
}

fn encoded_form_is_kept() {
    let b = bucket();
    for form in ["=?UTF-8?B?R3LDvMOfZQ==?=", "=?UTF-8?Q?Gr=C3=BC=C3=9Fe?="] {
        b.put("k", "x").header("x-amz-meta-name", form).send().status(200);
        b.head("k").send().has("x-amz-meta-name", form);
    }
}

fn content_type() {
    let b = bucket();
    b.store("k", "x");
    b.head("k").send().has("content-type", "binary/octet-stream");
    b.put("k", "x")
        .header("content-type", "text/plain; charset=utf-8")
        .send()
        .status(200);
    b.head("k")
        .send()
        .has("content-type", "text/plain; charset=utf-8");
}

fn content_encoding() {
    let b = bucket();
    for (sent, shown) in [
        ("aws-chunked", None),
        ("aws-chunked,gzip", Some("gzip")),
        ("gzip", Some("gzip")),
        ("gzip, aws-chunked", Some("gzip")),
    ] {
        let request = b.put("k", "").header("content-encoding", sent);
        request
            .chunked("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", &[b"body"], &[])
            .send()
            .status(200);
        let answer = b.get("k").send();
        assert_eq!(answer.header("content-encoding"), shown, "{sent}");
        answer.is("body");
    }
}

const SYSTEM: [(&str, &str); 5] = [
    ("cache-control", "max-age=60"),
    ("content-disposition", "attachment; filename=\"a b.txt\""),
    ("content-encoding", "identity"),
    ("content-language", "de-DE"),
    ("expires", "Thu, 01 Dec 2033 16:00:00 GMT"),
];

fn system_metadata() {
    let b = bucket();
    b.put("k", "x").headers(&SYSTEM).send().status(200);
    for answer in [b.get("k").send(), b.head("k").send()] {
        for (name, value) in SYSTEM {
            answer.has(name, value);
        }
    }
}

fn website_redirect() {
    let b = bucket();
    b.put("k", "x")
        .header("x-amz-website-redirect-location", "/other")
        .send()
        .status(200);
    b.get("k")
        .send()
        .status(200)
        .is("x")
        .has("x-amz-website-redirect-location", "/other");
}

fn header_section() {
    let b = bucket();
    let value = "v".repeat(1000);
    let large = (0..9).fold(b.get("k"), |request: Request, number| {
        request.header(&format!("x-custom-{number}"), &value)
    });
    let message = "Your request header section exceeds the maximum allowed size.";
    large.send().error(
        400,
        "RequestHeaderSectionTooLarge",
        message,
        &[("MaxSizeAllowed", "8192")],
    );
}

fn of_a_multipart_upload() {
    let b = bucket();
    let mut headers = SYSTEM.to_vec();
    headers.extend([
        ("content-type", "text/plain"),
        ("x-amz-meta-a", "b"),
        ("x-amz-tagging", "k=v"),
    ]);
    let upload = b.initiate("k", &headers);
    let etag = b.part("k", &upload, 1, "x");
    b.complete("k", &upload, &[(1, &etag)]).send().status(200);
    let answer = b.head("k").send();
    headers.pop();
    for (name, value) in headers {
        answer.has(name, value);
    }
    b.get("k").send().has("x-amz-tagging-count", "1");
}
