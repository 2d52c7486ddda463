//! What a request says about its body in `x-amz-content-sha256`, and the check of a signed hash.

use http::HeaderMap;
use sha2::{Digest, Sha256};

use crate::S3Error;

pub(super) const CONTENT_SHA256: &str = "x-amz-content-sha256";
pub(super) const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";
const STREAMING_SIGNED: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
const STREAMING_SIGNED_TRAILER: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
const STREAMING_UNSIGNED_TRAILER: &str = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
const STREAMING_ASYMMETRIC: [&str; 2] = [
    "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD",
    "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER",
];

/// The value of `x-amz-content-sha256` (facts/04 §1, §3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload {
    /// The body's SHA-256.
    Signed([u8; 32]),
    /// `UNSIGNED-PAYLOAD`.
    Unsigned,
    /// aws-chunked with a signature on each chunk.
    StreamingSigned {
        /// Whether a signed trailer follows.
        trailer: bool,
    },
    /// aws-chunked without signatures, with a trailer.
    StreamingUnsignedTrailer,
}

impl Payload {
    /// Reads a value.
    ///
    /// # Errors
    /// `InvalidArgument` for what is none; `NotImplemented` for the two forms of SigV4A.
    pub fn parse(value: &str) -> Result<Self, S3Error> {
        match value {
            UNSIGNED_PAYLOAD => return Ok(Self::Unsigned),
            STREAMING_SIGNED => return Ok(Self::StreamingSigned { trailer: false }),
            STREAMING_SIGNED_TRAILER => return Ok(Self::StreamingSigned { trailer: true }),
            STREAMING_UNSIGNED_TRAILER => return Ok(Self::StreamingUnsignedTrailer),
            _ => {}
        }
        if STREAMING_ASYMMETRIC.contains(&value) {
            return Err(super::v4::asymmetric_not_implemented(CONTENT_SHA256));
        }
        let mut digest = [0; 32];
        hex::decode_to_slice(value, &mut digest).map_err(|_| {
            S3Error::invalid_argument(
                "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, \
                 STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, \
                 STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER \
                 or a valid sha256 value.",
                CONTENT_SHA256,
                value,
            )
        })?;
        Ok(Self::Signed(digest))
    }

    /// The hash of `body`.
    pub fn of(body: &[u8]) -> Self {
        Self::Signed(Sha256::digest(body).into())
    }

    /// The value for the header.
    pub fn header_value(&self) -> String {
        match self {
            Self::Signed(digest) => hex::encode(digest),
            Self::Unsigned => UNSIGNED_PAYLOAD.into(),
            Self::StreamingSigned { trailer: false } => STREAMING_SIGNED.into(),
            Self::StreamingSigned { trailer: true } => STREAMING_SIGNED_TRAILER.into(),
            Self::StreamingUnsignedTrailer => STREAMING_UNSIGNED_TRAILER.into(),
        }
    }

    /// Whether the body is aws-chunked.
    pub fn is_streaming(&self) -> bool {
        matches!(
            self,
            Self::StreamingSigned { .. } | Self::StreamingUnsignedTrailer
        )
    }

    /// For operations that are no upload: they take no aws-chunked body (facts/04 §1).
    ///
    /// # Errors
    /// `InvalidRequest`.
    pub fn refuse_streaming(&self) -> Result<(), S3Error> {
        if self.is_streaming() {
            return Err(invalid_value());
        }
        Ok(())
    }
}

fn invalid_value() -> S3Error {
    S3Error::invalid_request("The value of x-amz-content-sha256 header is invalid.")
}

/// The header as text; `None` if absent. What is not ASCII is as invalid as any other wrong value.
pub(super) fn header(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_SHA256)?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// The payload of a request that is not signed with SigV4: the header is optional there, and chunks cannot be
/// signed for want of a seed.
pub(super) fn without_v4(headers: &HeaderMap) -> Result<Payload, S3Error> {
    let Some(value) = header(headers) else {
        return Ok(Payload::Unsigned);
    };
    match Payload::parse(&value)? {
        Payload::StreamingSigned { .. } => Err(invalid_value()),
        payload => Ok(payload),
    }
}

/// Checks a body against the SHA-256 its request signed, as the bytes pass.
#[derive(Debug, Clone)]
pub struct Sha256Verifier {
    expected: [u8; 32],
    hasher: Sha256,
}

impl Sha256Verifier {
    /// For a body whose hash must be `expected`.
    pub fn new(expected: [u8; 32]) -> Self {
        Self {
            expected,
            hasher: Sha256::new(),
        }
    }

    /// The next bytes.
    pub fn update(&mut self, data: &[u8]) {
        self.hasher.update(data);
    }

    /// At the end of the body.
    ///
    /// # Errors
    /// `XAmzContentSHA256Mismatch`.
    pub fn finish(self) -> Result<(), S3Error> {
        let computed: [u8; 32] = self.hasher.finalize().into();
        if computed == self.expected {
            return Ok(());
        }
        Err(S3Error::XAmzContentSHA256Mismatch {
            client_computed: hex::encode(self.expected),
            s3_computed: hex::encode(computed),
        })
    }
}
