//! Headers by which a client makes sure whose bucket it talks to (facts/06 §12).

use cairn_types::AccountId;
use http::HeaderMap;

use super::text;
use crate::S3Error;

/// Compares `x-amz-expected-bucket-owner` with the bucket's owner.
///
/// # Errors
/// `AccessDenied` where they differ, also where the header is no account id.
pub fn expected_bucket_owner(headers: &HeaderMap, owner: &AccountId) -> Result<(), S3Error> {
    expected(headers, "x-amz-expected-bucket-owner", owner)
}

/// Compares `x-amz-source-expected-bucket-owner` with the owner of a copy's source bucket.
///
/// # Errors
/// As [`expected_bucket_owner`].
pub fn expected_source_bucket_owner(headers: &HeaderMap, owner: &AccountId) -> Result<(), S3Error> {
    expected(headers, "x-amz-source-expected-bucket-owner", owner)
}

fn expected(headers: &HeaderMap, name: &str, owner: &AccountId) -> Result<(), S3Error> {
    match text(headers, name) {
        Some(value) if value != owner.as_str() => Err(S3Error::access_denied()),
        _ => Ok(()),
    }
}
