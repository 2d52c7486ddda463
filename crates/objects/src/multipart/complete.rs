//! Completing an upload.

use std::collections::BTreeMap;

use bytes::Bytes;
use cairn_storage::{IndexExt, StorageError};
use cairn_types::checksum::Md5Hasher;
use cairn_types::{Checksum, ChecksumType, ChecksumValue, ETag, ObjectKey, UploadId, VersionOrder, random};

use super::part::PartRows;
use super::{CompletePart, CompleteUpload, PARTS_PER_PAGE, Upload};
use crate::rows::keys;
use crate::rows::records::{
    self, Body, Closed, CompletedRecord, Details, Manifest, ObjectSummary, PartRecord, Summary, UploadRecord,
    Version,
};
use crate::store::Change;
use crate::versions::{KeyChange, KeyState, Removal};
use crate::{Bucket, Condition, Error, Objects, Stored, Versioning, WritePrecondition};

/// The listed parts, and what the object made of them is.
struct Assembled {
    parts: Vec<PartRecord>,
    size: u64,
    etag: ETag,
    checksum: Checksum,
}

struct Complete<'a> {
    key: &'a ObjectKey,
    id: &'a UploadId,
    complete: &'a CompleteUpload,
}

impl Complete<'_> {
    /// What of the request can be judged without the parts.
    fn check_request(&self, upload: &Upload) -> Result<(), Error> {
        let parts = &self.complete.parts;
        if parts.is_empty() {
            return Err(Error::NoParts);
        }
        if parts.windows(2).any(|pair| pair[0].number >= pair[1].number) {
            return Err(Error::InvalidPartOrder);
        }
        let expected = upload.checksum.map(|checksum| checksum.kind);
        if self.complete.checksum_type.is_some() && self.complete.checksum_type != expected {
            return Err(Error::ChecksumTypeMismatch { expected });
        }
        Ok(())
    }

    /// facts/06 §6: an upload with a precondition fails where the object changed since its initiation.
    fn check_precondition(&self, record: &UploadRecord, state: &KeyState) -> Result<(), Error> {
        self.complete.precondition.check(state)?;
        let now = state.object().map(|object| object.summary.order);
        match self.complete.precondition {
            WritePrecondition::Absent if record.replaces.is_some() => {
                Err(Error::PreconditionConflict(Condition::IfNoneMatch))
            }
            WritePrecondition::Matches(_) if now != record.replaces => {
                Err(Error::PreconditionConflict(Condition::IfMatch))
            }
            _ => Ok(()),
        }
    }

    /// Picks the listed parts out of those stored (the others stay behind) and computes the object.
    fn assemble(
        &self,
        objects: &Objects,
        upload: &Upload,
        stored: &mut BTreeMap<u16, PartRecord>,
    ) -> Result<Assembled, Error> {
        let limits = objects.limits();
        let last = self.complete.parts.len().saturating_sub(1);
        let mut parts = Vec::with_capacity(self.complete.parts.len());
        let mut size = 0_u64;
        let mut md5 = Md5Hasher::default();
        for (index, listed) in self.complete.parts.iter().enumerate() {
            let part = stored
                .remove(&listed.number.get())
                .filter(|part| ETag::parse(&listed.etag) == Some(ETag::plain(part.md5)))
                .ok_or_else(|| invalid(listed))?;
            check_part_checksum(upload, listed, &part)?;
            if index != last && part.size < limits.part_bytes_min {
                return Err(Error::PartTooSmall {
                    number: listed.number,
                    size: part.size,
                    min: limits.part_bytes_min,
                    etag: ETag::plain(part.md5).to_string(),
                });
            }
            size = size.saturating_add(part.size);
            md5.update(&part.md5);
            parts.push(part);
        }
        if size > limits.object_bytes_max {
            return Err(Error::EntityTooLarge {
                proposed: size,
                max: limits.object_bytes_max,
            });
        }
        let checksum = object_checksum(upload, &parts)?;
        self.check_checksum(&checksum)?;
        if let Some(given) = self.complete.object_size.filter(|given| *given != size) {
            return Err(Error::ObjectSizeMismatch {
                given,
                computed: size,
            });
        }
        let etag = ETag {
            md5: md5.finish(),
            // At most 10 000 parts: their numbers ascend.
            parts: Some(parts.len() as u16),
        };
        Ok(Assembled {
            parts,
            size,
            etag,
            checksum,
        })
    }

    fn check_checksum(&self, calculated: &Checksum) -> Result<(), Error> {
        match &self.complete.checksum {
            None => Ok(()),
            Some(expected) if expected.algorithm() != calculated.value.algorithm() => {
                Err(Error::ChecksumAlgorithmMismatch {
                    expected: calculated.value.algorithm(),
                    actual: Some(expected.algorithm()),
                })
            }
            Some(expected) if *expected != calculated.value => Err(Error::BadChecksum {
                expected: expected.clone().into(),
                calculated: calculated.value.clone().into(),
            }),
            Some(_) => Ok(()),
        }
    }

    /// The place of the new version: where the upload was initiated, or the next that is free.
    async fn order(
        &self,
        objects: &Objects,
        bucket: &Bucket,
        state: &KeyState,
        remove: Option<&Removal>,
    ) -> Result<VersionOrder, Error> {
        let removed = match remove {
            None => None,
            Some(Removal::Head) => state.head.as_ref().map(|head| head.order()),
            Some(Removal::Older(version)) => Some(version.summary.order),
        };
        let head = state.head.as_ref().map(|head| head.order());
        let mut order = self.id.order();
        // The clock may have gone back over a restart, and given the same moment twice.
        while Some(order) != removed
            && (Some(order) == head
                || (head.is_some_and(|head| order < head)
                    && objects.older(bucket.partition, self.key, order).await?.is_some()))
        {
            order.0 = order.0.saturating_add(1);
        }
        Ok(order)
    }
}

