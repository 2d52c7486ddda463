//! Object tags: by header and as a sub-resource (facts/06 §4, §6).

use super::bucket_tags::tagging;
use crate::kit::{Answer, Bucket, bucket, cases, versioned};

cases! {
    "06 §1 PutObjectTagging answers 200": round_trip, put_replaces_all;
    "06 §1 Delete* answers 204: object tags": delete;
    "06 §5 x-amz-tagging-count": count;
    "06 §6 tag header": header, bad_header;
    "06 §6 tags: object ≤ 10": ten_tags;
    "06 §6 tags: InvalidTag": invalid;
    "06 §6 NoSuchKey of GetObjectTagging": missing_key;
    "06 §4 tagging on a marker": on_a_marker;
    "06 §4 tagging of a version": of_a_version;
    "06 §6 tags go with the object": overwritten;
}

fn put(b: &Bucket, tags: &[(&str, &str)]) -> Answer {
    b.put("k", tagging(tags)).query("tagging").md5().send()
}

fn get(b: &Bucket, query: &str) -> Vec<(String, String)> {
    let document = b.get("k").query(query).send().document("Tagging");
    let set = document.find("TagSet").unwrap();
    let mut tags: Vec<_> = set
        .all("Tag")
        .iter()
        .map(|tag| (tag.get("Key").to_owned(), tag.get("Value").to_owned()))
        .collect();
    tags.sort();
    tags
}

fn pairs(tags: &[(&str, &str)]) -> Vec<(String, String)> {
    tags.iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

fn round_trip() {
    let b = bucket();
    b.store("k", "x");
    assert_eq!(get(&b, "tagging"), []);
    put(&b, &[("a", "1"), ("b", "")]).status(200).is("");
    assert_eq!(get(&b, "tagging"), pairs(&[("a", "1"), ("b", "")]));
}

fn put_replaces_all() {
    let b = bucket();
    b.store("k", "x");
    put(&b, &[("a", "1"), ("b", "2")]).status(200);
    put(&b, &[("c", "3")]).status(200);
    assert_eq!(get(&b, "tagging"), pairs(&[("c", "3")]));
    b.get("k").send().is("x");
}

fn delete() {
    let b = bucket();
    b.store("k", "x");
    put(&b, &[("a", "1")]).status(200);
    for _ in 0..2 {
        b.delete("k").query("tagging").send().bare(204);
    }
    assert_eq!(get(&b, "tagging"), []);
    b.get("k").send().status(200).is("x");
}

fn count() {
    let b = bucket();
    b.store("k", "x");
    b.get("k").send().lacks("x-amz-tagging-count");
    put(&b, &[("a", "1"), ("b", "2")]).status(200);
    b.get("k").send().has("x-amz-tagging-count", "2");
}

fn header() {
    let b = bucket();
    b.put("k", "x")
        .header("x-amz-tagging", "a=1&b%20c=d%2Be&empty=&flag")
        .send()
        .status(200);
    assert_eq!(
        get(&b, "tagging"),
        pairs(&[("a", "1"), ("b c", "d+e"), ("empty", ""), ("flag", "")])
    );
}

fn bad_header() {
    let b = bucket();
    let message = "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.";
    for bad in ["a=1&a=2", "a=%ff", "a=%zz"] {
        let error = b
            .put("k", "x")
            .header("x-amz-tagging", bad)
            .send()
            .code(400, "InvalidArgument");
        assert_eq!(
            (error.get("Message"), error.get("ArgumentName")),
            (message, "x-amz-tagging"),
            "{bad}"
        );
    }
    b.head("k").send().bare(404);
}

fn ten_tags() {
    let b = bucket();
    b.store("k", "x");
    let keys: Vec<String> = (0..11).map(|number| format!("k{number}")).collect();
    let tags: Vec<(&str, &str)> = keys.iter().map(|key| (key.as_str(), "v")).collect();
    put(&b, &tags[..10]).status(200);
    put(&b, &tags).error(400, "BadRequest", "Object tags cannot be greater than 10", &[]);
    let header = keys
        .iter()
        .map(|key| format!("{key}=v"))
        .collect::<Vec<_>>()
        .join("&");
    b.put("other", "x")
        .header("x-amz-tagging", &header)
        .send()
        .code(400, "BadRequest");
    assert_eq!(get(&b, "tagging").len(), 10);
}

fn invalid() {
    let b = bucket();
    b.store("k", "x");
    let long = "k".repeat(129);
    for (key, value, message) in [
        (long.as_str(), "v", "The TagKey you have provided is invalid"),
        ("a,b", "v", "The TagKey you have provided is invalid"),
        ("k", "a,b", "The TagValue you have provided is invalid"),
        ("aws:k", "v", "Your TagKey cannot be prefixed with aws:"),
    ] {
        assert_eq!(
            put(&b, &[(key, value)]).code(400, "InvalidTag").get("Message"),
            message
        );
    }
    let error = put(&b, &[("k", "1"), ("k", "2")]).code(400, "InvalidTag");
    assert_eq!(
        error.get("Message"),
        "Cannot provide multiple Tags with the same key"
    );
    b.put("k", "<Tagging>")
        .query("tagging")
        .md5()
        .send()
        .code(400, "MalformedXML");
}

fn missing_key() {
    let b = bucket();
    let quirk = format!("{}/k", b.name);
    let answer = b.get("k").query("tagging").send();
    answer.error(
        404,
        "NoSuchKey",
        "The specified key does not exist.",
        &[("Key", &quirk)],
    );
    put(&b, &[("a", "1")]).code(404, "NoSuchKey");
    b.delete("k").query("tagging").send().code(404, "NoSuchKey");
}

fn on_a_marker() {
    let b = versioned();
    b.store("k", "x");
    let marker = b.delete("k").send().value("x-amz-version-id");
    for query in ["tagging".to_owned(), format!("tagging&versionId={marker}")] {
        for method in ["GET", "PUT", "DELETE"] {
            let body = if method == "PUT" {
                tagging(&[("a", "1")])
            } else {
                String::new()
            };
            let answer = b.key(method, "k").query(&query).body(body).send();
            answer.code(405, "MethodNotAllowed");
        }
    }
}

fn of_a_version() {
    let b = versioned();
    let first = b.store_version("k", "1");
    let second = b.store_version("k", "2");
    let query = format!("tagging&versionId={first}");
    let answer = b.put("k", tagging(&[("a", "1")])).query(&query).send();
    answer.status(200).has("x-amz-version-id", &first);
    assert_eq!(get(&b, &query), pairs(&[("a", "1")]));
    assert_eq!(get(&b, "tagging"), []);
    b.get("k")
        .query("tagging")
        .send()
        .has("x-amz-version-id", &second);
    b.delete("k")
        .query(&query)
        .send()
        .bare(204)
        .has("x-amz-version-id", &first);
}

fn overwritten() {
    let b = bucket();
    b.put("k", "x").header("x-amz-tagging", "a=1").send().status(200);
    b.store("k", "y");
    assert_eq!(get(&b, "tagging"), []);
}
