//! Answers that list.

use cairn_types::{
    ChecksumAlgorithm, ChecksumType, PartNumber, RegionName, StorageClass, Timestamp, VersionId,
};

use super::{MD5, bucket, crc32, document, etag, key, moment, owner, upload_id};
use crate::documents::*;
use crate::parameters::EncodingType;
use crate::xml::{NAMESPACE, PROLOG};

// facts/06 §3.
#[test]
fn list_buckets() {
    let result = ListAllMyBucketsResult {
        owner: owner(),
        buckets: vec![ListedBucket {
            name: bucket(),
            creation_date: moment(),
            region: RegionName::parse("eu-west-1").unwrap(),
        }],
        prefix: Some("my".into()),
        continuation_token: Some("t".into()),
    };
    assert_eq!(
        result.to_xml(),
        document(
            "ListAllMyBucketsResult",
            "<Owner><ID>o</ID></Owner><Buckets><Bucket><Name>my-bucket</Name>\
             <CreationDate>2015-10-21T07:28:00.000Z</CreationDate><BucketRegion>eu-west-1</BucketRegion>\
             <BucketArn>arn:aws:s3:::my-bucket</BucketArn></Bucket></Buckets><Prefix>my</Prefix>\
             <ContinuationToken>t</ContinuationToken>"
        )
    );
}

// facts/02 §3.
#[test]
fn bucket_location() {
    assert_eq!(
        location_constraint(None),
        format!("{PROLOG}<LocationConstraint xmlns=\"{NAMESPACE}\"/>")
    );
    assert_eq!(
        location_constraint(Some("EU")),
        document("LocationConstraint", "EU")
    );
}

fn listed(name: &str, with_owner: bool) -> ListedObject<'_> {
    ListedObject {
        key: name,
        last_modified: moment(),
        etag: etag(),
        checksum: Some((ChecksumAlgorithm::Crc64Nvme, ChecksumType::FullObject)),
        size: 7,
        owner: with_owner.then_some("o"),
        storage_class: StorageClass::Standard,
    }
}

fn contents(name: &str, owner: &str) -> String {
    format!(
        "<Contents><Key>{name}</Key><LastModified>2015-10-21T07:28:00.000Z</LastModified>\
         <ETag>&quot;{MD5}&quot;</ETag><ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm>\
         <ChecksumType>FULL_OBJECT</ChecksumType><Size>7</Size>{owner}<StorageClass>STANDARD</StorageClass></Contents>"
    )
}

fn page_of<'a, C: Iterator<Item = ListedObject<'a>>>(contents: C) -> ListBucketResult<'a, C> {
    ListBucketResult {
        name: bucket(),
        prefix: String::new(),
        marker: String::new(),
        next_marker: None,
        max_keys: 1000,
        delimiter: None,
        encoding: None,
        is_truncated: false,
        contents,
        common_prefixes: vec![],
    }
}

// facts/06 §3: order of elements, fields that are encoded, and Prefix and Marker shown even when empty.
#[test]
fn list_objects() {
    let mut result = page_of([listed("a b=<", true)].into_iter());
    assert_eq!(
        result.to_xml(),
        document(
            "ListBucketResult",
            &format!(
                "<Name>my-bucket</Name><Prefix></Prefix><Marker></Marker><MaxKeys>1000</MaxKeys>\
                 <IsTruncated>false</IsTruncated>{}",
                contents("a b=&lt;", "<Owner><ID>o</ID></Owner>")
            )
        )
    );
    result.prefix = "p=".into();
    result.marker = "m/%".into();
    result.next_marker = Some("n +".into());
    result.delimiter = Some("//&".into());
    result.encoding = Some(EncodingType::Url);
    result.is_truncated = true;
    result.common_prefixes = vec!["é/"];
    assert_eq!(
        result.to_xml(),
        document(
            "ListBucketResult",
            &format!(
                "<Name>my-bucket</Name><Prefix>p%3D</Prefix><Marker>m/%25</Marker><NextMarker>n+%2B</NextMarker>\
                 <MaxKeys>1000</MaxKeys><Delimiter>//%26</Delimiter><EncodingType>url</EncodingType>\
                 <IsTruncated>true</IsTruncated>{}<CommonPrefixes><Prefix>%C3%A9/</Prefix></CommonPrefixes>",
                contents("a+b%3D%3C", "<Owner><ID>o</ID></Owner>")
            )
        )
    );
}

