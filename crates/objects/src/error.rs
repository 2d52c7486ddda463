//! What can be so that a request is not answered as it hoped: facts with their fields, no wire texts.

use std::sync::Arc;

use cairn_storage::StorageError;
use cairn_types::{BucketName, ChecksumAlgorithm, ChecksumType, ChecksumValue, PartNumber};

use crate::{Bucket, DeleteMarker};

/// Which write precondition did not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// `If-Match`.
    IfMatch,
    /// `If-None-Match`.
    IfNoneMatch,
}

/// Why an operation did not happen. In brackets the S3 error it becomes.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No such bucket, or it was deleted meanwhile. \[NoSuchBucket]
    #[error("no bucket {0}")]
    NoSuchBucket(BucketName),
    /// The name is taken, by this bucket. \[BucketAlreadyOwnedByYou, BucketAlreadyExists, or 200:
    /// facts/02 §4]
    #[error("bucket {} exists", .0.name)]
    BucketExists(Arc<Bucket>),
    /// The bucket has versions or delete markers. \[BucketNotEmpty]
    #[error("the bucket is not empty")]
    BucketNotEmpty {
        /// Versioning was enabled or suspended once: the message says to delete all versions.
        versioned: bool,
    },
    /// The key has no version. \[NoSuchKey]
    #[error("no such key")]
    NoSuchKey,
    /// A well-formed id that no version of the key has. \[NoSuchVersion]
    #[error("no such version")]
    NoSuchVersion,
    /// An id other than `null` in a bucket that never had versioning. \[InvalidArgument, "Invalid version
    /// id specified"]
    #[error("not a version id of this bucket")]
    InvalidVersionId,
    /// The operation needs an object and the version is a delete marker. \[MethodNotAllowed, ResourceType
    /// DeleteMarker]
    #[error("the version is a delete marker")]
    IsDeleteMarker(DeleteMarker),
    /// A write precondition did not hold. \[PreconditionFailed]
    #[error("{0:?} did not hold")]
    PreconditionFailed(Condition),
    /// The object changed while an upload with a precondition was under way (facts/06 §6).
    /// \[ConditionalRequestConflict]
    #[error("{0:?}: the object changed during the upload")]
    PreconditionConflict(Condition),
    /// More bytes than one put, part or object may have. \[EntityTooLarge]
    #[error("{proposed} bytes, at most {max} are allowed")]
    EntityTooLarge {
        /// Bytes announced, or received so far.
        proposed: u64,
        /// The limit in bytes.
        max: u64,
    },
    /// Fewer or more bytes than announced. \[IncompleteBody]
    #[error("{received} bytes received, {expected} announced")]
    IncompleteBody {
        /// Bytes announced.
        expected: u64,
        /// Bytes received.
        received: u64,
    },
    /// The body is not what Content-MD5 says. \[BadDigest with ExpectedDigest, CalculatedDigest]
    #[error("the MD5 does not match")]
    BadDigest {
        /// As the client gave it.
        expected: [u8; 16],
        /// Of the bytes received.
        calculated: [u8; 16],
    },
    /// The body (or the assembled object) is not what its checksum says. \[BadDigest, "The SHA256 you
    /// specified did not match the calculated checksum."]
    #[error("the {} checksum does not match", .expected.algorithm().as_str())]
    BadChecksum {
        /// As the client gave it.
        expected: Box<ChecksumValue>,
        /// Of the bytes received.
        calculated: Box<ChecksumValue>,
    },
    /// A checksum of an algorithm the body was not hashed with: a fault of the caller's
    /// [`crate::BodySpec`], not of the client.
    #[error("the body was not hashed with {}", .0.as_str())]
    NotHashed(ChecksumAlgorithm),
    /// No such upload of this key. \[NoSuchUpload]
    #[error("no such upload")]
    NoSuchUpload,
    /// Completing an upload with an empty list. \[InvalidRequest, "You must specify at least one part"]
    #[error("no parts listed")]
    NoParts,
    /// A listed part does not exist, or has another ETag or checksum. \[InvalidPart]
    #[error("part {number} is not as listed")]
    InvalidPart {
        /// The part.
        number: PartNumber,
        /// Its ETag as listed.
        etag: String,
    },
    /// Part numbers not strictly ascending. \[InvalidPartOrder]
    #[error("the parts are not in ascending order")]
    InvalidPartOrder,
    /// A part that is not the last has fewer bytes than allowed. \[EntityTooSmall]
    #[error("part {number} has {size} bytes, at least {min} are needed")]
    PartTooSmall {
        /// The part.
        number: PartNumber,
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        min: u64,
        /// Its ETag, as text without quotes.
        etag: String,
    },
    /// A composite upload completed without this part's checksum. \[InvalidRequest, "The upload was
    /// created using a crc32 checksum. The complete request must include the checksum for each part. It
    /// was missing for part 1 in the request."]
    #[error("the {} checksum of part {number} is missing", .algorithm.as_str())]
    PartChecksumMissing {
        /// The part.
        number: PartNumber,
        /// The upload's algorithm.
        algorithm: ChecksumAlgorithm,
    },
    /// A part was sent with another algorithm than its upload has. \[InvalidRequest, "Checksum Type
    /// mismatch occurred, expected checksum Type: sha256, actual checksum Type: crc32"]
    #[error("the upload's checksums are {}", .expected.as_str())]
    ChecksumAlgorithmMismatch {
        /// The upload's.
        expected: ChecksumAlgorithm,
        /// The request's; `None` where it sent no checksum (`null` on the wire).
        actual: Option<ChecksumAlgorithm>,
    },
    /// Completed with another checksum type than created. \[InvalidRequest, "The upload was created using
    /// the COMPOSITE checksum mode. The complete request must use the same checksum mode."]
    #[error("the upload has another checksum type")]
    ChecksumTypeMismatch {
        /// The upload's; `None` where none was asked for (`null` on the wire).
        expected: Option<ChecksumType>,
    },
    /// The upload's size is not what `x-amz-mp-object-size` says. \[InvalidRequest, "The provided
    /// 'x-amz-mp-object-size' header value 5 does not match what was computed: 4"]
    #[error("the object has {computed} bytes, not {given}")]
    ObjectSizeMismatch {
        /// Bytes announced.
        given: u64,
        /// Bytes of the listed parts.
        computed: u64,
    },
    /// The upload a marker names does not belong to the key it came with. \[InvalidArgument, "Invalid
    /// uploadId marker"]
    #[error("not an upload of the marker's key")]
    InvalidUploadIdMarker,
    /// The object was replaced or deleted after it was found: find it again. Never the answer to a client.
    #[error("the version is gone")]
    Gone,
    /// Too many writers of the same key or bucket at once, or the bucket is being deleted. \[503 SlowDown]
    #[error("busy")]
    Busy,
    /// The engine failed. \[InternalError]
    #[error(transparent)]
    Storage(#[from] StorageError),
}
