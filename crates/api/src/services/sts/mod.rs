//! Security Token Service (facts/05 §4): temporary credentials, and who is who.

mod get_caller_identity;

use http::Method;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::request::Parts;

use super::Service;
use super::query::{QueryRow, QueryService};

/// Every operation of STS that is built.
pub const STS_OPERATIONS: &[QueryRow] = &[QueryRow::of::<get_caller_identity::GetCallerIdentity>()];

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