#[test]
fn every_object_has_its_own_moment() {
    let micros = [0, 999_999, 1_000_000, 1_999_999, 0, 86_400_000_000];
    let at = |micros| ListedObject {
        last_modified: Timestamp::from_micros(micros),
        ..listed("a", false)
    };
    let result = page_of(micros.into_iter().map(at));
    let xml = result.to_xml();
    let shown: Vec<_> = xml
        .split("<LastModified>")
        .skip(1)
        .map(|rest| &rest[..24])
        .collect();
    let expected = micros.map(|micros| Timestamp::from_micros(micros).iso8601_millis());
    assert_eq!(shown, expected);
}

// facts/06 §3: tokens are never encoded.
#[test]
fn list_objects_v2() {
    let result = ListBucketResultV2 {
        name: bucket(),
        prefix: String::new(),
        start_after: Some("s =".into()),
        continuation_token: Some("t=".into()),
        next_continuation_token: Some("u=".into()),
        max_keys: 2,
        delimiter: Some("/".into()),
        encoding: Some(EncodingType::Url),
        is_truncated: true,
        contents: [listed("a", false)].into_iter(),
        common_prefixes: vec!["b/"],
    };
    assert_eq!(
        result.to_xml(),
        document(
            "ListBucketResult",
            &format!(
                "<Name>my-bucket</Name><Prefix></Prefix><StartAfter>s+%3D</StartAfter>\
                 <ContinuationToken>t=</ContinuationToken><NextContinuationToken>u=</NextContinuationToken>\
                 <KeyCount>2</KeyCount><MaxKeys>2</MaxKeys><Delimiter>/</Delimiter><EncodingType>url</EncodingType>\
                 <IsTruncated>true</IsTruncated>{}<CommonPrefixes><Prefix>b/</Prefix></CommonPrefixes>",
                contents("a", "")
            )
        )
    );
}

// facts/06 §3: versions and delete markers interleave; both markers are shown even when empty.
#[test]
fn list_versions() {
    let result = ListVersionsResult {
        name: bucket(),
        prefix: String::new(),
        key_marker: String::new(),
        version_id_marker: String::new(),
        next_key_marker: Some("k=".into()),
        next_version_id_marker: Some(VersionId::Null),
        max_keys: 2,
        delimiter: None,
        encoding: Some(EncodingType::Url),
        is_truncated: true,
        entries: [
            VersionEntry::DeleteMarker(ListedDeleteMarker {
                key: "k=",
                version_id: VersionId::Null,
                is_latest: true,
                last_modified: moment(),
                owner: Some("o"),
            }),
            VersionEntry::Version(ListedVersion {
                key: "k=",
                version_id: VersionId::Null,
                is_latest: false,
                last_modified: moment(),
                etag: etag(),
                checksum: None,
                size: 7,
                storage_class: StorageClass::StandardIa,
                owner: Some("o"),
            }),
        ]
        .into_iter(),
        common_prefixes: vec!["z/"],
    };
    assert_eq!(
        result.to_xml(),
        document(
            "ListVersionsResult",
            &format!(
                "<Name>my-bucket</Name><Prefix></Prefix><KeyMarker></KeyMarker><VersionIdMarker></VersionIdMarker>\
                 <NextKeyMarker>k%3D</NextKeyMarker><NextVersionIdMarker>null</NextVersionIdMarker>\
                 <MaxKeys>2</MaxKeys><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>\
                 <DeleteMarker><Key>k%3D</Key><VersionId>null</VersionId><IsLatest>true</IsLatest>\
                 <LastModified>2015-10-21T07:28:00.000Z</LastModified><Owner><ID>o</ID></Owner></DeleteMarker>\
                 <Version><Key>k%3D</Key><VersionId>null</VersionId><IsLatest>false</IsLatest>\
                 <LastModified>2015-10-21T07:28:00.000Z</LastModified><ETag>&quot;{MD5}&quot;</ETag><Size>7</Size>\
                 <StorageClass>STANDARD_IA</StorageClass><Owner><ID>o</ID></Owner></Version>\
                 <CommonPrefixes><Prefix>z/</Prefix></CommonPrefixes>"
            )
        )
    );
}

