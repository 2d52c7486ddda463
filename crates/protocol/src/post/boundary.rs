//! The boundary of a form, from the request's `Content-Type`.

use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_TYPE;

use super::malformed;
use super::parameters::Parameters;
use crate::S3Error;
use crate::headers;

/// Longest boundary in bytes (RFC 2046 §5.1.1).
pub const BOUNDARY_BYTES_MAX: usize = 70;

/// What stands between the parts of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boundary(String);

impl Boundary {
    /// Reads `Content-Type: multipart/form-data; boundary=…`.
    ///
    /// # Errors
    /// `PreconditionFailed` for any other type (facts/04 §5); `MalformedPOSTRequest` where the boundary is
    /// missing, longer than [`BOUNDARY_BYTES_MAX`] or not of visible ASCII [believed].
    pub fn read(head: &HeaderMap) -> Result<Self, S3Error> {
        let value = headers::text(head, CONTENT_TYPE.as_str()).unwrap_or_default();
        let kind = value.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("multipart/form-data") {
            return Err(S3Error::PreconditionFailed {
                condition: "Bucket POST must be of the enclosure-type multipart/form-data".into(),
            });
        }
        let parameters = Parameters::parse(&value).ok_or_else(malformed)?;
        let boundary = parameters.get("boundary").ok_or_else(malformed)?;
        Self::new(boundary).ok_or_else(malformed)
    }

    /// A boundary of this text: 1 to [`BOUNDARY_BYTES_MAX`] visible ASCII characters, inside also spaces.
    pub fn new(text: &str) -> Option<Self> {
        let visible = text.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
        let valid = (1..=BOUNDARY_BYTES_MAX).contains(&text.len()) && visible && !text.ends_with(' ');
        valid.then(|| Self(text.to_owned()))
    }

    /// What stands before every part but the first: the line's end belongs to it.
    pub(super) fn delimiter(&self) -> Bytes {
        format!("\r\n--{}", self.0).into()
    }
}
