//! A body on its way in: hashed, bounded, invisible until it is put.
//!
//! Bytes are hashed as they come (MD5 for the ETag, the checksum the client sends, and the one to store
//! where that is another). Up to `inline_bytes_max` they are kept, to become a row of the commit; past
//! that, or where more was announced, they go to a blob, whose writer sets the pace. A large body is gathered in
//! chunks, whose MD5 is computed beside this, together with that of other bodies (`hashing`).

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use cairn_storage::{BlobWriter, Partition, StorageError};
use cairn_types::checksum::{Hasher, Md5Hasher};
use cairn_types::{ChecksumAlgorithm, ChecksumValue};

use crate::chunks::{CHUNK_BYTES, Chunks};
use crate::hashing::BodyHasher;
use crate::reclaim::Unnamed;
use crate::{Error, Objects};

/// From this size in bytes on, a body is hashed together with others.
const LARGE_BYTES_MIN: u64 = 2 * CHUNK_BYTES as u64;

/// What is known of a body before its first byte.
#[derive(Debug, Clone, Copy, Default)]
pub struct BodySpec {
    /// Its length in bytes, where announced. More or fewer bytes are [`Error::IncompleteBody`].
    pub size: Option<u64>,
    /// The checksum the client sends (in a header or trailer); `None` where it sends none: then
    /// [`ChecksumAlgorithm::DEFAULT`] is computed and stored (facts/06 §9).
    pub checksum: Option<ChecksumAlgorithm>,
}

/// What the client says of the body it sent.
#[derive(Debug, Clone, Default)]
pub struct Expected {
    /// `Content-MD5`.
    pub md5: Option<[u8; 16]>,
    /// The checksum of the header or trailer, of the algorithm of [`BodySpec::checksum`].
    pub checksum: Option<ChecksumValue>,
}

/// Takes a body's bytes as they come. Memory: at most [`crate::Limits::inline_bytes_max`] and what the
/// blob writer buffers; of a large body a chunk of 256 KiB, up to four that wait for the hasher, and what the
/// blob writer holds, which may be the same ones. Dropping it abandons the body and leaves nothing.
pub struct BodyWriter {
    objects: Objects,
    partition: Partition,
    announced: Option<u64>,
    inline_bytes_max: usize,
    size: u64,
    /// Not of a large body.
    md5: Md5Hasher,
    /// Of the checksum that is stored.
    stored: Hasher,
    /// Of the one the client sends, where that is another.
    sent: Option<Hasher>,
    sink: Sink,
}

enum Sink {
    /// One piece is kept as it came; more are joined.
    Kept(Bytes),
    Joined(BytesMut),
    Blob(Box<dyn BlobWriter>),
    Large(Large),
}

struct Large {
    chunks: Chunks,
    hasher: BodyHasher,
    blob: Box<dyn BlobWriter>,
}

impl Large {
    async fn write(&mut self, mut data: Bytes) -> Result<(), Error> {
        while let Some(chunk) = self.chunks.fill(&mut data) {
            self.hand_over(chunk).await?;
        }
        Ok(())
    }

    async fn hand_over(&mut self, chunk: Bytes) -> Result<(), Error> {
        self.hasher.add(chunk.clone()).await?;
        Ok(self.blob.append(chunk).await?)
    }

    /// The MD5, and the blob to finish.
    async fn finish(mut self) -> Result<([u8; 16], Box<dyn BlobWriter>), Error> {
        if let Some(rest) = self.chunks.rest() {
            self.hand_over(rest).await?;
        }
        Ok((self.hasher.finish().await?, self.blob))
    }
}

impl BodyWriter {
    /// `stored` is the algorithm whose value is kept; `inline_bytes_max` 0 makes every body a blob.
    pub(crate) fn new(
        objects: Objects,
        partition: Partition,
        spec: BodySpec,
        stored: ChecksumAlgorithm,
        inline_bytes_max: usize,
    ) -> Result<Self, Error> {
        let max = objects.limits().put_bytes_max;
        if let Some(proposed) = spec.size.filter(|size| *size > max) {
            return Err(Error::EntityTooLarge { proposed, max });
        }
        Ok(Self {
            partition,
            announced: spec.size,
            inline_bytes_max,
            size: 0,
            md5: Md5Hasher::default(),
            stored: Hasher::new(stored),
            sent: spec.checksum.filter(|sent| *sent != stored).map(Hasher::new),
            sink: Sink::Kept(Bytes::new()),
            objects,
        })
    }

    /// Adds bytes; returns when more can be taken (back pressure).
    ///
    /// # Errors
    /// [`Error::EntityTooLarge`], [`Error::IncompleteBody`] as soon as more bytes came than announced.
    /// After an error the body cannot be finished.
    pub async fn write(&mut self, data: Bytes) -> Result<(), Error> {
        if data.is_empty() {
            return Ok(());
        }
        self.size = self.size.saturating_add(data.len() as u64);
        let max = self.objects.limits().put_bytes_max;
        if self.size > max {
            return Err(Error::EntityTooLarge {
                proposed: self.size,
                max,
            });
        }
        if let Some(expected) = self.announced.filter(|announced| self.size > *announced) {
            return Err(Error::IncompleteBody {
                expected,
                received: self.size,
            });
        }
        self.stored.update(&data);
        if let Some(sent) = &mut self.sent {
            sent.update(&data);
        }
        if self.announced.unwrap_or(0).max(self.size) > self.inline_bytes_max as u64 {
            self.spill().await?;
        }
        if !matches!(self.sink, Sink::Large(_)) {
            self.md5.update(&data);
        }
        match &mut self.sink {
            Sink::Large(large) => large.write(data).await?,
            Sink::Blob(blob) => blob.append(data).await?,
            Sink::Joined(joined) => joined.extend_from_slice(&data),
            Sink::Kept(kept) if kept.is_empty() => *kept = data,
            Sink::Kept(kept) => {
                let capacity = self.announced.unwrap_or(0).max(self.size);
                // At most `inline_bytes_max`.
                let mut joined = BytesMut::with_capacity(capacity as usize);
                joined.extend_from_slice(kept);
                joined.extend_from_slice(&data);
                self.sink = Sink::Joined(joined);
            }
        }
        Ok(())
    }

