//! CopyObject (facts/06 §7). UploadPartCopy is in `multipart`.

use cairn_types::Timestamp;

use crate::kit::{Answer, Bucket, Request, bucket, cases, encoded, md5_hex, name, versioned};

cases! {
    "06 §7 result": result, headers_of_versions;
    "06 §7 x-amz-copy-source": source_forms, odd_source_key, other_bucket, bad_sources;
    "06 §7 source missing": missing_bucket, missing_key, source_is_marker, missing_version;
    "06 §7 same key without change": onto_itself, changes_that_allow_it, older_version_onto_itself;
    "06 §7 metadata directive": metadata_copied, metadata_replaced, redirect_is_not_copied, unknown_directive;
    "06 §7 tagging directive": tags_copied, tags_replaced;
    "06 §7 preconditions": preconditions, precondition_combinations;
    "06 §7 copy of a multipart object": of_a_multipart_object;
    "06 §12 x-amz-source-expected-bucket-owner": source_owner;
    "06 §7 checksums": checksum_is_kept, checksum_of_another_algorithm;
}

fn copy_from(b: &Bucket, key: &str, source: &str) -> Request {
    b.put(key, "").header("x-amz-copy-source", source)
}

fn copy(b: &Bucket, key: &str, source: &str) -> Request {
    copy_from(b, key, &format!("/{}/{}", b.name, encoded(source)))
}

fn with_source() -> Bucket {
    let b = bucket();
    let headers = [
        ("content-type", "text/plain"),
        ("cache-control", "no-cache"),
        ("x-amz-meta-a", "1"),
        ("x-amz-tagging", "t=1"),
        ("x-amz-website-redirect-location", "/elsewhere"),
    ];
    b.put("source", "body").headers(&headers).send().status(200);
    b
}

fn result() {
    let b = with_source();
    let answer = copy(&b, "k", "source").send();
    let document = answer.document("CopyObjectResult");
    assert_eq!(document.get("ETag"), format!("\"{}\"", md5_hex("body")));
    assert!(document.get("LastModified").ends_with(".000Z"));
    assert_eq!(document.get("ChecksumType"), "FULL_OBJECT");
    assert!(!document.get("ChecksumCRC64NVME").is_empty());
    answer
        .lacks("x-amz-version-id")
        .lacks("x-amz-copy-source-version-id");
    b.get("k").send().status(200).is("body");
}

fn headers_of_versions() {
    let b = versioned();
    let source = b.store_version("source", "body");
    let answer = copy(&b, "k", "source").send();
    answer.status(200).has("x-amz-copy-source-version-id", &source);
    b.get("k")
        .send()
        .has("x-amz-version-id", &answer.value("x-amz-version-id"));
}

fn source_forms() {
    let b = versioned();
    let first = b.store_version("a/b", "first");
    b.store("a/b", "second");
    for (source, body) in [
        (format!("{}/a/b", b.name), "second"),
        (format!("/{}/a/b", b.name), "second"),
        (format!("{}%2Fa%2Fb", b.name), "second"),
        (format!("/{}/a/b?versionId={first}", b.name), "first"),
    ] {
        copy_from(&b, "k", &source).send().status(200);
        b.get("k").send().is(body);
    }
}

fn odd_source_key() {
    let b = bucket();
    for key in [
        "a b+c",
        "ümläut/😀",
        "per%cent",
        "que?stion=1",
        "am&p",
        "x//y",
        "../up",
    ] {
        b.store(key, key);
        copy(&b, "k", key).send().status(200);
        b.get("k").send().is(key);
    }
}

fn other_bucket() {
    let (from, to) = (with_source(), bucket());
    copy_from(&to, "k", &format!("/{}/source", from.name))
        .send()
        .status(200);
    to.get("k").send().is("body").has("x-amz-meta-a", "1");
}

fn bad_sources() {
    let b = bucket();
    for (source, message) in [
        (b.name.clone(), "Invalid copy source object key"),
        (format!("/{}/", b.name), "Invalid copy source object key"),
        ("/Bad_Bucket/k".into(), "Invalid copy source bucket name"),
    ] {
        let details = [
            ("ArgumentName", "x-amz-copy-source"),
            ("ArgumentValue", "x-amz-copy-source"),
        ];
        copy_from(&b, "k", &source)
            .send()
            .error(400, "InvalidArgument", message, &details);
    }
}

fn missing_bucket() {
    let missing = name("missing");
    let answer = copy_from(&bucket(), "k", &format!("/{missing}/k")).send();
    answer.error(
        404,
        "NoSuchBucket",
        "The specified bucket does not exist",
        &[("BucketName", &missing)],
    );
}

fn missing_key() {
    let answer = copy(&bucket(), "k", "the source").send();
    answer.error(
        404,
        "NoSuchKey",
        "The specified key does not exist.",
        &[("Key", "the source")],
    );
}

