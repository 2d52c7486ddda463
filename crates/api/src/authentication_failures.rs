//! Failed authentications, counted: `cairn_authentication_failures_total` by `reason`.
//!
//! The code of the answer says why, whichever service answers; here is the one list of those codes. Wrong MFA codes
//! and passwords are refused in words of their own, and counted where they are compared
//! (`cairn_identity::AUTHENTICATION_FAILURES`).

use cairn_identity::AUTHENTICATION_FAILURES;

/// Codes of refusals, with the reason that is counted.
const REASONS: &[(&str, &str)] = &[
    // S3 (facts/04 §1).
    ("AuthorizationHeaderMalformed", "malformed"),
    ("AuthorizationQueryParametersError", "malformed"),
    ("ExpiredToken", "expired"),
    ("InvalidAccessKeyId", "unknown_key"),
    ("InvalidToken", "token"),
    ("RequestTimeTooSkewed", "time"),
    ("SignatureDoesNotMatch", "signature"),
    // IAM and STS (facts/05 §1).
    ("IncompleteSignature", "malformed"),
    ("InvalidClientTokenId", "unknown_key"),
    ("MissingAuthenticationToken", "missing"),
    // AssumeRoleWithWebIdentity (facts/05 §4).
    ("ExpiredTokenException", "expired"),
    ("InvalidIdentityToken", "token"),
    // The Account API.
    ("IncompleteSignatureException", "malformed"),
    ("InvalidSignatureException", "signature"),
    ("MissingAuthenticationTokenException", "missing"),
    ("UnrecognizedClientException", "unknown_key"),
];

/// Why the request that was refused with this code was not authenticated; `None` where it was, or nobody tried.
fn reason(code: &str) -> Option<&'static str> {
    let found = REASONS.iter().find(|(known, _)| *known == code)?;
    Some(found.1)
}

/// Counts a request that was refused with this code, if it is one of them.
pub(crate) fn count(code: &str) {
    if let Some(reason) = reason(code) {
        metrics::counter!(AUTHENTICATION_FAILURES, "reason" => reason).increment(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::account::AccountError;
    use crate::services::operator::OperatorError;
    use crate::services::query::QueryError;
    use crate::services::{Denied, Service};

    #[test]
    fn whatever_a_service_denies_for_its_signature_is_counted() {
        for (denied, expected) in [
            (Denied::NotSigned, "missing"),
            (Denied::Malformed(String::new()), "malformed"),
            (Denied::WrongRegion, "signature"),
            (Denied::WrongService(Service::Iam), "signature"),
            (Denied::UnknownKey, "unknown_key"),
            (Denied::InvalidToken, "unknown_key"),
            (Denied::ExpiredToken, "expired"),
            (Denied::NotNow(String::new()), "signature"),
            (Denied::SignatureDoesNotMatch, "signature"),
            (Denied::HeadersNotSigned(String::new()), "signature"),
        ] {
            for code in codes(denied.clone()) {
                assert_eq!(reason(code), Some(expected), "{denied:?} {code}");
            }
        }
        for denied in [
            Denied::Failed,
            Denied::TooLong,
            Denied::Incomplete,
            Denied::BadHead(String::new()),
        ] {
            for code in codes(denied) {
                assert_eq!(reason(code), None, "{code}");
            }
        }
        assert_eq!(reason("AccessDenied"), None);
    }

    fn codes(denied: Denied) -> [&'static str; 3] {
        [
            QueryError::from(denied.clone()).kind.code,
            AccountError::from(denied.clone()).kind.code,
            OperatorError::from(denied).code,
        ]
    }
}
