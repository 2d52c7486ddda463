//! DisableRegion: turns a region off for the account, at once.
//!
//! Buckets there stay, are listed, and can be used again when the region is enabled again.

use super::error::{
    ACCESS_DENIED, AccountError, AccountErrorKind, CONFLICT, INTERNAL_SERVER, TOO_MANY_REQUESTS, VALIDATION,
};
use super::region::{Nothing, RegionInput, set};
use super::{AccountCall, AccountOperation};

pub(super) struct DisableRegion;

impl AccountOperation for DisableRegion {
    const NAME: &'static str = "DisableRegion";
    const PATH: &'static str = "/disableRegion";
    const ACTION: &'static str = "account:DisableRegion";
    const ERRORS: &'static [AccountErrorKind] = &[
        ACCESS_DENIED,
        VALIDATION,
        CONFLICT,
        TOO_MANY_REQUESTS,
        INTERNAL_SERVER,
    ];

    type Input = RegionInput;
    type Output = Nothing;

    fn account_id(input: &RegionInput) -> Option<&str> {
        input.account_id.as_deref()
    }

    async fn execute(call: &AccountCall, input: RegionInput) -> Result<Nothing, AccountError> {
        set(call, &input, false).await
    }
}
