//! The trailer of an aws-chunked body: checksums, and the signature over them (facts/04 §3).
//!
//! What live S3 answers here was captured in versitygw issues 1600, 1626, 1690 and 1691 and Arsenal pull request
//! 2596: a trailer that was not announced, one that is announced and missing, and one that is no
//! `name:value` are all `MalformedTrailerError`.

use cairn_types::ChecksumAlgorithm;
use http::HeaderMap;
use sha2::{Digest, Sha256};

use super::ChunkSigner;
use crate::S3Error;

/// Longest trailer with its signature, in bytes. A checksum takes about 120, and there are few kinds.
pub const TRAILER_BYTES_MAX: usize = 2048;

const SIGNATURE: &str = "x-amz-trailer-signature";

/// The trailers of a body: names in lower case, values without the space around them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trailers(Vec<(String, String)>);

impl Trailers {
    /// The value of a trailer.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter()
            .find(|(listed, _)| *listed == name)
            .map(|(_, value)| value)
    }

    /// All of them, in the order sent.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Reads a trailer line by line.
#[derive(Debug)]
pub(super) struct TrailerReader {
    announced: Vec<String>,
    signed: bool,
    trailers: Trailers,
    signature: Option<String>,
    bytes: usize,
}

impl TrailerReader {
    /// Takes the names that may come from `x-amz-trailer`.
    pub(super) fn new(headers: &HeaderMap, signed: bool) -> Result<Self, S3Error> {
        let unsupported =
            || S3Error::invalid_request("The value specified in the x-amz-trailer header is not supported");
        let mut announced = Vec::new();
        for value in headers.get_all("x-amz-trailer") {
            let value = value.to_str().map_err(|_| unsupported())?;
            for name in value.split(',').map(str::trim).filter(|name| !name.is_empty()) {
                let name = name.to_ascii_lowercase();
                if ChecksumAlgorithm::from_header(&name).is_none() || announced.contains(&name) {
                    return Err(unsupported());
                }
                announced.push(name);
            }
        }
        Ok(Self {
            announced,
            signed,
            trailers: Trailers::default(),
            signature: None,
            bytes: 0,
        })
    }

    /// The next line, without its CRLF. A line feed alone ends a trailer too: minio-go sends
    /// `name:value\n\r\n`, as Amazon's documentation shows it.
    pub(super) fn line(&mut self, line: &[u8]) -> Result<(), S3Error> {
        let malformed = || S3Error::MalformedTrailerError {};
        self.bytes += line.len();
        if self.bytes > TRAILER_BYTES_MAX {
            return Err(malformed());
        }
        let line = std::str::from_utf8(line).map_err(|_| malformed())?;
        for trailer in line.strip_suffix('\n').unwrap_or(line).split('\n') {
            let (name, value) = trailer.split_once(':').ok_or_else(malformed)?;
            self.trailer(&name.trim().to_ascii_lowercase(), value.trim())?;
        }
        Ok(())
    }

    fn trailer(&mut self, name: &str, value: &str) -> Result<(), S3Error> {
        let malformed = || Err(S3Error::MalformedTrailerError {});
        // The signature covers what is before it: nothing may come after.
        if self.signature.is_some() {
            return malformed();
        }
        if self.signed && name == SIGNATURE {
            self.signature = Some(value.to_owned());
            return Ok(());
        }
        let announced = self.announced.iter().any(|listed| listed == name);
        if !announced || self.trailers.get(name).is_some() {
            return malformed();
        }
        self.trailers.0.push((name.to_owned(), value.to_owned()));
        Ok(())
    }

    /// At the empty line: whether all came that was announced, and its signature is right.
    pub(super) fn check(&self, signer: Option<&ChunkSigner>) -> Result<(), S3Error> {
        if self.trailers.0.len() != self.announced.len() {
            return Err(S3Error::MalformedTrailerError {});
        }
        let Some(signer) = signer.filter(|_| self.signed) else {
            return Ok(());
        };
        let Some(signature) = &self.signature else {
            // Without trailers the last chunk's signature has covered everything.
            return if self.trailers.is_empty() {
                Ok(())
            } else {
                Err(S3Error::MalformedTrailerError {})
            };
        };
        signer.verify_trailer(&digest(self.trailers.iter()), signature.as_bytes())
    }

    pub(super) fn into_trailers(self) -> Trailers {
        self.trailers
    }
}

/// The SHA-256 that a trailer's signature covers.
pub(in crate::auth) fn digest<'a>(trailers: impl Iterator<Item = (&'a str, &'a str)>) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for (name, value) in trailers {
        for part in [name, ":", value, "\n"] {
            hasher.update(part);
        }
    }
    hasher.finalize().into()
}
