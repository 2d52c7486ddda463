//! GetBucketVersioning and PutBucketVersioning (facts/06 §4).

use cairn_objects::Versioning;
use cairn_protocol::S3Error;
use cairn_protocol::documents::{VersioningConfiguration, VersioningStatus};
use cairn_protocol::headers;
use http::StatusCode;

use crate::operation::{Call, Operation, RequestBody};
use crate::refusal::Refusal;
use crate::response::Response;
use crate::table::{Action, Resource, Route};

pub(super) struct GetBucketVersioning;
pub(super) struct PutBucketVersioning;

impl Operation for GetBucketVersioning {
    const NAME: &'static str = "GetBucketVersioning";
    const ROUTE: Route = Route::new("GET", Resource::Bucket).subresource("versioning");
    const ACTION: Action = Action::new("s3:GetBucketVersioning");

    type Input = ();
    type Output = VersioningConfiguration;

    fn parse(_: &mut Call) -> Result<(), Refusal> {
        Ok(())
    }

    async fn execute(call: &mut Call, (): ()) -> Result<VersioningConfiguration, Refusal> {
        let status = match call.bucket()?.versioning {
            Versioning::Unversioned => None,
            Versioning::Enabled => Some(VersioningStatus::Enabled),
            Versioning::Suspended => Some(VersioningStatus::Suspended),
        };
        Ok(VersioningConfiguration {
            status,
            mfa_delete: None,
        })
    }

    fn respond(_: &Call, configuration: VersioningConfiguration) -> Response {
        Response::xml(configuration.to_xml())
    }
}

impl Operation for PutBucketVersioning {
    const NAME: &'static str = "PutBucketVersioning";
    const ROUTE: Route = Route::new("PUT", Resource::Bucket).subresource("versioning");
    const ACTION: Action = Action::new("s3:PutBucketVersioning");
    const BODY: RequestBody = RequestBody::Document;

    type Input = Versioning;
    type Output = ();

    fn parse(call: &mut Call) -> Result<Versioning, Refusal> {
        let configuration = VersioningConfiguration::parse(&call.document)?;
        // MFA Delete comes with identities. To ask for it off changes nothing.
        if configuration.mfa_delete == Some(true) {
            return Err(S3Error::NotImplemented {
                message: headers::NOT_IMPLEMENTED_HEADER.to_owned(),
                header: Some("x-amz-mfa".to_owned()),
                additional_message: Some("MFA Delete is not implemented".to_owned()),
            }
            .into());
        }
        match configuration.status {
            Some(VersioningStatus::Enabled) => Ok(Versioning::Enabled),
            Some(VersioningStatus::Suspended) => Ok(Versioning::Suspended),
            None => Err(S3Error::IllegalVersioningConfigurationException {}.into()),
        }
    }

    async fn execute(call: &mut Call, versioning: Versioning) -> Result<(), Refusal> {
        let bucket = call.bucket()?;
        let changed = call.objects().set_versioning(&bucket, versioning).await;
        changed.map(|_| ()).map_err(|error| call.refuse(error))
    }

    fn respond(_: &Call, (): ()) -> Response {
        Response::new(StatusCode::OK)
    }
}
