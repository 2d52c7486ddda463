//! What botocore's generate_presigned_post makes is accepted, SigV4 and SigV2; with another secret, or a field
//! changed, it is not.
//!
//! post_botocore.py makes the forms.

#![allow(clippy::unwrap_used, reason = "helpers of a test")]

#[cfg(test)]
mod botocore;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use cairn_protocol::S3Error;
use cairn_protocol::auth::SigningKeys;
use cairn_protocol::headers::user_metadata;
use cairn_protocol::post::{Boundary, Fields, File, Form, Policy, PostRequest, Signature, Step, Success};
use cairn_types::{BucketName, Clock, SecretAccessKey, SystemClock};
use http::{HeaderMap, HeaderValue};

/// Each takes botocore some 30 ms: it makes a client with its own credentials.
const FORMS: usize = 100;

fn read(content_type: &str, body: Vec<u8>) -> Result<(File, Vec<u8>), S3Error> {
    let mut head = HeaderMap::new();
    head.insert("content-type", HeaderValue::from_str(content_type).unwrap());
    let mut form = Form::new(&Boundary::read(&head)?);
    let mut input = Bytes::from(body);
    let (mut file, mut data) = (None, Vec::new());
    while let Some(step) = form.next(&mut input)? {
        match step {
            Step::File(found) => file = Some(*found),
            Step::Data(bytes) => data.extend_from_slice(&bytes),
            Step::End => {}
        }
    }
    form.finish()?;
    Ok((file.unwrap(), data))
}

/// As the server judges it: the signature, then the policy, then the upload.
fn accept(fields: &Fields, length: usize, secret: &SecretAccessKey) -> Result<PostRequest, S3Error> {
    let signature = Signature::read(fields, true)?;
    assert_eq!(signature.access_key_id(), Some("AKIDBOTOCORE"));
    signature.check_scope("eu-test-1")?;
    signature.verify(secret, &SigningKeys::new(1))?;
    let policy = Policy::parse(fields.get("policy").unwrap())?;
    let bucket = BucketName::parse("bucket").unwrap();
    let judgement = policy.judge(fields, &bucket, SystemClock.now());
    if let Some(error) = judgement.refusal() {
        return Err(error);
    }
    judgement.length.check(length as u64)?;
    PostRequest::read(fields)
}

#[test]
fn what_botocore_signs_is_accepted() {
    let Some((seed, forms)) = botocore::lines("post_botocore.py", FORMS) else {
        return;
    };
    for made in forms {
        let text = |name: &str| made[name].as_str().unwrap();
        let decoded = |name: &str| STANDARD.decode(text(name)).unwrap();
        let (file, data) = read(text("content_type"), decoded("body")).unwrap();
        assert_eq!(data, decoded("file"), "seed {seed}: {made:#}");
        let secret = SecretAccessKey::parse(text("secret")).unwrap();
        let post = match accept(&file.fields, data.len(), &secret) {
            Ok(post) => post,
            Err(error) => panic!("seed {seed}: {error:#?}\n{made:#}"),
        };
        assert_eq!(post.key.as_str(), text("key"), "seed {seed}");
        let created = made["created"].as_bool().unwrap();
        assert_eq!(post.success == Success::Created, created);
        let metadata = user_metadata(&post.headers).unwrap();
        let expected = made["meta"].as_object().unwrap();
        assert_eq!(metadata.len(), expected.len());
        for (name, value) in expected {
            assert_eq!(metadata[name], value.as_str().unwrap().trim(), "seed {seed}");
        }
        let signature = Signature::read(&file.fields, true).unwrap();
        assert_eq!(signature.session_token(), made["token"].as_str());
        assert_eq!(
            matches!(signature, Signature::V4 { .. }),
            text("version") == "s3v4"
        );

        let other = SecretAccessKey::parse("another-secret-key").unwrap();
        let refused = accept(&file.fields, data.len(), &other).unwrap_err();
        assert_eq!(refused.code(), "SignatureDoesNotMatch");
        let mut extra = file.fields.clone();
        extra.add("x-amz-storage-class", "STANDARD").unwrap();
        let refused = accept(&extra, data.len(), &secret).unwrap_err();
        assert_eq!(
            refused.message(),
            "Invalid according to Policy: Extra input fields: x-amz-storage-class"
        );
    }
}
