//! Who signed a request: SigV4 in the header, presigned and aws-chunked; SigV2 in the header and the query.
//!
//! A request is judged in steps, in the order S3 takes them (facts/04 §1), so that the caller can look up
//! the key in between:
//!
//! 1. [`parse`]: which mechanism, and is its form right. Yields an [`Authentication`]: a claim, not a proof.
//! 2. [`Authentication::check_scope`]: region, service, terminal and date of the credential.
//! 3. The caller finds the secret of [`Authentication::access_key_id`] and judges the
//!    [`session_token`](Authentication::session_token).
//! 4. [`Authentication::check_time`]: clock skew, or the presigned request's bounds.
//! 5. [`Authentication::verify`]: the signature. Yields [`Verified`], which is proof.
//! 6. [`Verified::body`] reads the body: aws-chunked framing removed, hash and chunk signatures checked as
//!    the bytes pass. Nothing may become visible before [`Body::finish`] has succeeded.
//!
//! [`sign`] is the other side, for our own clients: tests, the load generator, the conformance suite.

mod body;
pub mod chunked;
pub mod diagnosis;
pub(crate) mod form;
mod head;
mod key;
mod mismatch;
mod payload;
mod query;
mod scope;
pub mod sign;
#[cfg(test)]
mod tests;
mod v2;
mod v4;

use std::borrow::Cow;

use cairn_types::{SecretAccessKey, Timestamp};
use http::header::AUTHORIZATION;

pub use self::body::Body;
pub use self::head::RequestHead;
pub use self::key::{SIGNING_KEYS_MAX, SigningKey, SigningKeys};
pub use self::payload::{Payload, Sha256Verifier};
pub use self::scope::Scope;
pub use self::v2::V2;
pub use self::v4::{EXPIRES_SECONDS_MAX, SIGNED_HEADERS_MAX, V4};

use self::chunked::ChunkSigner;
use crate::S3Error;

/// How far a request's date may be from the server's clock: 15 minutes (facts/04 §1).
pub const SKEW_SECONDS_MAX: u64 = 15 * 60;

/// Where the signature was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// In `Authorization`.
    Header,
    /// In the query: a presigned request.
    Query,
    /// In the fields of a form: POST Object ([`crate::post`]).
    Form,
}

/// What a request says about its signer. Nothing of it is proven before [`Authentication::verify`].
#[derive(Debug, Clone)]
pub enum Authentication {
    /// Not signed at all.
    Anonymous {
        /// What `x-amz-content-sha256` says of the body; [`Payload::Unsigned`] without it.
        payload: Payload,
    },
    /// AWS Signature Version 4.
    V4(Box<V4>),
    /// AWS Signature Version 2.
    V2(Box<V2>),
}

/// Reads how the request is signed; `sigv2` says whether Signature Version 2 is taken here.
///
/// # Errors
/// Every malformed form has the error of facts/04 §1, §2 and §4. SigV4A is 501 NotImplemented.
pub fn parse(head: &RequestHead<'_>, sigv2: bool) -> Result<Authentication, S3Error> {
    let mut values = head.headers.get_all(AUTHORIZATION).iter();
    let authorization = values.next();
    let presigned = query::Presigned::find(head.query);
    if let Some(value) = authorization {
        let text = String::from_utf8_lossy(value.as_bytes());
        if presigned.is_some() || values.next().is_some() {
            return Err(S3Error::invalid_argument(
                "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query \
                 string parameter or the Authorization header should be specified",
                "Authorization",
                text,
            ));
        }
        return parse_authorization(head, &text, sigv2);
    }
    match presigned {
        Some(query::Presigned::V4(parameters)) => {
            Ok(Authentication::V4(Box::new(V4::from_query(head, parameters)?)))
        }
        Some(query::Presigned::V2(parameters)) => {
            refuse_v2(sigv2)?;
            Ok(Authentication::V2(Box::new(V2::from_query(head, parameters)?)))
        }
        None => Ok(Authentication::Anonymous {
            payload: payload::without_v4(head.headers)?,
        }),
    }
}