fn source_is_marker() {
    let b = versioned();
    b.store("source", "x");
    let marker = b.delete("source").send().value("x-amz-version-id");
    copy(&b, "k", "source").send().code(404, "NoSuchKey");
    let source = format!("/{}/source?versionId={marker}", b.name);
    let message = "The source of a copy request may not specifically refer to a delete marker by version id.";
    copy_from(&b, "k", &source)
        .send()
        .error(400, "InvalidRequest", message, &[]);
}

fn missing_version() {
    let (b, other) = (versioned(), versioned());
    b.store("source", "x");
    let elsewhere = other.store_version("source", "x");
    let source = format!("/{}/source?versionId={elsewhere}", b.name);
    copy_from(&b, "k", &source).send().code(404, "NoSuchVersion");
}

fn onto_itself() {
    let b = with_source();
    let message = "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.";
    copy(&b, "source", "source")
        .send()
        .error(400, "InvalidRequest", message, &[]);
    let with_acl = copy(&b, "source", "source")
        .header("x-amz-acl", "bucket-owner-full-control")
        .send();
    with_acl.error(400, "InvalidRequest", message, &[]);
}

fn changes_that_allow_it() {
    for (header, value) in [
        ("x-amz-metadata-directive", "REPLACE"),
        ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
        ("x-amz-website-redirect-location", "/new"),
    ] {
        let b = with_source();
        copy(&b, "source", "source")
            .header(header, value)
            .send()
            .status(200);
        b.get("source").send().status(200).is("body");
    }
}

fn older_version_onto_itself() {
    let b = versioned();
    let first = b.store_version("k", "first");
    b.store("k", "second");
    copy_from(&b, "k", &format!("/{}/k?versionId={first}", b.name))
        .send()
        .status(200);
    b.get("k").send().is("first");
}

fn metadata_copied() {
    let b = with_source();
    // What the request itself says is ignored without REPLACE.
    let request = copy(&b, "k", "source")
        .header("x-amz-meta-b", "2")
        .header("content-type", "image/png");
    request.send().status(200);
    let answer = b.head("k").send();
    answer
        .has("content-type", "text/plain")
        .has("cache-control", "no-cache")
        .has("x-amz-meta-a", "1");
    answer.lacks("x-amz-meta-b");
}

fn metadata_replaced() {
    let b = with_source();
    let request = copy(&b, "k", "source").header("x-amz-metadata-directive", "REPLACE");
    request.header("x-amz-meta-b", "2").send().status(200);
    let answer = b.head("k").send();
    answer
        .has("content-type", "binary/octet-stream")
        .has("x-amz-meta-b", "2");
    answer.lacks("cache-control").lacks("x-amz-meta-a");
}

fn redirect_is_not_copied() {
    let b = with_source();
    copy(&b, "k", "source").send().status(200);
    b.head("k").send().lacks("x-amz-website-redirect-location");
}

fn unknown_directive() {
    let b = with_source();
    let error = copy(&b, "k", "source")
        .header("x-amz-metadata-directive", "MERGE")
        .send();
    assert_eq!(
        error.code(400, "InvalidArgument").get("Message"),
        "Unknown metadata directive."
    );
}

fn tags(b: &Bucket) -> Vec<String> {
    let document = b.get("k").query("tagging").send().document("Tagging");
    document
        .find("TagSet")
        .unwrap()
        .texts("Tag", "Key")
        .iter()
        .map(|&key| key.to_owned())
        .collect()
}

fn tags_copied() {
    let b = with_source();
    // REPLACE of the metadata leaves the tags alone, and without REPLACE the header's tags are ignored.
    let request = copy(&b, "k", "source")
        .header("x-amz-metadata-directive", "REPLACE")
        .header("x-amz-tagging", "u=2");
    request.send().status(200);
    assert_eq!(tags(&b), ["t"]);
}

fn tags_replaced() {
    let b = with_source();
    let request = copy(&b, "k", "source")
        .header("x-amz-tagging-directive", "REPLACE")
        .header("x-amz-tagging", "u=2");
    request.send().status(200);
    assert_eq!(tags(&b), ["u"]);
    copy(&b, "k", "source")
        .header("x-amz-tagging-directive", "REPLACE")
        .send()
        .status(200);
    assert_eq!(tags(&b).len(), 0);
    b.head("k").send().has("x-amz-meta-a", "1");
}

/// ETag of the source, its date, the date before and the one after.
fn dates(b: &Bucket) -> (String, String, String, String) {
    let head = b.head("source").send();
    let modified = head.value("last-modified");
    let seconds = Timestamp::parse_http_date(&modified).unwrap().seconds();
    let date = |seconds| Timestamp::from_seconds(seconds).http_date();
    (
        head.value("etag"),
        date(seconds - 60),
        modified,
        date(seconds + 60),
    )
}

