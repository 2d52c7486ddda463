use super::*;

#[test]
fn common_prefixes() {
    for (key, prefix, delimiter, expected) in [
        ("a/b/c", "", "/", Some("a/")),
        ("a/b/c", "a/", "/", Some("a/b/")),
        ("a/b", "a/", "/", None),
        ("a/", "a/", "/", None),
        ("a", "", "/", None),
        ("axxbxxc", "", "xx", Some("axx")),
        ("a/b", "", "", None),
        ("b/c", "a", "/", None),
        ("//", "", "/", Some("/")),
        ("//", "/", "/", Some("//")),
    ] {
        assert_eq!(
            common_prefix(key, prefix, delimiter),
            expected,
            "{key:?} {prefix:?}"
        );
    }
}

#[test]
fn a_marker_skips_the_prefix_it_lies_in() {
    let after = |marker| start_after(2, marker, "", "/").unwrap();
    assert_eq!(after("a/"), after("a/x"));
    assert_eq!(after("a/"), b"\x02a0");
    assert!(after("a") < b"\x02a/".to_vec());
    assert_eq!(start_after(2, "", "", "/"), None);
}
