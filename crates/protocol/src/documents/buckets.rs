//! ListBuckets and GetBucketLocation.

use cairn_types::{BucketName, RegionName, Timestamp};

use super::Owner;
use super::listing::owner;
use crate::xml::Writer;

/// The answer of ListBuckets (facts/06 §3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListAllMyBucketsResult {
    /// Whose buckets these are.
    pub owner: Owner,
    /// The page, in order of name.
    pub buckets: Vec<ListedBucket>,
    /// The prefix asked for.
    pub prefix: Option<String>,
    /// The token of the next page, where there is one.
    pub continuation_token: Option<String>,
}

/// One bucket of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedBucket {
    /// Its name; `BucketArn` is made from it.
    pub name: BucketName,
    /// When it was created.
    pub creation_date: Timestamp,
    /// Where it lives.
    pub region: RegionName,
}

impl ListAllMyBucketsResult {
    /// The document.
    pub fn to_xml(&self) -> String {
        let mut writer = Writer::new("ListAllMyBucketsResult");
        owner(&mut writer, "Owner", &self.owner);
        writer.nested("Buckets", |writer| {
            for bucket in &self.buckets {
                writer.nested("Bucket", |writer| {
                    writer
                        .element("Name", &bucket.name)
                        .element("CreationDate", bucket.creation_date.iso8601_millis())
                        .element("BucketRegion", &bucket.region)
                        .element("BucketArn", format_args!("arn:aws:s3:::{}", bucket.name));
                });
            }
        });
        writer
            .optional("Prefix", self.prefix.as_ref())
            .optional("ContinuationToken", self.continuation_token.as_ref());
        writer.finish()
    }
}

/// The answer of GetBucketLocation: the word is the text of the root, which is empty for us-east-1
/// (facts/02 §3; [`crate::location::BucketLocation::constraint`]).
pub fn location_constraint(constraint: Option<&str>) -> String {
    let mut writer = Writer::new("LocationConstraint");
    if let Some(word) = constraint {
        writer.text(word);
    }
    writer.finish()
}
