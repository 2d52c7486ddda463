//! Buckets: the directory, creation, deletion, configuration.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use cairn_storage::Partition;
use cairn_types::{AccountId, BucketName, CanonicalUserId, RegionName, TagSet, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Error, Objects};

/// Whether a bucket keeps the versions of its objects (facts/06 §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Versioning {
    /// Never enabled nor suspended.
    #[default]
    Unversioned,
    /// Every write makes a version.
    Enabled,
    /// Writes replace the `null` version; the others stay.
    Suspended,
}

/// Who owns a bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The account.
    pub account: AccountId,
    /// Its canonical user id, which listings show.
    pub canonical: CanonicalUserId,
}

/// A bucket and its configuration as last read; cheap to share, never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// The name.
    pub name: BucketName,
    /// Where its rows and blobs lie.
    pub partition: Partition,
    /// The owner.
    pub owner: Owner,
    /// Its home.
    pub region: RegionName,
    /// The location constraint as asked at creation (`EU` is shown as `EU`).
    pub location: Option<String>,
    /// When it was created.
    pub created: Timestamp,
    /// Versioning.
    pub versioning: Versioning,
    /// Tags; `None` where none were ever set or they were deleted \[NoSuchTagSet].
    pub tags: Option<TagSet>,
    /// Every other sub-resource (CORS, policy, lifecycle, …) by a name of the caller's choice, as bytes
    /// of the caller's making ([`Objects::set_document`]).
    pub documents: BTreeMap<String, Bytes>,
}

/// A bucket to create.
#[derive(Debug, Clone)]
pub struct NewBucket {
    /// The name.
    pub name: BucketName,
    /// The owner.
    pub owner: Owner,
    /// Its home.
    pub region: RegionName,
    /// The location constraint as asked.
    pub location: Option<String>,
    /// Tags.
    pub tags: Option<TagSet>,
}

/// Which buckets to list.
#[derive(Debug, Clone, Default)]
pub struct ListBuckets {
    /// Only this account's.
    pub owner: Option<AccountId>,
    /// Only names that begin with this.
    pub prefix: String,
    /// Only buckets at home there.
    pub region: Option<RegionName>,
    /// Only names after this one.
    pub after: Option<String>,
    /// Most buckets to return (1 to 10 000).
    pub limit: usize,
}

/// One page of buckets, by name.
#[derive(Debug, Clone, Default)]
pub struct BucketList {
    /// The buckets: what the directory knows of them (configuration is not read: versioning, tags and
    /// documents are empty).
    pub buckets: Vec<Bucket>,
    /// Where the next page starts ([`ListBuckets::after`]); `None` on the last.
    pub next: Option<String>,
}

impl Objects {
    /// Creates a bucket (facts/02 §4); versioning is off.
    ///
    /// # Errors
    /// [`Error::BucketExists`] with the bucket that has the name: the caller decides by owner and region.
    pub async fn create_bucket(&self, new: NewBucket) -> Result<Arc<Bucket>, Error> {
        todo!()
    }

    /// The bucket of that name, from memory where it is known.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`].
    pub async fn bucket(&self, name: &BucketName) -> Result<Arc<Bucket>, Error> {
        todo!()
    }

    /// Deletes an empty bucket; open uploads go with it (facts/02 §4).
    ///
    /// # Errors
    /// [`Error::BucketNotEmpty`], [`Error::NoSuchBucket`], [`Error::Busy`].
    pub async fn delete_bucket(&self, bucket: &Bucket) -> Result<(), Error> {
        todo!()
    }

    /// One page of buckets in the order of their names.
    pub async fn list_buckets(&self, list: &ListBuckets) -> Result<BucketList, Error> {
        todo!()
    }

    /// Sets versioning; [`Versioning::Unversioned`] cannot be gone back to and changes nothing.
    pub async fn set_versioning(
        &self,
        bucket: &Bucket,
        versioning: Versioning,
    ) -> Result<Arc<Bucket>, Error> {
        todo!()
    }

    /// Sets or removes the bucket's tags.
    pub async fn set_bucket_tags(&self, bucket: &Bucket, tags: Option<TagSet>) -> Result<Arc<Bucket>, Error> {
        todo!()
    }

    /// Sets or removes one of [`Bucket::documents`] (at most 1 MiB).
    pub async fn set_document(
        &self,
        bucket: &Bucket,
        name: &str,
        document: Option<Bytes>,
    ) -> Result<Arc<Bucket>, Error> {
        todo!()
    }
}
