//! ListObjectVersions (facts/06 §3).

use crate::kit::{Bucket, Node, bucket, cases, encoded, versioned};

cases! {
    "06 §3 versions: order of elements": elements, entry;
    "06 §3 versions: key ascending, newest first, interleaved": interleaved;
    "06 §3 versions: unversioned bucket": unversioned;
    "06 §3 versions: markers": next_markers, walk, page_ends_on_common_prefix;
    "06 §3 versions: key-marker alone": key_marker_alone;
    "06 §3 versions: key and version marker": version_marker, version_marker_of_a_deleted_version;
    "06 §3 versions: version-id-marker alone": version_marker_alone;
    "06 §3 versions: max-keys": max_keys;
    "06 §3 versions: delimiter": delimiter;
    "06 §3 versions: encoding-type": encoding_type;
}

fn list(b: &Bucket, query: &str) -> Node {
    b.at("GET", &format!("versions&{query}"))
        .send()
        .document("ListVersionsResult")
}

/// Element, key, version id and whether it is the latest, in the order of the document.
fn entries(result: &Node) -> Vec<(&str, &str, &str, bool)> {
    let entries = result
        .children
        .iter()
        .filter(|child| matches!(child.name.as_str(), "Version" | "DeleteMarker"));
    entries
        .map(|e| {
            (
                e.name.as_str(),
                e.get("Key"),
                e.get("VersionId"),
                e.get("IsLatest") == "true",
            )
        })
        .collect()
}

fn ids(result: &Node) -> Vec<String> {
    entries(result).iter().map(|entry| entry.2.to_owned()).collect()
}

/// `a`: two versions; `b`: one, a marker, one. Ids in the order of the listing.
fn example() -> (Bucket, Vec<String>) {
    let b = versioned();
    let a1 = b.store_version("a", "1");
    let b1 = b.store_version("b", "1");
    let a2 = b.store_version("a", "2");
    let b2 = b.delete("b").send().value("x-amz-version-id");
    let b3 = b.store_version("b", "3");
    (b, vec![a2, a1, b3, b2, b1])
}

fn elements() {
    let b = bucket();
    let result = list(&b, "");
    assert_eq!(
        result.names(),
        [
            "Name",
            "Prefix",
            "KeyMarker",
            "VersionIdMarker",
            "MaxKeys",
            "IsTruncated"
        ]
    );
    let (b, _) = example();
    let result = list(&b, "max-keys=1&delimiter=%2F&encoding-type=url&prefix=a");
    let mut expected = vec![
        "Name",
        "Prefix",
        "KeyMarker",
        "VersionIdMarker",
        "NextKeyMarker",
        "NextVersionIdMarker",
    ];
    expected.extend(["MaxKeys", "Delimiter", "EncodingType", "IsTruncated", "Version"]);
    // Believed: the order of the model's members, markers before limits.
    let mut got = result.names();
    got.sort_unstable();
    expected.sort_unstable();
    assert_eq!(got, expected);
}

fn entry() {
    let (b, _) = example();
    let result = list(&b, "");
    let version = result.all("Version")[0];
    for name in [
        "Key",
        "VersionId",
        "IsLatest",
        "LastModified",
        "ETag",
        "Size",
        "StorageClass",
    ] {
        assert!(!version.get(name).is_empty(), "{name}");
    }
    assert_eq!((version.get("Size"), version.get("Owner/ID").len()), ("1", 64));
    assert!(version.get("LastModified").ends_with(".000Z"));
    let marker = result.all("DeleteMarker")[0];
    let mut names = marker.names();
    names.sort_unstable();
    assert_eq!(names, ["IsLatest", "Key", "LastModified", "Owner", "VersionId"]);
}

fn interleaved() {
    let (b, ids) = example();
    let expected = [
        ("Version", "a", ids[0].as_str(), true),
        ("Version", "a", ids[1].as_str(), false),
        ("Version", "b", ids[2].as_str(), true),
        ("DeleteMarker", "b", ids[3].as_str(), false),
        ("Version", "b", ids[4].as_str(), false),
    ];
    assert_eq!(entries(&list(&b, "")), expected);
}

fn unversioned() {
    let b = bucket();
    b.fill(&["a", "b"]);
    let result = list(&b, "");
    assert_eq!(
        entries(&result),
        [("Version", "a", "null", true), ("Version", "b", "null", true)]
    );
}

