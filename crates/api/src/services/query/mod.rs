//! The Query protocol, which IAM and STS speak (facts/05 §1): `Action`, `Version` and parameters in a form or in
//! the query, XML back.
//!
//! A service is a table of [`QueryRow`]s, one a [`QueryOperation`], with its version and namespace
//! ([`QueryService`]). Here is all that its operations share: reading parameters, authorizing the caller, and
//! writing the envelope. Every operation is authorised like every other; one that nobody can be denied
//! (sts:GetCallerIdentity) says so in its row.

pub(super) mod authorization_message;
pub(crate) mod error;
pub(crate) mod parameters;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use cairn_identity::{Caller, Identity, Signer};
use cairn_policy::Context;
use cairn_protocol::xml::Writer;
use cairn_types::{AccountId, Timestamp};
use http::StatusCode;
use http::request::Parts;

pub(crate) use self::error::{QueryError, QueryErrorKind};
pub(crate) use self::parameters::Parameters;
use super::{Arrived, Service, authorize};
use crate::Api;
use crate::access::Decided;
use crate::body::Body;
use crate::payload::Payload;
use crate::response::Response;
use crate::trace::Trace;

/// A service that speaks the Query protocol.
pub(crate) struct QueryService {
    /// Which.
    pub(crate) service: Service,
    /// `Version` of its requests.
    pub(crate) version: &'static str,
    /// The namespace of its documents.
    pub(crate) namespace: &'static str,
    /// Its operations.
    pub(crate) operations: &'static [QueryRow],
}

/// One operation of such a service.
pub(crate) trait QueryOperation: 'static {
    /// Amazon's name of it.
    const NAME: &'static str;
    /// What a policy must allow.
    const ACTION: &'static str;
    /// Whether it can be refused to anybody whose signature is right (facts/05 §4: GetCallerIdentity cannot).
    const AUTHORIZED: bool = true;
    /// Whether it takes requests that nobody signed: those prove who they are by what they bring.
    const UNSIGNED: bool = false;
    /// Whether its document has a `<NAMEResult>`, which it may also have without anything in it (UpdateRole).
    const RESULT: bool = size_of::<Self::Output>() > 0;

    /// What `parse` reads.
    type Input: Send + Sync;
    /// What `execute` finds out.
    type Output: Send;

    /// Reads the parameters; `None` where one was found wrong, which is noted there.
    fn parse(parameters: &mut Parameters) -> Option<Self::Input>;

    /// The ARN that a policy must allow the action on; `*` where the action has no resource.
    ///
    /// # Errors
    /// Where the input names nothing that could have one.
    fn resource(
        call: &QueryCall,
        input: &Self::Input,
    ) -> impl Future<Output = Result<String, QueryError>> + Send;

    /// The condition keys of the service that this request has.
    fn conditions<'a>(_call: &'a QueryCall, _input: &'a Self::Input, _context: &mut Context<'a>) {}

    /// Does it.
    fn execute(
        call: &QueryCall,
        input: Self::Input,
    ) -> impl Future<Output = Result<Self::Output, QueryError>> + Send;

    /// Writes the children of `<NAMEResult>`.
    fn write(output: &Self::Output, result: &mut Writer);
}

/// A request on its way through an operation.
pub(crate) struct QueryCall {
    pub(crate) api: Arc<Api>,
    pub(crate) caller: Caller,
    /// When it came.
    pub(crate) now: Timestamp,
    /// Where decisions about it are noted for the journal, if there is one.
    decided: Option<Arc<Decided>>,
    /// The global condition keys are made of these.
    arrived: Arrived,
    headers: http::HeaderMap,
    /// What an explanation of a refusal is found by.
    pub(crate) request_id: String,
}

impl QueryCall {
    /// The identities.
    pub(crate) fn identity(&self) -> &Identity {
        &self.api.identity
    }

    /// Who signed it.
    ///
    /// # Errors
    /// `AccessDenied` where nobody did: only an operation that takes unsigned requests runs then.
    pub(crate) fn signer(&self) -> Result<&Arc<Signer>, QueryError> {
        self.caller
            .signer()
            .ok_or_else(|| QueryError::access_denied("Request is missing Authentication Token"))
    }

    /// The caller's account.
    ///
    /// # Errors
    /// As [`Self::signer`].
    pub(crate) fn account(&self) -> Result<&AccountId, QueryError> {
        Ok(&self.signer()?.account.id)
    }

    /// `arn:aws:iam::ACCOUNT:REST`
    ///
    /// # Errors
    /// As [`Self::signer`].
    pub(crate) fn arn(&self, rest: &str) -> Result<String, QueryError> {
        Ok(format!("arn:aws:iam::{}:{rest}", self.account()?))
    }

    /// Where decisions about it are noted.
    pub(crate) fn decided(&self) -> Option<&Decided> {
        self.decided.as_deref()
    }

