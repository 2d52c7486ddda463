//! Errors of the services that speak the Query protocol (facts/05 §1).

use std::borrow::Cow;

use cairn_protocol::xml::Writer;
use http::StatusCode;

use super::authorization_message;
use crate::body::Body;
use crate::response::Response;
use crate::services::Denied;

/// Whose fault it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Sender,
    Receiver,
}

/// A code with its status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct QueryErrorKind {
    /// The code.
    pub(crate) code: &'static str,
    /// The status.
    pub(crate) status: u16,
}

impl QueryErrorKind {
    /// A kind.
    pub(crate) const fn new(code: &'static str, status: u16) -> Self {
        Self { code, status }
    }
}

/// The caller may not.
pub(crate) const ACCESS_DENIED: QueryErrorKind = QueryErrorKind::new("AccessDenied", 403);
/// The credentials are too old.
const EXPIRED_TOKEN: QueryErrorKind = QueryErrorKind::new("ExpiredToken", 403);
/// The signature cannot be read.
const INCOMPLETE_SIGNATURE: QueryErrorKind = QueryErrorKind::new("IncompleteSignature", 400);
const INTERNAL_FAILURE: QueryErrorKind = QueryErrorKind::new("InternalFailure", 500);
const INVALID_ACTION: QueryErrorKind = QueryErrorKind::new("InvalidAction", 400);
const INVALID_CLIENT_TOKEN_ID: QueryErrorKind = QueryErrorKind::new("InvalidClientTokenId", 403);
const MALFORMED_QUERY_STRING: QueryErrorKind = QueryErrorKind::new("MalformedQueryString", 404);
const MISSING_ACTION: QueryErrorKind = QueryErrorKind::new("MissingAction", 400);
const MISSING_AUTHENTICATION_TOKEN: QueryErrorKind = QueryErrorKind::new("MissingAuthenticationToken", 403);
const REQUEST_ENTITY_TOO_LARGE: QueryErrorKind = QueryErrorKind::new("RequestEntityTooLarge", 413);
const SIGNATURE_DOES_NOT_MATCH: QueryErrorKind = QueryErrorKind::new("SignatureDoesNotMatch", 403);
/// A parameter breaks a rule of the model.
pub(crate) const VALIDATION_ERROR: QueryErrorKind = QueryErrorKind::new("ValidationError", 400);

/// An error on its way to the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct QueryError {
    pub(crate) kind: QueryErrorKind,
    message: Cow<'static, str>,
    /// Why, encoded: for whoever may decode it.
    authorization_message: Option<String>,
}

impl QueryError {
    /// An error.
    pub(crate) fn new(kind: QueryErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            message: message.into(),
            authorization_message: None,
        }
    }

    /// The same, with the encoded message that says why.
    pub(crate) fn with_authorization_message(self, encoded: Option<String>) -> Self {
        Self {
            authorization_message: encoded,
            ..self
        }
    }

    /// What it tells the client.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// The caller may not.
    pub(crate) fn access_denied(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ACCESS_DENIED, message)
    }

    /// A parameter breaks a rule.
    pub(crate) fn validation(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(VALIDATION_ERROR, message)
    }

    /// The request's parameters cannot be read.
    pub(crate) fn malformed_query() -> Self {
        Self::new(MALFORMED_QUERY_STRING, "The query string contains a syntax error")
    }

    /// There is no `Action`.
    pub(crate) fn missing_action() -> Self {
        Self::new(MISSING_ACTION, "Missing Action")
    }

    /// There is no such action.
    pub(crate) fn invalid_action(action: &str, version: &str) -> Self {
        Self::new(
            INVALID_ACTION,
            format!("Could not find operation {action} for version {version}"),
        )
    }

    /// Our fault.
    pub(crate) fn internal() -> Self {
        Self::new(
            INTERNAL_FAILURE,
            "The request processing has failed because of an unknown error, exception or failure.",
        )
    }

    /// The answer.
    pub(crate) fn respond(&self, namespace: &'static str, request_id: &str) -> Response {
        let status = StatusCode::from_u16(self.kind.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let fault = if status.is_server_error() {
            Fault::Receiver
        } else {
            Fault::Sender
        };
        let mut document = Writer::in_namespace("ErrorResponse", namespace);
        document
            .nested("Error", |error| {
                let fault = match fault {
                    Fault::Sender => "Sender",
                    Fault::Receiver => "Receiver",
                };
                error
                    .element("Type", fault)
                    .element("Code", self.kind.code)
                    .element("Message", &self.message);
            })
            .element("RequestId", request_id);
        let response = Response::new(status).header("content-type", "text/xml");
        let response = match &self.authorization_message {
            Some(encoded) => response.header(authorization_message::HEADER, encoded.as_str()),
            None => response,
        };
        response.body(Body::full(document.finish()))
    }
}

impl From<Denied> for QueryError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::NotSigned => Self::new(
                MISSING_AUTHENTICATION_TOKEN,
                "Request is missing Authentication Token",
            ),
            Denied::Malformed(message) => Self::new(INCOMPLETE_SIGNATURE, message),
            Denied::WrongRegion => Self::new(
                SIGNATURE_DOES_NOT_MATCH,
                "Credential should be scoped to a valid region. ",
            ),
            Denied::WrongService(service) => Self::new(
                SIGNATURE_DOES_NOT_MATCH,
                format!(
                    "Credential should be scoped to correct service: '{}'. ",
                    service.scope()
                ),
            ),
            Denied::UnknownKey | Denied::InvalidToken => Self::new(
                INVALID_CLIENT_TOKEN_ID,
                "The security token included in the request is invalid.",
            ),
            Denied::ExpiredToken => Self::new(
                EXPIRED_TOKEN,
                "The security token included in the request is expired",
            ),
            Denied::NotNow(message) => Self::new(SIGNATURE_DOES_NOT_MATCH, message),
            Denied::SignatureDoesNotMatch => Self::new(
                SIGNATURE_DOES_NOT_MATCH,
                "The request signature we calculated does not match the signature you provided. Check your AWS \
                 Secret Access Key and signing method. Consult the service documentation for details.",
            ),
            Denied::HeadersNotSigned(headers) => {
                let message = format!("'{headers}' must be a 'SignedHeader' in the AWS Authorization.");
                Self::new(SIGNATURE_DOES_NOT_MATCH, message)
            }
            Denied::TooLong => Self::new(REQUEST_ENTITY_TOO_LARGE, "Request Too Long"),
            Denied::Incomplete => Self::new(MALFORMED_QUERY_STRING, "The request's body did not come whole"),
            Denied::BadHead(message) => Self::new(MALFORMED_QUERY_STRING, message),
            Denied::Failed => Self::internal(),
        }
    }
}
