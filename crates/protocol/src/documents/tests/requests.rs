//! Bodies of requests.

use cairn_types::tag::Tagged;
use cairn_types::{ChecksumAlgorithm, Tag, TagSet};
use proptest::prelude::*;

use super::{MD5, document, etag, upload_id};
use crate::S3Error;
use crate::documents::*;
use crate::xml::{NAMESPACE, PROLOG};

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
