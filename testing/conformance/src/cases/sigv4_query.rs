//! Presigned requests, Signature Version 4 (facts/04 §2).

use crate::kit::{Bucket, Request, bucket, cases, encoded, endpoint};

cases! {
    "04 §2 presigned requests": every_method, odd_keys, virtual_hosted;
    "04 §2 any of the six missing": missing_parameter;
    "04 §2 credential malformed": bad_credential, double_encoded_credential;
    "04 §2 wrong region, service, terminal, date": wrong_scope;
    "04 §2 algorithm unknown": algorithm;
    "04 §2 date bad": bad_date;
    "04 §2 expires": not_a_number, negative, too_long, a_whole_week;
    "04 §2 expired": expired, at_once;
    "04 §2 not yet valid": future;
    "04 §2 unsigned x-amz-* header sent with it": headers_not_signed, content_sha256_need_not_be_signed;
    "04 §2 tampering": tampered, signed_content_type;
    "04 §2 same name in query and as header": header_beside_its_parameter;
    "04 §2 session token": token_of_nobody;
    "04 §2 parameter names are case-sensitive": lower_case_names;
}

const MISSING: &str = "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.";

fn object() -> Bucket {
    let b = bucket();
    b.store("k", "body");
    b
}

#[track_caller]
fn fails(request: Request, message: &str, details: &[(&str, &str)]) {
    request
        .send()
        .error(400, "AuthorizationQueryParametersError", message, details);
}

fn every_method() {
    let b = bucket();
    b.put("k", "body").presigned(60).send().status(200);
    b.get("k").presigned(60).send().status(200).is("body");
    b.head("k").presigned(60).send().status(200);
    b.at("GET", "list-type=2&prefix=k")
        .presigned(60)
        .send()
        .document("ListBucketResult");
    b.delete("k").presigned(60).send().status(204);
    b.get("k").send().code(404, "NoSuchKey");
}

fn odd_keys() {
    let b = bucket();
    for key in ["a b+c", "ü/😀", "per%cent", "a=b&c", "~x"] {
        b.put(key, key).presigned(60).send().status(200);
        b.get(key).presigned(60).send().status(200).is(key);
    }
}

fn virtual_hosted() {
    let b = object();
    let host = endpoint().named(&format!("{}.s3.{}", b.name, endpoint().region));
    Request::get("/k")
        .host(&host)
        .presigned(60)
        .send()
        .status(200)
        .is("body");
}

fn missing_parameter() {
    let b = object();
    for name in [
        "X-Amz-Credential",
        "X-Amz-Date",
        "X-Amz-Expires",
        "X-Amz-SignedHeaders",
        "X-Amz-Signature",
    ] {
        let mut request = b.get("k").presigned(60);
        let query = request.query.take().unwrap();
        let kept: Vec<&str> = query
            .split('&')
            .filter(|pair| !pair.starts_with(&format!("{name}=")))
            .collect();
        request.query = Some(kept.join("&"));
        fails(request, MISSING, &[]);
    }
}

const CREDENTIAL: &str = "Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".";

fn bad_credential() {
    let b = object();
    fails(
        b.get("k").presigned(60).tamper_query("%2Faws4_request", ""),
        CREDENTIAL,
        &[],
    );
    fails(
        b.get("k").presigned(60).tamper_query("%2Fs3%2Faws4_request", ""),
        CREDENTIAL,
        &[],
    );
}

fn double_encoded_credential() {
    let b = object();
    let mut request = b.get("k").presigned(60);
    request.query = request.query.map(|query| query.replace("%2F", "%252F"));
    fails(request, CREDENTIAL, &[]);
}

fn wrong_scope() {
    let b = object();
    let region = &endpoint().region;
    let mut signer = b.get("k").signer();
    signer.region = "eu-central-2".into();
    let message = format!(
        "Error parsing the X-Amz-Credential parameter; the region 'eu-central-2' is wrong; expecting '{region}'"
    );
    fails(
        b.get("k").presigned_by(&signer, 60),
        &message,
        &[("Region", region)],
    );
    let service = b.get("k").presigned(60).tamper_query("%2Fs3%2F", "%2Fec2%2F");
    fails(
        service,
        "Error parsing the X-Amz-Credential parameter; incorrect service \"ec2\". This endpoint belongs to \"s3\".",
        &[],
    );
    let terminal = b
        .get("k")
        .presigned(60)
        .tamper_query("aws4_request", "aws5_request");
    fails(
        terminal,
        "Error parsing the X-Amz-Credential parameter; incorrect terminal \"aws5_request\". This endpoint uses \"aws4_request\".",
        &[],
    );
    let day = crate::kit::now().iso8601_basic()[..8].to_owned();
    let date = b
        .get("k")
        .presigned(60)
        .tamper_query(&format!("%2F{day}%2F"), "%2Ftoday%2F");
    fails(
        date,
        "Error parsing the X-Amz-Credential parameter; incorrect date format \"today\". This date in the credential must be in the format \"yyyyMMdd\".",
        &[],
    );
}

fn algorithm() {
    let b = object();
    let request = b
        .get("k")
        .presigned(60)
        .tamper_query("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1");
    fails(
        request,
        "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256\"",
        &[],
    );
}

