//! MFA Delete: that nobody removes a version of an object or changes the bucket's versioning, but the root user of the
//! bucket's account with a code of one of its MFA devices (facts/06 §4).
//!
//! Each code is good once. DeleteObjects needs one for all its keys.

use cairn_identity::{KeyOwner, MfaError};
use cairn_protocol::S3Error;
use cairn_protocol::headers;

use crate::operation::Call;
use crate::refusal::{Refusal, identity_refusal};

fn denied(message: &str) -> Refusal {
    S3Error::AccessDenied {
        message: message.to_owned(),
    }
    .into()
}

/// Whether the request proves by `x-amz-mfa` that it may do what MFA Delete protects. Where it is not `required` it
/// may do without the header, but not with a wrong one.
///
/// # Errors
/// `InvalidArgument` for a header that is none; `AccessDenied` without one, for all but the bucket owner's root user,
/// and for a code that is wrong or was used; `InvalidRequest` for temporary credentials.
pub(super) async fn prove(call: &Call, required: bool) -> Result<(), Refusal> {
    let given = match headers::mfa(&call.headers)? {
        Some(given) => given,
        None if required => return Err(denied("Mfa Authentication must be used for this request")),
        None => return Ok(()),
    };
    let signer = call.signed_by()?;
    if signer.session.is_some() {
        return Err(
            S3Error::invalid_request("DevPay and Mfa are mutually exclusive authorization methods.").into(),
        );
    }
    let account = &call.bucket()?.owner.account;
    if !signer.principal.is_root() || signer.account.id != *account {
        return Err(denied("This operation may only be performed by the bucket owner"));
    }
    let verified = call
        .api
        .identity
        .verify_mfa(account, &KeyOwner::Root, &given.serial, &given.code);
    match verified.await {
        Ok(()) => Ok(()),
        // What Amazon says then is not recorded.
        Err(MfaError::WrongCode | MfaError::UnknownDevice) => Err(S3Error::access_denied().into()),
        Err(MfaError::Failed(error)) => Err(identity_refusal(error)),
    }
}
