//! `x-amz-object-ownership` of CreateBucket.

use http::HeaderMap;

use super::text;
use crate::S3Error;
use crate::documents::ObjectOwnership;

/// Reads `x-amz-object-ownership`.
///
/// # Errors
/// `InvalidArgument` "Invalid x-amz-object-ownership header: X" (facts/05 §8).
pub fn object_ownership(headers: &HeaderMap) -> Result<Option<ObjectOwnership>, S3Error> {
    const NAME: &str = "x-amz-object-ownership";
    let Some(word) = text(headers, NAME) else {
        return Ok(None);
    };
    ObjectOwnership::from_word(&word).map(Some).ok_or_else(|| {
        S3Error::invalid_argument(format!("Invalid {NAME} header: {word}"), NAME, word.into_owned())
    })
}
