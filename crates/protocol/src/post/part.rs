//! The head of a part: its headers, of which only `Content-Disposition` and `Content-Type` mean something
//! (RFC 7578 §4.8).

use bytes::{Buf, Bytes};
use percent_encoding::percent_decode_str;

use super::malformed;
use super::parameters::Parameters;
use crate::S3Error;

/// Longest head of a part, in bytes with its empty line. It bounds names and file names.
pub const PART_HEAD_BYTES_MAX: usize = 4096;

/// What a part says of itself.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct PartHead {
    /// The field's name, in lower case (facts/04 §5).
    pub(super) name: String,
    /// The last component of the file's name.
    pub(super) file_name: Option<String>,
    pub(super) content_type: Option<String>,
}

/// A head under way.
#[derive(Debug, Default)]
pub(super) struct HeadReader(Vec<u8>);

impl HeadReader {
    /// `None` where the piece ends before the head does.
    ///
    /// # Errors
    /// `MalformedPOSTRequest`, also for a head over [`PART_HEAD_BYTES_MAX`] [believed].
    pub(super) fn next(&mut self, input: &mut Bytes) -> Result<Option<PartHead>, S3Error> {
        while !input.is_empty() {
            if self.0.len() == PART_HEAD_BYTES_MAX {
                return Err(malformed());
            }
            self.0.push(input.get_u8());
            // A part without headers would begin with the empty line; but it has no name then.
            if self.0.ends_with(b"\r\n\r\n") || self.0 == b"\r\n" {
                return PartHead::parse(&self.0).map(Some).ok_or_else(malformed);
            }
        }
        Ok(None)
    }
}

impl PartHead {
    fn parse(head: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(head).ok()?.strip_suffix("\r\n\r\n")?;
        let mut disposition = None;
        let mut content_type = None;
        for line in text.split("\r\n") {
            // A folded line has no name before its colon.
            let (name, value) = line.split_once(':')?;
            let bare = |c: char| matches!(c, '\r' | '\n' | '\0');
            if line.starts_with([' ', '\t']) || name.is_empty() || line.contains(bare) {
                return None;
            }
            let slot = if name.eq_ignore_ascii_case("content-disposition") {
                &mut disposition
            } else if name.eq_ignore_ascii_case("content-type") {
                &mut content_type
            } else {
                continue;
            };
            if slot.replace(value.trim()).is_some() {
                return None;
            }
        }
        let disposition = Parameters::parse(disposition?)?;
        if !disposition.value.eq_ignore_ascii_case("form-data") {
            return None;
        }
        Some(Self {
            name: disposition.get("name")?.to_ascii_lowercase(),
            file_name: file_name(&disposition)?,
            content_type: content_type.map(str::to_owned),
        })
    }
}

/// The file's own name: what follows the last slash or backslash, since some browsers send the whole path
/// (RFC 7578 §4.2). `filename*` is not for forms, but clients send it alone where the name is not ASCII.
/// `Some(None)` where there is no name, `None` where it cannot be read.
fn file_name(disposition: &Parameters<'_>) -> Option<Option<String>> {
    let decoded = match (disposition.get("filename"), disposition.get("filename*")) {
        (Some(plain), _) => plain.to_owned(),
        (None, Some(extended)) => {
            let mut fields = extended.splitn(3, '\'');
            let (charset, _, value) = (fields.next()?, fields.next()?, fields.next()?);
            if !charset.eq_ignore_ascii_case("utf-8") {
                return None;
            }
            percent_decode_str(value).decode_utf8().ok()?.into_owned()
        }
        (None, None) => return Some(None),
    };
    let last = decoded.rsplit(['/', '\\']).next().unwrap_or_default();
    Some(Some(last.to_owned()))
}
