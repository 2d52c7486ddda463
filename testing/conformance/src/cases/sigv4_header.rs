//! Signature Version 4 in the header (facts/04 §1).

use cairn_types::Timestamp;

use crate::kit::{Bucket, Request, bucket, cases, endpoint, now, sha256_hex};

cases! {
    "04 §1 path: as sent, not normalised": paths, path_encoded_otherwise;
    "04 §1 query: sorted, flags, encoding": queries, plus_is_a_space;
    "04 §1 header values: trimmed, collapsed, joined": header_values, repeated_header;
    "04 §1 date: x-amz-date or Date": date_header, no_date;
    "04 §1 x-amz-content-sha256": missing_hash, invalid_hash, wrong_hash, unsigned_payload, streaming_on_other_operations;
    "04 §1 unsigned x-amz-* headers": headers_not_signed;
    "04 §1 bad signature": bad_signature, tampering;
    "04 §1 unknown key": unknown_key;
    "04 §1 skew > 15 min": skewed, inside_the_skew;
    "04 §1 AuthorizationHeaderMalformed": wrong_region, wrong_service, wrong_terminal, bad_credential_date, credential_date_differs, bad_credential, missing_components;
    "04 §1 other header problems": no_space, unknown_scheme, header_and_query;
    "04 §1 no auth where required": anonymous;
    "04 §1 order of checks": order;
    "04 §1 session tokens": token_of_nobody;
}

fn object() -> Bucket {
    let b = bucket();
    b.store("k", "body");
    b
}

fn paths() {
    let b = bucket();
    for path in [
        "/a//b",
        "/./a",
        "/a/../b",
        "/a/",
        "/%7Etilde",
        "/spa%20ce",
        "/%E2%82%AC",
        "/a%2Fb",
        "/lower%c3%bc",
    ] {
        Request::new("PUT", &format!("/{}{path}", b.name))
            .body("x")
            .send()
            .status(200);
        Request::get(&format!("/{}{path}", b.name))
            .send()
            .status(200)
            .is("x");
    }
}

/// A client that sends `$` as it is and signs `%24` is let in (believed, facts/04 §1).
fn path_encoded_otherwise() {
    let b = bucket();
    let mut request = Request::new("PUT", &format!("/{}/test%24file.text", b.name))
        .body("x")
        .signed();
    request.path = request.path.replace("%24", "$");
    request.send().status(200);
    b.get("test$file.text").send().status(200).is("x");
}

fn queries() {
    let b = bucket();
    b.fill(&["Ja", "b c"]);
    for query in [
        "prefix=J&max-keys=2",
        "max-keys=2&prefix=J",
        "prefix=%4A",
        "list-type=2&prefix=J&x&y=",
        "prefix=J&empty=",
        "prefix=J&&",
    ] {
        let answer = b.at("GET", query).send();
        assert_eq!(
            answer.document("ListBucketResult").texts("Contents", "Key"),
            ["Ja"],
            "{query}"
        );
    }
    b.at("GET", "versioning").send().status(200);
    b.at("GET", "versioning=").send().status(200);
}

fn plus_is_a_space() {
    let b = bucket();
    b.fill(&["b c"]);
    let mut request = b.at("GET", "prefix=b%20").signed();
    request.query = Some("prefix=b+".into());
    assert_eq!(
        request
            .send()
            .document("ListBucketResult")
            .texts("Contents", "Key"),
        ["b c"]
    );
}

fn header_values() {
    let b = bucket();
    let request = b.put("k", "x").header("x-amz-meta-a", "  two   words  ").signed();
    request.send().status(200);
    let got = b.head("k").send().value("x-amz-meta-a");
    assert!(got == "two   words" || got == "two words", "{got:?}");
}

fn repeated_header() {
    let b = bucket();
    b.put("k", "x")
        .header("x-amz-meta-a", "1")
        .header("x-amz-meta-a", "2")
        .send()
        .status(200);
    let got = b.head("k").send().value("x-amz-meta-a");
    assert_eq!(got.replace(' ', ""), "1,2");
}

fn date_header() {
    let b = object();
    // Both there: x-amz-date counts, whatever Date says.
    b.get("k")
        .header("date", "Tue, 27 Mar 2007 19:36:42 GMT")
        .send()
        .status(200);
}

fn no_date() {
    let answer = object().get("k").signed().without("x-amz-date").send();
    let message = "AWS authentication requires a valid Date or x-amz-date header";
    answer.error(403, "AccessDenied", message, &[]);
}

fn missing_hash() {
    let answer = object().get("k").signed().without("x-amz-content-sha256").send();
    let message = "Missing required header for this request: x-amz-content-sha256";
    answer.error(400, "InvalidRequest", message, &[]);
}

