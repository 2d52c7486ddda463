//! Writing an object.
//!
//! The body is staged first (`body`); then one commit puts its row or names its blob, makes the version
//! the key's head, and forgets what it replaces: the `null` version where versioning is not enabled,
//! nothing where it is (facts/06 §4).

use bytes::Bytes;
use cairn_types::{Checksum, ChecksumAlgorithm, ETag, ObjectKey, random};

use crate::body::StagedBytes;
use crate::order::Orders;
use crate::reclaim::Unnamed;
use crate::rows::keys;
use crate::rows::records::{Body, Details, ObjectSummary, Summary, Version};
use crate::store::Change;
use crate::versions::{KeyChange, KeyState, Removal};
use crate::{
    BodySpec, BodyWriter, Bucket, Condition, Error, Metadata, Objects, StagedBody, Stored, Versioning,
};

/// What must hold of the key for a write to happen (facts/06 §6). The forms S3 refuses (`If-Match: *`,
/// both at once, `If-None-Match` with an ETag) are the caller's to refuse.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum WritePrecondition {
    /// Nothing.
    #[default]
    None,
    /// `If-None-Match: *`: no object is there (a delete marker is none).
    Absent,
    /// `If-Match`: the latest version is an object with this ETag, quoted or not.
    Matches(String),
}

/// What to store with a body.
#[derive(Debug, Clone, Default)]
pub struct PutObject {
    /// Headers, user metadata, tags, class.
    pub metadata: Metadata,
    /// When to write at all.
    pub precondition: WritePrecondition,
}

impl WritePrecondition {
    /// Whether it holds of a key.
    pub(crate) fn check(&self, state: &KeyState) -> Result<(), Error> {
        match (self, state.object()) {
            (Self::None, _) | (Self::Absent, None) => Ok(()),
            (Self::Absent, Some(_)) => Err(Error::PreconditionFailed(Condition::IfNoneMatch)),
            (Self::Matches(_), None) => Err(Error::NoSuchKey),
            (Self::Matches(etag), Some(object)) if object.has_etag(etag) => Ok(()),
            (Self::Matches(_), Some(_)) => Err(Error::PreconditionFailed(Condition::IfMatch)),
        }
    }
}

impl Version {
    /// Whether this is an object with that ETag, quoted or not.
    pub(crate) fn has_etag(&self, text: &str) -> bool {
        let object = self.summary.object.as_ref();
        object.is_some_and(|object| ETag::parse(text) == Some(object.etag))
    }
}

/// A body as the rows have it, and what to do with it in the commit.
pub(crate) struct PlacedBody {
    body: Body,
    inline: Option<([u8; 16], Bytes)>,
}

impl PlacedBody {
    /// Splits a staged body into its place and the blob to be named. An inline one gets an id of `orders`.
    fn of(bytes: StagedBytes, orders: &Orders) -> (Self, Option<Unnamed>) {
        match bytes {
            StagedBytes::Empty => (
                Self {
                    body: Body::Empty,
                    inline: None,
                },
                None,
            ),
            StagedBytes::Inline(bytes) => {
                let id = orders.body_id();
                let placed = Self {
                    body: Body::Inline(id),
                    inline: Some((id, bytes)),
                };
                (placed, None)
            }
            StagedBytes::Blob(blob) => (
                Self {
                    body: Body::Blob(blob.number()),
                    inline: None,
                },
                Some(blob),
            ),
        }
    }

    fn write(&self, change: &mut Change) {
        if let Some((id, bytes)) = &self.inline {
            change.put(keys::body(id), bytes.clone());
        }
        if let Body::Blob(number) = self.body {
            change.name_blob(number);
        }
    }
}

struct Put<'a> {
    key: &'a ObjectKey,
    etag: ETag,
    checksum: Checksum,
    size: u64,
    body: PlacedBody,
    put: PutObject,
}

