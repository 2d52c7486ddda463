//! The source of CopyObject and UploadPartCopy: found, allowed, and held to its conditions
//! (facts/06 §7).

use std::sync::Arc;

use cairn_objects::{Bucket, Error, Found, ObjectVersion};
use cairn_protocol::S3Error;
use cairn_protocol::conditional::CopySourceConditions;
use cairn_protocol::headers::{self, CopySource};

use super::get_object::GetObject;
use super::shared::shown;
use crate::access::Target;
use crate::operation::{Call, Operation as _};
use crate::refusal::{Refusal, Subject, wire_error};
use crate::table::Action;

/// A version to copy from.
pub(super) struct Source {
    /// Its bucket.
    pub(super) bucket: Arc<Bucket>,
    /// The version.
    pub(super) version: Box<ObjectVersion>,
}

impl Source {
    /// `x-amz-copy-source-version-id`.
    pub(super) fn shown_version(&self) -> Option<String> {
        shown(&self.bucket, self.version.version)
    }
}

/// The errors of a source name the source (facts/06 §7).
pub(super) fn refuse(source: &CopySource, error: Error) -> Refusal {
    let version = source.version_id.map(|version| version.to_string());
    let subject = Subject {
        bucket: source.bucket.as_str(),
        key: source.key.as_str(),
        version: version.as_deref(),
        upload: "",
    };
    wire_error(error, subject).into()
}

/// Whether the caller may do an action with the source.
pub(super) async fn allow(
    call: &Call,
    bucket: &Bucket,
    source: &CopySource,
    action: Action,
) -> Result<(), Refusal> {
    let action = match source.version_id {
        Some(_) => action.version.unwrap_or(action.current),
        None => action.current,
    };
    let target = Target::Object(bucket, &source.key, source.version_id);
    Ok(call.asking().allow(action, target).await?)
}

/// As [`Call::hide_missing`], of the source's bucket.
async fn hide_missing(call: &Call, bucket: &Bucket, refusal: Refusal) -> Refusal {
    if !refusal.is_missing_key() {
        return refusal;
    }
    match call.asking().may_know(bucket).await {
        Ok(()) => refusal,
        Err(denied) => denied.into(),
    }
}

/// Finds the source as it is now.
pub(super) async fn find(call: &Call, source: &CopySource) -> Result<Source, Refusal> {
    let objects = call.objects();
    let bucket = objects
        .bucket(&source.bucket)
        .await
        .map_err(|error| refuse(source, error))?;
    allow(call, &bucket, source, GetObject::ACTION).await?;
    headers::expected_source_bucket_owner(&call.headers, &bucket.owner.account)?;
    let found = match objects.find(&bucket, &source.key, source.version_id).await {
        Ok(found) => found,
        Err(error) => return Err(hide_missing(call, &bucket, refuse(source, error)).await),
    };
    let version = match found {
        Found::Object(version) => version,
        Found::DeleteMarker(_) if source.version_id.is_some() => {
            return Err(S3Error::invalid_request(
                "The source of a copy request may not specifically refer to a delete marker by version id.",
            )
            .into());
        }
        Found::DeleteMarker(_) => {
            return Err(hide_missing(call, &bucket, refuse(source, Error::NoSuchKey)).await);
        }
    };
    CopySourceConditions::read(&call.headers).evaluate(
        &version.etag,
        version.modified,
        call.api.clock.now(),
    )?;
    Ok(Source { bucket, version })
}
