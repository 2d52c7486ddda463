//! The percent encodings of S3, and RFC 2047 for metadata.
//!
//! S3 writes texts in three percent forms: in a URL path ([`encode_path`]), in a query value
//! ([`encode_query`]) and in a listing with `encoding-type=url` ([`encode_listing`]). It reads two:
//! a path, where `+` is a plus ([`decode_path`]), and a form, where `+` is a space ([`decode_form`]).
//! Reading decodes exactly once and refuses what is not UTF-8 afterwards, and also a `%` without two
//! hexadecimal digits: two readers could take such a text for different keys (facts do not say; Amazon's
//! front end refuses it too [believed]).
//! User metadata that is not ASCII goes back to clients in RFC 2047 form ([`encode_header_text`]).

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// RFC 3986's unreserved characters stay: the set SigV4 signs with (facts/04 §1).
const QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

const PATH: &AsciiSet = &QUERY.remove(b'/');

/// `/` stays, `=` and `%` do not (facts/06 §3). The space becomes `+`, and `*` and `~` are treated as
/// `java.net.URLEncoder` does, which Amazon's answers look like [believed].
const LISTING: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'*')
    .remove(b'/')
    .remove(b' ');

/// A text that is not percent-encoded UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not percent-encoded UTF-8")]
pub struct InvalidEncoding;

/// Encodes a key for a URL's path: everything but RFC 3986's unreserved characters and `/`.
pub fn encode_path(text: &str) -> Cow<'_, str> {
    utf8_percent_encode(text, PATH).into()
}

/// Encodes a query name or value: everything but RFC 3986's unreserved characters, space as `%20`.
pub fn encode_query(text: &str) -> Cow<'_, str> {
    utf8_percent_encode(text, QUERY).into()
}

/// Encodes a field of a listing that was asked for with `encoding-type=url` (facts/06 §3).
pub fn encode_listing(text: &str) -> Cow<'_, str> {
    // Most keys are written as they are. All of one is looked at without a way out, which the compiler turns
    // into a few instructions for sixteen bytes.
    if text.bytes().fold(true, |kept, byte| kept & is_kept(byte)) {
        return Cow::Borrowed(text);
    }
    encode_listing_each(text)
}

/// Whether [`LISTING`] leaves a byte as it is.
fn is_kept(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() | matches!(byte, b'-' | b'.' | b'_' | b'*' | b'/')
}

fn encode_listing_each(text: &str) -> Cow<'_, str> {
    let encoded: Cow<'_, str> = utf8_percent_encode(text, LISTING).into();
    if encoded.contains(' ') {
        Cow::Owned(encoded.replace(' ', "+"))
    } else {
        encoded
    }
}

/// Decodes a path, once; `+` stays.
///
/// # Errors
/// A `%` without two hexadecimal digits, or bytes that are not UTF-8.
pub fn decode_path(text: &str) -> Result<Cow<'_, str>, InvalidEncoding> {
    decode(text, false)
}

/// Decodes a query name or value, or a header in that form, once; `+` is a space.
///
/// # Errors
/// As [`decode_path`].
pub fn decode_form(text: &str) -> Result<Cow<'_, str>, InvalidEncoding> {
    decode(text, true)
}

fn decode(text: &str, plus_is_space: bool) -> Result<Cow<'_, str>, InvalidEncoding> {
    if !text.bytes().any(|b| b == b'%' || (plus_is_space && b == b'+')) {
        return Ok(Cow::Borrowed(text));
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        match byte {
            b'%' => {
                let (digits, tail) = rest.split_first_chunk::<2>().ok_or(InvalidEncoding)?;
                let mut value = [0; 1];
                hex::decode_to_slice(digits, &mut value).map_err(|_| InvalidEncoding)?;
                decoded.push(value[0]);
                rest = tail;
            }
            b'+' if plus_is_space => decoded.push(b' '),
            byte => decoded.push(byte),
        }
    }
    String::from_utf8(decoded)
        .map(Cow::Owned)
        .map_err(|_| InvalidEncoding)
}

/// The form in which user metadata goes back to clients: ASCII as it is, anything else as one RFC 2047
/// encoded word (facts/06 §6). `Q` where most characters are ASCII and `B` otherwise, the rule of
/// Java's mail library, which accounts for both forms having been recorded [believed].
pub fn encode_header_text(text: &str) -> Cow<'_, str> {
    let printable = |c: char| c == '\t' || (' '..='~').contains(&c);
    if text.chars().all(printable) {
        return Cow::Borrowed(text);
    }
    let ascii = text.chars().filter(char::is_ascii).count();
    let other = text.chars().count() - ascii;
    if ascii > other {
        let mut word = String::from("=?UTF-8?Q?");
        for byte in text.bytes() {
            match byte {
                b' ' => word.push('_'),
                b'=' | b'?' | b'_' | b'"' => push_quoted(byte, &mut word),
                b'!'..=b'~' => word.push(char::from(byte)),
                byte => push_quoted(byte, &mut word),
            }
        }
        word.push_str("?=");
        Cow::Owned(word)
    } else {
        Cow::Owned(format!("=?UTF-8?B?{}?=", STANDARD.encode(text)))
    }
}

fn push_quoted(byte: u8, out: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    out.push('=');
    out.push(char::from(DIGITS[usize::from(byte >> 4)]));
    out.push(char::from(DIGITS[usize::from(byte & 15)]));
}

/// Reads one RFC 2047 encoded word in UTF-8 (`=?UTF-8?B?…?=` or `=?UTF-8?Q?…?=`, charset and encoding in
/// any letter case); `None` for any other text. Cairn stores such values as they come (facts/06 §6):
/// this is for showing them.
pub fn decode_header_text(text: &str) -> Option<String> {
    let inner = text.strip_prefix("=?")?.strip_suffix("?=")?;
    let mut fields = inner.splitn(3, '?');
    let (charset, encoding, data) = (fields.next()?, fields.next()?, fields.next()?);
    if !charset.eq_ignore_ascii_case("utf-8") || data.contains('?') {
        return None;
    }
    let bytes = if encoding.eq_ignore_ascii_case("b") {
        STANDARD.decode(data).ok()?
    } else if encoding.eq_ignore_ascii_case("q") {
        let mut bytes = Vec::with_capacity(data.len());
        let mut rest = data.as_bytes();
        while let Some((&byte, tail)) = rest.split_first() {
            rest = tail;
            match byte {
                b'_' => bytes.push(b' '),
                b'=' => {
                    let (digits, tail) = rest.split_first_chunk::<2>()?;
                    let mut value = [0; 1];
                    hex::decode_to_slice(digits, &mut value).ok()?;
                    bytes.push(value[0]);
                    rest = tail;
                }
                byte => bytes.push(byte),
            }
        }
        bytes
    } else {
        return None;
    };
    String::from_utf8(bytes).ok()
}
