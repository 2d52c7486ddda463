//! CORS in the pipeline: preflights answered, and actual responses given their headers (facts/03).
//!
//! The decision is `cairn-cors`'s. Here is only where it is asked: a preflight is answered right after the
//! redirect, before anybody is authenticated; of every other request with an `Origin` the headers are
//! worked out at the same place (before it, where the request is refused earlier), and added to its answer whatever becomes of it. CORS refuses nothing but
//! preflights. What was asked and decided is noted for the journal ([`CorsFact`]).

mod fact;

use cairn_cors::{Answer, Because, BucketCors, CorsConfiguration, Decision, Request, Resource, decide};
use cairn_objects::Bucket;
use cairn_protocol::S3Error;
use cairn_protocol::address::Address;
use cairn_protocol::auth::diagnosis::PROXY_HEADERS;
use http::request::Parts;
use http::{Method, StatusCode, Version};

use crate::operation::Reply;
use crate::refusal::Refusal;
use crate::response::Response;
use crate::trace::{self, Trace};

pub use self::fact::CorsFact;

/// The bucket document that holds the configuration.
pub(crate) const DOCUMENT: &str = "cors";
/// The form of the stored configuration: this byte, then postcard.
const FORM: u8 = 1;

/// The configuration as it is stored.
///
/// # Errors
/// `InternalError`; a valid configuration can always be written.
pub(crate) fn encode(configuration: &CorsConfiguration) -> Result<Vec<u8>, S3Error> {
    postcard::to_extend(configuration, vec![FORM]).map_err(|_| S3Error::InternalError {})
}

/// The bucket's configuration, if it has one.
///
/// # Errors
/// `InternalError` where what is stored is none.
pub fn configuration(bucket: &Bucket) -> Result<Option<CorsConfiguration>, S3Error> {
    let Some(stored) = bucket.documents.get(DOCUMENT) else {
        return Ok(None);
    };
    let decoded = match stored.split_first() {
        Some((&FORM, rest)) => postcard::from_bytes(rest).ok(),
        _ => None,
    };
    if decoded.is_none() {
        tracing::error!(bucket = %bucket.name, "the stored CORS configuration cannot be read");
    }
    decoded.map(Some).ok_or(S3Error::InternalError {})
}

/// What an address names, as CORS tells it.
pub(crate) fn resource(address: &Address) -> Resource {
    match address.key {
        Some(_) => Resource::Object,
        None => Resource::Bucket,
    }
}

fn request(parts: &Parts, resource: Resource) -> Request<'_> {
    Request::new(parts.method.as_str(), resource, &parts.headers)
}

fn ask(
    parts: &Parts,
    resource: Resource,
    bucket: Option<&Bucket>,
    trace: &mut Trace,
) -> Result<Decision, S3Error> {
    let request = request(parts, resource);
    let decided = bucket.map(configuration).transpose().map(|stored| {
        let known = match &stored {
            None => BucketCors::NoBucket,
            Some(configuration) => BucketCors::from(configuration.as_ref()),
        };
        decide(known, &request)
    });
    note(parts, &request, decided.as_ref().ok(), trace);
    decided
}

/// Writes it down for who asks later.
fn note(parts: &Parts, request: &Request<'_>, decision: Option<&Decision>, trace: &mut Trace) {
    if !trace.journaled {
        return;
    }
    let proxied = PROXY_HEADERS.iter().any(|name| parts.headers.contains_key(*name));
    if let Some(bytes) = CorsFact::new(request, decision, proxied).encode() {
        trace.note(trace::fact::CORS, &bytes);
    }
}

/// Whether CORS has to do with the request: it has an `Origin`, or is a preflight.
fn concerns(parts: &Parts) -> bool {
    parts.method == Method::OPTIONS || parts.headers.contains_key(http::header::ORIGIN)
}

/// Whether CORS has to do with it, and it is no preflight.
pub(crate) fn concerns_actual(parts: &Parts) -> bool {
    parts.method != Method::OPTIONS && concerns(parts)
}

/// Notes a request that is redirected: nobody decides over it here.
pub(crate) fn redirected(parts: &Parts, address: &Address, trace: &mut Trace) {
    if concerns(parts) {
        note(parts, &request(parts, resource(address)), None, trace);
    }
}

/// Answers a preflight (facts/03 §4); `None` for any other request.
pub(crate) fn preflight(
    parts: &Parts,
    address: &Address,
    bucket: Option<&Bucket>,
    trace: &mut Trace,
) -> Option<Reply> {
    if parts.method != Method::OPTIONS {
        return None;
    }
    Some(match ask(parts, resource(address), bucket, trace) {
        Err(error) => Err(error.into()),
        Ok(decision) => match decision.answer {
            Answer::Refuse(error) => Err(closing(error.into(), decision.because, parts.version)),
            Answer::Allow(allowed) => Ok(with_headers(Response::new(StatusCode::OK), allowed.headers)),
            Answer::NoHeaders => Ok(Response::new(StatusCode::OK)),
        },
    })
}

/// Row 2 ends the connection (facts/03 §4); HTTP/2 has no header for that.
fn closing(refusal: Refusal, because: Because, version: Version) -> Refusal {
    if because == Because::NoOrigin && version <= Version::HTTP_11 {
        refusal.with("connection", "close")
    } else {
        refusal
    }
}

/// The headers that the answer of an actual request gets, whatever it will be (facts/03 §3).
pub(crate) fn headers(
    parts: &Parts,
    resource: Resource,
    bucket: Option<&Bucket>,
    trace: &mut Trace,
) -> Vec<(&'static str, String)> {
    if !concerns(parts) {
        return Vec::new();
    }
    // A configuration that cannot be read refuses no request that would not need it.
    match ask(parts, resource, bucket, trace).map(|decision| decision.answer) {
        Ok(Answer::Allow(allowed)) => allowed.headers,
        _ => Vec::new(),
    }
}

/// Adds them.
pub(crate) fn add(reply: Reply, headers: Vec<(&'static str, String)>) -> Reply {
    match reply {
        Ok(response) => Ok(with_headers(response, headers)),
        Err(refusal) => Err(headers
            .into_iter()
            .fold(refusal, |refusal: Refusal, (name, value)| {
                refusal.with(name, value)
            })),
    }
}

fn with_headers(response: Response, headers: Vec<(&'static str, String)>) -> Response {
    headers
        .into_iter()
        .fold(response, |response, (name, value)| response.header(name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_2_closes_connections_of_http_1_only() {
        let refusal = || Refusal::from(S3Error::access_denied());
        let close = [("connection", "close".to_owned())];
        assert_eq!(
            closing(refusal(), Because::NoOrigin, Version::HTTP_11).headers,
            close
        );
        assert_eq!(closing(refusal(), Because::NoOrigin, Version::HTTP_2).headers, []);
        assert_eq!(closing(refusal(), Because::NoRule, Version::HTTP_11).headers, []);
    }
}
