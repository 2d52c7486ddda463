//! What several operations do the same way.

use cairn_objects::{
    Bucket, ContentHeaders, Expected, Found, Metadata, ObjectReader, ObjectVersion, Owner, StagedBody,
    WritePrecondition,
};
use cairn_protocol::S3Error;
use cairn_protocol::conditional;
use cairn_protocol::headers::{self, BodyChecksum, ChecksumRequest, SystemMetadata};
use cairn_protocol::parameters;
use cairn_types::{Checksum, ChecksumAlgorithm, ChecksumValue, TagSet, UploadId, VersionId};
use http::HeaderMap;

use crate::operation::Call;
use crate::refusal::Refusal;
use crate::response::Response;

/// How often a version that was replaced between finding and opening it is looked for again.
const FINDS_MAX: usize = 3;

/// `uploadId`, which selects the operation and so is there.
pub(super) fn upload_id(call: &Call) -> Result<UploadId, Refusal> {
    let raw = call.query.get("uploadId").unwrap_or_default();
    UploadId::parse(raw).ok_or_else(|| {
        S3Error::NoSuchUpload {
            upload_id: raw.to_owned(),
        }
        .into()
    })
}

/// `versionId`.
pub(super) fn version_id(call: &Call) -> Result<Option<VersionId>, Refusal> {
    Ok(parameters::version_id(&call.query)?)
}

/// The object a request names; a delete marker is refused as reads refuse it (facts/06 §4).
pub(super) async fn find(call: &Call, version: Option<VersionId>) -> Result<Box<ObjectVersion>, Refusal> {
    let (bucket, key) = (call.bucket()?, call.key()?);
    match call
        .objects()
        .find(&bucket, &key, version)
        .await
        .map_err(|error| call.refuse(error))?
    {
        Found::Object(version) => Ok(version),
        Found::DeleteMarker(marker) => Err(call.refuse_marker(marker)),
    }
}

/// Counts how often a version was looked for that was replaced before it could be opened.
#[derive(Default)]
pub(super) struct Finds(usize);

impl Finds {
    /// The outcome of one try; `None` where the version should be found once more. `refuse` makes the
    /// answer of a fact.
    pub(super) fn settle<T>(
        &mut self,
        outcome: Result<T, Act>,
        refuse: impl FnOnce(cairn_objects::Error) -> Refusal,
    ) -> Option<Result<T, Refusal>> {
        self.0 += 1;
        match outcome {
            Ok(done) => Some(Ok(done)),
            Err(Act::Refuse(refusal)) => Some(Err(refusal)),
            Err(Act::Fail(cairn_objects::Error::Gone)) if self.0 < FINDS_MAX => None,
            Err(Act::Fail(error)) => Some(Err(refuse(error))),
        }
    }
}

/// Why a try with a version that was found did not succeed.
pub(super) enum Act {
    /// An answer to the client.
    Refuse(Refusal),
    /// A fact of the store.
    Fail(cairn_objects::Error),
}

impl From<Refusal> for Act {
    fn from(refusal: Refusal) -> Self {
        Self::Refuse(refusal)
    }
}

impl From<S3Error> for Act {
    fn from(error: S3Error) -> Self {
        Self::Refuse(error.into())
    }
}

impl From<cairn_objects::Error> for Act {
    fn from(error: cairn_objects::Error) -> Self {
        Self::Fail(error)
    }
}

/// What an upload says of its object.
pub(super) fn metadata(headers: &HeaderMap) -> Result<Metadata, S3Error> {
    Ok(Metadata {
        tags: headers::tagging(headers)?,
        ..metadata_without_tags(headers)?
    })
}

/// [`metadata`] without reading the tagging header, which a copy ignores unless told otherwise.
pub(super) fn metadata_without_tags(headers: &HeaderMap) -> Result<Metadata, S3Error> {
    let system = SystemMetadata::read(headers)?;
    Ok(Metadata {
        headers: ContentHeaders {
            content_type: Some(system.content_type),
            cache_control: system.cache_control,
            content_disposition: system.content_disposition,
            content_encoding: system.content_encoding,
            content_language: system.content_language,
            expires: system.expires,
        },
        user: headers::user_metadata(headers)?.into_iter().collect(),
        tags: TagSet::default(),
        storage_class: headers::storage_class(headers)?,
        website_redirect: system.website_redirect_location,
        ..Metadata::default()
    })
}

/// Headers whose function is not built yet: they are refused, because an answer that ignores them would
/// pretend. A name that ends in `-` stands for all that begin with it.
const NOT_BUILT: &[&str] = &[
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-",
    "x-amz-copy-source-server-side-encryption-",
    "x-amz-write-offset-bytes",
    "x-amz-bucket-object-lock-enabled",
    "x-amz-bucket-namespace",
];

