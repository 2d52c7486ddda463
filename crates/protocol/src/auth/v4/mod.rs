//! Signature Version 4: the claim, its checks, and the proof (facts/04 §1, §2).

mod canonical;
mod header;
mod presigned;
#[cfg(test)]
mod tests;

use cairn_types::{SecretAccessKey, Timestamp};
use http::HeaderMap;
use subtle::ConstantTimeEq;

use super::chunked::ChunkSigner;
use super::head::RequestHead;
use super::key::SigningKeys;
use super::mismatch::signature_does_not_match;
use super::payload::Payload;
use super::query::{self, Form};
use super::scope::Scope;
use super::{SKEW_SECONDS_MAX, Source, Verified};
use crate::S3Error;

pub(super) use self::canonical::{Canonical, canonical_request, string_to_sign};

pub(crate) const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// SigV4A: signatures for several regions.
pub(super) const ALGORITHM_ASYMMETRIC: &str = "AWS4-ECDSA-P256-SHA256";

/// Most header names one signature may list. The work to verify is bounded by it.
pub const SIGNED_HEADERS_MAX: usize = 256;
/// Longest life of a presigned request: seven days, in seconds (facts/04 §2).
pub const EXPIRES_SECONDS_MAX: u64 = 604_800;

/// A SigV4 signature and what it claims.
#[derive(Debug, Clone)]
pub struct V4 {
    source: Source,
    pub(super) scope: Scope,
    /// As sent: lower-case names with `;` between.
    pub(super) signed_headers: String,
    pub(super) signature: String,
    date: Timestamp,
    /// The date as sent where that is not how it is signed.
    date_sent: Option<String>,
    /// The date as signed: `20130524T000000Z`.
    pub(super) date_signed: String,
    expires_seconds: Option<u64>,
    session_token: Option<String>,
    payload: Payload,
    /// The last line of the canonical request.
    pub(super) payload_line: String,
}

impl V4 {
    /// Where the signature is.
    pub fn source(&self) -> Source {
        self.source
    }

    /// The access key id.
    pub fn access_key_id(&self) -> &str {
        self.scope.access_key_id()
    }

    /// The region of the credential's scope.
    pub fn region(&self) -> &str {
        self.scope.region()
    }

    /// The service of the credential's scope.
    pub fn service(&self) -> &str {
        self.scope.service()
    }

    /// When the request says it was signed.
    pub fn date(&self) -> Timestamp {
        self.date
    }

    /// The same as sent, for the error that shows it.
    pub(super) fn date_sent(&self) -> &str {
        self.date_sent.as_deref().unwrap_or(&self.date_signed)
    }

    /// The life of a presigned request in seconds, at most [`EXPIRES_SECONDS_MAX`].
    pub fn expires_seconds(&self) -> Option<u64> {
        self.expires_seconds
    }

    /// The names of the signed headers, as sent.
    pub fn signed_headers(&self) -> impl Iterator<Item = &str> {
        self.signed_headers.split(';')
    }

    /// The session token.
    pub fn session_token(&self) -> Option<&str> {
        self.session_token.as_deref()
    }

    /// What is said about the body.
    pub fn payload(&self) -> &Payload {
        &self.payload
    }

    /// See [`Authentication::check_scope`](super::Authentication::check_scope).
    ///
    /// # Errors
    /// The tails of facts/04 §1.
    pub fn check_scope(&self, region: &str, service: &str) -> Result<(), S3Error> {
        let day = self.date_signed.get(..8).unwrap_or_default();
        self.scope.check(region, service, day, self.source)
    }

    /// See [`Authentication::check_time`](super::Authentication::check_time).
    ///
    /// # Errors
    /// `RequestTimeTooSkewed`, or `AccessDenied` of a presigned request.
    pub fn check_time(&self, now: Timestamp) -> Result<(), S3Error> {
        let Some(life) = self.expires_seconds else {
            return check_skew(self.date, self.date_sent(), now);
        };
        let expires = Timestamp::from_seconds(self.date.seconds().saturating_add(life));
        if self.date.seconds() > now.seconds().saturating_add(SKEW_SECONDS_MAX) {
            return Err(S3Error::AccessDeniedNotYetValid {
                x_amz_date_millis: self.date.micros() / 1000,
                expires: expires.iso8601(),
                server_time: now.iso8601(),
            });
        }
        // A life of 0 is over at once (facts/04 §2).
        if now >= expires && now >= self.date {
            return Err(S3Error::AccessDeniedExpired {
                x_amz_expires: Some(life),
                expires: expires.iso8601(),
                server_time: now.iso8601(),
            });
        }
        Ok(())
    }

