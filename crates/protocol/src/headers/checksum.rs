//! `Content-MD5` and the `x-amz-checksum-*` family (facts/06 §9, facts/04 §3).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cairn_types::{Checksum, ChecksumAlgorithm, ChecksumType, ChecksumValue};
use http::HeaderMap;

use super::text;
use crate::S3Error;

const PREFIX: &str = "x-amz-checksum-";
const ALGORITHM: &str = "x-amz-checksum-algorithm";
const TYPE: &str = "x-amz-checksum-type";
const MODE: &str = "x-amz-checksum-mode";
const SDK_ALGORITHM: &str = "x-amz-sdk-checksum-algorithm";
const TRAILER: &str = "x-amz-trailer";

const SEVERAL: &str = "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.";

/// Where the checksum a body must have is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BodyChecksum {
    /// In a header.
    Header(ChecksumValue),
    /// In the trailer after the aws-chunked body.
    Trailer(ChecksumAlgorithm),
}

/// The checksum a request announces for its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChecksumRequest(pub BodyChecksum);

impl ChecksumRequest {
    /// Reads the checksum headers of an upload or of a request with an XML body; `None` where the request
    /// announces none.
    ///
    /// # Errors
    /// `InvalidRequest`: a value that is not one of its algorithm, two checksums, an unknown algorithm, a
    /// trailer that is no checksum, an announced algorithm without a value.
    pub fn read(headers: &HeaderMap) -> Result<Option<Self>, S3Error> {
        let header = header_value(headers)?
            .map(|(algorithm, value)| {
                ChecksumValue::parse(algorithm, &value)
                    .map(BodyChecksum::Header)
                    .map_err(|_| invalid_value(algorithm.header()))
            })
            .transpose()?;
        let trailer = trailer(headers)?.map(BodyChecksum::Trailer);
        let request = match (header, trailer) {
            (Some(_), Some(_)) => return Err(S3Error::invalid_request(SEVERAL)),
            (header, trailer) => header.or(trailer).map(Self),
        };
        if let Some(name) = text(headers, SDK_ALGORITHM) {
            let algorithm = ChecksumAlgorithm::parse(&name).ok_or_else(|| invalid_value(SDK_ALGORITHM))?;
            match &request {
                None => {
                    return Err(S3Error::invalid_request(
                        "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or \
                         x-amz-trailer headers were found.",
                    ));
                }
                Some(request) if request.algorithm() != algorithm => {
                    return Err(invalid_value(SDK_ALGORITHM));
                }
                Some(_) => {}
            }
        }
        Ok(request)
    }

    /// The algorithm.
    pub fn algorithm(&self) -> ChecksumAlgorithm {
        match &self.0 {
            BodyChecksum::Header(value) => value.algorithm(),
            BodyChecksum::Trailer(algorithm) => *algorithm,
        }
    }

    /// The value, where it came in a header.
    pub fn value(&self) -> Option<&ChecksumValue> {
        match &self.0 {
            BodyChecksum::Header(value) => Some(value),
            BodyChecksum::Trailer(_) => None,
        }
    }

    /// Whether the value comes in the trailer.
    pub fn is_trailer(&self) -> bool {
        matches!(self.0, BodyChecksum::Trailer(_))
    }
}

fn invalid_value(header: &str) -> S3Error {
    S3Error::invalid_request(format!("Value for {header} header is invalid."))
}

/// The one header with a value, unread.
fn header_value(headers: &HeaderMap) -> Result<Option<(ChecksumAlgorithm, String)>, S3Error> {
    let mut found = None;
    for (name, _) in headers {
        let name = name.as_str();
        if !name.starts_with(PREFIX) || matches!(name, ALGORITHM | TYPE | MODE) {
            continue;
        }
        let algorithm = ChecksumAlgorithm::from_header(name).ok_or_else(|| {
            // The literal is believed.
            S3Error::invalid_request("The algorithm type you specified in x-amz-checksum- header is invalid.")
        })?;
        // A header sent twice is two checksums: iteration names it twice.
        if found.is_some() {
            return Err(S3Error::invalid_request(SEVERAL));
        }
        found = Some(algorithm);
    }
    Ok(found.map(|algorithm| {
        let value = text(headers, algorithm.header()).unwrap_or_default();
        (algorithm, value.into_owned())
    }))
}

