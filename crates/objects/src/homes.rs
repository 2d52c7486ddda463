//! Homes: which shard of the store keeps the buckets of each region.
//!
//! The directory remembers it, one row a region, because a region's data stays where it was first put:
//! a store that began with one region keeps that region's buckets beside the directory for ever, and gives
//! each region that joins a shard of its own. A region without a row lies beside the directory.

use std::collections::{BTreeMap, BTreeSet};

use cairn_storage::{
    Commit, CommitError, Expectation, Index, IndexExt, Partition, Shard, Step, StorageError, Visitor, Write,
};
use cairn_types::{BucketName, RegionName, Timestamp};

use crate::Error;
use crate::rows::keys;
use crate::rows::records::{self, DirectoryEntry};

/// The shards of regions, as the directory has them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Homes(BTreeMap<RegionName, Shard>);

/// Reads rows of regions, or the first row of a bucket.
#[derive(Default)]
struct Rows(Vec<(Vec<u8>, Vec<u8>)>, bool);

impl Visitor for Rows {
    fn visit(&mut self, key: &[u8], value: &[u8]) -> Step {
        self.0.push((key.to_vec(), value.to_vec()));
        if self.1 { Step::Stop } else { Step::Next }
    }
}

impl Homes {
    /// Reads them from the directory.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn read(index: &dyn Index) -> Result<Self, Error> {
        let corrupt = || StorageError::Corrupt("a region of the directory".into());
        let range = keys::range_of(vec![keys::DIRECTORY_HOMES]);
        let rows = index
            .scan_with(Partition::DIRECTORY, range, Rows::default())
            .await?;
        let mut homes = BTreeMap::new();
        for (key, value) in rows.0 {
            let name = key.get(1..).and_then(|name| std::str::from_utf8(name).ok());
            let name = name
                .and_then(|name| RegionName::parse(name).ok())
                .ok_or_else(corrupt)?;
            homes.insert(name, Shard(records::decode("shard of a region", &value)?));
        }
        Ok(Self(homes))
    }

    /// The region of some bucket of a store: of one written before regions had rows, all are of the same.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn of_any_bucket(index: &dyn Index) -> Result<Option<RegionName>, Error> {
        let range = keys::range_of(vec![keys::DIRECTORY_NAMES]);
        let rows = index
            .scan_with(Partition::DIRECTORY, range, Rows(Vec::new(), true))
            .await?;
        let Some((_, value)) = rows.0.first() else {
            return Ok(None);
        };
        let entry: DirectoryEntry = records::decode("bucket of the directory", value)?;
        Ok(Some(entry.region))
    }

    /// The region of the bucket of that name, and when it was created: what the directory alone knows, for
    /// who has not opened the regions' engines.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn of_bucket(
        index: &dyn Index,
        name: &BucketName,
    ) -> Result<Option<(RegionName, Timestamp)>, Error> {
        let Some(value) = index.get(Partition::DIRECTORY, &keys::name(name)).await? else {
            return Ok(None);
        };
        let entry: DirectoryEntry = records::decode("bucket of the directory", &value)?;
        Ok(Some((entry.region, entry.created)))
    }

    /// The regions that have a row, with their shards.
    pub fn iter(&self) -> impl Iterator<Item = (&RegionName, Shard)> {
        self.0.iter().map(|(region, shard)| (region, *shard))
    }

    /// Whether no region has a row yet.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The shard of a region's row.
    pub fn get(&self, region: &RegionName) -> Option<Shard> {
        self.0.get(region).copied()
    }

    /// The shard of a region's buckets, row or not.
    pub(crate) fn shard(&self, region: &RegionName) -> Shard {
        self.get(region).unwrap_or(Shard::DIRECTORY)
    }

    /// Every shard there is, the directory's first.
    pub fn shards(&self) -> BTreeSet<Shard> {
        self.0.values().copied().chain([Shard::DIRECTORY]).collect()
    }

    /// The first shard that no region has, after the directory's.
    ///
    /// # Errors
    /// [`Error::Storage`] where there are 65 535 already.
    pub fn next(&self) -> Result<Shard, Error> {
        let last = self.0.values().copied().max().unwrap_or(Shard::DIRECTORY);
        let next = last.0.checked_add(1);
        Ok(Shard(next.ok_or(StorageError::Full("the number of regions"))?))
    }

    /// Gives a region its shard, durably. The shard's engine is there already: a row must never name one
    /// that a crash kept from being made.
    ///
    /// # Errors
    /// [`Error::Storage`]; [`Error::Busy`] where another process gave it one meanwhile.
    pub async fn assign(
        &mut self,
        index: &dyn Index,
        region: &RegionName,
        shard: Shard,
    ) -> Result<(), Error> {
        let row = keys::home(region);
        let commit = Commit {
            expectations: vec![Expectation::Absent(row.clone())],
            writes: vec![Write::Put(row, records::encode(&shard.0)?)],
        };
        match index.commit(Partition::DIRECTORY, commit).await {
            Ok(()) => {
                self.0.insert(region.clone(), shard);
                Ok(())
            }
            Err(CommitError::Conflict(_)) => Err(Error::Busy),
            Err(CommitError::Storage(error)) => Err(error.into()),
        }
    }
}
