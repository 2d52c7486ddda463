use std::fmt::Debug;

use cairn_types::{AccountId, ChecksumAlgorithm, ChecksumType, StorageClass, VersionId};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use proptest::prelude::*;

use super::*;

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(
            HeaderName::from_bytes(name.as_bytes()).unwrap(),
            HeaderValue::from_bytes(value.as_bytes()).unwrap(),
        );
    }
    headers
}

fn message<T: Debug>(result: Result<T, S3Error>) -> String {
    let error = result.unwrap_err();
    format!("{}: {}", error.code(), error.message())
}

const CRC32: &str = "AAAAAA==";
const SHA256: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

// facts/06 §9, facts/04 §3: what is refused.
#[test]
fn checksums_that_are_refused() {
    const SEVERAL: &str =
        "InvalidRequest: Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.";
    const TRAILER: &str = "InvalidRequest: The value specified in the x-amz-trailer header is not supported";
    const INVALID_SHA256: &str = "InvalidRequest: Value for x-amz-checksum-sha256 header is invalid.";
    const SDK_INVALID: &str = "InvalidRequest: Value for x-amz-sdk-checksum-algorithm header is invalid.";
    let (crc32, sha256) = (("x-amz-checksum-crc32", CRC32), ("x-amz-checksum-sha256", SHA256));
    for (given, expected) in [
        (vec![("x-amz-checksum-sha256", "?")], INVALID_SHA256),
        (vec![("x-amz-checksum-sha256", CRC32)], INVALID_SHA256),
        (vec![("x-amz-checksum-sha256", "")], INVALID_SHA256),
        (vec![crc32, sha256], SEVERAL),
        (vec![crc32, crc32], SEVERAL),
        (vec![crc32, ("x-amz-trailer", "x-amz-checksum-crc32")], SEVERAL),
        (
            vec![("x-amz-trailer", "x-amz-checksum-crc32, x-amz-checksum-sha1")],
            SEVERAL,
        ),
        (vec![("x-amz-trailer", "x-amz-meta-a")], TRAILER),
        (vec![("x-amz-trailer", "")], TRAILER),
        (
            vec![("x-amz-checksum-crc16", CRC32)],
            "InvalidRequest: The algorithm type you specified in x-amz-checksum- header is invalid.",
        ),
        (
            vec![("x-amz-sdk-checksum-algorithm", "CRC32")],
            "InvalidRequest: x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or \
             x-amz-trailer headers were found.",
        ),
        (
            vec![crc32, ("x-amz-sdk-checksum-algorithm", "SHA256")],
            SDK_INVALID,
        ),
        (
            vec![crc32, ("x-amz-sdk-checksum-algorithm", "CRC16")],
            SDK_INVALID,
        ),
    ] {
        assert_eq!(
            message(ChecksumRequest::read(&headers(&given))),
            expected,
            "{given:?}"
        );
    }
}

#[test]
fn checksums_that_are_taken() {
    let read = |pairs: &[_]| ChecksumRequest::read(&headers(pairs)).unwrap();
    assert_eq!(read(&[]), None);
    // The family's other headers are no values.
    assert_eq!(
        read(&[
            ("x-amz-checksum-mode", "ENABLED"),
            ("x-amz-checksum-type", "COMPOSITE"),
            ("x-amz-checksum-algorithm", "CRC32"),
        ]),
        None
    );
    let header = read(&[
        ("x-amz-checksum-crc32", CRC32),
        ("x-amz-sdk-checksum-algorithm", "crc32"),
    ])
    .unwrap();
    assert_eq!(header.algorithm(), ChecksumAlgorithm::Crc32);
    assert_eq!(header.value().unwrap().to_string(), CRC32);
    assert!(!header.is_trailer());
    let trailer = read(&[
        ("x-amz-trailer", "X-Amz-Checksum-CRC64NVME"),
        ("x-amz-sdk-checksum-algorithm", "CRC64NVME"),
    ])
    .unwrap();
    assert_eq!(
        (trailer.algorithm(), trailer.value()),
        (ChecksumAlgorithm::Crc64Nvme, None)
    );
    assert!(trailer.is_trailer());
    for algorithm in ChecksumAlgorithm::ALL {
        let value = cairn_types::checksum::Hasher::new(*algorithm)
            .finish()
            .to_string();
        let given = headers(&[(algorithm.header(), &value)]);
        let request = ChecksumRequest::read(&given).unwrap().unwrap();
        assert_eq!(request.algorithm(), *algorithm);
    }
}

