//! GetObjectAttributes (facts/06 §5).

use crate::kit::{Answer, Bucket, bucket, cases, versioned};

cases! {
    "06 §5 GetObjectAttributes: output": all_of_a_plain_object, only_what_was_asked, spaces_in_the_list;
    "06 §5 GetObjectAttributes: parts": parts_without_checksums, parts_with_checksums, parts_paged;
    "06 §5 GetObjectAttributes: composite without -N": composite_checksum;
    "06 §5 GetObjectAttributes: header": missing_header, unknown_attribute;
    "06 §5 GetObjectAttributes: versions": version, marker, missing_key;
}

const ALL: &str = "ETag,Checksum,ObjectParts,StorageClass,ObjectSize";

fn attributes(b: &Bucket, list: &str) -> Answer {
    b.get("k")
        .query("attributes")
        .header("x-amz-object-attributes", list)
        .send()
}

fn all_of_a_plain_object() {
    let b = bucket();
    let stored = b.store("k", "123456789");
    let answer = attributes(&b, ALL);
    let document = answer.document("GetObjectAttributesResponse");
    assert_eq!(
        document.names(),
        ["ETag", "Checksum", "StorageClass", "ObjectSize"]
    );
    assert_eq!(document.get("ETag"), stored.value("etag").trim_matches('"'));
    assert_eq!(document.get("Checksum/ChecksumCRC64NVME"), "rosUhgp5mIg=");
    assert_eq!(document.get("Checksum/ChecksumType"), "FULL_OBJECT");
    assert_eq!(
        (document.get("StorageClass"), document.get("ObjectSize")),
        ("STANDARD", "9")
    );
    answer.value("last-modified");
}

fn only_what_was_asked() {
    let b = bucket();
    b.store("k", "12345");
    for name in ["ETag", "Checksum", "StorageClass", "ObjectSize"] {
        assert_eq!(
            attributes(&b, name)
                .document("GetObjectAttributesResponse")
                .names(),
            [name]
        );
    }
}

fn spaces_in_the_list() {
    let b = bucket();
    b.store("k", "12345");
    let document = attributes(&b, "ETag, ObjectSize ,StorageClass").document("GetObjectAttributesResponse");
    assert_eq!(document.names(), ["ETag", "StorageClass", "ObjectSize"]);
}

fn parts_without_checksums() {
    let b = bucket();
    let upload = b.initiate("k", &[]);
    let etag = b.part("k", &upload, 1, "12345");
    b.complete("k", &upload, &[(1, &etag)]).send().status(200);
    let document = attributes(&b, ALL).document("GetObjectAttributesResponse");
    let parts = document.find("ObjectParts").unwrap();
    assert_eq!(
        (parts.names(), parts.get("PartsCount")),
        (vec!["PartsCount"], "1")
    );
    assert_eq!(document.get("Checksum/ChecksumType"), "FULL_OBJECT");
}

/// An object of two parts, uploaded with CRC32 of each.
fn with_part_checksums() -> Bucket {
    let b = bucket();
    let upload = b.initiate("k", &[("x-amz-checksum-algorithm", "CRC32")]);
    let large = vec![b'a'; 5 * 1024 * 1024];
    let (one, two) = (crate::kit::crc32(&large), crate::kit::crc32("12345"));
    let mut body = String::new();
    for (number, part, crc) in [(1, large.as_slice(), &one), (2, b"12345".as_slice(), &two)] {
        let request = b
            .put("k", part)
            .query(&format!("partNumber={number}&uploadId={upload}"));
        let etag = request.header("x-amz-checksum-crc32", crc).send().value("etag");
        body.push_str(&format!(
            "<Part><ChecksumCRC32>{crc}</ChecksumCRC32><ETag>{etag}</ETag><PartNumber>{number}</PartNumber></Part>"
        ));
    }
    let body = format!("<CompleteMultipartUpload>{body}</CompleteMultipartUpload>");
    b.post("k", body)
        .query(&format!("uploadId={upload}"))
        .send()
        .status(200);
    b
}