const HASH_FORMS: &str = "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER or a valid sha256 value.";

fn invalid_hash() {
    for bad in ["", "x", "unsigned-payload", &"g".repeat(64), &"0".repeat(63)] {
        let answer = object()
            .get("k")
            .signed()
            .replace("x-amz-content-sha256", bad)
            .send();
        let details = [("ArgumentName", "x-amz-content-sha256"), ("ArgumentValue", bad)];
        answer.error(400, "InvalidArgument", HASH_FORMS, &details);
    }
}

fn wrong_hash() {
    let b = bucket();
    let claimed = sha256_hex("other");
    for body in ["body".to_owned(), "b".repeat(200_000)] {
        let answer = b.put("k", &body).header("x-amz-content-sha256", &claimed).send();
        let computed = sha256_hex(&body);
        let details = [
            ("ClientComputedContentSHA256", claimed.as_str()),
            ("S3ComputedContentSHA256", computed.as_str()),
        ];
        let message = "The provided 'x-amz-content-sha256' header does not match what was computed.";
        answer.error(400, "XAmzContentSHA256Mismatch", message, &details);
    }
    b.head("k").send().bare(404);
    // Small XML bodies are held to it as well.
    let request = b
        .at("PUT", "versioning")
        .body("<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>");
    request
        .header("x-amz-content-sha256", &claimed)
        .send()
        .code(400, "XAmzContentSHA256Mismatch");
    let state = b
        .at("GET", "versioning")
        .send()
        .document("VersioningConfiguration");
    assert_eq!(state.children.len(), 0);
}

fn unsigned_payload() {
    let b = bucket();
    b.put("k", "body").unsigned_payload().send().status(200);
    b.get("k").unsigned_payload().send().status(200).is("body");
}

fn streaming_on_other_operations() {
    let b = object();
    let answer = b
        .get("k")
        .header("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD")
        .send();
    answer.error(
        400,
        "InvalidRequest",
        "The value of x-amz-content-sha256 header is invalid.",
        &[],
    );
}

fn headers_not_signed() {
    let b = object();
    let request = b
        .get("k")
        .signed()
        .header("x-amz-meta-b", "1")
        .header("x-amz-a", "2");
    let message = "There were headers present in the request which were not signed";
    let details = [("HeadersNotSigned", "x-amz-meta-b, x-amz-a")];
    request.send().error(403, "AccessDenied", message, &details);
    // Other headers need not be signed.
    b.get("k")
        .signed()
        .header("range", "bytes=0-1")
        .header("x-custom", "1")
        .send()
        .status(206)
        .is("bo");
}

const MISMATCH: &str = "The request signature we calculated does not match the signature you provided. Check your key and signing method.";

/// `41 57 53`: how the `…Bytes` children show text.
fn bytes(text: &str) -> String {
    text.bytes()
        .map(|byte| format!("{byte:02x}"))
        .collect::<Vec<_>>()
        .join(" ")
}

fn bad_signature() {
    let b = object();
    let mut signer = b.get("k").signer();
    signer.secret_key = "anothersecretanothersecretanothersecret0".into();
    let request = b.get("k").query("x=%20y").signed_by(&signer);
    let authorization = request
        .headers
        .iter()
        .find(|(name, _)| name == "authorization")
        .unwrap()
        .1
        .clone();
    let signature = authorization.rsplit('=').next().unwrap();
    let date = signer.at.iso8601_basic();
    let canonical = format!(
        "GET\n/{}/k\nx=%20y\nhost:{}\nx-amz-content-sha256:{hash}\nx-amz-date:{date}\n\nhost;x-amz-content-sha256;x-amz-date\n{hash}",
        b.name,
        endpoint().host,
        hash = sha256_hex(""),
    );
    let scope = format!("{}/{}/s3/aws4_request", &date[..8], endpoint().region);
    let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", sha256_hex(&canonical));
    let details = [
        ("AWSAccessKeyId", endpoint().access_key.as_str()),
        ("StringToSign", &to_sign),
        ("SignatureProvided", signature),
        ("StringToSignBytes", &bytes(&to_sign)),
        ("CanonicalRequest", &canonical),
        ("CanonicalRequestBytes", &bytes(&canonical)),
    ];
    request
        .send()
        .error(403, "SignatureDoesNotMatch", MISMATCH, &details);
}

