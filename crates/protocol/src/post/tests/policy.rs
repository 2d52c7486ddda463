//! The policy: facts/04 §5, every refusal with its exact text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cairn_types::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::post::{Because, CONDITIONS_MAX, Judgement, LengthRange, POST_BYTES_MAX, Policy};

fn now() -> Timestamp {
    Timestamp::parse_iso8601("2015-12-29T00:00:00Z").unwrap()
}

fn parse(document: &str) -> Result<Policy, S3Error> {
    Policy::parse(&STANDARD.encode(document))
}

/// A policy with these conditions, and one for the bucket.
fn policy(conditions: &str) -> Result<Policy, S3Error> {
    let bucket = r#"{"bucket": "sigv4examplebucket"}"#;
    let comma = if conditions.is_empty() { "" } else { "," };
    parse(&format!(
        r#"{{"expiration": "2015-12-30T12:00:00.000Z", "conditions": [{bucket}{comma}{conditions}]}}"#
    ))
}

fn judge(conditions: &str, pairs: &[(&str, &str)]) -> Judgement {
    policy(conditions)
        .unwrap()
        .judge(&fields(pairs), &bucket(), now())
}

/// The refusal's message, or `allowed`.
fn verdict(conditions: &str, pairs: &[(&str, &str)]) -> String {
    match judge(conditions, pairs).refusal() {
        None => "allowed".into(),
        Some(error) => {
            assert_eq!((error.code(), error.status().as_u16()), ("AccessDenied", 403));
            error
                .message()
                .strip_prefix("Invalid according to Policy: ")
                .unwrap()
                .to_owned()
        }
    }
}