fn bad_date() {
    let b = object();
    let request = b
        .get("k")
        .presigned(60)
        .tamper_query("X-Amz-Date=2", "X-Amz-Date=x");
    fails(
        request,
        "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"",
        &[],
    );
}

fn not_a_number() {
    for bad in ["x", "", "1.5"] {
        let b = object();
        let request = b
            .get("k")
            .presigned(60)
            .tamper_query("Expires=60", &format!("Expires={bad}"));
        fails(request, "X-Amz-Expires should be a number", &[]);
    }
}

fn negative() {
    let b = object();
    let request = b.get("k").presigned(60).tamper_query("Expires=60", "Expires=-1");
    fails(request, "X-Amz-Expires must be non-negative", &[]);
}

fn too_long() {
    let message = "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds";
    fails(object().get("k").presigned(604_801), message, &[]);
}

fn a_whole_week() {
    object().get("k").presigned(604_800).send().status(200);
}

fn expired() {
    let b = object();
    let signer = b.get("k").signer().shifted(-120);
    let expires = cairn_types::Timestamp::from_seconds(signer.at.seconds() + 60).iso8601();
    let details = [
        ("X-Amz-Expires", "60"),
        ("Expires", expires.as_str()),
        ("ServerTime", "*"),
    ];
    let answer = b.get("k").presigned_by(&signer, 60).send();
    answer.error(403, "AccessDenied", "Request has expired", &details);
    // Signed an hour ago and still good: the skew limit is not for presigned requests.
    b.get("k")
        .presigned_by(&b.get("k").signer().shifted(-3600), 7200)
        .send()
        .status(200);
}

fn at_once() {
    let b = object();
    let signer = b.get("k").signer().shifted(-2);
    b.get("k")
        .presigned_by(&signer, 0)
        .send()
        .code(403, "AccessDenied");
}

fn future() {
    let b = object();
    let signer = b.get("k").signer().shifted(16 * 60);
    let error = b
        .get("k")
        .presigned_by(&signer, 60)
        .send()
        .code(403, "AccessDenied");
    // The fact leaves two wordings open.
    assert!(
        ["Request is not yet valid", "Request is not valid yet"].contains(&error.get("Message")),
        "{error:?}"
    );
}

fn headers_not_signed() {
    let message = "There were headers present in the request which were not signed";
    let b = object();
    let request = b
        .get("k")
        .presigned(60)
        .header("x-amz-date", "20130524T000000Z")
        .header("x-amz-decoded-content-length", "1");
    let details = [("HeadersNotSigned", "x-amz-date, x-amz-decoded-content-length")];
    request.send().error(403, "AccessDenied", message, &details);
}

fn content_sha256_need_not_be_signed() {
    let b = object();
    let request = b
        .get("k")
        .presigned(60)
        .header("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
    request.send().status(200);
}

fn tampered() {
    let b = object();
    b.fill(&["other"]);
    let path = format!("/{}/{}", b.name, encoded("other"));
    let mut request = b.get("k").presigned(60);
    request.path = path;
    request.send().code(403, "SignatureDoesNotMatch");
    b.get("k")
        .presigned(60)
        .tamper_query("Expires=60", "Expires=61")
        .send()
        .code(403, "SignatureDoesNotMatch");
    b.get("k")
        .presigned(60)
        .query("partNumber=1")
        .send()
        .code(403, "SignatureDoesNotMatch");
    let mut request = b.get("k").presigned(60);
    request.method = "DELETE".into();
    request.send().code(403, "SignatureDoesNotMatch");
    b.get("k").send().status(200);
}

fn signed_content_type() {
    let b = bucket();
    let presigned = b.put("k", "x").header("content-type", "text/plain").presigned(60);
    presigned
        .clone()
        .replace("content-type", "text/html")
        .send()
        .code(403, "SignatureDoesNotMatch");
    presigned.send().status(200);
}

fn lower_case_names() {
    let b = object();
    let request = b
        .get("k")
        .presigned(60)
        .tamper_query("X-Amz-Expires", "x-amz-expires");
    fails(request, MISSING, &[]);
}

fn header_beside_its_parameter() {
    let b = object();
    let message = "There were headers present in the request which were not signed";
    let answer = b.get("k").presigned(60).header("x-amz-expires", "60").send();
    answer.error(
        403,
        "AccessDenied",
        message,
        &[("HeadersNotSigned", "x-amz-expires")],
    );
    // A signed parameter of S3's own stands for the header.
    let presigned = b.put("m", "x").query("x-amz-meta-a=1").presigned(60);
    presigned.clone().send().status(200);
    let header = presigned.header("x-amz-meta-a", "2").send();
    assert_eq!(header.status, 403, "{header}");
}

fn token_of_nobody() {
    let b = object();
    let mut signer = b.get("k").signer();
    signer.token = Some("not-a-token".into());
    let message = "The provided token is malformed or otherwise invalid.";
    let answer = b.get("k").presigned_by(&signer, 60).send();
    answer.error(400, "InvalidToken", message, &[("Token-0", "not-a-token")]);
}
