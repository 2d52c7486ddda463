//! The upload a form asks for, and its answer: facts/04 §5.

use cairn_types::{ETag, StorageClass};
use proptest::prelude::*;

use super::*;
use crate::headers::{ChecksumRequest, SystemMetadata, storage_class, user_metadata};
use crate::post::{Answer, PostRequest, Success};

fn post(pairs: &[(&str, &str)]) -> Result<PostRequest, S3Error> {
    let mut given = fields(pairs);
    if given.get("key").is_none() {
        given.add("key", "k").unwrap();
    }
    PostRequest::read(&given)
}

fn etag() -> ETag {
    ETag::plain([0xab; 16])
}

fn answer(pairs: &[(&str, &str)]) -> Answer {
    post(pairs)
        .unwrap()
        .answer("https://sigv4examplebucket.s3.localhost", &bucket(), &etag())
}

#[test]
fn fields_are_read_as_the_headers_of_a_put() {
    let post = post(&[
        ("key", "k"),
        ("Content-Type", "image/png"),
        ("CACHE-CONTROL", "no-cache"),
        ("content-disposition", "attachment; filename=\"grün\""),
        ("Content-Encoding", "gzip"),
        ("Content-Language", "de"),
        ("Expires", "whenever"),
        ("X-Amz-Website-Redirect-Location", "/x"),
        ("x-amz-storage-class", "STANDARD_IA"),
        ("X-Amz-Meta-A", "1"),
        ("x-amz-meta-b", "grün"),
        ("x-amz-checksum-crc32", "AAAAAA=="),
        ("acl", "private"),
        ("x-amz-server-side-encryption", "AES256"),
        // What is no header of the upload.
        ("x-amz-date", "20151229T000000Z"),
        ("x-amz-credential", "c"),
        ("x-amz-security-token", "t"),
        ("x-amz-tagging", "a=b"),
        ("x-amz-copy-source", "/b/k"),
        ("x-amz-trailer", "x-amz-checksum-crc32"),
        ("x-amz-content-sha256", "x"),
        ("content-length", "5"),
        ("content-md5", "x"),
        ("if-none-match", "*"),
        ("authorization", "x"),
        ("policy", "p"),
    ])
    .unwrap();
    let system = SystemMetadata::read(&post.headers).unwrap();
    assert_eq!(
        system,
        SystemMetadata {
            content_type: "image/png".into(),
            cache_control: Some("no-cache".into()),
            content_disposition: Some("attachment; filename=\"grün\"".into()),
            content_encoding: Some("gzip".into()),
            content_language: Some("de".into()),
            expires: Some("whenever".into()),
            website_redirect_location: Some("/x".into()),
        }
    );
    let metadata: Vec<_> = user_metadata(&post.headers).unwrap().into_iter().collect();
    assert_eq!(metadata, [("a".into(), "1".into()), ("b".into(), "grün".into())]);
    assert_eq!(storage_class(&post.headers), Ok(StorageClass::StandardIa));
    let checksum = ChecksumRequest::read(&post.headers).unwrap().unwrap();
    assert_eq!(checksum.value().unwrap().to_string(), "AAAAAA==");
    assert_eq!(post.headers["x-amz-acl"], "private");
    assert_eq!(post.headers["x-amz-server-side-encryption"], "AES256");
    assert_eq!(post.headers.len(), 13);
}

#[test]
fn without_a_type_the_file_has_the_default() {
    let post = post(&[]).unwrap();
    assert_eq!(
        SystemMetadata::read(&post.headers).unwrap().content_type,
        "binary/octet-stream"
    );
    assert!(post.tags.is_empty());
}

#[test]
fn refusals_of_a_put() {
    let class = post(&[("x-amz-storage-class", "COLD")]).unwrap();
    let error = storage_class(&class.headers).unwrap_err();
    assert_eq!(error.code(), "InvalidStorageClass");
    assert_eq!(error.details(), [("StorageClassRequested", "COLD".into())]);
    let large = post(&[("x-amz-meta-a", &"x".repeat(2048))]).unwrap();
    assert_eq!(
        user_metadata(&large.headers).unwrap_err().code(),
        "MetadataTooLarge"
    );
    for (name, value) in [
        ("x-amz-meta-a", "a\r\nb"),
        ("x-amz-meta-a b", "c"),
        ("Content-Type", "a\0"),
    ] {
        let error = post(&[(name, value)]).unwrap_err();
        let name = name.to_ascii_lowercase();
        assert_eq!(error.message(), format!("Value for {name} field is invalid."));
        assert_eq!(
            error.details(),
            [("ArgumentName", name), ("ArgumentValue", value.to_owned())]
        );
    }
}

