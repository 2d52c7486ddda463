//! GetRegionOptStatus: whether a region is on for the account.

use super::error::{
    ACCESS_DENIED, AccountError, AccountErrorKind, INTERNAL_SERVER, TOO_MANY_REQUESTS, VALIDATION,
};
use super::region::{RegionInput, RegionStatus, status};
use super::{AccountCall, AccountOperation};

pub(super) struct GetRegionOptStatus;

impl AccountOperation for GetRegionOptStatus {
    const NAME: &'static str = "GetRegionOptStatus";
    const PATH: &'static str = "/getRegionOptStatus";
    const ACTION: &'static str = "account:GetRegionOptStatus";
    const ERRORS: &'static [AccountErrorKind] =
        &[ACCESS_DENIED, VALIDATION, TOO_MANY_REQUESTS, INTERNAL_SERVER];

    type Input = RegionInput;
    type Output = RegionStatus;

    fn account_id(input: &RegionInput) -> Option<&str> {
        input.account_id.as_deref()
    }

    async fn execute(call: &AccountCall, input: RegionInput) -> Result<RegionStatus, AccountError> {
        let region = input.region(call)?;
        Ok(RegionStatus::new(&region, status(call, &region).await?))
    }
}
