//! Small bodies: read whole, and held against the digests their request announces.

use bytes::Bytes;
use cairn_protocol::S3Error;
use cairn_protocol::headers::{ChecksumRequest, content_md5};
use cairn_types::checksum::{Hasher, Md5Hasher};
use http::HeaderMap;

use crate::payload::Payload;
use crate::refusal::{bad_checksum, bad_md5};

/// Largest document in bytes: a DeleteObjects of 1000 keys of 1024 bytes, each escaped, has about 2 MiB;
/// a CompleteMultipartUpload of 10000 parts about 1.5 MiB (facts/06 §12 believes 1 to 2 MiB).
pub(crate) const DOCUMENT_BYTES_MAX: usize = 2 * 1024 * 1024;

/// Reads the document and checks its MD5.
///
/// # Errors
/// As [`Payload::document`]; `InvalidDigest`, `BadDigest`.
pub(crate) async fn read(payload: &mut Payload, headers: &HeaderMap) -> Result<Bytes, S3Error> {
    let md5 = content_md5(headers)?;
    let document = payload.document(DOCUMENT_BYTES_MAX).await?;
    if let Some(expected) = md5 {
        let mut hasher = Md5Hasher::default();
        hasher.update(&document);
        let calculated = hasher.finish();
        if calculated != expected {
            return Err(bad_md5(expected, calculated, hex::encode));
        }
    }
    Ok(document)
}

/// [`read`], and checks the checksum that the headers announce for it.
///
/// # Errors
/// As [`read`], and what [`ChecksumRequest::read`] says.
pub(crate) async fn read_checked(payload: &mut Payload, headers: &HeaderMap) -> Result<Bytes, S3Error> {
    let checksum = ChecksumRequest::read(headers)?;
    let document = read(payload, headers).await?;
    if let Some(expected) = checksum.as_ref().and_then(ChecksumRequest::value) {
        let mut hasher = Hasher::new(expected.algorithm());
        hasher.update(&document);
        if hasher.finish() != *expected {
            return Err(bad_checksum(expected.algorithm().as_str()));
        }
    }
    Ok(document)
}

/// Whether the headers announce a digest that [`read_checked`] held the document against, for operations that
/// demand one. A trailer is none: a document is not aws-chunked, so nothing would come after it.
///
/// # Errors
/// As [`read_checked`].
pub(crate) fn is_checked(headers: &HeaderMap) -> Result<bool, S3Error> {
    let checksum = ChecksumRequest::read(headers)?;
    Ok(content_md5(headers)?.is_some() || checksum.is_some_and(|checksum| !checksum.is_trailer()))
}
