//! GetObjectAcl and PutObjectAcl, of the latest version or one that is named (facts/05 §8).

use cairn_access::Level;
use cairn_objects::{Error, Found, ObjectVersion};
use cairn_types::VersionId;
use http::StatusCode;

use super::shared::{self, Act, Finds, shown};
use crate::access;
use crate::operation::{Call, Operation, RequestBody};
use crate::refusal::Refusal;
use crate::response::Response;
use crate::table::{Action, Resource, Route};

pub(super) struct GetObjectAcl;
pub(super) struct PutObjectAcl;

const fn route(method: &'static str) -> Route {
    Route::new(method, Resource::Object).subresource("acl")
}

fn version_header(call: &Call, response: Response, version: VersionId) -> Response {
    match &call.bucket {
        Some(bucket) => response.optional("x-amz-version-id", shown(bucket, version)),
        None => response,
    }
}

impl Operation for GetObjectAcl {
    const NAME: &'static str = "GetObjectAcl";
    const ROUTE: Route = route("GET");
    const ACTION: Action = Action::versioned("s3:GetObjectAcl", "s3:GetObjectVersionAcl");

    type Input = Option<VersionId>;
    type Output = (VersionId, String);

    fn parse(call: &mut Call) -> Result<Option<VersionId>, Refusal> {
        shared::version_id(call)
    }

    async fn execute(call: &mut Call, version: Option<VersionId>) -> Result<Self::Output, Refusal> {
        let bucket = call.bucket()?;
        // A marker that is the latest is no object; one that is named takes no such method (facts/06 §4).
        let version = shared::find(call, version).await?;
        let (owner, acl) = access::shown(&call.api, &bucket, &version).await?;
        let document = acl.to_document(&owner.canonical).to_xml();
        Ok((version.version, document))
    }

    fn respond(call: &Call, (version, document): Self::Output) -> Response {
        version_header(call, Response::xml(document), version)
    }
}

/// The version to set the ACL of; a marker has none, whether it was named or is the latest (facts/06 §4).
async fn find(call: &Call, version: Option<VersionId>) -> Result<Box<ObjectVersion>, Refusal> {
    let (bucket, key) = (call.bucket()?, call.key()?);
    match call.objects().find(&bucket, &key, version).await {
        Ok(Found::Object(version)) => Ok(version),
        Ok(Found::DeleteMarker(marker)) => Err(call.refuse(Error::IsDeleteMarker(marker))),
        Err(error) => Err(call.refuse(error)),
    }
}

async fn set(call: &Call, version: &ObjectVersion) -> Result<(), Act> {
    let bucket = call.bucket()?;
    let owner = access::object_owner(&bucket, access::ownership(&bucket)?, version);
    let wanted = access::wanted(&call.headers, &call.document, owner)?;
    access::accept(&call.api, &bucket, &wanted).await?;
    let canonical = &owner.canonical;
    let acl = wanted.acl(Level::Object, canonical, &bucket.owner.canonical);
    let acl = access::encode(&acl, canonical);
    Ok(call.objects().set_object_acl(&bucket, version, acl).await?)
}

impl Operation for PutObjectAcl {
    const NAME: &'static str = "PutObjectAcl";
    const ROUTE: Route = route("PUT");
    const ACTION: Action = Action::versioned("s3:PutObjectAcl", "s3:PutObjectVersionAcl");
    const BODY: RequestBody = RequestBody::Document;

    type Input = Option<VersionId>;
    type Output = VersionId;

    fn parse(call: &mut Call) -> Result<Option<VersionId>, Refusal> {
        shared::version_id(call)
    }

    async fn execute(call: &mut Call, version: Option<VersionId>) -> Result<VersionId, Refusal> {
        let mut finds = Finds::default();
        loop {
            let found = find(call, version).await?;
            let done = set(call, &found).await;
            if let Some(outcome) = finds.settle(done, |error| call.refuse(error)) {
                return outcome.map(|()| found.version);
            }
        }
    }

    fn respond(call: &Call, version: VersionId) -> Response {
        version_header(call, Response::new(StatusCode::OK), version)
    }
}
