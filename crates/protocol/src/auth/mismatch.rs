//! `SignatureDoesNotMatch`, with all it tells the client (facts/04 §1).

use crate::S3Error;

/// `canonical_request` is there for the signatures that have one: SigV4's of a request's head.
pub(crate) fn signature_does_not_match(
    access_key_id: &str,
    string_to_sign: &[u8],
    provided: &[u8],
    canonical_request: Option<&[u8]>,
) -> S3Error {
    S3Error::SignatureDoesNotMatch {
        access_key_id: access_key_id.into(),
        string_to_sign: text(string_to_sign),
        signature_provided: text(provided),
        string_to_sign_bytes: spaced_hex(string_to_sign),
        canonical_request: canonical_request.map(text),
        canonical_request_bytes: canonical_request.map(spaced_hex),
    }
}

fn text(bytes: &[u8]) -> Box<str> {
    String::from_utf8_lossy(bytes).into()
}

/// `41 57 53`
fn spaced_hex(bytes: &[u8]) -> Box<str> {
    let pairs: Vec<String> = bytes.iter().map(|byte| hex::encode([*byte])).collect();
    pairs.join(" ").into()
}