fn parts_with_checksums() {
    let document = attributes(&with_part_checksums(), ALL).document("GetObjectAttributesResponse");
    let parts = document.find("ObjectParts").unwrap();
    let expected = [
        "PartsCount",
        "PartNumberMarker",
        "NextPartNumberMarker",
        "MaxParts",
        "IsTruncated",
        "Part",
        "Part",
    ];
    assert_eq!(parts.names(), expected);
    assert_eq!(
        (
            parts.get("PartsCount"),
            parts.get("MaxParts"),
            parts.get("IsTruncated")
        ),
        ("2", "1000", "false")
    );
    assert_eq!(parts.texts("Part", "PartNumber"), ["1", "2"]);
    assert_eq!(parts.texts("Part", "Size"), ["5242880", "5"]);
    assert_eq!(
        parts.texts("Part", "ChecksumCRC32")[1],
        crate::kit::crc32("12345")
    );
}

fn parts_paged() {
    let b = with_part_checksums();
    let page = |name: &str, value: &str| {
        let request = b
            .get("k")
            .query("attributes")
            .header("x-amz-object-attributes", "ObjectParts");
        request
            .header(name, value)
            .send()
            .document("GetObjectAttributesResponse")
            .find("ObjectParts")
            .unwrap()
            .clone()
    };
    let first = page("x-amz-max-parts", "1");
    assert_eq!(
        (
            first.get("IsTruncated"),
            first.get("NextPartNumberMarker"),
            first.get("MaxParts")
        ),
        ("true", "1", "1")
    );
    let second = page("x-amz-part-number-marker", "1");
    assert_eq!(
        (second.texts("Part", "PartNumber"), second.get("PartNumberMarker")),
        (vec!["2"], "1")
    );
}

fn composite_checksum() {
    let b = with_part_checksums();
    let checksum = attributes(&b, "Checksum").document("GetObjectAttributesResponse");
    assert_eq!(checksum.get("Checksum/ChecksumType"), "COMPOSITE");
    let composite = checksum.get("Checksum/ChecksumCRC32");
    assert!(!composite.contains('-'), "{composite}");
    let head = b.head("k").header("x-amz-checksum-mode", "ENABLED").send();
    head.has("x-amz-checksum-crc32", &format!("{composite}-2"));
}

fn missing_header() {
    let b = bucket();
    b.store("k", "12345");
    let message = "The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty";
    b.get("k")
        .query("attributes")
        .send()
        .error(400, "InvalidRequest", message, &[]);
    attributes(&b, "").error(400, "InvalidRequest", message, &[]);
}

fn unknown_attribute() {
    let b = bucket();
    b.store("k", "12345");
    let error = attributes(&b, "ETag,Colour").code(400, "InvalidArgument");
    assert_eq!(error.get("Message"), "Invalid attribute name specified.");
}

fn version() {
    let b = versioned();
    let first = b.store_version("k", "1");
    b.store("k", "22");
    let request = b.get("k").query(&format!("attributes&versionId={first}"));
    let answer = request.header("x-amz-object-attributes", "ObjectSize").send();
    answer.has("x-amz-version-id", &first);
    assert_eq!(
        answer.document("GetObjectAttributesResponse").get("ObjectSize"),
        "1"
    );
}

fn marker() {
    let b = versioned();
    let marker = b.delete("k").send().value("x-amz-version-id");
    attributes(&b, "ETag").code(404, "NoSuchKey");
    let request = b.get("k").query(&format!("attributes&versionId={marker}"));
    request
        .header("x-amz-object-attributes", "ETag")
        .send()
        .code(405, "MethodNotAllowed");
}

fn missing_key() {
    let answer = attributes(&bucket(), "ETag");
    answer.error(
        404,
        "NoSuchKey",
        "The specified key does not exist.",
        &[("Key", "k")],
    );
}