#[track_caller]
fn fails(answer: &Answer, condition: &str) {
    let message = "At least one of the pre-conditions you specified did not hold";
    answer.error(412, "PreconditionFailed", message, &[("Condition", condition)]);
}

fn preconditions() {
    let b = with_source();
    let (etag, before, at, after) = dates(&b);
    let with = |header: &str, value: &str| copy(&b, "k", "source").header(header, value).send();
    with("x-amz-copy-source-if-match", &etag).status(200);
    with("x-amz-copy-source-if-none-match", "\"x\"").status(200);
    with("x-amz-copy-source-if-modified-since", &before).status(200);
    with("x-amz-copy-source-if-unmodified-since", &after).status(200);
    fails(
        &with("x-amz-copy-source-if-match", "\"x\""),
        "x-amz-copy-source-If-Match",
    );
    // 412 where a GET would say 304.
    fails(
        &with("x-amz-copy-source-if-none-match", &etag),
        "x-amz-copy-source-If-None-Match",
    );
    fails(
        &with("x-amz-copy-source-if-modified-since", &at),
        "x-amz-copy-source-If-Modified-Since",
    );
    fails(
        &with("x-amz-copy-source-if-unmodified-since", &before),
        "x-amz-copy-source-If-Unmodified-Since",
    );
}

fn precondition_combinations() {
    let b = with_source();
    let (etag, before, _, _) = dates(&b);
    let both = |one: (&str, &str), two: (&str, &str)| copy(&b, "k", "source").headers(&[one, two]).send();
    both(
        ("x-amz-copy-source-if-match", &etag),
        ("x-amz-copy-source-if-unmodified-since", &before),
    )
    .status(200);
    let answer = both(
        ("x-amz-copy-source-if-none-match", &etag),
        ("x-amz-copy-source-if-modified-since", &before),
    );
    fails(&answer, "x-amz-copy-source-If-None-Match");
    both(
        ("x-amz-copy-source-if-none-match", "\"x\""),
        ("x-amz-copy-source-if-modified-since", &before),
    )
    .status(200);
}

fn of_a_multipart_object() {
    let b = bucket();
    let upload = b.initiate("source", &[("x-amz-checksum-algorithm", "CRC32")]);
    let crc = crate::kit::crc32("12345");
    let request = b
        .put("source", "12345")
        .query(&format!("partNumber=1&uploadId={upload}"));
    let etag = request.header("x-amz-checksum-crc32", &crc).send().value("etag");
    let body = format!(
        "<CompleteMultipartUpload><Part><ChecksumCRC32>{crc}</ChecksumCRC32><ETag>{etag}</ETag><PartNumber>1</PartNumber></Part></CompleteMultipartUpload>"
    );
    b.post("source", body)
        .query(&format!("uploadId={upload}"))
        .send()
        .status(200);
    let document = copy(&b, "k", "source").send().document("CopyObjectResult");
    assert_eq!(document.get("ETag"), format!("\"{}\"", md5_hex("12345")));
    assert_eq!(
        (document.get("ChecksumCRC32"), document.get("ChecksumType")),
        (crc.as_str(), "FULL_OBJECT")
    );
    b.get("k")
        .query("partNumber=2")
        .send()
        .code(416, "InvalidPartNumber");
}

fn checksum_is_kept() {
    let b = bucket();
    b.put("source", "123456789")
        .header("x-amz-checksum-sha1", "98O8HYCOBHMq32eZZczDTKeuNEE=")
        .send()
        .status(200);
    let document = copy(&b, "k", "source").send().document("CopyObjectResult");
    assert_eq!(document.get("ChecksumSHA1"), "98O8HYCOBHMq32eZZczDTKeuNEE=");
    let head = b.head("k").header("x-amz-checksum-mode", "ENABLED").send();
    head.has("x-amz-checksum-sha1", "98O8HYCOBHMq32eZZczDTKeuNEE=");
}

fn checksum_of_another_algorithm() {
    let b = bucket();
    b.store("source", "123456789");
    let document = copy(&b, "k", "source")
        .header("x-amz-checksum-algorithm", "CRC32C")
        .send()
        .document("CopyObjectResult");
    assert_eq!(document.get("ChecksumCRC32C"), "4waSgw==");
    assert_eq!(document.find("ChecksumCRC64NVME"), None);
}

fn source_owner() {
    let b = with_source();
    let answer = copy(&b, "k", "source")
        .header("x-amz-source-expected-bucket-owner", "111122223333")
        .send();
    answer.error(403, "AccessDenied", "Access Denied", &[]);
    b.head("k").send().bare(404);
}
