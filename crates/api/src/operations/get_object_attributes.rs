//! GetObjectAttributes (facts/06 §5).

use cairn_objects::ObjectVersion;
use cairn_protocol::S3Error;
use cairn_protocol::documents::{AttributeParts, GetObjectAttributesResponse};
use cairn_protocol::headers::{self, ObjectAttributes};
use cairn_types::VersionId;

use super::get_object::GetObject;
use super::shared::{self, Act, Finds, shown};
use crate::access::{Extra, When};
use crate::operation::{Call, Operation};
use crate::refusal::Refusal;
use crate::response::Response;
use crate::table::{Action, Resource, Route};

pub(super) struct GetObjectAttributes;

pub(super) struct Input {
    version: Option<VersionId>,
    wanted: ObjectAttributes,
    max_parts: u32,
    marker: u32,
}

/// `x-amz-max-parts` and `x-amz-part-number-marker`.
fn number(call: &Call, name: &str) -> Result<Option<u32>, S3Error> {
    headers::text(&call.headers, name)
        .map(|text| {
            text.parse::<u32>().map_err(|_| {
                S3Error::invalid_argument(
                    format!("Provided {name} not an integer or within integer range"),
                    name,
                    text.as_ref(),
                )
            })
        })
        .transpose()
}

async fn parts(call: &Call, input: &Input, version: &ObjectVersion) -> Result<Option<AttributeParts>, Act> {
    let Some(of) = version.parts.filter(|_| input.wanted.object_parts) else {
        return Ok(None);
    };
    let count = u32::from(of.count);
    if !of.checksums {
        return Ok(Some(AttributeParts::Count(count)));
    }
    let after = u16::try_from(input.marker).unwrap_or(u16::MAX);
    let page = call
        .objects()
        .parts(version, after, input.max_parts as usize)
        .await?;
    Ok(Some(AttributeParts::Page {
        count,
        marker: input.marker,
        next_marker: page.parts.last().map_or(0, |part| part.number.get().into()),
        max_parts: input.max_parts,
        is_truncated: page.truncated,
        parts: page
            .parts
            .into_iter()
            .map(|part| (part.number, part.size, part.checksum))
            .collect(),
    }))
}

impl Operation for GetObjectAttributes {
    const NAME: &'static str = "GetObjectAttributes";
    const ROUTE: Route = Route::new("GET", Resource::Object).subresource("attributes");
    const EXTRA: &'static [Extra] = &[Extra {
        when: When::Always,
        action: GetObject::ACTION,
    }];
    const ACTION: Action = Action::versioned("s3:GetObjectAttributes", "s3:GetObjectVersionAttributes");

    type Input = Input;
    type Output = (Input, Box<ObjectVersion>, Option<AttributeParts>);

    fn parse(call: &mut Call) -> Result<Input, Refusal> {
        Ok(Input {
            version: shared::version_id(call)?,
            wanted: ObjectAttributes::read(&call.headers)?,
            max_parts: number(call, "x-amz-max-parts")?.unwrap_or(1000).min(1000),
            marker: number(call, "x-amz-part-number-marker")?.unwrap_or(0),
        })
    }

    async fn execute(call: &mut Call, input: Input) -> Result<Self::Output, Refusal> {
        let call = &*call;
        let mut finds = Finds::default();
        loop {
            let version = shared::find(call, input.version).await?;
            let parts = parts(call, &input, &version).await;
            if let Some(parts) = finds.settle(parts, |error| call.refuse(error)) {
                return Ok((input, version, parts?));
            }
        }
    }

    fn respond(call: &Call, (input, version, object_parts): Self::Output) -> Response {
        let wanted = input.wanted;
        let result = GetObjectAttributesResponse {
            etag: wanted.etag.then_some(version.etag),
            checksum: wanted.checksum.then(|| version.checksum.clone()),
            object_parts,
            storage_class: wanted.storage_class.then_some(version.metadata.storage_class),
            object_size: wanted.object_size.then_some(version.size),
        };
        let response = Response::xml(result.to_xml()).header("last-modified", version.modified.http_date());
        match &call.bucket {
            Some(bucket) => response.optional("x-amz-version-id", shown(bucket, version.version)),
            None => response,
        }
    }
}