// facts/06 §9.
#[test]
fn checksums_of_multipart_uploads() {
    let read = |pairs: &[_]| multipart_checksum(&headers(pairs));
    let algorithm = |name| ("x-amz-checksum-algorithm", name);
    let kind = |name| ("x-amz-checksum-type", name);
    assert_eq!(read(&[]), Ok(None));
    for (name, expected) in [
        ("CRC32", ChecksumType::Composite),
        ("CRC32C", ChecksumType::Composite),
        ("SHA1", ChecksumType::Composite),
        ("sha256", ChecksumType::Composite),
        ("CRC64NVME", ChecksumType::FullObject),
    ] {
        assert_eq!(read(&[algorithm(name)]).unwrap().unwrap().1, expected, "{name}");
    }
    assert_eq!(
        read(&[algorithm("CRC32"), kind("FULL_OBJECT")]),
        Ok(Some((ChecksumAlgorithm::Crc32, ChecksumType::FullObject)))
    );
    for (given, expected) in [
        (
            vec![algorithm("SHA1"), kind("FULL_OBJECT")],
            "InvalidRequest: The FULL_OBJECT checksum type cannot be used with the sha1 checksum algorithm.",
        ),
        (
            vec![algorithm("CRC64NVME"), kind("COMPOSITE")],
            "InvalidRequest: The COMPOSITE checksum type cannot be used with the crc64nvme checksum algorithm.",
        ),
        (
            vec![algorithm("CRC16")],
            "InvalidRequest: Checksum algorithm provided is unsupported. Please try again with any of the \
             valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]",
        ),
        (
            vec![kind("COMPOSITE")],
            "InvalidRequest: The x-amz-checksum-type header can only be used with the \
             x-amz-checksum-algorithm header.",
        ),
        (
            vec![kind("composite")],
            "InvalidRequest: Value for x-amz-checksum-type header is invalid.",
        ),
    ] {
        assert_eq!(message(read(&given)), expected, "{given:?}");
    }
    let complete = |value: &str| object_checksum(&headers(&[("x-amz-checksum-crc32", value)]));
    assert_eq!(object_checksum(&HeaderMap::new()), Ok(None));
    let checksum = complete("AAAAAA==-3").unwrap().unwrap();
    assert_eq!(
        (checksum.kind, checksum.parts),
        (ChecksumType::Composite, Some(3))
    );
    assert_eq!(complete(CRC32).unwrap().unwrap().kind, ChecksumType::FullObject);
    for bad in ["AAAAAA==-", "AAAAAA==-x", "AAAAAA==-99999", "-1", ""] {
        assert_eq!(
            message(complete(bad)),
            "InvalidRequest: Value for x-amz-checksum-crc32 header is invalid.",
            "{bad}"
        );
    }
    assert!(checksum_mode(&headers(&[("x-amz-checksum-mode", "ENABLED")])));
    assert!(!checksum_mode(&HeaderMap::new()));
}

// facts/06 §1.
#[test]
fn content_md5_is_the_base64_of_sixteen_bytes() {
    assert_eq!(content_md5(&HeaderMap::new()), Ok(None));
    let given = headers(&[("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg==")]);
    assert_eq!(
        hex::encode(content_md5(&given).unwrap().unwrap()),
        "d41d8cd98f00b204e9800998ecf8427e"
    );
    for bad in [
        "",
        "YWJj",
        "1B2M2Y8AsgTpgAmY7PhCfg",
        "d41d8cd98f00b204e9800998ecf8427e",
        "?",
    ] {
        let error = content_md5(&headers(&[("content-md5", bad)])).unwrap_err();
        assert_eq!(error.code(), "InvalidDigest");
        assert_eq!(error.details(), [("Content-MD5", bad.to_owned())]);
    }
}

