//! Put, Get and DeleteBucketTagging (facts/06 §1, §6).

use crate::kit::{Answer, Bucket, bucket, cases};

cases! {
    "06 §1 PutBucketTagging answers 204": round_trip, replaces_all;
    "06 §1 NoSuchTagSet": no_tags;
    "06 §1 Delete* answers 204, also when there is nothing": delete_is_idempotent;
    "06 §6 tags: bucket ≤ 50": fifty_tags;
    "06 §6 tags: key ≤ 128, value ≤ 256": lengths;
    "06 §6 tags: characters": characters;
    "06 §6 tags: duplicates": duplicates;
    "06 §6 tags: aws: prefix": system_prefix;
    "06 §1 MalformedXML for bucket tags": malformed;
}

pub(super) fn tagging(tags: &[(&str, &str)]) -> String {
    let tags = tags
        .iter()
        .map(|(key, value)| format!("<Tag><Key>{key}</Key><Value>{value}</Value></Tag>"));
    format!("<Tagging><TagSet>{}</TagSet></Tagging>", tags.collect::<String>())
}

fn put(b: &Bucket, tags: &[(&str, &str)]) -> Answer {
    b.at("PUT", "tagging").body(tagging(tags)).md5().send()
}

fn get(b: &Bucket) -> Vec<(String, String)> {
    let document = b.at("GET", "tagging").send().document("Tagging");
    let set = document.find("TagSet").unwrap();
    set.all("Tag")
        .iter()
        .map(|tag| (tag.get("Key").to_owned(), tag.get("Value").to_owned()))
        .collect()
}

fn round_trip() {
    let b = bucket();
    put(
        &b,
        &[("team", "storage"), ("empty", ""), ("ünïcode +-=._:/@", "a b")],
    )
    .bare(204);
    let mut got = get(&b);
    got.sort();
    let expected = [("empty", ""), ("team", "storage"), ("ünïcode +-=._:/@", "a b")];
    assert_eq!(
        got,
        expected.map(|(key, value)| (key.to_owned(), value.to_owned()))
    );
}

fn replaces_all() {
    let b = bucket();
    put(&b, &[("a", "1"), ("b", "2")]).status(204);
    put(&b, &[("c", "3")]).status(204);
    assert_eq!(get(&b), [("c".to_owned(), "3".to_owned())]);
}

fn no_tags() {
    let b = bucket();
    let answer = b.at("GET", "tagging").send();
    answer.error(
        404,
        "NoSuchTagSet",
        "The TagSet does not exist",
        &[("BucketName", &b.name)],
    );
}

fn delete_is_idempotent() {
    let b = bucket();
    b.at("DELETE", "tagging").send().bare(204);
    put(&b, &[("a", "1")]).status(204);
    b.at("DELETE", "tagging").send().bare(204);
    b.at("GET", "tagging").send().code(404, "NoSuchTagSet");
    b.at("HEAD", "").send().status(200);
}

fn fifty_tags() {
    let b = bucket();
    let keys: Vec<String> = (0..51).map(|number| format!("k{number}")).collect();
    let tags: Vec<(&str, &str)> = keys.iter().map(|key| (key.as_str(), "v")).collect();
    put(&b, &tags[..50]).status(204);
    assert_eq!(get(&b).len(), 50);
    put(&b, &tags).status(400);
    assert_eq!(get(&b).len(), 50);
}

fn lengths() {
    let b = bucket();
    let (key, value) = ("k".repeat(128), "v".repeat(256));
    put(&b, &[(&key, &value)]).status(204);
    let long_key = "k".repeat(129);
    let error = put(&b, &[(&long_key, "v")]).code(400, "InvalidTag");
    assert_eq!(error.get("Message"), "The TagKey you have provided is invalid");
    assert_eq!(error.get("TagKey"), long_key);
    let long_value = "v".repeat(257);
    let error = put(&b, &[("k", &long_value)]).code(400, "InvalidTag");
    assert_eq!(error.get("Message"), "The TagValue you have provided is invalid");
    assert_eq!(
        (error.get("TagKey"), error.get("TagValue")),
        ("k", long_value.as_str())
    );
}

fn characters() {
    let b = bucket();
    let message = "The TagKey you have provided is invalid";
    for bad in ["a,b", "a?b", "a&amp;b", "star*", ""] {
        let key = bad.replace("&amp;", "&");
        let answer = put(&b, &[(bad, "v")]);
        answer.error(400, "InvalidTag", message, &[("TagKey", &key)]);
    }
    let details = [("TagKey", "k"), ("TagValue", "a,b")];
    put(&b, &[("k", "a,b")]).error(
        400,
        "InvalidTag",
        "The TagValue you have provided is invalid",
        &details,
    );
}

fn duplicates() {
    let error = put(&bucket(), &[("k", "1"), ("k", "2")]).code(400, "InvalidTag");
    assert_eq!(
        error.get("Message"),
        "Cannot provide multiple Tags with the same key"
    );
}

fn system_prefix() {
    let error = put(&bucket(), &[("aws:k", "v")]).code(400, "InvalidTag");
    assert_eq!(
        error.get("Message"),
        "System tags cannot be added/updated by requester"
    );
}

fn malformed() {
    let b = bucket();
    let message = "The XML you provided was not well-formed or did not validate against our published schema";
    for body in [
        "<Tagging>",
        "<Tagging/>",
        "<TagSet/>",
        "<Tagging><TagSet><Tag><Key>k</Key></Tag></TagSet></Tagging>",
        "<Tagging><TagSet><Tag><Value>v</Value></Tag></TagSet></Tagging>",
        "<Tagging><TagSet><Other/></TagSet></Tagging>",
    ] {
        b.at("PUT", "tagging")
            .body(body)
            .md5()
            .send()
            .error(400, "MalformedXML", message, &[]);
    }
}
