//! Conditional requests: reads, sources of copies, writes (facts/06 §5, §6, §7; RFC 9110 §13).
//!
//! Reads and copy sources evaluate the same four headers in the same order; they differ in what a
//! failure is (a read can be 304, a copy is always 412) and in how the `Condition` of the error is
//! spelled. Writes know only "there is nothing" and "it is this ETag"; everything else is 501.
//! Dates that do not parse are ignored (RFC 9110 §13.1.3).

#[cfg(test)]
mod tests;

use cairn_types::{ETag, Timestamp};
use http::HeaderMap;

use crate::S3Error;
use crate::headers::text;

/// The values of an `If-Match` or `If-None-Match` header.
#[derive(Debug, Clone, PartialEq, Eq)]
enum ETags {
    Any,
    /// Only those that some object of Cairn can have; a weak one is marked.
    List(Vec<(ETag, bool)>),
}

impl ETags {
    fn parse(value: &str) -> Self {
        if value.trim() == "*" {
            return Self::Any;
        }
        // No ETag of S3 has a comma in it, and quotes are optional (facts/06 §5).
        let tag = |text: &str| {
            let text = text.trim();
            let (text, weak) = text
                .strip_prefix("W/")
                .map_or((text, false), |strong| (strong, true));
            Some((ETag::parse(text)?, weak))
        };
        Self::List(value.split(',').filter_map(tag).collect())
    }

    /// If-Match compares strongly: a weak tag matches nothing (RFC 9110 §13.1.1).
    fn matches_strongly(&self, etag: &ETag) -> bool {
        match self {
            Self::Any => true,
            Self::List(tags) => tags.iter().any(|(tag, weak)| tag == etag && !weak),
        }
    }

    /// If-None-Match compares weakly (RFC 9110 §13.1.2).
    fn matches_weakly(&self, etag: &ETag) -> bool {
        match self {
            Self::Any => true,
            Self::List(tags) => tags.iter().any(|(tag, _)| tag == etag),
        }
    }
}

/// Which of the four headers decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::enum_variant_names, reason = "these are the headers' names")]
enum Failed {
    IfMatch,
    IfUnmodifiedSince,
    IfNoneMatch,
    IfModifiedSince,
}

/// What the conditions of a read allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadDecision {
    /// Answer it.
    Proceed,
    /// 304, without a body.
    NotModified,
    /// 412 with this `Condition`; see [`ReadDecision::into_result`].
    Failed(&'static str),
}

impl ReadDecision {
    /// `Ok(true)` to answer, `Ok(false)` for 304.
    ///
    /// # Errors
    /// `PreconditionFailed`.
    pub fn into_result(self) -> Result<bool, S3Error> {
        match self {
            Self::Proceed => Ok(true),
            Self::NotModified => Ok(false),
            Self::Failed(condition) => Err(precondition_failed(condition)),
        }
    }
}

