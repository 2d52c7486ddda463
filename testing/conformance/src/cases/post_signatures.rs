//! POST Object: the refusals of facts/04 §5 that are about who signed the form. Whatever refuses, nothing was
//! stored.

use super::post_refusals::{denied, misses, nothing_stored, refused};
use crate::kit::{Bucket, Form, Server, Signer, base64, bucket, cases, endpoint, json};

cases! {
    "04 §5 partial auth fields": partial_v4, partial_v2;
    "04 §5 no auth fields at all": anonymous, anonymous_with_a_policy;
    "04 §5 tampered policy": tampered, tampered_v2, signature_before_policy, wrong_secret, unknown_key;
    "04 §5 credential faults": credential_faults, wrong_algorithm, wrong_date;
    "01 §2 SigV2 where only V4 is known": v2_switched_off;
}

fn partial_v4() {
    let b = bucket();
    let form = Form::new(&b, "k", "x").signed();
    misses(&b, form.clone().without("x-amz-signature"), "X-Amz-Signature");
    misses(&b, form.clone().without("x-amz-algorithm"), "X-Amz-Algorithm");
    misses(&b, form.clone().without("x-amz-credential"), "X-Amz-Credential");
    misses(&b, form.clone().without("x-amz-date"), "X-Amz-Date");
    misses(&b, form.without("policy"), "policy");
}

fn partial_v2() {
    let b = bucket();
    let form = Form::new(&b, "k", "x").signed_v2();
    misses(&b, form.clone().without("signature"), "Signature");
    misses(&b, form.clone().without("AWSAccessKeyId"), "AWSAccessKeyId");
    misses(&b, form.without("policy"), "policy");
}

fn anonymous() {
    let b = bucket();
    denied(&b, Form::new(&b, "k", "x").unsigned(), "Access Denied");
    // A signature in the head signs no form, and is not looked at [B].
    let unsigned = Form::new(&b, "k", "x").unsigned().request();
    unsigned
        .signed()
        .send()
        .error(403, "AccessDenied", "Access Denied", &[]);
    nothing_stored(&b);
}

fn anonymous_with_a_policy() {
    let b = bucket();
    let form = |form: Form| {
        form.signed()
            .without("x-amz-algorithm")
            .without("x-amz-credential")
            .without("x-amz-date")
            .without("x-amz-signature")
    };
    let policy = format!(
        "{{\"expiration\": \"2044-01-01T00:00:00Z\", \"conditions\": [{{\"bucket\": {}}}, [\"starts-with\", \"$key\", \"\"]]}}",
        json(&b.name)
    );
    denied(
        &b,
        form(Form::new(&b, "k", "x").document(&policy)),
        "Access Denied",
    );
}

const MISMATCH: &str = "The request signature we calculated does not match the signature you provided. Check your key and signing method.";

#[track_caller]
fn does_not_match(b: &Bucket, form: Form) {
    let bytes: Vec<String> = form
        .value("policy")
        .bytes()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let details = [
        ("AWSAccessKeyId", endpoint().access_key.as_str()),
        ("StringToSign", &form.value("policy")),
        ("SignatureProvided", "*"),
        ("StringToSignBytes", &bytes.join(" ")),
    ];
    refused(b, form, 403, "SignatureDoesNotMatch", MISMATCH, &details);
}

fn tampered() {
    let b = bucket();
    let form = Form::new(&b, "k", "x").signed();
    let wider = Form::new(&b, "k", "x").good_for(6000).signed().value("policy");
    does_not_match(&b, form.clone().replace("policy", &wider));
    does_not_match(&b, form.clone().replace("x-amz-signature", &"0".repeat(64)));
    does_not_match(&b, form.replace("x-amz-signature", ""));
}