// facts/06 §6.
#[test]
fn user_metadata_has_a_limit() {
    let given = headers(&[
        ("x-amz-meta-B", "1"),
        ("x-amz-meta-a", "gr\u{fc}n"),
        ("x-amz-meta-b", "2"),
        ("x-amz-meta-q", "=?UTF-8?B?w6nDqQ==?="),
        ("x-amz-metadata-directive", "COPY"),
    ]);
    let metadata: Vec<_> = user_metadata(&given).unwrap().into_iter().collect();
    let expected = [("a", "gr\u{fc}n"), ("b", "1,2"), ("q", "=?UTF-8?B?w6nDqQ==?=")];
    assert_eq!(
        metadata,
        expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
    // Bytes that are not UTF-8 are ISO-8859-1.
    let mut latin = HeaderMap::new();
    latin.insert("x-amz-meta-a", HeaderValue::from_bytes(b"gr\xfcn").unwrap());
    assert_eq!(user_metadata(&latin).unwrap()["a"], "gr\u{fc}n");

    let of_size = |bytes: usize| headers(&[("x-amz-meta-abc", &"x".repeat(bytes - 3))]);
    assert!(user_metadata(&of_size(USER_METADATA_BYTES_MAX)).is_ok());
    let error = user_metadata(&of_size(USER_METADATA_BYTES_MAX + 1)).unwrap_err();
    assert_eq!(error.code(), "MetadataTooLarge");
    assert_eq!(
        error.details(),
        [("Size", "2049".into()), ("MaxSizeAllowed", "2048".into())]
    );
}

// facts/06 §6, facts/04 §3.
#[test]
fn system_metadata() {
    assert_eq!(
        SystemMetadata::read(&HeaderMap::new()),
        Ok(SystemMetadata::default())
    );
    assert_eq!(SystemMetadata::default().content_type, "binary/octet-stream");
    let read = SystemMetadata::read(&headers(&[
        ("content-type", "text/plain"),
        ("cache-control", "no-cache"),
        ("content-disposition", "attachment"),
        ("content-encoding", "gzip"),
        ("content-language", "de"),
        ("expires", "whenever"),
        ("x-amz-website-redirect-location", "/elsewhere"),
    ]))
    .unwrap();
    assert_eq!(
        read,
        SystemMetadata {
            content_type: "text/plain".into(),
            cache_control: Some("no-cache".into()),
            content_disposition: Some("attachment".into()),
            content_encoding: Some("gzip".into()),
            content_language: Some("de".into()),
            expires: Some("whenever".into()),
            website_redirect_location: Some("/elsewhere".into()),
        }
    );
    for (value, expected) in [
        ("aws-chunked", None),
        ("aws-chunked,gzip", Some("gzip")),
        ("gzip, AWS-Chunked , br", Some("gzip,br")),
        ("aws-chunked,", None),
        ("gzip, br", Some("gzip, br")),
        ("", None),
    ] {
        let read = SystemMetadata::read(&headers(&[("content-encoding", value)])).unwrap();
        assert_eq!(read.content_encoding.as_deref(), expected, "{value}");
    }
    for bad in ["elsewhere", "ftp://x", "HTTP"] {
        let given = headers(&[("x-amz-website-redirect-location", bad)]);
        assert_eq!(
            SystemMetadata::read(&given),
            Err(S3Error::InvalidRedirectLocation {})
        );
    }
    assert_eq!(storage_class(&HeaderMap::new()), Ok(StorageClass::Standard));
    let class = |name| storage_class(&headers(&[("x-amz-storage-class", name)]));
    assert_eq!(class("STANDARD_IA"), Ok(StorageClass::StandardIa));
    for bad in ["standard", "GLACIER", ""] {
        assert_eq!(
            class(bad).unwrap_err().details(),
            [("StorageClassRequested", bad.to_owned())]
        );
    }
}

// facts/06 §6.
#[test]
fn tags_in_a_header() {
    let read = |value: &str| tagging(&headers(&[("x-amz-tagging", value)]));
    assert!(tagging(&HeaderMap::new()).unwrap().is_empty());
    let tags = read("a=1&b+c=%20x%3D&&d&e=").unwrap();
    let pairs: Vec<_> = tags
        .as_slice()
        .iter()
        .map(|tag| (tag.key.as_str(), tag.value.as_str()))
        .collect();
    assert_eq!(pairs, [("a", "1"), ("b c", " x="), ("d", ""), ("e", "")]);
    for bad in ["a=1&a=2", "a=%ff", "a=%4"] {
        let error = read(bad).unwrap_err();
        assert_eq!(
            error.message(),
            "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without \
             tag name duplicates."
        );
        assert_eq!(
            error.details(),
            [
                ("ArgumentName", "x-amz-tagging".to_owned()),
                ("ArgumentValue", bad.to_owned())
            ]
        );
    }
    let eleven: Vec<_> = (0..11).map(|n| format!("k{n}=v")).collect();
    for (value, expected) in [
        (
            eleven.join("&").as_str(),
            "BadRequest: Object tags cannot be greater than 10",
        ),
        ("=v", "InvalidTag: The TagKey you have provided is invalid"),
        ("k=%3F", "InvalidTag: The TagValue you have provided is invalid"),
        ("aws:k=v", "InvalidTag: Your TagKey cannot be prefixed with aws:"),
    ] {
        assert_eq!(message(read(value)), expected, "{value}");
    }
}

// facts/06 §7.
#[test]
fn copy_sources() {
    let read = |value: &str| CopySource::read(&headers(&[("x-amz-copy-source", value)]));
    for (value, bucket, key, version) in [
        ("/bucket/key", "bucket", "key", None),
        ("bucket/key", "bucket", "key", None),
        ("bucket/a/b//c", "bucket", "a/b//c", None),
        ("bucket//key", "bucket", "/key", None),
        ("bucket%2Fa%2Fb", "bucket", "a/b", None),
        ("bucket/a%252F", "bucket", "a%2F", None),
        ("bucket/a+b%2B", "bucket", "a b+", None),
        ("bucket/k?versionId=null", "bucket", "k", Some(VersionId::Null)),
        ("bucket/k?x", "bucket", "k?x", None),
        ("bucket/k%3FversionId=null", "bucket", "k?versionId=null", None),
    ] {
        let source = read(value).unwrap();
        assert_eq!(
            (source.bucket.as_str(), source.key.as_str(), source.version_id),
            (bucket, key, version),
            "{value}"
        );
    }
    for (value, expected) in [
        ("", "Invalid copy source object key"),
        ("bucket", "Invalid copy source object key"),
        ("/bucket/", "Invalid copy source object key"),
        ("bucket/%ff", "Invalid copy source object key"),
        ("B/key", "Invalid copy source bucket name"),
        ("//key", "Invalid copy source bucket name"),
    ] {
        let error = read(value).unwrap_err();
        assert_eq!(error.message(), expected, "{value}");
        assert_eq!(
            error.details(),
            [
                ("ArgumentName", "x-amz-copy-source".to_owned()),
                ("ArgumentValue", "x-amz-copy-source".to_owned())
            ]
        );
    }
    assert_eq!(
        message(read("bucket/k?versionId=x")),
        "InvalidArgument: Invalid version id specified"
    );
    assert_eq!(
        read(&format!("bucket/{}", "k".repeat(1025))).unwrap_err().code(),
        "KeyTooLongError"
    );
    assert_eq!(
        read("arn:aws:s3:us-west-2:1:accesspoint/a/object/k")
            .unwrap_err()
            .status()
            .as_u16(),
        501
    );
    assert!(CopySource::is_present(&headers(&[("x-amz-copy-source", "")])));
}

// facts/06 §7.
#[test]
fn directives() {
    let metadata = |word| metadata_directive(&headers(&[("x-amz-metadata-directive", word)]));
    let tags = |word| tagging_directive(&headers(&[("x-amz-tagging-directive", word)]));
    assert_eq!(metadata_directive(&HeaderMap::new()), Ok(Directive::Copy));
    assert_eq!(metadata("COPY"), Ok(Directive::Copy));
    assert_eq!(metadata("REPLACE"), Ok(Directive::Replace));
    assert_eq!(tags("REPLACE"), Ok(Directive::Replace));
    assert_eq!(
        message(metadata("replace")),
        "InvalidArgument: Unknown metadata directive."
    );
    assert_eq!(message(tags("")), "InvalidArgument: Unknown tagging directive.");
}

// facts/06 §5.
#[test]
fn object_attributes() {
    let read = |list: &str| ObjectAttributes::read(&headers(&[("x-amz-object-attributes", list)]));
    let some = read("ETag, ObjectSize ,Checksum").unwrap();
    assert!(some.etag && some.object_size && some.checksum && !some.object_parts && !some.storage_class);
    let missing = "InvalidRequest: The x-amz-object-attributes header specifying the attributes to be retrieved is \
                   either missing or empty";
    assert_eq!(message(ObjectAttributes::read(&HeaderMap::new())), missing);
    assert_eq!(message(read(" , ")), missing);
    assert_eq!(
        message(read("ETag,etag")),
        "InvalidArgument: Invalid attribute name specified."
    );
    let twice = headers(&[
        ("x-amz-object-attributes", "ObjectParts"),
        ("x-amz-object-attributes", "StorageClass"),
    ]);
    let both = ObjectAttributes::read(&twice).unwrap();
    assert!(both.object_parts && both.storage_class);
}

// facts/06 §8, §12.
#[test]
fn owners_and_sizes() {
    let owner = AccountId::parse("123456789012").unwrap();
    let given = |value| headers(&[("x-amz-expected-bucket-owner", value)]);
    assert_eq!(expected_bucket_owner(&HeaderMap::new(), &owner), Ok(()));
    assert_eq!(expected_bucket_owner(&given("123456789012"), &owner), Ok(()));
    assert_eq!(
        expected_bucket_owner(&given("123456789013"), &owner),
        Err(S3Error::access_denied())
    );
    // facts/05 §7.
    for other in ["", "x", "12345678901"] {
        let error = expected_bucket_owner(&given(other), &owner).unwrap_err();
        assert_eq!(
            (error.code(), error.status()),
            ("InvalidBucketOwnerAWSAccountID", StatusCode::BAD_REQUEST)
        );
        assert_eq!(
            error.message(),
            format!(
                "The value of the expected bucket owner parameter must be an AWS Account ID... [{other}]"
            )
        );
    }
    assert_eq!(expected_source_bucket_owner(&given("x"), &owner), Ok(()));
    let size = |value| multipart_object_size(&headers(&[("x-amz-mp-object-size", value)]));
    assert_eq!(multipart_object_size(&HeaderMap::new()), Ok(None));
    assert_eq!(size("5"), Ok(Some(5)));
    assert!(size("-5").is_err() && size("").is_err() && size("99999999999999999999").is_err());
}

proptest! {
    #[test]
    fn any_value_is_answered(value in prop::collection::vec(any::<u8>(), 0..60), text in "[-=&?/%+,;:a-zA-Z0-9 ]{0,60}") {
        for value in [&value[..], text.as_bytes()] {
            let Ok(value) = HeaderValue::from_bytes(value) else { continue };
            let mut headers = HeaderMap::new();
            for name in [
                "content-md5", "content-encoding", "x-amz-checksum-crc32", "x-amz-checksum-type", "x-amz-trailer",
                "x-amz-checksum-algorithm", "x-amz-copy-source", "x-amz-object-attributes", "x-amz-tagging",
                "x-amz-meta-a",
            ] {
                headers.insert(name, value.clone());
            }
            let _ = (ChecksumRequest::read(&headers), multipart_checksum(&headers), object_checksum(&headers));
            let _ = (CopySource::read(&headers), tagging(&headers), content_md5(&headers));
            let _ = (ObjectAttributes::read(&headers), SystemMetadata::read(&headers), user_metadata(&headers));
        }
    }
}
