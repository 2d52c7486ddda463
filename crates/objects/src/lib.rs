//! S3's object semantics, written once above the storage contract.
//!
//! What is here: buckets, versions and delete markers, preconditions, multipart uploads, copies, tags and
//! listings, as facts/06 states them. What is not: HTTP, XML, signatures, and the texts of S3's errors;
//! [`Error`] says what is so, and `cairn-api` makes S3's answer of it.
//!
//! How: everything a bucket knows lies in one partition of the index (`rows`), and every change is one
//! conditional commit, so what is visible is always a whole state. A commit names what it was computed
//! from: the bucket's state row (a bucket cannot be deleted, or change its versioning, under a write) and
//! the key's head row (no write to a key is lost). Where an expectation fails the change is computed
//! again. Bodies up to [`Limits::inline_bytes_max`] are rows of the same commit; larger ones are blobs
//! that are durable before the commit names them and deleted after a commit forgot them.
//!
//! The way in is [`Objects`]; a write is [`Objects::begin_put`] → [`BodyWriter::write`]… →
//! [`BodyWriter::finish`] → [`Objects::put_object`], and nothing is visible before the last returns.

mod account_documents;
mod account_regions;
mod amend;
mod body;
mod bucket;
mod chunks;
mod copy;
mod delete;
mod error;
mod hashing;
mod homes;
mod limits;
mod listing;
mod locks;
mod multipart;
mod object;
mod order;
mod put;
mod read;
mod reclaim;
mod rows;
mod store;
mod sweep;
mod versions;

pub use account_regions::RegionChoices;
pub use body::{BodySpec, BodyWriter, Expected, StagedBody};
pub use bucket::{Bucket, BucketList, ListBuckets, NewBucket, Owner, Versioning};
pub use copy::CopyObject;
pub use delete::{Delete, Deleted, IfMatch};
pub use error::{Condition, Error};
pub use homes::Homes;
pub use limits::Limits;
pub use listing::{
    ListObjects, ListUploads, ListVersions, ListedObject, ListedUpload, ListedVersion, ObjectEntry,
    ObjectPage, UploadEntry, UploadPage, VersionEntry, VersionPage,
};
pub use multipart::{CompletePart, CompleteUpload, NewUpload, PartPage, StoredPart, Upload, UploadChecksum};
pub use object::{ContentHeaders, DeleteMarker, Found, Metadata, ObjectParts, ObjectVersion, Stored};
pub use put::{PutObject, WritePrecondition};
pub use read::ObjectReader;
pub use store::Objects;
pub use sweep::Swept;
