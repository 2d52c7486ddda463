//! ListMultipartUploads and ListParts (facts/06 §3).

use crate::kit::{Bucket, Node, bucket, cases, name};

cases! {
    "06 §3 uploads: markers are always there": empty_bucket, markers_when_not_truncated;
    "06 §3 uploads: sorted by key, then initiation": order, walk;
    "06 §3 uploads: entry": entry;
    "06 §3 uploads: page ending on a common prefix": ends_on_common_prefix;
    "06 §3 uploads: upload-id-marker": upload_marker_of_another_key, upload_marker_without_key_marker, upload_marker;
    "06 §3 uploads: max-uploads": max_uploads;
    "06 §3 uploads: prefix, delimiter, encoding": prefix_and_delimiter;
    "06 §3 parts": parts_elements, parts_walk, empty_parameters_are_defaults, no_parts, bad_parameters;
    "06 §1 NoSuchUpload": parts_of_unknown_upload;
}

fn list(b: &Bucket, query: &str) -> Node {
    b.at("GET", &format!("uploads&{query}"))
        .send()
        .document("ListMultipartUploadsResult")
}

fn ids(result: &Node) -> Vec<&str> {
    result.texts("Upload", "UploadId")
}

fn parts(b: &Bucket, upload: &str, query: &str) -> Node {
    let request = b.get("k").query(&format!("uploadId={upload}")).query(query);
    request.send().document("ListPartsResult")
}

fn empty_bucket() {
    let result = list(&bucket(), "");
    for name in [
        "KeyMarker",
        "UploadIdMarker",
        "NextKeyMarker",
        "NextUploadIdMarker",
    ] {
        assert_eq!(result.get(name), "", "{name}");
    }
    assert_eq!(
        (result.get("MaxUploads"), result.get("IsTruncated")),
        ("1000", "false")
    );
}

fn markers_when_not_truncated() {
    let b = bucket();
    b.initiate("a", &[]);
    let last = b.initiate("b", &[]);
    let result = list(&b, "");
    assert_eq!(result.get("IsTruncated"), "false");
    assert_eq!(
        (result.get("NextKeyMarker"), result.get("NextUploadIdMarker")),
        ("b", last.as_str())
    );
}

fn order() {
    let b = bucket();
    let b1 = b.initiate("b", &[]);
    let a1 = b.initiate("a", &[]);
    let b2 = b.initiate("b", &[]);
    assert_eq!(ids(&list(&b, "")), [a1, b1, b2]);
}

fn walk() {
    let b = bucket();
    let expected: Vec<String> = ["a", "b", "b", "b", "c"]
        .iter()
        .map(|key| b.initiate(key, &[]))
        .collect();
    for page in 1..=5 {
        let (mut seen, mut markers) = (Vec::new(), String::new());
        for _ in 0..10 {
            let result = list(&b, &format!("max-uploads={page}{markers}"));
            seen.extend(ids(&result).iter().map(|&id| id.to_owned()));
            if result.get("IsTruncated") == "false" {
                break;
            }
            let (key, upload) = (result.get("NextKeyMarker"), result.get("NextUploadIdMarker"));
            markers = format!("&key-marker={key}&upload-id-marker={upload}");
        }
        assert_eq!(seen, expected, "pages of {page}");
    }
}

fn entry() {
    let b = bucket();
    b.initiate("a", &[("x-amz-checksum-algorithm", "SHA256")]);
    let result = list(&b, "");
    assert_eq!(result.get("Bucket"), b.name);
    let upload = result.find("Upload").unwrap();
    assert_eq!((upload.get("Key"), upload.get("StorageClass")), ("a", "STANDARD"));
    assert_eq!(
        (upload.get("Owner/ID").len(), upload.get("Initiator/ID").len()),
        (64, 64)
    );
    assert!(upload.get("Initiated").ends_with(".000Z"));
    assert_eq!(
        (upload.get("ChecksumAlgorithm"), upload.get("ChecksumType")),
        ("SHA256", "COMPOSITE")
    );
}

fn ends_on_common_prefix() {
    let b = bucket();
    for key in ["a/1", "a/2", "b"] {
        b.initiate(key, &[]);
    }
    let result = list(&b, "delimiter=%2F&max-uploads=1");
    assert_eq!(result.texts("CommonPrefixes", "Prefix"), ["a/"]);
    assert_eq!(result.get("IsTruncated"), "true");
    assert_eq!(
        (result.get("NextKeyMarker"), result.get("NextUploadIdMarker")),
        ("", "")
    );
}

fn upload_marker_of_another_key() {
    let b = bucket();
    let other = b.initiate("a", &[]);
    b.initiate("b", &[]);
    let answer = b
        .at("GET", &format!("uploads&key-marker=b&upload-id-marker={other}"))
        .send();
    assert_eq!(
        answer.code(400, "InvalidArgument").get("Message"),
        "Invalid uploadId marker"
    );
}

