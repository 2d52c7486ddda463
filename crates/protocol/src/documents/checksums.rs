//! Checksums as elements: `ChecksumCRC32` and the others, and `ChecksumType`.

use cairn_types::{Checksum, ChecksumValue};

use crate::xml::Writer;

/// The value under its algorithm's element, without a part count.
pub(super) fn value(writer: &mut Writer, checksum: Option<&ChecksumValue>) {
    if let Some(checksum) = checksum {
        writer.element(checksum.algorithm().element(), checksum);
    }
}

/// The value, with `-N` where it is composite, and its type.
pub(super) fn whole(writer: &mut Writer, checksum: Option<&Checksum>) {
    if let Some(checksum) = checksum {
        writer
            .element(checksum.value.algorithm().element(), checksum)
            .element("ChecksumType", checksum.kind.as_str());
    }
}
