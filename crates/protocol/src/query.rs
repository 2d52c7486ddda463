//! The query string, decoded once: what the router selects by and the operations read.
//!
//! Order and duplicates are kept. `?acl` and `?acl=` are the same, as in SigV4's canonical form
//! (facts/04 §1), and `+` is a space. Which names select a sub-resource is told by the operations table
//! of `cairn-api`; there is no list here.

#[cfg(test)]
mod tests;

use crate::S3Error;
use crate::encoding::decode_form;

/// The decoded names and values of a query string, in the order sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    pairs: Vec<(String, String)>,
}

impl Query {
    /// Longest query string in bytes. A presigned URL with a session token needs about 2 KiB.
    pub const BYTES_MAX: usize = 16 * 1024;
    /// Most names in one query string.
    pub const PAIRS_MAX: usize = 128;

    /// Reads the part of a URI after `?`; `None` and the empty string are an empty query. Empty pairs
    /// (`a&&b`) are skipped.
    ///
    /// # Errors
    /// `InvalidURI` where it is longer than the limits or not percent-encoded UTF-8.
    pub fn parse(raw: Option<&str>) -> Result<Self, S3Error> {
        let raw = raw.unwrap_or_default();
        if raw.len() > Self::BYTES_MAX {
            return Err(S3Error::invalid_uri(raw));
        }
        let mut pairs = Vec::new();
        for pair in raw.split('&').filter(|pair| !pair.is_empty()) {
            if pairs.len() == Self::PAIRS_MAX {
                return Err(S3Error::invalid_uri(raw));
            }
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let decode = |text| decode_form(text).map_err(|_| S3Error::invalid_uri(raw));
            pairs.push((decode(name)?.into_owned(), decode(value)?.into_owned()));
        }
        Ok(Self { pairs })
    }

    /// Whether the name is there, with or without a value.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The first value of that name; empty where it came without one. Names are case-sensitive.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.get_all(name).next()
    }

    /// Every value of that name, in the order sent.
    pub fn get_all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.pairs
            .iter()
            .filter(move |(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }

    /// Every name and value, in the order sent.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }
}
