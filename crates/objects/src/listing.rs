//! Listings by page (facts/06 §3): objects, versions, uploads.
//!
//! Each page is one scan over one snapshot. A visitor folds the rows it is shown into entries (`fold`):
//! it rolls keys up at the delimiter, and passes what a common prefix hides, or older versions, with a
//! seek; so a page costs by its entries. Only the front of a row is decoded.

use cairn_types::{
    ChecksumAlgorithm, ChecksumType, ETag, ObjectKey, StorageClass, Timestamp, UploadId, VersionId,
};

use crate::{Owner, UploadChecksum};

mod fold;
mod objects;
mod uploads;
mod versions;

/// Which objects to list; serves both versions of ListObjects.
#[derive(Debug, Clone, Default)]
pub struct ListObjects {
    /// Only keys that begin with this.
    pub prefix: String,
    /// Keys that have this after the prefix are rolled up. Empty: none.
    pub delimiter: String,
    /// Only what sorts after this (marker, start-after, or the `next` of the page before). A common
    /// prefix it equals or lies in is skipped whole. Empty: from the start.
    pub after: String,
    /// Most entries, at most 1000 count.
    pub limit: usize,
}

/// An object, as listings show it beside its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedObject {
    /// `LastModified`.
    pub modified: Timestamp,
    /// ETag.
    pub etag: ETag,
    /// Length in bytes.
    pub size: u64,
    /// Storage class.
    pub storage_class: StorageClass,
    /// Who owns it, where that is not the bucket's owner. Boxed, because few have one.
    pub owner: Option<Box<Owner>>,
    /// The checksum's algorithm and type.
    pub checksum: (ChecksumAlgorithm, ChecksumType),
}

/// An entry of [`ObjectPage`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectEntry<'a> {
    /// An object and its key.
    Object(&'a str, &'a ListedObject),
    /// A common prefix.
    CommonPrefix(&'a str),
}

impl<'a> ObjectEntry<'a> {
    /// The key or the common prefix.
    pub fn text(self) -> &'a str {
        match self {
            Self::Object(text, _) | Self::CommonPrefix(text) => text,
        }
    }
}

/// One page of objects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ObjectPage {
    entries: objects::Entries,
    /// The last key or common prefix where more follow (`NextMarker`; what a continuation token holds);
    /// `None` on the last page.
    pub next: Option<String>,
}

impl ObjectPage {
    /// Objects and common prefixes, in the order of their text.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = ObjectEntry<'_>> + DoubleEndedIterator + Clone {
        self.entries.iter()
    }
}

/// Which versions to list.
#[derive(Debug, Clone, Default)]
pub struct ListVersions {
    /// Only keys that begin with this.
    pub prefix: String,
    /// Keys that have this after the prefix are rolled up. Empty: none.
    pub delimiter: String,
    /// Only keys after this one; empty: from the start.
    pub key_marker: String,
    /// With a key marker: also the versions of that key that are older than this one, which may have
    /// been deleted since.
    pub version_marker: Option<VersionId>,
    /// Most entries, at most 1000 count.
    pub limit: usize,
}

/// A version, as listings show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedVersion {
    /// The key.
    pub key: ObjectKey,
    /// The version's id.
    pub version: VersionId,
    /// Whether it is the latest of its key.
    pub latest: bool,
    /// `LastModified`.
    pub modified: Timestamp,
    /// The object; `None` for a delete marker.
    pub object: Option<ListedObject>,
}

/// An entry of [`VersionPage`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionEntry {
    /// A version or delete marker.
    Version(ListedVersion),
    /// A common prefix.
    CommonPrefix(String),
}

/// One page of versions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VersionPage {
    /// Versions, newest first within a key, and common prefixes, in the order of their text.
    pub entries: Vec<VersionEntry>,
    /// The key and version to go on after where more follow (`NextKeyMarker`, `NextVersionIdMarker`); no
    /// version where the page ends on a common prefix.
    pub next: Option<(String, Option<VersionId>)>,
}

/// Which open uploads to list.
#[derive(Debug, Clone, Default)]
pub struct ListUploads {
    /// Only keys that begin with this.
    pub prefix: String,
    /// Keys that have this after the prefix are rolled up. Empty: none.
    pub delimiter: String,
    /// Only keys after this one; empty: from the start.
    pub key_marker: String,
    /// With a key marker: also the uploads of that key initiated after this one.
    pub upload_marker: Option<UploadId>,
    /// Most entries, at most 1000 count.
    pub limit: usize,
}

/// An upload, as listings show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedUpload {
    /// The key.
    pub key: ObjectKey,
    /// The id.
    pub id: UploadId,
    /// When it was initiated.
    pub initiated: Timestamp,
    /// Who did.
    pub initiator: Owner,
    /// Storage class.
    pub storage_class: StorageClass,
    /// Who will own the object, where that is not the bucket's owner.
    pub owner: Option<Owner>,
    /// The checksum asked for.
    pub checksum: Option<UploadChecksum>,
}

/// An entry of [`UploadPage`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UploadEntry {
    /// An upload.
    Upload(ListedUpload),
    /// A common prefix.
    CommonPrefix(String),
}

/// One page of uploads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UploadPage {
    /// Uploads, by key and then by initiation, and common prefixes.
    pub entries: Vec<UploadEntry>,
    /// Whether more follow. The markers for the next page are the last entry's.
    pub truncated: bool,
}