#[test]
fn tags_are_a_document() {
    let tags = |document: &str| post(&[("tagging", document)]).map(|post| post.tags.as_slice().len());
    assert_eq!(
        tags("<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>"),
        Ok(1)
    );
    // Well-formed and something else: no tags.
    assert_eq!(tags("<InvalidXmlTagging></InvalidXmlTagging>"), Ok(0));
    assert_eq!(tags(""), Ok(0));
    for bad in ["not-xml", "<Tagging>", "<Tagging><Other/></Tagging>"] {
        assert_eq!(tags(bad), Err(S3Error::MalformedXML {}), "{bad}");
    }
    let aws = "<Tagging><TagSet><Tag><Key>aws:a</Key><Value>b</Value></Tag></TagSet></Tagging>";
    assert_eq!(tags(aws).unwrap_err().code(), "InvalidTag");
}

#[test]
fn statuses() {
    let object = "https://sigv4examplebucket.s3.localhost/a%2Fb%20%C3%BC%26";
    let of = |status: &str| answer(&[("key", "a/b ü&"), ("success_action_status", status)]);
    for (status, expected) in [
        ("200", 200),
        ("204", 204),
        ("", 204),
        ("404", 204),
        ("301", 204),
        (" 201", 204),
    ] {
        let answer = of(status);
        assert_eq!(
            (answer.status.as_u16(), answer.document),
            (expected, None),
            "{status}"
        );
        assert_eq!(answer.location, object);
    }
    let created = of("201");
    assert_eq!(
        (created.status.as_u16(), created.location.as_str()),
        (201, object)
    );
    assert_eq!(
        created.document.unwrap(),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<PostResponse>\
         <Location>https://sigv4examplebucket.s3.localhost/a%2Fb%20%C3%BC%26</Location>\
         <Bucket>sigv4examplebucket</Bucket><Key>a/b ü&amp;</Key>\
         <ETag>&quot;abababababababababababababababab&quot;</ETag></PostResponse>"
    );
}

#[test]
fn redirects() {
    let query = "bucket=sigv4examplebucket&key=a%2Fb%20%26&etag=%22abababababababababababababababab%22";
    let to = |name: &str, url: &str| answer(&[("key", "a/b &"), (name, url)]);
    for (url, expected) in [
        ("http://example.com", format!("http://example.com?{query}")),
        (
            "https://example.com/done?",
            format!("https://example.com/done?{query}"),
        ),
        (
            "HTTP://example.com/done?a=b",
            format!("HTTP://example.com/done?a=b&{query}"),
        ),
        (
            "http://example.com:8080/#top",
            format!("http://example.com:8080/?{query}#top"),
        ),
    ] {
        for name in ["success_action_redirect", "redirect"] {
            let answer = to(name, url);
            assert_eq!((answer.status.as_u16(), answer.document), (303, None));
            assert_eq!(answer.location, expected);
        }
    }
    for ignored in [
        "example.com",
        "/done",
        "//example.com/",
        "ftp://example.com/",
        "javascript:alert(1)",
        "http://",
        "http:///done",
        "http://example.com/a b",
        "http://example.com/\r\nSet-Cookie: a=b",
        "http://example.com/#\r\nSet-Cookie: a=b",
        "http://example.com/#ü",
        "",
    ] {
        assert_eq!(
            to("success_action_redirect", ignored).status.as_u16(),
            204,
            "{ignored:?}"
        );
    }
    // It wins over the status; where it is none, the status counts, and never the old name's.
    let both = |url| {
        [
            ("success_action_status", "201"),
            ("success_action_redirect", url),
            ("redirect", "http://old/"),
        ]
    };
    assert_eq!(answer(&both("http://new/")).status.as_u16(), 303);
    assert_eq!(post(&both("no")).unwrap().success, Success::Created);
}

proptest! {
    #[test]
    fn an_answer_is_a_header(url in "(http://[a-z]{1,3})?[ -~\r\nü]{0,30}", key in "\\PC{1,20}") {
        let given = fields(&[("key", &key), ("success_action_redirect", &url)]);
        let answer = PostRequest::read(&given).unwrap().answer("http://b", &bucket(), &etag());
        prop_assert!(http::HeaderValue::from_str(&answer.location).is_ok());
        prop_assert!(answer.location.is_ascii());
    }
}
