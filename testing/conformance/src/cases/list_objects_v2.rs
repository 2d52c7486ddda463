//! ListObjectsV2 (facts/06 §3).

use crate::kit::{Bucket, Node, bucket, cases, encoded};

cases! {
    "06 §3 V2: order of elements": elements_of_an_empty_bucket, elements_of_a_page;
    "06 §3 V2: KeyCount": key_count_has_prefixes_too;
    "06 §3 V2: tokens": walk, walk_with_delimiter, token_survives_odd_keys, token_only_if_truncated;
    "06 §3 V2: bad or empty token": bad_token;
    "06 §3 V2: start-after": start_after, start_after_is_ignored_with_token, start_after_in_a_common_prefix;
    "06 §3 V2: Owner": owner_on_request;
    "06 §3 V2: encoding-type": encoding_type;
    "06 §3 V2: max-keys": max_keys;
    "06 §12 strong consistency of lists": sees_what_was_just_written;
}

fn list(b: &Bucket, query: &str) -> Node {
    b.at("GET", &format!("list-type=2&{query}"))
        .send()
        .document("ListBucketResult")
}

fn keys(result: &Node) -> Vec<&str> {
    result.texts("Contents", "Key")
}

fn prefixes(result: &Node) -> Vec<&str> {
    result.texts("CommonPrefixes", "Prefix")
}

/// Keys and common prefixes of all pages.
fn all_pages(b: &Bucket, query: &str) -> Vec<String> {
    let (mut token, mut seen) = (String::new(), Vec::new());
    for _ in 0..50 {
        let result = list(b, &format!("{query}{token}"));
        let page = keys(&result).len() + prefixes(&result).len();
        assert_eq!(result.get("KeyCount"), page.to_string());
        seen.extend(
            keys(&result)
                .iter()
                .chain(&prefixes(&result))
                .map(|&name| name.to_owned()),
        );
        match result.find("NextContinuationToken") {
            Some(next) => token = format!("&continuation-token={}", encoded(&next.text).replace('/', "%2F")),
            None => return seen,
        }
    }
    panic!("more than 50 pages: {seen:?}");
}

fn elements_of_an_empty_bucket() {
    let b = bucket();
    let result = list(&b, "");
    assert_eq!(
        result.names(),
        ["Name", "Prefix", "KeyCount", "MaxKeys", "IsTruncated"]
    );
    assert_eq!(
        (
            result.get("KeyCount"),
            result.get("MaxKeys"),
            result.get("IsTruncated")
        ),
        ("0", "1000", "false")
    );
}

fn elements_of_a_page() {
    let b = bucket();
    b.fill(&["a", "b", "c/1", "d"]);
    let query = "start-after=a&max-keys=2&delimiter=%2F&encoding-type=url&prefix=";
    let result = list(&b, query);
    let common = [
        "KeyCount",
        "MaxKeys",
        "Delimiter",
        "EncodingType",
        "IsTruncated",
        "Contents",
        "CommonPrefixes",
    ];
    let mut expected = vec!["Name", "Prefix", "StartAfter", "NextContinuationToken"];
    expected.extend(common);
    assert_eq!(result.names(), expected);
    assert_eq!(result.get("StartAfter"), "a");
    let token = result.get("NextContinuationToken");
    let result = list(
        &b,
        &format!("continuation-token={}&delimiter=%2F", encoded(token)),
    );
    assert_eq!(result.names()[..3], ["Name", "Prefix", "ContinuationToken"]);
    assert_eq!(result.get("ContinuationToken"), token);
}

fn key_count_has_prefixes_too() {
    let b = bucket();
    b.fill(&["a", "b/1", "b/2", "c"]);
    assert_eq!(list(&b, "delimiter=%2F").get("KeyCount"), "3");
}

fn walk() {
    let b = bucket();
    let names = ["a", "b", "c", "d", "e"];
    b.fill(&names);
    for page in 1..=6 {
        assert_eq!(all_pages(&b, &format!("max-keys={page}")), names);
    }
}

