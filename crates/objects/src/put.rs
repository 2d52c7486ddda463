//! Writing an object.

use cairn_types::ObjectKey;

use crate::{BodySpec, BodyWriter, Bucket, Error, Metadata, Objects, StagedBody, Stored};

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

impl Objects {
    /// Starts the body of an object.
    ///
    /// # Errors
    /// [`Error::EntityTooLarge`] where the announced size is.
    pub async fn begin_put(&self, bucket: &Bucket, spec: BodySpec) -> Result<BodyWriter, Error> {
        todo!()
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
        todo!()
    }

    /// Makes a staged body the key's new version, durably: one commit.
    ///
    /// # Errors
    /// As [`Self::check_precondition`]; [`Error::NoSuchBucket`] where it was deleted meanwhile;
    /// [`Error::Busy`].
    pub async fn put_object(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        body: StagedBody,
        put: PutObject,
    ) -> Result<Stored, Error> {
        todo!()
    }
}
