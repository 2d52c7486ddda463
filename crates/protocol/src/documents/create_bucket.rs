//! The body of CreateBucket.

use cairn_types::TagSet;
use cairn_types::tag::Tagged;

use super::tagging::tags;
use crate::S3Error;
use crate::xml;

/// Where the bucket is to be, and its first tags (facts/02 §4).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CreateBucketConfiguration {
    /// The word as sent; [`crate::location::BucketLocation::decide`] says what it means. An empty element
    /// counts as absent [believed].
    pub location_constraint: Option<String>,
    /// The tags; with any, a repeated CreateBucket is refused (facts/02 §4).
    pub tags: TagSet,
}

impl CreateBucketConfiguration {
    /// Reads the body; an empty one is an empty configuration. `Location` and `Bucket`, which belong to
    /// directory buckets, are let pass and not looked at.
    ///
    /// # Errors
    /// `MalformedXML`, and those of [`crate::headers::tag_set`].
    pub fn parse(body: &[u8]) -> Result<Self, S3Error> {
        if body.is_empty() {
            return Ok(Self::default());
        }
        let root = xml::parse(body, "CreateBucketConfiguration")?;
        root.only(&["LocationConstraint", "Location", "Bucket", "Tags"])?;
        let location_constraint = match root.optional("LocationConstraint")? {
            Some(element) => Some(element.text()?.to_owned()).filter(|word| !word.is_empty()),
            None => None,
        };
        let tags = match root.optional("Tags")? {
            Some(element) => tags(element, Tagged::Bucket)?,
            None => TagSet::default(),
        };
        Ok(Self {
            location_constraint,
            tags,
        })
    }
}
