//! The fields of a form, as the upload they ask for.
//!
//! What PutObject reads from headers is made headers again ([`PostRequest::headers`]), under the same names
//! and with the same limits and refusals: metadata, storage class, checksums, ACL, encryption. Only fields
//! that POST Object has become headers; others are the policy's business and nobody else's.

use cairn_types::tag::Tagged;
use cairn_types::{BucketName, ETag, ObjectKey, TagSet};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::answer::{Answer, is_redirect, object_location, post_response, redirect_location};
use super::fields::Fields;
use crate::S3Error;
use crate::documents::Tagging;
use crate::headers::META_PREFIX;
use crate::xml;

/// Fields that are headers of PutObject by the same name, or begin so.
const HEADERS: [&str; 6] = [
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-type",
    "expires",
];
const AMAZON_HEADERS: [&str; 3] = [
    "x-amz-acl",
    "x-amz-storage-class",
    "x-amz-website-redirect-location",
];
const AMAZON_PREFIXES: [&str; 5] = [
    META_PREFIX,
    "x-amz-checksum-",
    "x-amz-grant-",
    "x-amz-object-lock-",
    "x-amz-server-side-encryption",
];

/// How success is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Success {
    /// 200, nothing else.
    Ok,
    /// 201 and the document.
    Created,
    /// 204: the default.
    NoContent,
    /// 303 to this URL, with bucket, key and ETag in its query.
    SeeOther(String),
}

/// An upload by form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostRequest {
    /// The object's key.
    pub key: ObjectKey,
    /// The fields that are headers of PutObject, for the functions of [`crate::headers`].
    pub headers: HeaderMap,
    /// The object's tags.
    pub tags: TagSet,
    /// How success is told.
    pub success: Success,
}

impl PostRequest {
    /// Reads the fields, in which the file's name is put in already.
    ///
    /// # Errors
    /// Those of [`Fields::key`]; `MalformedXML` and the tags' own; `InvalidArgument` for a value that no header
    /// can carry, or a name of user metadata that is no header's [believed].
    pub fn read(fields: &Fields) -> Result<Self, S3Error> {
        Ok(Self {
            key: fields.key()?,
            headers: headers(fields)?,
            tags: tags(fields)?,
            success: success(fields),
        })
    }

    /// The answer to the upload that succeeded. `bucket_url` is the bucket's own URL, without a slash at its
    /// end.
    pub fn answer(&self, bucket_url: &str, bucket: &BucketName, etag: &ETag) -> Answer {
        let object = || object_location(bucket_url, &self.key);
        match &self.success {
            Success::SeeOther(url) => Answer {
                status: StatusCode::SEE_OTHER,
                location: redirect_location(url, bucket, &self.key, etag),
                document: None,
            },
            Success::Created => {
                let location = object();
                Answer {
                    status: StatusCode::CREATED,
                    document: Some(post_response(&location, bucket, &self.key, etag)),
                    location,
                }
            }
            Success::Ok | Success::NoContent => Answer {
                status: match self.success {
                    Success::Ok => StatusCode::OK,
                    _ => StatusCode::NO_CONTENT,
                },
                location: object(),
                document: None,
            },
        }
    }
}

/// The name of the header that a field is.
fn header_name(field: &str) -> Option<&str> {
    // The form's own name for it (facts/04 §5).
    if field == "acl" {
        return Some("x-amz-acl");
    }
    let known = HEADERS.contains(&field)
        || AMAZON_HEADERS.contains(&field)
        || AMAZON_PREFIXES.iter().any(|prefix| field.starts_with(prefix));
    known.then_some(field)
}

fn headers(fields: &Fields) -> Result<HeaderMap, S3Error> {
    let mut headers = HeaderMap::new();
    for (field, value) in fields.iter() {
        let Some(name) = header_name(field) else { continue };
        // HTML ends lines with CRLF, and a field of a form may have several: a header's value cannot.
        let unfit =
            || S3Error::invalid_argument(format!("Value for {field} field is invalid."), field, value);
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unfit())?;
        let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| unfit())?;
        headers.append(name, value);
    }
    Ok(headers)
}

/// The field `tagging` is a document, not the header's query form. One that is well-formed and no `Tagging`
/// means no tags (facts/04 §5).
fn tags(fields: &Fields) -> Result<TagSet, S3Error> {
    let Some(document) = fields.get("tagging").filter(|document| !document.is_empty()) else {
        return Ok(TagSet::default());
    };
    if xml::well_formed(document.as_bytes())?.name() != "Tagging" {
        return Ok(TagSet::default());
    }
    Ok(Tagging::parse(document.as_bytes(), Tagged::Object)?.0)
}

/// A redirect wins over a status; one that is no URL is ignored (facts/04 §5).
fn success(fields: &Fields) -> Success {
    let url = fields
        .get("success_action_redirect")
        .or_else(|| fields.get("redirect"))
        .filter(|url| is_redirect(url));
    if let Some(url) = url {
        return Success::SeeOther(url.to_owned());
    }
    match fields.get("success_action_status") {
        Some("200") => Success::Ok,
        Some("201") => Success::Created,
        _ => Success::NoContent,
    }
}
