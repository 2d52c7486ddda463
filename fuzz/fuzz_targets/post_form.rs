//! A form, whole and in pieces: the same steps, whatever the pieces; its fields judged by its own policy, read as
//! an upload, and never more memory than the limits say. The first byte is the size of the pieces.
#![no_main]

use bytes::Bytes;
use cairn_protocol::S3Error;
use cairn_protocol::auth::SigningKeys;
use cairn_protocol::post::{Boundary, FIELDS_BYTES_MAX, File, Form, Policy, PostRequest, Signature, Step};
use cairn_types::{BucketName, ETag, SecretAccessKey, Timestamp};
use libfuzzer_sys::fuzz_target;

type Read = Result<(Option<File>, Vec<u8>), S3Error>;

fn read(body: &[u8], piece: usize) -> Read {
    let mut form = Form::new(&Boundary::new("b").expect("a boundary"));
    let (mut file, mut data) = (None, Vec::new());
    for piece in body.chunks(piece) {
        let mut input = Bytes::copy_from_slice(piece);
        while let Some(step) = form.next(&mut input)? {
            match step {
                Step::File(found) => assert!(file.replace(*found).is_none(), "two files"),
                Step::Data(bytes) => {
                    assert!(file.is_some() && !bytes.is_empty());
                    data.extend_from_slice(&bytes);
                }
                Step::End => {}
            }
        }
        assert!(input.is_empty());
    }
    form.finish()?;
    Ok((file, data))
}

fuzz_target!(|data: &[u8]| {
    let Some((piece, body)) = data.split_first() else {
        return;
    };
    let whole = read(body, body.len().max(1));
    assert_eq!(whole, read(body, usize::from(*piece).max(1)));
    let Ok((Some(File { fields, .. }), _)) = whole else {
        return;
    };
    let bytes: usize = fields.iter().map(|(_, value)| value.len()).sum();
    assert!(bytes <= FIELDS_BYTES_MAX);
    let (Ok(bucket), Ok(secret)) = (
        BucketName::parse("bucket"),
        SecretAccessKey::parse("a-secret-of-no-one"),
    ) else {
        return;
    };
    if let Ok(signature) = Signature::read(&fields, true) {
        let _ = signature.check_scope("us-east-1");
        let proven = signature.verify(&secret, &SigningKeys::new(1)).is_ok();
        assert!(
            !proven || signature.access_key_id().is_none(),
            "a signature was guessed"
        );
    }
    if let Some(Ok(policy)) = Policy::read(&fields).transpose() {
        let judgement = policy.judge(&fields, &bucket, Timestamp::from_seconds(1_700_000_000));
        let allowed = !judgement.expired
            && judgement.extra.is_empty()
            && judgement.conditions.iter().all(|judged| judged.because.holds());
        assert_eq!(judgement.refusal().is_none(), allowed);
        let _ = judgement.to_string();
    }
    if let Ok(post) = PostRequest::read(&fields) {
        let answer = post.answer("http://bucket.s3.localhost", &bucket, &ETag::plain([0; 16]));
        assert!(http::HeaderValue::from_str(&answer.location).is_ok());
    }
});
