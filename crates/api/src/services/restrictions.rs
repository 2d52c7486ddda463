//! What temporary credentials cannot call, whatever their policies say (facts/05 §4, "Restrictions on resulting
//! credentials").

use cairn_identity::{Caller, SessionSubject};

use super::Service;
use super::query::QueryError;

/// Refuses what a session may never call.
///
/// # Errors
/// `AccessDenied`; for IAM with credentials of GetFederationToken or of GetSessionToken without MFA
/// `InvalidClientTokenId`, as the tokens are not valid there.
pub(super) fn check(service: Service, operation: &str, caller: &Caller) -> Result<(), QueryError> {
    let Some(session) = caller.signer().and_then(|signer| signer.session.as_ref()) else {
        return Ok(());
    };
    let allowed = match (&session.subject, service) {
        (_, Service::Account | Service::Operator | Service::S3Control) => true,
        (SessionSubject::Role { .. }, Service::Iam) => true,
        (SessionSubject::Role { .. }, Service::Sts) => {
            !matches!(operation, "GetFederationToken" | "GetSessionToken")
        }
        (SessionSubject::Federated { .. }, Service::Iam) => false,
        (SessionSubject::Federated { .. }, Service::Sts) => operation == "GetCallerIdentity",
        (SessionSubject::User(_) | SessionSubject::Root, Service::Iam) => session.mfa.is_some(),
        (SessionSubject::User(_) | SessionSubject::Root, Service::Sts) => {
            matches!(operation, "AssumeRole" | "GetCallerIdentity")
        }
    };
    if allowed {
        return Ok(());
    }
    Err(match service {
        Service::Sts => {
            QueryError::access_denied(format!("Cannot call {operation} with session credentials"))
        }
        _ => super::Denied::InvalidToken.into(),
    })
}
