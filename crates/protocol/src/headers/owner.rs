//! Headers by which a client makes sure whose bucket it talks to (facts/06 §12).

use cairn_types::AccountId;
use http::HeaderMap;

use super::text;
use crate::S3Error;

/// Compares `x-amz-expected-bucket-owner` with the bucket's owner.
///
/// # Errors
/// `AccessDenied` where they differ; `InvalidBucketOwnerAWSAccountID` where the header is no account id
/// (facts/05 §7).
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
    let Some(value) = text(headers, name) else {
        return Ok(());
    };
    if AccountId::parse(&value).is_err() {
        return Err(S3Error::InvalidBucketOwnerAWSAccountID {
            message: format!(
                "The value of the expected bucket owner parameter must be an AWS Account ID... [{value}]"
            ),
        });
    }
    if value == owner.as_str() {
        Ok(())
    } else {
        Err(S3Error::access_denied())
    }
}
