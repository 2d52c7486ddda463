//! GetObject and HeadObject (facts/06 §5): the same head, with and without the bytes.

use bytes::Bytes;
use cairn_objects::{ObjectReader, ObjectVersion};
use cairn_protocol::S3Error;
use cairn_protocol::conditional::{ReadConditions, ReadDecision};
use cairn_protocol::encoding::encode_header_text;
use cairn_protocol::headers::{self, DEFAULT_CONTENT_TYPE, META_PREFIX};
use cairn_protocol::parameters::{self, ResponseOverrides};
use cairn_protocol::range::{ByteRange, RangeRequest};
use cairn_types::{PartNumber, StorageClass, VersionId};
use http::StatusCode;

use super::shared::{self, Act, Finds, checksum_headers, shown, stream_from};
use crate::body::Body;
use crate::operation::{Call, Operation};
use crate::refusal::Refusal;
use crate::response::Response;
use crate::table::{Action, Resource, Route};

pub(super) struct GetObject;
pub(super) struct HeadObject;

/// What is asked of the object.
pub(super) struct Read {
    version: Option<VersionId>,
    conditions: ReadConditions,
    range: RangeRequest,
    part: Option<PartNumber>,
    overrides: ResponseOverrides,
    checksum_mode: bool,
}

impl Read {
    fn parse(call: &Call) -> Result<Self, Refusal> {
        let range = RangeRequest::read(&call.headers);
        let part = parameters::part_number(&call.query)?;
        range.exclude(part)?;
        Ok(Self {
            version: shared::version_id(call)?,
            conditions: ReadConditions::read(&call.headers),
            range,
            part,
            overrides: ResponseOverrides::read(&call.query, call.caller.signer().is_some())?,
            checksum_mode: headers::checksum_mode(&call.headers),
        })
    }

    /// Conditions and range, over the version that was found.
    async fn select(&self, call: &Call, version: &ObjectVersion) -> Result<Selected, Act> {
        let now = call.api.clock.now();
        match self.conditions.evaluate(&version.etag, version.modified, now) {
            ReadDecision::NotModified => return Ok(Selected::NotModified),
            decision => decision.into_result().map(|_| ())?,
        }
        if let Some(number) = self.part {
            let Some(range) = call.objects().part_range(version, number).await? else {
                return Err(S3Error::InvalidPartNumber {
                    actual_part_count: version.parts.map_or(1, |parts| parts.count.into()),
                    part_number_requested: number.get().into(),
                }
                .into());
            };
            // An empty part has no last byte to name: the whole (empty) object is answered.
            return Ok(match range.end.checked_sub(1) {
                Some(last) if range.start <= last => Selected::Range(ByteRange {
                    first: range.start,
                    last,
                }),
                _ => Selected::Whole,
            });
        }
        Ok(self
            .range
            .resolve(version.size)?
            .map_or(Selected::Whole, Selected::Range))
    }
}

enum Selected {
    NotModified,
    Whole,
    Range(ByteRange),
}

/// What is answered.
pub(super) struct Answer {
    read: Read,
    version: Box<ObjectVersion>,
    selected: Selected,
    body: Option<Body>,
}

async fn answer(call: &Call, read: Read, with_body: bool) -> Result<Answer, Refusal> {
    let mut finds = Finds::default();
    loop {
        let version = shared::find(call, read.version).await?;
        let opened = select_and_open(call, &read, &version, with_body).await;
        if let Some(outcome) = finds.settle(opened, |error| call.refuse(error)) {
            let (selected, body) = outcome?;
            return Ok(Answer {
                read,
                version,
                selected,
                body,
            });
        }
    }
}

async fn select_and_open(
    call: &Call,
    read: &Read,
    version: &ObjectVersion,
    with_body: bool,
) -> Result<(Selected, Option<Body>), Act> {
    let selected = read.select(call, version).await?;
    let body = match (&selected, with_body) {
        (Selected::NotModified, _) | (_, false) => None,
        (Selected::Whole, true) => Some(open(call, version, None).await?),
        (Selected::Range(range), true) => Some(open(call, version, Some(*range)).await?),
    };
    Ok((selected, body))
}

