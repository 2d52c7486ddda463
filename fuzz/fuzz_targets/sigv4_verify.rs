//! What our signer signs, the verifier takes, in both versions, in the header and the query; with another
//! secret it does not; and the diagnosis of a refusal says the same.
#![no_main]

use cairn_fuzz::Head;
use cairn_protocol::auth::diagnosis::{Context, HMACS_MAX, diagnose};
use cairn_protocol::auth::sign::{Signer, head};
use cairn_protocol::auth::{Payload, SigningKeys, parse};
use cairn_types::{SecretAccessKey, Timestamp};
use http::request::Parts;
use libfuzzer_sys::fuzz_target;

const BUCKET: Option<&str> = Some("bucket");

fn right(parts: &Parts, secret: &SecretAccessKey) -> bool {
    let mut head = head(parts);
    head.bucket_in_host = BUCKET;
    let Ok(authentication) = parse(&head, true) else {
        return false;
    };
    assert!(authentication.check_scope("us-east-1", "s3").is_ok());
    authentication.verify(&head, secret, &SigningKeys::new(2)).is_ok()
}

/// The diagnosis agrees with the verifier, within its bounds.
fn diagnosed(parts: &Parts, secret: &SecretAccessKey, right: bool) {
    let mut head = head(parts);
    head.bucket_in_host = BUCKET;
    let Ok(authentication) = parse(&head, true) else {
        return;
    };
    let names = ["s3.localhost".to_owned()];
    let context = Context {
        region: "us-east-1",
        service: "s3",
        now: Timestamp::from_seconds(1_700_000_000),
        token_refused: false,
        bucket: BUCKET,
        names: &names,
        regions: &["us-east-1", "eu-west-1"],
    };
    if let Some(found) = diagnose(&authentication, &head, Some(secret), &context) {
        assert!(found.hmacs <= HMACS_MAX);
        assert_eq!(found.right, Some(right), "{parts:?}");
        for cause in &found.causes {
            assert!(!cause.text().is_empty() && !cause.advice().is_empty());
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((kind, data)) = data.split_first() else {
        return;
    };
    let Some(input) = Head::read(data) else { return };
    if !input.path.starts_with('/') {
        return;
    }
    let uri = format!("http://bucket.s3.localhost{}?{}", input.path, input.query);
    let Ok(request) = http::Request::builder().method(input.method).uri(uri).body(()) else {
        return;
    };
    let (mut parts, ()) = request.into_parts();
    parts.headers = input.headers;
    parts.headers.remove("host");
    // What is signed already, or dated otherwise, is not for this signer.
    if !matches!(parse(&head(&parts), true), Ok(authentication) if authentication.access_key_id().is_none()) {
        return;
    }
    for name in [
        "x-amz-date",
        "date",
        "x-amz-content-sha256",
        "x-amz-security-token",
    ] {
        parts.headers.remove(name);
    }
    let (Ok(secret), Ok(other)) = (
        SecretAccessKey::parse("the-secret-that-signs"),
        SecretAccessKey::parse("another-secret"),
    ) else {
        return;
    };
    let signer = Signer::new("AKID", secret.clone(), "us-east-1");
    let now = Timestamp::from_seconds(1_700_000_000);
    let signed = match kind % 4 {
        0 => signer.header_v4(&mut parts, &Payload::Unsigned, now).map(drop),
        1 => signer.header_v2(&mut parts, BUCKET, now),
        2 => signer
            .presign_v4(&parts.method, &parts.uri, &parts.headers, 60, now)
            .map(|uri| parts.uri = uri),
        _ => signer
            .presign_v2(&parts.method, &parts.uri, &parts.headers, BUCKET, now)
            .map(|uri| parts.uri = uri),
    };
    if signed.is_err() {
        return;
    }
    if !parts.headers.contains_key("host") {
        parts
            .headers
            .insert("host", http::HeaderValue::from_static("bucket.s3.localhost"));
    }
    assert!(right(&parts, &secret), "{parts:?}");
    assert!(!right(&parts, &other), "{parts:?}");
    diagnosed(&parts, &secret, true);
    diagnosed(&parts, &other, false);
});
