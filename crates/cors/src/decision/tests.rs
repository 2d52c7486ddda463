//! Limits, and what the table of `tests/facts.rs` has no place for.

use std::borrow::Cow;

use cairn_protocol::S3Error;
use http::{HeaderMap, HeaderValue};

use super::*;
use crate::{REQUESTED_HEADERS_BYTES_MAX, REQUESTED_HEADERS_MAX};

fn any() -> CorsConfiguration {
    CorsConfiguration::from_xml(
        b"<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>PUT</AllowedMethod>\
          <AllowedHeader>*</AllowedHeader></CORSRule></CORSConfiguration>",
    )
    .unwrap()
}

fn preflight<'a>(origin: &'a str, headers: &'a str) -> Request<'a> {
    Request {
        method: "OPTIONS",
        resource: Resource::Object,
        origin: Some(Cow::Borrowed(origin)),
        requested_method: Some(Cow::Borrowed("PUT")),
        requested_headers: Some(Cow::Borrowed(headers)),
    }
}

fn because(request: &Request<'_>) -> Because {
    decide(&any(), request).because
}

#[test]
fn beyond_a_limit_nothing_matches() {
    let origin = |bytes: usize| format!("http://{}", "a".repeat(bytes - 7));
    assert_eq!(because(&preflight(&origin(ORIGIN_BYTES_MAX), "")), Because::Rule);
    let long = origin(ORIGIN_BYTES_MAX + 1);
    assert_eq!(because(&preflight(&long, "")), Because::Limit(Limit::OriginBytes));

    let names = |count: usize| vec!["a"; count].join(",");
    assert_eq!(
        because(&preflight("http://a", &names(REQUESTED_HEADERS_MAX))),
        Because::Rule
    );
    let many = names(REQUESTED_HEADERS_MAX + 1);
    assert_eq!(
        because(&preflight("http://a", &many)),
        Because::Limit(Limit::RequestedHeaders)
    );

    let name = |bytes: usize| "a".repeat(bytes);
    assert_eq!(
        because(&preflight("http://a", &name(REQUESTED_HEADERS_BYTES_MAX))),
        Because::Rule
    );
    let long = name(REQUESTED_HEADERS_BYTES_MAX + 1);
    let request = preflight("http://a", &long);
    assert_eq!(because(&request), Because::Limit(Limit::RequestedHeadersBytes));
    // To the client it is a request that no rule matches.
    let Answer::Refuse(error) = decide(&any(), &request).answer else {
        panic!("allowed");
    };
    assert_eq!(
        (error.code(), error.message().as_ref()),
        ("AccessForbidden", NOT_ALLOWED)
    );
}

#[test]
fn an_origin_that_no_header_can_repeat_matches_nothing() {
    for origin in [
        "http://\u{e9}",
        "http://a\u{1}",
        "http://a\u{7f}",
        "http://a\r\nx: y",
    ] {
        assert_eq!(
            because(&preflight(origin, "")),
            Because::OriginCharacter,
            "{origin:?}"
        );
    }
    assert_eq!(because(&preflight("", "")), Because::Rule);
    let mut headers = HeaderMap::new();
    headers.insert("origin", HeaderValue::from_bytes(b"http://\xff").unwrap());
    let request = Request::new("GET", Resource::Object, &headers);
    assert_eq!(because(&request), Because::OriginCharacter);
}

#[test]
fn an_error_repeats_no_more_than_a_kibibyte() {
    let method = "M".repeat(5000);
    let request = Request {
        requested_method: Some(Cow::Borrowed(&method)),
        ..preflight("http://a", "")
    };
    let Answer::Refuse(S3Error::BadRequest { message }) = decide(&any(), &request).answer else {
        panic!("not refused");
    };
    assert_eq!(
        message,
        format!("Invalid Access-Control-Request-Method: {}", "M".repeat(1024))
    );
    let Answer::Refuse(S3Error::AccessForbidden { method, .. }) =
        decide(BucketCors::NotConfigured, &request).answer
    else {
        panic!("not refused");
    };
    assert_eq!(method.len(), 1024);
}

// facts/03 §4: the children of the error, in Amazon's order.
#[test]
fn the_refusal_as_a_document() {
    let Answer::Refuse(error) = decide(None, &preflight("http://a", "")).answer else {
        panic!("not refused");
    };
    assert_eq!(
        error.to_xml(false, "R", "H"),
        "<Error><Code>AccessForbidden</Code><Message>CORSResponse: CORS is not enabled for this bucket.</Message>\
         <Method>PUT</Method><ResourceType>BUCKET</ResourceType><RequestId>R</RequestId><HostId>H</HostId></Error>"
    );
}
