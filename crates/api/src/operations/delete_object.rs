//! DeleteObject (facts/06 §4, §6).

use cairn_objects::{Deleted, IfMatch};
use cairn_protocol::conditional::WritePrecondition;
use cairn_types::VersionId;

use super::{mfa_delete, shared};
use crate::access::{self, Extra};
use crate::operation::{Call, Operation};
use crate::refusal::Refusal;
use crate::response::Response;
use crate::table::{Action, Resource, Route};

pub(super) struct DeleteObject;

pub(super) struct Input {
    version: Option<VersionId>,
    if_match: Option<IfMatch>,
}

impl Operation for DeleteObject {
    const NAME: &'static str = "DeleteObject";
    const ROUTE: Route = Route::new("DELETE", Resource::Object);
    const ACTION: Action = Action::versioned("s3:DeleteObject", "s3:DeleteObjectVersion");
    const EXTRA: &'static [Extra] = &[Extra::header(
        "x-amz-bypass-governance-retention",
        "s3:BypassGovernanceRetention",
    )];

    type Input = Input;
    type Output = Deleted;

    fn parse(call: &mut Call) -> Result<Input, Refusal> {
        let if_match = match WritePrecondition::read_delete(&call.headers)? {
            WritePrecondition::None | WritePrecondition::Absent => None,
            WritePrecondition::Exists => Some(IfMatch::Any),
            WritePrecondition::Matches(etag) => Some(IfMatch::ETag(
                etag.map(|etag| etag.to_string()).unwrap_or_default(),
            )),
        };
        Ok(Input {
            version: shared::version_id(call)?,
            if_match,
        })
    }

    async fn execute(call: &mut Call, input: Input) -> Result<Deleted, Refusal> {
        let (bucket, key) = (call.bucket()?, call.key()?);
        if access::mfa_delete(&bucket)? == Some(true) {
            mfa_delete::prove(call, input.version.is_some()).await?;
        }
        call.objects()
            .delete(&bucket, &key, input.version, input.if_match.as_ref())
            .await
            .map_err(|error| call.refuse(error))
    }

    fn respond(_: &Call, deleted: Deleted) -> Response {
        Response::no_content()
            .optional(
                "x-amz-version-id",
                deleted.version.map(|version| version.to_string()),
            )
            .optional("x-amz-delete-marker", deleted.delete_marker.then_some("true"))
    }
}
