//! Row values: a byte that says which form, then postcard.
//!
//! A version is written in two records one behind the other, so that a listing reads the first
//! (`super::listed`) and leaves the second: [`Summary`] is what listings show, [`Details`] the rest. A head is the same behind
//! a [`HeadFields`], so that an older version's row is a head's bytes without its front.
//!
//! Versions and uploads that have an owner or an ACL of their own are of a second form, which has these two
//! beside the records of the first: the owner before the summary, for listings show it, the ACL at the end.
//! All others stay of the first form.

use bytes::Bytes;
use cairn_storage::{Partition, StorageError};
use cairn_types::{
    Checksum, ChecksumValue, ETag, ObjectKey, StorageClass, TagSet, Timestamp, UploadId, VersionId,
    VersionOrder,
};
use serde::Deserialize;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{
    ContentHeaders, DeleteMarker, Found, Metadata, ObjectParts, ObjectVersion, Owner, Stored, UploadChecksum,
    Versioning,
};

/// The form of all values but those of [`FORM_SHARED`].
const FORM: u8 = 1;
/// The form of a version or an upload with an owner or an ACL of its own.
const FORM_SHARED: u8 = 2;

/// Bytes of most versions' rows, so that they are written without growing.
const VERSION_BYTES_EXPECTED: usize = 256;

pub(super) fn corrupt(what: &str) -> StorageError {
    StorageError::Corrupt(format!("a row that is no {what}"))
}

/// Encodes a record.
pub(crate) fn encode<T: Serialize>(record: &T) -> Result<Bytes, StorageError> {
    append(vec![FORM], record).map(Bytes::from)
}

fn append<T: Serialize>(out: Vec<u8>, record: &T) -> Result<Vec<u8>, StorageError> {
    postcard::to_extend(record, out).map_err(|_| corrupt("record that can be written"))
}

/// Decodes a whole value.
pub(crate) fn decode<T: DeserializeOwned>(what: &'static str, value: &[u8]) -> Result<T, StorageError> {
    match front(what, value)? {
        (record, []) => Ok(record),
        _ => Err(corrupt(what)),
    }
}

/// Decodes the first record of a value.
fn front<'a, T: Deserialize<'a>>(what: &'static str, value: &'a [u8]) -> Result<(T, &'a [u8]), StorageError> {
    match value.split_first() {
        Some((&FORM, rest)) => postcard::take_from_bytes(rest).map_err(|_| corrupt(what)),
        _ => Err(corrupt(what)),
    }
}

/// Which form a value of a version or an upload has, and what follows.
pub(super) fn form<'a>(what: &'static str, value: &'a [u8]) -> Result<(bool, &'a [u8]), StorageError> {
    match value.split_first() {
        Some((&FORM, rest)) => Ok((false, rest)),
        Some((&FORM_SHARED, rest)) => Ok((true, rest)),
        _ => Err(corrupt(what)),
    }
}

fn take<'a, T: Deserialize<'a>>(what: &'static str, rest: &'a [u8]) -> Result<(T, &'a [u8]), StorageError> {
    postcard::take_from_bytes(rest).map_err(|_| corrupt(what))
}

/// Reads a version, behind the fields of a head if it has any, to the end of the value.
fn take_version(what: &'static str, shared: bool, rest: &[u8]) -> Result<Version, StorageError> {
    let (owner, rest) = if shared { take(what, rest)? } else { (None, rest) };
    let (mut summary, rest): (Summary, _) = take(what, rest)?;
    if let Some(object) = &mut summary.object {
        object.owner = owner;
    }
    let (mut details, rest): (Details, _) = take(what, rest)?;
    let rest = if shared {
        let (acl, rest) = take(what, rest)?;
        details.acl = acl;
        rest
    } else {
        rest
    };
    if rest.is_empty() {
        Ok(Version { summary, details })
    } else {
        Err(corrupt(what))
    }
}

/// Writes a version, behind the fields of a head.
pub(crate) fn encode_version(fields: Option<&HeadFields>, version: &Version) -> Result<Bytes, StorageError> {
    let Version { summary, details } = version;
    let owner = summary.object.as_ref().and_then(|object| object.owner.as_ref());
    let shared = owner.is_some() || !details.acl.is_empty();
    let mut out = Vec::with_capacity(VERSION_BYTES_EXPECTED);
    out.push(if shared { FORM_SHARED } else { FORM });
    if let Some(fields) = fields {
        out = append(out, fields)?;
    }
    if shared {
        out = append(out, &owner)?;
    }
    out = append(out, summary)?;
    out = append(out, details)?;
    if shared {
        out = append(out, &details.acl)?;
    }
    Ok(out.into())
}

