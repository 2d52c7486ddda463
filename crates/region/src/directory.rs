//! The bucket directory, as those who route by it see it.

use cairn_types::{BucketName, RegionName, Timestamp};

/// Where a bucket lives, and since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// The region.
    pub region: RegionName,
    /// When the bucket was created: its DNS record is published some time after this (facts/01 §4).
    pub created: Timestamp,
}

/// The directory cannot be asked now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the bucket directory cannot be read: {0}")]
pub struct DirectoryError(pub String);

/// One directory of buckets for the whole partition: a name has at most one home.
#[async_trait::async_trait]
pub trait Directory: Send + Sync + 'static {
    /// The home of the bucket of that name; `None` where there is none.
    ///
    /// # Errors
    /// [`DirectoryError`].
    async fn home(&self, bucket: &BucketName) -> Result<Option<Home>, DirectoryError>;
}
