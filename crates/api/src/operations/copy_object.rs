//! CopyObject (facts/06 §7).

use cairn_objects::{CopyObject as Copy, Error, ObjectVersion, PutObject as Put, Stored};
use cairn_protocol::S3Error;
use cairn_protocol::documents::CopyObjectResult;
use cairn_protocol::headers::{self, CopySource, Directive};
use cairn_types::ChecksumAlgorithm;

use super::copy_source::{self, Source};
use super::object_tagging::{GetObjectTagging, PutObjectTagging};
use super::shared::{self, Act, Finds};
use crate::access::{Asking, Extra, NewAccess, Target};
use crate::operation::{Call, Operation};
use crate::refusal::Refusal;
use crate::response::Response;
use crate::table::{Action, Condition, Resource, Route};

pub(super) struct CopyObject;

pub(super) struct Input {
    source: CopySource,
    metadata: Directive,
    tagging: Directive,
    checksum: Option<ChecksumAlgorithm>,
    put: Put,
    /// The request names a storage class or a redirect, which are never taken from the source.
    changes_attributes: bool,
}

impl Input {
    /// facts/06 §7: copying an object to itself must change something.
    fn refuse_no_change(&self, call: &Call) -> Result<(), S3Error> {
        let same = call
            .bucket
            .as_ref()
            .is_some_and(|bucket| bucket.name == self.source.bucket)
            && call.key.as_ref() == Some(&self.source.key);
        let changes = self.changes_attributes
            || self.metadata == Directive::Replace
            || self.source.version_id.is_some();
        if same && !changes {
            return Err(S3Error::invalid_request(
                "This copy request is illegal because it is trying to copy an object to itself without \
                 changing the object's metadata, storage class, website redirect location or encryption \
                 attributes.",
            ));
        }
        Ok(())
    }

    /// What the copy has: of the source what the directives say, the rest of the request.
    fn copy(&self, version: &ObjectVersion) -> Copy {
        let mut put = self.put.clone();
        if self.metadata == Directive::Copy {
            put.metadata.headers = version.metadata.headers.clone();
            put.metadata.user = version.metadata.user.clone();
        }
        if self.tagging == Directive::Copy {
            put.metadata.tags = version.metadata.tags.clone();
        }
        Copy {
            checksum: self.checksum,
            put,
        }
    }
}

/// Tags that the copy gets must be allowed: to be read, where they are the source's, and to be written
/// (facts/05 §7).
async fn allow_tags(call: &Call, input: &Input, source: &Source) -> Result<(), Refusal> {
    let tags = match input.tagging {
        Directive::Copy => &source.version.metadata.tags,
        Directive::Replace => &input.put.metadata.tags,
    };
    if tags.as_slice().is_empty() {
        return Ok(());
    }
    if input.tagging == Directive::Copy {
        let action = GetObjectTagging::ACTION;
        copy_source::allow(call, &source.bucket, &input.source, action).await?;
    }
    let (bucket, key) = (call.bucket()?, call.key()?);
    let asking = Asking {
        tags: Some(tags),
        ..call.asking()
    };
    let target = Target::Object(&bucket, &key, None);
    Ok(asking.allow(PutObjectTagging::ACTION.current, target).await?)
}

async fn copy(call: &Call, input: &Input, version: &ObjectVersion) -> Result<Stored, Act> {
    let max = call.objects().limits().put_bytes_max;
    if version.size > max {
        return Err(S3Error::invalid_request(format!(
            "The specified copy source is larger than the maximum allowable size for a copy source: {max}"
        ))
        .into());
    }
    let (bucket, key) = (call.bucket()?, call.key()?);
    match call
        .objects()
        .copy_object(version, &bucket, &key, input.copy(version))
        .await
    {
        Ok(stored) => Ok(stored),
        Err(Error::Gone) => Err(Error::Gone.into()),
        // Any other fact is about the destination.
        Err(error) => Err(call.refuse(error).into()),
    }
}

impl Operation for CopyObject {
    const NAME: &'static str = "CopyObject";
    const ROUTE: Route = Route::new("PUT", Resource::Object).when(&[Condition::Header("x-amz-copy-source")]);
    const ACTION: Action = Action::new("s3:PutObject");
    // Tags need more where there are any: `allow_tags`.
    const EXTRA: &'static [Extra] = &[Extra::acl("s3:PutObjectAcl")];
    const LONG: bool = true;

    type Input = Input;
    type Output = (Stored, Option<String>);

    fn parse(call: &mut Call) -> Result<Input, Refusal> {
        shared::refuse_unsupported(&call.headers)?;
        let headers = &call.headers;
        let tagging = headers::tagging_directive(headers)?;
        let metadata = match tagging {
            // Tags in the header are ignored, however malformed, unless they replace (facts/06 §7).
            Directive::Copy => shared::metadata_without_tags(headers)?,
            Directive::Replace => shared::metadata(headers)?,
        };
        let input = Input {
            source: CopySource::read(headers)?,
            metadata: headers::metadata_directive(headers)?,
            tagging,
            checksum: headers::checksum_algorithm(headers)?,
            changes_attributes: headers.contains_key("x-amz-storage-class")
                || metadata.website_redirect.is_some(),
            put: Put {
                metadata,
                precondition: shared::precondition(headers)?,
            },
        };
        input.refuse_no_change(call)?;
        Ok(input)
    }

    async fn execute(call: &mut Call, mut input: Input) -> Result<Self::Output, Refusal> {
        let bucket = call.bucket()?;
        let access = NewAccess::read(&call.api, &bucket, &call.caller, &call.headers).await?;
        input.put.metadata = access.of(input.put.metadata);
        let mut finds = Finds::default();
        loop {
            let source = copy_source::find(call, &input.source).await?;
            allow_tags(call, &input, &source).await?;
            let copied = copy(call, &input, &source.version).await;
            if let Some(stored) = finds.settle(copied, |error| copy_source::refuse(&input.source, error)) {
                return Ok((stored?, source.shown_version()));
            }
        }
    }

    fn respond(_: &Call, (stored, source_version): Self::Output) -> Response {
        let result = CopyObjectResult {
            last_modified: stored.modified,
            etag: stored.etag,
            checksum: Some(stored.checksum),
        };
        Response::xml(result.to_xml())
            .optional(
                "x-amz-version-id",
                stored.version.map(|version| version.to_string()),
            )
            .optional("x-amz-copy-source-version-id", source_version)
    }
}
