//! What an object version is, to a caller.

use cairn_storage::Partition;
use cairn_types::{Checksum, ETag, ObjectKey, StorageClass, TagSet, Timestamp, VersionId, VersionOrder};
use serde::{Deserialize, Serialize};

use crate::Owner;
use crate::rows::records::Body;

/// The headers a PUT stores and a GET gives back verbatim. `None` where the client sent none
/// (`Content-Type` then defaults on the way out, facts/06 §6).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ContentHeaders {
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// `Cache-Control`.
    pub cache_control: Option<String>,
    /// `Content-Disposition`.
    pub content_disposition: Option<String>,
    /// `Content-Encoding`, without `aws-chunked`.
    pub content_encoding: Option<String>,
    /// `Content-Language`.
    pub content_language: Option<String>,
    /// `Expires`, as sent.
    pub expires: Option<String>,
}

/// All that is said of a body beside its bytes. The caller has validated it (lengths, names, tags).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Metadata {
    /// The content headers.
    pub headers: ContentHeaders,
    /// `x-amz-meta-*`: lower-case names without the prefix, in the order sent.
    pub user: Vec<(String, String)>,
    /// Tags.
    pub tags: TagSet,
    /// Storage class.
    pub storage_class: StorageClass,
    /// `x-amz-website-redirect-location`.
    pub website_redirect: Option<String>,
    /// Who owns it, where that is not the bucket's owner.
    pub owner: Option<Owner>,
    /// The ACL, opaque to the store; empty where it has none of its own.
    pub acl: Vec<u8>,
}

/// One version of an object, without its bytes ([`crate::Objects::read`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectVersion {
    /// The key.
    pub key: ObjectKey,
    /// The version's id; `null` in an unversioned bucket (where the wire does not show it).
    pub version: VersionId,
    /// Whether it is the latest of its key.
    pub latest: bool,
    /// `Last-Modified`: when it was put; of a multipart object when the upload was initiated.
    pub modified: Timestamp,
    /// Length in bytes.
    pub size: u64,
    /// ETag.
    pub etag: ETag,
    /// Checksum. Every object has one.
    pub checksum: Checksum,
    /// Headers, user metadata, tags, class.
    pub metadata: Metadata,
    /// The parts of a multipart object.
    pub parts: Option<ObjectParts>,
    pub(crate) order: VersionOrder,
    pub(crate) body: Body,
    pub(crate) partition: Partition,
}

/// What is known of the parts of a multipart object without reading them ([`crate::Objects::parts`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ObjectParts {
    /// How many.
    pub count: u16,
    /// Whether the upload was asked to have checksums: only then attributes show the parts
    /// (facts/06 §5).
    pub checksums: bool,
}

/// A version that says the key is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeleteMarker {
    /// The marker's version id.
    pub version: VersionId,
    /// Whether it is the latest version of its key.
    pub latest: bool,
    /// When it was put.
    pub modified: Timestamp,
}

/// What a key, or one version of it, is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// An object.
    Object(Box<ObjectVersion>),
    /// A delete marker.
    DeleteMarker(DeleteMarker),
}

/// What a write made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The id for `x-amz-version-id`: `None` unless versioning is enabled (facts/06 §4).
    pub version: Option<VersionId>,
    /// ETag.
    pub etag: ETag,
    /// Checksum.
    pub checksum: Checksum,
    /// Length in bytes.
    pub size: u64,
    /// `Last-Modified`.
    pub modified: Timestamp,
}
