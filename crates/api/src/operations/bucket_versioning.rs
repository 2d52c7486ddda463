//! GetBucketVersioning and PutBucketVersioning (facts/06 §4).

use cairn_objects::Versioning;
use cairn_protocol::S3Error;
use cairn_protocol::documents::{VersioningConfiguration, VersioningStatus};
use http::StatusCode;

use super::mfa_delete;
use crate::access;
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
        let bucket = call.bucket()?;
        let status = match bucket.versioning {
            Versioning::Unversioned => None,
            Versioning::Enabled => Some(VersioningStatus::Enabled),
            Versioning::Suspended => Some(VersioningStatus::Suspended),
        };
        Ok(VersioningConfiguration {
            status,
            mfa_delete: access::mfa_delete(&bucket)?,
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

    type Input = (Versioning, Option<bool>);
    type Output = ();

    fn parse(call: &mut Call) -> Result<Self::Input, Refusal> {
        let configuration = VersioningConfiguration::parse(&call.document)?;
        let versioning = match configuration.status {
            Some(VersioningStatus::Enabled) => Versioning::Enabled,
            Some(VersioningStatus::Suspended) => Versioning::Suspended,
            None => return Err(S3Error::IllegalVersioningConfigurationException {}.into()),
        };
        Ok((versioning, configuration.mfa_delete))
    }

    async fn execute(call: &mut Call, (versioning, wanted): Self::Input) -> Result<(), Refusal> {
        let bucket = call.bucket()?;
        // To ask for it off where it is off changes nothing: tools do so with every change.
        let protected = access::mfa_delete(&bucket)? == Some(true);
        if protected || wanted == Some(true) {
            mfa_delete::prove(call, true).await?;
        }
        let objects = call.objects();
        let changed = match wanted {
            None => objects.set_versioning(&bucket, versioning).await,
            Some(enabled) => {
                let document = (access::MFA_DELETE, access::encode_mfa_delete(enabled));
                objects.set_versioning_with(&bucket, versioning, document).await
            }
        };
        changed.map(|_| ()).map_err(|error| call.refuse(error))
    }

    fn respond(_: &Call, (): ()) -> Response {
        Response::new(StatusCode::OK)
    }
}
