//! What an upload says about its object: user metadata, content headers, storage class (facts/06 §6).

use std::collections::BTreeMap;

use cairn_types::StorageClass;
use http::HeaderMap;

use super::text;
use crate::S3Error;

/// What user metadata's header names begin with.
pub const META_PREFIX: &str = "x-amz-meta-";

/// Most bytes of user metadata: names (without the prefix) and values together.
pub const USER_METADATA_BYTES_MAX: usize = 2048;

/// The type of an object whose upload names none.
pub const DEFAULT_CONTENT_TYPE: &str = "binary/octet-stream";

/// The `x-amz-meta-*` headers: lower-case names without the prefix, and values as they came. A name that
/// came several times has its values joined with `,`. Values that are not ASCII go back through
/// [`crate::encoding::encode_header_text`].
///
/// # Errors
/// `MetadataTooLarge`.
pub fn user_metadata(headers: &HeaderMap) -> Result<BTreeMap<String, String>, S3Error> {
    let mut metadata = BTreeMap::new();
    let mut size = 0;
    for header in headers.keys() {
        let Some(name) = header.as_str().strip_prefix(META_PREFIX) else {
            continue;
        };
        let value = text(headers, header.as_str()).unwrap_or_default().into_owned();
        size += name.len() + value.len();
        metadata.insert(name.to_owned(), value);
    }
    if size > USER_METADATA_BYTES_MAX {
        return Err(S3Error::MetadataTooLarge {
            size: size as u64,
            max_size_allowed: USER_METADATA_BYTES_MAX as u64,
        });
    }
    Ok(metadata)
}

/// The headers that are stored with an object and come back with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SystemMetadata {
    /// `Content-Type`
    pub content_type: String,
    /// `Cache-Control`
    pub cache_control: Option<String>,
    /// `Content-Disposition`
    pub content_disposition: Option<String>,
    /// `Content-Encoding` without `aws-chunked`
    pub content_encoding: Option<String>,
    /// `Content-Language`
    pub content_language: Option<String>,
    /// `Expires`, not interpreted
    pub expires: Option<String>,
    /// `x-amz-website-redirect-location`
    pub website_redirect_location: Option<String>,
}

impl Default for SystemMetadata {
    fn default() -> Self {
        Self {
            content_type: DEFAULT_CONTENT_TYPE.into(),
            cache_control: None,
            content_disposition: None,
            content_encoding: None,
            content_language: None,
            expires: None,
            website_redirect_location: None,
        }
    }
}

impl SystemMetadata {
    /// Reads them. Empty headers count as absent.
    ///
    /// # Errors
    /// `InvalidRedirectLocation`.
    pub fn read(headers: &HeaderMap) -> Result<Self, S3Error> {
        let read = |name| {
            text(headers, name)
                .filter(|value| !value.is_empty())
                .map(|value| value.into_owned())
        };
        let redirect = read("x-amz-website-redirect-location");
        if let Some(target) = &redirect {
            let valid = ["/", "http://", "https://"]
                .iter()
                .any(|prefix| target.starts_with(prefix));
            if !valid {
                return Err(S3Error::InvalidRedirectLocation {});
            }
        }
        Ok(Self {
            content_type: read("content-type").unwrap_or_else(|| DEFAULT_CONTENT_TYPE.into()),
            cache_control: read("cache-control"),
            content_disposition: read("content-disposition"),
            content_encoding: read("content-encoding").and_then(without_aws_chunked),
            content_language: read("content-language"),
            expires: read("expires"),
            website_redirect_location: redirect,
        })
    }
}

/// `aws-chunked` describes the request's own framing, not the object (facts/04 §3). The rest of the list
/// stays as it was written.
fn without_aws_chunked(value: String) -> Option<String> {
    let is_chunked = |coding: &str| coding.trim().eq_ignore_ascii_case("aws-chunked");
    if !value.split(',').any(is_chunked) {
        return Some(value);
    }
    let rest: Vec<&str> = value
        .split(',')
        .filter(|coding| !is_chunked(coding))
        .map(str::trim)
        .filter(|coding| !coding.is_empty())
        .collect();
    (!rest.is_empty()).then(|| rest.join(","))
}

/// `x-amz-storage-class`, `STANDARD` where it is not there.
///
/// # Errors
/// `InvalidStorageClass`, also for Amazon's archive classes, which Cairn does not take.
pub fn storage_class(headers: &HeaderMap) -> Result<StorageClass, S3Error> {
    match text(headers, "x-amz-storage-class") {
        None => Ok(StorageClass::default()),
        Some(name) => StorageClass::parse(&name).ok_or_else(|| S3Error::InvalidStorageClass {
            storage_class_requested: name.into_owned(),
        }),
    }
}
