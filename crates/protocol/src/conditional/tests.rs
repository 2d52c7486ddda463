use cairn_types::{ETag, Timestamp};
use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;

use super::{CopySourceConditions, ReadConditions, ReadDecision, WritePrecondition};

const MODIFIED: u64 = 1_445_412_480;
const BEFORE: &str = "Wed, 21 Oct 2015 07:27:59 GMT";
const EQUAL: &str = "Wed, 21 Oct 2015 07:28:00 GMT";
const AFTER: &str = "Wed, 21 Oct 2015 07:28:01 GMT";
const FUTURE: &str = "Wed, 21 Oct 2099 07:28:00 GMT";
const SAME: &str = "\"d41d8cd98f00b204e9800998ecf8427e\"";
const OTHER: &str = "\"00000000000000000000000000000000\"";

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(
            HeaderName::from_bytes(name.as_bytes()).unwrap(),
            HeaderValue::from_str(value).unwrap(),
        );
    }
    headers
}

fn etag() -> ETag {
    ETag::parse(SAME).unwrap()
}

/// Half a second past: comparisons are in whole seconds.
fn modified() -> Timestamp {
    Timestamp::from_micros(MODIFIED * 1_000_000 + 500_000)
}

fn now() -> Timestamp {
    Timestamp::from_seconds(MODIFIED + 1_000_000)
}

// facts/06 §5, RFC 9110 §13.2.2.
#[test]
fn reads() {
    use ReadDecision::{Failed, NotModified, Proceed};
    let unquoted = SAME.trim_matches('"');
    let weak = format!("W/{SAME}");
    let list = format!("{OTHER}, {SAME}");
    for (given, expected) in [
        (vec![], Proceed),
        (vec![("if-match", SAME)], Proceed),
        (vec![("if-match", unquoted)], Proceed),
        (vec![("if-match", "*")], Proceed),
        (vec![("if-match", &list)], Proceed),
        (vec![("if-match", OTHER), ("if-match", SAME)], Proceed),
        (vec![("if-match", &weak)], Failed("If-Match")),
        (vec![("if-match", OTHER)], Failed("If-Match")),
        (vec![("if-match", "nonsense")], Failed("If-Match")),
        (
            vec![("if-unmodified-since", BEFORE)],
            Failed("If-Unmodified-Since"),
        ),
        (vec![("if-unmodified-since", EQUAL)], Proceed),
        (vec![("if-unmodified-since", AFTER)], Proceed),
        (vec![("if-unmodified-since", "yesterday")], Proceed),
        // If-Match true beats If-Unmodified-Since false; false it fails first.
        (vec![("if-match", SAME), ("if-unmodified-since", BEFORE)], Proceed),
        (
            vec![("if-match", OTHER), ("if-unmodified-since", AFTER)],
            Failed("If-Match"),
        ),
        (vec![("if-none-match", SAME)], NotModified),
        (vec![("if-none-match", &weak)], NotModified),
        (vec![("if-none-match", unquoted)], NotModified),
        (vec![("if-none-match", "*")], NotModified),
        (vec![("if-none-match", &list)], NotModified),
        (vec![("if-none-match", OTHER)], Proceed),
        (vec![("if-modified-since", BEFORE)], Proceed),
        (vec![("if-modified-since", EQUAL)], NotModified),
        (vec![("if-modified-since", AFTER)], NotModified),
        (vec![("if-modified-since", FUTURE)], Proceed),
        // If-Modified-Since is skipped where If-None-Match is there.
        (
            vec![("if-none-match", OTHER), ("if-modified-since", AFTER)],
            Proceed,
        ),
        (
            vec![("if-none-match", SAME), ("if-modified-since", BEFORE)],
            NotModified,
        ),
        // 412 comes before 304.
        (
            vec![("if-match", OTHER), ("if-none-match", SAME)],
            Failed("If-Match"),
        ),
        (vec![("if-match", SAME), ("if-none-match", SAME)], NotModified),
        (
            vec![("if-unmodified-since", BEFORE), ("if-none-match", SAME)],
            Failed("If-Unmodified-Since"),
        ),
    ] {
        let decision = ReadConditions::read(&headers(&given)).evaluate(&etag(), modified(), now());
        assert_eq!(decision, expected, "{given:?}");
    }
    assert_eq!(Proceed.into_result(), Ok(true));
    assert_eq!(NotModified.into_result(), Ok(false));
    let error = Failed("If-Match").into_result().unwrap_err();
    assert_eq!(
        (error.status().as_u16(), error.details()),
        (412, vec![("Condition", "If-Match".into())])
    );
}

