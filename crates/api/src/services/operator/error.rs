//! The operator's service's errors: a JSON document of a code and a message, the code in `x-amzn-errortype` too.

use std::borrow::Cow;

use cairn_identity::{Error, Quota};
use http::StatusCode;
use serde::Serialize;

use crate::body::Body;
use crate::response::Response;
use crate::services::Denied;

/// An error on its way to the client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct OperatorError {
    pub(crate) code: &'static str,
    message: Cow<'static, str>,
    #[serde(skip)]
    status: u16,
}

impl OperatorError {
    fn new(code: &'static str, status: u16, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            message: message.into(),
            status,
        }
    }

    /// What it tells the client.
    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// Somebody else than the operator asks.
    pub(super) fn access_denied(arn: &str, operation: &str) -> Self {
        let message = format!(
            "User: {arn} is not authorized to perform: cairn:{operation}: only the root user of the first account is"
        );
        Self::new("AccessDenied", 403, message)
    }

    /// The body is no document of the operation's, or a member of it is wrong.
    pub(super) fn validation(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new("ValidationException", 400, message)
    }

    /// No operation has this method and path.
    pub(super) fn unknown_operation() -> Self {
        Self::new("UnknownOperation", 404, "No operation has this method and path")
    }

    fn internal() -> Self {
        Self::new(
            "InternalFailure",
            500,
            "The request failed; the server's log says why",
        )
    }

    /// The answer.
    pub(super) fn respond(&self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        // The document is strings: it always has a JSON form.
        let document = serde_json::to_vec(self).unwrap_or_default();
        Response::new(status)
            .header("content-type", "application/json")
            .header("x-amzn-errortype", self.code)
            .body(Body::full(document))
    }
}

impl From<Error> for OperatorError {
    fn from(error: Error) -> Self {
        match error {
            Error::NoSuchEntity(..) => Self::new("NoSuchEntity", 404, error.to_string()),
            Error::EntityAlreadyExists(..) => Self::new("EntityAlreadyExists", 409, error.to_string()),
            Error::InvalidInput(message) => Self::validation(message),
            Error::LimitExceeded(Quota::AccessKeysPerUser, _) => {
                Self::new("LimitExceeded", 409, error.to_string())
            }
            Error::Busy => Self::new(
                "ConcurrentModification",
                409,
                "Accounts are being changed by another request; try again",
            ),
            error => {
                tracing::error!(%error, "a request of the operator failed");
                Self::internal()
            }
        }
    }
}

impl From<Denied> for OperatorError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::NotSigned => Self::new(
                "MissingAuthenticationToken",
                403,
                "Request is missing Authentication Token",
            ),
            Denied::UnknownKey | Denied::InvalidToken => Self::new(
                "InvalidClientTokenId",
                403,
                "The security token included in the request is invalid.",
            ),
            Denied::ExpiredToken => Self::new(
                "ExpiredToken",
                403,
                "The security token included in the request is expired",
            ),
            Denied::WrongRegion | Denied::WrongService(_) | Denied::SignatureDoesNotMatch => Self::new(
                "SignatureDoesNotMatch",
                403,
                "The signature is not the key's over this request, or is for another region or service",
            ),
            Denied::NotNow(message) => Self::new("SignatureDoesNotMatch", 403, message),
            Denied::HeadersNotSigned(headers) => Self::new(
                "SignatureDoesNotMatch",
                403,
                format!("these headers must be signed: {headers}"),
            ),
            Denied::Malformed(message) => Self::new("IncompleteSignature", 400, message),
            Denied::BadHead(message) => Self::new("BadRequest", 400, message),
            Denied::Incomplete => Self::new("BadRequest", 400, "The request's body did not come whole"),
            Denied::TooLong => Self::new("RequestEntityTooLarge", 413, "Request Too Long"),
            Denied::Failed => Self::internal(),
        }
    }
}
