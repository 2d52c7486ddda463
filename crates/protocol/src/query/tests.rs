use proptest::prelude::*;

use super::Query;
use crate::S3Error;
use crate::encoding::encode_query;

fn parse(raw: &str) -> Query {
    Query::parse(Some(raw)).unwrap()
}

#[test]
fn pairs_keep_their_order_and_are_decoded_once() {
    let query = parse("b=1&a=x%20y+z&&b=2&acl&uploads=&%61%3D=%253D");
    let pairs: Vec<_> = query.iter().collect();
    assert_eq!(
        pairs,
        [
            ("b", "1"),
            ("a", "x y z"),
            ("b", "2"),
            ("acl", ""),
            ("uploads", ""),
            ("a=", "%3D")
        ]
    );
    assert!(query.has("acl") && query.has("uploads") && !query.has("ACL"));
    assert_eq!(query.get("b"), Some("1"));
    assert_eq!(query.get_all("b").collect::<Vec<_>>(), ["1", "2"]);
    assert_eq!(query.get("c"), None);
    // A value may contain `=`.
    assert_eq!(parse("t=a==").get("t"), Some("a=="));
}

#[test]
fn nothing_is_an_empty_query() {
    for raw in [None, Some(""), Some("&&")] {
        assert!(Query::parse(raw).unwrap().is_empty());
    }
}

#[test]
fn what_does_not_decode_or_fit_is_an_invalid_uri() {
    let pairs = |n: usize| vec!["a"; n].join("&");
    let bytes = |n: usize| format!("a={}", "x".repeat(n - 2));
    assert!(Query::parse(Some(&pairs(Query::PAIRS_MAX))).is_ok());
    assert!(Query::parse(Some(&bytes(Query::BYTES_MAX))).is_ok());
    for bad in [
        "a=%ff",
        "%=1",
        "a=%4",
        &pairs(Query::PAIRS_MAX + 1),
        &bytes(Query::BYTES_MAX + 1),
    ] {
        assert!(matches!(Query::parse(Some(bad)), Err(S3Error::InvalidURI { uri }) if uri.len() <= 1024));
    }
}

proptest! {
    #[test]
    fn what_is_encoded_is_read_back(pairs in prop::collection::vec((".{1,8}", ".{0,8}"), 0..20)) {
        let raw: Vec<_> = pairs
            .iter()
            .map(|(name, value)| format!("{}={}", encode_query(name), encode_query(value)))
            .collect();
        let query = parse(&raw.join("&"));
        prop_assert!(query.iter().eq(pairs.iter().map(|(n, v)| (n.as_str(), v.as_str()))));
    }

    #[test]
    fn any_text_is_answered(raw in any::<String>()) {
        let _ = Query::parse(Some(&raw));
    }
}