fn next_markers() {
    let (b, ids) = example();
    let result = list(&b, "max-keys=4");
    assert_eq!(result.get("IsTruncated"), "true");
    assert_eq!(
        (result.get("NextKeyMarker"), result.get("NextVersionIdMarker")),
        ("b", ids[3].as_str())
    );
    let whole = list(&b, "max-keys=5");
    assert_eq!(
        (whole.get("IsTruncated"), whole.find("NextKeyMarker")),
        ("false", None)
    );
    assert_eq!(whole.find("NextVersionIdMarker"), None);
}

fn walk() {
    let (b, expected) = example();
    for page in 1..=5 {
        let (mut seen, mut markers) = (Vec::new(), String::new());
        for _ in 0..10 {
            let result = list(&b, &format!("max-keys={page}{markers}"));
            seen.extend(ids(&result));
            if result.get("IsTruncated") == "false" {
                break;
            }
            let (key, version) = (result.get("NextKeyMarker"), result.get("NextVersionIdMarker"));
            markers = format!("&key-marker={key}&version-id-marker={version}");
        }
        assert_eq!(seen, expected, "pages of {page}");
    }
}

fn page_ends_on_common_prefix() {
    let b = versioned();
    b.fill(&["a/1", "a/2", "b"]);
    let result = list(&b, "delimiter=%2F&max-keys=1");
    assert_eq!(result.texts("CommonPrefixes", "Prefix"), ["a/"]);
    assert_eq!(
        (result.get("NextKeyMarker"), result.find("NextVersionIdMarker")),
        ("a/", None)
    );
    let result = list(&b, "delimiter=%2F&max-keys=1&key-marker=a%2F");
    assert_eq!(
        entries(&result).iter().map(|entry| entry.1).collect::<Vec<_>>(),
        ["b"]
    );
}

fn key_marker_alone() {
    let (b, expected) = example();
    let result = list(&b, "key-marker=a");
    assert_eq!(
        (ids(&result), result.get("KeyMarker")),
        (expected[2..].to_vec(), "a")
    );
}

fn version_marker() {
    let (b, expected) = example();
    let result = list(&b, &format!("key-marker=b&version-id-marker={}", expected[2]));
    assert_eq!(ids(&result), expected[3..]);
    assert_eq!(result.get("VersionIdMarker"), expected[2]);
}

fn version_marker_of_a_deleted_version() {
    let (b, expected) = example();
    b.delete("b")
        .query(&format!("versionId={}", expected[3]))
        .send()
        .status(204);
    let result = list(&b, &format!("key-marker=b&version-id-marker={}", expected[3]));
    assert_eq!(ids(&result), expected[4..]);
}

fn version_marker_alone() {
    let (b, expected) = example();
    let answer = b
        .at("GET", &format!("versions&version-id-marker={}", expected[2]))
        .send();
    let error = answer.code(400, "InvalidArgument");
    assert_eq!(
        error.get("Message"),
        "A version-id marker cannot be specified without a key marker."
    );
    assert_eq!(error.get("ArgumentName"), "version-id-marker");
}

fn delimiter() {
    let b = versioned();
    b.fill(&["a", "d/1", "d/1", "d/2", "e"]);
    let result = list(&b, "delimiter=%2F");
    assert_eq!(result.texts("CommonPrefixes", "Prefix"), ["d/"]);
    assert_eq!(entries(&result).len(), 2);
    let result = list(&b, "delimiter=%2F&prefix=d%2F");
    assert_eq!(entries(&result).len(), 3);
}

fn encoding_type() {
    let b = versioned();
    b.fill(&["a b=c", "z"]);
    let result = list(&b, "encoding-type=url&max-keys=1");
    assert_eq!(
        (entries(&result)[0].1, result.get("NextKeyMarker")),
        ("a+b%3Dc", "a+b%3Dc")
    );
    let marker = encoded("a b=c");
    let result = list(&b, &format!("encoding-type=url&key-marker={marker}"));
    assert_eq!((entries(&result)[0].1, result.get("KeyMarker")), ("z", "a+b%3Dc"));
}

fn max_keys() {
    let (b, _) = example();
    assert_eq!(list(&b, "max-keys=5000").get("MaxKeys"), "1000");
    let none = list(&b, "max-keys=0");
    assert_eq!((entries(&none).len(), none.get("IsTruncated")), (0, "false"));
    b.at("GET", "versions&max-keys=x")
        .send()
        .code(400, "InvalidArgument");
}
