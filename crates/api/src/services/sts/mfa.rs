//! MFA codes given with AssumeRole and GetSessionToken (facts/05 §4).

use super::input::MfaCode;
use crate::services::query::{QueryCall, QueryError};

const UNABLE_TO_VALIDATE: &str = "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your \
                                  MFA serial number is valid and associated with this user.";

/// Whether the caller showed with a code that they have their device; `false` where they gave none.
///
/// # Errors
/// `AccessDenied` where the code is wrong, or the device is not theirs.
pub(super) async fn verify(_call: &QueryCall, given: &MfaCode) -> Result<bool, QueryError> {
    match (&given.serial, &given.code) {
        (None, None) => Ok(false),
        (Some(_), Some(_)) => Err(QueryError::access_denied(UNABLE_TO_VALIDATE)),
        // Believed.
        _ => Err(QueryError::access_denied(
            "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.",
        )),
    }
}
