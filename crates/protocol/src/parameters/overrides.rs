//! `response-*`: headers of a read's answer, chosen by the request (facts/04 §2).

use http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_TYPE, EXPIRES,
};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::S3Error;
use crate::query::Query;

const OVERRIDES: [(&str, HeaderName); 6] = [
    ("response-content-type", CONTENT_TYPE),
    ("response-content-language", CONTENT_LANGUAGE),
    ("response-expires", EXPIRES),
    ("response-cache-control", CACHE_CONTROL),
    ("response-content-disposition", CONTENT_DISPOSITION),
    ("response-content-encoding", CONTENT_ENCODING),
];

/// The headers a GET or HEAD of an object asks to have replaced in its answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResponseOverrides(Vec<(HeaderName, HeaderValue)>);

impl ResponseOverrides {
    /// Reads them. `signed` is false for an anonymous request, which may have none.
    ///
    /// # Errors
    /// `InvalidRequest` for an anonymous request, `InvalidArgument` for a value that is not ISO-8859-1 or
    /// has control characters, which no header can carry (the same answer for these is believed).
    pub fn read(query: &Query, signed: bool) -> Result<Self, S3Error> {
        let mut overrides = Vec::new();
        for (name, header) in OVERRIDES {
            let Some(value) = query.get(name) else { continue };
            if !signed {
                return Err(S3Error::invalid_request(
                    "Request specific response headers cannot be used for anonymous GET requests.",
                ));
            }
            let latin: Option<Vec<u8>> = value.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
            let value = latin
                .and_then(|bytes| HeaderValue::from_bytes(&bytes).ok())
                .ok_or_else(|| {
                    S3Error::invalid_argument(
                        "Header value cannot be represented using ISO-8859-1.",
                        name,
                        value,
                    )
                })?;
            overrides.push((header, value));
        }
        Ok(Self(overrides))
    }

    /// Puts them in the place of the object's own headers.
    pub fn apply(&self, headers: &mut HeaderMap) {
        for (name, value) in &self.0 {
            headers.insert(name, value.clone());
        }
    }
}
