//! Multipart uploads (facts/06 §8, §9).

use cairn_types::{
    ChecksumAlgorithm, ChecksumType, ChecksumValue, ETag, ObjectKey, PartNumber, Timestamp, UploadId,
};

use crate::{
    BodySpec, BodyWriter, Bucket, Error, Metadata, Objects, Owner, StagedBody, Stored, WritePrecondition,
};

/// The checksum an upload was created with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UploadChecksum {
    /// The algorithm of the parts and the object.
    pub algorithm: ChecksumAlgorithm,
    /// How the object's comes about. The caller has checked [`ChecksumAlgorithm::allows`].
    pub kind: ChecksumType,
}

/// An upload to create.
#[derive(Debug, Clone)]
pub struct NewUpload {
    /// What the object will have.
    pub metadata: Metadata,
    /// The checksum asked for; `None`: CRC64NVME over the whole object, and responses do not name it.
    pub checksum: Option<UploadChecksum>,
    /// Who initiates it.
    pub initiator: Owner,
}

/// An open upload as last read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// The id.
    pub id: UploadId,
    /// The key.
    pub key: ObjectKey,
    /// When it was initiated.
    pub initiated: Timestamp,
    /// Who did.
    pub initiator: Owner,
    /// The checksum asked for.
    pub checksum: Option<UploadChecksum>,
    /// What the object will have.
    pub metadata: Metadata,
}

/// A part that was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPart {
    /// Its number.
    pub number: PartNumber,
    /// Length in bytes.
    pub size: u64,
    /// ETag: the MD5 of its bytes.
    pub etag: ETag,
    /// Checksum. Shown where the upload (or object) was asked to have one.
    pub checksum: ChecksumValue,
    /// When it was stored.
    pub modified: Timestamp,
}

/// One page of parts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PartPage {
    /// The parts, by number.
    pub parts: Vec<StoredPart>,
    /// Whether more follow.
    pub truncated: bool,
}

/// One part of a complete request.
#[derive(Debug, Clone)]
pub struct CompletePart {
    /// The number.
    pub number: PartNumber,
    /// The ETag as listed, quoted or not.
    pub etag: String,
    /// The checksum as listed.
    pub checksum: Option<ChecksumValue>,
}

/// A complete request.
#[derive(Debug, Clone, Default)]
pub struct CompleteUpload {
    /// The parts, in the order listed.
    pub parts: Vec<CompletePart>,
    /// `x-amz-checksum-type`.
    pub checksum_type: Option<ChecksumType>,
    /// The object's checksum as the client computed it.
    pub checksum: Option<ChecksumValue>,
    /// `x-amz-mp-object-size` in bytes.
    pub object_size: Option<u64>,
    /// When to write at all.
    pub precondition: WritePrecondition,
}

impl Objects {
    /// Creates an upload.
    pub async fn create_upload(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        new: NewUpload,
    ) -> Result<Upload, Error> {
        todo!()
    }

    /// The open upload of that key and id.
    ///
    /// # Errors
    /// [`Error::NoSuchUpload`], also where it was completed or aborted, or is another key's.
    pub async fn upload(&self, bucket: &Bucket, key: &ObjectKey, id: &UploadId) -> Result<Upload, Error> {
        todo!()
    }

    /// Starts the body of a part. `spec.checksum` is what the client sends with the part; where the
    /// upload was asked to have another algorithm this fails, where it was asked for none any is
    /// verified and CRC64NVME stored.
    ///
    /// # Errors
    /// [`Error::ChecksumAlgorithmMismatch`], [`Error::EntityTooLarge`].
    pub async fn begin_part(
        &self,
        bucket: &Bucket,
        upload: &Upload,
        spec: BodySpec,
    ) -> Result<BodyWriter, Error> {
        todo!()
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
        todo!()
    }

    /// Makes the listed parts the key's new version, which stands where the upload was initiated; parts
    /// not listed are discarded. No byte is copied. Completing again gives the first result
    /// ([`crate::Limits::closed_upload_kept`]).
    ///
    /// # Errors
    /// [`Error::NoSuchUpload`], [`Error::NoParts`], [`Error::InvalidPartOrder`], [`Error::InvalidPart`],
    /// [`Error::PartTooSmall`], [`Error::PartChecksumMissing`], [`Error::ChecksumTypeMismatch`],
    /// [`Error::BadChecksum`], [`Error::ObjectSizeMismatch`], [`Error::EntityTooLarge`],
    /// [`Error::PreconditionFailed`], [`Error::PreconditionConflict`], [`Error::NoSuchKey`],
    /// [`Error::Busy`].
    pub async fn complete_upload(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        id: &UploadId,
        complete: &CompleteUpload,
    ) -> Result<Stored, Error> {
        todo!()
    }

    /// Discards an upload and its parts.
    ///
    /// # Errors
    /// [`Error::NoSuchUpload`].
    pub async fn abort_upload(&self, bucket: &Bucket, key: &ObjectKey, id: &UploadId) -> Result<(), Error> {
        todo!()
    }

    /// Up to `limit` parts of an upload with numbers above `after`.
    pub async fn list_parts(
        &self,
        bucket: &Bucket,
        upload: &Upload,
        after: u16,
        limit: usize,
    ) -> Result<PartPage, Error> {
        todo!()
    }
}
