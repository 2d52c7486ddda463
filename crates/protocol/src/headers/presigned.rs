//! `x-amz-*` parameters of a presigned URL that stand for headers.
//!
//! SDKs that presign move such headers into the query, where they are signed; S3 takes them from there.
//! Checksums are the exception: SDKs presign that of an empty body, and live S3 ignores it in a query
//! (LocalStack issue 12169, aws-sdk issue 480).

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::query::Query;

/// Parameters of the signature itself, and those that S3 ignores.
const NOT_HEADERS: &[&str] = &[
    "x-amz-algorithm",
    "x-amz-content-sha256",
    "x-amz-credential",
    "x-amz-date",
    "x-amz-expires",
    "x-amz-sdk-checksum-algorithm",
    "x-amz-security-token",
    "x-amz-signature",
    "x-amz-signedheaders",
];

/// Adds the headers that a presigned URL carries as parameters; one that is also sent as a header stays as
/// it was sent. Values no header can carry are left out.
pub fn adopt_presigned(query: &Query, headers: &mut HeaderMap) {
    for (name, value) in query.iter() {
        let name = name.to_ascii_lowercase();
        if !name.starts_with("x-amz-")
            || name.starts_with("x-amz-checksum-")
            || NOT_HEADERS.contains(&name.as_str())
        {
            continue;
        }
        if let (Ok(name), Ok(value)) = (
            name.parse::<HeaderName>(),
            HeaderValue::from_bytes(value.as_bytes()),
        ) && !headers.contains_key(&name)
        {
            headers.insert(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_become_headers_but_for_the_signature_and_checksums() {
        let query = Query::parse(Some(
            "X-Amz-Signature=s&X-Amz-Meta-Colour=r%C3%B6t&x-amz-storage-class=STANDARD_IA&x-id=PutObject\
             &x-amz-checksum-crc32=AAAAAA%3D%3D&x-amz-sdk-checksum-algorithm=CRC32&x-amz-acl=private",
        ))
        .unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("x-amz-acl", HeaderValue::from_static("bucket-owner-full-control"));
        adopt_presigned(&query, &mut headers);
        let mut names: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["x-amz-acl", "x-amz-meta-colour", "x-amz-storage-class"]);
        assert_eq!(
            headers["x-amz-meta-colour"],
            HeaderValue::from_bytes("röt".as_bytes()).unwrap()
        );
        assert_eq!(headers["x-amz-acl"], "bucket-owner-full-control");
    }
}
