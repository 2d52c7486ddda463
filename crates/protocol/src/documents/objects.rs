//! ListObjects, both versions (facts/06 §3).

use std::sync::Arc;

use cairn_types::{BucketName, ChecksumAlgorithm, ChecksumType, ETag, ObjectKey, StorageClass, Timestamp};

use super::Owner;
use super::listing::{
    ENTRY_BYTES, common_prefixes, encoded, encoding_type, etag, last_modified, owner, size,
};
use crate::parameters::EncodingType;
use crate::xml::Writer;

/// One object of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedObject {
    /// Its key.
    pub key: ObjectKey,
    /// When it was written; shown in whole seconds.
    pub last_modified: Timestamp,
    /// Its ETag.
    pub etag: ETag,
    /// The algorithm and type of its checksum.
    pub checksum: Option<(ChecksumAlgorithm, ChecksumType)>,
    /// Bytes.
    pub size: u64,
    /// Always in version 1, in version 2 where asked for; never for anonymous callers.
    pub owner: Option<Arc<Owner>>,
    /// Its storage class.
    pub storage_class: StorageClass,
}

impl ListedObject {
    fn write(&self, writer: &mut Writer, encoding: Option<EncodingType>) {
        writer.nested("Contents", |writer| {
            writer.string("Key", &encoded(encoding, self.key.as_str()));
            last_modified(writer, self.last_modified);
            etag(writer, &self.etag);
            checksum(writer, self.checksum);
            size(writer, self.size);
            if let Some(of) = &self.owner {
                owner(writer, "Owner", of);
            }
            writer.string("StorageClass", self.storage_class.as_str());
        });
    }
}

fn contents(writer: &mut Writer, encoding: Option<EncodingType>, objects: &[ListedObject]) {
    let owner_bytes = |owner: &Owner| owner.id.len() + 2 * "<Owner><ID></ID>".len();
    let bytes = |object: &ListedObject| {
        object.key.as_str().len() + ENTRY_BYTES + object.owner.as_deref().map_or(0, owner_bytes)
    };
    writer.reserve(objects.iter().map(bytes).sum());
    for object in objects {
        object.write(writer, encoding);
    }
}

pub(super) fn checksum(writer: &mut Writer, checksum: Option<(ChecksumAlgorithm, ChecksumType)>) {
    if let Some((algorithm, kind)) = checksum {
        writer
            .string("ChecksumAlgorithm", algorithm.as_str())
            .string("ChecksumType", kind.as_str());
    }
}

/// The answer of ListObjects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListBucketResult {
    /// The bucket.
    pub name: BucketName,
    /// `prefix`, empty where none was sent: it is shown all the same.
    pub prefix: String,
    /// `marker`, empty where none was sent: it is shown all the same.
    pub marker: String,
    /// The last key or common prefix; only with a delimiter and a further page.
    pub next_marker: Option<String>,
    /// The page size, after capping.
    pub max_keys: u32,
    /// `delimiter`
    pub delimiter: Option<String>,
    /// How the texts are written.
    pub encoding: Option<EncodingType>,
    /// Whether there is a further page.
    pub is_truncated: bool,
    /// The objects, in order of key.
    pub contents: Vec<ListedObject>,
    /// The common prefixes, in order.
    pub common_prefixes: Vec<String>,
}

impl ListBucketResult {
    /// The document.
    pub fn to_xml(&self) -> String {
        let text = |text| encoded(self.encoding, text);
        let mut writer = Writer::new("ListBucketResult");
        writer
            .element("Name", &self.name)
            .element("Prefix", text(&self.prefix))
            .element("Marker", text(&self.marker))
            .optional("NextMarker", self.next_marker.as_deref().map(text))
            .element("MaxKeys", self.max_keys)
            .optional("Delimiter", self.delimiter.as_deref().map(text));
        encoding_type(&mut writer, self.encoding);
        writer.element("IsTruncated", self.is_truncated);
        contents(&mut writer, self.encoding, &self.contents);
        common_prefixes(&mut writer, self.encoding, &self.common_prefixes);
        writer.finish()
    }
}

/// The answer of ListObjectsV2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListBucketResultV2 {
    /// The bucket.
    pub name: BucketName,
    /// `prefix`, empty where none was sent: it is shown all the same.
    pub prefix: String,
    /// `start-after`; leave it out where a continuation token was sent.
    pub start_after: Option<String>,
    /// The token that was sent; never encoded.
    pub continuation_token: Option<String>,
    /// The token of the next page, where there is one; never encoded.
    pub next_continuation_token: Option<String>,
    /// The page size, after capping.
    pub max_keys: u32,
    /// `delimiter`
    pub delimiter: Option<String>,
    /// How the texts are written.
    pub encoding: Option<EncodingType>,
    /// Whether there is a further page.
    pub is_truncated: bool,
    /// The objects, in order of key.
    pub contents: Vec<ListedObject>,
    /// The common prefixes, in order. `KeyCount` is these and the objects.
    pub common_prefixes: Vec<String>,
}

impl ListBucketResultV2 {
    /// The document; its root has the same name as version 1's.
    pub fn to_xml(&self) -> String {
        let text = |text| encoded(self.encoding, text);
        let mut writer = Writer::new("ListBucketResult");
        writer
            .element("Name", &self.name)
            .element("Prefix", text(&self.prefix))
            .optional("StartAfter", self.start_after.as_deref().map(text))
            .optional("ContinuationToken", self.continuation_token.as_ref())
            .optional("NextContinuationToken", self.next_continuation_token.as_ref())
            .element("KeyCount", self.contents.len() + self.common_prefixes.len())
            .element("MaxKeys", self.max_keys)
            .optional("Delimiter", self.delimiter.as_deref().map(text));
        encoding_type(&mut writer, self.encoding);
        writer.element("IsTruncated", self.is_truncated);
        contents(&mut writer, self.encoding, &self.contents);
        common_prefixes(&mut writer, self.encoding, &self.common_prefixes);
        writer.finish()
    }
}
