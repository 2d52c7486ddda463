//! The errors that only STS has (facts/05 §4).

use crate::services::query::{QueryError, QueryErrorKind};

const EXPIRED_TOKEN: QueryErrorKind = QueryErrorKind::new("ExpiredTokenException", 400);
const IDP_COMMUNICATION_ERROR: QueryErrorKind = QueryErrorKind::new("IDPCommunicationError", 400);
const INVALID_AUTHORIZATION_MESSAGE: QueryErrorKind =
    QueryErrorKind::new("InvalidAuthorizationMessageException", 400);
const INVALID_IDENTITY_TOKEN: QueryErrorKind = QueryErrorKind::new("InvalidIdentityToken", 400);
const INVALID_PARAMETER_VALUE: QueryErrorKind = QueryErrorKind::new("InvalidParameterValue", 400);
const PACKED_POLICY_TOO_LARGE: QueryErrorKind = QueryErrorKind::new("PackedPolicyTooLarge", 400);

/// A parameter that is well formed and cannot be taken beside the others.
pub(super) fn invalid_parameter_value(message: impl Into<std::borrow::Cow<'static, str>>) -> QueryError {
    QueryError::new(INVALID_PARAMETER_VALUE, message)
}

/// Policies and tags are longer together than a token can carry (the words are believed).
pub(super) fn packed_policy_too_large(percent: usize) -> QueryError {
    QueryError::new(
        PACKED_POLICY_TOO_LARGE,
        format!("Packed policy consumes {percent}% of allotted space, please use smaller policy."),
    )
}

/// The token proves nothing.
pub(super) fn invalid_identity_token(message: impl Into<std::borrow::Cow<'static, str>>) -> QueryError {
    QueryError::new(INVALID_IDENTITY_TOKEN, message)
}

/// The token has ended.
pub(super) fn expired_token(message: String) -> QueryError {
    QueryError::new(EXPIRED_TOKEN, message)
}

/// The provider cannot be asked for its keys (the model's words).
pub(super) fn idp_communication_error() -> QueryError {
    QueryError::new(
        IDP_COMMUNICATION_ERROR,
        "The request could not be fulfilled because the identity provider (IDP) that was asked to verify the incoming \
         identity token could not be reached.",
    )
}

/// The message is none of ours, or of another account's (the words are believed).
pub(super) fn invalid_authorization_message() -> QueryError {
    QueryError::new(INVALID_AUTHORIZATION_MESSAGE, "Invalid encoded message")
}
