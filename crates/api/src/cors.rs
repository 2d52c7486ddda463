//! CORS in the pipeline: preflights answered, and actual responses given their headers (facts/03).
//!
//! The decision is `cairn-cors`'s. Here is only where it is asked: a preflight is answered right after the
//! redirect, before anybody is authenticated; of every other request with an `Origin` the headers are
//! worked out at the same place, and added to its answer whatever becomes of it. CORS refuses nothing but
//! preflights.

use cairn_cors::{Answer, Because, BucketCors, CorsConfiguration, Decision, Request, Resource, decide};
use cairn_objects::Bucket;
use cairn_protocol::S3Error;
use cairn_protocol::address::Address;
use http::request::Parts;
use http::{Method, StatusCode, Version};

use crate::operation::Reply;
use crate::refusal::Refusal;
use crate::response::Response;

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
pub(crate) fn configuration(bucket: &Bucket) -> Result<Option<CorsConfiguration>, S3Error> {
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

fn ask(parts: &Parts, address: &Address, bucket: Option<&Bucket>) -> Result<Decision, S3Error> {
    let resource = match address.key {
        Some(_) => Resource::Object,
        None => Resource::Bucket,
    };
    let request = Request::new(parts.method.as_str(), resource, &parts.headers);
    let stored = bucket.map(configuration).transpose()?;
    let known = match &stored {
        None => BucketCors::NoBucket,
        Some(configuration) => BucketCors::from(configuration.as_ref()),
    };
    Ok(decide(known, &request))
}

/// Answers a preflight (facts/03 §4); `None` for any other request.
pub(crate) fn preflight(parts: &Parts, address: &Address, bucket: Option<&Bucket>) -> Option<Reply> {
    if parts.method != Method::OPTIONS {
        return None;
    }
    Some(match ask(parts, address, bucket) {
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
    address: &Address,
    bucket: Option<&Bucket>,
) -> Vec<(&'static str, String)> {
    if !parts.headers.contains_key(http::header::ORIGIN) || bucket.is_none() {
        return Vec::new();
    }
    // A configuration that cannot be read refuses no request that would not need it.
    match ask(parts, address, bucket).map(|decision| decision.answer) {
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
