//! How a form's success is told (facts/04 §5).

use cairn_types::{BucketName, ETag, ObjectKey};
use http::StatusCode;
use http::uri::{Scheme, Uri};

use crate::encoding::encode_query;
use crate::xml::{self, escape};

/// What the client gets. `Location` and `ETag` are headers of all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// 200, 201, 204 or 303.
    pub status: StatusCode,
    /// `Location`: the object's URL, or where the browser is sent.
    pub location: String,
    /// The document of a 201.
    pub document: Option<String>,
}

/// An object's URL in the answers of a form: `/` is encoded too, as S3's recorded answers have it.
pub(super) fn object_location(bucket_url: &str, key: &ObjectKey) -> String {
    format!(
        "{}/{}",
        bucket_url.trim_end_matches('/'),
        encode_query(key.as_str())
    )
}

/// The document of a 201: no namespace, `Location` encoded and `Key` raw, the ETag in its quotes.
pub fn post_response(location: &str, bucket: &BucketName, key: &ObjectKey, etag: &ETag) -> String {
    let mut document = String::with_capacity(512);
    document.push_str(xml::PROLOG);
    document.push_str("<PostResponse>");
    let etag = etag.quoted();
    for (name, text) in [
        ("Location", location),
        ("Bucket", bucket.as_str()),
        ("Key", key.as_str()),
        ("ETag", &etag),
    ] {
        document.push_str(&format!("<{name}>"));
        escape(text, &mut document);
        document.push_str(&format!("</{name}>"));
    }
    document.push_str("</PostResponse>");
    document
}

/// Whether a browser can be sent there: an absolute http(s) URL. Others are ignored (facts/04 §5).
pub(super) fn is_redirect(url: &str) -> bool {
    // The fragment too, which `Uri` does not look at: no header may be split.
    let visible = url.bytes().all(|b| b.is_ascii_graphic());
    visible
        && url.parse::<Uri>().is_ok_and(|uri| {
            let http = uri.scheme() == Some(&Scheme::HTTP) || uri.scheme() == Some(&Scheme::HTTPS);
            http && uri.host().is_some_and(|host| !host.is_empty())
        })
}

/// The redirect's URL with bucket, key and ETag in its query.
pub(super) fn redirect_location(url: &str, bucket: &BucketName, key: &ObjectKey, etag: &ETag) -> String {
    let (address, fragment) = match url.split_once('#') {
        Some((address, fragment)) => (address, Some(fragment)),
        None => (url, None),
    };
    let joint = match address.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    let mut location = format!(
        "{address}{joint}bucket={}&key={}&etag={}",
        encode_query(bucket.as_str()),
        encode_query(key.as_str()),
        encode_query(&etag.quoted()),
    );
    if let Some(fragment) = fragment {
        location.push('#');
        location.push_str(fragment);
    }
    location
}
