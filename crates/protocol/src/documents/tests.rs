//! Answers are compared with whole documents: their order is what is tested.

use cairn_types::tag::Tagged;
use cairn_types::{
    BucketName, Checksum, ChecksumAlgorithm, ChecksumType, ChecksumValue, ETag, ObjectKey, PartNumber,
    RegionName, StorageClass, Tag, TagSet, Timestamp, UploadId, VersionId, VersionOrder,
};
use proptest::prelude::*;

use super::*;
use crate::S3Error;
use crate::parameters::EncodingType;
use crate::xml::{NAMESPACE, PROLOG};

const MD5: &str = "d41d8cd98f00b204e9800998ecf8427e";

/// The document with the prolog and the root's namespace put in.
fn document(root: &str, children: &str) -> String {
    format!("{PROLOG}<{root} xmlns=\"{NAMESPACE}\">{children}</{root}>")
}

fn bucket() -> BucketName {
    BucketName::parse("my-bucket").unwrap()
}

fn key(text: &str) -> ObjectKey {
    ObjectKey::new(text).unwrap()
}

fn etag() -> ETag {
    ETag::parse(MD5).unwrap()
}

fn moment() -> Timestamp {
    Timestamp::from_micros(1_445_412_480_999_999)
}

fn owner() -> Owner {
    Owner {
        id: "o".into(),
        display_name: None,
    }
}

fn crc32() -> ChecksumValue {
    ChecksumValue::new(ChecksumAlgorithm::Crc32, vec![0, 0, 0, 1]).unwrap()
}

fn composite() -> Checksum {
    Checksum {
        value: crc32(),
        kind: ChecksumType::Composite,
        parts: Some(2),
    }
}

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

// facts/06 §4.
#[test]
fn versioning() {
    let empty = VersioningConfiguration::default().to_xml();
    assert_eq!(
        empty,
        format!("{PROLOG}<VersioningConfiguration xmlns=\"{NAMESPACE}\"/>")
    );
    for (word, status) in [
        ("Enabled", VersioningStatus::Enabled),
        ("Suspended", VersioningStatus::Suspended),
    ] {
        let body = document("VersioningConfiguration", &format!("<Status>{word}</Status>"));
        let read = VersioningConfiguration::parse(body.as_bytes()).unwrap();
        assert_eq!((read.status, read.mfa_delete), (Some(status), None));
        assert_eq!(read.to_xml(), body);
    }
    let parse = |children: &str| {
        VersioningConfiguration::parse(document("VersioningConfiguration", children).as_bytes())
    };
    let with_mfa = parse("<MfaDelete>Disabled</MfaDelete><Status>Enabled</Status>").unwrap();
    assert_eq!(with_mfa.mfa_delete, Some(false));
    assert!(
        with_mfa
            .to_xml()
            .contains("<Status>Enabled</Status><MfaDelete>Disabled</MfaDelete>")
    );
    for (children, code) in [
        ("", "IllegalVersioningConfigurationException"),
        (
            "<MfaDelete>Enabled</MfaDelete>",
            "IllegalVersioningConfigurationException",
        ),
        ("<Status>enabled</Status>", "MalformedXML"),
        ("<Status/>", "MalformedXML"),
        ("<Status>Enabled</Status><Status>Enabled</Status>", "MalformedXML"),
        (
            "<Status>Enabled</Status><MfaDelete>true</MfaDelete>",
            "MalformedXML",
        ),
        ("<Status>Enabled</Status><Other/>", "MalformedXML"),
    ] {
        assert_eq!(parse(children).unwrap_err().code(), code, "{children}");
    }
    assert_eq!(
        VersioningConfiguration::parse(b"").unwrap_err().code(),
        "MissingRequestBodyError"
    );
}