fn tampered_v2() {
    let b = bucket();
    let form = Form::new(&b, "k", "x").signed_v2();
    let wider = Form::new(&b, "k", "x").good_for(6000).signed_v2().value("policy");
    does_not_match(&b, form.clone().replace("policy", &wider));
    does_not_match(&b, form.replace("signature", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="));
}

/// "signature is checked before policy content"
fn signature_before_policy() {
    let b = bucket();
    let form = Form::new(&b, "k", "x").signed();
    for policy in [base64("{"), "!not base64!".to_owned()] {
        does_not_match(&b, form.clone().replace("policy", &policy));
    }
    does_not_match(
        &b,
        Form::new(&b, "k", "x")
            .good_for(-5)
            .signed()
            .replace("x-amz-signature", "0"),
    );
}

fn wrong_secret() {
    let b = bucket();
    let signer = Signer {
        secret_key: "anothersecretanothersecretanothersecret0".into(),
        ..Signer::of(endpoint())
    };
    does_not_match(&b, Form::new(&b, "k", "x").signed_by(&signer));
}

fn unknown_key() {
    let b = bucket();
    let signer = Signer {
        access_key: "AKIANOBODYKNOWSTHIS0".into(),
        ..Signer::of(endpoint())
    };
    let message = "The AWS Access Key Id you provided does not exist in our records.";
    let details = [("AWSAccessKeyId", "AKIANOBODYKNOWSTHIS0")];
    let form = Form::new(&b, "k", "x").signed_by(&signer);
    refused(&b, form, 403, "InvalidAccessKeyId", message, &details);
    let form = Form::new(&b, "k", "x")
        .signed_v2()
        .replace("AWSAccessKeyId", "AKIANOBODYKNOWSTHIS0");
    refused(&b, form, 403, "InvalidAccessKeyId", message, &details);
}

/// The tails of facts/04 §1, about `x-amz-credential`.
fn credential_faults() {
    let b = bucket();
    let (region, id) = (&endpoint().region, &endpoint().access_key);
    let form = Form::new(&b, "k", "x").signed();
    let day = form.value("x-amz-date")[..8].to_owned();
    let cases = [
        (
            id.clone(),
            "the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".".to_owned(),
        ),
        (
            format!("{id}/{day}/eu-central-2/s3/aws4_request"),
            format!("the region 'eu-central-2' is wrong; expecting '{region}'"),
        ),
        (
            format!("{id}/{day}/{region}/ec2/aws4_request"),
            "incorrect service \"ec2\". This endpoint belongs to \"s3\".".to_owned(),
        ),
        (
            format!("{id}/{day}/{region}/s3/aws5_request"),
            "incorrect terminal \"aws5_request\". This endpoint uses \"aws4_request\".".to_owned(),
        ),
        (
            format!("{id}/today/{region}/s3/aws4_request"),
            "incorrect date format \"today\". This date in the credential must be in the format \"yyyyMMdd\"."
                .to_owned(),
        ),
        (
            format!("{id}/20130524/{region}/s3/aws4_request"),
            format!("Invalid credential date \"20130524\". This date is not the same as X-Amz-Date: \"{day}\"."),
        ),
    ];
    for (credential, message) in cases {
        let form = form.clone().replace("x-amz-credential", &credential);
        let answer = form.send();
        let error = answer.code(400, "InvalidArgument");
        assert_eq!(error.get("Message"), message);
        assert_eq!(error.get("ArgumentName"), "x-amz-credential");
    }
    nothing_stored(&b);
}

fn wrong_algorithm() {
    let b = bucket();
    let form = Form::new(&b, "k", "x")
        .signed()
        .replace("x-amz-algorithm", "AWS4-HMAC-SHA1");
    let details = [
        ("ArgumentName", "X-Amz-Algorithm"),
        ("ArgumentValue", "AWS4-HMAC-SHA1"),
    ];
    refused(
        &b,
        form,
        400,
        "InvalidArgument",
        "Only AWS4-HMAC-SHA256 is supported",
        &details,
    );
}

fn wrong_date() {
    let b = bucket();
    let message = "X-Amz-Date must be formated via ISO8601 Long format";
    let form = Form::new(&b, "k", "x")
        .signed()
        .replace("x-amz-date", "2024-01-01");
    let details = [("ArgumentName", "X-Amz-Date"), ("ArgumentValue", "2024-01-01")];
    refused(&b, form, 400, "InvalidArgument", message, &details);
}

fn v2_switched_off() {
    let Some(server) = Server::start("us-east-1", &["--signature-v2", "off"]) else {
        return;
    };
    let b = Bucket::on(&server.endpoint);
    let message =
        "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.";
    refused(
        &b,
        Form::new(&b, "k", "x").signed_v2(),
        400,
        "InvalidRequest",
        message,
        &[],
    );
    Form::new(&b, "k", "x").send().bare(204);
}
