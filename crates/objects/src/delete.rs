//! Deleting versions and putting delete markers.

use cairn_types::{ObjectKey, VersionId};

use crate::{Bucket, Error, Objects};

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
        todo!()
    }

    /// Deletes up to 1000 keys, each on its own; results in the order given. Commits of different keys
    /// share the engine's syncs.
    pub async fn delete_many(&self, bucket: &Bucket, deletes: &[Delete]) -> Vec<Result<Deleted, Error>> {
        todo!()
    }
}
