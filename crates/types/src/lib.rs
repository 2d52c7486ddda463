//! The vocabulary of Cairn: values that cannot be wrong once they exist.
//!
//! Every type here is made by a constructor that validates (`parse`, `new`, `TryFrom`), and is trusted
//! afterwards. No I/O, no HTTP, no XML. The hash functions of S3's checksums live here too
//! ([`checksum::Hasher`]), because a checksum is part of what an object *is*.

pub mod access_key;
pub mod account;
pub mod arn;
pub mod bucket_name;
pub mod checksum;
pub mod etag;
pub mod object_key;
pub mod part_number;
pub mod random;
pub mod region;
pub mod storage_class;
pub mod tag;
pub mod timestamp;
pub mod upload_id;
pub mod version_id;

pub use access_key::{AccessKeyId, SecretAccessKey};
pub use account::{AccountId, CanonicalUserId};
pub use arn::{ARN_BYTES_MAX, Arn};
pub use bucket_name::BucketName;
pub use checksum::{Checksum, ChecksumAlgorithm, ChecksumType, ChecksumValue};
pub use etag::ETag;
pub use object_key::ObjectKey;
pub use part_number::PartNumber;
pub use region::RegionName;
pub use storage_class::StorageClass;
pub use tag::{Tag, TagSet};
pub use timestamp::{Clock, SystemClock, Timestamp};
pub use upload_id::UploadId;
pub use version_id::{VersionId, VersionOrder};
