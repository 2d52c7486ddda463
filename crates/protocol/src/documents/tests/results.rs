//! Answers that tell what was done.

use cairn_types::{Checksum, ETag, PartNumber, StorageClass};

use super::{MD5, bucket, composite, crc32, document, etag, key, moment, upload_id};
use crate::S3Error;
use crate::documents::*;
use crate::xml::PROLOG;

#[test]
fn delete_objects_result() {
    let deleted = |key: &str| DeletedObject {
        key: key.into(),
        ..DeletedObject::default()
    };
    let outcomes = || {
        [
            Err(DeleteFailure {
                key: "c".into(),
                version_id: Some("v".into()),
                error: Box::new(S3Error::access_denied()),
            }),
            Ok(deleted("a&")),
            Ok(DeletedObject {
                version_id: Some("m".into()),
                delete_marker_version_id: Some("m".into()),
                ..deleted("b")
            }),
        ]
    };
    let failure = "<Error><Key>c</Key><VersionId>v</VersionId><Code>AccessDenied</Code>\
                   <Message>Access Denied</Message></Error>";
    assert_eq!(
        DeleteResult::new(false, outcomes()).to_xml(),
        document(
            "DeleteResult",
            &format!(
                "<Deleted><Key>a&amp;</Key></Deleted><Deleted><Key>b</Key><VersionId>m</VersionId>\
                 <DeleteMarker>true</DeleteMarker><DeleteMarkerVersionId>m</DeleteMarkerVersionId></Deleted>{failure}"
            )
        )
    );
    assert_eq!(
        DeleteResult::new(true, outcomes()).to_xml(),
        document("DeleteResult", failure)
    );
}

// facts/06 §7.
#[test]
fn copies() {
    let head = format!(
        "<LastModified>2015-10-21T07:28:00.000Z</LastModified><ETag>&quot;{MD5}&quot;</ETag>\
         <ChecksumCRC32>AAAAAQ==</ChecksumCRC32>"
    );
    let object = CopyObjectResult {
        last_modified: moment(),
        etag: etag(),
        checksum: Some(Checksum::full_object(crc32())),
    };
    assert_eq!(
        object.to_xml(),
        document(
            "CopyObjectResult",
            &format!("{head}<ChecksumType>FULL_OBJECT</ChecksumType>")
        )
    );
    let part = CopyPartResult {
        last_modified: moment(),
        etag: etag(),
        checksum: Some(crc32()),
    };
    assert_eq!(part.to_xml(), document("CopyPartResult", &head));
}

// facts/06 §5: the ETag has no quotes, the composite checksum no part count.
#[test]
fn object_attributes() {
    let mut response = GetObjectAttributesResponse {
        etag: ETag::parse(&format!("{MD5}-2")),
        checksum: Some(composite()),
        object_parts: Some(AttributeParts::Page {
            count: 2,
            marker: 0,
            next_marker: 1,
            max_parts: 1,
            is_truncated: true,
            parts: vec![(PartNumber::MIN, 7, crc32())],
        }),
        storage_class: Some(StorageClass::Standard),
        object_size: Some(9),
    };
    let around = |parts: &str| {
        document(
            "GetObjectAttributesResponse",
            &format!(
                "<ETag>{MD5}-2</ETag><Checksum><ChecksumCRC32>AAAAAQ==</ChecksumCRC32>\
                 <ChecksumType>COMPOSITE</ChecksumType></Checksum><ObjectParts><PartsCount>2</PartsCount>{parts}\
                 </ObjectParts><StorageClass>STANDARD</StorageClass><ObjectSize>9</ObjectSize>"
            ),
        )
    };
    assert_eq!(
        response.to_xml(),
        around(
            "<PartNumberMarker>0</PartNumberMarker><NextPartNumberMarker>1</NextPartNumberMarker>\
             <MaxParts>1</MaxParts><IsTruncated>true</IsTruncated><Part><PartNumber>1</PartNumber><Size>7</Size>\
             <ChecksumCRC32>AAAAAQ==</ChecksumCRC32></Part>"
        )
    );
    response.object_parts = Some(AttributeParts::Count(2));
    assert_eq!(response.to_xml(), around(""));
}

// facts/06 §8.
#[test]
fn multipart_results() {
    let upload_id = upload_id();
    let initiated = InitiateMultipartUploadResult {
        bucket: bucket(),
        key: key("a&b"),
        upload_id,
    };
    assert_eq!(
        initiated.to_xml(),
        document(
            "InitiateMultipartUploadResult",
            &format!("<Bucket>my-bucket</Bucket><Key>a&amp;b</Key><UploadId>{upload_id}</UploadId>")
        )
    );
    let completed = CompleteMultipartUploadResult {
        location: "https://my-bucket.s3.localhost/a%26b".into(),
        bucket: bucket(),
        key: key("a&b"),
        etag: ETag::parse(&format!("{MD5}-2")).unwrap(),
        checksum: Some(composite()),
    };
    let whole = document(
        "CompleteMultipartUploadResult",
        &format!(
            "<Location>https://my-bucket.s3.localhost/a%26b</Location><Bucket>my-bucket</Bucket><Key>a&amp;b</Key>\
             <ETag>&quot;{MD5}-2&quot;</ETag><ChecksumCRC32>AAAAAQ==-2</ChecksumCRC32>\
             <ChecksumType>COMPOSITE</ChecksumType>"
        ),
    );
    assert_eq!(completed.to_xml(true), whole);
    assert_eq!(format!("{PROLOG}{}", completed.to_xml(false)), whole);
}
