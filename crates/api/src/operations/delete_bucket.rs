//! DeleteBucket (facts/02 §4).

use crate::operation::{Call, Operation};
use crate::refusal::Refusal;
use crate::response::Response;
use crate::table::{Action, Resource, Route};

pub(super) struct DeleteBucket;

impl Operation for DeleteBucket {
    const NAME: &'static str = "DeleteBucket";
    const ROUTE: Route = Route::new("DELETE", Resource::Bucket);
    const ACTION: Action = Action::new("s3:DeleteBucket");

    type Input = ();
    type Output = ();

    fn parse(_: &mut Call) -> Result<(), Refusal> {
        Ok(())
    }

    async fn execute(call: &mut Call, (): ()) -> Result<(), Refusal> {
        let bucket = call.bucket()?;
        call.objects()
            .delete_bucket(&bucket)
            .await
            .map_err(|error| call.refuse(error))
    }

    fn respond(_: &Call, (): ()) -> Response {
        Response::no_content()
    }
}
