//! CompleteMultipartUpload (facts/06 §8, §9).

use cairn_objects::{Bucket, CompletePart, CompleteUpload, Error, Stored};
use cairn_protocol::S3Error;
use cairn_protocol::address::{Endpoint, Style};
use cairn_protocol::documents::{self, CompleteMultipartUploadResult, CompletedPart};
use cairn_protocol::encoding::encode_path;
use cairn_protocol::headers;
use cairn_protocol::location::object_url;
use cairn_types::{ChecksumValue, ObjectKey, UploadId};

use super::shared;
use crate::operation::{Call, Operation, RequestBody};
use crate::refusal::{Refusal, bad_checksum};
use crate::response::Response;
use crate::table::{Action, Resource, Route};

pub(super) struct CompleteMultipartUpload;

/// A part of the list. A checksum that is none of its algorithm can be no part's.
fn part(part: CompletedPart, upload: &UploadId) -> Result<CompletePart, S3Error> {
    let checksum = match part.checksums.first() {
        None => None,
        Some((algorithm, text)) => {
            Some(ChecksumValue::parse(*algorithm, text).map_err(|_| part.invalid(upload))?)
        }
    };
    Ok(CompletePart {
        number: part.part_number,
        etag: part.etag,
        checksum,
    })
}

/// The object's URL, in a form that works where the request did: below an endpoint name the bucket's own
/// host, as Amazon answers (facts/06 §8); at any other host (an IP address, a container's name) path style.
fn location(call: &Call, bucket: &Bucket, key: &ObjectKey) -> String {
    let scheme = if call.sender.tls { "https" } else { "http" };
    if call.address.endpoint == Endpoint::Own && call.address.style == Style::Path {
        return format!(
            "{scheme}://{}/{}/{}",
            call.host,
            bucket.name,
            encode_path(key.as_str())
        );
    }
    let domain = call.api.endpoints.domain();
    let domain = match call.host.rsplit_once(':') {
        Some((_, port)) if port.bytes().all(|b| b.is_ascii_digit()) => format!("{domain}:{port}"),
        _ => domain.to_owned(),
    };
    object_url(scheme, &bucket.name, &bucket.region, &domain, key)
}

impl Operation for CompleteMultipartUpload {
    const NAME: &'static str = "CompleteMultipartUpload";
    const ROUTE: Route = Route::new("POST", Resource::Object).subresource("uploadId");
    const ACTION: Action = Action::new("s3:PutObject");
    // The checksum headers are about the object, not about the document: it is read without them.
    const BODY: RequestBody = RequestBody::DocumentAboutObject;
    const LONG: bool = true;

    type Input = (UploadId, CompleteUpload);
    type Output = Stored;

    fn parse(call: &mut Call) -> Result<Self::Input, Refusal> {
        let upload = shared::upload_id(call)?;
        let list = documents::CompleteMultipartUpload::parse(&call.document)?;
        let parts = list.parts.into_iter().map(|listed| part(listed, &upload));
        let complete = CompleteUpload {
            parts: parts.collect::<Result<_, _>>()?,
            checksum_type: headers::checksum_type(&call.headers)?,
            checksum: headers::object_checksum(&call.headers)?.map(|checksum| checksum.value),
            object_size: headers::multipart_object_size(&call.headers)?,
            precondition: shared::precondition(&call.headers)?,
        };
        Ok((upload, complete))
    }

    async fn execute(call: &mut Call, (upload, complete): Self::Input) -> Result<Stored, Refusal> {
        let (bucket, key) = (call.bucket()?, call.key()?);
        match call
            .objects()
            .complete_upload(&bucket, &key, &upload, &complete)
            .await
        {
            Ok(stored) => Ok(stored),
            // Written in lower case here, unlike where bytes are uploaded (facts/06 §9).
            Err(Error::BadChecksum { expected, .. }) => {
                Err(bad_checksum(expected.algorithm().as_lower_str()).into())
            }
            Err(error) => Err(call.refuse(error)),
        }
    }

    fn respond(call: &Call, stored: Stored) -> Response {
        let (Some(bucket), Some(key)) = (&call.bucket, &call.key) else {
            return Response::no_content();
        };
        let result = CompleteMultipartUploadResult {
            location: location(call, bucket, key),
            bucket: bucket.name.clone(),
            key: key.clone(),
            etag: stored.etag,
            checksum: Some(stored.checksum),
        };
        Response::xml(result.to_xml(true)).optional(
            "x-amz-version-id",
            stored.version.map(|version| version.to_string()),
        )
    }
}
