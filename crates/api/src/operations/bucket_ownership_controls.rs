//! GetBucketOwnershipControls, PutBucketOwnershipControls and DeleteBucketOwnershipControls (facts/05 §8).

use cairn_access::Ownership;
use cairn_protocol::S3Error;
use cairn_protocol::documents::OwnershipControls;
use http::StatusCode;

use crate::access;
use crate::operation::{Call, Operation, RequestBody};
use crate::refusal::Refusal;
use crate::response::Response;
use crate::table::{Action, Resource, Route};

pub(super) struct GetBucketOwnershipControls;
pub(super) struct PutBucketOwnershipControls;
pub(super) struct DeleteBucketOwnershipControls;

const fn route(method: &'static str) -> Route {
    Route::new(method, Resource::Bucket).subresource("ownershipControls")
}

async fn set(call: &Call, ownership: Ownership) -> Result<(), Refusal> {
    let document = access::encode_ownership(ownership);
    call.set_document(access::OWNERSHIP, Some(document)).await
}

impl Operation for GetBucketOwnershipControls {
    const NAME: &'static str = "GetBucketOwnershipControls";
    const ROUTE: Route = route("GET");
    const ACTION: Action = Action::new("s3:GetBucketOwnershipControls");

    type Input = ();
    type Output = OwnershipControls;

    fn parse(_: &mut Call) -> Result<(), Refusal> {
        Ok(())
    }

    async fn execute(call: &mut Call, (): ()) -> Result<OwnershipControls, Refusal> {
        let bucket = call.bucket()?;
        match access::ownership(&bucket)? {
            Ownership::Set(ownership) => Ok(OwnershipControls(ownership)),
            Ownership::Deleted => Err(S3Error::OwnershipControlsNotFoundError {
                bucket_name: bucket.name.to_string(),
            }
            .into()),
        }
    }

    fn respond(_: &Call, controls: OwnershipControls) -> Response {
        Response::xml(controls.to_xml())
    }
}

impl Operation for PutBucketOwnershipControls {
    const NAME: &'static str = "PutBucketOwnershipControls";
    const ROUTE: Route = route("PUT");
    const ACTION: Action = Action::new("s3:PutBucketOwnershipControls");
    const BODY: RequestBody = RequestBody::Document;

    type Input = OwnershipControls;
    type Output = ();

    fn parse(call: &mut Call) -> Result<OwnershipControls, Refusal> {
        Ok(OwnershipControls::parse(&call.document)?)
    }

    async fn execute(call: &mut Call, controls: OwnershipControls) -> Result<(), Refusal> {
        let bucket = call.bucket()?;
        let ownership = Ownership::Set(controls.0);
        // Grants must not silently lose their force. An ACL that is set in this very moment does: where there
        // are no ACLs none counts, whatever is stored.
        let private = access::bucket_acl(&bucket)?.is_private_to(&bucket.owner.canonical);
        if !ownership.has_acls() && !private {
            return Err(S3Error::InvalidBucketAclWithObjectOwnership {}.into());
        }
        set(call, ownership).await
    }

    fn respond(_: &Call, (): ()) -> Response {
        Response::new(StatusCode::OK)
    }
}

impl Operation for DeleteBucketOwnershipControls {
    const NAME: &'static str = "DeleteBucketOwnershipControls";
    const ROUTE: Route = route("DELETE");
    // Deleting is putting: there is no action of its own (facts/05 §7).
    const ACTION: Action = Action::new("s3:PutBucketOwnershipControls");

    type Input = ();
    type Output = ();

    fn parse(_: &mut Call) -> Result<(), Refusal> {
        Ok(())
    }

    async fn execute(call: &mut Call, (): ()) -> Result<(), Refusal> {
        set(call, Ownership::Deleted).await
    }

    fn respond(_: &Call, (): ()) -> Response {
        Response::no_content()
    }
}