// facts/06 §6.
#[test]
fn tags() {
    let body = document(
        "Tagging",
        "<TagSet><Tag><Key>a</Key><Value>1 2</Value></Tag><Tag><Key>b</Key><Value></Value></Tag></TagSet>",
    );
    let tagging = Tagging::parse(body.as_bytes(), Tagged::Object).unwrap();
    assert_eq!(tagging.0.as_slice().len(), 2);
    assert_eq!(tagging.to_xml(), body);
    let empty = document("Tagging", "<TagSet></TagSet>");
    assert_eq!(
        Tagging::parse(empty.as_bytes(), Tagged::Bucket).unwrap().to_xml(),
        empty
    );

    let tag = |key: &str| format!("<Tag><Key>{key}</Key><Value>v</Value></Tag>");
    let many = |n: usize| (0..n).map(|n| tag(&format!("k{n}"))).collect::<String>();
    let set = |tags: &str| format!("<TagSet>{tags}</TagSet>");
    let code = |tagged, children: &str| {
        let error = Tagging::parse(document("Tagging", children).as_bytes(), tagged).unwrap_err();
        format!("{}: {}", error.code(), error.message())
    };
    for (tagged, children, expected) in [
        (
            Tagged::Object,
            set(&many(11)),
            "BadRequest: Object tags cannot be greater than 10",
        ),
        (
            Tagged::Bucket,
            set(&many(51)),
            "BadRequest: Bucket tag count cannot be greater than 50",
        ),
        (
            Tagged::Bucket,
            set(&tag("a").repeat(2)),
            "InvalidTag: Cannot provide multiple Tags with the same key",
        ),
        (
            Tagged::Bucket,
            set(&tag("aws:a")),
            "InvalidTag: System tags cannot be added/updated by requester",
        ),
        (
            Tagged::Object,
            set(&tag("aws:a")),
            "InvalidTag: Your TagKey cannot be prefixed with aws:",
        ),
        (
            Tagged::Object,
            set(&tag("a?")),
            "InvalidTag: The TagKey you have provided is invalid",
        ),
    ] {
        assert_eq!(code(tagged, &children), expected, "{children}");
    }
    for malformed in [
        "".to_owned(),
        set("<Tag><Key>a</Key></Tag>"),
        set("<Tag><Value>a</Value></Tag>"),
        set("<Key>a</Key>"),
        set(&tag("a")).repeat(2),
        set("<Tag><Key>a</Key><Value>b</Value><Key>c</Key></Tag>"),
    ] {
        assert!(
            code(Tagged::Object, &malformed).starts_with("MalformedXML"),
            "{malformed}"
        );
    }
}

// facts/02 §4.
#[test]
fn create_bucket() {
    let parse = |children: &str| {
        CreateBucketConfiguration::parse(document("CreateBucketConfiguration", children).as_bytes())
    };
    let empty = CreateBucketConfiguration::default();
    assert_eq!(CreateBucketConfiguration::parse(b""), Ok(empty.clone()));
    assert_eq!(parse(""), Ok(empty.clone()));
    assert_eq!(parse("<LocationConstraint/>"), Ok(empty));
    let full = parse(
        "<LocationConstraint>eu-west-1</LocationConstraint><Location><Name>x</Name></Location><Bucket/>\
         <Tags><Tag><Key>a</Key><Value>b</Value></Tag></Tags>",
    )
    .unwrap();
    assert_eq!(full.location_constraint.as_deref(), Some("eu-west-1"));
    let tag = Tag {
        key: "a".into(),
        value: "b".into(),
    };
    assert_eq!(full.tags, TagSet::new(Tagged::Bucket, vec![tag]).unwrap());
    for bad in [
        "<Other/>",
        "<LocationConstraint><a/></LocationConstraint>",
        "<Tags><Key/></Tags>",
        "text",
    ] {
        assert_eq!(parse(bad), Err(S3Error::MalformedXML {}), "{bad}");
    }
}

