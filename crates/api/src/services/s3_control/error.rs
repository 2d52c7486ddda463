//! S3 Control's errors: S3's codes in a document of its own (believed: as its model and Amazon's SDKs read it).

use cairn_protocol::S3Error;
use cairn_protocol::documents::CONTROL_NAMESPACE;
use cairn_protocol::xml::Writer;

use crate::body::Body;
use crate::response::{Ids, Response};
use crate::services::Denied;

/// `<ErrorResponse><Error>…</Error><RequestId/><HostId/></ErrorResponse>`
pub(super) fn respond(error: &S3Error, ids: &Ids) -> Response {
    let mut writer = Writer::in_namespace("ErrorResponse", CONTROL_NAMESPACE);
    writer.nested("Error", |writer| {
        writer
            .element("Code", error.code())
            .element("Message", error.message());
        for (name, text) in error.details() {
            writer.element(name, text);
        }
    });
    writer
        .element("RequestId", ids.request_id.as_str())
        .element("HostId", ids.host_id.as_str());
    Response::new(error.status())
        .header("content-type", "application/xml")
        .body(Body::full(writer.finish()))
}

/// What is wrong with a request's signature, as S3 says it where a service has no more than the fact.
pub(super) fn denied(denied: Denied) -> S3Error {
    match denied {
        Denied::NotSigned | Denied::NotNow(_) => S3Error::access_denied(),
        Denied::Malformed(message) => S3Error::AuthorizationHeaderMalformed {
            message,
            region: None,
        },
        Denied::WrongRegion => S3Error::AuthorizationHeaderMalformed {
            message: "The authorization header is malformed; the region is wrong".to_owned(),
            region: None,
        },
        Denied::WrongService(_) => S3Error::AuthorizationHeaderMalformed {
            message:
                "The authorization header is malformed; incorrect service. This endpoint belongs to \"s3\"."
                    .to_owned(),
            region: None,
        },
        // What was computed stays here: the fact has none of it.
        Denied::UnknownKey => S3Error::InvalidAccessKeyId {
            access_key_id: String::new(),
        },
        Denied::InvalidToken => S3Error::InvalidToken { token: String::new() },
        Denied::ExpiredToken => S3Error::ExpiredToken { token: String::new() },
        Denied::Failed => S3Error::InternalError {},
        Denied::SignatureDoesNotMatch => S3Error::SignatureDoesNotMatch {
            access_key_id: Box::default(),
            string_to_sign: Box::default(),
            signature_provided: Box::default(),
            string_to_sign_bytes: Box::default(),
            canonical_request: None,
            canonical_request_bytes: None,
        },
        Denied::HeadersNotSigned(headers) => S3Error::AccessDeniedHeadersNotSigned { headers },
        Denied::TooLong => S3Error::MaxMessageLengthExceeded {
            max_message_length_bytes: crate::services::SERVICE_BODY_BYTES_MAX as u64,
        },
        Denied::Incomplete => S3Error::broken_body(),
        Denied::BadHead(message) => S3Error::BadRequest { message },
    }
}
