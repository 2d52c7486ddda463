//! What a request is addressed to: host and path to endpoint, bucket and key (facts/01 §1).
//!
//! Amazon's host grammar hangs off one configurable domain: [`Endpoints::host`] reads the `Host` header by
//! it. A host outside the grammar is the server's own path-style endpoint, unless a bucket carries exactly
//! that name: which of the two needs a look at the buckets, so [`Host`] offers both readings
//! ([`Host::address`], and [`Host::cname_candidate`] with [`Host::cname_address`]) and the caller decides.
//! Regions need not be configured here to be recognised: an endpoint name of another region must lead to
//! a redirect or a refusal, never to path style.

mod host;
#[cfg(test)]
mod tests;

use cairn_types::object_key::InvalidObjectKey;
use cairn_types::{BucketName, ObjectKey, RegionName};

pub use host::{Endpoint, Host, Spelling};

use crate::S3Error;
use crate::encoding::decode_path;

/// The names this server's endpoints have.
#[derive(Debug, Clone)]
pub struct Endpoints {
    /// In lower case, without a trailing dot.
    domain: String,
}

impl Endpoints {
    /// Endpoint names under `domain` (such as `localhost`), in any letter case.
    pub fn new(domain: &str) -> Self {
        Self {
            domain: domain.trim_end_matches('.').to_ascii_lowercase(),
        }
    }

    /// The domain, in lower case.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// Reads a `Host` header (`None` for HTTP/1.0 without one). Never fails: what does not parse is a
    /// host outside the grammar.
    pub fn host(&self, header: Option<&str>) -> Host {
        host::read(&self.domain, header.unwrap_or_default())
    }
}

/// How the bucket was named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// As the first segment of the path.
    Path,
    /// In front of the endpoint's host name.
    VirtualHosted,
    /// By a host name that is the bucket's own.
    Cname,
}

/// What a request is addressed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// How the bucket was named; `Path` where there is none.
    pub style: Style,
    /// The bucket; `None` addresses the service.
    pub bucket: Option<BucketName>,
    /// The key; `None` addresses the bucket or the service.
    pub key: Option<ObjectKey>,
}

impl Address {
    /// The resource as errors name it (`ResourceType`).
    pub fn resource_type(&self) -> &'static str {
        match (&self.bucket, &self.key) {
            (None, _) => "SERVICE",
            (Some(_), None) => "BUCKET",
            (Some(_), Some(_)) => "OBJECT",
        }
    }
}

/// The region of the global endpoint and of `s3-external-1`.
fn us_east_1() -> Option<RegionName> {
    RegionName::parse(RegionName::US_EAST_1).ok()
}

/// Decodes the key part of a path; empty is no key.
fn key(raw: &str) -> Result<Option<ObjectKey>, S3Error> {
    if raw.is_empty() {
        return Ok(None);
    }
    let decoded = decode_path(raw).map_err(|_| S3Error::invalid_uri(raw))?;
    object_key(decoded.into_owned()).map(Some)
}

/// A key from a request.
///
/// # Errors
/// `KeyTooLongError`; `InvalidURI` for an empty one.
pub fn object_key(text: String) -> Result<ObjectKey, S3Error> {
    ObjectKey::new(text).map_err(|error| match error {
        InvalidObjectKey::TooLong(size) => S3Error::KeyTooLongError {
            size: size as u64,
            max_size_allowed: ObjectKey::BYTES_MAX as u64,
        },
        InvalidObjectKey::Empty => S3Error::invalid_uri(""),
    })
}

/// A bucket's name from a request.
///
/// # Errors
/// `InvalidBucketName`, before it is looked up anywhere (facts/01 §6).
pub fn bucket_name(text: &str) -> Result<BucketName, S3Error> {
    BucketName::parse(text).map_err(|error| S3Error::InvalidBucketName { bucket_name: error.0 })
}
