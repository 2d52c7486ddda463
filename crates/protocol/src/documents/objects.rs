//! ListObjects, both versions (facts/06 §3).

use cairn_types::{BucketName, ChecksumAlgorithm, ChecksumType, ETag, StorageClass, Timestamp};

use super::listing::{
    ENTRY_BYTES, LastMoment, OWNER_BYTES, checksum, common_prefixes, encoded, encoding_type, etag, key,
    last_modified, owner_id, size, storage_class,
};
use crate::parameters::EncodingType;
use crate::xml::{Tag, Writer, tag};

/// One object of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListedObject<'a> {
    /// Its key.
    pub key: &'a str,
    /// When it was written; shown in whole seconds.
    pub last_modified: Timestamp,
    /// Its ETag.
    pub etag: ETag,
    /// The algorithm and type of its checksum.
    pub checksum: Option<(ChecksumAlgorithm, ChecksumType)>,
    /// Bytes.
    pub size: u64,
    /// The canonical user id of its owner. Always in version 1, in version 2 where asked for; never for
    /// anonymous callers.
    pub owner: Option<&'a str>,
    /// Its storage class.
    pub storage_class: StorageClass,
}

impl ListedObject<'_> {
    fn write(&self, writer: &mut Writer, encoding: Option<EncodingType>, last: &mut LastMoment) {
        const CONTENTS: Tag = tag!("Contents");
        writer.nested(CONTENTS, |writer| {
            key(writer, encoding, self.key);
            last_modified(writer, last, self.last_modified);
            etag(writer, &self.etag);
            checksum(writer, self.checksum);
            size(writer, self.size);
            owner_id(writer, self.owner);
            storage_class(writer, self.storage_class);
        });
    }
}

fn contents<'a>(
    writer: &mut Writer,
    encoding: Option<EncodingType>,
    objects: &(impl Iterator<Item = ListedObject<'a>> + Clone),
) {
    let bytes = |object: ListedObject<'_>| {
        object.key.len() + ENTRY_BYTES + object.owner.map_or(0, |id| id.len() + OWNER_BYTES)
    };
    writer.reserve(objects.clone().map(bytes).sum());
    let mut last = LastMoment::default();
    for object in objects.clone() {
        object.write(writer, encoding, &mut last);
    }
}

/// The answer of ListObjects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListBucketResult<'a, C> {
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
    /// The objects, in order of key. Gone through more than once.
    pub contents: C,
    /// The common prefixes, in order.
    pub common_prefixes: Vec<&'a str>,
}

impl<'a, C: Iterator<Item = ListedObject<'a>> + Clone> ListBucketResult<'a, C> {
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
pub struct ListBucketResultV2<'a, C> {
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
    /// The objects, in order of key. Gone through more than once.
    pub contents: C,
    /// The common prefixes, in order. `KeyCount` is these and the objects.
    pub common_prefixes: Vec<&'a str>,
}

impl<'a, C: Iterator<Item = ListedObject<'a>> + Clone> ListBucketResultV2<'a, C> {
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
            .element(
                "KeyCount",
                self.contents.clone().count() + self.common_prefixes.len(),
            )
            .element("MaxKeys", self.max_keys)
            .optional("Delimiter", self.delimiter.as_deref().map(text));
        encoding_type(&mut writer, self.encoding);
        writer.element("IsTruncated", self.is_truncated);
        contents(&mut writer, self.encoding, &self.contents);
        common_prefixes(&mut writer, self.encoding, &self.common_prefixes);
        writer.finish()
    }
}
