//! Checksums of objects and parts (facts/06 §9).

use std::fmt;

use arrayvec::ArrayVec;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
pub use cairn_md5::Md5Hasher;
use crc_fast::CrcAlgorithm;
use serde::{Deserialize, Serialize};
use sha2::Digest as _;

/// A checksum algorithm S3 knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are Amazon's")]
pub enum ChecksumAlgorithm {
    Crc32,
    Crc32c,
    Crc64Nvme,
    Sha1,
    Sha256,
    Sha512,
    Md5,
    Xxhash64,
    Xxhash3,
    Xxhash128,
}

impl ChecksumAlgorithm {
    /// Every algorithm.
    pub const ALL: &'static [Self] = &[
        Self::Crc32,
        Self::Crc32c,
        Self::Crc64Nvme,
        Self::Sha1,
        Self::Sha256,
        Self::Sha512,
        Self::Md5,
        Self::Xxhash64,
        Self::Xxhash3,
        Self::Xxhash128,
    ];

    /// The algorithm S3 computes where a request names none.
    pub const DEFAULT: Self = Self::Crc64Nvme;

    /// `CRC32C`, as in `x-amz-checksum-algorithm` and listings.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Crc32 => "CRC32",
            Self::Crc32c => "CRC32C",
            Self::Crc64Nvme => "CRC64NVME",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
            Self::Sha512 => "SHA512",
            Self::Md5 => "MD5",
            Self::Xxhash64 => "XXHASH64",
            Self::Xxhash3 => "XXHASH3",
            Self::Xxhash128 => "XXHASH128",
        }
    }

    /// `crc32c`, as in the errors that name an algorithm in lower case.
    pub fn as_lower_str(self) -> &'static str {
        // Every header is `x-amz-checksum-` and the lower-case name.
        &self.header()["x-amz-checksum-".len()..]
    }

    /// `x-amz-checksum-crc32c`: the header and trailer that carries a value.
    pub fn header(self) -> &'static str {
        match self {
            Self::Crc32 => "x-amz-checksum-crc32",
            Self::Crc32c => "x-amz-checksum-crc32c",
            Self::Crc64Nvme => "x-amz-checksum-crc64nvme",
            Self::Sha1 => "x-amz-checksum-sha1",
            Self::Sha256 => "x-amz-checksum-sha256",
            Self::Sha512 => "x-amz-checksum-sha512",
            Self::Md5 => "x-amz-checksum-md5",
            Self::Xxhash64 => "x-amz-checksum-xxhash64",
            Self::Xxhash3 => "x-amz-checksum-xxhash3",
            Self::Xxhash128 => "x-amz-checksum-xxhash128",
        }
    }

    /// `ChecksumCRC32C`: the XML element that carries a value.
    pub fn element(self) -> &'static str {
        match self {
            Self::Crc32 => "ChecksumCRC32",
            Self::Crc32c => "ChecksumCRC32C",
            Self::Crc64Nvme => "ChecksumCRC64NVME",
            Self::Sha1 => "ChecksumSHA1",
            Self::Sha256 => "ChecksumSHA256",
            Self::Sha512 => "ChecksumSHA512",
            Self::Md5 => "ChecksumMD5",
            Self::Xxhash64 => "ChecksumXXHASH64",
            Self::Xxhash3 => "ChecksumXXHASH3",
            Self::Xxhash128 => "ChecksumXXHASH128",
        }
    }

    /// The algorithm of that name in any letter case.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|a| a.as_str().eq_ignore_ascii_case(text))
    }

    /// The algorithm whose value that header carries (lower case).
    pub fn from_header(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|a| a.header() == name)
    }

    /// Length of a digest in bytes.
    pub fn digest_bytes(self) -> usize {
        match self {
            Self::Crc32 | Self::Crc32c => 4,
            Self::Crc64Nvme | Self::Xxhash64 | Self::Xxhash3 => 8,
            Self::Md5 | Self::Xxhash128 => 16,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }

    /// The type a multipart upload gets where its request names none.
    pub fn default_type(self) -> ChecksumType {
        if self == Self::Crc64Nvme {
            ChecksumType::FullObject
        } else {
            ChecksumType::Composite
        }
    }

    /// Whether multipart objects can have this algorithm in this type. Only CRCs of parts combine into
    /// that of the whole, so only they can be `FULL_OBJECT`; CRC64NVME cannot be anything else. For the
    /// algorithms of 2026 that is inferred from SHA, whose rule is verified.
    pub fn allows(self, kind: ChecksumType) -> bool {
        match kind {
            ChecksumType::FullObject => matches!(self, Self::Crc32 | Self::Crc32c | Self::Crc64Nvme),
            ChecksumType::Composite => self != Self::Crc64Nvme,
        }
    }

    fn crc(self) -> Option<CrcAlgorithm> {
        match self {
            Self::Crc32 => Some(CrcAlgorithm::Crc32IsoHdlc),
            Self::Crc32c => Some(CrcAlgorithm::Crc32Iscsi),
            Self::Crc64Nvme => Some(CrcAlgorithm::Crc64Nvme),
            _ => None,
        }
    }
}