/// The state of a bucket. Every commit of the bucket expects these exact bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    pub versioning: Versioning,
    /// The bucket is being deleted: nothing may be written.
    pub deleting: bool,
}

/// A bucket in the directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DirectoryEntry {
    pub partition: u64,
    pub owner: Owner,
    pub region: cairn_types::RegionName,
    pub location: Option<String>,
    pub created: Timestamp,
}

/// Where a body lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Body {
    /// Nowhere: it has no bytes.
    Empty,
    /// In a row of `Space::Bodies`.
    Inline([u8; 16]),
    /// In a blob of the bucket's partition.
    Blob(u64),
    /// In the blobs a part list names.
    Parts(Manifest),
}

/// A part list: rows of [`super::keys::MANIFESTS`], and where each page starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// The bytes of the upload's id.
    pub id: [u8; 32],
    /// The number of parts.
    pub parts: u16,
    /// Whether the upload was asked to have checksums, so that attributes show those of the parts.
    pub checksums: bool,
    /// The offset in bytes of the first part of each page.
    pub pages: Vec<u64>,
}

/// What listings show of a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Summary {
    pub order: VersionOrder,
    /// Of the version id; `None` is the `null` version.
    pub nonce: Option<[u8; 16]>,
    pub modified: Timestamp,
    /// `None` is a delete marker.
    pub object: Option<ObjectSummary>,
}

/// What listings show of an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ObjectSummary {
    pub size: u64,
    pub etag: ETag,
    pub storage_class: StorageClass,
    pub checksum: Checksum,
    /// Where it is not the bucket's; not of the first form.
    #[serde(skip)]
    pub owner: Option<Owner>,
}

/// What only a GET shows. Empty for a delete marker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Details {
    pub headers: ContentHeaders,
    pub user: Vec<(String, String)>,
    pub tags: TagSet,
    pub website_redirect: Option<String>,
    pub body: Body,
    /// Not of the first form, which has none.
    #[serde(skip)]
    pub acl: Vec<u8>,
}

impl Details {
    pub(crate) fn of_marker() -> Self {
        Self {
            headers: ContentHeaders::default(),
            user: Vec::new(),
            tags: TagSet::default(),
            website_redirect: None,
            body: Body::Empty,
            acl: Vec::new(),
        }
    }
}

/// One version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version {
    pub summary: Summary,
    pub details: Details,
}

/// What a head knows beside its version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct HeadFields {
    /// Grows with every change to any version of the key, so that the bytes of the head stand for the
    /// state of all of them.
    pub changes: u64,
    /// The order of the `null` version where that is not the head.
    pub null: Option<VersionOrder>,
}

/// A key's newest version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    pub fields: HeadFields,
    pub version: Version,
}

/// The id of the version with this order and nonce.
pub(crate) fn version_id(order: VersionOrder, nonce: Option<[u8; 16]>) -> VersionId {
    match nonce {
        None => VersionId::Null,
        Some(nonce) => VersionId::Unique { order, nonce },
    }
}

impl Summary {
    pub(crate) fn id(&self) -> VersionId {
        version_id(self.order, self.nonce)
    }
}

impl Version {
    pub(crate) fn decode(value: &[u8]) -> Result<Self, StorageError> {
        let (shared, rest) = form("version", value)?;
        take_version("version", shared, rest)
    }

    pub(crate) fn encode(&self) -> Result<Bytes, StorageError> {
        encode_version(None, self)
    }

    pub(crate) fn is_null(&self) -> bool {
        self.summary.nonce.is_none()
    }

    pub(crate) fn is_marker(&self) -> bool {
        self.summary.object.is_none()
    }

    /// As a caller sees it.
    pub(crate) fn found(self, partition: Partition, key: &ObjectKey, latest: bool) -> Found {
        let Self { summary, details } = self;
        let version = summary.id();
        let Some(object) = summary.object else {
            return Found::DeleteMarker(DeleteMarker {
                version,
                latest,
                modified: summary.modified,
            });
        };
        Found::Object(Box::new(ObjectVersion {
            key: key.clone(),
            version,
            latest,
            modified: summary.modified,
            size: object.size,
            etag: object.etag,
            checksum: object.checksum,
            metadata: Metadata {
                headers: details.headers,
                user: details.user,
                tags: details.tags,
                storage_class: object.storage_class,
                website_redirect: details.website_redirect,
                owner: object.owner,
                acl: details.acl,
            },
            parts: match &details.body {
                Body::Parts(list) => Some(ObjectParts {
                    count: list.parts,
                    checksums: list.checksums,
                }),
                _ => None,
            },
            order: summary.order,
            body: details.body,
            partition,
        }))
    }
}

