//! Copies: a read that feeds a write, in bounded memory.

use std::ops::Range;

use cairn_types::{ChecksumAlgorithm, ObjectKey, PartNumber};

use crate::{
    BodySpec, BodyWriter, Bucket, Error, Expected, ObjectVersion, Objects, PutObject, StagedBody, Stored,
    StoredPart, Upload,
};

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
        self.check_precondition(bucket, key, &copy.put.precondition)
            .await?;
        let algorithm = copy.checksum.unwrap_or(source.checksum.value.algorithm());
        let spec = BodySpec {
            size: Some(source.size),
            checksum: Some(algorithm),
        };
        let writer = self.begin_put(bucket, spec).await?;
        let body = self.pump(source, 0..source.size, writer).await?;
        self.put_object(bucket, key, body, copy.put).await
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
        let range = range.unwrap_or(0..source.size);
        let range = range.start.min(source.size)..range.end.min(source.size);
        let spec = BodySpec {
            size: Some(range.end.saturating_sub(range.start)),
            checksum: upload.checksum.map(|checksum| checksum.algorithm),
        };
        let writer = self.begin_part(bucket, upload, spec).await?;
        let body = self.pump(source, range, writer).await?;
        self.put_part(bucket, upload, number, body).await
    }

    /// Reads into a writer, piece by piece.
    async fn pump(
        &self,
        source: &ObjectVersion,
        range: Range<u64>,
        mut writer: BodyWriter,
    ) -> Result<StagedBody, Error> {
        let mut reader = self.read(source, Some(range)).await?;
        while let Some(bytes) = reader.next().await? {
            writer.write(bytes).await?;
        }
        writer.finish(Expected::default()).await
    }
}
