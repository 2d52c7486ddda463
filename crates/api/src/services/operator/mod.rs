//! Cairn's own service (`cairn` in a signature's scope): what a deployment's operator does with its accounts, and
//! Amazon has no API for. `cairn account` is its client; docs/accounts.md describes it.
//!
//! An operation is a POST of a small JSON document to a path of its own. None is open to policies: only the root
//! user of the first account may call any, with its long-term key. Whoever else may not even learn which accounts
//! there are.

mod accounts;
mod error;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use cairn_identity::Identity;
use http::request::Parts;
use http::{Method, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) use self::error::OperatorError;
use super::{Arrived, Denied, Service, Signed};
use crate::Api;
use crate::body::Body;
use crate::payload::Payload;
use crate::response::Response;
use crate::trace::Trace;

/// One operation.
trait OperatorOperation: 'static {
    /// Its name, in logs and metrics.
    const NAME: &'static str;
    /// Where it is POSTed to.
    const PATH: &'static str;

    /// The document it takes.
    type Input: DeserializeOwned + Send;
    /// The document it answers with.
    type Output: Serialize;

    /// Does it.
    fn execute(
        identity: &Identity,
        input: Self::Input,
    ) -> impl Future<Output = Result<Self::Output, OperatorError>> + Send;
}

type Run = fn(Arc<Api>, Signed) -> Pin<Box<dyn Future<Output = Result<Vec<u8>, OperatorError>> + Send>>;

/// A row of the table.
struct OperatorRow {
    /// The operation's name.
    name: &'static str,
    /// The path.
    path: &'static str,
    run: Run,
}

impl OperatorRow {
    const fn of<O: OperatorOperation>() -> Self {
        Self {
            name: O::NAME,
            path: O::PATH,
            run: |api, signed| Box::pin(run::<O>(api, signed)),
        }
    }
}

/// Every operation of the operator's service.
const OPERATOR_OPERATIONS: &[OperatorRow] = &[
    OperatorRow::of::<accounts::CreateAccount>(),
    OperatorRow::of::<accounts::ListAccounts>(),
    OperatorRow::of::<accounts::GetAccount>(),
    OperatorRow::of::<accounts::RotateRootKey>(),
];

/// Answers a request to the service.
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
            .header("cache-control", "no-store")
            .body(Body::full(document)),
        Err(error) => {
            trace.code = Some(error.code);
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
) -> Result<Vec<u8>, OperatorError> {
    let row = OPERATOR_OPERATIONS
        .iter()
        .find(|row| row.path == parts.uri.path() && parts.method == Method::POST);
    trace.asked = row.map(|row| row.name);
    let signed = api
        .admit_to(Service::Operator, parts, arrived, payload, trace)
        .await?;
    let row = row.ok_or_else(OperatorError::unknown_operation)?;
    trace.operation = Some(row.name);
    (row.run)(Arc::clone(api), signed).await
}

async fn run<O: OperatorOperation>(api: Arc<Api>, signed: Signed) -> Result<Vec<u8>, OperatorError> {
    let signer = signed.caller.signer().ok_or(Denied::NotSigned)?;
    let is_operator = signer.principal.is_root()
        && signer.session.is_none()
        && api.identity.is_operator(&signer.account.id);
    if !is_operator {
        return Err(OperatorError::access_denied(signer.arn(), O::NAME));
    }
    let input: O::Input = serde_json::from_slice(&signed.body).map_err(|error| {
        OperatorError::validation(format!("The body is not this operation's JSON: {error}"))
    })?;
    let output = O::execute(&api.identity, input).await?;
    // Outputs are structs of strings: they always have a JSON form.
    Ok(serde_json::to_vec(&output).unwrap_or_default())
}