impl Head {
    pub(crate) fn decode(value: &[u8]) -> Result<Self, StorageError> {
        let (shared, rest) = form("head", value)?;
        let (fields, rest) = take("head", rest)?;
        Ok(Self {
            fields,
            version: take_version("head", shared, rest)?,
        })
    }

    pub(crate) fn encode(&self) -> Result<Bytes, StorageError> {
        encode_version(Some(&self.fields), &self.version)
    }

    pub(crate) fn order(&self) -> VersionOrder {
        self.version.summary.order
    }

    /// Where the `null` version is, if there is one.
    pub(crate) fn null(&self) -> Option<VersionOrder> {
        if self.version.is_null() {
            Some(self.order())
        } else {
            self.fields.null
        }
    }
}

/// An open upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UploadRecord {
    pub initiated: Timestamp,
    pub initiator: Owner,
    pub checksum: Option<UploadChecksum>,
    pub storage_class: StorageClass,
    /// The object that was the key's latest at initiation: conditional completes ask whether it still is.
    pub replaces: Option<VersionOrder>,
    pub headers: ContentHeaders,
    pub user: Vec<(String, String)>,
    pub tags: TagSet,
    pub website_redirect: Option<String>,
    /// These two are not of the first form.
    #[serde(skip)]
    pub owner: Option<Owner>,
    #[serde(skip)]
    pub acl: Vec<u8>,
}

impl UploadRecord {
    pub(crate) fn encode(&self) -> Result<Bytes, StorageError> {
        if self.owner.is_none() && self.acl.is_empty() {
            return encode(self);
        }
        let out = append(vec![FORM_SHARED], self)?;
        append(out, &(&self.owner, &self.acl)).map(Bytes::from)
    }

    pub(crate) fn decode(value: &[u8]) -> Result<Self, StorageError> {
        let (shared, rest) = form("upload", value)?;
        let (mut record, rest): (Self, _) = take("upload", rest)?;
        let rest = if shared {
            let ((owner, acl), rest) = take("upload", rest)?;
            (record.owner, record.acl) = (owner, acl);
            rest
        } else {
            rest
        };
        if rest.is_empty() {
            Ok(record)
        } else {
            Err(corrupt("upload"))
        }
    }

    pub(crate) fn metadata(&self) -> Metadata {
        Metadata {
            headers: self.headers.clone(),
            user: self.user.clone(),
            tags: self.tags.clone(),
            storage_class: self.storage_class,
            website_redirect: self.website_redirect.clone(),
            owner: self.owner.clone(),
            acl: self.acl.clone(),
        }
    }
}

/// A part, of an open upload or in a part list. Its bytes are always a blob, so that a reader of a
/// multipart object needs nothing but blobs once it began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PartRecord {
    pub number: u16,
    pub size: u64,
    pub md5: [u8; 16],
    pub checksum: ChecksumValue,
    pub modified: Timestamp,
    /// `None` for a part without bytes.
    pub blob: Option<u64>,
}

/// An upload that was completed or aborted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Closed {
    pub key: String,
    pub at: Timestamp,
    /// What completing made; `None` where it was aborted.
    pub completed: Option<CompletedRecord>,
}

/// The answer to a complete request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CompletedRecord {
    pub version: Option<VersionId>,
    pub etag: ETag,
    pub checksum: Checksum,
    pub size: u64,
    pub modified: Timestamp,
}

impl From<CompletedRecord> for Stored {
    fn from(record: CompletedRecord) -> Self {
        Self {
            version: record.version,
            etag: record.etag,
            checksum: record.checksum,
            size: record.size,
            modified: record.modified,
        }
    }
}

impl From<&Stored> for CompletedRecord {
    fn from(stored: &Stored) -> Self {
        Self {
            version: stored.version,
            etag: stored.etag,
            checksum: stored.checksum.clone(),
            size: stored.size,
            modified: stored.modified,
        }
    }
}

/// The name of an upload's part list.
pub(crate) fn manifest_id(id: &UploadId) -> [u8; 32] {
    id.to_bytes()
}
