//! The code of an MFA device, sent with the requests that MFA Delete asks for one (facts/06 §4).

use http::HeaderMap;

use super::text;
use crate::S3Error;

/// The header's name.
const NAME: &str = "x-amz-mfa";

/// What `x-amz-mfa` says: a device and what it shows. Neither is known to be right.
#[derive(Clone, PartialEq, Eq)]
pub struct MfaHeader {
    /// The serial number: of a virtual device its ARN.
    pub serial: String,
    /// The code.
    pub code: String,
}

impl std::fmt::Debug for MfaHeader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MfaHeader")
            .field("serial", &self.serial)
            .finish_non_exhaustive()
    }
}

/// `x-amz-mfa: SERIAL CODE`
///
/// # Errors
/// `InvalidArgument` where it is not two words with one space between them.
pub fn mfa(headers: &HeaderMap) -> Result<Option<MfaHeader>, S3Error> {
    let Some(value) = text(headers, NAME) else {
        return Ok(None);
    };
    match value.split_once(' ') {
        Some((serial, code)) if !serial.is_empty() && !code.is_empty() && !code.contains(' ') => {
            Ok(Some(MfaHeader {
                serial: serial.to_owned(),
                code: code.to_owned(),
            }))
        }
        _ => Err(S3Error::invalid_argument(
            "Mfa header is invalid -- the header should be formatted as {serialNumber}(space){tokenCode}",
            NAME,
            value,
        )),
    }
}