/// Reads how a request to another service than S3 is signed, whose whole body is `body`: SigV4 in the
/// header or in the query, as presigned GetCallerIdentity has it, which other services take as a proof of who
/// sends it. Clients of these services sign the body's hash without sending it; where they do send
/// `x-amz-content-sha256`, the signature still must be over the hash of what came.
///
/// # Errors
/// As [`parse`].
pub fn parse_with_body(head: &RequestHead<'_>, body: &[u8]) -> Result<Authentication, S3Error> {
    let Some(value) = head.headers.get(AUTHORIZATION) else {
        return match query::Presigned::find(head.query) {
            Some(query::Presigned::V4(parameters)) => {
                let v4 = V4::from_query(head, parameters)?.over(&Payload::of(body));
                Ok(Authentication::V4(Box::new(v4)))
            }
            _ => Ok(Authentication::Anonymous {
                payload: Payload::Unsigned,
            }),
        };
    };
    let text = String::from_utf8_lossy(value.as_bytes());
    match text.split_once(' ') {
        Some((v4::ALGORITHM, rest)) => {
            let payload_line = || Ok(Payload::of(body).header_value());
            let v4 = V4::from_header_over(head, rest, payload_line)?;
            Ok(Authentication::V4(Box::new(v4)))
        }
        _ => Err(S3Error::invalid_argument(
            "Unsupported Authorization Type",
            "Authorization",
            text,
        )),
    }
}

/// The service in the scope of a SigV4 signature, in `Authorization` or in the query, as claimed; `None` where there
/// is none to be read. It decides which service a request is for where the host does not, and proves nothing.
pub fn claimed_service<'a>(headers: &'a http::HeaderMap, query: &str) -> Option<Cow<'a, str>> {
    let Some(value) = headers.get(AUTHORIZATION) else {
        return match query::Presigned::find(query)? {
            query::Presigned::V4(parameters) => {
                let service = scope_service(&parameters.credential?)?.to_owned();
                Some(Cow::Owned(service))
            }
            query::Presigned::V2(_) => None,
        };
    };
    let (scheme, rest) = value.to_str().ok()?.split_once(' ')?;
    let (_, credential) = rest
        .split_once("Credential=")
        .filter(|_| scheme == v4::ALGORITHM)?;
    scope_service(credential.split([',', ' ']).next()?).map(Cow::Borrowed)
}

/// The service in `KEY/DATE/REGION/SERVICE/aws4_request`.
fn scope_service(credential: &str) -> Option<&str> {
    credential.split('/').nth(3)
}

fn parse_authorization(head: &RequestHead<'_>, text: &str, sigv2: bool) -> Result<Authentication, S3Error> {
    let Some((scheme, rest)) = text.split_once(' ') else {
        return Err(S3Error::invalid_argument(
            "Authorization header is invalid -- one and only one ' ' (space) required.",
            "Authorization",
            text,
        ));
    };
    match scheme {
        v4::ALGORITHM => Ok(Authentication::V4(Box::new(V4::from_header(head, rest)?))),
        v4::ALGORITHM_ASYMMETRIC => Err(v4::asymmetric_not_implemented("Authorization")),
        "AWS" => {
            refuse_v2(sigv2)?;
            Ok(Authentication::V2(Box::new(V2::from_header(head, text, rest)?)))
        }
        _ => Err(S3Error::invalid_argument(
            "Unsupported Authorization Type",
            "Authorization",
            text,
        )),
    }
}

// facts/01 §2: what a region that knows only SigV4 answers.
pub(crate) fn refuse_v2(sigv2: bool) -> Result<(), S3Error> {
    if sigv2 {
        return Ok(());
    }
    Err(S3Error::invalid_request(
        "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
    ))
}

impl Authentication {
    /// The access key id as sent; `None` of an anonymous request. It may have any form: an id that is none
    /// is simply not found (`InvalidAccessKeyId`).
    pub fn access_key_id(&self) -> Option<&str> {
        match self {
            Self::Anonymous { .. } => None,
            Self::V4(v4) => Some(v4.access_key_id()),
            Self::V2(v2) => Some(v2.access_key_id()),
        }
    }

