//! What all listings share.

use std::borrow::Cow;

use cairn_types::{ChecksumAlgorithm, ChecksumType, ETag, StorageClass, Timestamp};

use crate::encoding::encode_listing;
use crate::parameters::EncodingType;
use crate::xml::{Tag, Writer, tag};

/// What an entry takes in a document beside its key and owner, in bytes: the longest of an object.
/// Too little costs a copy of the document, too much is given back with it.
pub(super) const ENTRY_BYTES: usize = 352;
/// What an owner takes beside its id, in bytes.
pub(super) const OWNER_BYTES: usize = "<Owner><ID></ID></Owner>".len();
/// What a common prefix takes beside its text, in bytes.
const PREFIX_ELEMENT_BYTES: usize = "<CommonPrefixes><Prefix></Prefix></CommonPrefixes>".len();

/// Who owns an object or a bucket, or initiated an upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The canonical user id.
    pub id: String,
    /// The display name, which Amazon shows in ever fewer places.
    pub display_name: Option<String>,
}

pub(super) fn owner(writer: &mut Writer, name: &str, owner: &Owner) {
    writer.nested(name, |writer| {
        writer
            .string(ID, &owner.id)
            .optional("DisplayName", owner.display_name.as_ref());
    });
}

const OWNER: Tag = tag!("Owner");
const ID: Tag = tag!("ID");

/// `Owner` of an entry: nothing but the canonical user id.
pub(super) fn owner_id(writer: &mut Writer, id: Option<&str>) {
    if let Some(id) = id {
        writer.nested(OWNER, |writer| {
            writer.string(ID, id);
        });
    }
}

/// `Key` of an entry.
#[inline]
pub(super) fn key(writer: &mut Writer, encoding: Option<EncodingType>, key: &str) {
    const KEY: Tag = tag!("Key");
    writer.string(KEY, &encoded(encoding, key));
}

/// The text of the last moment that was written: neighbours were often written in the same second.
#[derive(Default)]
pub(super) struct LastMoment {
    seconds: u64,
    text: String,
}

impl LastMoment {
    fn text(&mut self, moment: Timestamp) -> &str {
        if self.text.is_empty() || self.seconds != moment.seconds() {
            self.seconds = moment.seconds();
            self.text.clear();
            moment.push_iso8601_millis(&mut self.text);
        }
        &self.text
    }
}

/// `LastModified` of an entry.
#[inline]
pub(super) fn last_modified(writer: &mut Writer, last: &mut LastMoment, moment: Timestamp) {
    const LAST_MODIFIED: Tag = tag!("LastModified");
    writer.written(LAST_MODIFIED, |text| text.push_str(last.text(moment)));
}

/// `ETag` of an entry. Its quotes are escaped like those of any text, as Amazon does.
#[inline]
pub(super) fn etag(writer: &mut Writer, etag: &ETag) {
    const ETAG: Tag = tag!("ETag");
    writer.written(ETAG, |text| {
        text.push_str("&quot;");
        etag.push(text);
        text.push_str("&quot;");
    });
}

/// The algorithm and type of an entry's checksum.
#[inline]
pub(super) fn checksum(writer: &mut Writer, checksum: Option<(ChecksumAlgorithm, ChecksumType)>) {
    const ALGORITHM: Tag = tag!("ChecksumAlgorithm");
    const TYPE: Tag = tag!("ChecksumType");
    if let Some((algorithm, kind)) = checksum {
        // Nothing in these names is escaped.
        writer
            .written(ALGORITHM, |text| text.push_str(algorithm.as_str()))
            .written(TYPE, |text| text.push_str(kind.as_str()));
    }
}

/// `Size` of an entry in bytes.
#[inline]
pub(super) fn size(writer: &mut Writer, bytes: u64) {
    const SIZE: Tag = tag!("Size");
    writer.number(SIZE, bytes);
}

/// `StorageClass` of an entry.
#[inline]
pub(super) fn storage_class(writer: &mut Writer, class: StorageClass) {
    const STORAGE_CLASS: Tag = tag!("StorageClass");
    // Nothing in these names is escaped.
    writer.written(STORAGE_CLASS, |text| text.push_str(class.as_str()));
}

/// A field that `encoding-type=url` encodes.
pub(super) fn encoded(encoding: Option<EncodingType>, text: &str) -> Cow<'_, str> {
    match encoding {
        Some(EncodingType::Url) => encode_listing(text),
        None => Cow::Borrowed(text),
    }
}

pub(super) fn encoding_type(writer: &mut Writer, encoding: Option<EncodingType>) {
    writer.optional("EncodingType", encoding.map(|EncodingType::Url| "url"));
}

pub(super) fn common_prefixes(
    writer: &mut Writer,
    encoding: Option<EncodingType>,
    prefixes: &[impl AsRef<str>],
) {
    const COMMON_PREFIXES: Tag = tag!("CommonPrefixes");
    const PREFIX: Tag = tag!("Prefix");
    let texts: usize = prefixes.iter().map(|prefix| prefix.as_ref().len()).sum();
    writer.reserve(texts + prefixes.len() * PREFIX_ELEMENT_BYTES);
    for prefix in prefixes {
        writer.nested(COMMON_PREFIXES, |writer| {
            writer.string(PREFIX, &encoded(encoding, prefix.as_ref()));
        });
    }
}
