//! UploadPart (facts/06 §8, §9).

use cairn_objects::{BodySpec, StoredPart};
use cairn_protocol::parameters;
use cairn_types::{ChecksumValue, PartNumber, UploadId};
use http::StatusCode;

use super::shared::{self, Digests};
use crate::operation::{Call, Operation, RequestBody};
use crate::refusal::Refusal;
use crate::response::Response;
use crate::table::{Action, Resource, Route};

pub(super) struct UploadPart;

pub(super) struct Input {
    upload: UploadId,
    number: PartNumber,
    digests: Digests,
}

/// `partNumber`, which both ways of making a part need.
pub(super) fn part_number(call: &Call) -> Result<PartNumber, Refusal> {
    match parameters::part_number(&call.query)? {
        Some(number) => Ok(number),
        None => Err(parameters::invalid_part_number("").into()),
    }
}

impl Operation for UploadPart {
    const NAME: &'static str = "UploadPart";
    const ROUTE: Route = Route::new("PUT", Resource::Object).subresource("uploadId");
    const ACTION: Action = Action::new("s3:PutObject");
    const BODY: RequestBody = RequestBody::Stream;

    type Input = Input;
    type Output = (StoredPart, Option<ChecksumValue>);

    fn parse(call: &mut Call) -> Result<Input, Refusal> {
        shared::refuse_unsupported(&call.headers)?;
        Ok(Input {
            number: part_number(call)?,
            upload: shared::upload_id(call)?,
            digests: Digests::read(&call.headers)?,
        })
    }

    async fn execute(call: &mut Call, input: Input) -> Result<Self::Output, Refusal> {
        let Input {
            upload,
            number,
            digests,
        } = input;
        let (bucket, key) = (call.bucket()?, call.key()?);
        let objects = call.objects().clone();
        let upload = objects
            .upload(&bucket, &key, &upload)
            .await
            .map_err(|error| call.refuse(error))?;
        let shows_checksum = digests.algorithm().is_some() || upload.checksum.is_some();
        let spec = BodySpec {
            size: call.payload.size(),
            checksum: digests.algorithm(),
        };
        let writer = objects
            .begin_part(&bucket, &upload, spec)
            .await
            .map_err(|error| call.refuse(error))?;
        let body = shared::take_body(call, writer, digests).await?;
        // What was sent, which need not be what is stored: an upload that asked for none keeps CRC64NVME.
        let shown = shows_checksum.then(|| body.sent_checksum().clone());
        let part = objects
            .put_part(&bucket, &upload, number, body)
            .await
            .map_err(|error| call.refuse(error))?;
        Ok((part, shown))
    }

    fn respond(_: &Call, (part, checksum): Self::Output) -> Response {
        let response = Response::new(StatusCode::OK).header("etag", part.etag.quoted());
        match checksum {
            Some(checksum) => response.header(checksum.algorithm().header(), checksum.to_string()),
            None => response,
        }
    }
}
