//! A refusal on its way to the client, and the one place where the facts of the store become S3's
//! errors.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cairn_objects::{Condition, DeleteMarker, Error};
use cairn_protocol::S3Error;
use cairn_types::{ChecksumType, VersionId};

use crate::operation::Call;

/// An error of S3 and the headers that go with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// What is answered. Boxed: every step returns a `Result` of this, and few refuse.
    pub(crate) error: Box<S3Error>,
    /// Headers beside it, such as `x-amz-delete-marker` (lower-case names).
    pub(crate) headers: Vec<(&'static str, String)>,
    /// Whether the document is HTML, as website endpoints answer (facts/01 §5).
    pub(crate) html: bool,
}

impl Refusal {
    /// The refusal as a website endpoint answers it.
    pub(crate) fn in_html(mut self) -> Self {
        self.html = true;
        self
    }

    /// Whether it says that an object is not there.
    pub(crate) fn is_missing_key(&self) -> bool {
        matches!(*self.error, S3Error::NoSuchKey { .. })
    }

    /// The refusal with another header.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl From<S3Error> for Refusal {
    fn from(error: S3Error) -> Self {
        Self {
            error: Box::new(error),
            headers: Vec::new(),
            html: false,
        }
    }
}

/// What an error's document names of its request.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Subject<'a> {
    /// The bucket's name.
    pub(crate) bucket: &'a str,
    /// The key.
    pub(crate) key: &'a str,
    /// `versionId`, as sent.
    pub(crate) version: Option<&'a str>,
    /// `uploadId`, as sent.
    pub(crate) upload: &'a str,
}

impl Call {
    /// The refusal that a fact of the store means for this request.
    pub(crate) fn refuse(&self, error: Error) -> Refusal {
        let subject = Subject {
            bucket: self.bucket.as_ref().map_or("", |bucket| bucket.name.as_str()),
            key: self.key.as_ref().map_or("", |key| key.as_str()),
            version: self.query.get("versionId"),
            upload: self.query.get("uploadId").unwrap_or_default(),
        };
        match wire_error(error, subject) {
            // The method is the request's own, which the fact does not know.
            S3Error::MethodNotAllowed { resource_type, .. } => S3Error::MethodNotAllowed {
                method: self.method.as_str().to_owned(),
                resource_type,
            },
            error => error,
        }
        .into()
    }

    /// `404 NoSuchKey` of a key whose latest version is a delete marker, or `405` of a marker that was
    /// named (facts/06 §4).
    pub(crate) fn refuse_marker(&self, marker: DeleteMarker) -> Refusal {
        let version =
            (marker.version != VersionId::Null || self.is_versioned()).then(|| marker.version.to_string());
        let refusal = if self.query.has("versionId") {
            Refusal::from(S3Error::MethodNotAllowed {
                method: self.method.as_str().to_owned(),
                resource_type: "DeleteMarker",
            })
            .with("allow", "DELETE")
            .with("last-modified", marker.modified.http_date())
        } else {
            let key = self
                .key
                .as_ref()
                .map_or_else(String::new, |key| key.as_str().to_owned());
            Refusal::from(S3Error::NoSuchKey { key })
        };
        let refusal = refusal.with("x-amz-delete-marker", "true");
        match version {
            Some(version) => refusal.with("x-amz-version-id", version),
            None => refusal,
        }
    }

    /// The refusal as the caller may see it: that an object is not there is told to those who may list the bucket;
    /// all others are denied (facts/05 §6).
    pub(crate) async fn hide_missing(&self, refusal: Refusal) -> Refusal {
        let Some(bucket) = self.bucket.as_ref().filter(|_| refusal.is_missing_key()) else {
            return refusal;
        };
        match self.asking().may_know(bucket).await {
            Ok(()) => refusal,
            Err(denied) => denied.into(),
        }
    }

    /// Whether the bucket has, or had, versioning: then answers name versions.
    pub(crate) fn is_versioned(&self) -> bool {
        self.bucket
            .as_ref()
            .is_some_and(|bucket| bucket.versioning != cairn_objects::Versioning::Unversioned)
    }
}

