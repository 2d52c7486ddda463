//! GetBucketAcl and PutBucketAcl (facts/05 §8).

use cairn_access::{Acl, Level, WantedAcl};
use http::StatusCode;

use crate::access;
use crate::operation::{Call, Operation, RequestBody};
use crate::refusal::Refusal;
use crate::response::Response;
use crate::table::{Action, Resource, Route};

pub(super) struct GetBucketAcl;
pub(super) struct PutBucketAcl;

const fn route(method: &'static str) -> Route {
    Route::new(method, Resource::Bucket).subresource("acl")
}

impl Operation for GetBucketAcl {
    const NAME: &'static str = "GetBucketAcl";
    const ROUTE: Route = route("GET");
    const ACTION: Action = Action::new("s3:GetBucketAcl");

    type Input = ();
    type Output = String;

    fn parse(_: &mut Call) -> Result<(), Refusal> {
        Ok(())
    }

    /// The ACL in force, not the one that is stored: what the blocks leave of it.
    async fn execute(call: &mut Call, (): ()) -> Result<String, Refusal> {
        let bucket = call.bucket()?;
        let owner = &bucket.owner.canonical;
        let acl = if access::ownership(&bucket)?.has_acls() {
            access::bucket_acl(&bucket)?
        } else {
            Acl::private(owner)
        };
        let hidden = acl.is_public()
            && access::effective_block(&call.api, &bucket)
                .await?
                .ignore_public_acls;
        let acl = if hidden { acl.without_public() } else { acl };
        Ok(acl.to_document(owner).to_xml())
    }

    fn respond(_: &Call, document: String) -> Response {
        Response::xml(document)
    }
}

impl Operation for PutBucketAcl {
    const NAME: &'static str = "PutBucketAcl";
    const ROUTE: Route = route("PUT");
    const ACTION: Action = Action::new("s3:PutBucketAcl");
    const BODY: RequestBody = RequestBody::Document;

    type Input = WantedAcl;
    type Output = ();

    fn parse(call: &mut Call) -> Result<WantedAcl, Refusal> {
        let bucket = call.bucket()?;
        Ok(access::wanted(&call.headers, &call.document, &bucket.owner)?)
    }

    async fn execute(call: &mut Call, wanted: WantedAcl) -> Result<(), Refusal> {
        let bucket = call.bucket()?;
        access::accept(&call.api, &bucket, &wanted).await?;
        let owner = &bucket.owner.canonical;
        let acl = wanted.acl(Level::Bucket, owner, owner);
        let document = (!acl.is_private_to(owner)).then(|| acl.encode().into());
        call.set_document(access::ACL, document).await
    }

    fn respond(_: &Call, (): ()) -> Response {
        Response::new(StatusCode::OK)
    }
}
