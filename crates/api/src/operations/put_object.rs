//! PutObject (facts/06 §6).

use cairn_objects::{BodySpec, PutObject as Put, Stored};
use cairn_protocol::S3Error;
use http::StatusCode;

use super::shared::{self, Digests, checksum_headers};
use crate::access::{Extra, NewAccess};
use crate::operation::{Call, Operation, RequestBody};
use crate::refusal::Refusal;
use crate::response::Response;
use crate::table::{Action, Resource, Route};

pub(super) struct PutObject;

pub(super) struct Input {
    digests: Digests,
    put: Put,
}

impl Operation for PutObject {
    const NAME: &'static str = "PutObject";
    const ROUTE: Route = Route::new("PUT", Resource::Object);
    const ACTION: Action = Action::new("s3:PutObject");
    const EXTRA: &'static [Extra] = Extra::OF_UPLOADS;
    const BODY: RequestBody = RequestBody::Stream;

    type Input = Input;
    type Output = Stored;

    fn parse(call: &mut Call) -> Result<Input, Refusal> {
        // A part whose upload was forgotten must not become an object.
        if let Some(number) = call.query.get("partNumber") {
            return Err(S3Error::invalid_argument(
                "This operation does not accept a query-string.",
                "partNumber",
                number,
            )
            .into());
        }
        shared::refuse_unsupported(&call.headers)?;
        Ok(Input {
            digests: Digests::read(&call.headers)?,
            put: Put {
                metadata: shared::metadata(&call.headers)?,
                precondition: shared::precondition(&call.headers)?,
            },
        })
    }

    async fn execute(call: &mut Call, input: Input) -> Result<Stored, Refusal> {
        let Input { digests, mut put } = input;
        let (bucket, key) = (call.bucket()?, call.key()?);
        let access = NewAccess::read(&call.api, &bucket, &call.caller, &call.headers).await?;
        put.metadata = access.of(put.metadata);
        let spec = BodySpec {
            size: call.payload.size(),
            checksum: digests.algorithm(),
        };
        let objects = call.objects().clone();
        objects
            .check_precondition(&bucket, &key, &put.precondition)
            .await
            .map_err(|error| call.refuse(error))?;
        let writer = objects
            .begin_put(&bucket, spec)
            .await
            .map_err(|error| call.refuse(error))?;
        let body = shared::take_body(call, writer, digests).await?;
        objects
            .put_object(&bucket, &key, body, put)
            .await
            .map_err(|error| call.refuse(error))
    }

    fn respond(_: &Call, stored: Stored) -> Response {
        let response = Response::new(StatusCode::OK)
            .header("etag", stored.etag.quoted())
            .optional(
                "x-amz-version-id",
                stored.version.map(|version| version.to_string()),
            );
        checksum_headers(response, &stored.checksum)
    }
}
