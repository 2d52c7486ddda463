//! ListMultipartUploads (facts/06 §3).

use cairn_objects::{Error, ListUploads, UploadEntry, UploadPage};
use cairn_protocol::documents::{ListMultipartUploadsResult, ListedUpload};
use cairn_protocol::parameters::{self, EncodingType};
use cairn_types::UploadId;

use super::list_objects::{ListedOwners, initiator};
use crate::operation::{Call, Operation};
use crate::refusal::Refusal;
use crate::response::Response;
use crate::table::{Action, Resource, Route};

pub(super) struct ListMultipartUploads;

pub(super) struct Input {
    prefix: Option<String>,
    delimiter: Option<String>,
    max_uploads: u32,
    encoding: Option<EncodingType>,
    key_marker: String,
    upload_marker: Option<UploadId>,
}

impl Operation for ListMultipartUploads {
    const NAME: &'static str = "ListMultipartUploads";
    const ROUTE: Route = Route::new("GET", Resource::Bucket).subresource("uploads");
    const ACTION: Action = Action::new("s3:ListBucketMultipartUploads");

    type Input = Input;
    type Output = (Input, UploadPage);

    fn parse(call: &mut Call) -> Result<Input, Refusal> {
        let key_marker = call.query.get("key-marker").unwrap_or_default().to_owned();
        // Without a key marker it is ignored (facts/06 §3).
        let raw = call
            .query
            .get("upload-id-marker")
            .filter(|raw| !raw.is_empty() && !key_marker.is_empty());
        let upload_marker = match raw {
            None => None,
            Some(raw) => {
                let id = UploadId::parse(raw);
                Some(
                    id.ok_or(Error::InvalidUploadIdMarker)
                        .map_err(|error| call.refuse(error))?,
                )
            }
        };
        Ok(Input {
            encoding: parameters::encoding_type(&call.query)?,
            max_uploads: parameters::max_uploads(&call.query)?,
            prefix: call.query.get("prefix").map(str::to_owned),
            delimiter: parameters::delimiter(&call.query).map(str::to_owned),
            key_marker,
            upload_marker,
        })
    }

    async fn execute(call: &mut Call, input: Input) -> Result<Self::Output, Refusal> {
        let bucket = call.bucket()?;
        let list = ListUploads {
            prefix: input.prefix.clone().unwrap_or_default(),
            delimiter: input.delimiter.clone().unwrap_or_default(),
            key_marker: input.key_marker.clone(),
            upload_marker: input.upload_marker,
            limit: input.max_uploads as usize,
        };
        let page = call
            .objects()
            .list_uploads(&bucket, &list)
            .await
            .map_err(|error| call.refuse(error))?;
        Ok((input, page))
    }

    fn respond(call: &Call, (input, page): Self::Output) -> Response {
        let Some(bucket) = &call.bucket else {
            return Response::no_content();
        };
        // The last upload, whether or not more follow; empty where the page ends on a common prefix, which
        // is Amazon's quirk (facts/06 §3).
        let (next_key_marker, next_upload_id_marker) = match page.entries.last() {
            Some(UploadEntry::Upload(upload)) => (upload.key.as_str().to_owned(), upload.id.to_string()),
            Some(UploadEntry::CommonPrefix(_)) | None => (String::new(), String::new()),
        };
        let owners = ListedOwners::of(bucket);
        let (mut uploads, mut common_prefixes) = (Vec::new(), Vec::new());
        for entry in &page.entries {
            match entry {
                UploadEntry::CommonPrefix(prefix) => common_prefixes.push(prefix.as_str()),
                UploadEntry::Upload(upload) => uploads.push(ListedUpload {
                    key: upload.key.clone(),
                    upload_id: upload.id,
                    initiator: Some(initiator(&upload.initiator)),
                    owner: Some(owners.object(upload.owner.as_ref())),
                    storage_class: upload.storage_class,
                    initiated: upload.initiated,
                    checksum: upload
                        .checksum
                        .map(|checksum| (checksum.algorithm, checksum.kind)),
                }),
            }
        }
        let result = ListMultipartUploadsResult {
            bucket: bucket.name.clone(),
            key_marker: input.key_marker,
            upload_id_marker: input.upload_marker.map(|id| id.to_string()).unwrap_or_default(),
            next_key_marker,
            next_upload_id_marker,
            prefix: input.prefix,
            delimiter: input.delimiter,
            encoding: input.encoding,
            max_uploads: input.max_uploads,
            is_truncated: page.truncated,
            uploads,
            common_prefixes,
        };
        Response::xml(result.to_xml())
    }
}
