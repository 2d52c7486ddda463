//! EnableRegion: turns a region on for the account, at once.

use super::error::{
    ACCESS_DENIED, AccountError, AccountErrorKind, CONFLICT, INTERNAL_SERVER, TOO_MANY_REQUESTS, VALIDATION,
};
use super::region::{Nothing, RegionInput, set};
use super::{AccountCall, AccountOperation};

pub(super) struct EnableRegion;

impl AccountOperation for EnableRegion {
    const NAME: &'static str = "EnableRegion";
    const PATH: &'static str = "/enableRegion";
    const ACTION: &'static str = "account:EnableRegion";
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
        set(call, &input, true).await
    }
}