fn invalid(listed: &CompletePart) -> Error {
    Error::InvalidPart {
        number: listed.number,
        etag: listed.etag.clone(),
    }
}

/// facts/06 §9: a composite upload lists every part's checksum; where one is listed it is right.
fn check_part_checksum(upload: &Upload, listed: &CompletePart, part: &PartRecord) -> Result<(), Error> {
    match (&listed.checksum, upload.checksum) {
        (None, Some(asked)) if asked.kind == ChecksumType::Composite => Err(Error::PartChecksumMissing {
            number: listed.number,
            algorithm: asked.algorithm,
        }),
        (None, _) => Ok(()),
        (Some(checksum), _) if *checksum == part.checksum => Ok(()),
        // Without an algorithm asked for, a part may have come with any; only CRC64NVME was kept.
        (Some(checksum), None) if checksum.algorithm() != part.checksum.algorithm() => Ok(()),
        (Some(_), _) => Err(invalid(listed)),
    }
}

/// The object's checksum from those of its parts.
fn object_checksum(upload: &Upload, parts: &[PartRecord]) -> Result<Checksum, Error> {
    let corrupt = || StorageError::Corrupt("parts whose checksums do not combine".into());
    if upload
        .checksum
        .is_some_and(|asked| asked.kind == ChecksumType::Composite)
    {
        let values = parts.iter().map(|part| &part.checksum);
        return Ok(Checksum::composite(values).ok_or_else(corrupt)?);
    }
    let mut whole: Option<ChecksumValue> = None;
    for part in parts {
        whole = match whole {
            None => Some(part.checksum.clone()),
            Some(whole) if part.size == 0 => Some(whole),
            Some(whole) => Some(whole.combine(&part.checksum, part.size).ok_or_else(corrupt)?),
        };
    }
    Ok(Checksum::full_object(whole.ok_or_else(corrupt)?))
}

/// The part list and its rows.
fn manifest(change: &mut Change, upload: &Upload, parts: &[PartRecord]) -> Result<Manifest, Error> {
    let id = records::manifest_id(&upload.id);
    let mut pages = Vec::with_capacity(parts.len().div_ceil(PARTS_PER_PAGE));
    let mut offset = 0;
    for (page, parts) in parts.chunks(PARTS_PER_PAGE).enumerate() {
        pages.push(offset);
        offset += parts.iter().map(|part| part.size).sum::<u64>();
        // At most 10 000 parts.
        change.put(keys::manifest(&id, page as u16), records::encode(&parts)?);
    }
    Ok(Manifest {
        id,
        parts: parts.len() as u16,
        checksums: upload.checksum.is_some(),
        pages,
    })
}

