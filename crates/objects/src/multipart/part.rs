//! Storing and listing parts.

use std::ops::Bound;

use bytes::Bytes;
use cairn_storage::{IndexExt, Step, StorageError, Visitor};
use cairn_types::{ChecksumAlgorithm, ChecksumType, PartNumber};

use super::{PartPage, StoredPart, Upload};
use crate::body::StagedBytes;
use crate::rows::keys;
use crate::rows::records::{self, PartRecord};
use crate::store::{Attempts, Change, Failed};
use crate::{BodySpec, BodyWriter, Bucket, Error, Objects, StagedBody};

/// Collects part rows, with their bytes.
pub(super) struct PartRows {
    pub rows: Vec<(Bytes, PartRecord)>,
    limit: usize,
    pub truncated: bool,
    failed: Option<StorageError>,
}

impl PartRows {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            rows: Vec::new(),
            limit,
            truncated: false,
            failed: None,
        }
    }

    pub(super) fn check(self) -> Result<Self, StorageError> {
        match self.failed {
            Some(error) => Err(error),
            None => Ok(self),
        }
    }
}

impl Visitor for PartRows {
    fn visit(&mut self, key: &[u8], value: &[u8]) -> Step {
        if self.rows.len() >= self.limit {
            self.truncated = self.limit > 0;
            return Step::Stop;
        }
        match records::decode::<PartRecord>("part", value) {
            Ok(part) if keys::part_number(key) == Some(part.number) => {
                self.rows.push((Bytes::copy_from_slice(value), part));
                Step::Next
            }
            Ok(_) => {
                self.failed = Some(StorageError::Corrupt("a part under another number".into()));
                Step::Stop
            }
            Err(error) => {
                self.failed = Some(error);
                Step::Stop
            }
        }
    }
}

impl Objects {
    /// Starts the body of a part. `spec.checksum` is what the client sends with the part; where the
    /// upload was asked to have another algorithm this fails, where it was asked for none any is
    /// verified and CRC64NVME stored. A composite upload needs one with every part.
    ///
    /// # Errors
    /// [`Error::ChecksumAlgorithmMismatch`], [`Error::EntityTooLarge`].
    pub async fn begin_part(
        &self,
        bucket: &Bucket,
        upload: &Upload,
        spec: BodySpec,
    ) -> Result<BodyWriter, Error> {
        let stored = match upload.checksum {
            None => ChecksumAlgorithm::DEFAULT,
            Some(asked) => {
                let matches = match spec.checksum {
                    Some(sent) => sent == asked.algorithm,
                    None => asked.kind == ChecksumType::FullObject,
                };
                if !matches {
                    return Err(Error::ChecksumAlgorithmMismatch {
                        expected: asked.algorithm,
                        actual: spec.checksum,
                    });
                }
                asked.algorithm
            }
        };
        // Never inline: whoever reads the object needs nothing but blobs once it began (`read`).
        BodyWriter::new(self.clone(), bucket.partition, spec, stored, 0)
    }

    /// Makes a staged body part `number` of the upload, replacing an earlier one.
    ///
    /// # Errors
    /// [`Error::NoSuchUpload`] where it was completed or aborted meanwhile.
    pub async fn put_part(
        &self,
        bucket: &Bucket,
        upload: &Upload,
        number: PartNumber,
        body: StagedBody,
    ) -> Result<StoredPart, Error> {
        if body.partition != bucket.partition {
            return Err(Error::NoSuchBucket(bucket.name.clone()));
        }
        let mut new = match body.bytes {
            StagedBytes::Blob(blob) => Some(blob),
            // `begin_part` makes every body with bytes a blob.
            StagedBytes::Empty => None,
            StagedBytes::Inline(_) => return Err(StorageError::Corrupt("a part kept inline".into()).into()),
        };
        let record = PartRecord {
            number: number.get(),
            size: body.size,
            md5: body.md5,
            checksum: body.checksum,
            modified: self.now(),
            blob: new.as_ref().map(|blob| blob.number()),
        };
        let value = records::encode(&record)?;
        let row = keys::part(&upload.id, number.get());
        let upload_row = keys::upload(upload.key.as_str(), &upload.id);
        let mut attempts = Attempts::new(self, bucket);
        loop {
            let before = self.inner.index.get(bucket.partition, &row).await?;
            let mut change = Change::default();
            if let Some(before) = &before {
                let replaced: PartRecord = records::decode("part", before)?;
                if let Some(number) = replaced.blob {
                    change.forget_blob(number);
                }
            }
            change.expect(upload_row.clone(), Some(upload.raw.clone()));
            change.expect(row.clone(), before);
            change.put(row.clone(), value.clone());
            if let Some(blob) = &record.blob {
                change.name_blob(*blob);
            }
            match self.commit(&attempts.bucket, change, new.take()).await {
                Ok(()) => return Ok(record.stored()?),
                Err(Failed::Conflict(row, _)) if row == upload_row => return Err(Error::NoSuchUpload),
                Err(failed) => new = attempts.again(failed).await?,
            }
        }
    }

    /// Up to `limit` parts of an upload with numbers above `after`.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn list_parts(
        &self,
        bucket: &Bucket,
        upload: &Upload,
        after: u16,
        limit: usize,
    ) -> Result<PartPage, Error> {
        let mut range = keys::parts(&upload.id);
        if after > 0 {
            range.start = Bound::Excluded(keys::part(&upload.id, after).key);
        }
        let found = self
            .inner
            .index
            .scan_with(bucket.partition, range, PartRows::new(limit))
            .await?
            .check()?;
        let parts: Result<_, _> = found.rows.into_iter().map(|(_, part)| part.stored()).collect();
        Ok(PartPage {
            parts: parts?,
            truncated: found.truncated,
        })
    }
}
