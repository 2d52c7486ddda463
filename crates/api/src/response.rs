//! From an operation's outcome to the HTTP response: the one place that knows the rules.
//!
//! [`Response`] is what operations build. [`finish`] adds what every answer carries, makes the document
//! of a refusal, and applies the rules for HEAD (the headers of GET, no body), 204 and 304 (no body).

use bytes::Bytes;
use cairn_protocol::id::{HostId, RequestId};
use http::header::{CONNECTION, CONTENT_LENGTH, HeaderName, HeaderValue, SERVER};
use http::{Method, StatusCode, Version};

use crate::body::Body;
use crate::refusal::Refusal;

/// `x-amz-request-id`.
pub(crate) const X_AMZ_REQUEST_ID: HeaderName = HeaderName::from_static("x-amz-request-id");
/// `x-amz-id-2`.
pub(crate) const X_AMZ_ID_2: HeaderName = HeaderName::from_static("x-amz-id-2");

/// Headers that an answer has room for from the start: those of a GetObject with a version id and a checksum.
const HEADERS_EXPECTED: usize = 12;

/// A header's value made of a text, which is not copied where it is owned.
pub(crate) trait Value {
    /// `None` for what no header can carry.
    fn into_value(self) -> Option<HeaderValue>;
}

impl Value for &str {
    fn into_value(self) -> Option<HeaderValue> {
        HeaderValue::from_bytes(self.as_bytes()).ok()
    }
}

impl Value for &String {
    fn into_value(self) -> Option<HeaderValue> {
        self.as_str().into_value()
    }
}

impl Value for String {
    fn into_value(self) -> Option<HeaderValue> {
        HeaderValue::from_maybe_shared(Bytes::from(self)).ok()
    }
}

/// An answer in the making.
pub(crate) struct Response {
    parts: http::response::Parts,
    body: Body,
}

impl Response {
    /// An answer without a body.
    pub(crate) fn new(status: StatusCode) -> Self {
        let (mut parts, ()) = http::Response::new(()).into_parts();
        parts.status = status;
        parts.headers.reserve(HEADERS_EXPECTED);
        Self {
            parts,
            body: Body::empty(),
        }
    }

    /// `204 No Content`.
    pub(crate) fn no_content() -> Self {
        Self::new(StatusCode::NO_CONTENT)
    }

    /// `200 OK` with a document.
    pub(crate) fn xml(document: String) -> Self {
        Self::new(StatusCode::OK)
            .header("content-type", "application/xml")
            .body(Body::full(document))
    }

    /// The answer with a header. A value no header can carry is left out: nothing that comes from a
    /// request reaches this without having been a header value, and stored metadata is checked when it
    /// is written.
    pub(crate) fn header(mut self, name: &'static str, value: impl Value) -> Self {
        if let Some(value) = value.into_value() {
            self.parts.headers.insert(HeaderName::from_static(name), value);
        }
        self
    }

    /// The answer with a header, where there is a value.
    pub(crate) fn optional(self, name: &'static str, value: Option<impl Value>) -> Self {
        match value {
            Some(value) => self.header(name, value),
            None => self,
        }
    }

    /// The answer with a header whose name is only known now; left out where it is no header.
    pub(crate) fn dynamic_header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        if let (Ok(name), Ok(value)) = (
            name.parse::<HeaderName>(),
            HeaderValue::from_bytes(value.as_ref()),
        ) {
            self.parts.headers.append(name, value);
        }
        self
    }

    /// The headers so far.
    pub(crate) fn headers_mut(&mut self) -> &mut http::HeaderMap {
        &mut self.parts.headers
    }

    /// The answer with a body.
    pub(crate) fn body(mut self, body: Body) -> Self {
        self.body = body;
        self
    }

    /// The body, taken out: for the keep-alive of long operations, whose head was sent before.
    pub(crate) fn into_body(self) -> Body {
        self.body
    }
}

/// The two ids of a request.
#[derive(Clone)]
pub(crate) struct Ids {
    /// `x-amz-request-id` and `<RequestId>`.
    pub(crate) request_id: RequestId,
    /// `x-amz-id-2` and `<HostId>`.
    pub(crate) host_id: HostId,
}

/// What [`finish`] must know of the request.
pub(crate) struct Ending<'a> {
    /// Its method.
    pub(crate) method: &'a Method,
    /// Its version of HTTP.
    pub(crate) version: Version,
    /// Its ids.
    pub(crate) ids: &'a Ids,
    /// Whether bytes of its body were left unread: the connection cannot be used again.
    pub(crate) unread: bool,
}

/// A number as a header's value, with one allocation where `HeaderValue::from` makes two.
fn number(number: u64) -> HeaderValue {
    number.to_string().into_value().unwrap_or_else(|| number.into())
}

/// Makes the response.
pub(crate) fn finish(reply: Result<Response, Refusal>, ending: &Ending<'_>) -> http::Response<Body> {
    let refused = reply.is_err();
    let Response { mut parts, mut body } = match reply {
        Ok(response) => response,
        Err(refusal) => refuse(refusal, ending.ids),
    };
    let bodiless = matches!(parts.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    if bodiless {
        body = Body::empty();
        parts.headers.remove(CONTENT_LENGTH);
    } else if ending.method == Method::HEAD {
        // A successful HEAD tells the length of what GET would send; a refused one says nothing of a
        // document it does not send (facts/06 §1).
        if refused {
            parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(0));
        } else if let Some(length) = body.length()
            && !parts.headers.contains_key(CONTENT_LENGTH)
        {
            parts.headers.insert(CONTENT_LENGTH, number(length));
        }
        body = Body::empty();
    } else if let Some(length) = body.length() {
        parts.headers.insert(CONTENT_LENGTH, number(length));
    }
    if ending.unread && ending.version <= Version::HTTP_11 {
        parts
            .headers
            .insert(CONNECTION, HeaderValue::from_static("close"));
    }
    for (name, value) in [
        (X_AMZ_REQUEST_ID, ending.ids.request_id.as_str()),
        (X_AMZ_ID_2, ending.ids.host_id.as_str()),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
            parts.headers.insert(name, value);
        }
    }
    parts.headers.insert(SERVER, HeaderValue::from_static("AmazonS3"));
    http::Response::from_parts(parts, body)
}

/// The response of a refusal: the document and the headers that go with it.
fn refuse(refusal: Refusal, ids: &Ids) -> Response {
    let Refusal { error, headers, html } = refusal;
    let (request_id, host_id) = (ids.request_id.as_str(), ids.host_id.as_str());
    let (document, form) = if html {
        (error.to_html(request_id, host_id), "text/html; charset=utf-8")
    } else {
        (error.to_xml(true, request_id, host_id), "application/xml")
    };
    let mut response = Response::new(error.status())
        .header("content-type", form)
        .body(Body::full(Bytes::from(document)));
    if html {
        response = response
            .header("x-amz-error-code", error.code())
            .header("x-amz-error-message", error.message().as_ref());
        for (name, value) in error.details() {
            response = response.dynamic_header(&format!("x-amz-error-detail-{name}"), value);
        }
    }
    for (name, value) in headers {
        response = response.dynamic_header(name, value);
    }
    response
}