// facts/06 §3.
#[test]
fn list_parts() {
    let upload_id = upload_id();
    let result = ListPartsResult {
        bucket: bucket(),
        key: key("a b"),
        upload_id,
        initiator: Some(Owner {
            id: "i".into(),
            display_name: Some("root".into()),
        }),
        owner: Some("o"),
        storage_class: StorageClass::Standard,
        part_number_marker: 0,
        next_part_number_marker: 1,
        max_parts: 1000,
        encoding: None,
        is_truncated: false,
        parts: vec![ListedPart {
            part_number: PartNumber::MIN,
            last_modified: moment(),
            etag: etag(),
            size: 7,
            checksum: Some(crc32()),
        }],
        checksum: Some((ChecksumAlgorithm::Crc32, ChecksumType::Composite)),
    };
    assert_eq!(
        result.to_xml(),
        document(
            "ListPartsResult",
            &format!(
                "<Bucket>my-bucket</Bucket><Key>a b</Key><UploadId>{upload_id}</UploadId>\
                 <Initiator><ID>i</ID><DisplayName>root</DisplayName></Initiator><Owner><ID>o</ID></Owner>\
                 <StorageClass>STANDARD</StorageClass><PartNumberMarker>0</PartNumberMarker>\
                 <NextPartNumberMarker>1</NextPartNumberMarker><MaxParts>1000</MaxParts>\
                 <IsTruncated>false</IsTruncated><Part><PartNumber>1</PartNumber>\
                 <LastModified>2015-10-21T07:28:00.000Z</LastModified><ETag>&quot;{MD5}&quot;</ETag><Size>7</Size>\
                 <ChecksumCRC32>AAAAAQ==</ChecksumCRC32></Part><ChecksumAlgorithm>CRC32</ChecksumAlgorithm>\
                 <ChecksumType>COMPOSITE</ChecksumType>"
            )
        )
    );
}

// facts/06 §3: the four markers are always there.
#[test]
fn list_uploads() {
    let upload_id = upload_id();
    let result = ListMultipartUploadsResult {
        bucket: bucket(),
        key_marker: String::new(),
        upload_id_marker: String::new(),
        next_key_marker: "k=".into(),
        next_upload_id_marker: upload_id.to_string(),
        prefix: None,
        delimiter: Some("/".into()),
        encoding: Some(EncodingType::Url),
        max_uploads: 1000,
        is_truncated: false,
        uploads: vec![ListedUpload {
            key: key("k="),
            upload_id,
            initiator: Some(owner()),
            owner: Some("o"),
            storage_class: StorageClass::Standard,
            initiated: moment(),
            checksum: None,
        }],
        common_prefixes: vec!["p/"],
    };
    assert_eq!(
        result.to_xml(),
        document(
            "ListMultipartUploadsResult",
            &format!(
                "<Bucket>my-bucket</Bucket><KeyMarker></KeyMarker><UploadIdMarker></UploadIdMarker>\
                 <NextKeyMarker>k%3D</NextKeyMarker><NextUploadIdMarker>{upload_id}</NextUploadIdMarker>\
                 <Delimiter>/</Delimiter><EncodingType>url</EncodingType><MaxUploads>1000</MaxUploads>\
                 <IsTruncated>false</IsTruncated><Upload><Key>k%3D</Key><UploadId>{upload_id}</UploadId>\
                 <Initiator><ID>o</ID></Initiator><Owner><ID>o</ID></Owner><StorageClass>STANDARD</StorageClass>\
                 <Initiated>2015-10-21T07:28:00.000Z</Initiated></Upload>\
                 <CommonPrefixes><Prefix>p/</Prefix></CommonPrefixes>"
            )
        )
    );
}