    /// The condition keys of this request that no operation adds to.
    pub(crate) fn context(&self) -> Context<'_> {
        self.arrived.conditions(&self.caller, &self.headers, self.now)
    }

    /// Whether the caller may do this to a resource of its own account.
    ///
    /// # Errors
    /// `AccessDenied`, saying why.
    pub(crate) fn authorize(
        &self,
        action: &str,
        resource: &str,
        context: &Context<'_>,
    ) -> Result<(), QueryError> {
        let owner = self.account()?;
        authorize(&self.caller, action, resource, owner, context, self.decided()).map_err(|refused| {
            let encode = |message: String| self.identity().encode_authorization_message(owner, &message).ok();
            let message = refused.authorization_message.and_then(encode);
            QueryError::access_denied(refused.denial).with_authorization_message(message)
        })
    }
}

type Run = for<'a> fn(
    &'a QueryCall,
    &'a mut Parameters,
    &'a mut Writer,
) -> Pin<Box<dyn Future<Output = Result<(), QueryError>> + Send + 'a>>;

/// A row of a service's table.
pub struct QueryRow {
    /// Amazon's name of the operation.
    pub name: &'static str,
    /// What a policy must allow.
    pub action: &'static str,
    /// Whether a policy has to allow it: one that it need not is for whoever signs, or decides in its own way.
    pub authorized: bool,
    /// Whether it takes requests that nobody signed.
    pub unsigned: bool,
    run: Run,
}

impl QueryRow {
    /// The row of an operation.
    pub(crate) const fn of<O: QueryOperation>() -> Self {
        Self {
            name: O::NAME,
            action: O::ACTION,
            authorized: O::AUTHORIZED,
            unsigned: O::UNSIGNED,
            run: |call, parameters, document| Box::pin(run::<O>(call, parameters, document)),
        }
    }
}

async fn run<O: QueryOperation>(
    call: &QueryCall,
    parameters: &mut Parameters,
    document: &mut Writer,
) -> Result<(), QueryError> {
    let input = O::parse(parameters);
    parameters.violations()?;
    // Nothing was found wrong, so it was read.
    let input = input.ok_or_else(QueryError::internal)?;
    if O::AUTHORIZED {
        let resource = O::resource(call, &input).await?;
        let mut context = call.context();
        let (identity, account) = (call.identity(), call.caller.account());
        super::iam::set_resource_keys(identity, account, O::ACTION, &resource, &mut context).await?;
        O::conditions(call, &input, &mut context);
        call.authorize(O::ACTION, &resource, &context)?;
    }
    let output = O::execute(call, input).await?;
    if O::RESULT {
        document.nested(format!("{}Result", O::NAME).as_str(), |result| {
            O::write(&output, result)
        });
    }
    Ok(())
}

/// Answers a request to the service.
pub(crate) async fn answer(
    service: &QueryService,
    api: &Arc<Api>,
    parts: &Parts,
    arrived: Arrived,
    payload: &mut Payload,
    trace: &mut Trace,
) -> Response {
    let request_id = arrived.ids.request_id.as_str().to_owned();
    match attempt(service, api, parts, arrived, payload, trace).await {
        Ok(document) => Response::new(StatusCode::OK)
            .header("content-type", "text/xml")
            .body(Body::full(document)),
        Err(error) => {
            trace.code = Some(error.kind.code);
            trace.message = Some(error.message().to_owned());
            error.respond(service.namespace, &request_id)
        }
    }
}

async fn attempt(
    service: &QueryService,
    api: &Arc<Api>,
    parts: &Parts,
    arrived: Arrived,
    payload: &mut Payload,
    trace: &mut Trace,
) -> Result<String, QueryError> {
    let signed = api
        .admit_to(service.service, parts, &arrived, payload, trace)
        .await?;
    let mut parameters = Parameters::read(parts.uri.query().unwrap_or_default(), &signed.body)?;
    let action = parameters.raw("Action").ok_or_else(QueryError::missing_action)?;
    let version = parameters.raw("Version").unwrap_or(service.version);
    let row = service
        .operations
        .iter()
        .find(|row| row.name == action && version == service.version)
        .ok_or_else(|| QueryError::invalid_action(action, version))?;
    trace.operation = Some(row.name);
    if !row.unsigned && signed.caller.signer().is_none() {
        return Err(super::Denied::NotSigned.into());
    }
    let call = QueryCall {
        api: Arc::clone(api),
        caller: signed.caller,
        decided: trace.decided.clone(),
        now: api.clock.now(),
        headers: parts.headers.clone(),
        request_id: arrived.ids.request_id.as_str().to_owned(),
        arrived,
    };
    super::restrictions::check(service.service, row.name, &call.caller)?;
    let mut document = Writer::in_namespace(&format!("{}Response", row.name), service.namespace);
    (row.run)(&call, &mut parameters, &mut document).await?;
    document.nested("ResponseMetadata", |metadata| {
        metadata.element("RequestId", &call.request_id);
    });
    Ok(document.finish())
}
