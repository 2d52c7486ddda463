//! The Account API's errors: restJson1, so a JSON document and the code in `x-amzn-ErrorType`.
//!
//! The exceptions of the service's model come first in [`AccountError`]; a test holds their names and
//! statuses against the model. What is wrong with a signature is answered by Amazon's front door, in
//! words no model has: believed, as bug reports quote them.

use std::borrow::Cow;

use http::StatusCode;
use serde::Serialize;

use crate::body::Body;
use crate::response::Response;
use crate::services::{Denied, Service};

/// An error of the model or of the front door: its code and status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountErrorKind {
    /// The code, as `x-amzn-ErrorType` has it.
    pub code: &'static str,
    /// The status.
    pub status: u16,
}

impl AccountErrorKind {
    const fn new(code: &'static str, status: u16) -> Self {
        Self { code, status }
    }
}

/// The caller may not.
pub(super) const ACCESS_DENIED: AccountErrorKind = AccountErrorKind::new("AccessDeniedException", 403);
/// Others change the same account at this moment.
pub(super) const CONFLICT: AccountErrorKind = AccountErrorKind::new("ConflictException", 409);
/// Our fault.
pub(super) const INTERNAL_SERVER: AccountErrorKind = AccountErrorKind::new("InternalServerException", 500);
/// Too busy.
pub(super) const TOO_MANY_REQUESTS: AccountErrorKind = AccountErrorKind::new("TooManyRequestsException", 429);
/// A parameter is wrong.
pub(super) const VALIDATION: AccountErrorKind = AccountErrorKind::new("ValidationException", 400);

// The front door's (believed).
const INCOMPLETE_SIGNATURE: AccountErrorKind = AccountErrorKind::new("IncompleteSignatureException", 400);
const INVALID_SIGNATURE: AccountErrorKind = AccountErrorKind::new("InvalidSignatureException", 403);
const MISSING_TOKEN: AccountErrorKind = AccountErrorKind::new("MissingAuthenticationTokenException", 403);
const BAD_REQUEST: AccountErrorKind = AccountErrorKind::new("BadRequestException", 400);
const EXPIRED_TOKEN: AccountErrorKind = AccountErrorKind::new("ExpiredTokenException", 403);
const SERIALIZATION: AccountErrorKind = AccountErrorKind::new("SerializationException", 400);
const TOO_LONG: AccountErrorKind = AccountErrorKind::new("RequestEntityTooLargeException", 413);
const UNKNOWN_OPERATION: AccountErrorKind = AccountErrorKind::new("UnknownOperationException", 404);
const UNRECOGNIZED_CLIENT: AccountErrorKind = AccountErrorKind::new("UnrecognizedClientException", 403);

/// `ValidationExceptionReason` of the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Reason {
    /// The region cannot be enabled or disabled.
    InvalidRegionOptTarget,
    /// A member has a value it cannot have.
    FieldValidationFailed,
}

/// `ValidationExceptionField` of the model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Field {
    name: &'static str,
    message: String,
}

/// The document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    message: Cow<'static, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Reason>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    field_list: Vec<Field>,
}

/// An error on its way to the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AccountError {
    pub(crate) kind: AccountErrorKind,
    // Boxed: every step returns a `Result` of this, and few refuse.
    document: Box<Document>,
}

impl AccountError {
    fn new(kind: AccountErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            document: Box::new(Document {
                message: message.into(),
                reason: None,
                field_list: Vec::new(),
            }),
        }
    }

    /// What it tells the client.
    pub(super) fn message(&self) -> &str {
        &self.document.message
    }

    /// The caller's policies, or another account's number.
    pub(super) fn access_denied(arn: &str, action: &str) -> Self {
        let message = format!("User: {arn} is not authorized to perform: {action}");
        Self::new(ACCESS_DENIED, message)
    }

    /// A member of the input has a value it cannot have.
    pub(super) fn field(name: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        let mut error = Self::new(VALIDATION, format!("{name}: {message}"));
        error.document.reason = Some(Reason::FieldValidationFailed);
        error.document.field_list.push(Field { name, message });
        error
    }

    /// A region that cannot be opted in to or out of.
    pub(super) fn not_an_opt_target(message: impl Into<Cow<'static, str>>) -> Self {
        let mut error = Self::new(VALIDATION, message);
        error.document.reason = Some(Reason::InvalidRegionOptTarget);
        error
    }

    /// The body is no document of the operation's.
    pub(super) fn serialization() -> Self {
        Self::new(
            SERIALIZATION,
            "The request's body is not the JSON this operation takes",
        )
    }

    /// No operation has this method and path.
    pub(super) fn unknown_operation() -> Self {
        Self::new(
            UNKNOWN_OPERATION,
            "No operation of the Account API has this method and path",
        )
    }

    /// A fact of the store, where a choice was to be changed (`changing`) or read.
    pub(super) fn store(error: &cairn_objects::Error, changing: bool) -> Self {
        match error {
            cairn_objects::Error::Busy if changing => Self::new(
                CONFLICT,
                "The regions of this account are being changed by another request; try again",
            ),
            cairn_objects::Error::Busy => Self::new(TOO_MANY_REQUESTS, "Too busy; try again"),
            error => {
                tracing::error!(%error, "the regions of an account");
                Self::new(
                    INTERNAL_SERVER,
                    "We encountered an internal error. Please try again.",
                )
            }
        }
    }

    /// The answer.
    pub(super) fn respond(&self) -> Response {
        let status = StatusCode::from_u16(self.kind.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        // The document is strings: it always has a JSON form.
        let document = serde_json::to_vec(&self.document).unwrap_or_default();
        Response::new(status)
            .header("content-type", "application/json")
            .header("x-amzn-errortype", self.kind.code)
            .body(Body::full(document))
    }
}

impl From<Denied> for AccountError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::NotSigned => Self::new(MISSING_TOKEN, "Missing Authentication Token"),
            Denied::Malformed(message) => Self::new(INCOMPLETE_SIGNATURE, message),
            Denied::WrongRegion => Self::new(
                INVALID_SIGNATURE,
                "Credential should be scoped to a valid region. ",
            ),
            Denied::WrongService(service) => Self::new(INVALID_SIGNATURE, wrong_service(service)),
            Denied::UnknownKey | Denied::InvalidToken => Self::new(
                UNRECOGNIZED_CLIENT,
                "The security token included in the request is invalid.",
            ),
            Denied::ExpiredToken => Self::new(
                EXPIRED_TOKEN,
                "The security token included in the request is expired",
            ),
            Denied::NotNow(message) => Self::new(INVALID_SIGNATURE, message),
            Denied::Failed => Self::new(
                INTERNAL_SERVER,
                "We encountered an internal error. Please try again.",
            ),
            Denied::SignatureDoesNotMatch => Self::new(
                INVALID_SIGNATURE,
                "The request signature we calculated does not match the signature you provided. Check your AWS \
                 Secret Access Key and signing method. Consult the service documentation for details.",
            ),
            Denied::HeadersNotSigned(headers) => {
                let message = format!("'{headers}' must be a 'SignedHeader' in the AWS Authorization.");
                Self::new(INVALID_SIGNATURE, message)
            }
            Denied::TooLong => Self::new(TOO_LONG, "Request Too Long"),
            Denied::Incomplete => Self::new(BAD_REQUEST, "The request's body did not come whole"),
            Denied::BadHead(message) => Self::new(BAD_REQUEST, message),
        }
    }
}

fn wrong_service(service: Service) -> String {
    format!(
        "Credential should be scoped to correct service: '{}'. ",
        service.scope()
    )
}
