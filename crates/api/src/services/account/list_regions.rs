//! ListRegions: every region of the deployment, with its status for the account.
//!
//! By name, in pages. The token of the next page is the name of the last region on this one: it stays
//! good when the deployment's list changes in between.

use cairn_region::OptStatus;
use cairn_types::RegionName;
use serde::{Deserialize, Serialize};

use super::error::{
    ACCESS_DENIED, AccountError, AccountErrorKind, INTERNAL_SERVER, TOO_MANY_REQUESTS, VALIDATION,
};
use super::region::{RegionStatus, status};
use super::{AccountCall, AccountOperation};

/// Most regions of a page, in the model; also the page of who asks for none.
const RESULTS_MAX: usize = 50;
/// Most characters of a token in the model.
const TOKEN_CHARS_MAX: usize = 1000;

pub(super) struct ListRegions;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Input {
    account_id: Option<String>,
    max_results: Option<i64>,
    next_token: Option<String>,
    region_opt_status_contains: Option<Vec<String>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
    regions: Vec<RegionStatus>,
}

impl Input {
    fn max_results(&self) -> Result<usize, AccountError> {
        let Some(given) = self.max_results else {
            return Ok(RESULTS_MAX);
        };
        usize::try_from(given)
            .ok()
            .filter(|results| (1..=RESULTS_MAX).contains(results))
            .ok_or_else(|| AccountError::field("MaxResults", format!("must be 1 to {RESULTS_MAX}")))
    }

    /// The name after which the page starts.
    fn after(&self) -> Result<Option<RegionName>, AccountError> {
        let Some(token) = self.next_token.as_deref().filter(|token| !token.is_empty()) else {
            return Ok(None);
        };
        if token.chars().count() > TOKEN_CHARS_MAX {
            let message = format!("must have at most {TOKEN_CHARS_MAX} characters");
            return Err(AccountError::field("NextToken", message));
        }
        match RegionName::parse(token) {
            Ok(name) => Ok(Some(name)),
            Err(_) => Err(AccountError::field(
                "NextToken",
                "is not a token of this operation",
            )),
        }
    }

    /// Which statuses are wanted; an empty list wants all.
    fn wanted(&self) -> Result<Vec<OptStatus>, AccountError> {
        let words = self.region_opt_status_contains.as_deref().unwrap_or_default();
        let wanted: Result<Vec<OptStatus>, String> = words.iter().map(|word| word.parse()).collect();
        wanted.map_err(|message| AccountError::field("RegionOptStatusContains", message))
    }
}

impl AccountOperation for ListRegions {
    const NAME: &'static str = "ListRegions";
    const PATH: &'static str = "/listRegions";
    const ACTION: &'static str = "account:ListRegions";
    const ERRORS: &'static [AccountErrorKind] =
        &[ACCESS_DENIED, VALIDATION, TOO_MANY_REQUESTS, INTERNAL_SERVER];

    type Input = Input;
    type Output = Output;

    fn account_id(input: &Input) -> Option<&str> {
        input.account_id.as_deref()
    }

    async fn execute(call: &AccountCall, input: Input) -> Result<Output, AccountError> {
        let (results, after, wanted) = (input.max_results()?, input.after()?, input.wanted()?);
        let mut names: Vec<&RegionName> = call
            .api
            .settings
            .regions
            .iter()
            .map(|region| &region.name)
            .filter(|name| after.as_ref().is_none_or(|after| *name > after))
            .collect();
        names.sort_unstable();
        let mut output = Output {
            next_token: None,
            regions: Vec::new(),
        };
        for name in names {
            let status = status(call, name).await?;
            if !wanted.is_empty() && !wanted.contains(&status) {
                continue;
            }
            if output.regions.len() == results {
                output.next_token = output.regions.last().map(|last| last.region_name.clone());
                break;
            }
            output.regions.push(RegionStatus::new(name, status));
        }
        Ok(output)
    }
}
