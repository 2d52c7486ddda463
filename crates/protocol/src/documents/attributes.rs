//! The answer of GetObjectAttributes (facts/06 §5).

use cairn_types::{Checksum, ChecksumValue, ETag, PartNumber, StorageClass};

use super::checksums;
use crate::xml::Writer;

/// The attributes that were asked for and are there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GetObjectAttributesResponse {
    /// The ETag, shown without quotes.
    pub etag: Option<ETag>,
    /// The checksum; a composite one is shown without its part count.
    pub checksum: Option<Checksum>,
    /// The parts, of a multipart object.
    pub object_parts: Option<AttributeParts>,
    /// The storage class, also `STANDARD`.
    pub storage_class: Option<StorageClass>,
    /// Bytes.
    pub object_size: Option<u64>,
}

/// The parts of a multipart object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttributeParts {
    /// Of an object without checksums by part: only how many there are.
    Count(u32),
    /// A page of them.
    Page {
        /// How many parts there are in all.
        count: u32,
        /// The marker that was sent, 0 by default.
        marker: u32,
        /// The last part of the page, 0 for none.
        next_marker: u32,
        /// The page size.
        max_parts: u32,
        /// Whether there is a further page.
        is_truncated: bool,
        /// Number, size in bytes and checksum of each.
        parts: Vec<(PartNumber, u64, ChecksumValue)>,
    },
}

impl GetObjectAttributesResponse {
    /// The document.
    pub fn to_xml(&self) -> String {
        let mut writer = Writer::new("GetObjectAttributesResponse");
        writer.optional("ETag", self.etag);
        if let Some(checksum) = &self.checksum {
            writer.nested("Checksum", |writer| {
                checksums::value(writer, Some(&checksum.value));
                writer.element("ChecksumType", checksum.kind.as_str());
            });
        }
        if let Some(parts) = &self.object_parts {
            writer.nested("ObjectParts", |writer| parts.write(writer));
        }
        writer
            .optional("StorageClass", self.storage_class.map(StorageClass::as_str))
            .optional("ObjectSize", self.object_size);
        writer.finish()
    }
}

impl AttributeParts {
    fn write(&self, writer: &mut Writer) {
        match self {
            Self::Count(count) => {
                writer.element("PartsCount", count);
            }
            Self::Page {
                count,
                marker,
                next_marker,
                max_parts,
                is_truncated,
                parts,
            } => {
                writer
                    .element("PartsCount", count)
                    .element("PartNumberMarker", marker)
                    .element("NextPartNumberMarker", next_marker)
                    .element("MaxParts", max_parts)
                    .element("IsTruncated", is_truncated);
                for (number, size, checksum) in parts {
                    writer.nested("Part", |writer| {
                        writer.element("PartNumber", number).element("Size", size);
                        checksums::value(writer, Some(checksum));
                    });
                }
            }
        }
    }
}