/// How the checksum of a multipart object comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ChecksumType {
    /// Over the concatenated digests of the parts.
    Composite,
    /// Over the bytes of the whole object.
    FullObject,
}

impl ChecksumType {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Composite => "COMPOSITE",
            Self::FullObject => "FULL_OBJECT",
        }
    }

    /// The type of that name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Composite, Self::FullObject]
            .into_iter()
            .find(|t| t.as_str() == text)
    }
}

/// One digest and the algorithm that made it. `Display` writes the base64 form of the wire.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ChecksumValue {
    algorithm: ChecksumAlgorithm,
    digest: Digest,
}

/// Longest digest in bytes: SHA-512's.
const DIGEST_BYTES_MAX: usize = 64;

/// A digest, in place.
type Digest = ArrayVec<u8, DIGEST_BYTES_MAX>;

/// Not a value of that algorithm: bad base64, or the wrong length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the base64 form of a {} digest", .0.as_str())]
pub struct InvalidChecksumValue(pub ChecksumAlgorithm);

impl ChecksumValue {
    /// A digest of the algorithm's length (big-endian for CRCs).
    pub fn new(algorithm: ChecksumAlgorithm, digest: &[u8]) -> Result<Self, InvalidChecksumValue> {
        match Digest::try_from(digest) {
            Ok(digest) if digest.len() == algorithm.digest_bytes() => Ok(Self { algorithm, digest }),
            _ => Err(InvalidChecksumValue(algorithm)),
        }
    }

    /// Reads the base64 form.
    pub fn parse(algorithm: ChecksumAlgorithm, text: &str) -> Result<Self, InvalidChecksumValue> {
        Self::new(
            algorithm,
            &STANDARD
                .decode(text)
                .map_err(|_| InvalidChecksumValue(algorithm))?,
        )
    }

    /// The algorithm.
    pub fn algorithm(&self) -> ChecksumAlgorithm {
        self.algorithm
    }

    /// The digest's bytes.
    pub fn digest(&self) -> &[u8] {
        &self.digest
    }

    /// The checksum of `self`'s bytes followed by the `length` bytes that `next` is of. `None` for
    /// algorithms other than CRCs, or two different ones.
    pub fn combine(&self, next: &Self, length: u64) -> Option<Self> {
        let crc = self
            .algorithm
            .crc()
            .filter(|_| self.algorithm == next.algorithm)?;
        let combined = crc_fast::checksum_combine(crc, self.as_u64(), next.as_u64(), length);
        Some(Self {
            algorithm: self.algorithm,
            digest: crc_digest(self.algorithm, combined),
        })
    }

    fn as_u64(&self) -> u64 {
        self.digest
            .iter()
            .take(8)
            .fold(0, |value, byte| value << 8 | u64::from(*byte))
    }
}

impl fmt::Display for ChecksumValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(&self.digest))
    }
}

fn crc_digest(algorithm: ChecksumAlgorithm, value: u64) -> Digest {
    in_place(&value.to_be_bytes()[8 - algorithm.digest_bytes()..])
}