impl KeyChange for Complete<'_> {
    type Answer = Stored;

    async fn compute(
        &mut self,
        objects: &Objects,
        bucket: &Bucket,
        state: &KeyState,
    ) -> Result<(Option<Change>, Stored), Error> {
        let (upload, record) = match objects.upload_record(bucket, self.key, self.id).await {
            Ok(open) => open,
            // Completed by another request, perhaps one whose answer this client did not get.
            Err(Error::NoSuchUpload) => {
                return Ok((None, objects.completed(bucket, self.key, self.id).await?));
            }
            Err(error) => return Err(error),
        };
        self.check_request(&upload)?;
        self.check_precondition(&record, state)?;

        let found = objects
            .inner
            .index
            .scan_with(bucket.partition, keys::parts(self.id), PartRows::new(usize::MAX))
            .await?
            .check()?;
        // Every part as read, listed or not: one that is replaced meanwhile makes this compute again.
        let mut conditions = Vec::with_capacity(found.rows.len());
        let mut stored = BTreeMap::new();
        for (value, part) in found.rows {
            conditions.push((keys::part(self.id, part.number), value));
            stored.insert(part.number, part);
        }
        let assembled = self.assemble(objects, &upload, &mut stored)?;

        let remove = objects.replaced(bucket, self.key, state).await?;
        let order = self.order(objects, bucket, state, remove.as_ref()).await?;
        let mut manifest_rows = Change::default();
        let list = manifest(&mut manifest_rows, &upload, &assembled.parts)?;
        let enabled = bucket.versioning == Versioning::Enabled;
        let version = Version {
            summary: Summary {
                order,
                nonce: enabled.then(random::bytes),
                modified: record.initiated,
                object: Some(ObjectSummary {
                    size: assembled.size,
                    etag: assembled.etag,
                    storage_class: record.storage_class,
                    checksum: assembled.checksum.clone(),
                    owner: record.owner,
                }),
            },
            details: Details {
                headers: record.headers,
                user: record.user,
                tags: record.tags,
                website_redirect: record.website_redirect,
                body: Body::Parts(list),
                acl: record.acl,
            },
        };
        let answer = Stored {
            version: enabled.then(|| version.summary.id()),
            etag: assembled.etag,
            checksum: assembled.checksum,
            size: assembled.size,
            modified: record.initiated,
        };
        let closed = Closed {
            key: self.key.as_str().to_owned(),
            at: objects.now(),
            completed: Some(CompletedRecord::from(&answer)),
        };

        let mut change = objects
            .rearrange(bucket, self.key, state, remove, Some(version))
            .await?;
        change.commit.writes.append(&mut manifest_rows.commit.writes);
        let upload_row = keys::upload(self.key.as_str(), self.id);
        change.expect(upload_row.clone(), Some(upload.raw));
        change.delete(upload_row);
        change.put(keys::closed(self.id), records::encode(&closed)?);
        for (row, value) in conditions {
            change.expect(row.clone(), Some(value));
            change.delete(row);
        }
        for number in stored.into_values().filter_map(|unlisted| unlisted.blob) {
            change.forget_blob(number);
        }
        Ok((Some(change), answer))
    }
}

impl Objects {
    /// Makes the listed parts the key's new version, which stands where the upload was initiated; parts
    /// not listed are discarded. No byte is copied. Completing again gives the first result
    /// ([`crate::Limits::closed_upload_kept`]).
    ///
    /// # Errors
    /// [`Error::NoSuchUpload`], [`Error::NoParts`], [`Error::InvalidPartOrder`], [`Error::InvalidPart`],
    /// [`Error::PartTooSmall`], [`Error::PartChecksumMissing`], [`Error::ChecksumTypeMismatch`],
    /// [`Error::ChecksumAlgorithmMismatch`], [`Error::BadChecksum`], [`Error::ObjectSizeMismatch`],
    /// [`Error::EntityTooLarge`], [`Error::PreconditionFailed`], [`Error::PreconditionConflict`],
    /// [`Error::NoSuchKey`], [`Error::Busy`].
    pub async fn complete_upload(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        id: &UploadId,
        complete: &CompleteUpload,
    ) -> Result<Stored, Error> {
        let change = Complete { key, id, complete };
        let stored = self.change_key(bucket, key, None, change).await?;
        // A part that was added between the scan and the commit.
        self.discard_parts_later(bucket, *id);
        Ok(stored)
    }

    /// What completing this upload made, while it is remembered.
    async fn completed(&self, bucket: &Bucket, key: &ObjectKey, id: &UploadId) -> Result<Stored, Error> {
        let value: Option<Bytes> = self.inner.index.get(bucket.partition, &keys::closed(id)).await?;
        let closed = value.map(|value| records::decode::<Closed>("closed upload", &value));
        match closed.transpose()? {
            Some(Closed {
                key: closed,
                completed: Some(completed),
                ..
            }) if closed == key.as_str() => Ok(completed.into()),
            _ => Err(Error::NoSuchUpload),
        }
    }
}
