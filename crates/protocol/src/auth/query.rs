//! The query as signatures see it: raw pairs, their canonical form, and the parameters of presigned requests.
//!
//! `+` in a query is a space here as it is in the rest of the server: a signature that covers one reading
//! must not be valid for another.

use std::borrow::Cow;

use http::{HeaderMap, HeaderValue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, percent_encode};

use super::head::RequestHead;

/// Everything but `A-Z a-z 0-9 - . _ ~` (facts/04 §1).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
/// The same for paths, where `/` stays.
const RESERVED_IN_PATH: &AsciiSet = &RESERVED.remove(b'/');

/// The pairs of a query as sent; a parameter without `=` has an empty value.
pub(super) fn pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

/// A name or value decoded: `%XX` once, `+` to space.
pub(super) fn decode(text: &str) -> Cow<'_, [u8]> {
    if text.contains('+') {
        let spaced = text.replace('+', " ");
        Cow::Owned(percent_decode(spaced.as_bytes()).collect())
    } else {
        Cow::from(percent_decode(text.as_bytes()))
    }
}

/// A name or value decoded to text; bytes that are not UTF-8 are replaced.
pub(super) fn decode_text(text: &str) -> Cow<'_, str> {
    match decode(text) {
        Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
    }
}

/// Bytes in the encoding of the canonical query.
pub(super) fn encode(bytes: &[u8]) -> String {
    percent_encode(bytes, RESERVED).to_string()
}

/// A path decoded and encoded again as S3 does it; `None` if that is what was sent.
pub(super) fn reencode_path(path: &str) -> Option<String> {
    let decoded: Vec<u8> = percent_decode(path.as_bytes()).collect();
    let encoded = percent_encode(&decoded, RESERVED_IN_PATH).to_string();
    (encoded != path).then_some(encoded)
}

/// A name or value in canonical encoding, borrowed where it is so already.
fn canonical(text: Cow<'_, str>) -> Cow<'_, str> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
    if text.bytes().all(plain) {
        text
    } else {
        Cow::Owned(encode(&decode(&text)))
    }
}

/// How the canonical query is made from the one sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Decoded and encoded again: S3's rule.
    Encoded,
    /// The text as sent, only sorted: what botocore signs. Sure, because it covers the very bytes.
    AsSent,
}

/// The pairs that are signed: all as sent, but for `X-Amz-Signature` of a presigned request.
///
/// In a presigned request a parameter that is also there as an `x-amz-*` header has the header's value
/// (facts/04 §2), so that the two cannot say different things.
pub(super) fn signed_pairs<'a>(
    head: &RequestHead<'a>,
    presigned: bool,
) -> impl Iterator<Item = (&'a str, Cow<'a, str>)> {
    let headers = head.headers;
    pairs(head.query)
        .filter(move |(name, _)| !presigned || decode(name).as_ref() != b"X-Amz-Signature")
        .map(move |(name, value)| {
            let header = presigned.then(|| header_of(headers, name)).flatten();
            let value = match header {
                Some(header) if decode(value) != header => Cow::Owned(encode(header)),
                _ => Cow::Borrowed(value),
            };
            (name, value)
        })
}

/// The canonical query: the pairs that are signed, sorted by name, then value.
pub(super) fn canonicalise(head: &RequestHead<'_>, presigned: bool, form: Form) -> String {
    if head.query.is_empty() {
        return String::new();
    }
    let mut parameters: Vec<(Cow<'_, str>, Cow<'_, str>)> = signed_pairs(head, presigned)
        .map(|(name, value)| match form {
            Form::Encoded => (canonical(Cow::Borrowed(name)), canonical(value)),
            Form::AsSent => (Cow::Borrowed(name), value),
        })
        .collect();
    parameters.sort_unstable();
    let mut out = String::with_capacity(head.query.len() + 16);
    for (name, value) in parameters {
        if !out.is_empty() {
            out.push('&');
        }
        out.push_str(&name);
        out.push('=');
        out.push_str(&value);
    }
    out
}

fn header_of<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a [u8]> {
    let name = decode_text(name);
    let amazon = name.get(..6)?.eq_ignore_ascii_case("x-amz-");
    if !amazon {
        return None;
    }
    headers.get(&*name).map(HeaderValue::as_bytes)
}

/// The parameters of SigV4 in the query. Of a repeated one the first counts; the signature covers all.
#[derive(Debug, Default)]
pub(super) struct ParametersV4<'a> {
    pub(super) algorithm: Option<Cow<'a, str>>,
    pub(super) credential: Option<Cow<'a, str>>,
    pub(super) date: Option<Cow<'a, str>>,
    pub(super) expires: Option<Cow<'a, str>>,
    pub(super) signed_headers: Option<Cow<'a, str>>,
    pub(super) signature: Option<Cow<'a, str>>,
    pub(super) security_token: Option<Cow<'a, str>>,
    pub(super) content_sha256: Option<Cow<'a, str>>,
}

/// The parameters of SigV2 in the query.
#[derive(Debug, Default)]
pub(super) struct ParametersV2<'a> {
    pub(super) access_key_id: Option<Cow<'a, str>>,
    pub(super) expires: Option<Cow<'a, str>>,
    pub(super) signature: Option<Cow<'a, str>>,
    pub(super) security_token: Option<Cow<'a, str>>,
}

/// A query that makes a request a presigned one.
#[derive(Debug)]
pub(super) enum Presigned<'a> {
    V4(ParametersV4<'a>),
    V2(ParametersV2<'a>),
}

impl<'a> Presigned<'a> {
    /// Any one of SigV4's six parameters makes a presigned request, so that a missing one is an error and
    /// not an anonymous request (facts/04 §2). `Expires` alone does not make one of SigV2.
    pub(super) fn find(query: &'a str) -> Option<Self> {
        let mut v4 = ParametersV4::default();
        let mut v2 = ParametersV2::default();
        let mut is_v4 = false;
        let mut is_v2 = false;
        for (name, value) in pairs(query) {
            let (slot, marks_v4, marks_v2) = match decode(name).as_ref() {
                b"X-Amz-Algorithm" => (&mut v4.algorithm, true, false),
                b"X-Amz-Credential" => (&mut v4.credential, true, false),
                b"X-Amz-Date" => (&mut v4.date, true, false),
                b"X-Amz-Expires" => (&mut v4.expires, true, false),
                b"X-Amz-SignedHeaders" => (&mut v4.signed_headers, true, false),
                b"X-Amz-Signature" => (&mut v4.signature, true, false),
                b"X-Amz-Security-Token" => (&mut v4.security_token, false, false),
                b"X-Amz-Content-Sha256" => (&mut v4.content_sha256, false, false),
                b"AWSAccessKeyId" => (&mut v2.access_key_id, false, true),
                b"Expires" => (&mut v2.expires, false, false),
                b"Signature" => (&mut v2.signature, false, true),
                b"x-amz-security-token" => (&mut v2.security_token, false, false),
                _ => continue,
            };
            slot.get_or_insert_with(|| decode_text(value));
            is_v4 |= marks_v4;
            is_v2 |= marks_v2;
        }
        if is_v4 {
            Some(Self::V4(v4))
        } else if is_v2 {
            Some(Self::V2(v2))
        } else {
            None
        }
    }
}
