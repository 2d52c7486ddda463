//! MFA codes given with AssumeRole and GetSessionToken (facts/05 §4).

use cairn_identity::{KeyOwner, MfaError};
use cairn_policy::Principal;

use super::input::MfaCode;
use crate::services::query::{QueryCall, QueryError};

const WRONG_CODE: &str = "MultiFactorAuthentication failed with invalid MFA one time pass code.";

const UNABLE_TO_VALIDATE: &str = "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your \
                                  MFA serial number is valid and associated with this user.";

/// Whether the caller showed with a code that they have their device; `false` where they gave none.
///
/// # Errors
/// `AccessDenied` where the code is wrong, or the device is not theirs.
pub(super) async fn verify(call: &QueryCall, given: &MfaCode) -> Result<bool, QueryError> {
    let (serial, code) = match (&given.serial, &given.code) {
        (None, None) => return Ok(false),
        (Some(serial), Some(code)) => (serial, code),
        // Believed.
        _ => {
            return Err(QueryError::access_denied(
                "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.",
            ));
        }
    };
    let signer = call.signer()?;
    let owner = match &signer.principal {
        Principal::User { name, .. } => KeyOwner::User(name.clone()),
        Principal::Root { .. } => KeyOwner::Root,
        // A session of a role has no device.
        _ => return Err(QueryError::access_denied(UNABLE_TO_VALIDATE)),
    };
    let verified = call
        .identity()
        .verify_mfa(&signer.account.id, &owner, serial, code);
    match verified.await {
        Ok(()) => Ok(true),
        Err(MfaError::WrongCode) => Err(QueryError::access_denied(WRONG_CODE)),
        Err(MfaError::UnknownDevice) => Err(QueryError::access_denied(UNABLE_TO_VALIDATE)),
        Err(MfaError::Failed(error)) => Err(error.into()),
    }
}
