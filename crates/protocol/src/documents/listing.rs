//! What all listings share.

use std::borrow::Cow;
use std::fmt::Write as _;

use cairn_types::{ETag, Timestamp};

use crate::encoding::encode_listing;
use crate::parameters::EncodingType;
use crate::xml::Writer;

/// What an entry takes in a document beside its key and owner, in bytes: the longest of an object.
/// Too little costs a copy of the document, too much is given back with it.
pub(super) const ENTRY_BYTES: usize = 352;
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
            .string("ID", &owner.id)
            .optional("DisplayName", owner.display_name.as_ref());
    });
}

/// `LastModified` of an entry.
pub(super) fn last_modified(writer: &mut Writer, moment: Timestamp) {
    writer.written("LastModified", |text| moment.push_iso8601_millis(text));
}

/// `ETag` of an entry. Its quotes are escaped like those of any text, as Amazon does.
pub(super) fn etag(writer: &mut Writer, etag: &ETag) {
    writer.written("ETag", |text| {
        // Writing to a String cannot fail.
        let _ = write!(text, "&quot;{etag}&quot;");
    });
}

/// `Size` of an entry in bytes.
pub(super) fn size(writer: &mut Writer, bytes: u64) {
    writer.written("Size", |text| {
        // As above.
        let _ = write!(text, "{bytes}");
    });
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

pub(super) fn common_prefixes(writer: &mut Writer, encoding: Option<EncodingType>, prefixes: &[String]) {
    let texts: usize = prefixes.iter().map(String::len).sum();
    writer.reserve(texts + prefixes.len() * PREFIX_ELEMENT_BYTES);
    for prefix in prefixes {
        writer.nested("CommonPrefixes", |writer| {
            writer.string("Prefix", &encoded(encoding, prefix));
        });
    }
}
