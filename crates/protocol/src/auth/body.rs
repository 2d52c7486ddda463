//! What a request's body passes through on its way in: framing off, hash and signatures checked.

use bytes::Bytes;
use http::HeaderMap;

use super::chunked::{ChunkSigner, Decoder, Trailers};
use super::payload::{Payload, Sha256Verifier};
use crate::S3Error;

/// A body on its way in. Feed it every frame with [`decode`](Self::decode), and [`finish`](Self::finish) it
/// where the HTTP body ends; until that has succeeded, what was decoded is not to be trusted.
#[derive(Debug)]
pub enum Body {
    /// Nothing to check.
    Plain,
    /// The whole body has a signed SHA-256.
    Hashed(Sha256Verifier),
    /// aws-chunked.
    Chunked(Box<Decoder>),
}

impl Body {
    /// What `payload` asks for. `chunks` has the seed signature of a signed aws-chunked body.
    ///
    /// # Errors
    /// As [`Decoder::new`].
    pub fn new(payload: &Payload, chunks: Option<ChunkSigner>, headers: &HeaderMap) -> Result<Self, S3Error> {
        match payload {
            Payload::Unsigned => Ok(Self::Plain),
            Payload::Signed(digest) => Ok(Self::Hashed(Sha256Verifier::new(*digest))),
            Payload::StreamingSigned { trailer } => {
                let Some(signer) = chunks else {
                    // `parse` lets a signed stream only pass where there is a seed.
                    return Err(S3Error::InternalError {});
                };
                Ok(Self::Chunked(Box::new(Decoder::signed(
                    signer, *trailer, headers,
                )?)))
            }
            Payload::StreamingUnsignedTrailer => Ok(Self::Chunked(Box::new(Decoder::unsigned(headers)?))),
        }
    }

    /// The payload's length in bytes if the framing announces it (`x-amz-decoded-content-length`);
    /// otherwise it is `Content-Length`.
    pub fn decoded_length(&self) -> Option<u64> {
        match self {
            Self::Plain | Self::Hashed(_) => None,
            Self::Chunked(decoder) => Some(decoder.decoded_length()),
        }
    }

    /// Takes payload bytes off the front of `input`, without copying them. `None`: all of `input` is used up,
    /// bring more. Call it until then.
    ///
    /// # Errors
    /// As [`Decoder::decode`].
    pub fn decode(&mut self, input: &mut Bytes) -> Result<Option<Bytes>, S3Error> {
        match self {
            Self::Chunked(decoder) => decoder.decode(input),
            Self::Plain | Self::Hashed(_) if input.is_empty() => Ok(None),
            Self::Plain => Ok(Some(std::mem::take(input))),
            Self::Hashed(verifier) => {
                verifier.update(input);
                Ok(Some(std::mem::take(input)))
            }
        }
    }

    /// At the end of the HTTP body: whether all of it was there and right. Yields the trailers, if there are.
    ///
    /// # Errors
    /// `XAmzContentSHA256Mismatch`, `IncompleteBody`.
    pub fn finish(self) -> Result<Trailers, S3Error> {
        match self {
            Self::Plain => Ok(Trailers::default()),
            Self::Hashed(verifier) => verifier.finish().map(|()| Trailers::default()),
            Self::Chunked(decoder) => decoder.finish(),
        }
    }
}