/// Opens the bytes. The first are read here, so that what cannot be read is an error and not a short
/// answer, and a small object needs no stream.
async fn open(call: &Call, version: &ObjectVersion, range: Option<ByteRange>) -> Result<Body, Act> {
    let length = range.map_or(version.size, |range| range.len());
    let mut reader: ObjectReader = call
        .objects()
        .read(version, range.map(|range| range.offsets()))
        .await?;
    let first: Option<Bytes> = reader.next().await?;
    Ok(match first {
        Some(data) if data.len() as u64 == length => Body::full(data),
        None if length == 0 => Body::empty(),
        first => Body::stream(Some(length), stream_from(first, reader)),
    })
}

fn respond(call: &Call, answer: Answer) -> Response {
    let Answer {
        read,
        version,
        selected,
        body,
    } = answer;
    let status = match selected {
        Selected::NotModified => StatusCode::NOT_MODIFIED,
        Selected::Whole if read.part.is_some() && version.size > 0 => StatusCode::PARTIAL_CONTENT,
        Selected::Whole => StatusCode::OK,
        Selected::Range(_) => StatusCode::PARTIAL_CONTENT,
    };
    let mut response = Response::new(status)
        .header("etag", version.etag.quoted())
        .header("last-modified", version.modified.http_date());
    if let Some(bucket) = &call.bucket {
        response = response.optional("x-amz-version-id", shown(bucket, version.version));
    }
    let metadata = &version.metadata;
    if status == StatusCode::NOT_MODIFIED {
        return response.optional("cache-control", metadata.headers.cache_control.as_ref());
    }
    response = response
        .header("accept-ranges", "bytes")
        .header(
            "content-type",
            metadata
                .headers
                .content_type
                .as_deref()
                .unwrap_or(DEFAULT_CONTENT_TYPE),
        )
        .optional("cache-control", metadata.headers.cache_control.as_ref())
        .optional(
            "content-disposition",
            metadata.headers.content_disposition.as_ref(),
        )
        .optional("content-encoding", metadata.headers.content_encoding.as_ref())
        .optional("content-language", metadata.headers.content_language.as_ref())
        .optional("expires", metadata.headers.expires.as_ref())
        .optional(
            "x-amz-website-redirect-location",
            metadata.website_redirect.as_ref(),
        );
    for (name, value) in &metadata.user {
        response = response.dynamic_header(
            &format!("{META_PREFIX}{name}"),
            encode_header_text(value).as_bytes(),
        );
    }
    if metadata.storage_class != StorageClass::Standard {
        response = response.header("x-amz-storage-class", metadata.storage_class.as_str());
    }
    let tags = metadata.tags.as_slice().len();
    if tags > 0 {
        response = response.header("x-amz-tagging-count", tags.to_string());
    }
    if read.part.is_some()
        && let Some(parts) = version.parts
    {
        response = response.header("x-amz-mp-parts-count", parts.count.to_string());
    }
    let length = match selected {
        Selected::Range(range) => {
            response = response.header("content-range", range.content_range(version.size));
            range.len()
        }
        _ => version.size,
    };
    // Only of the whole object: a checksum of all says nothing of a part (facts/06 §5).
    if read.checksum_mode && length == version.size {
        response = checksum_headers(response, &version.checksum);
    }
    read.overrides.apply(response.headers_mut());
    match body {
        Some(body) => response.body(body),
        None => response.header("content-length", length.to_string()),
    }
}

impl Operation for GetObject {
    const NAME: &'static str = "GetObject";
    const ROUTE: Route = Route::new("GET", Resource::Object);
    const ACTION: Action = Action::versioned("s3:GetObject", "s3:GetObjectVersion");

    type Input = Read;
    type Output = Answer;

    fn parse(call: &mut Call) -> Result<Read, Refusal> {
        Read::parse(call)
    }

    async fn execute(call: &mut Call, read: Read) -> Result<Answer, Refusal> {
        answer(call, read, true).await
    }

    fn respond(call: &Call, output: Answer) -> Response {
        respond(call, output)
    }
}

impl Operation for HeadObject {
    const NAME: &'static str = "HeadObject";
    const ROUTE: Route = Route::new("HEAD", Resource::Object);
    const ACTION: Action = GetObject::ACTION;

    type Input = Read;
    type Output = Answer;

    fn parse(call: &mut Call) -> Result<Read, Refusal> {
        Read::parse(call)
    }

    async fn execute(call: &mut Call, read: Read) -> Result<Answer, Refusal> {
        answer(call, read, false).await
    }

    fn respond(call: &Call, output: Answer) -> Response {
        respond(call, output)
    }
}
