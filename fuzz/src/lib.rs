//! How a fuzz input becomes a request's head: a line with the method and the target, then a header a line.
//!
//! ```text
//! GET /key?acl
//! host: s3.localhost
//! ```

use cairn_protocol::auth::RequestHead;
use http::{HeaderMap, HeaderName, HeaderValue, Method};

/// A head, with what it borrows.
#[derive(Debug)]
pub struct Head {
    pub method: Method,
    pub path: String,
    pub query: String,
    pub headers: HeaderMap,
}

impl Head {
    /// Reads a head; lines that are no header are left out, as an HTTP library would refuse them.
    pub fn read(data: &[u8]) -> Option<Self> {
        let mut lines = data.split(|b| *b == b'\n');
        let first = std::str::from_utf8(lines.next()?).ok()?;
        let (method, target) = first.split_once(' ')?;
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Some(Self {
            method: method.parse().ok()?,
            path: path.to_owned(),
            query: query.to_owned(),
            headers: headers(lines),
        })
    }

    pub fn borrow(&self) -> RequestHead<'_> {
        let host = self
            .headers
            .get(http::header::HOST)
            .and_then(|host| host.to_str().ok());
        RequestHead {
            method: &self.method,
            path: &self.path,
            query: &self.query,
            headers: &self.headers,
            host: host.unwrap_or_default(),
            bucket_in_host: self.path.contains("vhost").then_some("bucket"),
        }
    }
}

/// Reads headers, one a line.
pub fn headers<'a>(lines: impl Iterator<Item = &'a [u8]>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in lines {
        let Some(colon) = line.iter().position(|b| *b == b':') else {
            continue;
        };
        let (name, value) = line.split_at(colon);
        let value = value.get(1..).unwrap_or_default().trim_ascii();
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
            headers.append(name, value);
        }
    }
    headers
}
