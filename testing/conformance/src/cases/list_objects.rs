//! ListObjects, version 1 (facts/06 §3).

use crate::kit::{Bucket, Node, bucket, cases, endpoint};

cases! {
    "06 §3 V1: order of elements": elements_of_an_empty_bucket, elements_with_everything, contents, contents_of_a_multipart_object;
    "06 §3 V1: keys in UTF-8 binary order": binary_order;
    "06 §3 V1: prefix": prefixes;
    "06 §3 V1: marker": marker_is_exclusive, marker_in_a_common_prefix, marker_need_not_exist;
    "06 §3 V1: NextMarker": next_marker_only_with_delimiter, next_marker_is_key_or_prefix;
    "06 §3 V1: common prefixes": common_prefixes_count, long_delimiter, walk_with_delimiter, delimiter_in_prefix;
    "06 §3 V1: max-keys": max_keys_capped, max_keys_zero, walk_by_one;
    "06 §3 page of 1000": a_thousand_and_one;
    "06 §3 V1: bad max-keys": bad_max_keys, negative_max_keys;
    "06 §3 V1: encoding-type": encoding_type_url, bad_encoding_type;
    "06 §3 V1: x-amz-bucket-region": region_header;
    "06 §2 control characters": control_characters;
    "06 §12 unknown sub-resource is ignored": unknown_query;
}

fn list(b: &Bucket, query: &str) -> Node {
    b.at("GET", query).send().document("ListBucketResult")
}

fn keys(result: &Node) -> Vec<&str> {
    result.texts("Contents", "Key")
}

fn prefixes_of(result: &Node) -> Vec<&str> {
    result.texts("CommonPrefixes", "Prefix")
}

fn elements_of_an_empty_bucket() {
    let b = bucket();
    let result = list(&b, "");
    assert_eq!(
        result.names(),
        ["Name", "Prefix", "Marker", "MaxKeys", "IsTruncated"]
    );
    let texts: Vec<&str> = result.children.iter().map(|child| child.text.as_str()).collect();
    assert_eq!(texts, [b.name.as_str(), "", "", "1000", "false"]);
}

fn elements_with_everything() {
    let b = bucket();
    b.fill(&["p/a", "p/b/1", "p/c/1", "p/d"]);
    let result = list(
        &b,
        "prefix=p%2F&marker=p%2F&delimiter=%2F&max-keys=3&encoding-type=url",
    );
    assert_eq!(
        result.names(),
        [
            "Name",
            "Prefix",
            "Marker",
            "NextMarker",
            "MaxKeys",
            "Delimiter",
            "EncodingType",
            "IsTruncated",
            "Contents",
            "CommonPrefixes",
            "CommonPrefixes"
        ]
    );
    assert_eq!(result.get("NextMarker"), "p/c/");
    assert_eq!(
        (result.get("Delimiter"), result.get("EncodingType")),
        ("/", "url")
    );
    assert_eq!((result.get("MaxKeys"), result.get("IsTruncated")), ("3", "true"));
}

fn contents() {
    let b = bucket();
    let stored = b.store("k", "12345");
    let result = list(&b, "");
    let entry = result.find("Contents").unwrap();
    let expected = [
        "Key",
        "LastModified",
        "ETag",
        "ChecksumAlgorithm",
        "ChecksumType",
        "Size",
        "Owner",
        "StorageClass",
    ];
    assert_eq!(entry.names(), expected);
    assert_eq!(entry.get("ETag"), stored.value("etag"));
    assert_eq!((entry.get("Size"), entry.get("StorageClass")), ("5", "STANDARD"));
    assert_eq!(
        (entry.get("ChecksumAlgorithm"), entry.get("ChecksumType")),
        ("CRC64NVME", "FULL_OBJECT")
    );
    assert_eq!(entry.get("Owner/ID").len(), 64);
    let modified = entry.get("LastModified");
    assert_eq!((modified.len(), &modified[19..]), (24, ".000Z"), "{modified}");
    let raw = b.at("GET", "").send();
    assert!(raw.text().contains("<ETag>&quot;"), "{raw}");
}

fn contents_of_a_multipart_object() {
    let b = bucket();
    let upload = b.initiate("k", &[]);
    let etag = b.part("k", &upload, 1, "12345");
    b.complete("k", &upload, &[(1, &etag)]).send().status(200);
    let result = list(&b, "");
    assert!(result.get("Contents/ETag").ends_with("-1\""));
    assert_eq!(result.get("Contents/Size"), "5");
}

fn binary_order() {
    let b = bucket();
    // UTF-16 would put U+FFFD after the emoji, and most collations would put A beside a.
    let mut expected = [
        "Z", "a", "a b", "a!", "a-b", "a/b", "aa", "ab", "é", "z", "\u{fffd}", "😀",
    ];
    b.fill(&expected);
    expected.sort_unstable();
    assert_eq!(keys(&list(&b, "")), expected);
}