fn listed(name: &str, with_owner: bool) -> ListedObject {
    ListedObject {
        key: key(name),
        last_modified: moment(),
        etag: etag(),
        checksum: Some((ChecksumAlgorithm::Crc64Nvme, ChecksumType::FullObject)),
        size: 7,
        owner: with_owner.then(owner),
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

// facts/06 §3: order of elements, fields that are encoded, and Prefix and Marker shown even when empty.
#[test]
fn list_objects() {
    let mut result = ListBucketResult {
        name: bucket(),
        prefix: String::new(),
        marker: String::new(),
        next_marker: None,
        max_keys: 1000,
        delimiter: None,
        encoding: None,
        is_truncated: false,
        contents: vec![listed("a b=<", true)],
        common_prefixes: vec![],
    };
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
    result.common_prefixes = vec!["é/".into()];
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
        contents: vec![listed("a", false)],
        common_prefixes: vec!["b/".into()],
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
        entries: vec![
            VersionEntry::DeleteMarker(ListedDeleteMarker {
                key: key("k="),
                version_id: VersionId::Null,
                is_latest: true,
                last_modified: moment(),
                owner: Some(owner()),
            }),
            VersionEntry::Version(ListedVersion {
                key: key("k="),
                version_id: VersionId::Null,
                is_latest: false,
                last_modified: moment(),
                etag: etag(),
                checksum: None,
                size: 7,
                storage_class: StorageClass::StandardIa,
                owner: Some(owner()),
            }),
        ],
        common_prefixes: vec!["z/".into()],
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

// facts/06 §6.
#[test]
fn delete_objects_body() {
    let parse = |children: &str| Delete::parse(document("Delete", children).as_bytes());
    let delete = parse(
        "<Quiet>true</Quiet><Object><Key>a&#x1;</Key></Object><Object><Key> b </Key><VersionId>v</VersionId>\
         <ETag>\"e\"</ETag><LastModifiedTime>t</LastModifiedTime><Size>3</Size></Object>",
    )
    .unwrap();
    assert!(delete.quiet);
    assert_eq!(delete.objects[0].key, "a\u{1}");
    assert_eq!(
        delete.objects[1],
        ObjectToDelete {
            key: " b ".into(),
            version_id: Some("v".into()),
            etag: Some("\"e\"".into()),
            last_modified_time: Some("t".into()),
            size: Some(3),
        }
    );
    let many = |n: usize| "<Object><Key>k</Key></Object>".repeat(n);
    assert_eq!(parse(&many(DELETE_KEYS_MAX)).unwrap().objects.len(), 1000);
    for bad in [
        &many(DELETE_KEYS_MAX + 1),
        "",
        "<Quiet>true</Quiet>",
        "<Object/>",
        "<Object><Key>a</Key><Other/></Object>",
        "<Object><Key>a</Key><Key>b</Key></Object>",
        "<Object><Key>a</Key></Object><Quiet>yes</Quiet>",
        "<Object><Key>a</Key><Size>x</Size></Object>",
    ] {
        assert_eq!(parse(bad), Err(S3Error::MalformedXML {}), "{:.60}", bad);
    }
    assert_eq!(Delete::parse(b""), Err(S3Error::MissingRequestBodyError {}));
}

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
                error: S3Error::access_denied(),
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

fn upload_id() -> UploadId {
    UploadId::generate(VersionOrder(1))
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

// facts/06 §8, §9.
#[test]
fn complete_body() {
    let parse = |children: &str| {
        CompleteMultipartUpload::parse(document("CompleteMultipartUpload", children).as_bytes())
    };
    let part = |number: &str, etag: &str| {
        format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>")
    };
    for form in [
        MD5.to_owned(),
        format!("\"{MD5}\""),
        format!("&quot;{MD5}&quot;"),
        format!(" {MD5}\n"),
    ] {
        let read = parse(&part("1", &form)).unwrap();
        assert_eq!(
            (read.parts[0].etag.as_str(), read.parts[0].etag()),
            (MD5, Some(etag())),
            "{form}"
        );
    }
    let strange = parse(&part("1", "e")).unwrap();
    assert_eq!(strange.parts[0].etag(), None);
    let upload_id = upload_id();
    assert_eq!(
        strange.parts[0].invalid(&upload_id).details(),
        [
            ("UploadId", upload_id.to_string()),
            ("PartNumber", "1".to_owned()),
            ("ETag", "e".to_owned())
        ]
    );

    let checksums: String = ChecksumAlgorithm::ALL
        .iter()
        .map(|algorithm| format!("<{0}>v</{0}>", algorithm.element()))
        .collect();
    let read = parse(&format!(
        "<Part>{checksums}<ETag>e</ETag><PartNumber>3</PartNumber></Part>"
    ))
    .unwrap();
    assert_eq!(read.parts[0].checksums.len(), ChecksumAlgorithm::ALL.len());
    assert_eq!(read.parts[0].checksum(ChecksumAlgorithm::Sha512), Some("v"));

    let order = |numbers: &[&str]| {
        let parts: String = numbers.iter().map(|number| part(number, "e")).collect();
        parse(&parts).unwrap().check_order(&upload_id)
    };
    assert_eq!(order(&["1", "3", "10000"]), Ok(()));
    for numbers in [["2", "1"], ["1", "1"]] {
        assert_eq!(order(&numbers).unwrap_err().code(), "InvalidPartOrder");
    }

    assert_eq!(
        parse(""),
        Err(S3Error::invalid_request("You must specify at least one part"))
    );
    for number in ["0", "10001"] {
        assert_eq!(parse(&part(number, "e")).unwrap_err().code(), "InvalidArgument");
    }
    let many = |n: usize| part("1", "e").repeat(n);
    assert!(parse(&many(CompleteMultipartUpload::PARTS_MAX)).is_ok());
    for bad in [
        &many(CompleteMultipartUpload::PARTS_MAX + 1),
        &part("x", "e"),
        &part("-1", "e"),
        "<Part><PartNumber>1</PartNumber></Part>",
        "<Part><ETag>e</ETag></Part>",
        "<Part><PartNumber>1</PartNumber><ETag>e</ETag><Other/></Part>",
        "<Part><PartNumber>1</PartNumber><ETag>e</ETag><ChecksumSHA1/><ChecksumSHA1/></Part>",
        "<Other/>",
    ] {
        assert_eq!(parse(bad), Err(S3Error::MalformedXML {}), "{:.60}", bad);
    }
    // No XML at all is malformed here, not a missing body.
    assert_eq!(CompleteMultipartUpload::parse(b""), Err(S3Error::MalformedXML {}));
}

// The largest body that means something: it must fit the limits of `xml`.
#[test]
fn ten_thousand_parts_with_long_checksums_are_read() {
    let digest = "A".repeat(88);
    let parts: String = (1..=10_000)
        .map(|number| {
            format!(
                "\n  <Part>\n    <ETag>&quot;{MD5}&quot;</ETag>\n    <ChecksumSHA512>{digest}</ChecksumSHA512>\n    \
                 <PartNumber>{number}</PartNumber>\n  </Part>"
            )
        })
        .collect();
    let body = document("CompleteMultipartUpload", &parts);
    let read = CompleteMultipartUpload::parse(body.as_bytes()).unwrap();
    assert_eq!(read.parts.len(), 10_000);
    assert_eq!(read.check_order(&upload_id()), Ok(()));
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
        owner: Some(owner()),
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
            owner: Some(owner()),
            storage_class: StorageClass::Standard,
            initiated: moment(),
            checksum: None,
        }],
        common_prefixes: vec!["p/".into()],
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

proptest! {
    #[test]
    fn any_body_is_answered(children in "(</?(Part|Tag|Key|Object|Status|TagSet|ETag|Quiet)/?>|[a-z0-9&;]{0,3}){0,30}") {
        for root in ["Delete", "Tagging", "CompleteMultipartUpload", "VersioningConfiguration", "CreateBucketConfiguration"] {
            let body = document(root, &children);
            let body = body.as_bytes();
            let _ = (Delete::parse(body), Tagging::parse(body, Tagged::Object));
            let _ = (CompleteMultipartUpload::parse(body), VersioningConfiguration::parse(body));
            let _ = CreateBucketConfiguration::parse(body);
        }
    }
}
