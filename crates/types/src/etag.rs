//! Entity tags of objects (facts/06 §8, §9).

use std::fmt::{self, Write as _};

use serde::{Deserialize, Serialize};

/// An object's ETag: the MD5 of its bytes, or for a multipart object the MD5 of its parts' binary MD5s
/// and the number of parts. `Display` writes it without quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ETag {
    /// The digest.
    pub md5: [u8; 16],
    /// The number of parts of a multipart object.
    pub parts: Option<u16>,
}

impl ETag {
    /// The ETag of an object written in one piece.
    pub fn plain(md5: [u8; 16]) -> Self {
        Self { md5, parts: None }
    }

    /// Reads one with or without quotes; `None` for what no object of Cairn can have.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text
            .strip_prefix('"')
            .and_then(|t| t.strip_suffix('"'))
            .unwrap_or(text);
        let (digest, parts) = match text.split_once('-') {
            Some((digest, parts)) => (digest, Some(parts.parse().ok()?)),
            None => (text, None),
        };
        let mut md5 = [0; 16];
        hex::decode_to_slice(digest, &mut md5).ok()?;
        Some(Self { md5, parts })
    }

    /// With the quotes a header wants.
    pub fn quoted(&self) -> String {
        // Room for the digits of an ETag without parts.
        let mut text = String::with_capacity(34);
        // Writing to a string cannot fail.
        let _ = write!(text, "\"{self}\"");
        text
    }
}

impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits = [0; 32];
        // Cannot fail: the buffer has exactly two digits a byte.
        let _ = hex::encode_to_slice(self.md5, &mut digits);
        f.write_str(std::str::from_utf8(&digits).unwrap_or_default())?;
        match self.parts {
            Some(parts) => write!(f, "-{parts}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ETag;

    #[test]
    fn text_round_trips() {
        for text in [
            "d41d8cd98f00b204e9800998ecf8427e",
            "d41d8cd98f00b204e9800998ecf8427e-10000",
        ] {
            let etag = ETag::parse(text).unwrap();
            assert_eq!(etag.to_string(), text);
            assert_eq!(ETag::parse(&etag.quoted()), Some(etag));
        }
        for bad in [
            "",
            "*",
            "d41d",
            "\"d41d8cd98f00b204e9800998ecf8427e",
            "zz1d8cd98f00b204e9800998ecf8427e",
        ] {
            assert_eq!(ETag::parse(bad), None, "{bad}");
        }
    }
}
