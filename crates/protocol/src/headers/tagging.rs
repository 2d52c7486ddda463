//! Tags in the `x-amz-tagging` header, and the errors of a set of tags (facts/06 §6).

use std::collections::HashSet;

use cairn_types::tag::{InvalidTagSet, Tagged};
use cairn_types::{Tag, TagSet};
use http::HeaderMap;

use super::text;
use crate::S3Error;
use crate::encoding::decode_form;

const NAME: &str = "x-amz-tagging";

/// The tags of an upload; an empty set where the header is not there.
///
/// # Errors
/// `InvalidArgument` for a bad form or a name twice, otherwise as [`tag_set`].
pub fn tagging(headers: &HeaderMap) -> Result<TagSet, S3Error> {
    let Some(value) = text(headers, NAME) else {
        return Ok(TagSet::default());
    };
    let malformed = || {
        S3Error::invalid_argument(
            "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters \
             without tag name duplicates.",
            NAME,
            value.clone(),
        )
    };
    let mut tags = Vec::new();
    let mut names = HashSet::new();
    for pair in value.split('&').filter(|pair| !pair.is_empty()) {
        // A name without `=` has an empty value [believed].
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let key = decode_form(key).map_err(|_| malformed())?.into_owned();
        let value = decode_form(value).map_err(|_| malformed())?.into_owned();
        if !names.insert(key.clone()) {
            return Err(malformed());
        }
        tags.push(Tag { key, value });
    }
    tag_set(Tagged::Object, tags)
}

/// Validates tags from a header or a document.
///
/// # Errors
/// `InvalidTag` or, for too many, `BadRequest`. The text for too many tags of a bucket, and which children
/// the errors about duplicates and `aws:` have, are believed.
pub fn tag_set(tagged: Tagged, tags: Vec<Tag>) -> Result<TagSet, S3Error> {
    let invalid = |message: &str, key: String, value: Option<String>| S3Error::InvalidTag {
        message: message.into(),
        tag_key: Some(key),
        tag_value: value,
    };
    TagSet::new(tagged, tags).map_err(|error| match error {
        InvalidTagSet::TooMany(tagged) => {
            let what = match tagged {
                Tagged::Bucket => "Bucket tag count",
                Tagged::Object => "Object tags",
            };
            S3Error::BadRequest {
                message: format!("{what} cannot be greater than {}", tagged.tags_max()),
            }
        }
        InvalidTagSet::Key(key) => invalid("The TagKey you have provided is invalid", key, None),
        InvalidTagSet::Value(key, value) => {
            invalid("The TagValue you have provided is invalid", key, Some(value))
        }
        InvalidTagSet::Duplicate(key) => invalid("Cannot provide multiple Tags with the same key", key, None),
        InvalidTagSet::System(Tagged::Bucket, key) => {
            invalid("System tags cannot be added/updated by requester", key, None)
        }
        InvalidTagSet::System(Tagged::Object, key) => {
            invalid("Your TagKey cannot be prefixed with aws:", key, None)
        }
    })
}
