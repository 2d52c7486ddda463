//! GetBucketPolicy, PutBucketPolicy, DeleteBucketPolicy and GetBucketPolicyStatus (facts/05 §7, §8).
//!
//! The policy is kept and given back as it was sent, byte for byte, but for the users and roles it names: those are
//! kept by their unique ids, so that another of the same name is not meant, and given back by their ARNs.

use bytes::Bytes;
use cairn_policy::{Policy, PolicyType, is_public};
use cairn_protocol::S3Error;
use cairn_protocol::documents::PolicyStatus;
use http::StatusCode;

use crate::access;
use crate::body::Body;
use crate::operation::{Call, Operation, RequestBody};
use crate::refusal::Refusal;
use crate::response::Response;
use crate::table::{Action, Resource, Route};

pub(super) struct GetBucketPolicy;
pub(super) struct PutBucketPolicy;
pub(super) struct DeleteBucketPolicy;
pub(super) struct GetBucketPolicyStatus;

const fn route(method: &'static str) -> Route {
    Route::new(method, Resource::Bucket).subresource("policy")
}

fn none(call: &Call) -> Refusal {
    let name = call.bucket.as_ref().map(|bucket| bucket.name.to_string());
    S3Error::NoSuchBucketPolicy {
        bucket_name: name.unwrap_or_default(),
    }
    .into()
}

fn malformed(message: String) -> S3Error {
    S3Error::MalformedPolicy {
        message,
        detail: None,
    }
}

/// What the store of identities says of a policy's principals.
fn identity(error: cairn_identity::Error) -> S3Error {
    match error {
        cairn_identity::Error::MalformedPolicy(error) => malformed(error.s3_message()),
        error => {
            tracing::error!(%error, "the principals of a bucket policy");
            S3Error::InternalError {}
        }
    }
}

impl Operation for GetBucketPolicy {
    const NAME: &'static str = "GetBucketPolicy";
    const ROUTE: Route = route("GET");
    const ACTION: Action = Action::new("s3:GetBucketPolicy");

    type Input = ();
    type Output = Bytes;

    fn parse(_: &mut Call) -> Result<(), Refusal> {
        Ok(())
    }

    async fn execute(call: &mut Call, (): ()) -> Result<Bytes, Refusal> {
        let stored = call.bucket()?.documents.get(access::POLICY).cloned();
        let stored = stored.ok_or_else(|| none(call))?;
        let text = String::from_utf8_lossy(&stored);
        let shown = call.api.identity.with_principal_arns(&text).await;
        Ok(shown.map_err(identity)?.into())
    }

    fn respond(_: &Call, policy: Bytes) -> Response {
        Response::new(StatusCode::OK)
            .header("content-type", "application/json")
            .body(Body::full(policy))
    }
}

impl Operation for PutBucketPolicy {
    const NAME: &'static str = "PutBucketPolicy";
    const ROUTE: Route = route("PUT");
    const ACTION: Action = Action::new("s3:PutBucketPolicy");
    const BODY: RequestBody = RequestBody::Document;

    type Input = Policy;
    type Output = ();

    fn parse(call: &mut Call) -> Result<Policy, Refusal> {
        let bucket = call.bucket()?;
        if call.document.is_empty() {
            return Err(S3Error::MissingRequestBodyError {}.into());
        }
        let text = std::str::from_utf8(&call.document)
            .map_err(|_| malformed("This policy contains invalid Json".to_owned()))?;
        let bucket = bucket.name.as_str();
        Policy::parse(text, PolicyType::Resource { bucket })
            .map_err(|error| malformed(error.s3_message()).into())
    }

    async fn execute(call: &mut Call, policy: Policy) -> Result<(), Refusal> {
        let bucket = call.bucket()?;
        if is_public(&policy)
            && access::effective_block(&call.api, &bucket)
                .await?
                .block_public_policy
        {
            return Err(S3Error::access_denied().into());
        }
        let kept = call.api.identity.with_principal_ids(&policy).await;
        call.set_document(access::POLICY, Some(kept.map_err(identity)?.into()))
            .await
    }

    fn respond(_: &Call, (): ()) -> Response {
        Response::no_content()
    }
}

impl Operation for DeleteBucketPolicy {
    const NAME: &'static str = "DeleteBucketPolicy";
    const ROUTE: Route = route("DELETE");
    const ACTION: Action = Action::new("s3:DeleteBucketPolicy");

    type Input = ();
    type Output = ();

    fn parse(_: &mut Call) -> Result<(), Refusal> {
        Ok(())
    }

    async fn execute(call: &mut Call, (): ()) -> Result<(), Refusal> {
        call.set_document(access::POLICY, None).await
    }

    fn respond(_: &Call, (): ()) -> Response {
        Response::no_content()
    }
}

impl Operation for GetBucketPolicyStatus {
    const NAME: &'static str = "GetBucketPolicyStatus";
    const ROUTE: Route = Route::new("GET", Resource::Bucket).subresource("policyStatus");
    const ACTION: Action = Action::new("s3:GetBucketPolicyStatus");

    type Input = ();
    type Output = PolicyStatus;

    fn parse(_: &mut Call) -> Result<(), Refusal> {
        Ok(())
    }

    async fn execute(call: &mut Call, (): ()) -> Result<PolicyStatus, Refusal> {
        let bucket = call.bucket()?;
        let compiled = call.api.policies.of(&bucket)?;
        let compiled = compiled.ok_or_else(|| none(call))?;
        Ok(PolicyStatus {
            is_public: compiled.public,
        })
    }

    fn respond(_: &Call, status: PolicyStatus) -> Response {
        Response::xml(status.to_xml())
    }
}
