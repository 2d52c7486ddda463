//! Finding versions and reading their bytes.
//!
//! A small object costs two `get`s: its head and its body. Finding and reading are two calls, because a
//! caller looks at conditions and ranges between them; a write may come between, which deletes what was
//! found: then [`Error::Gone`] says to find again. What a reader has begun it reads to the end: an inline
//! body is in its hands, an open blob stays readable (the contract of `Blobs`), and the blobs of a
//! multipart object are pinned (`reclaim`).

use std::ops::Range;

use bytes::Bytes;
use cairn_storage::{BlobId, BlobReader, Blobs, StorageError};
use cairn_types::{ObjectKey, PartNumber, VersionId};
use std::sync::Arc;

use crate::multipart::PARTS_PER_PAGE;
use crate::reclaim::Pin;
use crate::rows::keys;
use crate::rows::records::{Body, Manifest};
use crate::versions::Removal;
use crate::{Bucket, Error, Found, ObjectVersion, Objects, PartPage};

/// Reads an object's bytes in order. What it began to read it reads to the end, also if the object is
/// replaced or deleted meanwhile.
pub struct ObjectReader {
    source: Source,
}

enum Source {
    Empty,
    Inline(Bytes),
    Blob(Box<dyn BlobReader>),
    Parts {
        blobs: Arc<dyn Blobs>,
        /// What is still to be opened, last first.
        ahead: Vec<(BlobId, Range<u64>)>,
        open: Option<Box<dyn BlobReader>>,
        _pin: Pin,
    },
}

impl ObjectReader {
    /// The next bytes; `None` at the end of the range.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        match &mut self.source {
            Source::Empty => Ok(None),
            Source::Inline(bytes) => {
                let bytes = std::mem::take(bytes);
                Ok((!bytes.is_empty()).then_some(bytes))
            }
            Source::Blob(reader) => Ok(reader.next().await?),
            Source::Parts {
                blobs, ahead, open, ..
            } => loop {
                if let Some(reader) = open {
                    if let Some(bytes) = reader.next().await? {
                        return Ok(Some(bytes));
                    }
                    *open = None;
                }
                let Some((blob, range)) = ahead.pop() else {
                    return Ok(None);
                };
                *open = Some(blobs.read(blob, range).await?);
            },
        }
    }
}

impl Objects {
    /// The latest version of a key, or the one with that id.
    ///
    /// # Errors
    /// [`Error::NoSuchKey`] (without an id), [`Error::NoSuchVersion`], [`Error::InvalidVersionId`].
    pub async fn find(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        version: Option<VersionId>,
    ) -> Result<Found, Error> {
        let partition = bucket.partition;
        let mut state = self.key_state(partition, key).await?;
        let Some(version) = version else {
            let head = state.head.ok_or(Error::NoSuchKey)?;
            return Ok(head.version.found(partition, key, true));
        };
        bucket.check_version_id(version)?;
        for _ in 0..self.limits().attempts_max {
            match self.version_by_id(partition, key, &state, version).await? {
                Some(Removal::Head) => {
                    let head = state.head.ok_or(Error::NoSuchVersion)?;
                    return Ok(head.version.found(partition, key, true));
                }
                Some(Removal::Older(version)) => return Ok(version.found(partition, key, false)),
                None => {
                    // Between the two reads it may have become the head, or ceased to be.
                    let again = self.key_state(partition, key).await?;
                    if again.raw == state.raw {
                        return Err(Error::NoSuchVersion);
                    }
                    state = again;
                }
            }
        }
        Err(Error::Busy)
    }