fn upload_marker_without_key_marker() {
    let b = bucket();
    let first = b.initiate("a", &[]);
    let second = b.initiate("b", &[]);
    assert_eq!(
        ids(&list(&b, &format!("upload-id-marker={second}"))),
        [first, second]
    );
}

fn upload_marker() {
    let b = bucket();
    let first = b.initiate("a", &[]);
    let second = b.initiate("a", &[]);
    let third = b.initiate("b", &[]);
    let result = list(&b, &format!("key-marker=a&upload-id-marker={first}"));
    assert_eq!(ids(&result), [second.as_str(), third.as_str()]);
    assert_eq!(
        (result.get("KeyMarker"), result.get("UploadIdMarker")),
        ("a", first.as_str())
    );
    assert_eq!(ids(&list(&b, "key-marker=a")), [third]);
}

fn prefix_and_delimiter() {
    let b = bucket();
    for key in ["a/1", "b 2", "b/3/4"] {
        b.initiate(key, &[]);
    }
    let result = list(&b, "prefix=b&delimiter=%2F&encoding-type=url");
    assert_eq!(result.texts("Upload", "Key"), ["b+2"]);
    assert_eq!(result.texts("CommonPrefixes", "Prefix"), ["b/"]);
    assert_eq!(
        (
            result.get("Prefix"),
            result.get("Delimiter"),
            result.get("EncodingType")
        ),
        ("b", "/", "url")
    );
}

fn parts_elements() {
    let b = bucket();
    let upload = b.initiate("k", &[]);
    let etag = b.part("k", &upload, 2, "two");
    let result = parts(&b, &upload, "max-parts=1000");
    assert_eq!(
        (result.get("Bucket"), result.get("Key"), result.get("UploadId")),
        (b.name.as_str(), "k", upload.as_str())
    );
    assert_eq!(
        (result.get("PartNumberMarker"), result.get("NextPartNumberMarker")),
        ("0", "2")
    );
    assert_eq!(
        (
            result.get("MaxParts"),
            result.get("IsTruncated"),
            result.get("StorageClass")
        ),
        ("1000", "false", "STANDARD")
    );
    assert_eq!(
        (result.get("Owner/ID").len(), result.get("Initiator/ID").len()),
        (64, 64)
    );
    result.get("Initiator/DisplayName");
    let part = result.find("Part").unwrap();
    assert_eq!(
        (part.get("PartNumber"), part.get("ETag"), part.get("Size")),
        ("2", etag.as_str(), "3")
    );
    assert!(part.get("LastModified").ends_with(".000Z"));
}

fn parts_walk() {
    let b = bucket();
    let upload = b.initiate("k", &[]);
    for number in [1, 3, 10, 10000] {
        b.part("k", &upload, number, "x");
    }
    let first = parts(&b, &upload, "max-parts=3");
    assert_eq!(first.texts("Part", "PartNumber"), ["1", "3", "10"]);
    assert_eq!(
        (first.get("IsTruncated"), first.get("NextPartNumberMarker")),
        ("true", "10")
    );
    let second = parts(&b, &upload, "max-parts=3&part-number-marker=10");
    assert_eq!(
        (second.texts("Part", "PartNumber"), second.get("IsTruncated")),
        (vec!["10000"], "false")
    );
    assert_eq!(
        (second.get("PartNumberMarker"), second.get("NextPartNumberMarker")),
        ("10", "10000")
    );
}

fn empty_parameters_are_defaults() {
    let b = bucket();
    let upload = b.initiate("k", &[]);
    b.part("k", &upload, 1, "x");
    let result = parts(&b, &upload, "part-number-marker=&max-parts=");
    assert_eq!(
        (result.get("MaxParts"), result.get("PartNumberMarker")),
        ("1000", "0")
    );
    assert_eq!(result.all("Part").len(), 1);
}

fn no_parts() {
    let b = bucket();
    let upload = b.initiate("k", &[]);
    let result = parts(&b, &upload, "max-parts=5");
    assert_eq!(
        (result.get("NextPartNumberMarker"), result.get("IsTruncated")),
        ("0", "false")
    );
}

fn bad_parameters() {
    let b = bucket();
    let upload = b.initiate("k", &[]);
    for bad in ["max-parts=x", "max-parts=-1", "part-number-marker=x"] {
        let answer = b.get("k").query(&format!("uploadId={upload}&{bad}")).send();
        answer.code(400, "InvalidArgument");
    }
}

fn parts_of_unknown_upload() {
    let b = bucket();
    let unknown = name("no-upload");
    let message = "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.";
    let answer = b.get("k").query(&format!("uploadId={unknown}")).send();
    answer.error(404, "NoSuchUpload", message, &[("UploadId", &unknown)]);
}

fn max_uploads() {
    let b = bucket();
    b.initiate("k", &[]);
    assert_eq!(list(&b, "max-uploads=5000").get("MaxUploads"), "1000");
    for bad in ["x", "-1"] {
        let answer = b.at("GET", &format!("uploads&max-uploads={bad}")).send();
        answer.code(400, "InvalidArgument");
    }
}
