//! aws-chunked: the body in chunks, each with its signature or none, and a trailer (facts/04 §3).
//!
//! The decoder is fed the HTTP body frame by frame and gives back slices of the same frames: no chunk is
//! buffered or copied. A chunk's signature is checked where the chunk ends, so bytes are handed out before
//! they are proven; only [`Decoder::finish`] says that all was right. Chunk headers and trailers, the only
//! things kept, have their own limits.
//!
//! ```text
//! 10000;chunk-signature=ad80…\r\n  65 536 bytes  \r\n
//! 0;chunk-signature=2ca2…\r\n
//! x-amz-checksum-crc32c:sOO8/Q==\r\n
//! x-amz-trailer-signature:d81f…\r\n
//! \r\n
//! ```

mod signer;
#[cfg(test)]
mod tests;
pub(in crate::auth) mod trailers;

use bytes::{Buf, Bytes};
use http::HeaderMap;
use sha2::{Digest, Sha256};

pub use self::signer::ChunkSigner;
use self::trailers::TrailerReader;
pub use self::trailers::{TRAILER_BYTES_MAX, Trailers};
use crate::S3Error;

/// Longest line before a chunk, in bytes with its CRLF: 16 hex digits and a signature take 99.
pub const CHUNK_HEADER_BYTES_MAX: usize = 128;
/// Every chunk but the last has at least so many bytes (facts/04 §3). Live S3 holds unsigned chunks to it too
/// (aws-sdk-js-v3 issues 6949 and 7596, versitygw issue 1665).
pub const CHUNK_BYTES_MIN: u64 = 8192;

const SIGNATURE_EXTENSION: &str = "chunk-signature=";

/// Takes the chunks off a body.
#[derive(Debug)]
pub struct Decoder {
    state: State,
    signer: Option<ChunkSigner>,
    trailers: Option<TrailerReader>,
    decoded_length: u64,
    /// Payload bytes announced by the chunk headers so far.
    announced: u64,
    /// Chunk headers read so far.
    chunks: u64,
    last_chunk_length: u64,
    chunk_signature: Vec<u8>,
    hasher: Sha256,
    /// A line whose end has not come yet.
    line: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// In the line before a chunk.
    Header,
    /// In a chunk, with so many bytes to come.
    Data(u64),
    /// After a chunk: CRLF.
    DataEnd,
    /// After the last chunk: trailers, or the empty line at once.
    Trailer,
    Done,
}

impl Decoder {
    /// For signed chunks. `signer` holds the seed; `trailer` says whether a signed trailer follows.
    ///
    /// # Errors
    /// As [`unsigned`](Self::unsigned).
    pub fn signed(signer: ChunkSigner, trailer: bool, headers: &HeaderMap) -> Result<Self, S3Error> {
        let trailers = trailer.then(|| TrailerReader::new(headers, true)).transpose()?;
        Self::new(Some(signer), trailers, headers)
    }

    /// For chunks and a trailer without signatures.
    ///
    /// # Errors
    /// `MissingContentLength` if `x-amz-decoded-content-length` is absent or no number, `InvalidRequest` if
    /// `x-amz-trailer` names what is no checksum.
    pub fn unsigned(headers: &HeaderMap) -> Result<Self, S3Error> {
        let trailers = TrailerReader::new(headers, false)?;
        Self::new(None, Some(trailers), headers)
    }

    fn new(
        signer: Option<ChunkSigner>,
        trailers: Option<TrailerReader>,
        headers: &HeaderMap,
    ) -> Result<Self, S3Error> {
        let decoded_length = headers
            .get("x-amz-decoded-content-length")
            .and_then(|value| value.to_str().ok())
            .filter(|text| text.bytes().all(|b| b.is_ascii_digit()))
            .and_then(|text| text.parse().ok())
            .ok_or(S3Error::MissingContentLength {})?;
        Ok(Self {
            state: State::Header,
            signer,
            trailers,
            decoded_length,
            announced: 0,
            chunks: 0,
            last_chunk_length: 0,
            chunk_signature: Vec::new(),
            hasher: Sha256::new(),
            line: Vec::with_capacity(CHUNK_HEADER_BYTES_MAX),
        })
    }

    /// The payload's length in bytes: `x-amz-decoded-content-length`.
    pub fn decoded_length(&self) -> u64 {
        self.decoded_length
    }