fn prefixes() {
    let b = bucket();
    b.fill(&["a", "ab", "abc", "b", "é1"]);
    assert_eq!(keys(&list(&b, "prefix=ab")), ["ab", "abc"]);
    assert_eq!(keys(&list(&b, "prefix=")), ["a", "ab", "abc", "b", "é1"]);
    assert_eq!(keys(&list(&b, "prefix=%C3%A9")), ["é1"]);
    let none = list(&b, "prefix=zzz");
    assert_eq!((keys(&none).len(), none.get("Prefix")), (0, "zzz"));
}

fn marker_is_exclusive() {
    let b = bucket();
    b.fill(&["a", "b", "c"]);
    let result = list(&b, "marker=b");
    assert_eq!((keys(&result), result.get("Marker")), (vec!["c"], "b"));
}

fn marker_need_not_exist() {
    let b = bucket();
    b.fill(&["a", "c"]);
    assert_eq!(keys(&list(&b, "marker=b")), ["c"]);
    assert_eq!(keys(&list(&b, "marker=zzz")).len(), 0);
    assert_eq!(keys(&list(&b, "prefix=c&marker=a")), ["c"]);
}

fn marker_in_a_common_prefix() {
    let b = bucket();
    b.fill(&["folder/a/1", "folder/a/2", "folder/b/1", "folder/c"]);
    for marker in ["folder%2Fa%2F", "folder%2Fa%2F1"] {
        let result = list(&b, &format!("prefix=folder%2F&delimiter=%2F&marker={marker}"));
        assert_eq!(
            (keys(&result), prefixes_of(&result)),
            (vec!["folder/c"], vec!["folder/b/"]),
            "{marker}"
        );
    }
}

fn next_marker_only_with_delimiter() {
    let b = bucket();
    b.fill(&["a", "b"]);
    let result = list(&b, "max-keys=1");
    assert_eq!(
        (result.get("IsTruncated"), result.find("NextMarker")),
        ("true", None)
    );
    let result = list(&b, "max-keys=2&delimiter=%2F");
    assert_eq!(
        (result.get("IsTruncated"), result.find("NextMarker")),
        ("false", None)
    );
}

fn next_marker_is_key_or_prefix() {
    let b = bucket();
    b.fill(&["a", "b/1", "c"]);
    assert_eq!(list(&b, "max-keys=1&delimiter=%2F").get("NextMarker"), "a");
    assert_eq!(list(&b, "max-keys=2&delimiter=%2F").get("NextMarker"), "b/");
}

fn common_prefixes_count() {
    let b = bucket();
    b.fill(&["a/1", "a/2", "a/3", "b", "c/1"]);
    let result = list(&b, "delimiter=%2F&max-keys=2");
    assert_eq!((keys(&result), prefixes_of(&result)), (vec!["b"], vec!["a/"]));
    assert_eq!(result.get("IsTruncated"), "true");
}

fn long_delimiter() {
    let b = bucket();
    b.fill(&["one--two--three", "one--two", "one-two", "é😀x"]);
    let result = list(&b, "delimiter=--");
    assert_eq!(
        (keys(&result), prefixes_of(&result)),
        (vec!["one-two", "é😀x"], vec!["one--"])
    );
    assert_eq!(result.get("Delimiter"), "--");
    let result = list(&b, "delimiter=%F0%9F%98%80");
    assert_eq!(prefixes_of(&result), ["é😀"]);
}

fn delimiter_in_prefix() {
    let b = bucket();
    b.fill(&["a/", "a/b", "a//c", "a/d/e"]);
    let result = list(&b, "prefix=a%2F&delimiter=%2F");
    assert_eq!(
        (keys(&result), prefixes_of(&result)),
        (vec!["a/", "a/b"], vec!["a//", "a/d/"])
    );
}

fn walk_with_delimiter() {
    let b = bucket();
    b.fill(&["a", "b/1", "b/2", "c", "d/1", "d/2", "d/3", "e"]);
    let (mut marker, mut seen) = (String::new(), Vec::new());
    for _ in 0..10 {
        let result = list(
            &b,
            &format!("delimiter=%2F&max-keys=1&marker={}", crate::kit::encoded(&marker)),
        );
        seen.extend(
            keys(&result)
                .iter()
                .chain(&prefixes_of(&result))
                .map(|&name| name.to_owned()),
        );
        match result.find("NextMarker") {
            Some(next) => marker.clone_from(&next.text),
            None => break,
        }
    }
    assert_eq!(seen, ["a", "b/", "c", "d/", "e"]);
}

fn walk_by_one() {
    let b = bucket();
    b.fill(&["a", "b", "c"]);
    let (mut marker, mut seen) = (String::new(), Vec::new());
    while seen.len() < 5 {
        let result = list(&b, &format!("max-keys=1&marker={marker}"));
        marker = keys(&result)[0].to_owned();
        seen.push(marker.clone());
        if result.get("IsTruncated") == "false" {
            break;
        }
    }
    assert_eq!(seen, ["a", "b", "c"]);
}

