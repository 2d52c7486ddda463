//! Signature Version 2, header and query (facts/04 §4; facts/01 §2).

use cairn_types::Timestamp;

use crate::kit::{Answer, Bucket, Request, Server, bucket, cases, encoded, endpoint, now};

cases! {
    "04 §4 header": header, sub_resources, virtual_hosted, x_amz_date;
    "04 §4 query": query, response_overrides;
    "04 §4 missing one query parameter": missing_parameter;
    "04 §4 expired": expired;
    "04 §4 mismatch body": mismatch, extra_header;
    "04 §4 unknown key, skew": unknown_key, skewed;
    "01 §2 SigV2 where only V4 is known": switched_off;
}

fn object() -> Bucket {
    let b = bucket();
    b.store("k", "body");
    b
}

fn header() {
    let b = bucket();
    let request = b
        .put("ü k", "body")
        .md5()
        .header("content-type", "text/plain")
        .header("x-amz-meta-b", " 2 ")
        .header("x-amz-meta-a", "1");
    request.signed_v2().send().status(200);
    b.get("ü k")
        .signed_v2()
        .send()
        .status(200)
        .is("body")
        .has("x-amz-meta-a", "1");
    b.delete("ü k").signed_v2().send().status(204);
    b.at("GET", "prefix=x&max-keys=1").signed_v2().send().status(200);
}

fn sub_resources() {
    let b = object();
    b.at("GET", "versioning").signed_v2().send().status(200);
    b.at("GET", "versions&prefix=k")
        .signed_v2()
        .send()
        .document("ListVersionsResult");
    let upload = b
        .post("m", "")
        .query("uploads")
        .signed_v2()
        .send()
        .document("InitiateMultipartUploadResult");
    let query = format!("partNumber=1&uploadId={}", upload.get("UploadId"));
    b.put("m", "x").query(&query).signed_v2().send().status(200);
}

fn virtual_hosted() {
    let b = object();
    let host = endpoint().named(&format!("{}.s3.{}", b.name, endpoint().region));
    let request = Request::get("/k").host(&host);
    let signer = request.signer();
    request
        .signed_v2_by(&signer, Some(&b.name))
        .send()
        .status(200)
        .is("body");
}

fn x_amz_date() {
    let b = object();
    let date = now().http_date();
    b.get("k")
        .header("x-amz-date", &date)
        .signed_v2()
        .send()
        .status(200);
}

/// Presigned for a minute from now on.
fn presigned(request: Request) -> Request {
    let signer = request.signer().shifted(60);
    request.presigned_v2_by(&signer, None)
}

fn query() {
    let b = object();
    presigned(b.get("k")).send().status(200).is("body");
    presigned(b.put("a b+c", "x")).send().status(200);
    presigned(b.get("a b+c")).send().status(200).is("x");
}

fn response_overrides() {
    let b = object();
    let disposition = encoded("attachment; filename=\"a b\"").replace('/', "%2F");
    let request = b
        .get("k")
        .query(&format!("response-content-disposition={disposition}"));
    presigned(request)
        .send()
        .status(200)
        .has("content-disposition", "attachment; filename=\"a b\"");
}

fn missing_parameter() {
    let b = object();
    for name in ["AWSAccessKeyId", "Expires"] {
        let mut request = presigned(b.get("k"));
        let query = request.query.take().unwrap();
        let kept: Vec<&str> = query
            .split('&')
            .filter(|pair| !pair.starts_with(&format!("{name}=")))
            .collect();
        request.query = Some(kept.join("&"));
        let message =
            "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters";
        request.send().error(403, "AccessDenied", message, &[]);
    }
}

fn expired() {
    let b = object();
    let signer = b.get("k").signer().shifted(-60);
    let expires = Timestamp::from_seconds(signer.at.seconds()).iso8601();
    let details = [("Expires", expires.as_str()), ("ServerTime", "*")];
    let answer = b.get("k").presigned_v2_by(&signer, None).send();
    answer.error(403, "AccessDenied", "Request has expired", &details);
}

const MISMATCH: &str = "The request signature we calculated does not match the signature you provided. Check your key and signing method.";

#[track_caller]
fn does_not_match(answer: &Answer) {
    let details = [
        ("AWSAccessKeyId", endpoint().access_key.as_str()),
        ("StringToSign", "*"),
        ("SignatureProvided", "*"),
        ("StringToSignBytes", "*"),
    ];
    answer.error(403, "SignatureDoesNotMatch", MISMATCH, &details);
}

fn mismatch() {
    let b = object();
    let mut signer = b.get("k").signer();
    signer.secret_key = "anothersecretanothersecretanothersecret0".into();
    let answer = b.get("k").signed_v2_by(&signer, None).send();
    does_not_match(&answer);
    let to_sign = format!("GET\n\n\n{}\n/{}/k", signer.at.http_date(), b.name);
    assert_eq!(
        answer.code(403, "SignatureDoesNotMatch").get("StringToSign"),
        to_sign
    );
    does_not_match(&presigned(b.get("k")).query("versioning").send());
}

fn extra_header() {
    let b = object();
    does_not_match(&b.get("k").signed_v2().header("x-amz-meta-a", "1").send());
}

fn unknown_key() {
    let b = object();
    let mut signer = b.get("k").signer();
    signer.access_key = "AKIANOBODYKNOWSTHIS0".into();
    b.get("k")
        .signed_v2_by(&signer, None)
        .send()
        .code(403, "InvalidAccessKeyId");
}

fn skewed() {
    let b = object();
    let signer = b.get("k").signer().shifted(-16 * 60);
    let error = b
        .get("k")
        .signed_v2_by(&signer, None)
        .send()
        .code(403, "RequestTimeTooSkewed");
    assert_eq!(error.get("RequestTime"), signer.at.http_date());
}

fn switched_off() {
    let Some(server) = Server::start("us-east-1", &["--signature-v2", "off"]) else {
        return;
    };
    let b = Bucket::on(&server.endpoint);
    let message =
        "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.";
    b.get("k")
        .signed_v2()
        .send()
        .error(400, "InvalidRequest", message, &[]);
    presigned(b.get("k"))
        .send()
        .error(400, "InvalidRequest", message, &[]);
    b.get("k").send().code(404, "NoSuchKey");
}
