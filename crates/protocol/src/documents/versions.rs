//! ListObjectVersions (facts/06 §3).

use cairn_types::{BucketName, ChecksumAlgorithm, ChecksumType, ETag, StorageClass, Timestamp, VersionId};

use super::listing::{
    ENTRY_BYTES, LastMoment, OWNER_BYTES, checksum, common_prefixes, encoded, encoding_type, etag, key,
    last_modified, owner_id, size, storage_class,
};
use crate::parameters::EncodingType;
use crate::xml::{Tag, Writer, tag};

/// What a version's place takes in bytes, with an id of 32 characters.
const PLACE_BYTES: usize = "<VersionId></VersionId><IsLatest>false</IsLatest>".len() + 32;

/// One version of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListedVersion<'a> {
    /// Its key.
    pub key: &'a str,
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
    /// The canonical user id of its owner.
    pub owner: Option<&'a str>,
}

/// One delete marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListedDeleteMarker<'a> {
    /// Its key.
    pub key: &'a str,
    /// Its id.
    pub version_id: VersionId,
    /// Whether it is the key's latest version.
    pub is_latest: bool,
    /// When it was written; shown in whole seconds.
    pub last_modified: Timestamp,
    /// The canonical user id of its owner.
    pub owner: Option<&'a str>,
}

/// Versions and delete markers come in one order, interleaved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionEntry<'a> {
    /// `<Version>`
    Version(ListedVersion<'a>),
    /// `<DeleteMarker>`
    DeleteMarker(ListedDeleteMarker<'a>),
}

/// The answer of ListObjectVersions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListVersionsResult<'a, E> {
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
    pub entries: E,
    /// The common prefixes, in order.
    pub common_prefixes: Vec<&'a str>,
}

impl<'a, E: Iterator<Item = VersionEntry<'a>> + Clone> ListVersionsResult<'a, E> {
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
        let bytes = |entry: VersionEntry<'_>| {
            let (key, owner) = match entry {
                VersionEntry::Version(version) => (version.key, version.owner),
                VersionEntry::DeleteMarker(marker) => (marker.key, marker.owner),
            };
            key.len() + ENTRY_BYTES + PLACE_BYTES + owner.map_or(0, |id| id.len() + OWNER_BYTES)
        };
        writer.reserve(self.entries.clone().map(bytes).sum());
        let mut last = LastMoment::default();
        for entry in self.entries.clone() {
            match entry {
                VersionEntry::Version(version) => version.write(&mut writer, self.encoding, &mut last),
                VersionEntry::DeleteMarker(marker) => marker.write(&mut writer, self.encoding, &mut last),
            }
        }
        common_prefixes(&mut writer, self.encoding, &self.common_prefixes);
        writer.finish()
    }
}

impl ListedVersion<'_> {
    fn write(&self, writer: &mut Writer, encoding: Option<EncodingType>, last: &mut LastMoment) {
        const VERSION: Tag = tag!("Version");
        writer.nested(VERSION, |writer| {
            key(writer, encoding, self.key);
            place(writer, self.version_id, self.is_latest);
            last_modified(writer, last, self.last_modified);
            etag(writer, &self.etag);
            checksum(writer, self.checksum);
            size(writer, self.size);
            storage_class(writer, self.storage_class);
            owner_id(writer, self.owner);
        });
    }
}

impl ListedDeleteMarker<'_> {
    fn write(&self, writer: &mut Writer, encoding: Option<EncodingType>, last: &mut LastMoment) {
        const DELETE_MARKER: Tag = tag!("DeleteMarker");
        writer.nested(DELETE_MARKER, |writer| {
            key(writer, encoding, self.key);
            place(writer, self.version_id, self.is_latest);
            last_modified(writer, last, self.last_modified);
            owner_id(writer, self.owner);
        });
    }
}

/// Which of its key's versions an entry is.
fn place(writer: &mut Writer, id: VersionId, latest: bool) {
    const VERSION_ID: Tag = tag!("VersionId");
    const IS_LATEST: Tag = tag!("IsLatest");
    // Neither an id nor these words have anything that is escaped.
    writer
        .written(VERSION_ID, |text| id.push(text))
        .written(IS_LATEST, |text| {
            text.push_str(if latest { "true" } else { "false" })
        });
}
