//! What all listings share.

use std::borrow::Cow;

use crate::encoding::encode_listing;
use crate::parameters::EncodingType;
use crate::xml::Writer;

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
            .element("ID", &owner.id)
            .optional("DisplayName", owner.display_name.as_ref());
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
    for prefix in prefixes {
        writer.nested("CommonPrefixes", |writer| {
            writer.element("Prefix", encoded(encoding, prefix));
        });
    }
}
