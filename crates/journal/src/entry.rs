//! What is kept of one request.
//!
//! An entry is encoded as one byte that says the form, then the fields in postcard, the request id first, so
//! that a search can compare it without decoding the rest. A later form gets another number; facts that
//! later parts of the server learn to tell (CORS, policies) go into [`Entry::facts`] and need none.

use std::borrow::Cow;
use std::net::SocketAddr;

use cairn_types::{BucketName, RegionName, Timestamp};
use serde::{Deserialize, Serialize};

use crate::redact::redacted;

/// A text of an entry: the request's own when it is recorded, owned when it is read.
pub type Text<'a> = Cow<'a, str>;

/// Most bytes kept of the host as sent; a DNS name has 253 at most (RFC 1035 §2.3.4).
pub const HOST_BYTES_MAX: usize = 300;
/// Most bytes kept of path and query: a key of 1024 bytes, percent-encoded, fits.
pub const TARGET_BYTES_MAX: usize = 4096;
/// Most bytes kept of a refusal's message.
pub const MESSAGE_BYTES_MAX: usize = 512;
/// Most bytes kept of any other text: ids, methods, codes, names of operations and principals.
pub const WORD_BYTES_MAX: usize = 256;
/// Most facts of one entry.
pub const FACTS_MAX: usize = 16;
/// Most bytes of one fact; a longer one is left out, because half of it could not be decoded.
pub const FACT_BYTES_MAX: usize = 1024;

/// The end of a text that was cut.
const CUT: &str = "…";

/// The form this crate writes.
const FORM: u8 = 1;

/// How a request claims to be signed. Variants are only ever appended: files hold their positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mechanism {
    /// Not at all.
    Anonymous,
    /// Signature Version 4 in the `Authorization` header.
    V4Header,
    /// Signature Version 4 in the query.
    V4Query,
    /// Signature Version 2 in the `Authorization` header.
    V2Header,
    /// Signature Version 2 in the query.
    V2Query,
    /// A signed POST policy.
    PostPolicy,
}

/// What a later part of the server tells about a request, in a form of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// Who reads it. Given out by the server; a reader skips kinds it does not know.
    pub kind: u8,
    /// Its content, at most [`FACT_BYTES_MAX`].
    pub bytes: Vec<u8>,
}

/// One request and its answer.
///
/// Texts may be of any length when an entry is recorded; what is longer than its limit is cut there and
/// ends with `…`. Secrets in [`Entry::target`] are replaced before anything is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry<'a> {
    /// `x-amz-request-id` ([`WORD_BYTES_MAX`]).
    pub request_id: Text<'a>,
    /// When the request came.
    pub time: Timestamp,
    /// The client's address.
    pub peer: SocketAddr,
    /// Whether its connection is encrypted.
    pub tls: bool,
    /// The method ([`WORD_BYTES_MAX`]).
    pub method: Text<'a>,
    /// The host, as sent ([`HOST_BYTES_MAX`]).
    pub host: Text<'a>,
    /// Path and query, as sent, without what could be used ([`TARGET_BYTES_MAX`], [`redacted`]).
    pub target: Text<'a>,
    /// The region of the listener it arrived at.
    pub arrived: RegionName,
    /// The bucket it names.
    pub bucket: Option<BucketName>,
    /// Where that bucket lived, if it was looked up and existed.
    pub home: Option<RegionName>,
    /// When that bucket was created.
    pub bucket_created: Option<Timestamp>,
    /// How it claims to be signed, if that was looked at.
    pub mechanism: Option<Mechanism>,
    /// The region it claims to be signed for ([`WORD_BYTES_MAX`]).
    pub signing_region: Option<Text<'a>>,
    /// Who sent it, once proven, as an ARN ([`WORD_BYTES_MAX`]).
    pub principal: Option<Text<'a>>,
    /// The operation, `-` where none was reached ([`WORD_BYTES_MAX`]).
    pub operation: Text<'a>,
    /// The answer's HTTP status.
    pub status: u16,
    /// The code of a refusal ([`WORD_BYTES_MAX`]).
    pub code: Option<Text<'a>>,
    /// The message of a refusal ([`MESSAGE_BYTES_MAX`]).
    pub message: Option<Text<'a>>,
    /// Microseconds from the request's head to the answer's.
    pub micros: u64,
    /// What else is told ([`FACTS_MAX`]).
    pub facts: Vec<Fact>,
}