    /// From here on a blob takes the bytes, with those that were kept before.
    async fn spill(&mut self) -> Result<(), Error> {
        if matches!(self.sink, Sink::Blob(_) | Sink::Large(_)) {
            return Ok(());
        }
        let inner = &self.objects.inner;
        let mut blob = inner.blobs.create(self.partition, self.announced).await?;
        let kept = match std::mem::replace(&mut self.sink, Sink::Kept(Bytes::new())) {
            Sink::Kept(kept) => kept,
            Sink::Joined(joined) => joined.freeze(),
            Sink::Blob(_) | Sink::Large(_) => Bytes::new(),
        };
        self.sink = if self
            .announced
            .is_none_or(|announced| announced >= LARGE_BYTES_MIN)
        {
            let mut large = Large {
                chunks: Chunks::default(),
                // Hashes what was kept again: that is little.
                hasher: inner.hashing.begin(),
                blob,
            };
            large.write(kept).await?;
            Sink::Large(large)
        } else {
            if !kept.is_empty() {
                blob.append(kept).await?;
            }
            Sink::Blob(blob)
        };
        Ok(())
    }

    /// Bytes taken so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Ends the body: verifies it and makes a large one durable. Still nothing is visible.
    ///
    /// # Errors
    /// [`Error::IncompleteBody`], [`Error::BadDigest`], [`Error::BadChecksum`].
    pub async fn finish(self, expected: Expected) -> Result<StagedBody, Error> {
        if let Some(announced) = self.announced.filter(|announced| self.size != *announced) {
            return Err(Error::IncompleteBody {
                expected: announced,
                received: self.size,
            });
        }
        let (md5, sink) = match self.sink {
            Sink::Large(large) => {
                let (md5, blob) = large.finish().await?;
                (md5, Sink::Blob(blob))
            }
            sink => (self.md5.finish(), sink),
        };
        if let Some(expected) = expected.md5.filter(|expected| *expected != md5) {
            return Err(Error::BadDigest {
                expected,
                calculated: md5,
            });
        }
        let checksum = self.stored.finish();
        let sent = self.sent.map(Hasher::finish);
        if let Some(expected) = expected.checksum {
            let calculated = [Some(&checksum), sent.as_ref()]
                .into_iter()
                .flatten()
                .find(|calculated| calculated.algorithm() == expected.algorithm())
                .ok_or(Error::NotHashed(expected.algorithm()))?;
            if *calculated != expected {
                let calculated = calculated.clone();
                return Err(Error::BadChecksum {
                    expected: expected.into(),
                    calculated: calculated.into(),
                });
            }
        }
        let bytes = match sink {
            Sink::Kept(kept) if kept.is_empty() => StagedBytes::Empty,
            Sink::Kept(kept) => StagedBytes::Inline(kept),
            Sink::Joined(joined) => StagedBytes::Inline(joined.freeze()),
            Sink::Blob(blob) | Sink::Large(Large { blob, .. }) => {
                StagedBytes::Blob(finish_blob(&self.objects, blob).await?)
            }
        };
        Ok(StagedBody {
            partition: self.partition,
            size: self.size,
            md5,
            checksum,
            sent,
            bytes,
        })
    }
}

/// Makes a blob durable, in a task of its own: if the caller goes away meanwhile, the blob may be there all
/// the same, and somebody must delete it.
async fn finish_blob(objects: &Objects, blob: Box<dyn BlobWriter>) -> Result<Unnamed, Error> {
    let running = objects.inner.reclaimer.running();
    let reclaimer = Arc::clone(&objects.inner.reclaimer);
    let finished = tokio::spawn(async move {
        let id = blob.id();
        let result = match blob.finish().await {
            Ok(id) => Ok(reclaimer.unnamed(id)),
            Err(error) => {
                reclaimer.suspect(id);
                Err(error)
            }
        };
        // In this order: where nobody takes the result, its blob is deleted before the work counts as done.
        (result, running)
    });
    match finished.await {
        Ok((result, _)) => Ok(result?),
        Err(_) => Err(StorageError::Closed("the runtime is shutting down").into()),
    }
}

/// A verified body that no row names yet. Dropping it abandons it: its blob is deleted.
pub struct StagedBody {
    pub(crate) partition: Partition,
    pub(crate) size: u64,
    pub(crate) md5: [u8; 16],
    pub(crate) checksum: ChecksumValue,
    sent: Option<ChecksumValue>,
    pub(crate) bytes: StagedBytes,
}

pub(crate) enum StagedBytes {
    Empty,
    Inline(Bytes),
    Blob(Unnamed),
}

impl StagedBody {
    /// Length in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The MD5 of the bytes.
    pub fn md5(&self) -> [u8; 16] {
        self.md5
    }

    /// The checksum the object or part will have.
    pub fn checksum(&self) -> &ChecksumValue {
        &self.checksum
    }

    /// The checksum of the algorithm the client sent, which a response repeats; the stored one where the
    /// client sent none.
    pub fn sent_checksum(&self) -> &ChecksumValue {
        self.sent.as_ref().unwrap_or(&self.checksum)
    }
}
