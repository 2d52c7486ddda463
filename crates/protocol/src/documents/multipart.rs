//! The answers of CreateMultipartUpload and CompleteMultipartUpload (facts/06 §8).

use cairn_types::{BucketName, Checksum, ETag, ObjectKey, UploadId};

use super::checksums;
use crate::xml::{PROLOG, Writer};

/// The answer of CreateMultipartUpload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InitiateMultipartUploadResult {
    /// The bucket.
    pub bucket: BucketName,
    /// The key.
    pub key: ObjectKey,
    /// The upload's id.
    pub upload_id: UploadId,
}

impl InitiateMultipartUploadResult {
    /// The document.
    pub fn to_xml(&self) -> String {
        let mut writer = Writer::new("InitiateMultipartUploadResult");
        writer
            .element("Bucket", &self.bucket)
            .element("Key", &self.key)
            .element("UploadId", self.upload_id);
        writer.finish()
    }
}

/// The answer of CompleteMultipartUpload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompleteMultipartUploadResult {
    /// The object's URL ([`crate::location::object_url`]).
    pub location: String,
    /// The bucket.
    pub bucket: BucketName,
    /// The key.
    pub key: ObjectKey,
    /// The object's ETag.
    pub etag: ETag,
    /// The object's checksum.
    pub checksum: Option<Checksum>,
}

impl CompleteMultipartUploadResult {
    /// The document. `prolog` is false where [`PROLOG`] was sent before, to keep the connection alive.
    pub fn to_xml(&self, prolog: bool) -> String {
        let root = "CompleteMultipartUploadResult";
        let mut writer = if prolog {
            Writer::new(root)
        } else {
            Writer::without_prolog(root)
        };
        writer
            .element("Location", &self.location)
            .element("Bucket", &self.bucket)
            .element("Key", &self.key)
            .element("ETag", self.etag.quoted());
        checksums::whole(&mut writer, self.checksum.as_ref());
        let xml = writer.finish();
        debug_assert_eq!(xml.starts_with(PROLOG), prolog);
        xml
    }
}
