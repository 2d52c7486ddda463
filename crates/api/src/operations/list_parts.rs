//! ListParts (facts/06 §3, §8).

use cairn_objects::{PartPage, Upload};
use cairn_protocol::documents::{ListPartsResult, ListedPart};
use cairn_protocol::parameters::{self, EncodingType};
use cairn_types::UploadId;

use super::list_objects::{ListedOwners, initiator};
use super::shared;
use crate::operation::{Call, Operation};
use crate::refusal::Refusal;
use crate::response::Response;
use crate::table::{Action, Resource, Route};

pub(super) struct ListParts;

pub(super) struct Input {
    upload: UploadId,
    marker: u32,
    max_parts: u32,
    encoding: Option<EncodingType>,
}

impl Operation for ListParts {
    const NAME: &'static str = "ListParts";
    const ROUTE: Route = Route::new("GET", Resource::Object).subresource("uploadId");
    const ACTION: Action = Action::new("s3:ListMultipartUploadParts");

    type Input = Input;
    type Output = (Input, Upload, PartPage);

    fn parse(call: &mut Call) -> Result<Input, Refusal> {
        Ok(Input {
            encoding: parameters::encoding_type(&call.query)?,
            max_parts: parameters::max_parts(&call.query)?,
            marker: parameters::part_number_marker(&call.query)?,
            upload: shared::upload_id(call)?,
        })
    }

    async fn execute(call: &mut Call, input: Input) -> Result<Self::Output, Refusal> {
        let (bucket, key) = (call.bucket()?, call.key()?);
        let objects = call.objects();
        let upload = objects
            .upload(&bucket, &key, &input.upload)
            .await
            .map_err(|error| call.refuse(error))?;
        // A marker above the last part number there can be has nothing after it.
        let after = u16::try_from(input.marker).unwrap_or(u16::MAX);
        let page = objects
            .list_parts(&bucket, &upload, after, input.max_parts as usize)
            .await
            .map_err(|error| call.refuse(error))?;
        Ok((input, upload, page))
    }

    fn respond(call: &Call, (input, upload, page): Self::Output) -> Response {
        let Some(bucket) = &call.bucket else {
            return Response::no_content();
        };
        // Shown where a checksum was asked for (facts/06 §9).
        let checksum = upload
            .checksum
            .map(|checksum| (checksum.algorithm, checksum.kind));
        let parts: Vec<ListedPart> = page
            .parts
            .into_iter()
            .map(|part| ListedPart {
                part_number: part.number,
                last_modified: part.modified,
                etag: part.etag,
                size: part.size,
                checksum: checksum.is_some().then_some(part.checksum),
            })
            .collect();
        let owners = ListedOwners::of(bucket);
        let result = ListPartsResult {
            bucket: bucket.name.clone(),
            key: upload.key,
            upload_id: upload.id,
            initiator: Some(initiator(&upload.initiator)),
            owner: Some(owners.object(upload.metadata.owner.as_ref())),
            storage_class: upload.metadata.storage_class,
            part_number_marker: input.marker,
            next_part_number_marker: parts.last().map_or(0, |part| part.part_number.get().into()),
            max_parts: input.max_parts,
            encoding: input.encoding,
            is_truncated: page.truncated,
            parts,
            checksum,
        };
        Response::xml(result.to_xml())
    }
}