impl KeyChange for Put<'_> {
    type Answer = Stored;

    async fn compute(
        &mut self,
        objects: &Objects,
        bucket: &Bucket,
        state: &KeyState,
    ) -> Result<(Option<Change>, Stored), Error> {
        self.put.precondition.check(state)?;
        let floor = state.head.as_ref().map(|head| head.order());
        let order = objects.inner.orders.next(floor);
        let enabled = bucket.versioning == Versioning::Enabled;
        let metadata = &self.put.metadata;
        let version = Version {
            summary: Summary {
                order,
                nonce: enabled.then(random::bytes),
                modified: objects.inner.orders.now(),
                object: Some(ObjectSummary {
                    size: self.size,
                    etag: self.etag,
                    storage_class: metadata.storage_class,
                    checksum: self.checksum.clone(),
                    owner: metadata.owner.clone(),
                }),
            },
            details: Details {
                headers: metadata.headers.clone(),
                user: metadata.user.clone(),
                tags: metadata.tags.clone(),
                website_redirect: metadata.website_redirect.clone(),
                body: self.body.body.clone(),
                acl: metadata.acl.clone(),
            },
        };
        let stored = Stored {
            version: enabled.then(|| version.summary.id()),
            etag: self.etag,
            checksum: self.checksum.clone(),
            size: self.size,
            modified: version.summary.modified,
        };
        let remove = objects.replaced(bucket, self.key, state).await?;
        let mut change = objects
            .rearrange(bucket, self.key, state, remove, Some(version))
            .await?;
        self.body.write(&mut change);
        Ok((Some(change), stored))
    }
}

impl Objects {
    /// Starts the body of an object.
    ///
    /// # Errors
    /// [`Error::EntityTooLarge`] where the announced size is.
    pub async fn begin_put(&self, bucket: &Bucket, spec: BodySpec) -> Result<BodyWriter, Error> {
        let stored = spec.checksum.unwrap_or(ChecksumAlgorithm::DEFAULT);
        let inline_bytes_max = self.limits().inline_bytes_max;
        BodyWriter::new(self.clone(), bucket.partition, spec, stored, inline_bytes_max)
    }

    /// Whether the precondition holds now: lets a caller refuse before it takes the body.
    /// [`Self::put_object`] checks again.
    ///
    /// # Errors
    /// [`Error::PreconditionFailed`]; [`Error::NoSuchKey`] for [`WritePrecondition::Matches`] where no
    /// object is.
    pub async fn check_precondition(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        precondition: &WritePrecondition,
    ) -> Result<(), Error> {
        if *precondition == WritePrecondition::None {
            return Ok(());
        }
        precondition.check(&self.key_state(bucket.partition, key).await?)
    }

    /// Makes a staged body the key's new version, durably: one commit.
    ///
    /// # Errors
    /// As [`Self::check_precondition`]; [`Error::NoSuchBucket`] where it was deleted meanwhile, or is
    /// another than the body was begun in; [`Error::Busy`].
    pub async fn put_object(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        body: StagedBody,
        put: PutObject,
    ) -> Result<Stored, Error> {
        if body.partition != bucket.partition {
            return Err(Error::NoSuchBucket(bucket.name.clone()));
        }
        let (placed, new) = PlacedBody::of(body.bytes, &self.inner.orders);
        let change = Put {
            key,
            etag: ETag::plain(body.md5),
            checksum: Checksum::full_object(body.checksum),
            size: body.size,
            body: placed,
            put,
        };
        self.change_key(bucket, key, new, change).await
    }

    /// The version that a write of this key replaces: the `null` one, unless versioning is enabled.
    pub(crate) async fn replaced(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        state: &KeyState,
    ) -> Result<Option<Removal>, Error> {
        if bucket.versioning == Versioning::Enabled {
            return Ok(None);
        }
        let null = cairn_types::VersionId::Null;
        self.version_by_id(bucket.partition, key, state, null).await
    }
}
