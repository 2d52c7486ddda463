//! DeleteObjects: its body and its answer (facts/06 §6).

use crate::S3Error;
use crate::xml::{self, Writer};

/// Most keys of one request.
pub const DELETE_KEYS_MAX: usize = 1000;

/// The body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delete {
    /// Whether only failures are to be reported.
    pub quiet: bool,
    /// What is to be deleted, in the order sent.
    pub objects: Vec<ObjectToDelete>,
}

/// One object of it. The texts are not validated: what is wrong with one is an `<Error>` of its own in
/// the answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ObjectToDelete {
    /// The key as sent.
    pub key: String,
    /// The version as sent.
    pub version_id: Option<String>,
    /// Only where the object has this ETag.
    pub etag: Option<String>,
    /// Only where it was written then (directory buckets).
    pub last_modified_time: Option<String>,
    /// Only where it has this size in bytes (directory buckets).
    pub size: Option<u64>,
}

impl Delete {
    /// Reads the body.
    ///
    /// # Errors
    /// `MissingRequestBodyError`, `MalformedXML`, also for no object and for more than
    /// [`DELETE_KEYS_MAX`].
    pub fn parse(body: &[u8]) -> Result<Self, S3Error> {
        let root = xml::parse(body, "Delete")?;
        root.only(&["Object", "Quiet"])?;
        let quiet = match root.optional("Quiet")? {
            Some(element) => element.boolean()?,
            None => false,
        };
        let mut objects = Vec::new();
        for element in root.all("Object") {
            if objects.len() == DELETE_KEYS_MAX {
                return Err(S3Error::MalformedXML {});
            }
            element.only(&["Key", "VersionId", "ETag", "LastModifiedTime", "Size"])?;
            let text = |name| -> Result<Option<String>, S3Error> {
                match element.optional(name)? {
                    Some(child) => Ok(Some(child.text()?.to_owned())),
                    None => Ok(None),
                }
            };
            objects.push(ObjectToDelete {
                key: element.required("Key")?.text()?.to_owned(),
                version_id: text("VersionId")?,
                etag: text("ETag")?,
                last_modified_time: text("LastModifiedTime")?,
                size: element.optional("Size")?.map(|size| size.number()).transpose()?,
            });
        }
        if objects.is_empty() {
            return Err(S3Error::MalformedXML {});
        }
        Ok(Self { quiet, objects })
    }
}

/// The answer: all that was deleted (leave it empty for a quiet request), then all that was not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeleteResult {
    /// What was deleted.
    pub deleted: Vec<DeletedObject>,
    /// What was not.
    pub failures: Vec<DeleteFailure>,
}

/// `<Deleted>`
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeletedObject {
    /// The key as sent.
    pub key: String,
    /// The version as sent.
    pub version_id: Option<String>,
    /// Whether a delete marker was made or deleted: then its id.
    pub delete_marker_version_id: Option<String>,
}

/// `<Error>`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeleteFailure {
    /// The key as sent.
    pub key: String,
    /// The version as sent.
    pub version_id: Option<String>,
    /// Why; its code and message are shown.
    pub error: Box<S3Error>,
}

/// What became of one object, before it is sorted into the answer.
pub type DeleteOutcome = Result<DeletedObject, DeleteFailure>;

impl DeleteResult {
    /// Sorts outcomes into an answer.
    pub fn new(quiet: bool, outcomes: impl IntoIterator<Item = DeleteOutcome>) -> Self {
        let mut result = Self::default();
        for outcome in outcomes {
            match outcome {
                Ok(deleted) if !quiet => result.deleted.push(deleted),
                Ok(_) => {}
                Err(failure) => result.failures.push(failure),
            }
        }
        result
    }

    /// The document.
    pub fn to_xml(&self) -> String {
        let mut writer = Writer::new("DeleteResult");
        for deleted in &self.deleted {
            writer.nested("Deleted", |writer| {
                writer
                    .element("Key", &deleted.key)
                    .optional("VersionId", deleted.version_id.as_ref());
                if let Some(id) = &deleted.delete_marker_version_id {
                    writer
                        .element("DeleteMarker", true)
                        .element("DeleteMarkerVersionId", id);
                }
            });
        }
        for failure in &self.failures {
            writer.nested("Error", |writer| {
                writer
                    .element("Key", &failure.key)
                    .optional("VersionId", failure.version_id.as_ref())
                    .element("Code", failure.error.code())
                    .element("Message", failure.error.message());
            });
        }
        writer.finish()
    }
}
