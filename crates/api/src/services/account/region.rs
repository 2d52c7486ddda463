//! What the operations about one region share: their input, and finding the region.

use cairn_objects::Error;
use cairn_region::OptStatus;
use cairn_types::RegionName;
use serde::{Deserialize, Serialize};

use super::AccountCall;
use super::error::AccountError;

/// Most characters of a region's name in the model.
const REGION_NAME_CHARS_MAX: usize = 50;

/// The input of EnableRegion, DisableRegion and GetRegionOptStatus.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RegionInput {
    pub(super) account_id: Option<String>,
    region_name: Option<String>,
}

impl RegionInput {
    /// The region meant, which must be one of the deployment.
    pub(super) fn region(&self, call: &AccountCall) -> Result<RegionName, AccountError> {
        let name = self
            .region_name
            .as_deref()
            .ok_or_else(|| AccountError::field("RegionName", "must not be null"))?;
        if name.is_empty() || name.chars().count() > REGION_NAME_CHARS_MAX {
            let message = format!("must have 1 to {REGION_NAME_CHARS_MAX} characters");
            return Err(AccountError::field("RegionName", message));
        }
        let region = call.api.settings.regions.named(name);
        // Believed: the operations' lists have no ResourceNotFoundException.
        let region = region.ok_or_else(|| {
            AccountError::not_an_opt_target(format!("The Region {name} is not a Region of this deployment"))
        })?;
        Ok(region.name.clone())
    }
}

/// The answer of an operation without one: `{}`.
#[derive(Debug, Serialize)]
pub(super) struct Nothing {}

/// EnableRegion and DisableRegion. A region that already is as asked is no error: the model's conflict is
/// about regions on their way from one to the other, which none is here.
pub(super) async fn set(
    call: &AccountCall,
    input: &RegionInput,
    enabled: bool,
) -> Result<Nothing, AccountError> {
    let region = input.region(call)?;
    let before = status(call, &region).await?;
    if before == OptStatus::EnabledByDefault {
        let message =
            format!("The Region {region} is enabled by default, and can be neither enabled nor disabled");
        return Err(AccountError::not_an_opt_target(message));
    }
    let set = call
        .api
        .objects
        .set_region(call.account(), &region, enabled)
        .await;
    set.map_err(|error| AccountError::store(&error, true))?;
    tracing::info!(account = %call.account(), %region, enabled, "a region's choice");
    Ok(Nothing {})
}

/// The status of a region for the caller's account.
pub(super) async fn status(call: &AccountCall, region: &RegionName) -> Result<OptStatus, AccountError> {
    let status: Result<OptStatus, Error> = call.api.opt_status(call.account(), region).await;
    status.map_err(|error| AccountError::store(&error, false))
}

/// `Region` of the model, which also is the answer of GetRegionOptStatus.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RegionStatus {
    pub(super) region_name: String,
    pub(super) region_opt_status: &'static str,
}

impl RegionStatus {
    pub(super) fn new(region: &RegionName, status: OptStatus) -> Self {
        Self {
            region_name: region.to_string(),
            region_opt_status: status.as_str(),
        }
    }
}
