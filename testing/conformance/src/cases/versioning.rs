//! Versions, null versions, delete markers (facts/06 §4).

use crate::kit::{Answer, Bucket, bucket, cases, versioned};

cases! {
    "06 §4 never enabled": never_enabled, suspend_from_never;
    "06 §4 status values": status_values, status_missing, malformed;
    "06 §4 put": put_enabled, put_unversioned, put_suspended, put_suspended_keeps_others;
    "06 §4 delete without id": delete_enabled, delete_missing_key_enabled, delete_suspended, delete_unversioned;
    "06 §4 delete with id": delete_version, delete_marker_by_id, delete_latest_uncovers, delete_unknown_version, delete_null_version;
    "06 §4 malformed version id": bad_version_id, any_id_on_never_versioned;
    "06 §1 NoSuchVersion": unknown_version;
    "06 §4 GET when the latest is a marker": get_latest_marker, head_latest_marker;
    "06 §4 GET of a marker by id": get_marker_by_id;
    "06 §4 null versions": object_from_before_versioning, null_overwritten_when_suspended;
    "06 §4 version id format": version_id_format;
    "06 §4 GET by version": get_by_version;
}

fn with_version(b: &Bucket, method: &str, key: &str, version: &str) -> Answer {
    b.key(method, key).query(&format!("versionId={version}")).send()
}

/// The latest versions' ids, newest first, of all keys.
fn ids(b: &Bucket) -> Vec<String> {
    let listed = b.at("GET", "versions").send().document("ListVersionsResult");
    let entries = listed
        .children
        .iter()
        .filter(|child| matches!(child.name.as_str(), "Version" | "DeleteMarker"));
    entries.map(|entry| entry.get("VersionId").to_owned()).collect()
}

fn never_enabled() {
    let b = bucket();
    let document = b
        .at("GET", "versioning")
        .send()
        .document("VersioningConfiguration");
    assert_eq!((document.children.len(), document.text.as_str()), (0, ""));
}

fn suspend_from_never() {
    let b = bucket();
    b.versioning("Suspended");
    let document = b
        .at("GET", "versioning")
        .send()
        .document("VersioningConfiguration");
    assert_eq!(document.get("Status"), "Suspended");
    b.store("k", "x").lacks("x-amz-version-id");
}

fn status_values() {
    let b = bucket();
    let message = "The XML you provided was not well-formed or did not validate against our published schema";
    for bad in ["enabled", "ENABLED", "Disabled", "", "Off"] {
        let body = format!("<VersioningConfiguration><Status>{bad}</Status></VersioningConfiguration>");
        b.at("PUT", "versioning")
            .body(body)
            .send()
            .error(400, "MalformedXML", message, &[]);
    }
    for good in ["Enabled", "Suspended"] {
        b.versioning(good);
        let document = b
            .at("GET", "versioning")
            .send()
            .document("VersioningConfiguration");
        assert_eq!(document.get("Status"), good);
    }
}

fn status_missing() {
    let answer = bucket()
        .at("PUT", "versioning")
        .body("<VersioningConfiguration/>")
        .send();
    let message = "The Versioning element must be specified";
    answer.error(400, "IllegalVersioningConfigurationException", message, &[]);
}

fn malformed() {
    let b = bucket();
    for body in [
        "<VersioningConfiguration>",
        "x",
        "<Versioning/>",
        "<VersioningConfiguration><Other/></VersioningConfiguration>",
    ] {
        b.at("PUT", "versioning")
            .body(body)
            .send()
            .code(400, "MalformedXML");
    }
}

fn put_enabled() {
    let b = versioned();
    let (first, second) = (b.store_version("k", "1"), b.store_version("k", "2"));
    assert_ne!(first, second);
    b.get("k")
        .send()
        .status(200)
        .is("2")
        .has("x-amz-version-id", &second);
    assert_eq!(ids(&b), [second, first]);
}

fn put_unversioned() {
    let b = bucket();
    b.store("k", "1").lacks("x-amz-version-id");
    b.store("k", "2").lacks("x-amz-version-id");
    b.get("k").send().is("2").lacks("x-amz-version-id");
    assert_eq!(ids(&b), ["null"]);
}

