//! The answers of CopyObject and UploadPartCopy (facts/06 §7).

use cairn_types::{Checksum, ChecksumValue, ETag, Timestamp};

use super::checksums;
use crate::xml::Writer;

/// The answer of CopyObject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyObjectResult {
    /// When the copy was made.
    pub last_modified: Timestamp,
    /// The copy's ETag.
    pub etag: ETag,
    /// The copy's checksum.
    pub checksum: Option<Checksum>,
}

impl CopyObjectResult {
    /// The document.
    pub fn to_xml(&self) -> String {
        let mut writer = Writer::new("CopyObjectResult");
        head(&mut writer, self.last_modified, &self.etag);
        checksums::whole(&mut writer, self.checksum.as_ref());
        writer.finish()
    }
}

/// The answer of UploadPartCopy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyPartResult {
    /// When the part was made.
    pub last_modified: Timestamp,
    /// The part's ETag.
    pub etag: ETag,
    /// The part's checksum.
    pub checksum: Option<ChecksumValue>,
}

impl CopyPartResult {
    /// The document.
    pub fn to_xml(&self) -> String {
        let mut writer = Writer::new("CopyPartResult");
        head(&mut writer, self.last_modified, &self.etag);
        checksums::value(&mut writer, self.checksum.as_ref());
        writer.finish()
    }
}

fn head(writer: &mut Writer, last_modified: Timestamp, etag: &ETag) {
    writer
        .element("LastModified", last_modified.iso8601_millis())
        .element("ETag", etag.quoted());
}
