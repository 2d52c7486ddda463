//! CreateBucket (facts/02 §4).

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use cairn_access::{Level, Ownership, WantedAcl, accept_for_bucket};
use cairn_objects::{Bucket, Error, NewBucket, Owner};
use cairn_protocol::S3Error;
use cairn_protocol::documents::{CreateBucketConfiguration, ObjectOwnership};
use cairn_protocol::headers;
use cairn_protocol::location::BucketLocation;
use cairn_types::{BucketName, RegionName};
use http::StatusCode;

use super::shared;
use crate::access::{self, Asking, Extra, Target};
use crate::operation::{Call, Operation, RequestBody};
use crate::refusal::Refusal;
use crate::response::Response;
use crate::table::{Action, Resource, Route};

pub(super) struct CreateBucket;

pub(super) struct Input {
    name: BucketName,
    ownership: Option<ObjectOwnership>,
    acl: Option<WantedAcl>,
    location: BucketLocation,
    configuration: CreateBucketConfiguration,
}

/// What the headers ask that a bucket of Cairn's cannot be (yet).
fn refuse_unsupported(call: &Call) -> Result<(), S3Error> {
    let not_implemented = |header: &str| S3Error::NotImplemented {
        message: headers::NOT_IMPLEMENTED_HEADER.to_owned(),
        header: Some(header.to_owned()),
        additional_message: None,
    };
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

/// What the bucket has of its own from the start: ownership controls and an ACL.
async fn documents(
    call: &Call,
    ownership: Option<ObjectOwnership>,
    wanted: Option<&WantedAcl>,
    owner: &Owner,
) -> Result<BTreeMap<String, Bytes>, S3Error> {
    let mut documents = BTreeMap::new();
    let controls = ownership.map(Ownership::Set);
    if let Some(controls) = controls {
        documents.insert(access::OWNERSHIP.to_owned(), access::encode_ownership(controls));
    }
    if let Some(wanted) = wanted {
        accept_for_bucket(controls.unwrap_or_default(), wanted, &owner.canonical)?;
        access::known(&call.api, wanted).await?;
        if wanted.is_public() {
            return Err(S3Error::InvalidBucketAclWithBlockPublicAccessError {});
        }
        let acl = wanted.acl(Level::Bucket, &owner.canonical, &owner.canonical);
        if !acl.is_private_to(&owner.canonical) {
            documents.insert(access::ACL.to_owned(), acl.encode().into());
        }
    }
    Ok(documents)
}

impl Operation for CreateBucket {
    const NAME: &'static str = "CreateBucket";
    const ROUTE: Route = Route::new("PUT", Resource::Bucket);
    const ACTION: Action = Action::new("s3:CreateBucket");
    const BODY: RequestBody = RequestBody::Document;
    const EXTRA: &'static [Extra] = &[
        Extra::acl("s3:PutBucketAcl"),
        Extra::header("x-amz-object-ownership", "s3:PutBucketOwnershipControls"),
    ];
    const CREATES_BUCKET: bool = true;
    const AUTHORIZES: bool = true;

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
            ownership: headers::object_ownership(&call.headers)?,
            acl: WantedAcl::from_headers(&call.headers)?,
            location,
            configuration,
        })
    }

    async fn execute(call: &mut Call, input: Input) -> Result<Self::Output, Refusal> {
        let Input {
            name,
            ownership,
            acl,
            location,
            configuration,
        } = input;
        // Policies may ask for the location.
        let asking = Asking {
            location: configuration.location_constraint.as_deref(),
            ..call.asking()
        };
        access::allow_all(&asking, Self::ACTION, Self::EXTRA, Target::NewBucket(&name)).await?;
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
        let documents = documents(call, ownership, acl.as_ref(), &owner).await?;
        let new = NewBucket {
            documents,
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
