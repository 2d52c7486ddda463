//! AWS Account Management (`account`, restJson1), as far as it is about regions.
//!
//! [`ACCOUNT_OPERATIONS`] is the one list of operations: what routes requests, what docs/operations.md
//! shows, and what a test compares with the model in the botocore package. An operation is a POST of a
//! small JSON document to a path of its own. The model's other operations are about contacts, names and
//! e-mail addresses, which a deployment's accounts do not have.
//!
//! `AccountId` may be the caller's own account only: there are no organizations.

mod disable_region;
mod enable_region;
mod error;
mod get_region_opt_status;
mod list_regions;
mod region;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use cairn_identity::Signer;
use cairn_policy::Context;
use cairn_types::AccountId;
use http::StatusCode;
use http::request::Parts;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) use self::error::AccountError;
pub use self::error::AccountErrorKind;
use super::{Arrived, Denied, Service, Signed, authorize};
use crate::Api;
use crate::access::Decided;
use crate::body::Body;
use crate::payload::Payload;
use crate::response::Response;
use crate::trace::Trace;

/// One operation of the Account API.
trait AccountOperation: 'static {
    /// Amazon's name of it.
    const NAME: &'static str;
    /// Where it is POSTed to.
    const PATH: &'static str;
    /// What a policy must allow.
    const ACTION: &'static str;
    /// What of the model it may be refused with.
    const ERRORS: &'static [AccountErrorKind];

    /// The document it takes.
    type Input: DeserializeOwned + Send;
    /// The document it answers with.
    type Output: Serialize;

    /// The account the input names, if it names one.
    fn account_id(input: &Self::Input) -> Option<&str>;

    /// Does it.
    fn execute(
        call: &AccountCall,
        input: Self::Input,
    ) -> impl Future<Output = Result<Self::Output, AccountError>> + Send;
}

/// A request on its way through an operation: authenticated, and allowed its action.
struct AccountCall {
    api: Arc<Api>,
    signer: Arc<Signer>,
}

impl AccountCall {
    fn account(&self) -> &AccountId {
        &self.signer.account.id
    }
}

type Run = fn(
    Arc<Api>,
    Signed,
    Context<'static>,
    Option<Arc<Decided>>,
) -> Pin<Box<dyn Future<Output = Result<Vec<u8>, AccountError>> + Send>>;

/// A row of the table.
pub struct AccountRow {
    /// Amazon's name of the operation.
    pub name: &'static str,
    /// The method: POST of all of them.
    pub method: &'static str,
    /// The path.
    pub path: &'static str,
    /// What a policy must allow.
    pub action: &'static str,
    /// What of the model it may be refused with.
    pub errors: &'static [AccountErrorKind],
    run: Run,
}

impl AccountRow {
    const fn of<O: AccountOperation>() -> Self {
        Self {
            name: O::NAME,
            method: "POST",
            path: O::PATH,
            action: O::ACTION,
            errors: O::ERRORS,
            run: |api, signed, context, decided| Box::pin(run::<O>(api, signed, context, decided)),
        }
    }
}

/// Every operation of the Account API that is built.
pub const ACCOUNT_OPERATIONS: &[AccountRow] = &[
    AccountRow::of::<disable_region::DisableRegion>(),
    AccountRow::of::<enable_region::EnableRegion>(),
    AccountRow::of::<get_region_opt_status::GetRegionOptStatus>(),
    AccountRow::of::<list_regions::ListRegions>(),
];

/// Answers a request to the Account API.
pub(super) async fn answer(
    api: &Arc<Api>,
    parts: &Parts,
    arrived: &Arrived,
    payload: &mut Payload,
    trace: &mut Trace,
) -> Response {
    match attempt(api, parts, arrived, payload, trace).await {
        Ok(document) => Response::new(StatusCode::OK)
            .header("content-type", "application/json")
            .body(Body::full(document)),
        Err(error) => {
            trace.code = Some(error.kind.code);
            trace.message = Some(error.message().to_owned());
            error.respond()
        }
    }
}

async fn attempt(
    api: &Arc<Api>,
    parts: &Parts,
    arrived: &Arrived,
    payload: &mut Payload,
    trace: &mut Trace,
) -> Result<Vec<u8>, AccountError> {
    let route = |row: &&AccountRow| row.path == parts.uri.path() && row.method == parts.method;
    let row = ACCOUNT_OPERATIONS.iter().find(route);
    trace.asked = row.map(|row| row.name);
    let signed = api
        .admit_to(Service::Account, parts, arrived, payload, trace)
        .await?;
    let row = row.ok_or_else(AccountError::unknown_operation)?;
    trace.operation = Some(row.name);
    let context = arrived
        .conditions(&signed.caller, &parts.headers, api.clock.now())
        .into_owned();
    (row.run)(Arc::clone(api), signed, context, trace.decided.clone()).await
}

async fn run<O: AccountOperation>(
    api: Arc<Api>,
    signed: Signed,
    context: Context<'static>,
    decided: Option<Arc<Decided>>,
) -> Result<Vec<u8>, AccountError> {
    // No document is an empty one: ListRegions needs nothing.
    let body: &[u8] = if signed.body.is_empty() {
        b"{}"
    } else {
        &signed.body
    };
    let input: O::Input = serde_json::from_slice(body).map_err(|_| AccountError::serialization())?;
    let owner = O::account_id(&input)
        .map(AccountId::parse)
        .transpose()
        .map_err(|error| AccountError::field("AccountId", error.to_string()))?;
    let signer = signed.caller.signer().cloned().ok_or(Denied::NotSigned)?;
    let owner = owner.as_ref().unwrap_or(&signer.account.id);
    // There are no organizations: an account is its own principals' business.
    let allowed = |owner| {
        let decided = decided.as_deref();
        authorize(&signed.caller, O::ACTION, "*", owner, &context, decided).is_ok()
    };
    if *owner != signer.account.id || !allowed(owner) {
        return Err(AccountError::access_denied(signer.arn(), O::ACTION));
    }
    let call = AccountCall { api, signer };
    let output = O::execute(&call, input).await?;
    // Outputs are structs of strings: they always have a JSON form.
    Ok(serde_json::to_vec(&output).unwrap_or_default())
}
