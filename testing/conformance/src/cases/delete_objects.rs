//! DeleteObjects (facts/06 §6).

use crate::kit::{Bucket, Node, bucket, cases, crc32, versioned};

cases! {
    "06 §6 DeleteObjects: missing keys are reported Deleted": deletes, missing_keys;
    "06 §6 DeleteObjects: Quiet": quiet;
    "06 §6 DeleteObjects: ≤ 1000 keys": thousand_keys, too_many;
    "06 §6 DeleteObjects: needs Content-MD5 or a checksum": integrity;
    "06 §6 DeleteObjects: result order Deleted*, Error*": result_order;
    "06 §6 DeleteObjects: versions": creates_markers, deletes_versions, deletes_a_marker;
    "06 §6 DeleteObjects: empty list, schema": malformed;
    "06 §6 DeleteObjects: keys with odd characters": odd_keys;
}

fn delete(b: &Bucket, inner: &str) -> Node {
    b.delete_objects(inner).send().document("DeleteResult")
}

fn object(key: &str) -> String {
    format!("<Object><Key>{key}</Key></Object>")
}

fn deletes() {
    let b = bucket();
    b.fill(&["a", "b", "c"]);
    let result = delete(&b, &(object("a") + &object("c")));
    assert_eq!(result.texts("Deleted", "Key"), ["a", "c"]);
    assert_eq!(result.children[0].names(), ["Key"]);
    let listed = b.at("GET", "").send().document("ListBucketResult");
    assert_eq!(listed.texts("Contents", "Key"), ["b"]);
}

fn missing_keys() {
    let result = delete(&bucket(), &object("never"));
    assert_eq!(
        (result.names(), result.get("Deleted/Key")),
        (vec!["Deleted"], "never")
    );
}

fn quiet() {
    let b = bucket();
    b.fill(&["a"]);
    let result = delete(&b, &format!("<Quiet>true</Quiet>{}", object("a")));
    assert_eq!(result.children.len(), 0);
    b.get("a").send().code(404, "NoSuchKey");
    assert_eq!(
        delete(&b, &format!("<Quiet>false</Quiet>{}", object("a"))).names(),
        ["Deleted"]
    );
}

fn thousand_keys() {
    let b = bucket();
    b.fill(&["k0", "k999"]);
    let inner: String = (0..1000).map(|number| object(&format!("k{number}"))).collect();
    assert_eq!(delete(&b, &inner).all("Deleted").len(), 1000);
    assert_eq!(
        b.at("GET", "")
            .send()
            .document("ListBucketResult")
            .all("Contents")
            .len(),
        0
    );
}

fn too_many() {
    let b = bucket();
    b.fill(&["k0"]);
    let inner: String = (0..1001).map(|number| object(&format!("k{number}"))).collect();
    let message = "The XML you provided was not well-formed or did not validate against our published schema";
    b.delete_objects(&inner)
        .send()
        .error(400, "MalformedXML", message, &[]);
    b.get("k0").send().status(200);
}

fn integrity() {
    let b = bucket();
    b.fill(&["a"]);
    let request = b.delete_objects(&object("a"));
    let bare = request.clone().without("content-md5");
    let error = bare.clone().send().code(400, "InvalidRequest");
    // Believed: Amazon's usual sentence for this.
    assert!(error.get("Message").contains("Content-MD5"), "{error:?}");
    b.get("a").send().status(200);
    bare.clone()
        .header("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg==")
        .send()
        .code(400, "BadDigest");
    bare.clone()
        .header("x-amz-checksum-crc32", "AAAAAA==")
        .send()
        .code(400, "BadDigest");
    // A trailer that never comes is no digest.
    bare.clone()
        .header("x-amz-trailer", "x-amz-checksum-crc32")
        .send()
        .code(400, "InvalidRequest");
    b.get("a").send().status(200);
    let crc = crc32(&bare.body);
    bare.header("x-amz-checksum-crc32", &crc).send().status(200);
    b.get("a").send().code(404, "NoSuchKey");
}

fn result_order() {
    let b = versioned();
    b.fill(&["a"]);
    let bad = "<Object><Key>a</Key><VersionId>not-a-version</VersionId></Object>";
    let result = delete(&b, &format!("{bad}{}", object("b")));
    assert_eq!(result.names(), ["Deleted", "Error"]);
    let error = result.find("Error").unwrap();
    assert_eq!((error.get("Key"), error.get("VersionId")), ("a", "not-a-version"));
    assert!(!error.get("Code").is_empty() && !error.get("Message").is_empty());
}

fn creates_markers() {
    let b = versioned();
    b.fill(&["a"]);
    let result = delete(&b, &object("a"));
    let deleted = result.find("Deleted").unwrap();
    assert_eq!((deleted.get("Key"), deleted.get("DeleteMarker")), ("a", "true"));
    let marker = deleted.get("DeleteMarkerVersionId");
    assert_eq!(deleted.find("VersionId"), None);
    b.get("a").send().code(404, "NoSuchKey");
    b.get("a")
        .query(&format!("versionId={marker}"))
        .send()
        .code(405, "MethodNotAllowed");
}

fn deletes_versions() {
    let b = versioned();
    let (first, second) = (b.store_version("a", "1"), b.store_version("a", "2"));
    let result = delete(
        &b,
        &format!("<Object><Key>a</Key><VersionId>{second}</VersionId></Object>"),
    );
    let deleted = result.find("Deleted").unwrap();
    assert_eq!(
        (deleted.names(), deleted.get("VersionId")),
        (vec!["Key", "VersionId"], second.as_str())
    );
    b.get("a").send().is("1").has("x-amz-version-id", &first);
}

fn deletes_a_marker() {
    let b = versioned();
    b.fill(&["a"]);
    let marker = b.delete("a").send().value("x-amz-version-id");
    let result = delete(
        &b,
        &format!("<Object><Key>a</Key><VersionId>{marker}</VersionId></Object>"),
    );
    let deleted = result.find("Deleted").unwrap();
    assert_eq!(
        (deleted.get("DeleteMarker"), deleted.get("DeleteMarkerVersionId")),
        ("true", marker.as_str())
    );
    assert_eq!(deleted.get("VersionId"), marker);
    b.get("a").send().status(200);
}

fn malformed() {
    let b = bucket();
    for inner in [
        "",
        "<Object/>",
        "<Other/>",
        "<Object><Key>a</Key><Other/></Object>",
        "<Quiet>maybe</Quiet>",
    ] {
        b.delete_objects(inner).send().code(400, "MalformedXML");
    }
    // No fact says how an empty key is refused.
    let answer = b.delete_objects("<Object><Key></Key></Object>").send();
    assert!(
        answer.status == 400 || answer.document("DeleteResult").names() == ["Error"],
        "{answer}"
    );
    for body in ["", "x", "<Delete>"] {
        let answer = b.at("POST", "delete").body(body).md5().send();
        // An empty body has a code of its own.
        assert_eq!(answer.status, 400, "{answer}");
    }
}

fn odd_keys() {
    let b = bucket();
    b.fill(&["a&b", "<x>", "ü 😀", "line\nbreak", "//"]);
    let keys = ["a&amp;b", "&lt;x&gt;", "ü 😀", "line&#xA;break", "//"];
    let result = delete(&b, &keys.map(object).concat());
    assert_eq!(
        result.texts("Deleted", "Key"),
        ["a&b", "<x>", "ü 😀", "line\nbreak", "//"]
    );
    assert_eq!(
        b.at("GET", "")
            .send()
            .document("ListBucketResult")
            .all("Contents")
            .len(),
        0
    );
}
