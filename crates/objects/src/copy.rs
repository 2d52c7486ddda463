//! Copies: a read that feeds a write, in bounded memory.

use std::ops::Range;

use cairn_types::{ChecksumAlgorithm, ObjectKey, PartNumber};

use crate::{Bucket, Error, ObjectVersion, Objects, PutObject, Stored, StoredPart, Upload};

/// How to copy.
#[derive(Debug, Clone, Default)]
pub struct CopyObject {
    /// The checksum of the copy, where the request names one; else that of the source's algorithm.
    /// Always over the whole object (facts/06 §7).
    pub checksum: Option<ChecksumAlgorithm>,
    /// The metadata of the copy (the caller has followed the directives) and the destination's
    /// precondition.
    pub put: PutObject,
}

impl Objects {
    /// Copies a version that was found to `key` of `bucket`, which may be the same key: the source stays
    /// readable until the commit. The ETag is a plain MD5 also where the source was a multipart object.
    ///
    /// # Errors
    /// As [`Objects::put_object`]; [`Error::Gone`] where the source was deleted since it was found.
    pub async fn copy_object(
        &self,
        source: &ObjectVersion,
        bucket: &Bucket,
        key: &ObjectKey,
        copy: CopyObject,
    ) -> Result<Stored, Error> {
        todo!()
    }

    /// Copies a range of a version (all of it for `None`) into a part of an upload.
    ///
    /// # Errors
    /// As [`Objects::put_part`]; [`Error::Gone`].
    pub async fn copy_part(
        &self,
        source: &ObjectVersion,
        range: Option<Range<u64>>,
        bucket: &Bucket,
        upload: &Upload,
        number: PartNumber,
    ) -> Result<StoredPart, Error> {
        todo!()
    }
}
