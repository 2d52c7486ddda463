//! CreateBucket (facts/02 §4).

use std::sync::Arc;

use cairn_objects::{Bucket, Error, NewBucket};
use cairn_protocol::S3Error;
use cairn_protocol::documents::CreateBucketConfiguration;
use cairn_protocol::headers;
use cairn_protocol::location::BucketLocation;
use cairn_types::{BucketName, RegionName};
use http::StatusCode;

use super::shared;
use crate::operation::{Call, Operation, RequestBody};
use crate::refusal::Refusal;
use crate::response::Response;
use crate::table::{Action, Resource, Route};

pub(super) struct CreateBucket;

pub(super) struct Input {
    name: BucketName,
    location: BucketLocation,
    configuration: CreateBucketConfiguration,
}

/// What the headers ask that a bucket of Cairn's cannot be (yet): ACLs, object lock, another ownership.
fn refuse_unsupported(call: &Call) -> Result<(), S3Error> {
    let not_implemented = |header: &str| S3Error::NotImplemented {
        message: headers::NOT_IMPLEMENTED_HEADER.to_owned(),
        header: Some(header.to_owned()),
        additional_message: None,
    };
    if call
        .headers
        .keys()
        .any(|name| name.as_str().starts_with("x-amz-grant-"))
        || call.header("x-amz-acl").is_some_and(|acl| acl != "private")
    {
        return Err(S3Error::InvalidBucketAclWithObjectOwnership {});
    }
    if call
        .header("x-amz-object-ownership")
        .is_some_and(|word| word != "BucketOwnerEnforced")
    {
        return Err(not_implemented("x-amz-object-ownership"));
    }
    if call
        .header("x-amz-bucket-object-lock-enabled")
        .is_some_and(|word| !word.eq_ignore_ascii_case("false"))
    {
        return Err(not_implemented("x-amz-bucket-object-lock-enabled"));
    }
    match call.header("x-amz-bucket-namespace") {
        Some(namespace) if namespace != "global" => Err(not_implemented("x-amz-bucket-namespace")),
        _ => Ok(()),
    }
}

impl Operation for CreateBucket {
    const NAME: &'static str = "CreateBucket";
    const ROUTE: Route = Route::new("PUT", Resource::Bucket);
    const ACTION: Action = Action::new("s3:CreateBucket");
    const BODY: RequestBody = RequestBody::Document;
    const CREATES_BUCKET: bool = true;

    type Input = Input;
    type Output = (Arc<Bucket>, BucketLocation);

    fn parse(call: &mut Call) -> Result<Input, Refusal> {
        refuse_unsupported(call)?;
        let configuration = CreateBucketConfiguration::parse(&call.document)?;
        let name = call.address.bucket.clone().ok_or(S3Error::InternalError {})?;
        let region = call.region().clone();
        let regions = &call.api.settings.regions;
        let location =
            BucketLocation::decide(&region, configuration.location_constraint.as_deref(), |word| {
                regions.named(word).map(|region| region.name.clone())
            })?;
        Ok(Input {
            name,
            location,
            configuration,
        })
    }

    async fn execute(call: &mut Call, input: Input) -> Result<Self::Output, Refusal> {
        let Input {
            name,
            location,
            configuration,
        } = input;
        let tagged = !configuration.tags.is_empty();
        let owner = shared::owner(call)?;
        // At us-east-1: a region that the account has not enabled is none (facts/01 §2, believed). At any
        // other endpoint the region is the endpoint's own, which knows the account's key.
        if !call.api.has_region(&owner.account, &location.region).await? {
            return Err(S3Error::InvalidLocationConstraint {
                location_constraint: configuration.location_constraint.unwrap_or_default(),
            }
            .into());
        }
        let new = NewBucket {
            name,
            owner: owner.clone(),
            region: location.region.clone(),
            location: configuration.location_constraint.clone(),
            tags: tagged.then_some(configuration.tags),
        };
        match call.objects().create_bucket(new).await {
            Ok(bucket) => Ok((bucket, location)),
            Err(Error::BucketExists(bucket)) => {
                let bucket_name = bucket.name.to_string();
                if bucket.owner.account != owner.account {
                    return Err(S3Error::BucketAlreadyExists { bucket_name }.into());
                }
                // us-east-1 alone forgives: a repeated request without tags for a bucket that is there.
                let forgiven = !tagged
                    && configuration.location_constraint.is_none()
                    && bucket.region.as_str() == RegionName::US_EAST_1
                    && call.region().is_us_east_1();
                if forgiven {
                    Ok((bucket, location))
                } else {
                    Err(S3Error::BucketAlreadyOwnedByYou { bucket_name }.into())
                }
            }
            Err(Error::Busy) => Err(S3Error::OperationAborted {}.into()),
            Err(error) => Err(call.refuse(error)),
        }
    }

    fn respond(call: &Call, (bucket, location): Self::Output) -> Response {
        Response::new(StatusCode::OK)
            .header(
                "location",
                location.created_header(&bucket.name, call.api.endpoints.domain()),
            )
            .header("x-amz-bucket-arn", format!("arn:aws:s3:::{}", bucket.name))
    }
}
