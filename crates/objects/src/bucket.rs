//! Buckets: what one is, and finding one by its name.
//!
//! A bucket is a row of the directory (name, owner, home, and the number of its partition) and rows of
//! its own partition: its state, which every commit of the bucket expects, and its documents, which none
//! does, so that they may be large. What was read is kept in memory; this process changes it only through
//! [`Objects`], which puts the new form there. `lifecycle` creates and deletes, `configuration` changes.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use bytes::Bytes;
use cairn_storage::{IndexExt, Partition, Step, Visitor};
use cairn_types::{AccountId, BucketName, CanonicalUserId, RegionName, TagSet, Timestamp};
use serde::{Deserialize, Serialize};

use crate::rows::keys;
use crate::rows::records::{self, DirectoryEntry, State};
use crate::{Error, Objects};

mod configuration;
mod lifecycle;

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
    /// The bytes of the state row, which every commit expects.
    pub(crate) state: Bytes,
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
    /// What it has from the start of [`Bucket::documents`].
    pub documents: BTreeMap<String, Bytes>,
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

/// The document that holds the bucket's tags; callers' names have no such first byte.
const TAGS: &str = "\u{1}tags";

/// Collects rows.
#[derive(Default)]
struct Collect {
    rows: Vec<(Vec<u8>, Bytes)>,
}

impl Visitor for Collect {
    fn visit(&mut self, key: &[u8], value: &[u8]) -> Step {
        self.rows.push((key.to_vec(), Bytes::copy_from_slice(value)));
        Step::Next
    }
}

impl Bucket {
    fn of_entry(name: BucketName, entry: DirectoryEntry) -> Self {
        Self {
            name,
            partition: Partition(entry.partition),
            owner: entry.owner,
            region: entry.region,
            location: entry.location,
            created: entry.created,
            versioning: Versioning::default(),
            tags: None,
            documents: BTreeMap::new(),
            state: Bytes::new(),
        }
    }
}

impl Objects {
    /// The bucket of that name, from memory where it is known.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`].
    pub async fn bucket(&self, name: &BucketName) -> Result<Arc<Bucket>, Error> {
        // While one caller reads, others wait; a change or deletion meanwhile makes the guard let go.
        match self.inner.buckets.get_value_or_guard_async(name).await {
            Ok(bucket) => Ok(bucket),
            Err(guard) => {
                let (bucket, deleting) = match self.read_bucket(name).await? {
                    Some(read) => read,
                    None => return Err(Error::NoSuchBucket(name.clone())),
                };
                if !deleting {
                    let _ = guard.insert(Arc::clone(&bucket));
                }
                Ok(bucket)
            }
        }
    }

    /// Reads a bucket, and whether it is being deleted: then its `state` is the one before the mark, so
    /// that no write holds while the mark is there. A deletion that a crash or failure cut off is undone:
    /// it was not acknowledged.
    pub(crate) async fn read_bucket(&self, name: &BucketName) -> Result<Option<(Arc<Bucket>, bool)>, Error> {
        for _ in 0..self.limits().attempts_max {
            let Some((mut bucket, state)) = self.read_bucket_rows(name).await? else {
                return Ok(None);
            };
            if !state.deleting {
                return Ok(Some((Arc::new(bucket), false)));
            }
            let unmarked = State {
                deleting: false,
                ..state
            };
            if self.inner.in_transition.lock().contains(&bucket.partition) {
                bucket.state = records::encode(&unmarked)?;
                return Ok(Some((Arc::new(bucket), true)));
            }
            match self.set_state(&bucket, &unmarked).await {
                // Read again: it was unmarked by this, or changed meanwhile by its deleter.
                Ok(_) | Err(Error::Busy) => {}
                Err(error) => return Err(error),
            }
        }
        Err(Error::Busy)
    }

    async fn read_bucket_rows(&self, name: &BucketName) -> Result<Option<(Bucket, State)>, Error> {
        let row = keys::name(name);
        let Some(entry) = self.inner.index.get(Partition::DIRECTORY, &row).await? else {
            return Ok(None);
        };
        let mut bucket = Bucket::of_entry(name.clone(), records::decode("bucket of the directory", &entry)?);
        let range = keys::range_of(vec![keys::STATE]);
        let found = self
            .inner
            .index
            .scan_with(bucket.partition, range, Collect::default())
            .await?;
        let mut state: Option<State> = None;
        for (key, value) in found.rows {
            match std::str::from_utf8(key.get(1..).unwrap_or_default()) {
                Ok("") => {
                    state = Some(records::decode("bucket state", &value)?);
                    bucket.state = value;
                }
                Ok(TAGS) => bucket.tags = Some(records::decode("set of bucket tags", &value)?),
                Ok(document) => {
                    bucket.documents.insert(document.to_owned(), value);
                }
                Err(_) => {}
            }
        }
        // No state: the bucket was deleted since the directory was read.
        Ok(state.map(|state| {
            bucket.versioning = state.versioning;
            (bucket, state)
        }))
    }

    /// One page of buckets in the order of their names.
    pub async fn list_buckets(&self, list: &ListBuckets) -> Result<BucketList, Error> {
        struct Page {
            list: ListBuckets,
            found: BucketList,
            failed: Option<Error>,
        }
        impl Page {
            fn take(&mut self, key: &[u8], value: &[u8]) -> Result<Step, Error> {
                let corrupt =
                    || cairn_storage::StorageError::Corrupt("a bucket name of the directory".into());
                let text = key.get(1..).and_then(|name| std::str::from_utf8(name).ok());
                let name = text
                    .and_then(|text| BucketName::parse(text).ok())
                    .ok_or_else(corrupt)?;
                let entry: DirectoryEntry = records::decode("bucket of the directory", value)?;
                let wanted = self
                    .list
                    .owner
                    .as_ref()
                    .is_none_or(|owner| *owner == entry.owner.account)
                    && self
                        .list
                        .region
                        .as_ref()
                        .is_none_or(|region| *region == entry.region);
                if !wanted {
                    return Ok(Step::Next);
                }
                let buckets = &mut self.found.buckets;
                if buckets.len() == self.list.limit {
                    self.found.next = buckets.last().map(|bucket| bucket.name.as_str().to_owned());
                    return Ok(Step::Stop);
                }
                buckets.push(Bucket::of_entry(name, entry));
                Ok(Step::Next)
            }
        }
        impl Visitor for Page {
            fn visit(&mut self, key: &[u8], value: &[u8]) -> Step {
                self.take(key, value).unwrap_or_else(|error| {
                    self.failed = Some(error);
                    Step::Stop
                })
            }
        }
        let mut range = keys::range_of(keys::prefix(keys::DIRECTORY_NAMES, &list.prefix));
        if let Some(after) = &list.after {
            let start = Bytes::from(keys::prefix(keys::DIRECTORY_NAMES, after));
            if matches!(&range.start, Bound::Included(first) if *first <= start) {
                range.start = Bound::Excluded(start);
            }
        }
        let page = Page {
            list: list.clone(),
            found: BucketList::default(),
            failed: None,
        };
        let page = self
            .inner
            .index
            .scan_with(Partition::DIRECTORY, range, page)
            .await?;
        match page.failed {
            Some(error) => Err(error),
            None => Ok(page.found),
        }
    }
}

#[cfg(test)]
mod tests;