impl<'a> Entry<'a> {
    /// Most bytes of an encoded entry: the limits above, and room for what has a fixed size.
    pub const BYTES_MAX: usize = HOST_BYTES_MAX
        + TARGET_BYTES_MAX
        + MESSAGE_BYTES_MAX
        + 7 * WORD_BYTES_MAX
        + FACTS_MAX * (FACT_BYTES_MAX + 8)
        + 512;

    /// An entry of a request that nothing is known of yet but this.
    pub fn new(
        request_id: impl Into<Text<'a>>,
        time: Timestamp,
        peer: SocketAddr,
        arrived: RegionName,
    ) -> Self {
        Self {
            request_id: request_id.into(),
            time,
            peer,
            tls: false,
            method: Text::Borrowed(""),
            host: Text::Borrowed(""),
            target: Text::Borrowed(""),
            arrived,
            bucket: None,
            home: None,
            bucket_created: None,
            mechanism: None,
            signing_region: None,
            principal: None,
            operation: Text::Borrowed("-"),
            status: 0,
            code: None,
            message: None,
            micros: 0,
            facts: Vec::new(),
        }
    }

    /// The path of the target, without the query.
    pub fn path(&self) -> &str {
        self.target
            .split_once('?')
            .map_or(&*self.target, |(path, _)| path)
    }

    /// Cuts what is longer than its limit.
    pub(crate) fn bounded(mut self) -> Self {
        cut(&mut self.host, HOST_BYTES_MAX);
        cut(&mut self.target, TARGET_BYTES_MAX);
        for word in [&mut self.request_id, &mut self.method, &mut self.operation] {
            cut(word, WORD_BYTES_MAX);
        }
        for word in [&mut self.signing_region, &mut self.principal, &mut self.code] {
            word.iter_mut().for_each(|word| cut(word, WORD_BYTES_MAX));
        }
        self.message
            .iter_mut()
            .for_each(|message| cut(message, MESSAGE_BYTES_MAX));
        self.facts.retain(|fact| fact.bytes.len() <= FACT_BYTES_MAX);
        self.facts.truncate(FACTS_MAX);
        self
    }

    /// How many bytes it has encoded, about, for room to begin with.
    fn bytes_expected(&self) -> usize {
        let optional = |text: &Option<Text<'_>>| text.as_ref().map_or(0, |text| text.len());
        let facts = self.facts.iter().map(|fact| fact.bytes.len() + 8);
        self.request_id.len()
            + self.host.len()
            + self.target.len()
            + optional(&self.principal)
            + optional(&self.message)
            + facts.sum::<usize>()
            + 192
    }

    /// The bytes a file holds. Secrets are replaced here: there is no other way to a file.
    pub(crate) fn encode(self) -> Option<Vec<u8>> {
        let mut entry = self.bounded();
        if let Some(target) = redacted(&entry.target) {
            entry.target = Text::Owned(target);
            // What replaces a short secret may be longer than it.
            cut(&mut entry.target, TARGET_BYTES_MAX);
        }
        let mut bytes = Vec::with_capacity(entry.bytes_expected());
        bytes.push(FORM);
        postcard::to_extend(&entry, bytes)
            .ok()
            .filter(|bytes| bytes.len() <= Self::BYTES_MAX)
    }
}

impl Entry<'static> {
    /// Reads what [`Self::encode`] made; `None` of anything else, a later form included.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        match bytes.split_first()? {
            (&FORM, rest) => postcard::from_bytes(rest).ok(),
            _ => None,
        }
    }

    /// Whether the encoded entry is of this request, without decoding it.
    pub(crate) fn is_of(bytes: &[u8], request_id: &str) -> bool {
        // Form, length, id: postcard's length of less than 128 is one byte.
        match bytes {
            [FORM, length, rest @ ..] if request_id.len() < 128 => {
                usize::from(*length) == request_id.len() && rest.starts_with(request_id.as_bytes())
            }
            _ => false,
        }
    }
}

/// Cuts at a character's edge, with the mark inside the limit.
fn cut(text: &mut Text<'_>, bytes_max: usize) {
    if text.len() <= bytes_max {
        return;
    }
    let mut end = bytes_max.saturating_sub(CUT.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    *text = Text::Owned([text.get(..end).unwrap_or_default(), CUT].concat());
}
