//! GetBucketLocation (facts/02 §3).

use std::sync::Arc;

use cairn_objects::Bucket;
use cairn_protocol::documents::location_constraint;
use cairn_protocol::location::BucketLocation;

use crate::operation::{Call, Operation};
use crate::refusal::Refusal;
use crate::response::Response;
use crate::table::{Action, Resource, Route};

pub(super) struct GetBucketLocation;

impl Operation for GetBucketLocation {
    const NAME: &'static str = "GetBucketLocation";
    const ROUTE: Route = Route::new("GET", Resource::Bucket).subresource("location");
    const ACTION: Action = Action::new("s3:GetBucketLocation");
    const ANSWERED_EVERYWHERE: bool = true;

    type Input = ();
    type Output = Arc<Bucket>;

    fn parse(_: &mut Call) -> Result<(), Refusal> {
        Ok(())
    }

    async fn execute(call: &mut Call, (): ()) -> Result<Arc<Bucket>, Refusal> {
        call.bucket()
    }

    fn respond(_: &Call, bucket: Arc<Bucket>) -> Response {
        let location = BucketLocation {
            created_as_eu: bucket.location.as_deref() == Some(BucketLocation::EU),
            region: bucket.region.clone(),
        };
        Response::xml(location_constraint(location.constraint()))
    }
}
