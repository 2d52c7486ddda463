//! GetBucketTagging, PutBucketTagging and DeleteBucketTagging (facts/06 §6).

use cairn_protocol::S3Error;
use cairn_protocol::documents::Tagging;
use cairn_types::TagSet;
use cairn_types::tag::Tagged;

use crate::operation::{Call, Operation, RequestBody};
use crate::refusal::Refusal;
use crate::response::Response;
use crate::table::{Action, Resource, Route};

pub(super) struct GetBucketTagging;
pub(super) struct PutBucketTagging;
pub(super) struct DeleteBucketTagging;

const fn route(method: &'static str) -> Route {
    Route::new(method, Resource::Bucket).subresource("tagging")
}

async fn set(call: &Call, tags: Option<TagSet>) -> Result<(), Refusal> {
    let bucket = call.bucket()?;
    let changed = call.objects().set_bucket_tags(&bucket, tags).await;
    changed.map(|_| ()).map_err(|error| call.refuse(error))
}

impl Operation for GetBucketTagging {
    const NAME: &'static str = "GetBucketTagging";
    const ROUTE: Route = route("GET");
    const ACTION: Action = Action::new("s3:GetBucketTagging");

    type Input = ();
    type Output = TagSet;

    fn parse(_: &mut Call) -> Result<(), Refusal> {
        Ok(())
    }

    async fn execute(call: &mut Call, (): ()) -> Result<TagSet, Refusal> {
        let bucket = call.bucket()?;
        match &bucket.tags {
            Some(tags) => Ok(tags.clone()),
            None => Err(S3Error::NoSuchTagSet {
                bucket_name: bucket.name.to_string(),
            }
            .into()),
        }
    }

    fn respond(_: &Call, tags: TagSet) -> Response {
        Response::xml(Tagging(tags).to_xml())
    }
}

impl Operation for PutBucketTagging {
    const NAME: &'static str = "PutBucketTagging";
    const ROUTE: Route = route("PUT");
    const ACTION: Action = Action::new("s3:PutBucketTagging");
    const BODY: RequestBody = RequestBody::Document;

    type Input = TagSet;
    type Output = ();

    fn parse(call: &mut Call) -> Result<TagSet, Refusal> {
        Ok(Tagging::parse(&call.document, Tagged::Bucket)?.0)
    }

    async fn execute(call: &mut Call, tags: TagSet) -> Result<(), Refusal> {
        set(call, Some(tags)).await
    }

    fn respond(_: &Call, (): ()) -> Response {
        Response::no_content()
    }
}

impl Operation for DeleteBucketTagging {
    const NAME: &'static str = "DeleteBucketTagging";
    const ROUTE: Route = route("DELETE");
    // There is no s3:DeleteBucketTagging: deleting is putting (facts/05).
    const ACTION: Action = Action::new("s3:PutBucketTagging");

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
