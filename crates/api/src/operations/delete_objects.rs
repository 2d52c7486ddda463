//! DeleteObjects (facts/06 §6): up to 1000 keys, each with an outcome of its own.

use cairn_objects::{Bucket, Delete, Deleted, IfMatch};
use cairn_protocol::S3Error;
use cairn_protocol::address::object_key;
use cairn_protocol::documents::{self, DeleteFailure, DeleteResult, DeletedObject, ObjectToDelete};
use cairn_protocol::headers;
use cairn_protocol::parameters::parse_version_id;

use super::delete_object::DeleteObject;
use super::mfa_delete;
use crate::access::{self, Extra, Target};
use crate::operation::{Call, Operation, RequestBody};
use crate::refusal::{Refusal, Subject, wire_error};
use crate::response::Response;
use crate::table::{Action, Resource, Route};

pub(super) struct DeleteObjects;

/// One entry of the request, as a delete or as the reason why it is none.
fn delete(object: &ObjectToDelete) -> Result<Delete, S3Error> {
    if object.last_modified_time.is_some() || object.size.is_some() {
        return Err(S3Error::NotImplemented {
            message: headers::NOT_IMPLEMENTED_HEADER.to_owned(),
            header: None,
            additional_message: None,
        });
    }
    Ok(Delete {
        key: object_key(object.key.clone())?,
        version: object.version_id.as_deref().map(parse_version_id).transpose()?,
        if_match: object.etag.as_deref().map(|etag| match etag {
            "*" => IfMatch::Any,
            etag => IfMatch::ETag(etag.to_owned()),
        }),
    })
}

/// Each key is asked for itself: a policy may allow some and not others.
async fn allow(call: &Call, bucket: &Bucket, delete: &Delete) -> Result<(), S3Error> {
    let action = match delete.version {
        Some(_) => DeleteObject::ACTION
            .version
            .unwrap_or(DeleteObject::ACTION.current),
        None => DeleteObject::ACTION.current,
    };
    let target = Target::Object(bucket, &delete.key, delete.version);
    access::allow_all(&call.asking(), Action::new(action), DeleteObject::EXTRA, target).await
}

fn deleted(object: ObjectToDelete, deleted: Deleted) -> DeletedObject {
    DeletedObject {
        key: object.key,
        delete_marker_version_id: deleted.delete_marker.then(|| {
            deleted
                .version
                .map(|version| version.to_string())
                .unwrap_or_default()
        }),
        version_id: object.version_id,
    }
}

impl Operation for DeleteObjects {
    const NAME: &'static str = "DeleteObjects";
    const ROUTE: Route = Route::new("POST", Resource::Bucket).subresource("delete");
    const ACTION: Action = DeleteObject::ACTION;
    const EXTRA: &'static [Extra] = DeleteObject::EXTRA;
    const AUTHORIZES: bool = true;
    const BODY: RequestBody = RequestBody::Document;

    type Input = documents::Delete;
    type Output = DeleteResult;

    fn parse(call: &mut Call) -> Result<documents::Delete, Refusal> {
        // What the document is checked against was checked when it was read; here it must have been.
        if !crate::document::is_checked(&call.headers)? {
            return Err(
                S3Error::invalid_request("Missing required header for this request: Content-MD5").into(),
            );
        }
        Ok(documents::Delete::parse(&call.document)?)
    }

    async fn execute(call: &mut Call, input: documents::Delete) -> Result<DeleteResult, Refusal> {
        let bucket = call.bucket()?;
        // Without a code, or with a wrong one, all of it fails, keys without a version too.
        if access::mfa_delete(&bucket)? == Some(true) {
            let versions = input.objects.iter().any(|object| object.version_id.is_some());
            mfa_delete::prove(call, versions).await?;
        }
        let mut requested = Vec::with_capacity(input.objects.len());
        for object in &input.objects {
            requested.push(match delete(object) {
                Ok(delete) => allow(call, &bucket, &delete).await.map(|()| delete),
                Err(error) => Err(error),
            });
        }
        let deletes: Vec<Delete> = requested.iter().flatten().cloned().collect();
        let mut results = call.objects().delete_many(&bucket, &deletes).await.into_iter();
        let outcomes = input
            .objects
            .into_iter()
            .zip(requested)
            .map(|(object, requested)| {
                let outcome = requested.and_then(|_| match results.next() {
                    Some(Ok(done)) => Ok(done),
                    Some(Err(error)) => {
                        let subject = Subject {
                            bucket: bucket.name.as_str(),
                            key: &object.key,
                            version: object.version_id.as_deref(),
                            upload: "",
                        };
                        Err(wire_error(error, subject))
                    }
                    None => Err(S3Error::InternalError {}),
                });
                match outcome {
                    Ok(done) => Ok(deleted(object, done)),
                    Err(error) => Err(DeleteFailure {
                        key: object.key,
                        version_id: object.version_id,
                        error: Box::new(error),
                    }),
                }
            });
        Ok(DeleteResult::new(input.quiet, outcomes))
    }

    fn respond(_: &Call, result: DeleteResult) -> Response {
        Response::xml(result.to_xml())
    }
}