fn max_keys_capped() {
    let b = bucket();
    for asked in ["1001", "5000", "2147483647"] {
        assert_eq!(list(&b, &format!("max-keys={asked}")).get("MaxKeys"), "1000");
    }
}

fn max_keys_zero() {
    let b = bucket();
    b.fill(&["a"]);
    let result = list(&b, "max-keys=0");
    assert_eq!(
        (
            keys(&result).len(),
            result.get("MaxKeys"),
            result.get("IsTruncated")
        ),
        (0, "0", "false")
    );
}

fn bad_max_keys() {
    let b = bucket();
    for bad in ["x", "1.5", "99999999999"] {
        let details = [("ArgumentName", "max-keys"), ("ArgumentValue", bad)];
        let message = "Provided max-keys not an integer or within integer range";
        b.at("GET", &format!("max-keys={bad}"))
            .send()
            .error(400, "InvalidArgument", message, &details);
    }
}

fn negative_max_keys() {
    let b = bucket();
    let message = "Argument maxKeys must be an integer between 0 and 2147483647";
    let details = [("ArgumentName", "maxKeys"), ("ArgumentValue", "-1")];
    b.at("GET", "max-keys=-1")
        .send()
        .error(400, "InvalidArgument", message, &details);
}

fn encoding_type_url() {
    let b = bucket();
    b.fill(&["a=b%c/d e", "ü+&"]);
    let result = list(&b, "encoding-type=url");
    assert_eq!(keys(&result), ["a%3Db%25c/d+e", "%C3%BC%2B%26"]);
    let result = list(&b, "encoding-type=url&delimiter=%25&prefix=a%3D&marker=a%3D");
    assert_eq!(
        (
            result.get("Prefix"),
            result.get("Delimiter"),
            result.get("Marker")
        ),
        ("a%3D", "%25", "a%3D")
    );
    assert_eq!(prefixes_of(&result), ["a%3Db%25"]);
    assert_eq!(result.get("EncodingType"), "url");
}

fn bad_encoding_type() {
    let b = bucket();
    let message = "Invalid Encoding Method specified in Request";
    for subresource in ["", "list-type=2&", "versions&", "uploads&"] {
        for bad in ["", "base64"] {
            let details = [("ArgumentName", "encoding-type"), ("ArgumentValue", bad)];
            let answer = b.at("GET", &format!("{subresource}encoding-type={bad}")).send();
            answer.error(400, "InvalidArgument", message, &details);
        }
    }
}

fn region_header() {
    let b = bucket();
    for query in ["", "list-type=2"] {
        b.at("GET", query)
            .send()
            .status(200)
            .has("x-amz-bucket-region", &endpoint().region);
    }
}

fn control_characters() {
    let b = bucket();
    b.fill(&["bell\u{7}", "newline\n"]);
    let answer = b.at("GET", "").send();
    assert!(
        answer.text().contains("<Key>bell&#x7;</Key>") || answer.text().contains("<Key>bell&#7;</Key>"),
        "{answer}"
    );
    assert_eq!(keys(&list(&b, "")), ["bell\u{7}", "newline\n"]);
    assert_eq!(keys(&list(&b, "encoding-type=url")), ["bell%07", "newline%0A"]);
}

fn unknown_query() {
    let b = bucket();
    b.fill(&["a"]);
    assert_eq!(keys(&list(&b, "cairn-unknown&x-id=ListObjects")), ["a"]);
}

fn a_thousand_and_one() {
    let b = bucket();
    let mut connection = crate::kit::Connection::open(endpoint().address);
    let names: Vec<String> = (0..1001).map(|number| format!("k{number:04}")).collect();
    for name in &names {
        b.put(name, "").send_on(&mut connection).status(200);
    }
    let first = list(&b, "");
    assert_eq!(keys(&first), names[..1000]);
    assert_eq!(first.get("IsTruncated"), "true");
    let second = list(&b, "marker=k0999");
    assert_eq!(
        (keys(&second), second.get("IsTruncated")),
        (vec!["k1000"], "false")
    );
    let first = list(&b, "list-type=2&max-keys=5000");
    assert_eq!((keys(&first).len(), first.get("KeyCount")), (1000, "1000"));
    let versions = b.at("GET", "versions").send().document("ListVersionsResult");
    assert_eq!(
        (versions.all("Version").len(), versions.get("NextKeyMarker")),
        (1000, "k0999")
    );
    let inner: String = names[..1000]
        .iter()
        .map(|name| format!("<Object><Key>{name}</Key></Object>"))
        .collect();
    b.delete_objects(&inner).send().document("DeleteResult");
    assert_eq!(keys(&list(&b, "")), ["k1000"]);
}