fn in_place(digest: &[u8]) -> Digest {
    digest.iter().copied().take(DIGEST_BYTES_MAX).collect()
}

/// The checksum of an object. `Display` writes the form of the wire: base64, and for a composite one
/// `-` and the number of parts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Checksum {
    /// The digest.
    pub value: ChecksumValue,
    /// What it is of.
    pub kind: ChecksumType,
    /// The number of parts a composite one was made from.
    pub parts: Option<u16>,
}

impl Checksum {
    /// A checksum over all bytes of an object.
    pub fn full_object(value: ChecksumValue) -> Self {
        Self {
            value,
            kind: ChecksumType::FullObject,
            parts: None,
        }
    }

    /// The composite checksum of parts with these values. `None` without parts, or where algorithms
    /// differ.
    pub fn composite<'a>(values: impl IntoIterator<Item = &'a ChecksumValue>) -> Option<Self> {
        let mut values = values.into_iter().peekable();
        let algorithm = values.peek()?.algorithm;
        let mut hasher = Hasher::new(algorithm);
        let mut parts = 0_u16;
        for value in values {
            if value.algorithm != algorithm {
                return None;
            }
            hasher.update(&value.digest);
            parts = parts.checked_add(1)?;
        }
        Some(Self {
            value: hasher.finish(),
            kind: ChecksumType::Composite,
            parts: Some(parts),
        })
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.parts {
            Some(parts) => write!(f, "{}-{parts}", self.value),
            None => self.value.fmt(f),
        }
    }
}

/// Computes a checksum over bytes as they come.
pub struct Hasher {
    algorithm: ChecksumAlgorithm,
    state: State,
}

enum State {
    Crc(Box<crc_fast::Digest>),
    Sha1(sha1::Sha1),
    Sha256(sha2::Sha256),
    Sha512(sha2::Sha512),
    Md5(Md5Hasher),
    Xxhash64(xxhash_rust::xxh64::Xxh64),
    Xxhash3(Box<xxhash_rust::xxh3::Xxh3>),
}

impl Hasher {
    /// A hasher that has seen nothing yet.
    pub fn new(algorithm: ChecksumAlgorithm) -> Self {
        let state = match algorithm {
            ChecksumAlgorithm::Crc32 => State::crc(CrcAlgorithm::Crc32IsoHdlc),
            ChecksumAlgorithm::Crc32c => State::crc(CrcAlgorithm::Crc32Iscsi),
            ChecksumAlgorithm::Crc64Nvme => State::crc(CrcAlgorithm::Crc64Nvme),
            ChecksumAlgorithm::Sha1 => State::Sha1(sha1::Sha1::new()),
            ChecksumAlgorithm::Sha256 => State::Sha256(sha2::Sha256::new()),
            ChecksumAlgorithm::Sha512 => State::Sha512(sha2::Sha512::new()),
            ChecksumAlgorithm::Md5 => State::Md5(Md5Hasher::default()),
            ChecksumAlgorithm::Xxhash64 => State::Xxhash64(xxhash_rust::xxh64::Xxh64::new(0)),
            ChecksumAlgorithm::Xxhash3 | ChecksumAlgorithm::Xxhash128 => {
                State::Xxhash3(Box::new(xxhash_rust::xxh3::Xxh3::new()))
            }
        };
        Self { algorithm, state }
    }

    /// The algorithm.
    pub fn algorithm(&self) -> ChecksumAlgorithm {
        self.algorithm
    }

    /// Adds bytes.
    pub fn update(&mut self, data: &[u8]) {
        match &mut self.state {
            State::Crc(state) => state.update(data),
            State::Sha1(state) => state.update(data),
            State::Sha256(state) => state.update(data),
            State::Sha512(state) => state.update(data),
            State::Md5(state) => state.update(data),
            State::Xxhash64(state) => state.update(data),
            State::Xxhash3(state) => state.update(data),
        }
    }

