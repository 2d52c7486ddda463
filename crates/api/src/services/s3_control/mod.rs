//! S3 Control, as far as it is about an account's Block Public Access (facts/05 §8).
//!
//! A service of its own with S3's signatures (`s3` in the scope), at `ACCOUNT.s3-control.R.DOMAIN`, and at any
//! listener's own address for requests that name an account in `x-amz-account-id` and S3 Control's path: no
//! bucket's request has both. [`CONTROL_OPERATIONS`] is the one list of operations. Those of the model that are
//! not in it answer 501.

mod error;
mod public_access_block;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use cairn_protocol::S3Error;
use cairn_protocol::address::Endpoint;
use cairn_types::AccountId;
use http::HeaderMap;
use http::request::Parts;

use super::{Arrived, Service, Signed, authorize};
use crate::Api;
use crate::payload::Payload;
use crate::response::Response;
use crate::trace::Trace;

/// The header that names the account.
const ACCOUNT_ID: &str = "x-amz-account-id";
/// What all paths of S3 Control begin with.
const VERSION_PATH: &str = "/v20180820/";

/// A request on its way through an operation: authenticated, and allowed its action.
struct ControlCall {
    api: Arc<Api>,
    account: AccountId,
    signed: Signed,
}

type Running = Pin<Box<dyn Future<Output = Result<Response, S3Error>> + Send>>;

/// A row of the table.
pub struct ControlRow {
    /// Amazon's name of the operation.
    pub name: &'static str,
    /// The method.
    pub method: &'static str,
    /// The path.
    pub path: &'static str,
    /// What a policy must allow.
    pub action: &'static str,
    run: fn(ControlCall) -> Running,
}

/// Every operation of S3 Control that is built.
pub const CONTROL_OPERATIONS: &[ControlRow] = &[
    ControlRow {
        name: "GetPublicAccessBlock",
        method: "GET",
        path: public_access_block::PATH,
        action: "s3:GetAccountPublicAccessBlock",
        run: |call| Box::pin(public_access_block::get(call)),
    },
    ControlRow {
        name: "PutPublicAccessBlock",
        method: "PUT",
        path: public_access_block::PATH,
        action: "s3:PutAccountPublicAccessBlock",
        run: |call| Box::pin(public_access_block::put(call)),
    },
    // Deleting is putting: there is no action of its own (facts/05 §7).
    ControlRow {
        name: "DeletePublicAccessBlock",
        method: "DELETE",
        path: public_access_block::PATH,
        action: "s3:PutAccountPublicAccessBlock",
        run: |call| Box::pin(public_access_block::delete(call)),
    },
];

/// Whether a request is S3 Control's.
pub(super) fn is_for(endpoint: &Endpoint, path: &str, headers: &HeaderMap) -> bool {
    match endpoint {
        Endpoint::Control(_) => true,
        Endpoint::Own => path.starts_with(VERSION_PATH) && headers.contains_key(ACCOUNT_ID),
        _ => false,
    }
}

/// Answers a request to S3 Control.
pub(super) async fn answer(
    api: &Arc<Api>,
    parts: &Parts,
    arrived: &Arrived,
    payload: &mut Payload,
    trace: &mut Trace,
) -> Response {
    match attempt(api, parts, arrived, payload, trace).await {
        Ok(response) => response,
        Err(refused) => {
            trace.code = Some(refused.code());
            trace.message = Some(refused.message().into_owned());
            error::respond(&refused, &arrived.ids)
        }
    }
}

async fn attempt(
    api: &Arc<Api>,
    parts: &Parts,
    arrived: &Arrived,
    payload: &mut Payload,
    trace: &mut Trace,
) -> Result<Response, S3Error> {
    let row = CONTROL_OPERATIONS
        .iter()
        .find(|row| row.path == parts.uri.path() && row.method == parts.method);
    trace.asked = row.map(|row| row.name);
    let signed = api
        .admit_to(Service::S3Control, parts, arrived, payload, trace)
        .await
        .map_err(error::denied)?;
    let row = row.ok_or_else(|| S3Error::NotImplemented {
        message: "This operation of S3 Control is not implemented".to_owned(),
        header: None,
        additional_message: None,
    })?;
    trace.operation = Some(row.name);
    let account = account(&parts.headers, &arrived.host)?;
    if signed.caller.signer().is_none() {
        return Err(S3Error::access_denied());
    }
    let context = arrived.conditions(&signed.caller, &parts.headers, api.clock.now());
    let decided = trace.decided.as_deref();
    authorize(&signed.caller, row.action, "*", &account, &context, decided).map_err(|refused| {
        // Of another account's nothing is told.
        if signed.caller.account() == Some(&account) {
            S3Error::AccessDenied {
                message: refused.denial,
            }
        } else {
            S3Error::access_denied()
        }
    })?;
    let call = ControlCall {
        api: Arc::clone(api),
        account,
        signed,
    };
    (row.run)(call).await
}

/// The account a request names: in the header, and by Amazon's clients in the host too.
fn account(headers: &HeaderMap, host: &str) -> Result<AccountId, S3Error> {
    let named = headers.get(ACCOUNT_ID).and_then(|value| value.to_str().ok());
    let account = named
        .and_then(|named| AccountId::parse(named).ok())
        .ok_or_else(|| S3Error::invalid_request("x-amz-account-id must be an AWS account ID"))?;
    let in_host = host
        .split('.')
        .next()
        .and_then(|label| AccountId::parse(label).ok());
    match in_host {
        Some(other) if other != account => Err(S3Error::invalid_request(
            "x-amz-account-id is not the account of the host",
        )),
        _ => Ok(account),
    }
}