fn put_suspended() {
    let b = versioned();
    let first = b.store_version("k", "1");
    b.versioning("Suspended");
    b.store("k", "2").lacks("x-amz-version-id");
    b.get("k").send().is("2").has("x-amz-version-id", "null");
    assert_eq!(ids(&b), ["null", first.as_str()]);
}

fn put_suspended_keeps_others() {
    let b = versioned();
    let first = b.store_version("k", "1");
    b.versioning("Suspended");
    b.store("k", "2");
    b.store("k", "3");
    assert_eq!(ids(&b), ["null", first.as_str()]);
    with_version(&b, "GET", "k", &first).status(200).is("1");
    with_version(&b, "GET", "k", "null").status(200).is("3");
}

fn delete_enabled() {
    let b = versioned();
    let first = b.store_version("k", "1");
    let answer = b.delete("k").send();
    let marker = answer
        .bare(204)
        .has("x-amz-delete-marker", "true")
        .value("x-amz-version-id");
    assert_eq!(ids(&b), [marker, first.clone()]);
    with_version(&b, "GET", "k", &first).status(200).is("1");
}

fn delete_missing_key_enabled() {
    let b = versioned();
    let answer = b.delete("never").send();
    let marker = answer
        .bare(204)
        .has("x-amz-delete-marker", "true")
        .value("x-amz-version-id");
    assert_eq!(ids(&b), [marker]);
}

fn delete_suspended() {
    let b = versioned();
    let first = b.store_version("k", "1");
    b.versioning("Suspended");
    b.store("k", "2");
    let answer = b.delete("k").send();
    answer
        .bare(204)
        .has("x-amz-delete-marker", "true")
        .has("x-amz-version-id", "null");
    assert_eq!(ids(&b), ["null", first.as_str()]);
    b.get("k").send().code(404, "NoSuchKey");
    b.store("k", "3");
    assert_eq!(ids(&b), ["null", first.as_str()]);
}

fn delete_unversioned() {
    let b = bucket();
    b.store("k", "1");
    for key in ["k", "k", "never"] {
        b.delete(key)
            .send()
            .bare(204)
            .lacks("x-amz-version-id")
            .lacks("x-amz-delete-marker");
    }
    assert_eq!(ids(&b).len(), 0);
}

fn delete_version() {
    let b = versioned();
    let (first, second) = (b.store_version("k", "1"), b.store_version("k", "2"));
    with_version(&b, "DELETE", "k", &first)
        .bare(204)
        .has("x-amz-version-id", &first)
        .lacks("x-amz-delete-marker");
    assert_eq!(ids(&b), [second]);
    with_version(&b, "GET", "k", &first).code(404, "NoSuchVersion");
}

fn delete_marker_by_id() {
    let b = versioned();
    b.store("k", "1");
    let marker = b.delete("k").send().value("x-amz-version-id");
    let answer = with_version(&b, "DELETE", "k", &marker);
    answer
        .bare(204)
        .has("x-amz-version-id", &marker)
        .has("x-amz-delete-marker", "true");
    b.get("k").send().status(200).is("1");
}

fn delete_latest_uncovers() {
    let b = versioned();
    b.store("k", "1");
    let second = b.store_version("k", "2");
    with_version(&b, "DELETE", "k", &second).status(204);
    b.get("k").send().status(200).is("1");
    let listed = b.at("GET", "versions").send().document("ListVersionsResult");
    assert_eq!(listed.get("Version/IsLatest"), "true");
}

fn delete_unknown_version() {
    let (b, other) = (versioned(), versioned());
    b.store("k", "1");
    let elsewhere = other.store_version("k", "1");
    with_version(&b, "DELETE", "k", &elsewhere).status(204);
    with_version(&b, "DELETE", "never", &elsewhere).status(204);
    assert_eq!(ids(&b).len(), 1);
}

fn delete_null_version() {
    let b = bucket();
    b.store("k", "old");
    b.versioning("Enabled");
    let new = b.store_version("k", "new");
    with_version(&b, "DELETE", "k", "null")
        .bare(204)
        .has("x-amz-version-id", "null");
    assert_eq!(ids(&b), [new]);
}

