//! GetBucketLocation (facts/02 §3).

use std::sync::Arc;

use cairn_objects::Bucket;
use cairn_protocol::documents::location_constraint;

use crate::operation::{Call, Operation};
use crate::refusal::Refusal;
use crate::response::Response;
use crate::table::{Action, Resource, Route};

pub(super) struct GetBucketLocation;

impl Operation for GetBucketLocation {
    const NAME: &'static str = "GetBucketLocation";
    const ROUTE: Route = Route::new("GET", Resource::Bucket).subresource("location");
    const ACTION: Action = Action::new("s3:GetBucketLocation");

    type Input = ();
    type Output = Arc<Bucket>;

    fn parse(_: &mut Call) -> Result<(), Refusal> {
        Ok(())
    }

    async fn execute(call: &mut Call, (): ()) -> Result<Arc<Bucket>, Refusal> {
        call.bucket()
    }

    fn respond(_: &Call, bucket: Arc<Bucket>) -> Response {
        // The word the bucket was created with: EU stays EU. us-east-1 has none.
        let word = if bucket.region.is_us_east_1() {
            None
        } else {
            Some(bucket.location.as_deref().unwrap_or(bucket.region.as_str()))
        };
        Response::xml(location_constraint(word))
    }
}
