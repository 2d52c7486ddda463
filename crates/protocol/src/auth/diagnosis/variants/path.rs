//! Other forms of the path: what libraries encode otherwise, and what proxies rewrite.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use super::host::{text, without_bucket};
use crate::auth::diagnosis::Context;
use crate::auth::diagnosis::cause::PathForm;
use crate::auth::head::RequestHead;
use crate::auth::query::{encode, reencode_path};

/// Most paths tried.
pub(in crate::auth::diagnosis) const PATHS_MAX: usize = 12;

/// Every form other than the path as it came, without repetition.
pub(in crate::auth::diagnosis) fn paths(
    head: &RequestHead<'_>,
    context: &Context<'_>,
) -> Vec<(PathForm, String)> {
    let path = head.path;
    let mut found: Vec<(PathForm, String)> = Vec::new();
    let mut add = |form: PathForm, candidate: String| {
        let known = candidate == path || found.iter().any(|(_, known)| *known == candidate);
        if !known && candidate.starts_with('/') && !candidate.contains('\n') && found.len() < PATHS_MAX {
            found.push((form, candidate));
        }
    };
    // What a proxy says of itself first.
    for name in [
        "x-original-uri",
        "x-original-url",
        "x-rewrite-url",
        "x-envoy-original-path",
    ] {
        if let Some(original) = text(head.headers, name) {
            let original = original.split(['?', '#']).next().unwrap_or_default();
            add(PathForm::Original, original.to_owned());
        }
    }
    if let Some(prefix) = text(head.headers, "x-forwarded-prefix") {
        add(
            PathForm::WithPrefix,
            format!("{}{path}", prefix.trim_end_matches('/')),
        );
    }
    if let Some(encoded) = reencode_path(path) {
        add(PathForm::Encoded, encoded);
    }
    if let Ok(decoded) = percent_decode_str(path).decode_utf8() {
        add(PathForm::Decoded, decoded.into_owned());
    }
    add(PathForm::EncodedTwice, path.replace('%', "%25"));
    add(PathForm::PlusForSpace, path.replace("%20", "+"));
    add(PathForm::MarksKept, marks_kept(path).into_owned());
    add(PathForm::SmallHex, small_hex(path));
    add(PathForm::TildeEncoded, path.replace('~', "%7E"));
    add(PathForm::Normalised, normalised(path));
    let bucket_in_path = head.bucket_in_host.is_none().then_some(context.bucket).flatten();
    let key = match bucket_in_path {
        Some(bucket) => without_bucket(path, bucket),
        None => Some(path),
    };
    if let Some(key) = key {
        let before = path.strip_suffix(key).unwrap_or_default();
        let name = key.strip_prefix('/').unwrap_or(key);
        if name.contains('/') {
            add(
                PathForm::SlashEncoded,
                format!("{before}/{}", name.replace('/', "%2F")),
            );
        }
        // nginx and others make one slash of two; a key may begin with one.
        add(PathForm::SlashMore, format!("{before}//{name}"));
        if bucket_in_path.is_some() {
            add(PathForm::WithoutBucket, key.to_owned());
        }
    }
    if let (Some(bucket), Some(_)) = (context.bucket, head.bucket_in_host) {
        add(PathForm::WithBucket, format!("/{bucket}{path}"));
    }
    match path.strip_suffix('/') {
        Some(without) => add(PathForm::WithoutLastSlash, without.to_owned()),
        None => add(PathForm::WithLastSlash, format!("{path}/")),
    }
    found
}

/// `encodeURIComponent` leaves these as they are (ECMA-262 §19.2.6.5), and its callers sign them so.
fn marks_kept(path: &str) -> Cow<'_, str> {
    let mut kept = Cow::Borrowed(path);
    for mark in ['!', '\'', '(', ')', '*'] {
        let escape = encode(mark.to_string().as_bytes());
        if kept.contains(&escape) {
            kept = Cow::Owned(kept.replace(&escape, &mark.to_string()));
        }
    }
    kept
}

/// The two digits of every escape in small letters. What S3 makes of the path has capitals.
fn small_hex(path: &str) -> String {
    let mut digits = 0;
    let bytes = path.bytes().map(|byte| {
        if byte == b'%' {
            digits = 2;
            return byte;
        }
        let of_escape = digits > 0;
        digits = usize::saturating_sub(digits, 1);
        if of_escape {
            byte.to_ascii_lowercase()
        } else {
            byte
        }
    });
    // Only ASCII letters change.
    String::from_utf8(bytes.collect()).unwrap_or_default()
}

/// Without empty and dot segments (RFC 3986 §5.2.4), which S3 keeps.
fn normalised(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                kept.pop();
            }
            _ => kept.push(segment),
        }
    }
    let last = if path.ends_with('/') && !kept.is_empty() {
        "/"
    } else {
        ""
    };
    format!("/{}{last}", kept.join("/"))
}