fn bad_version_id() {
    let b = versioned();
    b.store("k", "1");
    for method in ["GET", "DELETE"] {
        let error = with_version(&b, method, "k", "not%20an%20id").code(400, "InvalidArgument");
        assert_eq!(error.get("Message"), "Invalid version id specified");
        assert_eq!(error.get("ArgumentName"), "versionId");
    }
    with_version(&b, "HEAD", "k", "not%20an%20id").bare(400);
}

fn any_id_on_never_versioned() {
    let (b, other) = (bucket(), versioned());
    b.store("k", "1");
    let id = other.store_version("k", "1");
    let error = with_version(&b, "GET", "k", &id).code(400, "InvalidArgument");
    assert_eq!(error.get("Message"), "Invalid version id specified");
    with_version(&b, "GET", "k", "null").status(200).is("1");
}

fn unknown_version() {
    let (b, other) = (versioned(), versioned());
    b.store("k", "1");
    let id = other.store_version("k", "1");
    let details = [("Key", "k"), ("VersionId", id.as_str())];
    let answer = with_version(&b, "GET", "k", &id);
    answer.error(
        404,
        "NoSuchVersion",
        "The specified version does not exist.",
        &details,
    );
    with_version(&b, "HEAD", "k", &id).bare(404);
}

fn get_latest_marker() {
    let b = versioned();
    b.store("k", "1");
    let marker = b.delete("k").send().value("x-amz-version-id");
    let answer = b.get("k").send();
    answer.error(
        404,
        "NoSuchKey",
        "The specified key does not exist.",
        &[("Key", "k")],
    );
    answer
        .has("x-amz-delete-marker", "true")
        .has("x-amz-version-id", &marker);
    b.get("never").send().code(404, "NoSuchKey");
    b.get("never").send().lacks("x-amz-delete-marker");
}

fn head_latest_marker() {
    let b = versioned();
    let marker = b.delete("k").send().value("x-amz-version-id");
    b.head("k")
        .send()
        .bare(404)
        .has("x-amz-delete-marker", "true")
        .has("x-amz-version-id", &marker);
}

fn get_marker_by_id() {
    let b = versioned();
    let marker = b.delete("k").send().value("x-amz-version-id");
    let message = "The specified method is not allowed against this resource.";
    let answer = with_version(&b, "GET", "k", &marker);
    answer.error(
        405,
        "MethodNotAllowed",
        message,
        &[("Method", "GET"), ("ResourceType", "DeleteMarker")],
    );
    for answer in [answer, with_version(&b, "HEAD", "k", &marker)] {
        answer
            .status(405)
            .has("x-amz-delete-marker", "true")
            .has("allow", "DELETE");
        answer.value("last-modified");
    }
}

fn object_from_before_versioning() {
    let b = bucket();
    b.store("k", "old");
    b.versioning("Enabled");
    b.get("k").send().is("old").has("x-amz-version-id", "null");
    let new = b.store_version("k", "new");
    assert_eq!(ids(&b), [new.as_str(), "null"]);
    with_version(&b, "GET", "k", "null").status(200).is("old");
}

fn null_overwritten_when_suspended() {
    let b = bucket();
    b.store("k", "0");
    b.versioning("Enabled");
    let first = b.store_version("k", "1");
    b.versioning("Suspended");
    b.store("k", "2");
    // The null version is now the newest, and there is one of it.
    assert_eq!(ids(&b), ["null", first.as_str()]);
    with_version(&b, "GET", "k", "null").is("2");
}

fn version_id_format() {
    let id = versioned().store_version("k", "1");
    assert!(id.len() <= 1024 && id.len() >= 16, "{id}");
    assert!(
        id.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte)),
        "{id} is not URL-safe"
    );
}

fn get_by_version() {
    let b = versioned();
    let (first, second) = (b.store_version("k", "1"), b.store_version("k", "22"));
    with_version(&b, "GET", "k", &first)
        .status(200)
        .is("1")
        .has("x-amz-version-id", &first);
    let head = with_version(&b, "HEAD", "k", &second);
    head.status(200)
        .has("content-length", "2")
        .has("x-amz-version-id", &second);
}
