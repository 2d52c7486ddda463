//! Which regions an account enabled and disabled.
//!
//! One row of the directory an account, which holds all its choices; no row: it never chose. The store
//! knows nothing of launch classes or defaults: what a missing choice means is decided above
//! (`cairn_region::opt_status`).
//!
//! Every request to an opt-in region asks, so the choices of [`Limits::accounts_cached`] accounts are
//! kept in memory. Reading into memory and changing take turns by account, and a change goes on when its
//! caller is gone: what memory holds is what the row holds, whoever hangs up when.
//!
//! [`Limits::accounts_cached`]: crate::Limits::accounts_cached

use std::collections::BTreeMap;
use std::sync::Arc;

use cairn_storage::{Partition, StorageError};
use cairn_types::{AccountId, RegionName};
use serde::{Deserialize, Serialize};

use crate::rows::{keys, records};
use crate::store::{Change, Failed};
use crate::{Error, Objects};

/// The choices of one account.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RegionChoices(BTreeMap<RegionName, bool>);

impl RegionChoices {
    /// Most regions one account can have chosen about: twice as many as any deployment lists, so that
    /// those of former lists can stay. With names of 63 bytes the row has 17 KiB.
    pub const REGIONS_MAX: usize = 256;

    /// Whether the account enabled (`true`) or disabled the region; `None` where it never chose.
    pub fn get(&self, region: &RegionName) -> Option<bool> {
        self.0.get(region).copied()
    }
}

impl Objects {
    /// The choices of an account.
    ///
    /// # Errors
    /// [`Error::Busy`], [`Error::Storage`].
    pub async fn region_choices(&self, account: &AccountId) -> Result<Arc<RegionChoices>, Error> {
        if let Some(choices) = self.inner.account_regions.get(account) {
            return Ok(choices);
        }
        // In turn with changes, or a row read before one could be kept after it.
        let _turn = self.turn_of(account).await?;
        let (choices, _) = self.read_region_choices(account).await?;
        let choices = Arc::new(choices);
        self.inner
            .account_regions
            .insert(account.clone(), Arc::clone(&choices));
        Ok(choices)
    }

    /// Enables or disables a region for an account, durably; gives all its choices. To make the same
    /// choice again writes nothing.
    ///
    /// # Errors
    /// [`Error::Busy`]; [`Error::Storage`], also for more than [`RegionChoices::REGIONS_MAX`] regions.
    pub async fn set_region(
        &self,
        account: &AccountId,
        region: &RegionName,
        enabled: bool,
    ) -> Result<Arc<RegionChoices>, Error> {
        let (objects, account, region) = (self.clone(), account.clone(), region.clone());
        let running = self.inner.reclaimer.running();
        // A task of its own: a caller that leaves after the commit must not leave the old choices in memory.
        let set = tokio::spawn(async move {
            let set = objects.set_region_in_turn(&account, &region, enabled).await;
            drop(running);
            set
        });
        match set.await {
            Ok(set) => set,
            // The runtime is shutting down.
            Err(_) => Err(StorageError::Closed("the commit was cut off").into()),
        }
    }

    async fn set_region_in_turn(
        &self,
        account: &AccountId,
        region: &RegionName,
        enabled: bool,
    ) -> Result<Arc<RegionChoices>, Error> {
        let _turn = self.turn_of(account).await?;
        // Turns are of this process; the expectation holds for any other writer of the same engine.
        for _ in 0..self.limits().attempts_max {
            let (mut choices, former) = self.read_region_choices(account).await?;
            let changes = choices.0.insert(region.clone(), enabled) != Some(enabled);
            if choices.0.len() > RegionChoices::REGIONS_MAX {
                return Err(StorageError::Full("the regions an account chose about").into());
            }
            if changes {
                let mut change = Change::default();
                let row = keys::account_regions(account);
                change.expect(row.clone(), former);
                change.put(row, records::encode(&choices)?);
                match self.commit_unguarded(Partition::DIRECTORY, change).await {
                    Ok(()) => {}
                    Err(Failed::Conflict(..)) => continue,
                    Err(Failed::Storage(error)) => {
                        // The contract says nothing was applied; memory must not be what insists on it.
                        self.inner.account_regions.remove(account);
                        return Err(error.into());
                    }
                }
            }
            let choices = Arc::new(choices);
            self.inner
                .account_regions
                .insert(account.clone(), Arc::clone(&choices));
            return Ok(choices);
        }
        Err(Error::Busy)
    }

    /// The key is of the directory's partition, where no object keys are.
    async fn turn_of(&self, account: &AccountId) -> Result<crate::locks::Held, Error> {
        let key = format!("account-regions/{account}");
        self.inner.locks.hold(Partition::DIRECTORY, &key).await
    }

    /// The choices, and the bytes of their row.
    async fn read_region_choices(
        &self,
        account: &AccountId,
    ) -> Result<(RegionChoices, Option<bytes::Bytes>), Error> {
        let row = keys::account_regions(account);
        let Some(value) = self.inner.index.get(Partition::DIRECTORY, &row).await? else {
            return Ok((RegionChoices::default(), None));
        };
        Ok((records::decode("account's regions", &value)?, Some(value)))
    }
}

#[cfg(test)]
mod tests;