    /// See [`Authentication::verify`](super::Authentication::verify).
    ///
    /// The path is taken as sent and the query in S3's encoding, which is what nearly every client signs. If
    /// that fails, the path is encoded anew and the query taken as sent (facts/04 §1: both believed). Each of
    /// these texts has only one meaning, the one the server acts on.
    ///
    /// # Errors
    /// `AccessDenied` with `HeadersNotSigned`, `SignatureDoesNotMatch`.
    pub fn verify(
        &self,
        head: &RequestHead<'_>,
        secret: &SecretAccessKey,
        keys: &SigningKeys,
    ) -> Result<Verified, S3Error> {
        self.check_headers_signed(head.headers)?;
        let key = keys.get(&self.scope, secret);
        let presigned = self.source == Source::Query;
        let scope = self.scope.text();
        let matches = |path: &str, query: &str| {
            let canonical = self.canonical(head, path, query);
            let text = string_to_sign(&self.date_signed, scope, &canonical);
            let right = key.sign(text.as_bytes()).ct_eq(self.signature.as_bytes());
            (bool::from(right), canonical, text)
        };
        let encoded = query::canonicalise(head, presigned, Form::Encoded);
        let (right, canonical, text) = matches(head.path, &encoded);
        let right = right || {
            let as_sent = query::canonicalise(head, presigned, Form::AsSent);
            let path = query::reencode_path(head.path);
            let path = path.as_deref();
            (as_sent != encoded && matches(head.path, &as_sent).0)
                || path.is_some_and(|path| matches(path, &encoded).0)
                || path.is_some_and(|path| as_sent != encoded && matches(path, &as_sent).0)
        };
        if !right {
            return Err(signature_does_not_match(
                self.access_key_id(),
                text.as_bytes(),
                self.signature.as_bytes(),
                Some(&canonical),
            ));
        }
        let chunks = matches!(self.payload, Payload::StreamingSigned { .. }).then(|| {
            ChunkSigner::new(
                key,
                self.access_key_id(),
                &self.date_signed,
                scope,
                &self.signature,
            )
        });
        Ok(Verified {
            payload: self.payload.clone(),
            chunks,
        })
    }

    fn canonical(&self, head: &RequestHead<'_>, path: &str, query: &str) -> Vec<u8> {
        canonical_request(&Canonical {
            head,
            path,
            query,
            signed_headers: &self.signed_headers,
            payload: &self.payload_line,
        })
    }

    /// Every `x-amz-*` header must be signed, and `host`; a presigned request may send
    /// `x-amz-content-sha256` unsigned (facts/04 §1).
    fn check_headers_signed(&self, headers: &HeaderMap) -> Result<(), S3Error> {
        let missing = self.headers_not_signed(headers);
        if missing.is_empty() {
            return Ok(());
        }
        Err(S3Error::AccessDeniedHeadersNotSigned {
            headers: missing.join(", "),
        })
    }

    /// The headers that must be signed and are not.
    pub(super) fn headers_not_signed<'a>(&self, headers: &'a HeaderMap) -> Vec<&'a str> {
        let signed = |name: &str| self.signed_headers().any(|listed| listed == name);
        let excepted = |name: &str| self.source == Source::Query && name == super::payload::CONTENT_SHA256;
        let mut missing: Vec<&str> = headers
            .keys()
            .map(http::HeaderName::as_str)
            .filter(|name| name.starts_with("x-amz-") && !signed(name) && !excepted(name))
            .collect();
        if !signed("host") {
            missing.insert(0, "host");
        }
        missing
    }
}

/// A list of header names that can be verified at a bounded cost: not empty, not long, none twice.
fn signed_headers_valid(list: &str) -> bool {
    let (mut count, mut ascending, mut previous) = (0, true, "");
    for name in list.split(';') {
        if name.is_empty() || count == SIGNED_HEADERS_MAX {
            return false;
        }
        ascending &= previous < name;
        previous = name;
        count += 1;
    }
    let unique = || {
        let mut sorted: Vec<&str> = list.split(';').collect();
        sorted.sort_unstable();
        sorted.windows(2).all(|pair| matches!(pair, [a, b] if a != b))
    };
    ascending || unique()
}

/// `RequestTimeTooSkewed` if `date` is more than [`SKEW_SECONDS_MAX`] from `now`.
pub(super) fn check_skew(date: Timestamp, sent: &str, now: Timestamp) -> Result<(), S3Error> {
    if date.seconds().abs_diff(now.seconds()) <= SKEW_SECONDS_MAX {
        return Ok(());
    }
    Err(S3Error::RequestTimeTooSkewed {
        request_time: sent.to_owned(),
        server_time: now.iso8601(),
        max_allowed_skew_milliseconds: SKEW_SECONDS_MAX * 1000,
    })
}

/// The request's date: `x-amz-date`, else `Date`, each in either form (facts/04 §1); as sent and as a moment.
pub(super) fn date_header(headers: &HeaderMap) -> Result<(Timestamp, &str), S3Error> {
    let date = headers
        .get("x-amz-date")
        .or_else(|| headers.get(http::header::DATE))
        .and_then(|value| value.to_str().ok())
        .map(str::trim)
        .and_then(|text| {
            let moment = Timestamp::parse_iso8601_basic(text).or_else(|| Timestamp::parse_http_date(text))?;
            Some((moment, text))
        });
    date.ok_or_else(|| S3Error::AccessDenied {
        message: "AWS authentication requires a valid Date or x-amz-date header".into(),
    })
}

/// What SigV4A is answered with, until Cairn has several regions to sign for.
pub(super) fn asymmetric_not_implemented(header: &str) -> S3Error {
    S3Error::NotImplemented {
        message: "A header you provided implies functionality that is not implemented".into(),
        header: Some(header.to_owned()),
        additional_message: Some(format!(
            "{ALGORITHM_ASYMMETRIC} is not supported. Please use {ALGORITHM}."
        )),
    }
}
