//! Request headers read into values that cannot be wrong: one file a group.
//!
//! Every function takes the whole [`HeaderMap`] and answers with the S3 error of facts/06 where a header
//! is not valid, so that an operation's `parse` is a list of calls. A header that is not there is `None`
//! or its default, never an error, unless the operation cannot do without.

mod acl;
mod attributes;
mod checksum;
mod copy;
mod metadata;
mod mfa;
mod owner;
mod ownership;
mod presigned;
mod tagging;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use http::{HeaderMap, HeaderValue};

pub use acl::{ACL, AclHeaders, GRANT_HEADERS, GrantText, GranteeText};
pub use attributes::ObjectAttributes;
pub use checksum::{
    BodyChecksum, ChecksumRequest, checksum_algorithm, checksum_mode, checksum_type, content_md5,
    multipart_checksum, object_checksum,
};
pub use copy::{CopySource, Directive, metadata_directive, tagging_directive};
pub use metadata::{
    DEFAULT_CONTENT_TYPE, META_PREFIX, SystemMetadata, USER_METADATA_BYTES_MAX, storage_class, user_metadata,
};
pub use mfa::{MfaHeader, mfa};
pub use owner::{expected_bucket_owner, expected_source_bucket_owner};
pub use ownership::object_ownership;
pub use presigned::adopt_presigned;
pub use tagging::{tag_set, tagging};

use crate::S3Error;

/// The message of `NotImplemented` about a header (facts/06 §1).
pub const NOT_IMPLEMENTED_HEADER: &str =
    "A header you provided implies functionality that is not implemented";

/// A header's text: UTF-8 where it is that, ISO-8859-1 otherwise (facts/06 §6 accepts raw UTF-8). Values
/// of a header that came several times are joined with `,`, as S3 signs them (facts/04 §1).
pub fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<Cow<'a, str>> {
    let mut values = headers.get_all(name).iter();
    let first = value_text(values.next()?);
    let mut joined = first;
    for value in values {
        let owned = joined.to_mut();
        owned.push(',');
        owned.push_str(&value_text(value));
    }
    Some(joined)
}

fn value_text(value: &HeaderValue) -> Cow<'_, str> {
    match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => Cow::Borrowed(text.trim()),
        Err(_) => {
            let latin: String = value.as_bytes().iter().map(|b| char::from(*b)).collect();
            Cow::Owned(latin.trim().to_owned())
        }
    }
}

/// `x-amz-mp-object-size` of CompleteMultipartUpload in bytes.
///
/// # Errors
/// `InvalidRequest` where it is no number [believed].
pub fn multipart_object_size(headers: &HeaderMap) -> Result<Option<u64>, S3Error> {
    const NAME: &str = "x-amz-mp-object-size";
    text(headers, NAME)
        .map(|value| {
            value
                .parse()
                .map_err(|_| S3Error::invalid_request(format!("Value for {NAME} header is invalid.")))
        })
        .transpose()
}
