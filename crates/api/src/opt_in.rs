//! Whether an account may use a region: the deployment's rules over the account's choice.
//!
//! What it means where it may not is believed, not verified (facts/01 §2): the account's keys are not
//! known there (403 InvalidAccessKeyId), and CreateBucket elsewhere does not know the region (400
//! InvalidLocationConstraint). Anonymous requests have no account and are not asked.

use cairn_objects::Error;
use cairn_protocol::S3Error;
use cairn_region::{OptStatus, is_always_on, opt_status};
use cairn_types::{AccountId, RegionName};

use crate::Api;
use crate::refusal::{Subject, wire_error};

impl Api {
    /// The status of a region for an account.
    ///
    /// # Errors
    /// Those of [`cairn_objects::Objects::region_choices`].
    pub(crate) async fn opt_status(
        &self,
        account: &AccountId,
        region: &RegionName,
    ) -> Result<OptStatus, Error> {
        let regions = &self.settings.regions;
        // Nearly every request is to such a region: nothing is looked up for it.
        let choice = if is_always_on(regions, region) {
            None
        } else {
            self.objects.region_choices(account).await?.get(region)
        };
        Ok(opt_status(regions, region, self.settings.opt_in_default, choice))
    }

    /// Whether the account may use the region.
    ///
    /// # Errors
    /// `InternalError`, `SlowDown`: a region is neither given nor denied because a disk failed.
    pub(crate) async fn has_region(&self, account: &AccountId, region: &RegionName) -> Result<bool, S3Error> {
        match self.opt_status(account, region).await {
            Ok(status) => Ok(status.is_on()),
            Err(error) => Err(wire_error(error, Subject::default())),
        }
    }
}
