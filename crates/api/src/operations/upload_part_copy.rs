//! UploadPartCopy (facts/06 §7, §8).

use cairn_objects::{Error, ObjectVersion, StoredPart, Upload};
use cairn_protocol::S3Error;
use cairn_protocol::documents::CopyPartResult;
use cairn_protocol::headers::CopySource;
use cairn_protocol::range::CopySourceRange;
use cairn_types::{PartNumber, UploadId};

use super::copy_source;
use super::shared::{self, Act, Finds};
use super::upload_part::part_number;
use crate::operation::{Call, Operation};
use crate::refusal::Refusal;
use crate::response::Response;
use crate::table::{Action, Condition, Resource, Route};

pub(super) struct UploadPartCopy;

pub(super) struct Input {
    upload: UploadId,
    number: PartNumber,
    source: CopySource,
    range: Option<CopySourceRange>,
}

async fn copy(
    call: &Call,
    input: &Input,
    upload: &Upload,
    version: &ObjectVersion,
) -> Result<StoredPart, Act> {
    let range = input
        .range
        .as_ref()
        .map(|range| range.resolve(version.size))
        .transpose()?;
    let length = range.map_or(version.size, |range| range.len());
    let max = call.objects().limits().put_bytes_max;
    if length > max {
        return Err(S3Error::invalid_request(format!(
            "The specified copy source is larger than the maximum allowable size for a copy source: {max}"
        ))
        .into());
    }
    let bucket = call.bucket()?;
    let range = range.map(|range| range.offsets());
    match call
        .objects()
        .copy_part(version, range, &bucket, upload, input.number)
        .await
    {
        Ok(part) => Ok(part),
        Err(Error::Gone) => Err(Error::Gone.into()),
        Err(error) => Err(call.refuse(error).into()),
    }
}

impl Operation for UploadPartCopy {
    const NAME: &'static str = "UploadPartCopy";
    const ROUTE: Route = Route::new("PUT", Resource::Object)
        .subresource("uploadId")
        .when(&[Condition::Header("x-amz-copy-source")]);
    const ACTION: Action = Action::new("s3:PutObject");
    const LONG: bool = true;

    type Input = Input;
    type Output = (StoredPart, bool, Option<String>);

    fn parse(call: &mut Call) -> Result<Input, Refusal> {
        shared::refuse_unsupported(&call.headers)?;
        Ok(Input {
            number: part_number(call)?,
            upload: shared::upload_id(call)?,
            source: CopySource::read(&call.headers)?,
            range: CopySourceRange::read(&call.headers)?,
        })
    }

    async fn execute(call: &mut Call, input: Input) -> Result<Self::Output, Refusal> {
        let (bucket, key) = (call.bucket()?, call.key()?);
        let upload = call
            .objects()
            .upload(&bucket, &key, &input.upload)
            .await
            .map_err(|error| call.refuse(error))?;
        let mut finds = Finds::default();
        loop {
            let source = copy_source::find(call, &input.source).await?;
            let copied = copy(call, &input, &upload, &source.version).await;
            if let Some(part) = finds.settle(copied, |error| copy_source::refuse(&input.source, error)) {
                return Ok((part?, upload.checksum.is_some(), source.shown_version()));
            }
        }
    }

    fn respond(_: &Call, (part, shows_checksum, source_version): Self::Output) -> Response {
        let result = CopyPartResult {
            last_modified: part.modified,
            etag: part.etag,
            checksum: shows_checksum.then_some(part.checksum),
        };
        Response::xml(result.to_xml()).optional("x-amz-copy-source-version-id", source_version)
    }
}
