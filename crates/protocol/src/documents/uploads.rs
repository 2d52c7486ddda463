//! ListMultipartUploads (facts/06 §3).

use cairn_types::{
    BucketName, ChecksumAlgorithm, ChecksumType, ObjectKey, StorageClass, Timestamp, UploadId,
};

use super::Owner;
use super::listing::{checksum, common_prefixes, encoded, encoding_type, owner, owner_id};
use crate::parameters::EncodingType;
use crate::xml::Writer;

/// One upload under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedUpload<'a> {
    /// Its key.
    pub key: ObjectKey,
    /// Its id.
    pub upload_id: UploadId,
    /// Who initiated it.
    pub initiator: Option<Owner>,
    /// The canonical user id of who will own the object.
    pub owner: Option<&'a str>,
    /// The object's storage class.
    pub storage_class: StorageClass,
    /// When it was initiated.
    pub initiated: Timestamp,
    /// What it was created for.
    pub checksum: Option<(ChecksumAlgorithm, ChecksumType)>,
}

/// The answer of ListMultipartUploads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListMultipartUploadsResult<'a> {
    /// The bucket.
    pub bucket: BucketName,
    /// `key-marker`, empty where none was sent: it is shown all the same.
    pub key_marker: String,
    /// `upload-id-marker`, empty where none was sent: it is shown all the same.
    pub upload_id_marker: String,
    /// The last upload's key; empty where there is none or the page ends on a common prefix. Shown always.
    pub next_key_marker: String,
    /// The last upload's id, likewise.
    pub next_upload_id_marker: String,
    /// `prefix`
    pub prefix: Option<String>,
    /// `delimiter`
    pub delimiter: Option<String>,
    /// How the texts are written.
    pub encoding: Option<EncodingType>,
    /// The page size, after capping.
    pub max_uploads: u32,
    /// Whether there is a further page.
    pub is_truncated: bool,
    /// By key, then by initiation.
    pub uploads: Vec<ListedUpload<'a>>,
    /// The common prefixes, in order.
    pub common_prefixes: Vec<&'a str>,
}

impl ListMultipartUploadsResult<'_> {
    /// The document.
    pub fn to_xml(&self) -> String {
        let text = |text| encoded(self.encoding, text);
        let mut writer = Writer::new("ListMultipartUploadsResult");
        writer
            .element("Bucket", &self.bucket)
            .element("KeyMarker", text(&self.key_marker))
            .element("UploadIdMarker", &self.upload_id_marker)
            .element("NextKeyMarker", text(&self.next_key_marker))
            .element("NextUploadIdMarker", &self.next_upload_id_marker)
            .optional("Prefix", self.prefix.as_deref().map(text))
            .optional("Delimiter", self.delimiter.as_deref().map(text));
        encoding_type(&mut writer, self.encoding);
        writer
            .element("MaxUploads", self.max_uploads)
            .element("IsTruncated", self.is_truncated);
        for upload in &self.uploads {
            writer.nested("Upload", |writer| {
                writer
                    .element("Key", text(upload.key.as_str()))
                    .element("UploadId", upload.upload_id);
                if let Some(initiator) = &upload.initiator {
                    owner(writer, "Initiator", initiator);
                }
                owner_id(writer, upload.owner);
                writer
                    .element("StorageClass", upload.storage_class.as_str())
                    .element("Initiated", upload.initiated.iso8601_millis());
                checksum(writer, upload.checksum);
            });
        }
        common_prefixes(&mut writer, self.encoding, &self.common_prefixes);
        writer.finish()
    }
}