/// The S3 error that a fact of the store is, about `subject`.
pub(crate) fn wire_error(error: Error, subject: Subject<'_>) -> S3Error {
    match error {
        Error::NoSuchBucket(name) => S3Error::NoSuchBucket {
            bucket_name: name.to_string(),
        },
        Error::BucketExists(bucket) => S3Error::BucketAlreadyExists {
            bucket_name: bucket.name.to_string(),
        },
        Error::BucketNotEmpty { versioned } => S3Error::BucketNotEmpty {
            message: if versioned {
                "The bucket you tried to delete is not empty. You must delete all versions in the bucket."
            } else {
                "The bucket you tried to delete is not empty"
            }
            .to_owned(),
            bucket_name: subject.bucket.to_owned(),
        },
        // Gone is resolved by finding the version again; what is still gone then is not there.
        Error::NoSuchKey | Error::Gone => S3Error::NoSuchKey {
            key: subject.key.to_owned(),
        },
        Error::NoSuchVersion => S3Error::NoSuchVersion {
            key: subject.key.to_owned(),
            version_id: subject.version.unwrap_or_default().to_owned(),
        },
        Error::InvalidVersionId => S3Error::invalid_argument(
            "Invalid version id specified",
            "versionId",
            subject.version.unwrap_or_default(),
        ),
        Error::IsDeleteMarker(_) => S3Error::MethodNotAllowed {
            method: String::new(),
            resource_type: "DeleteMarker",
        },
        Error::PreconditionFailed(condition) => S3Error::PreconditionFailed {
            condition: condition_name(condition).to_owned(),
        },
        Error::PreconditionConflict(condition) => S3Error::ConditionalRequestConflict {
            condition: condition_name(condition).to_owned(),
            key: subject.key.to_owned(),
        },
        Error::EntityTooLarge { proposed, max } => S3Error::EntityTooLarge {
            proposed_size: proposed,
            max_size_allowed: max,
        },
        Error::IncompleteBody { expected, received } => S3Error::incomplete_body(expected, received),
        // The expected digest is shown in hex on PutObject and in base64 on UploadPart (facts/06 §1).
        Error::BadDigest { expected, calculated } if subject.upload.is_empty() => {
            bad_md5(expected, calculated, hex::encode)
        }
        Error::BadDigest { expected, calculated } => {
            bad_md5(expected, calculated, |digest| STANDARD.encode(digest))
        }
        Error::BadChecksum { expected, .. } => bad_checksum(expected.algorithm().as_str()),
        Error::NoSuchUpload => S3Error::NoSuchUpload {
            upload_id: subject.upload.to_owned(),
        },
        Error::NoParts => S3Error::invalid_request("You must specify at least one part"),
        Error::InvalidPart { number, etag } => S3Error::InvalidPart {
            upload_id: subject.upload.to_owned(),
            part_number: number.get().into(),
            etag: etag.trim_matches('"').to_owned(),
        },
        Error::InvalidPartOrder => S3Error::InvalidPartOrder {
            upload_id: subject.upload.to_owned(),
        },
        Error::PartTooSmall {
            number,
            size,
            min,
            etag,
        } => S3Error::EntityTooSmall {
            proposed_size: size,
            min_size_allowed: min,
            part_number: Some(number.get().into()),
            etag: Some(etag),
        },
        Error::PartChecksumMissing { number, algorithm } => S3Error::invalid_request(format!(
            "The upload was created using a {} checksum. The complete request must include the checksum \
             for each part. It was missing for part {number} in the request.",
            algorithm.as_lower_str()
        )),
        Error::ChecksumAlgorithmMismatch { expected, actual } => S3Error::invalid_request(format!(
            "Checksum Type mismatch occurred, expected checksum Type: {}, actual checksum Type: {}",
            expected.as_lower_str(),
            actual.map_or("null", |algorithm| algorithm.as_lower_str())
        )),
        Error::ChecksumTypeMismatch { expected } => S3Error::invalid_request(format!(
            "The upload was created using the {} checksum mode. The complete request must use the same \
             checksum mode.",
            expected.map_or("null", ChecksumType::as_str)
        )),
        Error::ObjectSizeMismatch { given, computed } => S3Error::invalid_request(format!(
            "The provided 'x-amz-mp-object-size' header value {given} does not match what was computed: \
             {computed}"
        )),
        Error::InvalidUploadIdMarker => {
            S3Error::invalid_argument_name("Invalid uploadId marker", "upload-id-marker")
        }
        Error::Busy => S3Error::SlowDown {},
        error => {
            tracing::error!(%error, "a request failed in the store");
            S3Error::InternalError {}
        }
    }
}

/// The refusal that a fact of the store of identities means for a request to S3.
pub(crate) fn identity_refusal(error: cairn_identity::Error) -> Refusal {
    match error {
        cairn_identity::Error::Busy => S3Error::SlowDown {},
        error => {
            tracing::error!(%error, "a request failed in the store of identities");
            S3Error::InternalError {}
        }
    }
    .into()
}

fn condition_name(condition: Condition) -> &'static str {
    match condition {
        Condition::IfMatch => "If-Match",
        Condition::IfNoneMatch => "If-None-Match",
    }
}

/// `BadDigest` of a body whose MD5 is not the announced one; `show` is how the latter is written.
pub(crate) fn bad_md5(expected: [u8; 16], calculated: [u8; 16], show: fn([u8; 16]) -> String) -> S3Error {
    S3Error::BadDigest {
        message: "The Content-MD5 you specified did not match what we received.".to_owned(),
        expected_digest: Some(show(expected)),
        calculated_digest: Some(STANDARD.encode(calculated)),
    }
}

/// `BadDigest` of a body whose checksum is not the announced one; the algorithm is named as the operation
/// writes it (facts/06 §9).
pub(crate) fn bad_checksum(algorithm: &str) -> S3Error {
    S3Error::BadDigest {
        message: format!("The {algorithm} you specified did not match the calculated checksum."),
        expected_digest: None,
        calculated_digest: None,
    }
}
