//! Deleting versions and putting delete markers (facts/06 §4).

use cairn_types::{ObjectKey, VersionId, random};
use futures_util::{StreamExt, stream};

use crate::rows::records::{Details, Summary, Version};
use crate::store::Change;
use crate::versions::{KeyChange, KeyState, Removal};
use crate::{Bucket, Condition, Error, Objects, Versioning};

/// `If-Match` of a delete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IfMatch {
    /// `*`: an object is there.
    Any,
    /// The object has this ETag, quoted or not.
    ETag(String),
}

/// One key of [`Objects::delete_many`].
#[derive(Debug, Clone)]
pub struct Delete {
    /// The key.
    pub key: ObjectKey,
    /// The version; `None` deletes the key, which in a versioned bucket puts a delete marker.
    pub version: Option<VersionId>,
    /// When to delete at all.
    pub if_match: Option<IfMatch>,
}

/// What a delete did (facts/06 §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deleted {
    /// For `x-amz-version-id`: the version deleted, or the new marker's id. `None` in an unversioned
    /// bucket without an id.
    pub version: Option<VersionId>,
    /// For `x-amz-delete-marker`: a marker was put, or the version deleted was one.
    pub delete_marker: bool,
}

impl IfMatch {
    /// Whether it holds of a version, or of none.
    fn check(&self, version: Option<&Version>) -> Result<(), Error> {
        let holds = match (self, version) {
            (_, None) => false,
            (Self::Any, Some(version)) => !version.is_marker(),
            (Self::ETag(etag), Some(version)) => version.has_etag(etag),
        };
        if holds {
            Ok(())
        } else {
            Err(Error::PreconditionFailed(Condition::IfMatch))
        }
    }
}

/// Deletes one version.
struct DeleteVersion<'a> {
    key: &'a ObjectKey,
    version: VersionId,
    if_match: Option<&'a IfMatch>,
}

impl KeyChange for DeleteVersion<'_> {
    type Answer = Deleted;

    async fn compute(
        &mut self,
        objects: &Objects,
        bucket: &Bucket,
        state: &KeyState,
    ) -> Result<(Option<Change>, Deleted), Error> {
        let removal = objects
            .version_by_id(bucket.partition, self.key, state, self.version)
            .await?;
        let version = match &removal {
            None => None,
            Some(Removal::Head) => state.head.as_ref().map(|head| &head.version),
            Some(Removal::Older(version)) => Some(&**version),
        };
        if let Some(if_match) = self.if_match {
            if_match.check(version)?;
        }
        let deleted = Deleted {
            version: Some(self.version),
            delete_marker: version.is_some_and(Version::is_marker),
        };
        if removal.is_none() {
            return Ok((None, deleted));
        }
        let change = objects.rearrange(bucket, self.key, state, removal, None).await?;
        Ok((Some(change), deleted))
    }
}

/// Deletes a key: puts a marker where the bucket has versions.
struct DeleteKey<'a> {
    key: &'a ObjectKey,
    if_match: Option<&'a IfMatch>,
}

impl KeyChange for DeleteKey<'_> {
    type Answer = Deleted;

    async fn compute(
        &mut self,
        objects: &Objects,
        bucket: &Bucket,
        state: &KeyState,
    ) -> Result<(Option<Change>, Deleted), Error> {
        if let Some(if_match) = self.if_match {
            if_match.check(state.head.as_ref().map(|head| &head.version))?;
        }
        let remove = objects.replaced(bucket, self.key, state).await?;
        if bucket.versioning == Versioning::Unversioned {
            let deleted = Deleted {
                version: None,
                delete_marker: false,
            };
            if remove.is_none() {
                return Ok((None, deleted));
            }
            let change = objects.rearrange(bucket, self.key, state, remove, None).await?;
            return Ok((Some(change), deleted));
        }
        let floor = state.head.as_ref().map(|head| head.order());
        let summary = Summary {
            order: objects.inner.orders.next(floor),
            nonce: (bucket.versioning == Versioning::Enabled).then(random::bytes),
            modified: objects.inner.orders.now(),
            object: None,
        };
        let deleted = Deleted {
            version: Some(summary.id()),
            delete_marker: true,
        };
        let marker = Version {
            summary,
            details: Details::of_marker(),
        };
        let change = objects
            .rearrange(bucket, self.key, state, remove, Some(marker))
            .await?;
        Ok((Some(change), deleted))
    }
}

impl Objects {
    /// Deletes a key or one version of it. What is not there is no error.
    ///
    /// # Errors
    /// [`Error::InvalidVersionId`], [`Error::PreconditionFailed`], [`Error::NoSuchBucket`],
    /// [`Error::Busy`].
    pub async fn delete(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        version: Option<VersionId>,
        if_match: Option<&IfMatch>,
    ) -> Result<Deleted, Error> {
        match version {
            None => {
                let change = DeleteKey { key, if_match };
                self.change_key(bucket, key, None, change).await
            }
            Some(version) => {
                bucket.check_version_id(version)?;
                let change = DeleteVersion {
                    key,
                    version,
                    if_match,
                };
                self.change_key(bucket, key, None, change).await
            }
        }
    }

    /// Deletes up to 1000 keys, each on its own; results in the order given. Commits of different keys
    /// share the engine's syncs.
    pub async fn delete_many(&self, bucket: &Bucket, deletes: &[Delete]) -> Vec<Result<Deleted, Error>> {
        let one = |delete: Delete| async move {
            let if_match = delete.if_match.as_ref();
            self.delete(bucket, &delete.key, delete.version, if_match).await
        };
        stream::iter(deletes.iter().cloned().map(one))
            .buffered(self.limits().deletes_concurrent.max(1))
            .collect()
            .await
    }
}

impl Bucket {
    /// # Errors
    /// [`Error::InvalidVersionId`] for an id that no version of this bucket ever had (facts/06 §4).
    pub(crate) fn check_version_id(&self, version: VersionId) -> Result<(), Error> {
        if version != VersionId::Null && self.versioning == Versioning::Unversioned {
            return Err(Error::InvalidVersionId);
        }
        Ok(())
    }
}
