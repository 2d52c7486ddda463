//! A request, as far as CORS looks at it.
//!
//! Three headers and the method: real headers of a request are never looked at (facts/03 §2). The values are
//! a stranger's, and a preflight carries no signature, so each has a limit beyond which nothing matches.

use std::borrow::Cow;

use http::HeaderMap;
use http::header::{
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HeaderName, HeaderValue, ORIGIN,
};
use serde::Serialize;

use crate::Because;
use crate::pattern::is_header_name;

/// Longest `Origin` in bytes that can match. A scheme, a host name of 253 and a port are about 270.
pub const ORIGIN_BYTES_MAX: usize = 1024;

/// Longest `Access-Control-Request-Headers` in bytes that can match: S3's limit on a whole header section.
pub const REQUESTED_HEADERS_BYTES_MAX: usize = 8 * 1024;

/// Most names in `Access-Control-Request-Headers` that can match. S3 takes 2 KiB of metadata, and few other
/// headers, with an upload.
pub const REQUESTED_HEADERS_MAX: usize = 256;

/// Most characters of a request's value that an error message or an explanation repeats.
const ECHO_CHARACTERS_MAX: usize = 1024;

/// What the URL names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Resource {
    /// A bucket, or the service itself.
    Bucket,
    /// A key in a bucket, whether it exists or not.
    Object,
}

impl Resource {
    /// `<ResourceType>`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bucket => "BUCKET",
            Self::Object => "OBJECT",
        }
    }
}

/// A request, made or not yet made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request<'a> {
    /// The HTTP method; `OPTIONS` makes it a preflight.
    pub method: &'a str,
    /// What its URL names.
    pub resource: Resource,
    /// `Origin`.
    pub origin: Option<Cow<'a, str>>,
    /// `Access-Control-Request-Method`.
    pub requested_method: Option<Cow<'a, str>>,
    /// `Access-Control-Request-Headers`; several lines are one value, joined with commas (RFC 9110 §5.2).
    pub requested_headers: Option<Cow<'a, str>>,
}

impl<'a> Request<'a> {
    /// The request with these headers. Of several `Origin` or `Access-Control-Request-Method` the first
    /// counts; browsers send one.
    pub fn new(method: &'a str, resource: Resource, headers: &'a HeaderMap) -> Self {
        let first = |name: HeaderName| headers.get(name).map(text);
        let mut lines = headers.get_all(ACCESS_CONTROL_REQUEST_HEADERS).iter().map(text);
        let requested_headers = lines.next().map(|line| {
            lines.fold(line, |mut all, line| {
                all.to_mut().push(',');
                all.to_mut().push_str(&line);
                all
            })
        });
        Self {
            method,
            resource,
            origin: first(ORIGIN),
            requested_method: first(ACCESS_CONTROL_REQUEST_METHOD),
            requested_headers,
        }
    }

    /// Whether it is one that a browser sends to ask.
    pub fn is_preflight(&self) -> bool {
        self.method == "OPTIONS"
    }

    /// `Origin` without the space around it, which is no part of a header's value (RFC 9110 §5.5).
    pub(crate) fn origin(&self) -> Option<&str> {
        self.origin.as_deref().map(trim)
    }

    /// `Access-Control-Request-Method`, likewise.
    pub(crate) fn requested_method(&self) -> Option<&str> {
        self.requested_method.as_deref().map(trim)
    }

    /// The method that a rule has to allow: the requested one, if there is one, on any request (facts/03 §2).
    pub(crate) fn effective_method(&self) -> &str {
        self.requested_method().unwrap_or(self.method)
    }

    /// The names in `Access-Control-Request-Headers`, in order, in the letter case sent. An empty value is
    /// as good as none [believed], and so is an empty name between two commas.
    pub(crate) fn requested_headers(&self) -> Result<Vec<&str>, Because> {
        let value = self.requested_headers.as_deref().unwrap_or_default();
        if value.len() > REQUESTED_HEADERS_BYTES_MAX {
            return Err(Because::Limit(Limit::RequestedHeadersBytes));
        }
        let names = value.split(',').map(trim).filter(|name| !name.is_empty());
        // One more than can match is enough to know.
        let names: Vec<_> = names.take(REQUESTED_HEADERS_MAX + 1).collect();
        if let Some(name) = names.iter().find(|name| !is_header_name(name)) {
            return Err(Because::RequestedHeader(shown(name)));
        }
        if names.len() > REQUESTED_HEADERS_MAX {
            return Err(Because::Limit(Limit::RequestedHeaders));
        }
        Ok(names)
    }
}

/// A limit of Cairn's own: what is beyond matches no rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Limit {
    /// [`ORIGIN_BYTES_MAX`].
    OriginBytes,
    /// [`REQUESTED_HEADERS_BYTES_MAX`].
    RequestedHeadersBytes,
    /// [`REQUESTED_HEADERS_MAX`].
    RequestedHeaders,
}

impl Limit {
    pub(crate) fn text(self) -> String {
        match self {
            Self::OriginBytes => format!("the Origin has more than {ORIGIN_BYTES_MAX} bytes"),
            Self::RequestedHeadersBytes => {
                format!("Access-Control-Request-Headers has more than {REQUESTED_HEADERS_BYTES_MAX} bytes")
            }
            Self::RequestedHeaders => {
                format!("Access-Control-Request-Headers has more than {REQUESTED_HEADERS_MAX} names")
            }
        }
    }
}

/// What is repeated of a request's value.
pub(crate) fn shown(text: &str) -> String {
    text.chars().take(ECHO_CHARACTERS_MAX).collect()
}

/// Bytes that are no UTF-8 become U+FFFD, which no origin and no header's name has.
fn text(value: &HeaderValue) -> Cow<'_, str> {
    String::from_utf8_lossy(value.as_bytes())
}

fn trim(value: &str) -> &str {
    value.trim_matches([' ', '\t'])
}
