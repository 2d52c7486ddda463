//! Security Token Service (facts/05 §4): temporary credentials, and who is who.

mod assume_role;
mod assume_role_with_web_identity;
mod bounds;
mod decode_authorization_message;
mod error;
mod get_access_key_info;
mod get_caller_identity;
mod get_federation_token;
mod get_session_token;
pub(crate) mod input;
mod mfa;
mod output;
mod session_tags;
#[cfg(test)]
mod tests;
pub(crate) mod trust;

use cairn_identity::{RoleRecord, Signer, UniqueId};
use cairn_policy::{Context, Principal};
use http::Method;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::request::Parts;

use super::Service;
use super::query::{QueryError, QueryRow, QueryService};

/// Every operation of STS that is built.
pub const STS_OPERATIONS: &[QueryRow] = &[
    QueryRow::of::<assume_role::AssumeRole>(),
    QueryRow::of::<assume_role_with_web_identity::AssumeRoleWithWebIdentity>(),
    QueryRow::of::<decode_authorization_message::DecodeAuthorizationMessage>(),
    QueryRow::of::<get_access_key_info::GetAccessKeyInfo>(),
    QueryRow::of::<get_caller_identity::GetCallerIdentity>(),
    QueryRow::of::<get_federation_token::GetFederationToken>(),
    QueryRow::of::<get_session_token::GetSessionToken>(),
];

/// `Version` of STS.
const VERSION: &str = "2011-06-15";

/// STS.
pub(super) const SERVICE: QueryService = QueryService {
    service: Service::Sts,
    version: VERSION,
    namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
    operations: STS_OPERATIONS,
};

/// Whether a request that no signature assigns to a service is one of STS that needs none
/// (AssumeRoleWithWebIdentity): a form posted to `/`, which S3 has no use for, or a query that says so.
pub(super) fn is_unsigned_request(parts: &Parts) -> bool {
    if parts.uri.path() != "/" || parts.headers.contains_key(AUTHORIZATION) {
        return false;
    }
    let form = parts
        .headers
        .get(CONTENT_TYPE)
        .is_some_and(|form| form.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
    let query = parts.uri.query().unwrap_or_default();
    let asks = || {
        let mut pairs = query.split('&');
        pairs.any(|pair| pair.strip_prefix("Version=") == Some(VERSION)) && query.contains("Action=")
    };
    (parts.method == Method::POST && form) || asks()
}

/// Longest session in seconds of a root user, or made by one.
const ROOT_DURATION_SECONDS_MAX: u32 = 3600;
/// Length in seconds of a user's session where none is asked for: 12 hours.
const USER_DURATION_SECONDS_DEFAULT: u32 = 43_200;

/// How long a session made of a long-term key lasts, in seconds: of a root user an hour at most, also where more
/// is asked for (facts/05 §4).
fn user_duration(signer: &Signer, asked: Option<u32>) -> u32 {
    let asked = asked.unwrap_or(USER_DURATION_SECONDS_DEFAULT);
    if signer.principal.is_root() {
        asked.min(ROOT_DURATION_SECONDS_MAX)
    } else {
        asked
    }
}

/// How long a session of a role lasts, in seconds.
///
/// # Errors
/// `ValidationError` where more is asked for than the role allows.
fn role_duration(role: &RoleRecord, asked: Option<u32>) -> Result<u32, QueryError> {
    match asked {
        Some(asked) if asked > role.max_session_seconds => Err(QueryError::validation(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        )),
        Some(asked) => Ok(asked),
        None => Ok(assume_role::DURATION_SECONDS_DEFAULT),
    }
}

/// Whose long-term key signed: a user's, or with `None` the root user's.
///
/// # Errors
/// `AccessDenied` for sessions; [`super::restrictions`] has refused them already.
fn maker(signer: &Signer) -> Result<Option<UniqueId>, QueryError> {
    match (&signer.session, &signer.principal) {
        (None, Principal::Root { .. }) => Ok(None),
        (None, Principal::User { id, .. }) => UniqueId::parse(id).map(Some).ok_or_else(QueryError::internal),
        _ => Err(QueryError::access_denied("Access denied")),
    }
}

/// `aws:ResourceTag/KEY` and `iam:ResourceTag/KEY` of a role.
pub(crate) fn role_conditions<'a>(role: &'a RoleRecord, context: &mut Context<'a>) {
    for tag in role.tags.as_slice() {
        context.set(format!("aws:ResourceTag/{}", tag.key), tag.value.as_str());
        context.set(format!("iam:ResourceTag/{}", tag.key), tag.value.as_str());
    }
}