fn tampering() {
    let b = object();
    b.fill(&["other"]);
    let signed = b
        .get("k")
        .query("partNumber=1")
        .header("x-amz-meta-a", "1")
        .header("content-type", "text/plain")
        .signed();
    let mut changed = Vec::new();
    for change in 0..6 {
        let mut request = signed.clone();
        match change {
            0 => request.method = "DELETE".into(),
            1 => request.path = format!("/{}/other", b.name),
            2 => request.query = Some("partNumber=2".into()),
            3 => request = request.replace("x-amz-meta-a", "2"),
            4 => request = request.replace("content-type", "text/html"),
            _ => request.host = "other.example".into(),
        }
        changed.push(request);
    }
    for request in changed {
        request.send().code(403, "SignatureDoesNotMatch");
    }
    signed.send().status(206);
}

fn unknown_key() {
    let b = object();
    let mut signer = b.get("k").signer();
    signer.access_key = "AKIANOBODYKNOWSTHIS0".into();
    let message = "The AWS Access Key Id you provided does not exist in our records.";
    let answer = b.get("k").signed_by(&signer).send();
    answer.error(
        403,
        "InvalidAccessKeyId",
        message,
        &[("AWSAccessKeyId", "AKIANOBODYKNOWSTHIS0")],
    );
}

fn skewed() {
    let b = object();
    for seconds in [-16 * 60, 16 * 60] {
        let signer = b.get("k").signer().shifted(seconds);
        let answer = b.get("k").signed_by(&signer).send();
        let request_time = signer.at.iso8601_basic();
        let details = [
            ("RequestTime", request_time.as_str()),
            ("ServerTime", "*"),
            ("MaxAllowedSkewMilliseconds", "900000"),
        ];
        let message = "The difference between the request time and the current time is too large.";
        answer.error(403, "RequestTimeTooSkewed", message, &details);
        let error = answer.code(403, "RequestTimeTooSkewed");
        let server_time = Timestamp::parse_iso8601(error.get("ServerTime")).expect("2019-11-02T15:56:35Z");
        assert!(server_time.seconds().abs_diff(now().seconds()) < 120, "{answer}");
    }
}

fn inside_the_skew() {
    let b = object();
    for seconds in [-14 * 60, 14 * 60] {
        b.get("k")
            .signed_by(&b.get("k").signer().shifted(seconds))
            .send()
            .status(200);
    }
}

/// The refusal's message must be `The authorization header is malformed; ` and this.
#[track_caller]
fn malformed(request: Request, tail: &str, details: &[(&str, &str)]) {
    let message = format!("The authorization header is malformed; {tail}");
    request
        .send()
        .error(400, "AuthorizationHeaderMalformed", &message, details);
}

fn wrong_region() {
    let b = object();
    let mut signer = b.get("k").signer();
    let region = &endpoint().region;
    for wrong in ["eu-central-2", "aws-global", "x"] {
        signer.region = wrong.into();
        let tail = format!("the region '{wrong}' is wrong; expecting '{region}'");
        malformed(b.get("k").signed_by(&signer), &tail, &[("Region", region)]);
    }
}

fn wrong_service() {
    let request = object()
        .get("k")
        .signed()
        .tamper("authorization", "/s3/", "/ec2/");
    malformed(
        request,
        "incorrect service \"ec2\". This endpoint belongs to \"s3\".",
        &[],
    );
}

fn wrong_terminal() {
    let request = object()
        .get("k")
        .signed()
        .tamper("authorization", "aws4_request", "aws5_request");
    malformed(
        request,
        "incorrect terminal \"aws5_request\". This endpoint uses \"aws4_request\".",
        &[],
    );
}

fn bad_credential_date() {
    let day = now().iso8601_basic()[..8].to_owned();
    let request = object()
        .get("k")
        .signed()
        .tamper("authorization", &format!("/{day}/"), "/2024-1-1/");
    let tail =
        "incorrect date format \"2024-1-1\". This date in the credential must be in the format \"yyyyMMdd\".";
    malformed(request, tail, &[]);
}

fn credential_date_differs() {
    let b = object();
    let signer = b.get("k").signer();
    let date = signer.at.iso8601_basic();
    let request =
        b.get("k")
            .signed_by(&signer)
            .tamper("authorization", &format!("/{}/", &date[..8]), "/20130524/");
    let tail = format!(
        "Invalid credential date \"20130524\". This date is not the same as X-Amz-Date: \"{}\".",
        &date[..8]
    );
    let other =
        format!("Invalid credential date \"20130524\". This date is not the same as X-Amz-Date: \"{date}\".");
    let answer = request.send();
    // The fact writes `"y"` and does not tell whether y is the day or the whole date.
    let message = answer
        .code(400, "AuthorizationHeaderMalformed")
        .get("Message")
        .to_owned();
    assert!(message.ends_with(&tail) || message.ends_with(&other), "{message}");
}

