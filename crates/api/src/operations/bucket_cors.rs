//! GetBucketCors, PutBucketCors and DeleteBucketCors (facts/03 §1).

use cairn_cors::CorsConfiguration;
use cairn_protocol::S3Error;
use http::StatusCode;

use crate::operation::{Call, Operation, RequestBody};
use crate::refusal::Refusal;
use crate::response::Response;
use crate::table::{Action, Resource, Route};
use crate::{cors, document};

pub(super) struct GetBucketCors;
pub(super) struct PutBucketCors;
pub(super) struct DeleteBucketCors;

const fn route(method: &'static str) -> Route {
    Route::new(method, Resource::Bucket).subresource("cors")
}

impl Operation for GetBucketCors {
    const NAME: &'static str = "GetBucketCors";
    const ROUTE: Route = route("GET");
    const ACTION: Action = Action::new("s3:GetBucketCORS");

    type Input = ();
    type Output = CorsConfiguration;

    fn parse(_: &mut Call) -> Result<(), Refusal> {
        Ok(())
    }

    async fn execute(call: &mut Call, (): ()) -> Result<CorsConfiguration, Refusal> {
        let bucket = call.bucket()?;
        let configuration = cors::configuration(&bucket)?;
        configuration.ok_or_else(|| {
            S3Error::NoSuchCORSConfiguration {
                bucket_name: bucket.name.to_string(),
            }
            .into()
        })
    }

    fn respond(_: &Call, configuration: CorsConfiguration) -> Response {
        Response::xml(configuration.to_xml())
    }
}

impl Operation for PutBucketCors {
    const NAME: &'static str = "PutBucketCors";
    const ROUTE: Route = route("PUT");
    const ACTION: Action = Action::new("s3:PutBucketCORS");
    const BODY: RequestBody = RequestBody::Document;

    type Input = CorsConfiguration;
    type Output = ();

    fn parse(call: &mut Call) -> Result<CorsConfiguration, Refusal> {
        // The pipeline has checked what is there; here something must be.
        if !document::is_checked(&call.headers)? {
            return Err(S3Error::invalid_request(
                "Missing required header for this request: Content-MD5 OR x-amz-checksum-*",
            )
            .into());
        }
        Ok(CorsConfiguration::from_xml(&call.document)?)
    }

    async fn execute(call: &mut Call, configuration: CorsConfiguration) -> Result<(), Refusal> {
        call.set_document(cors::DOCUMENT, Some(cors::encode(&configuration)?.into()))
            .await
    }

    fn respond(_: &Call, (): ()) -> Response {
        Response::new(StatusCode::OK)
    }
}

impl Operation for DeleteBucketCors {
    const NAME: &'static str = "DeleteBucketCors";
    const ROUTE: Route = route("DELETE");
    // Deleting is putting: there is no action of its own (facts/03 §1).
    const ACTION: Action = Action::new("s3:PutBucketCORS");

    type Input = ();
    type Output = ();

    fn parse(_: &mut Call) -> Result<(), Refusal> {
        Ok(())
    }

    async fn execute(call: &mut Call, (): ()) -> Result<(), Refusal> {
        call.set_document(cors::DOCUMENT, None).await
    }

    fn respond(_: &Call, (): ()) -> Response {
        Response::no_content()
    }
}
