//! GetPublicAccessBlock, PutPublicAccessBlock and DeletePublicAccessBlock of a bucket (facts/05 §8).

use cairn_access::PublicAccessBlock;
use cairn_protocol::S3Error;
use cairn_protocol::documents::PublicAccessBlockConfiguration;
use http::StatusCode;

use crate::access;
use crate::operation::{Call, Operation, RequestBody};
use crate::refusal::Refusal;
use crate::response::Response;
use crate::table::{Action, Resource, Route};

pub(super) struct GetPublicAccessBlock;
pub(super) struct PutPublicAccessBlock;
pub(super) struct DeletePublicAccessBlock;

const fn route(method: &'static str) -> Route {
    Route::new(method, Resource::Bucket).subresource("publicAccessBlock")
}

async fn set(call: &Call, block: Option<PublicAccessBlock>) -> Result<(), Refusal> {
    let document = access::encode_block(block);
    call.set_document(access::PUBLIC_ACCESS_BLOCK, Some(document))
        .await
}

impl Operation for GetPublicAccessBlock {
    const NAME: &'static str = "GetPublicAccessBlock";
    const ROUTE: Route = route("GET");
    const ACTION: Action = Action::new("s3:GetBucketPublicAccessBlock");

    type Input = ();
    type Output = PublicAccessBlockConfiguration;

    fn parse(_: &mut Call) -> Result<(), Refusal> {
        Ok(())
    }

    /// The bucket's own flags, whatever the account's say.
    async fn execute(call: &mut Call, (): ()) -> Result<PublicAccessBlockConfiguration, Refusal> {
        let bucket = call.bucket()?;
        match access::bucket_block(&bucket)? {
            Some(block) => Ok(block.into()),
            None => Err(S3Error::NoSuchPublicAccessBlockConfiguration {
                bucket_name: Some(bucket.name.to_string()),
                account_id: None,
            }
            .into()),
        }
    }

    fn respond(_: &Call, configuration: PublicAccessBlockConfiguration) -> Response {
        Response::xml(configuration.to_xml())
    }
}

impl Operation for PutPublicAccessBlock {
    const NAME: &'static str = "PutPublicAccessBlock";
    const ROUTE: Route = route("PUT");
    const ACTION: Action = Action::new("s3:PutBucketPublicAccessBlock");
    const BODY: RequestBody = RequestBody::Document;

    type Input = PublicAccessBlock;
    type Output = ();

    fn parse(call: &mut Call) -> Result<PublicAccessBlock, Refusal> {
        Ok(PublicAccessBlockConfiguration::parse(&call.document)?.into())
    }

    async fn execute(call: &mut Call, block: PublicAccessBlock) -> Result<(), Refusal> {
        set(call, Some(block)).await
    }

    fn respond(_: &Call, (): ()) -> Response {
        Response::new(StatusCode::OK)
    }
}

impl Operation for DeletePublicAccessBlock {
    const NAME: &'static str = "DeletePublicAccessBlock";
    const ROUTE: Route = route("DELETE");
    // Deleting is putting: there is no action of its own (facts/05 §7).
    const ACTION: Action = Action::new("s3:PutBucketPublicAccessBlock");

    type Input = ();
    type Output = ();

    fn parse(_: &mut Call) -> Result<(), Refusal> {
        Ok(())
    }

    async fn execute(call: &mut Call, (): ()) -> Result<(), Refusal> {
        set(call, None).await
    }

    fn respond(_: &Call, (): ()) -> Response {
        Response::no_content()
    }
}