fn precondition_failed(condition: &str) -> S3Error {
    S3Error::PreconditionFailed {
        condition: condition.into(),
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Conditions {
    if_match: Option<ETags>,
    if_none_match: Option<ETags>,
    if_modified_since: Option<Timestamp>,
    if_unmodified_since: Option<Timestamp>,
}

impl Conditions {
    fn read(headers: &HeaderMap, names: [&str; 4]) -> Self {
        let etags = |name| text(headers, name).map(|value| ETags::parse(&value));
        let date = |name| text(headers, name).and_then(|value| parse_date(&value));
        Self {
            if_match: etags(names[0]),
            if_none_match: etags(names[1]),
            if_modified_since: date(names[2]),
            if_unmodified_since: date(names[3]),
        }
    }

    /// facts/06 §5: this order, and the two skips. Moments compare in whole seconds, and an equal second
    /// counts as not modified.
    fn evaluate(&self, etag: &ETag, modified: Timestamp, now: Timestamp) -> Option<Failed> {
        let modified = modified.seconds();
        if let Some(etags) = &self.if_match {
            if !etags.matches_strongly(etag) {
                return Some(Failed::IfMatch);
            }
        } else if self
            .if_unmodified_since
            .is_some_and(|date| modified > date.seconds())
        {
            return Some(Failed::IfUnmodifiedSince);
        }
        if let Some(etags) = &self.if_none_match {
            if etags.matches_weakly(etag) {
                return Some(Failed::IfNoneMatch);
            }
        } else if self
            .if_modified_since
            .is_some_and(|date| date <= now && modified <= date.seconds())
        {
            return Some(Failed::IfModifiedSince);
        }
        None
    }
}

/// HTTP dates, and the ISO form that some clients send in `x-amz-copy-source-if-*-since` [believed].
fn parse_date(value: &str) -> Option<Timestamp> {
    Timestamp::parse_http_date(value).or_else(|| Timestamp::parse_iso8601(value))
}

/// The conditions of GetObject and HeadObject.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadConditions(Conditions);

impl ReadConditions {
    /// Reads `If-Match`, `If-None-Match`, `If-Modified-Since` and `If-Unmodified-Since`.
    pub fn read(headers: &HeaderMap) -> Self {
        Self(Conditions::read(
            headers,
            [
                "if-match",
                "if-none-match",
                "if-modified-since",
                "if-unmodified-since",
            ],
        ))
    }

    /// Decides over an object that exists. `now` tells dates in the future, which are ignored.
    pub fn evaluate(&self, etag: &ETag, modified: Timestamp, now: Timestamp) -> ReadDecision {
        match self.0.evaluate(etag, modified, now) {
            None => ReadDecision::Proceed,
            Some(Failed::IfMatch) => ReadDecision::Failed("If-Match"),
            Some(Failed::IfUnmodifiedSince) => ReadDecision::Failed("If-Unmodified-Since"),
            Some(Failed::IfNoneMatch | Failed::IfModifiedSince) => ReadDecision::NotModified,
        }
    }
}

/// The conditions on the source of CopyObject and UploadPartCopy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CopySourceConditions(Conditions);

impl CopySourceConditions {
    /// Reads the four `x-amz-copy-source-if-*` headers.
    pub fn read(headers: &HeaderMap) -> Self {
        Self(Conditions::read(
            headers,
            [
                "x-amz-copy-source-if-match",
                "x-amz-copy-source-if-none-match",
                "x-amz-copy-source-if-modified-since",
                "x-amz-copy-source-if-unmodified-since",
            ],
        ))
    }

    /// Decides over a source that exists: every failure is 412, with the header spelled as Amazon does
    /// (facts/06 §7).
    ///
    /// # Errors
    /// `PreconditionFailed`.
    pub fn evaluate(&self, etag: &ETag, modified: Timestamp, now: Timestamp) -> Result<(), S3Error> {
        let condition = match self.0.evaluate(etag, modified, now) {
            None => return Ok(()),
            Some(Failed::IfMatch) => "x-amz-copy-source-If-Match",
            Some(Failed::IfUnmodifiedSince) => "x-amz-copy-source-If-Unmodified-Since",
            Some(Failed::IfNoneMatch) => "x-amz-copy-source-If-None-Match",
            Some(Failed::IfModifiedSince) => "x-amz-copy-source-If-Modified-Since",
        };
        Err(precondition_failed(condition))
    }
}

/// What a write requires of the key it writes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum WritePrecondition {
    /// Nothing.
    #[default]
    None,
    /// `If-None-Match: *`: no current object. A delete marker is no object.
    Absent,
    /// `If-Match`: the current object has this ETag; inner `None` for a text that no object of Cairn has
    /// for its ETag, which therefore never matches.
    Matches(Option<ETag>),
    /// `If-Match: *`, of deletes only: there is a current object.
    Exists,
}

const IF_MATCH: &str = "If-Match";
const IF_NONE_MATCH: &str = "If-None-Match";

fn not_implemented(header: &str, message: impl Into<String>) -> S3Error {
    S3Error::NotImplemented {
        header: Some(header.into()),
        additional_message: Some(message.into()),
        message: crate::headers::NOT_IMPLEMENTED_HEADER.into(),
    }
}

fn refused_value(header: &str) -> S3Error {
    not_implemented(
        header,
        format!("We don't accept the provided value of {header} header for this API"),
    )
}

impl WritePrecondition {
    /// Reads the precondition of PutObject, CopyObject (on its destination) and CompleteMultipartUpload.
    ///
    /// # Errors
    /// `NotImplemented` for the combinations S3 does not take (facts/06 §6).
    pub fn read(headers: &HeaderMap) -> Result<Self, S3Error> {
        match (text(headers, "if-match"), text(headers, "if-none-match")) {
            (None, None) => Ok(Self::None),
            (Some(_), Some(_)) => Err(not_implemented(
                "If-Match,If-None-Match",
                "Multiple conditional request headers present in the request",
            )),
            (None, Some(value)) if value.trim() == "*" => Ok(Self::Absent),
            (None, Some(_)) => Err(refused_value(IF_NONE_MATCH)),
            (Some(value), None) if value.trim() == "*" => Err(refused_value(IF_MATCH)),
            (Some(value), None) => Ok(Self::Matches(ETag::parse(value.trim()))),
        }
    }

    /// Reads the precondition of DeleteObject. `If-Match: *` asks for any current object (Amazon's guide
    /// to conditional deletes); the headers of directory buckets are 501 (facts/06 §6), and so is
    /// `If-None-Match`, which has no meaning here and must not be ignored in silence [believed].
    ///
    /// # Errors
    /// `NotImplemented`.
    pub fn read_delete(headers: &HeaderMap) -> Result<Self, S3Error> {
        for header in ["x-amz-if-match-last-modified-time", "x-amz-if-match-size"] {
            if headers.contains_key(header) {
                return Err(refused_value(header));
            }
        }
        if headers.contains_key("if-none-match") {
            return Err(refused_value(IF_NONE_MATCH));
        }
        Ok(match text(headers, "if-match") {
            None => Self::None,
            Some(value) if value.trim() == "*" => Self::Exists,
            Some(value) => Self::Matches(ETag::parse(value.trim())),
        })
    }

    /// The header it came in, as `Condition` of an error spells it; `None` without a precondition.
    pub fn condition(&self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Absent => Some(IF_NONE_MATCH),
            Self::Matches(_) | Self::Exists => Some(IF_MATCH),
        }
    }

    /// Decides over the current object's ETag, `None` where the key has none or its latest version is a
    /// delete marker.
    ///
    /// # Errors
    /// `PreconditionFailed`, or `NoSuchKey` where an object was to match and there is none.
    pub fn evaluate(&self, current: Option<&ETag>, key: &str) -> Result<(), S3Error> {
        let no_such_key = || S3Error::NoSuchKey { key: key.into() };
        match (self, current) {
            (Self::None, _) | (Self::Absent, None) | (Self::Exists, Some(_)) => Ok(()),
            (Self::Absent, Some(_)) => Err(precondition_failed(IF_NONE_MATCH)),
            (Self::Matches(_) | Self::Exists, None) => Err(no_such_key()),
            (Self::Matches(wanted), Some(etag)) if wanted.as_ref() == Some(etag) => Ok(()),
            (Self::Matches(_), Some(_)) => Err(precondition_failed(IF_MATCH)),
        }
    }

    /// The 409 of a CompleteMultipartUpload whose key changed while the upload was under way
    /// (facts/06 §6).
    pub fn conflict(&self, key: &str) -> S3Error {
        S3Error::ConditionalRequestConflict {
            condition: self.condition().unwrap_or_default().into(),
            key: key.into(),
        }
    }
}
