//! Other values of signed headers: what HTTP libraries add and proxies change.

use http::HeaderMap;

use super::host::text;
use crate::auth::diagnosis::cause::{Change, HeaderForm};
use crate::auth::diagnosis::trial::{Edit, Variant};
use crate::auth::head::RequestHead;

/// Most values of headers tried, of all headers together.
const HEADERS_MAX: usize = 16;
/// Most values tried of one header.
const VALUES_MAX: usize = 8;

/// Content types by the end of a key: what clients guess where nobody gives one.
const BY_EXTENSION: [(&str, &str); 16] = [
    ("avif", "image/avif"),
    ("css", "text/css"),
    ("csv", "text/csv"),
    ("gif", "image/gif"),
    ("html", "text/html"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("js", "text/javascript"),
    ("json", "application/json"),
    ("mp4", "video/mp4"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("svg", "image/svg+xml"),
    ("txt", "text/plain"),
    ("webp", "image/webp"),
    ("zip", "application/zip"),
];

/// Every signed header with other values; `first` is the line of the first of them.
pub(in crate::auth::diagnosis) fn headers(
    head: &RequestHead<'_>,
    signed_headers: &str,
    first: usize,
) -> Vec<Variant> {
    let mut variants: Vec<Variant> = Vec::new();
    let mut names: Vec<(usize, &str)> = signed_headers
        .split(';')
        .enumerate()
        .filter(|(_, name)| *name != "host")
        .collect();
    // What is changed most often comes first.
    names.sort_by_key(|(_, name)| rank(name));
    for (at, name) in names {
        for (form, value) in header_values(head, name) {
            let mut line = name.as_bytes().to_vec();
            line.push(b':');
            line.extend_from_slice(&value);
            let change = Change::Header {
                name: name.to_owned(),
                signed: String::from_utf8_lossy(&value).into_owned(),
                form,
            };
            variants.push(Variant::new(change, vec![Edit::new(first + at, line)]));
        }
        if !head.headers.contains_key(name) {
            let change = Change::Header {
                name: name.to_owned(),
                signed: String::new(),
                form: HeaderForm::LineLeftOut,
            };
            let line = Edit {
                line: first + at,
                to: None,
            };
            variants.push(Variant::new(change, vec![line]));
        }
        if variants.len() >= HEADERS_MAX {
            break;
        }
    }
    variants.truncate(HEADERS_MAX);
    variants
}

fn rank(name: &str) -> u8 {
    match name {
        "content-type" => 0,
        "accept-encoding" => 1,
        "content-length" | "content-md5" => 2,
        _ if name.starts_with("x-amz-") => 4,
        _ => 3,
    }
}

/// Other values that the client may have signed for a header, in canonical form.
pub(in crate::auth::diagnosis) fn header_values(
    head: &RequestHead<'_>,
    name: &str,
) -> Vec<(HeaderForm, Vec<u8>)> {
    let sent: Vec<&[u8]> = head
        .headers
        .get_all(name)
        .iter()
        .map(|value| value.as_bytes())
        .collect();
    let collapsed: Vec<Vec<u8>> = sent.iter().map(|value| collapse(value)).collect();
    let now = collapsed.join(&b","[..]);
    let mut values: Vec<(HeaderForm, Vec<u8>)> = Vec::new();
    let mut add = |form, value: Vec<u8>| {
        let known = value == now || values.iter().any(|(_, known)| *known == value);
        if !known && values.len() < VALUES_MAX {
            values.push((form, value));
        }
    };
    add(HeaderForm::SpacesKept, sent.join(&b","[..]));
    if collapsed.len() > 1 {
        add(HeaderForm::Joined, collapsed.join(&b", "[..]));
        for value in &collapsed {
            add(HeaderForm::OneOfSeveral, value.clone());
        }
    }
    if !now.is_ascii() {
        // An HTTP library may write ISO-8859-1 what was signed as UTF-8, or the reverse (RFC 9110 §5.5).
        let as_utf8: String = now.iter().map(|byte| char::from(*byte)).collect();
        add(HeaderForm::Recoded, as_utf8.into_bytes());
        if let Ok(text) = std::str::from_utf8(&now) {
            let as_latin: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
            as_latin
                .into_iter()
                .for_each(|value| add(HeaderForm::Recoded, value));
        }
    }
    // An x-amz-* header that came is a client's own: nobody adds one.
    if !name.starts_with("x-amz-") {
        add(HeaderForm::Added, Vec::new());
    }
    for value in typical(head, name, &String::from_utf8_lossy(&now)) {
        add(HeaderForm::Changed, value.into_bytes());
    }
    values
}

/// Usual values of a header.
fn typical(head: &RequestHead<'_>, name: &str, now: &str) -> Vec<String> {
    let fixed: &[&str] = match name {
        "content-type" => return typical_content_types(head.path, now),
        "content-length" => {
            let decoded = text(head.headers, "x-amz-decoded-content-length");
            let sent = text(head.headers, "content-length");
            let lengths = decoded.into_iter().chain(sent).chain(["0"]);
            return lengths.map(str::to_owned).collect();
        }
        "accept-encoding" => &[
            "identity",
            "gzip",
            "gzip, deflate",
            "gzip, deflate, br",
            "gzip, deflate, br, zstd",
        ],
        "expect" => &["100-continue"],
        "connection" => &["keep-alive", "Keep-Alive", "close"],
        "te" => &["trailers"],
        "transfer-encoding" => &["chunked"],
        _ => &[],
    };
    fixed.iter().map(|value| (*value).to_owned()).collect()
}

/// Content types that clients send where another was signed, and the reverse.
fn typical_content_types(path: &str, now: &str) -> Vec<String> {
    let mut types = Vec::new();
    // Browsers add a charset to the type that a script sets, and write it in their own way.
    match now.split_once(';') {
        Some((plain, parameter)) => {
            types.push(plain.trim().to_owned());
            types.push(format!("{};{}", plain.trim(), parameter.trim()));
            types.push(format!("{}; {}", plain.trim(), parameter.trim()));
            types.push(now.to_ascii_lowercase());
        }
        None if !now.is_empty() => types.push(format!("{now}; charset=UTF-8")),
        None => {}
    }
    let extension = path.rsplit_once('.').map(|(_, extension)| extension);
    let guessed = extension.and_then(|extension| {
        let of = |(known, _): &&(&str, &str)| extension.eq_ignore_ascii_case(known);
        BY_EXTENSION.iter().find(of)
    });
    types.extend(guessed.map(|(_, guessed)| (*guessed).to_owned()));
    for common in [
        "application/octet-stream",
        "binary/octet-stream",
        "application/x-www-form-urlencoded",
        "text/plain",
        "application/json",
    ] {
        types.push(common.to_owned());
    }
    types
}

/// As the canonical request has it.
fn collapse(value: &[u8]) -> Vec<u8> {
    let words = value.split(|byte| matches!(byte, b' ' | b'\t'));
    let words: Vec<&[u8]> = words.filter(|word| !word.is_empty()).collect();
    words.join(&b' ')
}

/// Whether a signed header is absent from the request.
pub(in crate::auth::diagnosis) fn is_missing(headers: &HeaderMap, name: &str) -> bool {
    name != "host" && !headers.contains_key(name)
}
