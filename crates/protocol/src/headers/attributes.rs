//! `x-amz-object-attributes` of GetObjectAttributes (facts/06 §5).

use http::HeaderMap;

use super::text;
use crate::S3Error;

const NAME: &str = "x-amz-object-attributes";

/// Which attributes were asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are Amazon's")]
pub struct ObjectAttributes {
    pub etag: bool,
    pub checksum: bool,
    pub object_parts: bool,
    pub storage_class: bool,
    pub object_size: bool,
}

impl ObjectAttributes {
    /// Reads the list: separated by commas, spaces allowed, one header or several.
    ///
    /// # Errors
    /// `InvalidRequest` where it is missing or empty, `InvalidArgument` for an unknown name.
    pub fn read(headers: &HeaderMap) -> Result<Self, S3Error> {
        let list = text(headers, NAME).unwrap_or_default();
        let mut wanted = Self::default();
        for name in list.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            let attribute = match name {
                "ETag" => &mut wanted.etag,
                "Checksum" => &mut wanted.checksum,
                "ObjectParts" => &mut wanted.object_parts,
                "StorageClass" => &mut wanted.storage_class,
                "ObjectSize" => &mut wanted.object_size,
                other => {
                    return Err(S3Error::invalid_argument(
                        "Invalid attribute name specified.",
                        NAME,
                        other,
                    ));
                }
            };
            *attribute = true;
        }
        if wanted == Self::default() {
            return Err(S3Error::invalid_request(
                "The x-amz-object-attributes header specifying the attributes to be retrieved is either \
                 missing or empty",
            ));
        }
        Ok(wanted)
    }
}