    /// The checksum of all that was added.
    pub fn finish(self) -> ChecksumValue {
        let digest = match self.state {
            State::Crc(state) => crc_digest(self.algorithm, state.finalize()),
            State::Sha1(state) => in_place(&state.finalize()),
            State::Sha256(state) => in_place(&state.finalize()),
            State::Sha512(state) => in_place(&state.finalize()),
            State::Md5(state) => in_place(&state.finish()),
            State::Xxhash64(state) => in_place(&state.digest().to_be_bytes()),
            State::Xxhash3(state) if self.algorithm == ChecksumAlgorithm::Xxhash128 => {
                in_place(&state.digest128().to_be_bytes())
            }
            State::Xxhash3(state) => in_place(&state.digest().to_be_bytes()),
        };
        ChecksumValue {
            algorithm: self.algorithm,
            digest,
        }
    }
}

impl State {
    fn crc(algorithm: CrcAlgorithm) -> Self {
        Self::Crc(Box::new(crc_fast::Digest::new(algorithm)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn digest(algorithm: ChecksumAlgorithm, data: &[u8]) -> ChecksumValue {
        let mut hasher = Hasher::new(algorithm);
        hasher.update(data);
        hasher.finish()
    }

    // facts/04 §3 and the algorithms' published check values.
    #[test]
    fn vectors() {
        let check = |algorithm, data: &str, expected: &str| {
            assert_eq!(
                digest(algorithm, data.as_bytes()).to_string(),
                expected,
                "{algorithm:?} of {data:?}"
            );
        };
        check(ChecksumAlgorithm::Crc64Nvme, "123456789", "rosUhgp5mIg=");
        check(ChecksumAlgorithm::Crc64Nvme, "abcdef", "Pact6XRTYyA=");
        check(ChecksumAlgorithm::Crc64Nvme, "", "AAAAAAAAAAA=");
        check(ChecksumAlgorithm::Crc32, "123456789", "y/Q5Jg==");
        check(ChecksumAlgorithm::Crc32c, "123456789", "4waSgw==");
        check(ChecksumAlgorithm::Sha1, "", "2jmj7l5rSw0yVb/vlWAYkK/YBwk=");
        check(
            ChecksumAlgorithm::Sha256,
            "",
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
        );
        check(ChecksumAlgorithm::Md5, "", "1B2M2Y8AsgTpgAmY7PhCfg==");
        check(ChecksumAlgorithm::Xxhash64, "", "70bbN1HY6Zk=");
        check(ChecksumAlgorithm::Xxhash3, "", "LQaABTjTlMI=");
        check(ChecksumAlgorithm::Xxhash128, "", "maoG0wFHmNhgAcMkRo1Jfw==");
    }

    #[test]
    fn every_name_leads_back() {
        for &algorithm in ChecksumAlgorithm::ALL {
            assert_eq!(ChecksumAlgorithm::parse(algorithm.as_str()), Some(algorithm));
            assert_eq!(
                ChecksumAlgorithm::from_header(algorithm.header()),
                Some(algorithm)
            );
            assert_eq!(algorithm.as_lower_str(), algorithm.as_str().to_lowercase());
            assert_eq!(digest(algorithm, b"x").digest().len(), algorithm.digest_bytes());
            let value = digest(algorithm, b"x");
            assert_eq!(ChecksumValue::parse(algorithm, &value.to_string()), Ok(value));
            assert!(ChecksumValue::parse(algorithm, "AAA").is_err());
            assert!(ChecksumValue::parse(algorithm, "AA==").is_err());
        }
    }

    proptest! {
        #[test]
        fn crcs_combine(a: Vec<u8>, b: Vec<u8>) {
            let whole = [a.as_slice(), b.as_slice()].concat();
            for algorithm in [ChecksumAlgorithm::Crc32, ChecksumAlgorithm::Crc32c, ChecksumAlgorithm::Crc64Nvme] {
                let combined = digest(algorithm, &a).combine(&digest(algorithm, &b), b.len() as u64);
                prop_assert_eq!(combined, Some(digest(algorithm, &whole)));
            }
        }
    }
}
