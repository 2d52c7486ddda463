//! The XML documents of S3, as values: one file a document or a family.
//!
//! A request's document has `parse(body)`, an answer's has `to_xml()`; those that go both ways have both.
//! Elements come out in the order of facts/06 §3 and, where that does not say, of the examples in Amazon's
//! API reference, which clients in the field were written against (the order inside botocore's model is
//! that of its members and differs; parsers do not care). Nothing here decides anything about objects.

mod access_control;
mod attributes;
mod buckets;
mod checksums;
mod complete;
mod copy;
mod cors;
mod create_bucket;
mod delete;
mod listing;
mod multipart;
mod objects;
mod ownership;
mod parts;
mod public_access;
mod tagging;
#[cfg(test)]
mod tests;
mod uploads;
mod versioning;
mod versions;

pub use access_control::AccessControlPolicy;
pub use attributes::{AttributeParts, GetObjectAttributesResponse};
pub use buckets::{ListAllMyBucketsResult, ListedBucket, location_constraint};
pub use complete::{CompleteMultipartUpload, CompletedPart};
pub use copy::{CopyObjectResult, CopyPartResult};
pub use cors::{CORS_BYTES_MAX, CorsDocument, CorsDocumentRule};
pub use create_bucket::CreateBucketConfiguration;
pub use delete::{
    DELETE_KEYS_MAX, Delete, DeleteFailure, DeleteOutcome, DeleteResult, DeletedObject, ObjectToDelete,
};
pub use listing::Owner;
pub use multipart::{CompleteMultipartUploadResult, InitiateMultipartUploadResult};
pub use objects::{ListBucketResult, ListBucketResultV2, ListedObject};
pub use ownership::{ObjectOwnership, OwnershipControls};
pub use parts::{ListPartsResult, ListedPart};
pub use public_access::{CONTROL_NAMESPACE, PolicyStatus, PublicAccessBlockConfiguration};
pub use tagging::Tagging;
pub use uploads::{ListMultipartUploadsResult, ListedUpload};
pub use versioning::{VersioningConfiguration, VersioningStatus};
pub use versions::{ListVersionsResult, ListedDeleteMarker, ListedVersion, VersionEntry};
