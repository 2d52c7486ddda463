//! `Range` of reads, and the range of a copied part's source (facts/06 §5, §7; RFC 9110 §14).
//!
//! A read's header that S3 does not understand is ignored and the whole object returned; that includes
//! several ranges and an end before the start. Only a well-formed range that selects nothing is refused.
//! Numbers too large for 64 bits count as the largest: arithmetic here never overflows.

#[cfg(test)]
mod tests;

use std::ops::Range;

use cairn_types::PartNumber;
use http::HeaderMap;
use http::header::RANGE;

use crate::S3Error;
use crate::headers::text;

/// A run of bytes that is there: `first <= last`, and `last` is less than the object's size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByteRange {
    /// Offset of the first byte.
    pub first: u64,
    /// Offset of the last byte, inclusive.
    pub last: u64,
}

impl ByteRange {
    /// Number of bytes, at least 1.
    #[expect(clippy::len_without_is_empty, reason = "never empty")]
    pub fn len(&self) -> u64 {
        // Cannot overflow: `last` is less than some object's size.
        (self.last - self.first).saturating_add(1)
    }

    /// As a half-open range.
    pub fn offsets(&self) -> Range<u64> {
        self.first..self.last.saturating_add(1)
    }

    /// The value of `Content-Range`.
    pub fn content_range(&self, size: u64) -> String {
        format!("bytes {}-{}/{size}", self.first, self.last)
    }
}

/// What a `Range` header selects of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selection {
    /// All of it, answered with 200: no header, or one that S3 ignores.
    Whole,
    /// A part of it, answered with 206; also where that part is all of it.
    Part(ByteRange),
    /// Nothing: 416 `InvalidRange`.
    Unsatisfiable,
}

/// What a `Range` header says, before the size is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spec {
    From(u64),
    FromTo(u64, u64),
    Last(u64),
}

/// The range of a read: the header, where there is one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RangeRequest(Option<String>);

impl RangeRequest {
    /// Takes the `Range` header.
    pub fn read(headers: &HeaderMap) -> Self {
        Self(text(headers, RANGE.as_str()).map(|value| value.into_owned()))
    }

    /// Whether the header was sent, understood or not (with `partNumber` it is an error).
    pub fn is_present(&self) -> bool {
        self.0.is_some()
    }

    /// Refuses a read that asks both for a range and for a part (facts/06 §5).
    ///
    /// # Errors
    /// `InvalidRequest`.
    pub fn exclude(&self, part_number: Option<PartNumber>) -> Result<(), S3Error> {
        if self.is_present() && part_number.is_some() {
            return Err(S3Error::invalid_request(
                "Cannot specify both Range header and partNumber query parameter",
            ));
        }
        Ok(())
    }

    /// What it selects of an object of `size` bytes.
    pub fn select(&self, size: u64) -> Selection {
        self.0
            .as_deref()
            .map_or(Selection::Whole, |value| select(value, size))
    }

    /// The part it selects; `None` for the whole object.
    ///
    /// # Errors
    /// `InvalidRange`.
    pub fn resolve(&self, size: u64) -> Result<Option<ByteRange>, S3Error> {
        match self.select(size) {
            Selection::Whole => Ok(None),
            Selection::Part(range) => Ok(Some(range)),
            Selection::Unsatisfiable => Err(S3Error::InvalidRange {
                range_requested: self.0.clone().unwrap_or_default(),
                actual_object_size: size,
            }),
        }
    }
}

/// What the value of a `Range` header selects of an object of `size` bytes.
pub fn select(value: &str, size: u64) -> Selection {
    let Some(spec) = parse(value) else {
        return Selection::Whole;
    };
    let (first, last) = match spec {
        Spec::From(first) => (first, u64::MAX),
        // "bytes=1-0" is not a range at all (RFC 9110 §14.1.1), so it is ignored.
        Spec::FromTo(first, last) if last < first => return Selection::Whole,
        Spec::FromTo(first, last) => (first, last),
        Spec::Last(0) => return Selection::Unsatisfiable,
        Spec::Last(length) => (size.saturating_sub(length), u64::MAX),
    };
    if first >= size {
        return Selection::Unsatisfiable;
    }
    Selection::Part(ByteRange {
        first,
        last: last.min(size - 1),
    })
}

fn parse(value: &str) -> Option<Spec> {
    let (unit, range) = value.split_once('=')?;
    // Units are case-insensitive (RFC 9110 §14.1).
    if !unit.eq_ignore_ascii_case("bytes") {
        return None;
    }
    let (first, last) = range.split_once('-')?;
    Some(match (first, last) {
        ("", last) => Spec::Last(number(last)?),
        (first, "") => Spec::From(number(first)?),
        (first, last) => Spec::FromTo(number(first)?, number(last)?),
    })
}

/// Decimal digits only; what exceeds 64 bits is the largest number.
fn number(digits: &str) -> Option<u64> {
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some(digits.parse().unwrap_or(u64::MAX))
}

/// `x-amz-copy-source-range` of UploadPartCopy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CopySourceRange {
    first: u64,
    last: u64,
}

const COPY_RANGE_HEADER: &str = "x-amz-copy-source-range";

impl CopySourceRange {
    /// Reads the header, where there is one.
    ///
    /// # Errors
    /// `InvalidArgument` for any form but `bytes=first-last` (facts/06 §7).
    pub fn read(headers: &HeaderMap) -> Result<Option<Self>, S3Error> {
        let Some(value) = text(headers, COPY_RANGE_HEADER) else {
            return Ok(None);
        };
        match value.strip_prefix("bytes=").and_then(|_| parse(&value)) {
            Some(Spec::FromTo(first, last)) if first <= last => Ok(Some(Self { first, last })),
            _ => Err(S3Error::invalid_argument(
                "The x-amz-copy-source-range value must be of the form bytes=first-last where first and \
                 last are the zero-based offsets of the first and last bytes to copy",
                COPY_RANGE_HEADER,
                value.into_owned(),
            )),
        }
    }

    /// The bytes of a source of `size` bytes. Unlike a read's range, an end past the end is refused.
    ///
    /// # Errors
    /// `InvalidRequest` where the range begins past the end, `InvalidArgument` where it ends there.
    pub fn resolve(&self, size: u64) -> Result<ByteRange, S3Error> {
        if self.first >= size {
            return Err(S3Error::invalid_request(
                "The specified copy range is invalid for the source object size",
            ));
        }
        if self.last >= size {
            return Err(S3Error::invalid_argument(
                format!("Range specified is not valid for source object of size: {size}"),
                COPY_RANGE_HEADER,
                format!("bytes={}-{}", self.first, self.last),
            ));
        }
        Ok(ByteRange {
            first: self.first,
            last: self.last,
        })
    }
}