// facts/06 §7: always 412, and this casing.
#[test]
fn copy_sources() {
    for (given, expected) in [
        (vec![], None),
        (vec![("x-amz-copy-source-if-match", SAME)], None),
        (
            vec![("x-amz-copy-source-if-match", OTHER)],
            Some("x-amz-copy-source-If-Match"),
        ),
        (
            vec![("x-amz-copy-source-if-none-match", SAME)],
            Some("x-amz-copy-source-If-None-Match"),
        ),
        (vec![("x-amz-copy-source-if-none-match", OTHER)], None),
        (
            vec![("x-amz-copy-source-if-modified-since", AFTER)],
            Some("x-amz-copy-source-If-Modified-Since"),
        ),
        (vec![("x-amz-copy-source-if-modified-since", BEFORE)], None),
        (
            vec![("x-amz-copy-source-if-unmodified-since", BEFORE)],
            Some("x-amz-copy-source-If-Unmodified-Since"),
        ),
        (
            vec![("x-amz-copy-source-if-unmodified-since", "2015-10-21T07:28:01Z")],
            None,
        ),
        (
            vec![
                ("x-amz-copy-source-if-match", SAME),
                ("x-amz-copy-source-if-unmodified-since", BEFORE),
            ],
            None,
        ),
        (
            vec![
                ("x-amz-copy-source-if-none-match", SAME),
                ("x-amz-copy-source-if-modified-since", BEFORE),
            ],
            Some("x-amz-copy-source-If-None-Match"),
        ),
        // The read's headers mean nothing here.
        (vec![("if-match", OTHER), ("if-none-match", SAME)], None),
    ] {
        let result = CopySourceConditions::read(&headers(&given)).evaluate(&etag(), modified(), now());
        let condition = result.err().map(|error| error.details().remove(0).1);
        assert_eq!(condition.as_deref(), expected, "{given:?}");
    }
}

// facts/06 §6.
#[test]
fn writes() {
    let current = Some(etag());
    for (given, current, expected) in [
        (vec![], current, "ok"),
        (
            vec![("if-none-match", "*")],
            current,
            "PreconditionFailed If-None-Match",
        ),
        (vec![("if-none-match", "*")], None, "ok"),
        (vec![("if-match", SAME)], current, "ok"),
        (vec![("if-match", OTHER)], current, "PreconditionFailed If-Match"),
        (
            vec![("if-match", "nonsense")],
            current,
            "PreconditionFailed If-Match",
        ),
        (vec![("if-match", SAME)], None, "NoSuchKey k"),
        (vec![("if-match", "*")], current, "NotImplemented If-Match"),
        (
            vec![("if-none-match", SAME)],
            current,
            "NotImplemented If-None-Match",
        ),
        (
            vec![("if-match", SAME), ("if-none-match", "*")],
            current,
            "NotImplemented If-Match,If-None-Match",
        ),
    ] {
        let result = WritePrecondition::read(&headers(&given))
            .and_then(|precondition| precondition.evaluate(current.as_ref(), "k"));
        let outcome = match result {
            Ok(()) => "ok".to_owned(),
            Err(error) => format!("{} {}", error.code(), error.details()[0].1),
        };
        assert_eq!(outcome, expected, "{given:?}");
    }
    let error = WritePrecondition::read(&headers(&[("if-none-match", SAME)])).unwrap_err();
    assert_eq!(
        error.message(),
        "A header you provided implies functionality that is not implemented"
    );
    assert_eq!(
        error.details()[1],
        (
            "additionalMessage",
            "We don't accept the provided value of If-None-Match header for this API".to_owned()
        )
    );
    let both = WritePrecondition::read(&headers(&[("if-match", "*"), ("if-none-match", "*")])).unwrap_err();
    assert_eq!(
        both.details()[1].1,
        "Multiple conditional request headers present in the request"
    );
    assert_eq!(
        WritePrecondition::Absent.conflict("k").details(),
        [("Condition", "If-None-Match".to_owned()), ("Key", "k".to_owned())]
    );
    assert_eq!(WritePrecondition::None.condition(), None);
}

// facts/06 §6: of deletes.
#[test]
fn deletes() {
    let read = |pairs: &[_]| WritePrecondition::read_delete(&headers(pairs));
    assert_eq!(read(&[]), Ok(WritePrecondition::None));
    assert_eq!(read(&[("if-match", "*")]), Ok(WritePrecondition::Exists));
    assert_eq!(
        read(&[("if-match", SAME)]),
        Ok(WritePrecondition::Matches(Some(etag())))
    );
    for header in [
        "x-amz-if-match-last-modified-time",
        "x-amz-if-match-size",
        "if-none-match",
    ] {
        assert_eq!(
            read(&[(header, "1")]).unwrap_err().status().as_u16(),
            501,
            "{header}"
        );
    }
    assert_eq!(
        WritePrecondition::Exists.evaluate(None, "k").unwrap_err().code(),
        "NoSuchKey"
    );
    assert!(WritePrecondition::Exists.evaluate(Some(&etag()), "k").is_ok());
}

proptest! {
    #[test]
    fn any_value_is_answered(value in "[-W/\"*, a-f0-9GMT:]{0,80}") {
        let Ok(value) = HeaderValue::from_str(&value) else { return Ok(()) };
        let mut headers = HeaderMap::new();
        for name in ["if-match", "if-none-match", "if-modified-since", "if-unmodified-since"] {
            headers.insert(name, value.clone());
        }
        let _ = ReadConditions::read(&headers).evaluate(&etag(), modified(), now());
        let _ = WritePrecondition::read_delete(&headers);
        headers.remove("if-none-match");
        let _ = WritePrecondition::read(&headers).map(|precondition| precondition.evaluate(Some(&etag()), "k"));
    }
}