    /// The session token (`x-amz-security-token`), from the header or the query.
    pub fn session_token(&self) -> Option<&str> {
        match self {
            Self::Anonymous { .. } => None,
            Self::V4(v4) => v4.session_token(),
            Self::V2(v2) => v2.session_token(),
        }
    }

    /// What the request says about its body.
    pub fn payload(&self) -> &Payload {
        match self {
            Self::Anonymous { payload } => payload,
            Self::V4(v4) => v4.payload(),
            Self::V2(v2) => v2.payload(),
        }
    }

    /// Whether the signature is in the query: a presigned request.
    pub fn is_presigned(&self) -> bool {
        match self {
            Self::Anonymous { .. } => false,
            Self::V4(v4) => v4.source() == Source::Query,
            Self::V2(v2) => v2.source() == Source::Query,
        }
    }

    /// Step 2: whether the credential is for this endpoint's region and `service` (`s3`), and its date is
    /// the request's. SigV2 has no scope and always passes.
    ///
    /// # Errors
    /// `AuthorizationHeaderMalformed` or `AuthorizationQueryParametersError` with the tails of facts/04 §1;
    /// a wrong region comes with `<Region>`.
    pub fn check_scope(&self, region: &str, service: &str) -> Result<(), S3Error> {
        match self {
            Self::V4(v4) => v4.check_scope(region, service),
            Self::Anonymous { .. } | Self::V2(_) => Ok(()),
        }
    }

    /// Step 4: whether the request is of now: at most [`SKEW_SECONDS_MAX`] off, or presigned and inside its
    /// bounds.
    ///
    /// # Errors
    /// `RequestTimeTooSkewed`; `AccessDenied` "Request has expired" or "Request is not yet valid".
    pub fn check_time(&self, now: Timestamp) -> Result<(), S3Error> {
        match self {
            Self::Anonymous { .. } => Ok(()),
            Self::V4(v4) => v4.check_time(now),
            Self::V2(v2) => v2.check_time(now),
        }
    }

    /// Step 5: whether `secret` made the signature. An anonymous request has none and passes as what it is.
    ///
    /// # Errors
    /// `AccessDenied` with `HeadersNotSigned`; `SignatureDoesNotMatch` with all it tells.
    pub fn verify(
        &self,
        head: &RequestHead<'_>,
        secret: &SecretAccessKey,
        keys: &SigningKeys,
    ) -> Result<Verified, S3Error> {
        match self {
            Self::Anonymous { payload } => Ok(Verified::without_chunk_signatures(payload.clone())),
            Self::V4(v4) => v4.verify(head, secret, keys),
            Self::V2(v2) => v2.verify(head, secret),
        }
    }

    /// The anonymous request's right to have its body read; `None` where there is a signature to verify.
    pub fn anonymous(&self) -> Option<Verified> {
        match self {
            Self::Anonymous { payload } => Some(Verified::without_chunk_signatures(payload.clone())),
            Self::V4(_) | Self::V2(_) => None,
        }
    }
}

/// A request whose signature was found right (or that is anonymous): what is left to check is its body.
#[derive(Debug)]
pub struct Verified {
    payload: Payload,
    chunks: Option<ChunkSigner>,
}

impl Verified {
    fn without_chunk_signatures(payload: Payload) -> Self {
        Self {
            payload,
            chunks: None,
        }
    }

    /// What the request says about its body.
    pub fn payload(&self) -> &Payload {
        &self.payload
    }

    /// Step 6: what the body must pass through.
    ///
    /// # Errors
    /// `MissingContentLength` where an aws-chunked body lacks `x-amz-decoded-content-length`;
    /// `InvalidRequest` for an `x-amz-trailer` that names no checksum (facts/04 §3).
    pub fn body(self, headers: &http::HeaderMap) -> Result<Body, S3Error> {
        Body::new(&self.payload, self.chunks, headers)
    }
}
