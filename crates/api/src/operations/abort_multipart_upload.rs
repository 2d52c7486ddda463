//! AbortMultipartUpload (facts/06 §8).

use cairn_types::UploadId;

use super::shared::upload_id;
use crate::operation::{Call, Operation};
use crate::refusal::Refusal;
use crate::response::Response;
use crate::table::{Action, Resource, Route};

pub(super) struct AbortMultipartUpload;

impl Operation for AbortMultipartUpload {
    const NAME: &'static str = "AbortMultipartUpload";
    const ROUTE: Route = Route::new("DELETE", Resource::Object).subresource("uploadId");
    const ACTION: Action = Action::new("s3:AbortMultipartUpload");

    type Input = UploadId;
    type Output = ();

    fn parse(call: &mut Call) -> Result<UploadId, Refusal> {
        upload_id(call)
    }

    async fn execute(call: &mut Call, id: UploadId) -> Result<(), Refusal> {
        let (bucket, key) = (call.bucket()?, call.key()?);
        call.objects()
            .abort_upload(&bucket, &key, &id)
            .await
            .map_err(|error| call.refuse(error))
    }

    fn respond(_: &Call, (): ()) -> Response {
        Response::no_content()
    }
}
