//! What clients sign and proxies change: one file a part of the request.
//!
//! Each function gives the likely first, and no more than its limit: together they stay within
//! [`HMACS_MAX`](super::HMACS_MAX) for a request that has something of everything.

mod header;
mod host;
mod path;
mod query;

pub(super) use header::{header_values, headers, is_missing};
pub(super) use host::{hosts, other_addressing};
pub(super) use path::{PATHS_MAX, paths};
pub(super) use query::queries;

use super::cause::{Change, KeyForm};
use super::trial::{Edit, Variant};
use super::{Context, DAY_SECONDS};
use cairn_types::Timestamp;

/// Most regions whose keys are tried.
const REGIONS_MAX: usize = 3;

/// A presigned URL is good for one method only, and some clients sign another than they use.
pub(super) fn methods(method: &str) -> Vec<Variant> {
    ["GET", "PUT", "HEAD", "POST", "DELETE"]
        .into_iter()
        .filter(|other| *other != method)
        .map(|other| Variant::new(Change::Method(other.to_owned()), vec![Edit::new(0, other)]))
        .collect()
}

/// Keys made otherwise, each at the cost of making it: what environment files and shells do to a secret
/// comes first.
pub(super) fn keys(region: &str, day: &str, context: &Context<'_>) -> Vec<Variant> {
    // The same for every secret: how long it takes must tell nothing of one.
    let mut forms = vec![
        KeyForm::SecretLineEnd,
        KeyForm::SecretEncoded,
        KeyForm::NoPrefix,
        KeyForm::SecretQuoted,
    ];
    forms.extend(days_beside(day).into_iter().map(KeyForm::Day));
    let others = ["us-east-1"].into_iter().chain(context.regions.iter().copied());
    let mut regions: Vec<&str> = Vec::new();
    for other in others.filter(|other| *other != region) {
        if !regions.contains(&other) && regions.len() < REGIONS_MAX {
            regions.push(other);
        }
    }
    forms.extend(regions.into_iter().map(|name| KeyForm::Region(name.to_owned())));
    forms
        .into_iter()
        .map(|form| Variant::new(Change::Key(form), Vec::new()))
        .collect()
}

/// The days before and after `YYYYMMDD`: a client that takes its own time zone's day signs for one of them.
fn days_beside(day: &str) -> Vec<String> {
    let Some(noon) = Timestamp::parse_iso8601_basic(&format!("{day}T120000Z")) else {
        return Vec::new();
    };
    [
        noon.seconds().checked_sub(DAY_SECONDS),
        noon.seconds().checked_add(DAY_SECONDS),
    ]
    .into_iter()
    .flatten()
    .filter_map(|seconds| {
        Some(
            Timestamp::from_seconds(seconds)
                .iso8601_basic()
                .get(..8)?
                .to_owned(),
        )
    })
    .collect()
}

/// The secret as a client may have it.
pub(super) fn secret_in(form: &KeyForm, secret: &str) -> String {
    match form {
        KeyForm::SecretLineEnd => format!("{secret}\n"),
        KeyForm::SecretQuoted => format!("\"{secret}\""),
        KeyForm::SecretEncoded => super::super::query::encode(secret.as_bytes()),
        KeyForm::NoPrefix | KeyForm::Region(_) | KeyForm::Day(_) => secret.to_owned(),
    }
}
