//! ListParts (facts/06 §3).

use cairn_types::{
    BucketName, ChecksumAlgorithm, ChecksumType, ChecksumValue, ETag, ObjectKey, PartNumber, StorageClass,
    Timestamp, UploadId,
};

use super::listing::{
    LastMoment, checksum, encoded, encoding_type, etag, last_modified, owner, owner_id, size,
};
use super::{Owner, checksums};
use crate::parameters::EncodingType;
use crate::xml::Writer;

/// One uploaded part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedPart {
    /// Its number.
    pub part_number: PartNumber,
    /// When it was uploaded.
    pub last_modified: Timestamp,
    /// Its ETag.
    pub etag: ETag,
    /// Bytes.
    pub size: u64,
    /// Its checksum.
    pub checksum: Option<ChecksumValue>,
}

/// The answer of ListParts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListPartsResult<'a> {
    /// The bucket.
    pub bucket: BucketName,
    /// The key.
    pub key: ObjectKey,
    /// The upload.
    pub upload_id: UploadId,
    /// Who initiated it.
    pub initiator: Option<Owner>,
    /// The canonical user id of who will own the object.
    pub owner: Option<&'a str>,
    /// The object's storage class.
    pub storage_class: StorageClass,
    /// `part-number-marker`, 0 by default.
    pub part_number_marker: u32,
    /// The last part of the page, 0 for none.
    pub next_part_number_marker: u32,
    /// The page size, after capping.
    pub max_parts: u32,
    /// How the key is written.
    pub encoding: Option<EncodingType>,
    /// Whether there is a further page.
    pub is_truncated: bool,
    /// The parts, in order of number.
    pub parts: Vec<ListedPart>,
    /// What the upload was created for.
    pub checksum: Option<(ChecksumAlgorithm, ChecksumType)>,
}

impl ListPartsResult<'_> {
    /// The document.
    pub fn to_xml(&self) -> String {
        let mut writer = Writer::new("ListPartsResult");
        writer
            .element("Bucket", &self.bucket)
            .element("Key", encoded(self.encoding, self.key.as_str()))
            .element("UploadId", self.upload_id);
        if let Some(initiator) = &self.initiator {
            owner(&mut writer, "Initiator", initiator);
        }
        owner_id(&mut writer, self.owner);
        writer
            .element("StorageClass", self.storage_class.as_str())
            .element("PartNumberMarker", self.part_number_marker)
            .element("NextPartNumberMarker", self.next_part_number_marker)
            .element("MaxParts", self.max_parts);
        encoding_type(&mut writer, self.encoding);
        writer.element("IsTruncated", self.is_truncated);
        let mut last = LastMoment::default();
        for part in &self.parts {
            writer.nested("Part", |writer| {
                writer.element("PartNumber", part.part_number);
                last_modified(writer, &mut last, part.last_modified);
                etag(writer, &part.etag);
                size(writer, part.size);
                checksums::value(writer, part.checksum.as_ref());
            });
        }
        checksum(&mut writer, self.checksum);
        writer.finish()
    }
}