fn bad_credential() {
    let b = object();
    let tail =
        "the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".";
    let key = &endpoint().access_key;
    for bad in [
        "x",
        &format!("{key}/20130524"),
        &format!("{key}/20130524/r/s3/aws4_request/more"),
    ] {
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={bad}, SignedHeaders=host, Signature={}",
            "0".repeat(64)
        );
        malformed(
            b.get("k").signed().replace("authorization", &authorization),
            tail,
            &[],
        );
    }
}

fn missing_components() {
    let b = object();
    let credential = format!(
        "Credential={}/{}/{}/s3/aws4_request",
        endpoint().access_key,
        &now().iso8601_basic()[..8],
        endpoint().region
    );
    let signature = format!("Signature={}", "0".repeat(64));
    for (components, tail) in [
        (
            format!("X=1, SignedHeaders=host, {signature}"),
            "missing Credential.",
        ),
        (
            format!("{credential}, X=1, {signature}"),
            "missing SignedHeaders.",
        ),
        (
            format!("{credential}, SignedHeaders=host, X=1"),
            "missing Signature.",
        ),
        (
            credential.clone(),
            "the authorization header requires three components: Credential, SignedHeaders, and Signature.",
        ),
        (
            format!("{credential}, SignedHeaders, {signature}"),
            "the authorization component \"SignedHeaders\" is malformed.",
        ),
    ] {
        let authorization = format!("AWS4-HMAC-SHA256 {components}");
        malformed(
            b.get("k").signed().replace("authorization", &authorization),
            tail,
            &[],
        );
    }
}

fn no_space() {
    let answer = object()
        .get("k")
        .signed()
        .replace("authorization", "AWS4-HMAC-SHA256")
        .send();
    let message = "Authorization header is invalid -- one and only one ' ' (space) required.";
    let details = [
        ("ArgumentName", "Authorization"),
        ("ArgumentValue", "AWS4-HMAC-SHA256"),
    ];
    answer.error(400, "InvalidArgument", message, &details);
}

fn unknown_scheme() {
    for scheme in ["Basic dXNlcjpwYXNz", "Bearer x"] {
        let error = object()
            .get("k")
            .signed()
            .replace("authorization", scheme)
            .send()
            .code(400, "InvalidArgument");
        assert_eq!(error.get("Message"), "Unsupported Authorization Type");
    }
}

fn header_and_query() {
    let b = object();
    let request = b
        .get("k")
        .presigned(60)
        .header("authorization", "AWS4-HMAC-SHA256 Credential=x");
    let message = "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified";
    let error = request.send().code(400, "InvalidArgument");
    assert_eq!(
        (error.get("Message"), error.get("ArgumentName")),
        (message, "Authorization")
    );
}

fn anonymous() {
    let b = object();
    for request in [
        b.get("k"),
        b.put("k", "x"),
        b.delete("k"),
        b.at("GET", ""),
        b.at("DELETE", ""),
        b.post("k", "").query("uploads"),
    ] {
        request
            .anonymous()
            .send()
            .error(403, "AccessDenied", "Access Denied", &[]);
    }
    b.head("k").anonymous().send().bare(403);
    b.get("k").send().is("body");
}

/// Parse, scope, key, time, signature, payload: the earlier problem is the one told.
fn order() {
    let b = object();
    let mut signer = b.get("k").signer().shifted(-3600);
    signer.secret_key = "anothersecretanothersecretanothersecret0".into();
    let wrong_hash = b.put("k", "x").header("x-amz-content-sha256", &sha256_hex("y"));
    b.get("k")
        .signed_by(&signer)
        .send()
        .code(403, "RequestTimeTooSkewed");
    signer.access_key = "AKIANOBODYKNOWSTHIS0".into();
    b.get("k")
        .signed_by(&signer)
        .send()
        .code(403, "InvalidAccessKeyId");
    signer.region = "eu-central-2".into();
    b.get("k")
        .signed_by(&signer)
        .send()
        .code(400, "AuthorizationHeaderMalformed");
    let mut signer = b.get("k").signer();
    signer.secret_key = "anothersecretanothersecretanothersecret0".into();
    wrong_hash
        .signed_by(&signer)
        .send()
        .code(403, "SignatureDoesNotMatch");
}

fn token_of_nobody() {
    let b = object();
    let mut signer = b.get("k").signer();
    signer.token = Some("not-a-token".into());
    let message = "The provided token is malformed or otherwise invalid.";
    let answer = b.get("k").signed_by(&signer).send();
    answer.error(400, "InvalidToken", message, &[("Token-0", "not-a-token")]);
}
