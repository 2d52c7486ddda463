use http::{HeaderMap, HeaderValue, Method};

use super::*;

fn routed(
    method: &str,
    resource: Resource,
    query: &str,
    headers: &[&'static str],
) -> Result<&'static str, String> {
    let mut map = HeaderMap::new();
    for name in headers {
        map.insert(*name, HeaderValue::from_static("x"));
    }
    let query = Query::parse(Some(query)).unwrap();
    route(
        &Method::from_bytes(method.as_bytes()).unwrap(),
        resource,
        &query,
        &map,
    )
    .map(|row| row.name)
    .map_err(|error| error.code().to_owned())
}

#[test]
fn requests_reach_their_rows() {
    use Resource::{Bucket, Object, Service};
    for (method, resource, query, name) in [
        ("GET", Service, "", "ListBuckets"),
        ("GET", Service, "x-id=ListBuckets&prefix=a", "ListBuckets"),
        ("GET", Bucket, "", "ListObjects"),
        ("GET", Bucket, "prefix=acl", "ListObjects"),
        ("GET", Bucket, "list-type=2", "ListObjectsV2"),
        ("GET", Bucket, "list-type=1", "ListObjects"),
        ("GET", Bucket, "versions&prefix=p", "ListObjectVersions"),
        ("GET", Bucket, "location=", "GetBucketLocation"),
        ("GET", Bucket, "analytics", "ListBucketAnalyticsConfigurations"),
        ("GET", Bucket, "analytics&id=1", "GetBucketAnalyticsConfiguration"),
        ("PUT", Bucket, "website", "PutBucketWebsite"),
        ("POST", Bucket, "delete", "DeleteObjects"),
        ("POST", Bucket, "", "PostObject"),
        ("GET", Object, "versionId=1&partNumber=2", "GetObject"),
        ("POST", Object, "uploads", "CreateMultipartUpload"),
        ("POST", Object, "uploadId=1", "CompleteMultipartUpload"),
        ("PUT", Object, "uploadId=1&partNumber=1", "UploadPart"),
        ("POST", Object, "select&select-type=2", "SelectObjectContent"),
        // An unknown name is an ordinary parameter (facts/06 §12).
        ("PUT", Object, "colour=red", "PutObject"),
    ] {
        assert_eq!(
            routed(method, resource, query, &[]).as_deref(),
            Ok(name),
            "{method} {resource:?} ?{query}"
        );
    }
    let copy = &["x-amz-copy-source"];
    assert_eq!(routed("PUT", Object, "", copy).as_deref(), Ok("CopyObject"));
    assert_eq!(
        routed("PUT", Object, "uploadId=1&partNumber=1", copy).as_deref(),
        Ok("UploadPartCopy")
    );
}

#[test]
fn two_subresources_conflict() {
    // facts/06 §12.
    let query = Query::parse(Some("acl&policy")).unwrap();
    let error = route(&Method::GET, Resource::Bucket, &query, &HeaderMap::new())
        .map(|row| row.name)
        .unwrap_err();
    assert_eq!(
        error.message(),
        "Conflicting query string parameters: acl, policy"
    );
    assert_eq!(
        error.details(),
        [
            ("ArgumentName", "ResourceType".to_owned()),
            ("ArgumentValue", "acl".to_owned())
        ]
    );
    assert_eq!(
        routed("GET", Resource::Bucket, "acl&acl", &[]).as_deref(),
        Ok("GetBucketAcl")
    );
}

/// A peer takes `PUT ?website` for CreateBucket. Here no method and no resource lets a request that names a
/// sub-resource reach a row of another name, or of none.
#[test]
fn a_subresource_never_falls_through() {
    for method in ["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "PATCH", "BREW"] {
        for resource in [Resource::Service, Resource::Bucket, Resource::Object] {
            for subresource in SUBRESOURCES.iter() {
                let query = Query::parse(Some(subresource)).unwrap();
                let method = Method::from_bytes(method.as_bytes()).unwrap();
                match route(&method, resource, &query, &HeaderMap::new()) {
                    Ok(row) => assert_eq!(row.route.subresource, Some(*subresource)),
                    Err(error) => assert_eq!(error.code(), "MethodNotAllowed"),
                }
            }
        }
    }
}

#[test]
fn every_row_can_be_reached_and_no_two_are_alike() {
    for (index, row) in OPERATIONS.iter().enumerate() {
        let mut query = row.route.subresource.unwrap_or_default().to_owned();
        let mut headers = Vec::new();
        for condition in row.route.conditions {
            match condition {
                Condition::Query(name) => query += &format!("&{name}=1"),
                Condition::QueryValue(name, value) => query += &format!("&{name}={value}"),
                Condition::Header(name) => headers.push(*name),
            }
        }
        assert_eq!(
            routed(row.route.method, row.route.resource, &query, &headers).as_deref(),
            Ok(row.name)
        );
        assert!(
            OPERATIONS[..index].iter().all(|other| other.name != row.name),
            "{} is there twice",
            row.name
        );
    }
}