fn trailer(headers: &HeaderMap) -> Result<Option<ChecksumAlgorithm>, S3Error> {
    let Some(names) = text(headers, TRAILER) else {
        return Ok(None);
    };
    let mut algorithm = None;
    for name in names.split(',') {
        let name = name.trim().to_ascii_lowercase();
        let announced = ChecksumAlgorithm::from_header(&name).ok_or_else(|| {
            S3Error::invalid_request("The value specified in the x-amz-trailer header is not supported")
        })?;
        if algorithm.replace(announced).is_some() {
            return Err(S3Error::invalid_request(SEVERAL));
        }
    }
    Ok(algorithm)
}

/// `Content-MD5`: the digest the body must have.
///
/// # Errors
/// `InvalidDigest` where it is not the base64 of 16 bytes.
pub fn content_md5(headers: &HeaderMap) -> Result<Option<[u8; 16]>, S3Error> {
    let Some(value) = text(headers, "content-md5") else {
        return Ok(None);
    };
    let digest = STANDARD.decode(value.as_bytes()).ok();
    match digest.and_then(|digest| digest.try_into().ok()) {
        Some(digest) => Ok(Some(digest)),
        None => Err(S3Error::InvalidDigest {
            content_md5: value.into_owned(),
        }),
    }
}

/// `x-amz-checksum-algorithm` of CopyObject and CreateMultipartUpload.
///
/// # Errors
/// `InvalidRequest` for an unknown one; the literal names the five of before 2026 (facts/06 §9).
pub fn checksum_algorithm(headers: &HeaderMap) -> Result<Option<ChecksumAlgorithm>, S3Error> {
    text(headers, ALGORITHM)
        .map(|name| {
            ChecksumAlgorithm::parse(&name).ok_or_else(|| {
                S3Error::invalid_request(
                    "Checksum algorithm provided is unsupported. Please try again with any of the valid \
                     types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]",
                )
            })
        })
        .transpose()
}

/// `x-amz-checksum-type`.
///
/// # Errors
/// `InvalidRequest` for anything but `COMPOSITE` and `FULL_OBJECT` [believed].
pub fn checksum_type(headers: &HeaderMap) -> Result<Option<ChecksumType>, S3Error> {
    text(headers, TYPE)
        .map(|name| ChecksumType::parse(&name).ok_or_else(|| invalid_value(TYPE)))
        .transpose()
}

/// The checksum a multipart upload is created for: `None` where the request names none, and the type
/// filled in by the algorithm's default.
///
/// # Errors
/// `InvalidRequest` for unknown words, a type without an algorithm, or a pair that does not combine.
pub fn multipart_checksum(headers: &HeaderMap) -> Result<Option<(ChecksumAlgorithm, ChecksumType)>, S3Error> {
    let kind = checksum_type(headers)?;
    let Some(algorithm) = checksum_algorithm(headers)? else {
        return match kind {
            None => Ok(None),
            Some(_) => Err(S3Error::invalid_request(
                "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.",
            )),
        };
    };
    let kind = kind.unwrap_or(algorithm.default_type());
    if !algorithm.allows(kind) {
        return Err(S3Error::invalid_request(format!(
            "The {} checksum type cannot be used with the {} checksum algorithm.",
            kind.as_str(),
            algorithm.as_lower_str()
        )));
    }
    Ok(Some((algorithm, kind)))
}

/// The checksum CompleteMultipartUpload announces for the whole object. A composite one may carry its
/// number of parts (`base64-N`); without it, it is `FullObject` here and the upload's own type decides.
///
/// # Errors
/// `InvalidRequest`, as [`ChecksumRequest::read`].
pub fn object_checksum(headers: &HeaderMap) -> Result<Option<Checksum>, S3Error> {
    let Some((algorithm, text)) = header_value(headers)? else {
        return Ok(None);
    };
    let invalid = || invalid_value(algorithm.header());
    // The standard alphabet has no hyphen.
    let (digest, parts) = match text.split_once('-') {
        Some((digest, parts)) => (digest, Some(parts.parse().map_err(|_| invalid())?)),
        None => (text.as_str(), None),
    };
    let value = ChecksumValue::parse(algorithm, digest).map_err(|_| invalid())?;
    let kind = if parts.is_some() {
        ChecksumType::Composite
    } else {
        ChecksumType::FullObject
    };
    Ok(Some(Checksum { value, kind, parts }))
}

/// Whether `x-amz-checksum-mode: ENABLED` asks a read for its checksums.
pub fn checksum_mode(headers: &HeaderMap) -> bool {
    text(headers, MODE).is_some_and(|value| value.eq_ignore_ascii_case("ENABLED"))
}
