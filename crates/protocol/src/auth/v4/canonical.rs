//! The canonical request and the string to sign (facts/04 §1): used to verify and to sign.

use sha2::{Digest, Sha256};

use super::ALGORITHM;
use crate::auth::head::RequestHead;
use crate::auth::key::hex_digits;

/// What a canonical request is made of. `path` and `query` are in the form to be signed.
pub(in crate::auth) struct Canonical<'a> {
    pub(in crate::auth) head: &'a RequestHead<'a>,
    pub(in crate::auth) path: &'a str,
    pub(in crate::auth) query: &'a str,
    pub(in crate::auth) signed_headers: &'a str,
    pub(in crate::auth) payload: &'a str,
}

/// Bytes, because header values may be any.
pub(in crate::auth) fn canonical_request(parts: &Canonical<'_>) -> Vec<u8> {
    let text = parts.path.len() + parts.query.len() + 2 * parts.signed_headers.len() + parts.payload.len();
    let mut out = Vec::with_capacity(text + 512);
    out.extend_from_slice(parts.head.method.as_str().as_bytes());
    out.push(b'\n');
    let path = if parts.path.is_empty() { "/" } else { parts.path };
    out.extend_from_slice(path.as_bytes());
    out.push(b'\n');
    out.extend_from_slice(parts.query.as_bytes());
    out.push(b'\n');
    for name in parts.signed_headers.split(';') {
        out.extend_from_slice(name.as_bytes());
        out.push(b':');
        if name == "host" {
            push_trimmed(&mut out, parts.head.host.as_bytes());
        } else {
            // A listed header that is not there counts as empty, and fails with that in the error's text.
            for (at, value) in parts.head.headers.get_all(name).iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                push_trimmed(&mut out, value.as_bytes());
            }
        }
        out.push(b'\n');
    }
    out.push(b'\n');
    out.extend_from_slice(parts.signed_headers.as_bytes());
    out.push(b'\n');
    out.extend_from_slice(parts.payload.as_bytes());
    out
}

/// A value without the space around it, runs of space inside as one. Tabs count as space, as in Amazon's SDKs
/// for Java and Python.
fn push_trimmed(out: &mut Vec<u8>, value: &[u8]) {
    let words = value
        .split(|b| matches!(b, b' ' | b'\t'))
        .filter(|word| !word.is_empty());
    for (at, word) in words.enumerate() {
        if at > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(word);
    }
}

/// `date` is `YYYYMMDDTHHMMSSZ`, `scope` goes without the access key id.
pub(in crate::auth) fn string_to_sign(date: &str, scope: &str, canonical_request: &[u8]) -> String {
    let digest = hex_digits(&Sha256::digest(canonical_request).into());
    let mut out = String::with_capacity(ALGORITHM.len() + date.len() + scope.len() + 67);
    for line in [ALGORITHM, date, scope] {
        out.push_str(line);
        out.push('\n');
    }
    out.extend(digest.iter().map(|b| char::from(*b)));
    out
}
