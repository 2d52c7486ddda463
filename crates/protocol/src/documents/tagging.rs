//! The tags of a bucket or an object, both ways.

use cairn_types::tag::Tagged;
use cairn_types::{Tag, TagSet};

use crate::S3Error;
use crate::headers::tag_set;
use crate::xml::{self, Element, Writer};

/// `<Tagging><TagSet><Tag>…`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tagging(pub TagSet);

impl Tagging {
    /// Reads the body of PutBucketTagging or PutObjectTagging.
    ///
    /// # Errors
    /// `MissingRequestBodyError`, `MalformedXML`, and those of [`tag_set`].
    pub fn parse(body: &[u8], tagged: Tagged) -> Result<Self, S3Error> {
        let root = xml::parse(body, "Tagging")?;
        let set = root.only(&["TagSet"])?.required("TagSet")?;
        tags(set, tagged).map(Self)
    }

    /// The document.
    pub fn to_xml(&self) -> String {
        let mut writer = Writer::new("Tagging");
        writer.nested("TagSet", |writer| {
            for tag in self.0.as_slice() {
                writer.nested("Tag", |writer| {
                    writer.element("Key", &tag.key).element("Value", &tag.value);
                });
            }
        });
        writer.finish()
    }
}

/// The `Tag` children of an element.
pub(super) fn tags(set: &Element<'_>, tagged: Tagged) -> Result<TagSet, S3Error> {
    let mut tags = Vec::new();
    for tag in set.only(&["Tag"])?.children() {
        tag.only(&["Key", "Value"])?;
        tags.push(Tag {
            key: tag.required("Key")?.text()?.to_owned(),
            value: tag.required("Value")?.text()?.to_owned(),
        });
    }
    tag_set(tagged, tags)
}