#[test]
fn documents_that_are_no_policy() {
    let refused = |document: &str| {
        let error = parse(document).unwrap_err();
        assert_eq!(
            (error.code(), error.status().as_u16()),
            ("InvalidPolicyDocument", 400),
            "{document}"
        );
        error
            .message()
            .strip_prefix("Invalid Policy: ")
            .unwrap()
            .to_owned()
    };
    let whole = |expiration: &str, conditions: &str| {
        refused(&format!(
            r#"{{"expiration": {expiration}, "conditions": {conditions}}}"#
        ))
    };
    let date = r#""2015-12-30T12:00:00.000Z""#;
    for (document, expected) in [
        ("", "Expecting '{' but found End-of-Input"),
        (" \r\n", "Expecting '{' but found End-of-Input"),
        ("{", "Invalid JSON."),
        ("[]", "Invalid JSON."),
        ("{'a': 1}", "Invalid JSON."),
        (r#"{"conditions": []}"#, "Policy missing expiration."),
        (
            r#"{"expiration": "2015-12-30T12:00:00.000Z"}"#,
            "Policy missing conditions.",
        ),
        (
            r#"{"expiration": "2015-12-30T12:00:00.000Z", "CONDITIONS": []}"#,
            r#"Unexpected: "CONDITIONS""#,
        ),
        (
            r#"{"Expiration": "2015-12-30T12:00:00.000Z", "conditions": []}"#,
            r#"Unexpected: "Expiration""#,
        ),
    ] {
        assert_eq!(refused(document), expected, "{document}");
    }
    for (value, shown) in [
        (r#""tomorrow""#, "tomorrow"),
        (r#""2015-12-30 12:00:00.000Z""#, "2015-12-30 12:00:00.000Z"),
        (r#""2015-12-30""#, "2015-12-30"),
        (r#""""#, ""),
        ("5", "5"),
    ] {
        assert_eq!(
            whole(value, "[]"),
            format!("Invalid 'expiration' value: '{shown}'")
        );
    }
    assert_eq!(whole(date, "{}"), "Invalid 'conditions' value: must be a List.");
    let simple = "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.";
    for (condition, expected) in [
        ("{}", simple),
        (r#"{"key": "a", "acl": "b"}"#, simple),
        (
            r#"{"success_action_status": 201}"#,
            "Invalid Simple-Condition: value must be a string.",
        ),
        ("\"x\"", "Unexpected: \"x\""),
        ("[]", "Invalid Condition: unknown operation ''."),
        (
            r#"["ends-with", "$key", "x"]"#,
            "Invalid Condition: unknown operation 'ends-with'.",
        ),
        (r#"["eq", "$key"]"#, "Invalid eq: wrong number of arguments."),
        (
            r#"["starts-with", "$key", "a", "b"]"#,
            "Invalid starts-with: wrong number of arguments.",
        ),
        (
            r#"["content-length-range", 0]"#,
            "Invalid content-length-range: wrong number of arguments.",
        ),
        (r#"["eq", "$key", 5]"#, "Invalid eq: values must be strings."),
    ] {
        assert_eq!(whole(date, &format!("[{condition}]")), expected, "{condition}");
    }
    for bad in ["?", "YQ", "YWJj=", "🦀"] {
        let error = Policy::parse(bad).unwrap_err();
        assert_eq!(
            error.message(),
            "Invalid Policy: invalid Base64 encoding.",
            "{bad}"
        );
    }
    let not_utf8 = Policy::parse(&STANDARD.encode(b"\"\xff\"")).unwrap_err();
    assert_eq!(not_utf8.message(), "Invalid Policy: Invalid JSON.");
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    assert_eq!(refused(&deep), "Invalid JSON.");
    let many = |count: usize| policy(&vec![r#"{"a":"b"}"#; count].join(","));
    assert!(many(CONDITIONS_MAX - 1).is_ok());
    assert_eq!(
        many(CONDITIONS_MAX).unwrap_err().message(),
        "Invalid Policy: more than 1024 conditions."
    );
}

#[test]
fn documents_that_are() {
    for date in [
        "2015-12-30T12:00:00.000Z",
        "2015-12-30T12:00:00Z",
        "2015-12-30T13:00:00+01:00",
    ] {
        let policy = parse(&format!(r#"{{"conditions": [], "expiration": "{date}"}}"#)).unwrap();
        assert_eq!(policy.expires().iso8601(), "2015-12-30T12:00:00Z");
    }
    // Encoders that break lines.
    let encoded = STANDARD.encode(r#"{"expiration": "2015-12-30T12:00:00.000Z", "conditions": []}"#);
    let (head, tail) = encoded.split_at(40);
    assert!(Policy::parse(&format!("{head}\r\n{tail}\n")).is_ok());
    // Amazon's own escapes.
    assert_eq!(
        verdict(r#"{"key": "\$a\v\\$b\n"}"#, &[("key", "$a\u{b}\\$b\n")]),
        "allowed"
    );
}

#[test]
fn every_kind_of_condition() {
    let failed = |condition: &str| format!("Policy Condition failed: {condition}");
    for (condition, key, expected) in [
        (r#"{"key": "a b"}"#, "a b", "allowed".to_owned()),
        (r#"{"KEY": "a"}"#, "a", "allowed".into()),
        (r#"["eq", "$key", "a"]"#, "a", "allowed".into()),
        (r#"["eq", "$Key", "a"]"#, "a", "allowed".into()),
        (r#"["starts-with", "$key", "a/"]"#, "a/b", "allowed".into()),
        (r#"["starts-with", "$key", ""]"#, "anything", "allowed".into()),
        (r#"{"key": "a"}"#, "b", failed(r#"["eq", "$key", "a"]"#)),
        (r#"{"Key":"a"}"#, "A", failed(r#"["eq", "$Key", "a"]"#)),
        (r#"["eq","$key","a"]"#, "ab", failed(r#"["eq", "$key", "a"]"#)),
        (r#"["eq", "key", "a"]"#, "a", failed(r#"["eq", "key", "a"]"#)),
        (
            r#"["starts-with", "key", ""]"#,
            "a",
            failed(r#"["starts-with", "key", ""]"#),
        ),
        (
            r#"["starts-with", "$key", "a/"]"#,
            "b/a/",
            failed(r#"["starts-with", "$key", "a/"]"#),
        ),
        (
            r#"["starts-with", "$key", "A"]"#,
            "a",
            failed(r#"["starts-with", "$key", "A"]"#),
        ),
        (r#"{"key": "\"ü\\"}"#, "a", failed(r#"["eq", "$key", "\"ü\\"]"#)),
        (
            r#"["content-length-range", "test", "10"]"#,
            "a",
            failed(r#"["content-length-range", "test", "10"]"#),
        ),
        (
            r#"["content-length-range", 0, 1.5]"#,
            "a",
            failed(r#"["content-length-range", 0, 1.5]"#),
        ),
        (
            r#"["content-length-range", null, 5]"#,
            "a",
            failed(r#"["content-length-range", null, 5]"#),
        ),
    ] {
        // Every form here has a key, and every field needs its condition.
        let conditions = format!(r#"{condition}, ["starts-with", "$key", ""]"#);
        assert_eq!(verdict(&conditions, &[("key", key)]), expected, "{condition}");
    }
    // The first that fails is told.
    let two = r#"{"acl": "private"}, {"key": "a"}"#;
    assert_eq!(
        verdict(two, &[("key", "b")]),
        failed(r#"["eq", "$acl", "private"]"#)
    );
    assert_eq!(
        verdict(two, &[("key", "b"), ("acl", "private")]),
        failed(r#"["eq", "$key", "a"]"#)
    );
}

// Recorded of S3 in many places: carrierwave_direct issue 63, s3_direct_upload issue 29.
#[test]
fn an_empty_prefix_needs_the_field_all_the_same() {
    let conditions = r#"["starts-with", "$Content-Type", ""]"#;
    assert_eq!(
        verdict(conditions, &[]),
        r#"Policy Condition failed: ["starts-with", "$Content-Type", ""]"#
    );
    assert_eq!(verdict(conditions, &[("content-type", "")]), "allowed");
}

#[test]
fn content_types_in_a_list() {
    let images = r#"["starts-with", "$Content-Type", "image/"]"#;
    let failed = r#"Policy Condition failed: ["starts-with", "$Content-Type", "image/"]"#;
    for (value, expected) in [
        ("image/png", "allowed"),
        ("image/png,image/gif", "allowed"),
        ("image/png, image/gif", "allowed"),
        ("image/png,text/html", failed),
        ("image/png,", failed),
        ("text/html", failed),
    ] {
        assert_eq!(verdict(images, &[("content-type", value)]), expected, "{value}");
    }
    // Only there, and only in prefixes.
    let key = r#"["starts-with", "$key", "a"]"#;
    assert_eq!(verdict(key, &[("key", "a,b")]), "allowed");
    let both = r#"{"Content-Type": "image/png,image/gif"}"#;
    assert_eq!(
        verdict(both, &[("content-type", "image/png,image/gif")]),
        "allowed"
    );
}

#[test]
fn every_field_needs_a_condition() {
    let pairs = [
        ("key", "k"),
        ("Content-Type", "a"),
        ("x-amz-meta-a", "a"),
        ("policy", "p"),
        ("x-amz-signature", "s"),
        ("AWSAccessKeyId", "i"),
        ("Signature", "s"),
        ("x-ignore-this", "x"),
        ("X-Ignore-That", "x"),
        ("bucket", "another"),
    ];
    assert_eq!(
        verdict("", &pairs),
        "Extra input fields: key, content-type, x-amz-meta-a"
    );
    assert_eq!(
        verdict(r#"{"KEY": "k"}, {"x-amz-meta-A": "a"}"#, &pairs),
        "Extra input fields: content-type"
    );
    // The other fields of a V4 signature do need one.
    let pairs = [
        ("x-amz-algorithm", ""),
        ("x-amz-credential", ""),
        ("x-amz-date", ""),
        ("x-amz-security-token", ""),
    ];
    assert_eq!(
        verdict("", &pairs),
        "Extra input fields: x-amz-algorithm, x-amz-credential, x-amz-date, x-amz-security-token"
    );
    // A length is no field's condition.
    assert_eq!(
        verdict(r#"["content-length-range", 0, 1]"#, &[("key", "k")]),
        "Extra input fields: key"
    );
}

#[test]
fn the_bucket_is_that_of_the_address() {
    let judge = |conditions: &str| {
        let policy = parse(&format!(
            r#"{{"expiration": "2015-12-30T12:00:00Z", "conditions": [{conditions}]}}"#
        ));
        let judgement = policy
            .unwrap()
            .judge(&fields(&[("bucket", "named")]), &bucket(), now());
        judgement.refusal().map(|error| error.message().into_owned())
    };
    // aws-sdk-php issue 3292.
    let extra = "Invalid according to Policy: Extra input fields: bucket";
    assert_eq!(judge("").as_deref(), Some(extra));
    assert_eq!(
        judge(r#"{"bucket": "named"}"#).as_deref(),
        Some(r#"Invalid according to Policy: Policy Condition failed: ["eq", "$bucket", "named"]"#)
    );
    assert_eq!(judge(r#"["starts-with", "$Bucket", "sigv4"]"#), None);
}

#[test]
fn expiry_comes_first() {
    let policy = policy(r#"{"key": "a"}"#).unwrap();
    let refusal = |now: &str| {
        let now = Timestamp::parse_iso8601(now).unwrap();
        policy.judge(&fields(&[]), &bucket(), now).refusal().unwrap()
    };
    let late = refusal("2015-12-30T12:00:01Z");
    assert_eq!((late.code(), late.status().as_u16()), ("AccessDenied", 403));
    assert_eq!(late.message(), "Invalid according to Policy: Policy expired.");
    let failed = r#"Invalid according to Policy: Policy Condition failed: ["eq", "$key", "a"]"#;
    assert_eq!(refusal("2015-12-30T12:00:00Z").message(), failed);
}

#[test]
fn lengths() {
    let range = |conditions: &str| {
        let judgement = judge(conditions, &[]);
        assert_eq!(judgement.refusal(), None, "{conditions}");
        (judgement.length.min, judgement.length.max)
    };
    assert_eq!(range(""), (0, POST_BYTES_MAX));
    assert_eq!(range(r#"["content-length-range", 5, 10]"#), (5, 10));
    assert_eq!(range(r#"["content-length-range", "5", "10"]"#), (5, 10));
    assert_eq!(range(r#"["content-length-range", -1, 0]"#), (0, 0));
    assert_eq!(
        range(r#"["content-length-range", 0, 99999999999999]"#),
        (0, POST_BYTES_MAX)
    );
    assert_eq!(
        range(r#"["content-length-range", 5, 10], ["content-length-range", 7, 20]"#),
        (7, 10)
    );

    let range = LengthRange { min: 5, max: 10 };
    assert_eq!(
        (range.check(5), range.check(10), range.check_so_far(0)),
        (Ok(()), Ok(()), Ok(()))
    );
    let large = range.check(11).unwrap_err();
    assert_eq!(range.check_so_far(11), Err(large.clone()));
    assert_eq!((large.code(), large.status().as_u16()), ("EntityTooLarge", 400));
    assert_eq!(
        large.message(),
        "Your proposed upload exceeds the maximum allowed size"
    );
    assert_eq!(
        large.details(),
        [("ProposedSize", "11".into()), ("MaxSizeAllowed", "10".into())]
    );
    let small = range.check(4).unwrap_err();
    assert_eq!((small.code(), small.status().as_u16()), ("EntityTooSmall", 400));
    assert_eq!(
        small.message(),
        "Your proposed upload is smaller than the minimum allowed size"
    );
    assert_eq!(
        small.details(),
        [("ProposedSize", "4".into()), ("MinSizeAllowed", "5".into())]
    );
    assert!(LengthRange::default().check(POST_BYTES_MAX).is_ok());
    assert!(LengthRange::default().check(POST_BYTES_MAX + 1).is_err());
}

#[test]
fn the_explanation_has_every_condition() {
    let judgement = judge(
        r#"{"key": "a"}, ["starts-with", "$Content-Type", "image/"], ["eq", "acl", "x"], ["eq", "$none", ""],
           ["starts-with", "$x-amz-meta-a", "b"], ["content-length-range", 1, 2], ["content-length-range", "x", 2]"#,
        &[
            ("key", "a"),
            ("content-type", "image/png,text/css"),
            ("x-amz-meta-a", "b"),
            ("acl", "private"),
        ],
    );
    let of = |value: &str| value.to_owned();
    let because: Vec<_> = judgement
        .conditions
        .iter()
        .map(|judged| judged.because.clone())
        .collect();
    assert_eq!(
        because,
        [
            Because::Matches {
                value: of("sigv4examplebucket")
            },
            Because::Matches { value: of("a") },
            Because::BeginsOtherwise {
                value: of("text/css")
            },
            Because::NoDollar,
            Because::NoField { field: of("none") },
            Because::Matches { value: of("b") },
            Because::Length,
            Because::NoNumber,
        ]
    );
    assert_eq!(judgement.extra, ["acl"]);
    assert_eq!(
        judgement.to_string(),
        "valid until 2015-12-30T12:00:00Z\n\
         holds  [\"eq\", \"$bucket\", \"sigv4examplebucket\"]: the form has \"sigv4examplebucket\"\n\
         holds  [\"eq\", \"$key\", \"a\"]: the form has \"a\"\n\
         fails  [\"starts-with\", \"$Content-Type\", \"image/\"]: the form has \"text/css\", which begins otherwise\n\
         fails  [\"eq\", \"acl\", \"x\"]: the field's name lacks its $, so the condition names no field\n\
         fails  [\"eq\", \"$none\", \"\"]: the form has no field none before the file\n\
         holds  [\"starts-with\", \"$x-amz-meta-a\", \"b\"]: the form has \"b\"\n\
         holds  [\"content-length-range\", 1, 2]: judged when the file has come\n\
         fails  [\"content-length-range\", \"x\", 2]: a limit is not a number\n\
         fails  no condition covers the field acl\n\
         the file may have 1 to 2 bytes\n"
    );
    let json = serde_json::to_value(&judgement).unwrap();
    assert_eq!(
        json["conditions"][4]["because"],
        serde_json::json!({"is": "no-field", "field": "none"})
    );
}

proptest! {
    // What is asked obviously: an exact condition is equality, a prefix is a prefix, and nothing else allows.
    #[test]
    fn the_refusal_is_what_the_conditions_say(
        conditions in prop::collection::vec((0usize..3, "[ab]", "[xy]{0,2}"), 0..5),
        pairs in prop::collection::vec(("[abAB]", "[xy]{0,2}"), 0..4),
    ) {
        let given = fields(&pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect::<Vec<_>>());
        let written: Vec<String> = conditions
            .iter()
            .map(|(kind, field, text)| match kind {
                0 => format!(r#"{{"{field}": "{text}"}}"#),
                1 => format!(r#"["eq", "${field}", "{text}"]"#),
                _ => format!(r#"["starts-with", "${field}", "{text}"]"#),
            })
            .collect();
        let judgement = policy(&written.join(", ")).unwrap().judge(&given, &bucket(), now());
        let all_hold = conditions.iter().all(|(kind, field, text)| {
            given.get(field).is_some_and(|value| match kind {
                2 => value.starts_with(text.as_str()),
                _ => value == text,
            })
        });
        let all_covered = given.iter().all(|(name, _)| conditions.iter().any(|(_, field, _)| field == name));
        prop_assert_eq!(judgement.refusal().is_none(), all_hold && all_covered);
        let explained = judgement.conditions.iter().all(|judged| judged.because.holds());
        prop_assert_eq!(explained, all_hold);
        prop_assert_eq!(judgement.extra.is_empty(), all_covered);
    }

    #[test]
    fn any_policy_is_answered(bytes in prop::collection::vec(any::<u8>(), 0..100), text in "[\\[\\]{}\",:$a-z0-9\\\\ -]{0,60}") {
        let _ = Policy::parse(&STANDARD.encode(bytes));
        let _ = (Policy::parse(&text), parse(&text), policy(&text));
    }
}