    /// Opens the bytes of a version that was found, or a range of them (what passes its end is cut off).
    ///
    /// # Errors
    /// [`Error::Gone`] where it was replaced or deleted since: find it again, once or twice.
    pub async fn read(
        &self,
        version: &ObjectVersion,
        range: Option<Range<u64>>,
    ) -> Result<ObjectReader, Error> {
        let range = range.unwrap_or(0..version.size);
        let range = range.start.min(version.size)..range.end.min(version.size);
        if range.is_empty() {
            return Ok(ObjectReader {
                source: Source::Empty,
            });
        }
        let partition = version.partition;
        let source = match &version.body {
            Body::Empty => Source::Empty,
            Body::Inline(id) => {
                let row = keys::body(id);
                let bytes = self.inner.index.get(partition, &row).await?.ok_or(Error::Gone)?;
                if bytes.len() as u64 != version.size {
                    return Err(
                        StorageError::Corrupt("a body of another length than its object".into()).into(),
                    );
                }
                // Within the length of what is in memory.
                Source::Inline(bytes.slice(range.start as usize..range.end as usize))
            }
            Body::Blob(number) => {
                let id = BlobId {
                    partition,
                    number: *number,
                };
                match self.inner.blobs.read(id, range).await {
                    Ok(reader) => Source::Blob(reader),
                    Err(StorageError::NoSuchBlob(_)) => return Err(Error::Gone),
                    Err(error) => return Err(error.into()),
                }
            }
            Body::Parts(list) => {
                let pin = self.inner.reclaimer.pin(list.id);
                let mut ahead = self.extents(version, list, &range).await?;
                ahead.reverse();
                Source::Parts {
                    blobs: Arc::clone(&self.inner.blobs),
                    ahead,
                    open: None,
                    _pin: pin,
                }
            }
        };
        Ok(ObjectReader { source })
    }

    /// The blobs, and the bytes of them, that a range of a multipart object is made of.
    async fn extents(
        &self,
        version: &ObjectVersion,
        list: &Manifest,
        range: &Range<u64>,
    ) -> Result<Vec<(BlobId, Range<u64>)>, Error> {
        let mut extents = Vec::new();
        let first = list
            .pages
            .partition_point(|start| *start <= range.start)
            .saturating_sub(1);
        for (page, start) in list.pages.iter().enumerate().skip(first) {
            if *start >= range.end {
                break;
            }
            let parts = self.manifest_page(version.partition, list, page).await?;
            let mut offset = *start;
            for part in parts.ok_or(Error::Gone)? {
                let end = offset + part.size;
                let (from, to) = (range.start.max(offset), range.end.min(end));
                if let Some(number) = part.blob.filter(|_| from < to) {
                    let id = BlobId {
                        partition: version.partition,
                        number,
                    };
                    extents.push((id, from - offset..to - offset));
                }
                offset = end;
            }
        }
        Ok(extents)
    }

    /// Up to `limit` parts of a multipart object with numbers above `after`; empty for others.
    ///
    /// # Errors
    /// [`Error::Gone`].
    pub async fn parts(&self, version: &ObjectVersion, after: u16, limit: usize) -> Result<PartPage, Error> {
        let mut found = PartPage::default();
        let Body::Parts(list) = &version.body else {
            return Ok(found);
        };
        for page in 0..list.pages.len() {
            let parts = self.manifest_page(version.partition, list, page).await?;
            for part in parts.ok_or(Error::Gone)? {
                if part.number <= after {
                    continue;
                }
                if found.parts.len() == limit {
                    found.truncated = limit > 0;
                    return Ok(found);
                }
                found.parts.push(part.stored()?);
            }
        }
        Ok(found)
    }

    /// The bytes that part `number` has (`?partNumber=`); part 1 of an object put in one piece is the
    /// whole. `None` where there is no such part \[InvalidPartNumber]. The n-th part counts, whatever
    /// number it was uploaded with, so that 1 to the number of parts are all there.
    ///
    /// # Errors
    /// [`Error::Gone`].
    pub async fn part_range(
        &self,
        version: &ObjectVersion,
        number: PartNumber,
    ) -> Result<Option<Range<u64>>, Error> {
        let Body::Parts(list) = &version.body else {
            return Ok((number == PartNumber::MIN).then_some(0..version.size));
        };
        let index = usize::from(number.get()) - 1;
        let (page, within) = (index / PARTS_PER_PAGE, index % PARTS_PER_PAGE);
        let Some(start) = list.pages.get(page) else {
            return Ok(None);
        };
        let parts = self.manifest_page(version.partition, list, page).await?;
        let parts = parts.ok_or(Error::Gone)?;
        let Some(part) = parts.get(within) else {
            return Ok(None);
        };
        let offset = start + parts[..within].iter().map(|part| part.size).sum::<u64>();
        Ok(Some(offset..offset + part.size))
    }
}
