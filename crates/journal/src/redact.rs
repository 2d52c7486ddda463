//! Secrets in a query: replaced before anything is kept.
//!
//! A presigned URL is a permission, and stays one until it expires: whoever reads its signature can use it.
//! The same holds for session tokens, policies, MFA codes and customer keys, which SDKs move from headers
//! into the query when they presign. Names are compared decoded and without case, by what they contain:
//! replacing too much costs an operator a value, replacing too little costs the account.

use percent_encoding::percent_decode_str;

/// What stands in the place of a secret.
pub const REPLACED: &str = "***";

/// A parameter or header whose name contains one of these has a secret value.
const SECRET: &[&str] = &[
    "signature",
    "token",
    "policy",
    "secret",
    "password",
    "customer-key",
    "mfa",
    "assertion",
    "authorization",
    "cookie",
];

/// And these have none, though their names say so: listings need them.
const NOT_SECRET: &[&str] = &["continuation-token"];

/// The target with every secret value of its query replaced; `None` where there is none.
pub fn redacted(target: &str) -> Option<String> {
    let (path, query) = target.split_once('?')?;
    query.split('&').find_map(secret_name)?;
    let mut text = String::with_capacity(target.len());
    text.push_str(path);
    for (at, parameter) in query.split('&').enumerate() {
        text.push(if at == 0 { '?' } else { '&' });
        match secret_name(parameter) {
            Some(name) => {
                text.push_str(name);
                text.push('=');
                text.push_str(REPLACED);
            }
            None => text.push_str(parameter),
        }
    }
    Some(text)
}

/// The name of a parameter whose value is secret.
fn secret_name(parameter: &str) -> Option<&str> {
    let (name, value) = parameter.split_once('=')?;
    (!value.is_empty() && is_secret(name)).then_some(name)
}

/// Whether a parameter or a header of this name has a secret value.
pub fn is_secret(name: &str) -> bool {
    let name = percent_decode_str(name).decode_utf8_lossy().to_ascii_lowercase();
    SECRET.iter().any(|word| name.contains(word)) && !NOT_SECRET.contains(&name.as_str())
}
