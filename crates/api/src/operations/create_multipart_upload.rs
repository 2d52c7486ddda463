//! CreateMultipartUpload (facts/06 §8, §9).

use cairn_objects::{NewUpload, Upload, UploadChecksum};
use cairn_protocol::documents::InitiateMultipartUploadResult;
use cairn_protocol::headers;

use super::shared;
use crate::access::{Extra, NewAccess};
use crate::operation::{Call, Operation};
use crate::refusal::Refusal;
use crate::response::Response;
use crate::table::{Action, Resource, Route};

pub(super) struct CreateMultipartUpload;

impl Operation for CreateMultipartUpload {
    const NAME: &'static str = "CreateMultipartUpload";
    const ROUTE: Route = Route::new("POST", Resource::Object).subresource("uploads");
    const ACTION: Action = Action::new("s3:PutObject");
    const EXTRA: &'static [Extra] = Extra::OF_UPLOADS;

    type Input = NewUpload;
    type Output = Upload;

    fn parse(call: &mut Call) -> Result<NewUpload, Refusal> {
        shared::refuse_unsupported(&call.headers)?;
        let checksum = headers::multipart_checksum(&call.headers)?;
        Ok(NewUpload {
            metadata: shared::metadata(&call.headers)?,
            checksum: checksum.map(|(algorithm, kind)| UploadChecksum { algorithm, kind }),
            initiator: shared::owner(call)?,
        })
    }

    async fn execute(call: &mut Call, mut new: NewUpload) -> Result<Upload, Refusal> {
        let (bucket, key) = (call.bucket()?, call.key()?);
        let access = NewAccess::read(&call.api, &bucket, &call.caller, &call.headers).await?;
        new.metadata = access.of(new.metadata);
        call.objects()
            .create_upload(&bucket, &key, new)
            .await
            .map_err(|error| call.refuse(error))
    }

    fn respond(call: &Call, upload: Upload) -> Response {
        let Some(bucket) = &call.bucket else {
            return Response::no_content();
        };
        let checksum = upload.checksum;
        let result = InitiateMultipartUploadResult {
            bucket: bucket.name.clone(),
            key: upload.key,
            upload_id: upload.id,
        };
        // Only where the request asked for one (facts/06 §9).
        Response::xml(result.to_xml())
            .optional(
                "x-amz-checksum-algorithm",
                checksum.map(|checksum| checksum.algorithm.as_str()),
            )
            .optional(
                "x-amz-checksum-type",
                checksum.map(|checksum| checksum.kind.as_str()),
            )
    }
}
