//! HeadBucket (facts/02 §3).

use http::StatusCode;

use crate::operation::{Call, Operation};
use crate::refusal::Refusal;
use crate::response::Response;
use crate::table::{Action, Resource, Route};

pub(super) struct HeadBucket;

impl Operation for HeadBucket {
    const NAME: &'static str = "HeadBucket";
    const ROUTE: Route = Route::new("HEAD", Resource::Bucket);
    const ACTION: Action = Action::new("s3:ListBucket");

    type Input = ();
    type Output = ();

    fn parse(_: &mut Call) -> Result<(), Refusal> {
        Ok(())
    }

    async fn execute(_: &mut Call, (): ()) -> Result<(), Refusal> {
        // The pipeline has found the bucket: that is all there is to know.
        Ok(())
    }

    fn respond(call: &Call, (): ()) -> Response {
        let response = Response::new(StatusCode::OK)
            .header("content-type", "application/xml")
            .header("x-amz-access-point-alias", "false");
        match &call.bucket {
            Some(bucket) => response
                .header("x-amz-bucket-region", bucket.region.as_str())
                .header("x-amz-bucket-arn", format!("arn:aws:s3:::{}", bucket.name)),
            None => response,
        }
    }
}
