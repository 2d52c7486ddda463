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

    /// Appends the text without quotes: listings write a thousand of them a page.
    pub fn push(&self, out: &mut String) {
        let digits = self.digits();
        out.push_str(std::str::from_utf8(digits.as_flattened()).unwrap_or_default());
        if let Some(parts) = self.parts {
            // Writing to a string cannot fail.
            let _ = write!(out, "-{parts}");
        }
    }

    /// The digits of the digest, two a byte.
    fn digits(&self) -> [[u8; 2]; 16] {
        // Without a table, so that the compiler makes a few instructions for all bytes of it.
        let digit = |value: u8| value + if value < 10 { b'0' } else { b'a' - 10 };
        self.md5.map(|byte| [digit(byte >> 4), digit(byte & 15)])
    }

    /// With the quotes a header wants.
    pub fn quoted(&self) -> String {
        // Room for the digits of an ETag without parts.
        let mut text = String::with_capacity(34);
        text.push('"');
        self.push(&mut text);
        text.push('"');
        text
    }
}

impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.digits();
        f.write_str(std::str::from_utf8(digits.as_flattened()).unwrap_or_default())?;
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
            "000102030405060708090a0b0c0d0eff",
            "d41d8cd98f00b204e9800998ecf8427e-10000",
        ] {
            let etag = ETag::parse(text).unwrap();
            assert_eq!(etag.to_string(), text);
            let mut pushed = String::from("a");
            etag.push(&mut pushed);
            assert_eq!(pushed, format!("a{text}"));
            assert_eq!(etag.quoted(), format!("\"{text}\""));
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
