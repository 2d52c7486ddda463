//! The document: base64 of JSON, read strictly but for two escapes that only Amazon knows.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cairn_types::Timestamp;
use serde_json::Value;

use super::Policy;
use super::condition::{CONDITIONS_MAX, Condition};
use crate::S3Error;

/// The refusal of a document that is no policy (facts/04 §5).
pub(super) fn invalid(fault: impl AsRef<str>) -> S3Error {
    S3Error::InvalidPolicyDocument {
        message: format!("Invalid Policy: {}", fault.as_ref()),
    }
}

impl Policy {
    /// Reads the value of the field `policy`. Its size is that of the fields of a form
    /// ([`FIELDS_BYTES_MAX`](crate::post::FIELDS_BYTES_MAX)), its depth serde_json's limit of 128.
    ///
    /// # Errors
    /// `InvalidPolicyDocument`, with the texts of facts/04 §5.
    pub fn parse(policy: &str) -> Result<Self, S3Error> {
        // Some encoders break lines; the form's value keeps the breaks, and they are signed.
        let packed: Vec<u8> = policy.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
        let document = STANDARD
            .decode(packed)
            .map_err(|_| invalid("invalid Base64 encoding."))?;
        let text = String::from_utf8(document).map_err(|_| invalid("Invalid JSON."))?;
        if text.trim().is_empty() {
            return Err(invalid("Expecting '{' but found End-of-Input"));
        }
        let Ok(Value::Object(mut members)) = serde_json::from_str(&standard_escapes(&text)) else {
            return Err(invalid("Invalid JSON."));
        };
        let expiration = members.remove("expiration");
        let conditions = members.remove("conditions");
        // Names are case-sensitive here, unlike those of fields.
        if let Some(name) = members.keys().next() {
            return Err(invalid(format!("Unexpected: {}", Value::from(name.as_str()))));
        }
        let expires = match expiration {
            None => return Err(invalid("Policy missing expiration.")),
            Some(Value::String(text)) => moment(&text).ok_or_else(|| invalid_expiration(&text))?,
            Some(other) => return Err(invalid_expiration(&other.to_string())),
        };
        let conditions = match conditions {
            None => return Err(invalid("Policy missing conditions.")),
            Some(Value::Array(conditions)) => conditions,
            Some(_) => return Err(invalid("Invalid 'conditions' value: must be a List.")),
        };
        if conditions.len() > CONDITIONS_MAX {
            // Cairn's own limit and text.
            return Err(invalid(format!("more than {CONDITIONS_MAX} conditions.")));
        }
        let conditions = conditions
            .into_iter()
            .map(Condition::parse)
            .collect::<Result<_, _>>()?;
        Ok(Self { expires, conditions })
    }
}

fn invalid_expiration(value: &str) -> S3Error {
    invalid(format!("Invalid 'expiration' value: '{value}'"))
}

/// `2015-12-30T12:00:00.000Z`; RFC 3339 would also take a space for the `T`.
fn moment(text: &str) -> Option<Timestamp> {
    (text.as_bytes().get(10) == Some(&b'T'))
        .then(|| Timestamp::parse_iso8601(text))
        .flatten()
}

/// `\$` and `\v`, which Amazon's documentation wants in policies and JSON does not have.
fn standard_escapes(text: &str) -> Cow<'_, str> {
    if !text.contains("\\$") && !text.contains("\\v") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('$') => out.push('$'),
            Some('v') => out.push_str("\\u000b"),
            Some(other) => out.extend(['\\', other]),
            None => out.push('\\'),
        }
    }
    Cow::Owned(out)
}
