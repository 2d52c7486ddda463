//! What several operations read alike.

use cairn_types::{AccountId, Arn};

use crate::services::query::parameters::Text;
use crate::services::query::{Parameters, QueryError};

fn is_session_name(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte))
}

/// The name of a session, a federated user or a source identity (facts/05 §1, the pattern's message).
pub(super) const fn session_name(max: usize) -> Text {
    Text::of(2, max).matching(r"[\w+=,.@-]*", is_session_name)
}

fn is_external_id(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@:/-".contains(&byte))
}

/// `ExternalId` (facts/05 §3).
pub(super) const EXTERNAL_ID: Text = Text::of(2, 1224).matching(r"[\w+=,.@:\/-]*", is_external_id);

fn is_serial(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"_+=/:,.@-".contains(&byte))
}

const SERIAL_NUMBER: Text = Text::of(9, 256).matching(r"[\w+=/:,.@-]*", is_serial);

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

const TOKEN_CODE: Text = Text::of(6, 6).matching(r"[\d]*", is_digits).secret();

fn is_arn_text(text: &str) -> bool {
    !text
        .chars()
        .any(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{85}'))
}

const ROLE_ARN: Text = Text::of(20, 2048).matching(
    r"[\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]+",
    is_arn_text,
);

/// Least `DurationSeconds` of any session (facts/05 §4).
pub(super) const DURATION_SECONDS_MIN: u32 = 900;
/// Longest session of a role, whatever the role allows.
pub(super) const ROLE_DURATION_SECONDS_MAX: u32 = 43_200;
/// Longest session of a user or federated user.
pub(super) const USER_DURATION_SECONDS_MAX: u32 = 129_600;

/// `RoleArn`, by its form: whether it is one of a role is told by [`RoleArn::parse`].
pub(super) fn role_arn(parameters: &mut Parameters) -> Option<String> {
    parameters.required("RoleArn", &ROLE_ARN)
}

/// The ARN of a role.
pub(crate) struct RoleArn {
    pub(crate) account: AccountId,
    pub(crate) text: String,
}

impl RoleArn {
    /// Reads it.
    ///
    /// # Errors
    /// `ValidationError`: `X is invalid` (facts/05 §4).
    pub(crate) fn parse(text: &str) -> Result<Self, QueryError> {
        let invalid = || QueryError::validation(format!("{text} is invalid"));
        let arn = Arn::parse(text).map_err(|_| invalid())?;
        let is_role = arn.partition() == "aws"
            && arn.service() == "iam"
            && arn.region().is_empty()
            && arn
                .resource()
                .strip_prefix("role/")
                .is_some_and(|rest| !rest.is_empty() && !rest.ends_with('/'));
        let account = AccountId::parse(arn.account()).map_err(|_| invalid())?;
        if !is_role {
            return Err(invalid());
        }
        Ok(Self {
            account,
            text: text.to_owned(),
        })
    }
}

/// `SerialNumber` and `TokenCode`: which MFA device, and what it shows.
pub(super) struct MfaCode {
    pub(super) serial: Option<String>,
    pub(super) code: Option<String>,
}

impl MfaCode {
    /// Reads them.
    pub(super) fn read(parameters: &mut Parameters) -> Option<Self> {
        let serial = parameters.optional("SerialNumber", &SERIAL_NUMBER);
        let code = parameters.optional("TokenCode", &TOKEN_CODE);
        Some(Self {
            serial: serial?,
            code: code?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_arn_is_one_of_a_role() {
        let arn = RoleArn::parse("arn:aws:iam::123456789012:role/path/name")
            .ok()
            .unwrap();
        assert_eq!(arn.account.as_str(), "123456789012");
        for wrong in [
            "not an arn at all, no",
            "arn:aws:iam::123456789012:user/name",
            "arn:aws:iam::123456789012:role/",
            "arn:aws:iam::12345678901:role/name",
            "arn:aws:iam:us-east-1:123456789012:role/name",
            "arn:aws:sts::123456789012:role/name",
            "arn:aws-cn:iam::123456789012:role/name",
        ] {
            let error = RoleArn::parse(wrong).err().unwrap();
            assert_eq!(error.message(), format!("{wrong} is invalid"));
        }
    }
}
