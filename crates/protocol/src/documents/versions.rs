//! ListObjectVersions (facts/06 §3).

use std::sync::Arc;

use cairn_types::{
    BucketName, ChecksumAlgorithm, ChecksumType, ETag, ObjectKey, StorageClass, Timestamp, VersionId,
};

use super::Owner;
use super::listing::{common_prefixes, encoded, encoding_type, etag, last_modified, owner, size};
use super::objects::checksum;
use crate::parameters::EncodingType;
use crate::xml::Writer;

/// One version of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedVersion {
    /// Its key.
    pub key: ObjectKey,
    /// Its id.
    pub version_id: VersionId,
    /// Whether it is the key's latest.
    pub is_latest: bool,
    /// When it was written; shown in whole seconds.
    pub last_modified: Timestamp,
    /// Its ETag.
    pub etag: ETag,
    /// The algorithm and type of its checksum.
    pub checksum: Option<(ChecksumAlgorithm, ChecksumType)>,
    /// Bytes.
    pub size: u64,
    /// Its storage class.
    pub storage_class: StorageClass,
    /// Its owner.
    pub owner: Option<Arc<Owner>>,
}

/// One delete marker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedDeleteMarker {
    /// Its key.
    pub key: ObjectKey,
    /// Its id.
    pub version_id: VersionId,
    /// Whether it is the key's latest version.
    pub is_latest: bool,
    /// When it was written; shown in whole seconds.
    pub last_modified: Timestamp,
    /// Its owner.
    pub owner: Option<Arc<Owner>>,
}

/// Versions and delete markers come in one order, interleaved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionEntry {
    /// `<Version>`
    Version(ListedVersion),
    /// `<DeleteMarker>`
    DeleteMarker(ListedDeleteMarker),
}

/// The answer of ListObjectVersions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListVersionsResult {
    /// The bucket.
    pub name: BucketName,
    /// `prefix`, empty where none was sent.
    pub prefix: String,
    /// `key-marker`, empty where none was sent: it is shown all the same.
    pub key_marker: String,
    /// `version-id-marker`, empty where none was sent: it is shown all the same.
    pub version_id_marker: String,
    /// The last key or common prefix, where there is a further page.
    pub next_key_marker: Option<String>,
    /// The last version, where there is a further page and this one does not end on a common prefix.
    pub next_version_id_marker: Option<VersionId>,
    /// The page size, after capping.
    pub max_keys: u32,
    /// `delimiter`
    pub delimiter: Option<String>,
    /// How the texts are written.
    pub encoding: Option<EncodingType>,
    /// Whether there is a further page.
    pub is_truncated: bool,
    /// By key, then newest first.
    pub entries: Vec<VersionEntry>,
    /// The common prefixes, in order.
    pub common_prefixes: Vec<String>,
}

impl ListVersionsResult {
    /// The document.
    pub fn to_xml(&self) -> String {
        let text = |text| encoded(self.encoding, text);
        let mut writer = Writer::new("ListVersionsResult");
        writer
            .element("Name", &self.name)
            .element("Prefix", text(&self.prefix))
            // KeyMarker and NextKeyMarker are texts of keys, so they are encoded like Marker of version 1.
            .element("KeyMarker", text(&self.key_marker))
            .element("VersionIdMarker", &self.version_id_marker)
            .optional("NextKeyMarker", self.next_key_marker.as_deref().map(text))
            .optional("NextVersionIdMarker", self.next_version_id_marker)
            .element("MaxKeys", self.max_keys)
            .optional("Delimiter", self.delimiter.as_deref().map(text));
        encoding_type(&mut writer, self.encoding);
        writer.element("IsTruncated", self.is_truncated);
        for entry in &self.entries {
            match entry {
                VersionEntry::Version(version) => self.version(&mut writer, version),
                VersionEntry::DeleteMarker(marker) => self.delete_marker(&mut writer, marker),
            }
        }
        common_prefixes(&mut writer, self.encoding, &self.common_prefixes);
        writer.finish()
    }

    fn version(&self, writer: &mut Writer, version: &ListedVersion) {
        writer.nested("Version", |writer| {
            writer
                .string("Key", &encoded(self.encoding, version.key.as_str()))
                .element("VersionId", version.version_id)
                .element("IsLatest", version.is_latest);
            last_modified(writer, version.last_modified);
            etag(writer, &version.etag);
            checksum(writer, version.checksum);
            size(writer, version.size);
            writer.string("StorageClass", version.storage_class.as_str());
            if let Some(of) = &version.owner {
                owner(writer, "Owner", of);
            }
        });
    }

    fn delete_marker(&self, writer: &mut Writer, marker: &ListedDeleteMarker) {
        writer.nested("DeleteMarker", |writer| {
            writer
                .string("Key", &encoded(self.encoding, marker.key.as_str()))
                .element("VersionId", marker.version_id)
                .element("IsLatest", marker.is_latest);
            last_modified(writer, marker.last_modified);
            if let Some(of) = &marker.owner {
                owner(writer, "Owner", of);
            }
        });
    }
}
