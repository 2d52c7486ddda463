//! ListObjectVersions (facts/06 §3).

use cairn_objects::{self as objects, ListVersions, VersionEntry, VersionPage};
use cairn_protocol::documents::{self, ListVersionsResult, ListedDeleteMarker, ListedVersion};
use cairn_protocol::parameters::{self, EncodingType, VersionMarkers};

use super::list_objects::ListedOwners;
use crate::operation::{Call, Operation};
use crate::refusal::Refusal;
use crate::response::Response;
use crate::table::{Action, Resource, Route};

pub(super) struct ListObjectVersions;

pub(super) struct Input {
    prefix: String,
    delimiter: Option<String>,
    max_keys: u32,
    encoding: Option<EncodingType>,
    markers: VersionMarkers,
}

impl Operation for ListObjectVersions {
    const NAME: &'static str = "ListObjectVersions";
    const ROUTE: Route = Route::new("GET", Resource::Bucket).subresource("versions");
    const ACTION: Action = Action::new("s3:ListBucketVersions");

    type Input = Input;
    type Output = (Input, VersionPage);

    fn parse(call: &mut Call) -> Result<Input, Refusal> {
        Ok(Input {
            encoding: parameters::encoding_type(&call.query)?,
            max_keys: parameters::max_keys(&call.query)?,
            prefix: call.query.get("prefix").unwrap_or_default().to_owned(),
            delimiter: parameters::delimiter(&call.query).map(str::to_owned),
            markers: parameters::version_markers(&call.query)?,
        })
    }

    async fn execute(call: &mut Call, input: Input) -> Result<Self::Output, Refusal> {
        let bucket = call.bucket()?;
        let list = ListVersions {
            prefix: input.prefix.clone(),
            delimiter: input.delimiter.clone().unwrap_or_default(),
            key_marker: input.markers.key.clone(),
            version_marker: input.markers.version_id,
            limit: input.max_keys as usize,
        };
        let page = call
            .objects()
            .list_versions(&bucket, &list)
            .await
            .map_err(|error| call.refuse(error))?;
        Ok((input, page))
    }

    fn respond(call: &Call, (input, page): Self::Output) -> Response {
        let Some(bucket) = &call.bucket else {
            return Response::no_content();
        };
        let owners = ListedOwners::of(bucket);
        let entries = page.entries.iter().filter_map(|entry| match entry {
            VersionEntry::Version(version) => Some(listed(version, &owners)),
            VersionEntry::CommonPrefix(_) => None,
        });
        let common_prefixes = page.entries.iter().filter_map(|entry| match entry {
            VersionEntry::Version(_) => None,
            VersionEntry::CommonPrefix(prefix) => Some(prefix.as_str()),
        });
        let (next_key_marker, next_version_id_marker) = match page.next {
            Some((key, version)) => (Some(key), version),
            None => (None, None),
        };
        let result = ListVersionsResult {
            name: bucket.name.clone(),
            prefix: input.prefix,
            key_marker: input.markers.key,
            version_id_marker: input
                .markers
                .version_id
                .map(|id| id.to_string())
                .unwrap_or_default(),
            is_truncated: next_key_marker.is_some(),
            next_key_marker,
            next_version_id_marker,
            max_keys: input.max_keys,
            delimiter: input.delimiter,
            encoding: input.encoding,
            entries,
            common_prefixes: common_prefixes.collect(),
        };
        Response::xml(result.to_xml())
    }
}

/// A version or a delete marker as its element shows it.
fn listed<'a>(
    version: &'a objects::ListedVersion,
    owners: &'a ListedOwners<'_>,
) -> documents::VersionEntry<'a> {
    match &version.object {
        Some(object) => documents::VersionEntry::Version(ListedVersion {
            key: version.key.as_str(),
            version_id: version.version,
            is_latest: version.latest,
            last_modified: version.modified,
            etag: object.etag,
            checksum: Some(object.checksum),
            size: object.size,
            storage_class: object.storage_class,
            owner: Some(owners.object(object.owner.as_deref())),
        }),
        None => documents::VersionEntry::DeleteMarker(ListedDeleteMarker {
            key: version.key.as_str(),
            version_id: version.version,
            is_latest: version.latest,
            last_modified: version.modified,
            owner: Some(owners.object(None)),
        }),
    }
}
