//! The headers of CopyObject and UploadPartCopy (facts/06 §7).

use cairn_types::{BucketName, ObjectKey, VersionId};
use http::HeaderMap;

use super::{NOT_IMPLEMENTED_HEADER, text};
use crate::S3Error;
use crate::address::object_key;
use crate::encoding::decode_form;
use crate::parameters::parse_version_id;

const SOURCE: &str = "x-amz-copy-source";

/// What is to be copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopySource {
    /// The source's bucket.
    pub bucket: BucketName,
    /// The source's key.
    pub key: ObjectKey,
    /// The version, where one is named.
    pub version_id: Option<VersionId>,
}

impl CopySource {
    /// Whether the request is a copy: decides between PutObject and CopyObject.
    pub fn is_present(headers: &HeaderMap) -> bool {
        headers.contains_key(SOURCE)
    }

    /// Reads `x-amz-copy-source`: `[/]bucket/key[?versionId=id]`, URL-encoded. A `+` is a space: clients
    /// that mean the sign send `%2B` [believed, after recordings quoted by LocalStack's tests].
    ///
    /// # Errors
    /// `InvalidArgument` for a bad bucket, key or version, `KeyTooLongError`, `NotImplemented` for an
    /// access point's ARN.
    pub fn read(headers: &HeaderMap) -> Result<Self, S3Error> {
        let value = text(headers, SOURCE).unwrap_or_default();
        if value.starts_with("arn:") {
            return Err(S3Error::NotImplemented {
                header: Some(SOURCE.into()),
                additional_message: None,
                message: NOT_IMPLEMENTED_HEADER.into(),
            });
        }
        // The version is cut off before decoding: an encoded `?` belongs to the key.
        let (path, version_id) = match value.rsplit_once("?versionId=") {
            Some((path, version)) => (path, Some(parse_version_id(version)?)),
            None => (&*value, None),
        };
        let path = decode_form(path).map_err(|_| invalid("Invalid copy source object key"))?;
        let path = path.strip_prefix('/').unwrap_or(&path);
        let (bucket, key) = path
            .split_once('/')
            .filter(|(_, key)| !key.is_empty())
            .ok_or_else(|| invalid("Invalid copy source object key"))?;
        Ok(Self {
            bucket: BucketName::parse(bucket).map_err(|_| invalid("Invalid copy source bucket name"))?,
            key: object_key(key.to_owned())?,
            version_id,
        })
    }
}

/// The argument's value is recorded as the header's name, literally (facts/06 §7).
fn invalid(message: &str) -> S3Error {
    S3Error::invalid_argument(message, SOURCE, SOURCE)
}

/// Whether something comes from the source or from the request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Directive {
    /// From the source.
    #[default]
    Copy,
    /// From the request, and nothing from the source.
    Replace,
}

/// `x-amz-metadata-directive`.
///
/// # Errors
/// `InvalidArgument` for an unknown word.
pub fn metadata_directive(headers: &HeaderMap) -> Result<Directive, S3Error> {
    directive(headers, "x-amz-metadata-directive", "Unknown metadata directive.")
}

/// `x-amz-tagging-directive`.
///
/// # Errors
/// `InvalidArgument` for an unknown word.
pub fn tagging_directive(headers: &HeaderMap) -> Result<Directive, S3Error> {
    directive(headers, "x-amz-tagging-directive", "Unknown tagging directive.")
}

fn directive(headers: &HeaderMap, name: &str, message: &str) -> Result<Directive, S3Error> {
    match text(headers, name).as_deref() {
        None | Some("COPY") => Ok(Directive::Copy),
        Some("REPLACE") => Ok(Directive::Replace),
        Some(word) => Err(S3Error::invalid_argument(message, name, word)),
    }
}