    /// Takes payload bytes off the front of `input`; `None` when all of `input` is used up. All slices
    /// together never exceed [`decoded_length`](Self::decoded_length).
    ///
    /// # Errors
    /// `IncompleteBody` for broken framing and a wrong length, `InvalidChunkSizeError`,
    /// `SignatureDoesNotMatch`, `MalformedTrailerError`. The decoder is of no use after an error.
    pub fn decode(&mut self, input: &mut Bytes) -> Result<Option<Bytes>, S3Error> {
        while !input.is_empty() {
            match self.state {
                State::Header => {
                    if self.take_line(input, CHUNK_HEADER_BYTES_MAX, S3Error::broken_body)? {
                        let line = std::mem::take(&mut self.line);
                        self.chunk_begins(&line)?;
                        self.recycle(line);
                    }
                }
                State::Data(left) => {
                    let length = input.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                    let data = input.split_to(length);
                    if self.signer.is_some() {
                        self.hasher.update(&data);
                    }
                    self.state = match left - data.len() as u64 {
                        0 => State::DataEnd,
                        left => State::Data(left),
                    };
                    return Ok(Some(data));
                }
                State::DataEnd => {
                    if self.take_line(input, 2, S3Error::broken_body)? {
                        if !self.line.is_empty() {
                            return Err(S3Error::broken_body());
                        }
                        self.chunk_ends()?;
                        self.state = State::Header;
                    }
                }
                State::Trailer => {
                    let malformed = || S3Error::MalformedTrailerError {};
                    if self.take_line(input, TRAILER_BYTES_MAX, malformed)? {
                        let line = std::mem::take(&mut self.line);
                        self.trailer_line(&line)?;
                        self.recycle(line);
                    }
                }
                State::Done => return Err(S3Error::broken_body()),
            }
        }
        Ok(None)
    }

    /// At the end of the HTTP body: whether everything was there. Only now is the payload proven.
    ///
    /// # Errors
    /// `IncompleteBody`.
    pub fn finish(self) -> Result<Trailers, S3Error> {
        if self.state != State::Done {
            return Err(S3Error::broken_body());
        }
        Ok(self
            .trailers
            .map(TrailerReader::into_trailers)
            .unwrap_or_default())
    }

    /// Moves bytes from `input` to the end of `line`; true when the line is whole, its CRLF removed.
    fn take_line(
        &mut self,
        input: &mut Bytes,
        bytes_max: usize,
        too_long: impl Fn() -> S3Error,
    ) -> Result<bool, S3Error> {
        while !input.is_empty() {
            let newline = input.iter().position(|b| *b == b'\n');
            let length = newline.map_or(input.len(), |at| at + 1);
            if self.line.len() + length > bytes_max {
                return Err(too_long());
            }
            self.line
                .extend_from_slice(input.get(..length).unwrap_or_default());
            input.advance(length);
            if self.line.ends_with(b"\r\n") {
                self.line.truncate(self.line.len() - 2);
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Keeps the buffer of a line that was read.
    fn recycle(&mut self, mut line: Vec<u8>) {
        line.clear();
        self.line = line;
    }

    fn chunk_begins(&mut self, line: &[u8]) -> Result<(), S3Error> {
        let line = std::str::from_utf8(line).map_err(|_| S3Error::broken_body())?;
        let (size, signature) = match (line.split_once(';'), &self.signer) {
            (Some((size, extension)), Some(_)) => (size, extension.strip_prefix(SIGNATURE_EXTENSION)),
            (None, None) => (line, Some("")),
            _ => return Err(S3Error::broken_body()),
        };
        let (Some(length), Some(signature)) = (chunk_length(size), signature) else {
            return Err(S3Error::broken_body());
        };
        if self.signer.is_some() && !is_signature(signature) {
            return Err(S3Error::broken_body());
        }
        self.chunk_signature.clear();
        self.chunk_signature.extend_from_slice(signature.as_bytes());
        self.chunks += 1;
        if length == 0 {
            if self.announced != self.decoded_length {
                return Err(S3Error::incomplete_body(self.decoded_length, self.announced));
            }
            self.state = State::Trailer;
            return self.chunk_ends();
        }
        // Seen at the chunk after, which S3 counts from 1 (versitygw issues 1665 and 1683).
        if self.chunks > 1 && self.last_chunk_length < CHUNK_BYTES_MIN {
            return Err(S3Error::InvalidChunkSizeError {
                chunk: self.chunks,
                bad_chunk_size: self.last_chunk_length,
            });
        }
        self.announced = self.announced.saturating_add(length);
        if self.announced > self.decoded_length {
            return Err(S3Error::incomplete_body(self.decoded_length, self.announced));
        }
        self.last_chunk_length = length;
        self.state = State::Data(length);
        Ok(())
    }

    fn chunk_ends(&mut self) -> Result<(), S3Error> {
        self.line.clear();
        let Some(signer) = &mut self.signer else {
            return Ok(());
        };
        let digest = self.hasher.finalize_reset().into();
        signer.verify_chunk(&digest, &self.chunk_signature)
    }

    fn trailer_line(&mut self, line: &[u8]) -> Result<(), S3Error> {
        let Some(trailers) = &mut self.trailers else {
            return if line.is_empty() {
                self.state = State::Done;
                Ok(())
            } else {
                Err(S3Error::broken_body())
            };
        };
        if !line.is_empty() {
            return trailers.line(line);
        }
        trailers.check(self.signer.as_ref())?;
        self.state = State::Done;
        Ok(())
    }
}

/// 1 to 16 hex digits.
fn chunk_length(text: &str) -> Option<u64> {
    let digits = (1..=16).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit());
    digits.then(|| u64::from_str_radix(text, 16).ok()).flatten()
}

/// 64 hex digits.
fn is_signature(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit())
}