fn walk_with_delimiter() {
    let b = bucket();
    b.fill(&["a", "b/1", "b/2", "b/3", "c", "d/1", "d/2", "e"]);
    for page in 1..=5 {
        let mut seen = all_pages(&b, &format!("delimiter=%2F&max-keys={page}"));
        seen.sort();
        assert_eq!(seen, ["a", "b/", "c", "d/", "e"], "pages of {page}");
    }
}

fn token_survives_odd_keys() {
    let b = bucket();
    let mut names = ["a=1", "a%2", "a b", "a+b", "a&b", "😀", "ü/ü", "q?", "\u{1}"];
    b.fill(&names);
    names.sort_unstable();
    assert_eq!(all_pages(&b, "max-keys=1"), names);
    let tokens = list(&b, "max-keys=1&encoding-type=url");
    assert!(!tokens.get("NextContinuationToken").is_empty());
}

fn token_only_if_truncated() {
    let b = bucket();
    b.fill(&["a", "b"]);
    assert_eq!(list(&b, "max-keys=2").find("NextContinuationToken"), None);
    assert_eq!(list(&b, "max-keys=2").get("IsTruncated"), "false");
}

fn bad_token() {
    let b = bucket();
    let message = "The continuation token provided is incorrect";
    for bad in ["", "x", "not%20a%20token"] {
        let answer = b
            .at("GET", &format!("list-type=2&continuation-token={bad}"))
            .send();
        answer.error(
            400,
            "InvalidArgument",
            message,
            &[("ArgumentName", "continuation-token")],
        );
    }
}

fn start_after() {
    let b = bucket();
    b.fill(&["a", "b", "c"]);
    let result = list(&b, "start-after=a");
    assert_eq!((keys(&result), result.get("StartAfter")), (vec!["b", "c"], "a"));
    assert_eq!(keys(&list(&b, "start-after=aa")), ["b", "c"]);
}

fn start_after_is_ignored_with_token() {
    let b = bucket();
    b.fill(&["a", "b", "c"]);
    let first = list(&b, "max-keys=1");
    let token = encoded(first.get("NextContinuationToken"));
    let result = list(&b, &format!("continuation-token={token}&start-after=b"));
    assert_eq!((keys(&result), result.find("StartAfter")), (vec!["b", "c"], None));
}

fn start_after_in_a_common_prefix() {
    let b = bucket();
    b.fill(&["a/1", "a/2", "b"]);
    let result = list(&b, "start-after=a%2F1&delimiter=%2F");
    // Believed, after V1's rule for markers.
    assert_eq!(keys(&result), ["b"]);
}

fn owner_on_request() {
    let b = bucket();
    b.fill(&["a"]);
    assert_eq!(list(&b, "").find("Contents/Owner"), None);
    assert_eq!(list(&b, "fetch-owner=false").find("Contents/Owner"), None);
    assert_eq!(list(&b, "fetch-owner=true").get("Contents/Owner/ID").len(), 64);
}

fn encoding_type() {
    let b = bucket();
    b.fill(&["a b=c", "x/y"]);
    let result = list(&b, "encoding-type=url&start-after=%20&prefix=a%20");
    assert_eq!(
        (keys(&result), result.get("StartAfter"), result.get("Prefix")),
        (vec!["a+b%3Dc"], "+", "a+")
    );
}

fn max_keys() {
    let b = bucket();
    b.fill(&["a"]);
    assert_eq!(list(&b, "max-keys=1001").get("MaxKeys"), "1000");
    let none = list(&b, "max-keys=0");
    assert_eq!((none.get("KeyCount"), none.get("IsTruncated")), ("0", "false"));
    b.at("GET", "list-type=2&max-keys=x")
        .send()
        .code(400, "InvalidArgument");
    b.at("GET", "list-type=2&max-keys=-1")
        .send()
        .code(400, "InvalidArgument");
}

fn sees_what_was_just_written() {
    let b = bucket();
    for number in 0..20 {
        let key = format!("k{number:02}");
        b.store(&key, "");
        assert_eq!(keys(&list(&b, "")).last(), Some(&key.as_str()));
    }
    for number in 0..20 {
        b.delete(&format!("k{number:02}")).send().status(204);
        assert_eq!(keys(&list(&b, "")).len(), 19 - number);
    }
}
