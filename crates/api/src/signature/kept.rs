//! What may be kept of a signed text: its lines without secrets, within limits.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cairn_journal::{REPLACED, is_secret, redacted};
use cairn_protocol::auth::diagnosis::{Cause, Change, HostFound, QueryForm, What};
use serde_json::Value;

/// The end of a text that was cut.
const CUT: &str = "…";

/// The text, no longer than that in bytes; ends with `…` where it was.
pub(crate) fn cut(text: &str, bytes_max: usize) -> String {
    if text.len() <= bytes_max {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(bytes_max.saturating_sub(CUT.len()));
    format!("{}{CUT}", text.get(..end).unwrap_or_default())
}

/// What a line of a signed text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineKind {
    /// A query, without its `?`.
    Query,
    /// A path, perhaps with a query.
    Target,
    /// `name:value`
    Header,
    /// Anything else.
    Plain,
}

/// The line without the secrets in it.
pub(super) fn without_secrets(line: &str, kind: LineKind) -> String {
    match kind {
        LineKind::Plain => line.to_owned(),
        LineKind::Target => redacted(line).unwrap_or_else(|| line.to_owned()),
        LineKind::Query => match redacted(&format!("?{line}")) {
            Some(text) => text.strip_prefix('?').unwrap_or_default().to_owned(),
            None => line.to_owned(),
        },
        LineKind::Header => match line.split_once(':') {
            Some((name, value)) if is_secret(name) && !value.is_empty() => format!("{name}:{REPLACED}"),
            _ => line.to_owned(),
        },
    }
}

/// An access key id; one that is as long as Amazon's secrets and not known may be one, in the wrong place.
pub(super) fn access_key_id(id: &str, known: bool, bytes_max: usize) -> String {
    const SECRET_BYTES: usize = 40;
    if !known && id.len() >= SECRET_BYTES {
        return format!(
            "{REPLACED} ({} characters: a secret in the place of the id?)",
            id.len()
        );
    }
    cut(id, bytes_max)
}

/// A form's policy as JSON, without the values of conditions on secret fields; `None` where it is none. POST
/// forms of temporary keys have their session token among the conditions.
pub(super) fn policy(base64: &str) -> Option<String> {
    let text: String = base64.chars().filter(|c| !c.is_whitespace()).collect();
    let mut document: Value = serde_json::from_slice(&STANDARD.decode(text).ok()?).ok()?;
    let conditions = document.get_mut("conditions").and_then(Value::as_array_mut);
    for condition in conditions.into_iter().flatten() {
        match condition {
            Value::Object(pairs) => {
                for (name, value) in pairs {
                    if is_secret(name) {
                        *value = REPLACED.into();
                    }
                }
            }
            Value::Array(parts) => {
                let secret = matches!(parts.get(1), Some(Value::String(name)) if is_secret(name));
                if let (true, Some(value)) = (secret, parts.get_mut(2)) {
                    *value = REPLACED.into();
                }
            }
            _ => {}
        }
    }
    Some(document.to_string())
}

/// Most bytes of one text in a cause: a host has 253, and a port.
const CAUSE_TEXT_BYTES_MAX: usize = 288;
/// Most bytes of all names in a cause.
const CAUSE_NAMES_BYTES_MAX: usize = 256;

/// The cause without secrets, within its limits.
pub(super) fn cause(cause: &Cause) -> Cause {
    let mut kept = cause.clone();
    let shorten = |text: &mut String| *text = cut(text, CAUSE_TEXT_BYTES_MAX);
    match &mut kept.what {
        What::Changed(changes) => {
            for change in changes {
                match change {
                    Change::Host { signed, found } => {
                        shorten(signed);
                        if let HostFound::Header(name) = found {
                            shorten(name);
                        }
                    }
                    Change::Header { name, signed, .. } => {
                        if is_secret(name) && !signed.is_empty() {
                            *signed = REPLACED.to_owned();
                        }
                        shorten(name);
                        shorten(signed);
                    }
                    Change::Query(QueryForm::Without(text))
                    | Change::Method(text)
                    | Change::Payload(text) => {
                        shorten(text);
                    }
                    _ => {}
                }
            }
        }
        What::Region { signed, expected } | What::Service { signed, expected } => {
            shorten(signed);
            shorten(expected);
        }
        What::Day { scope, date } => {
            shorten(scope);
            shorten(date);
        }
        What::HeadersNotSigned(names)
        | What::HeadersMissing(names)
        | What::HeadersFragile(names)
        | What::Proxied(names) => {
            let mut left = CAUSE_NAMES_BYTES_MAX;
            names.retain(|name| {
                let fits = name.len() <= left;
                left = if fits { left - name.len() } else { 0 };
                fits
            });
        }
        _ => {}
    }
    kept
}