/// Refuses what an upload asks for and Cairn cannot do (docs/semantics.md).
///
/// # Errors
/// `NotImplemented` with the header, `InvalidRequest` for object lock headers in a bucket without object lock
/// (facts/06 §11).
pub(super) fn refuse_unsupported(headers: &HeaderMap) -> Result<(), S3Error> {
    for name in headers.keys() {
        let name = name.as_str();
        let not_built = NOT_BUILT.iter().any(|entry| {
            if entry.ends_with('-') {
                name.starts_with(entry)
            } else {
                name == *entry
            }
        });
        if not_built {
            return Err(S3Error::NotImplemented {
                message: headers::NOT_IMPLEMENTED_HEADER.to_owned(),
                header: Some(name.to_owned()),
                additional_message: None,
            });
        }
        if name.starts_with("x-amz-object-lock-") {
            return Err(S3Error::invalid_request(
                "Bucket is missing Object Lock Configuration",
            ));
        }
    }
    Ok(())
}

/// The precondition of a write, for the store.
pub(super) fn precondition(headers: &HeaderMap) -> Result<WritePrecondition, S3Error> {
    use conditional::WritePrecondition as Wire;
    Ok(match Wire::read(headers)? {
        Wire::None => WritePrecondition::None,
        Wire::Absent => WritePrecondition::Absent,
        Wire::Matches(Some(etag)) => WritePrecondition::Matches(etag.to_string()),
        // An ETag no object has, which matches nothing. Exists is a delete's only.
        Wire::Matches(None) | Wire::Exists => WritePrecondition::Matches(String::new()),
    })
}

/// What an upload's head says of its body.
#[derive(Debug)]
pub(super) struct Digests {
    md5: Option<[u8; 16]>,
    checksum: Option<ChecksumRequest>,
}

impl Digests {
    /// Reads Content-MD5 and the checksum headers.
    pub(super) fn read(headers: &HeaderMap) -> Result<Self, S3Error> {
        Ok(Self {
            md5: headers::content_md5(headers)?,
            checksum: ChecksumRequest::read(headers)?,
        })
    }

    /// The algorithm of the checksum that is sent.
    pub(super) fn algorithm(&self) -> Option<ChecksumAlgorithm> {
        self.checksum.as_ref().map(ChecksumRequest::algorithm)
    }

    /// What the body must turn out to be, once its trailer was read.
    pub(super) fn expected(self, call: &Call) -> Result<Expected, S3Error> {
        let checksum = match self.checksum.map(|request| request.0) {
            None => None,
            Some(BodyChecksum::Header(value)) => Some(value),
            Some(BodyChecksum::Trailer(algorithm)) => {
                let name = algorithm.header();
                let value = call
                    .payload
                    .trailer(name)
                    .ok_or(S3Error::MalformedTrailerError {})?;
                Some(ChecksumValue::parse(algorithm, value).map_err(|_| {
                    S3Error::invalid_request(format!("Value for {name} trailing header is invalid."))
                })?)
            }
        };
        Ok(Expected {
            md5: self.md5,
            checksum,
        })
    }
}

/// Streams the request's body into `writer` and verifies it: signature, length, MD5, checksum.
pub(super) async fn take_body(
    call: &mut Call,
    mut writer: cairn_objects::BodyWriter,
    digests: Digests,
) -> Result<StagedBody, Refusal> {
    while let Some(data) = call.payload.next().await? {
        writer.write(data).await.map_err(|error| call.refuse(error))?;
    }
    let expected = digests.expected(call)?;
    writer.finish(expected).await.map_err(|error| call.refuse(error))
}

/// `x-amz-checksum-…` and `x-amz-checksum-type` of an answer.
pub(super) fn checksum_headers(response: Response, checksum: &Checksum) -> Response {
    response
        .header(checksum.value.algorithm().header(), checksum.to_string())
        .header("x-amz-checksum-type", checksum.kind.as_str())
}

/// The owner of what a request creates: the caller's account.
pub(super) fn owner(call: &Call) -> Result<Owner, Refusal> {
    let account = &call.signed_by()?.account;
    Ok(Owner {
        account: account.id.clone(),
        canonical: account.canonical_user_id.clone(),
    })
}

/// The version id an answer shows: none in a bucket that never had versioning.
pub(super) fn shown(bucket: &Bucket, version: VersionId) -> Option<String> {
    (bucket.versioning != cairn_objects::Versioning::Unversioned).then(|| version.to_string())
}

/// Reads on, as a stream for the answer's body.
pub(super) fn stream_from(
    first: Option<bytes::Bytes>,
    reader: ObjectReader,
) -> impl futures_core::Stream<Item = Result<bytes::Bytes, crate::body::Interrupted>> + Send {
    futures_util::stream::unfold((first, Some(reader)), |(first, reader)| async move {
        let mut reader = reader?;
        if let Some(first) = first {
            return Some((Ok(first), (None, Some(reader))));
        }
        match reader.next().await {
            Ok(Some(data)) => Some((Ok(data), (None, Some(reader)))),
            Ok(None) => None,
            Err(error) => {
                tracing::error!(%error, "an object could not be read to its end");
                Some((Err(crate::body::Interrupted), (None, None)))
            }
        }
    })
}
