//! GetObjectTagging, PutObjectTagging and DeleteObjectTagging (facts/06 §4, §6).

use cairn_objects::{Error, Found};
use cairn_protocol::S3Error;
use cairn_protocol::documents::Tagging;
use cairn_types::tag::Tagged;
use cairn_types::{TagSet, VersionId};
use http::StatusCode;

use super::shared::{self, shown};
use crate::access::{Asking, Target};
use crate::operation::{Call, Operation, RequestBody};
use crate::refusal::Refusal;
use crate::response::Response;
use crate::table::{Action, Resource, Route};

pub(super) struct GetObjectTagging;
pub(super) struct PutObjectTagging;
pub(super) struct DeleteObjectTagging;

const fn route(method: &'static str) -> Route {
    Route::new(method, Resource::Object).subresource("tagging")
}

fn version_header(call: &Call, response: Response, version: VersionId) -> Response {
    match &call.bucket {
        Some(bucket) => response.optional("x-amz-version-id", shown(bucket, version)),
        None => response,
    }
}

async fn set(call: &Call, version: Option<VersionId>, tags: TagSet) -> Result<VersionId, Refusal> {
    let (bucket, key) = (call.bucket()?, call.key()?);
    call.objects()
        .set_object_tags(&bucket, &key, version, tags)
        .await
        .map_err(|error| call.refuse(error))
}

impl Operation for GetObjectTagging {
    const NAME: &'static str = "GetObjectTagging";
    const ROUTE: Route = route("GET");
    const ACTION: Action = Action::versioned("s3:GetObjectTagging", "s3:GetObjectVersionTagging");

    type Input = Option<VersionId>;
    type Output = (VersionId, TagSet);

    fn parse(call: &mut Call) -> Result<Option<VersionId>, Refusal> {
        shared::version_id(call)
    }

    async fn execute(call: &mut Call, version: Option<VersionId>) -> Result<Self::Output, Refusal> {
        let (bucket, key) = (call.bucket()?, call.key()?);
        match call.objects().find(&bucket, &key, version).await {
            Ok(Found::Object(version)) => Ok((version.version, version.metadata.tags)),
            // A marker has no tags, whether it was named or is the latest (facts/06 §4).
            Ok(Found::DeleteMarker(marker)) => Err(call.refuse(Error::IsDeleteMarker(marker))),
            // The bucket's name stands before the key here (facts/06 §6).
            Err(Error::NoSuchKey) => Err(S3Error::NoSuchKey {
                key: format!("{}/{key}", bucket.name),
            }
            .into()),
            Err(error) => Err(call.refuse(error)),
        }
    }

    fn respond(call: &Call, (version, tags): Self::Output) -> Response {
        version_header(call, Response::xml(Tagging(tags).to_xml()), version)
    }
}

impl Operation for PutObjectTagging {
    const NAME: &'static str = "PutObjectTagging";
    const ROUTE: Route = route("PUT");
    const ACTION: Action = Action::versioned("s3:PutObjectTagging", "s3:PutObjectVersionTagging");
    const AUTHORIZES: bool = true;
    const BODY: RequestBody = RequestBody::Document;

    type Input = (Option<VersionId>, TagSet);
    type Output = VersionId;

    fn parse(call: &mut Call) -> Result<Self::Input, Refusal> {
        Ok((
            shared::version_id(call)?,
            Tagging::parse(&call.document, Tagged::Object)?.0,
        ))
    }

    async fn execute(call: &mut Call, (version, tags): Self::Input) -> Result<VersionId, Refusal> {
        // Policies may ask for the tags that are to be set.
        let (bucket, key) = (call.bucket()?, call.key()?);
        let asking = Asking {
            tags: Some(&tags),
            ..call.asking()
        };
        let target = Target::Object(&bucket, &key, version);
        asking.allow(Self::ACTION.of(&call.query), target).await?;
        set(call, version, tags).await
    }

    fn respond(call: &Call, version: VersionId) -> Response {
        version_header(call, Response::new(StatusCode::OK), version)
    }
}

impl Operation for DeleteObjectTagging {
    const NAME: &'static str = "DeleteObjectTagging";
    const ROUTE: Route = route("DELETE");
    const ACTION: Action = Action::versioned("s3:DeleteObjectTagging", "s3:DeleteObjectVersionTagging");

    type Input = Option<VersionId>;
    type Output = VersionId;

    fn parse(call: &mut Call) -> Result<Option<VersionId>, Refusal> {
        shared::version_id(call)
    }

    async fn execute(call: &mut Call, version: Option<VersionId>) -> Result<VersionId, Refusal> {
        set(call, version, TagSet::default()).await
    }

    fn respond(call: &Call, version: VersionId) -> Response {
        version_header(call, Response::no_content(), version)
    }
}
