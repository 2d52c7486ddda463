//! Missing keys, sets of values, and what `IfExists`, `ForAllValues` and `ForAnyValue` make of them (facts/05 §5).

use cairn_policy::Context;

use crate::{identity, user_may};

/// The values the request has for the key; `None` for no key at all.
type Request = Option<&'static [&'static str]>;

fn holds(operator: &str, values: &str, request: Request) -> bool {
    let policy = identity(&format!(
        r#""Effect":"Allow","Action":"*","Resource":"*","Condition":{{"{operator}":{{"test:Key":{values}}}}}"#
    ));
    let mut context = Context::new();
    if let Some(values) = request {
        context.set_many("test:Key", values.iter().copied());
    }
    user_may(&policy, "s3:GetObject", "arn:aws:s3:::b/k", &context)
}

fn check(rows: &[(&str, &str, Request, bool)]) {
    for (operator, values, request, expected) in rows {
        assert_eq!(
            holds(operator, values, *request),
            *expected,
            "{operator} {values} over {request:?}"
        );
    }
}

/// Every operator with a value it takes.
const OPERATORS: &[(&str, &str)] = &[
    ("StringEquals", r#""a""#),
    ("StringNotEquals", r#""a""#),
    ("StringEqualsIgnoreCase", r#""a""#),
    ("StringNotEqualsIgnoreCase", r#""a""#),
    ("StringLike", r#""*""#),
    ("StringNotLike", r#""*""#),
    ("NumericEquals", "1"),
    ("NumericNotEquals", "1"),
    ("NumericLessThan", "1"),
    ("NumericLessThanEquals", "1"),
    ("NumericGreaterThan", "1"),
    ("NumericGreaterThanEquals", "1"),
    ("DateEquals", r#""2026-01-01""#),
    ("DateNotEquals", r#""2026-01-01""#),
    ("DateLessThan", r#""2026-01-01""#),
    ("DateLessThanEquals", r#""2026-01-01""#),
    ("DateGreaterThan", r#""2026-01-01""#),
    ("DateGreaterThanEquals", r#""2026-01-01""#),
    ("Bool", r#""true""#),
    ("BinaryEquals", r#""AA==""#),
    ("IpAddress", r#""0.0.0.0/0""#),
    ("NotIpAddress", r#""0.0.0.0/0""#),
    ("ArnEquals", r#""*""#),
    ("ArnNotEquals", r#""*""#),
    ("ArnLike", r#""*""#),
    ("ArnNotLike", r#""*""#),
];

/// Key missing: positive operator false, negated operator true, `…IfExists` true; `ForAllValues:` true, and
/// `ForAnyValue:` false. The same of a key with no values.
#[test]
fn a_missing_key() {
    for (operator, value) in OPERATORS {
        let negated = operator.contains("Not");
        for missing in [None, Some([].as_slice())] {
            check(&[
                (operator, value, missing, negated),
                (&format!("{operator}IfExists"), value, missing, true),
                (&format!("ForAllValues:{operator}"), value, missing, true),
                (&format!("ForAllValues:{operator}IfExists"), value, missing, true),
                (&format!("ForAnyValue:{operator}"), value, missing, false),
                (&format!("ForAnyValue:{operator}IfExists"), value, missing, true),
            ]);
        }
    }
}

/// `Null`: `true` = key absent.
#[test]
fn null() {
    check(&[
        ("Null", r#""true""#, None, true),
        ("Null", r#""true""#, Some(&["x"]), false),
        ("Null", r#""false""#, None, false),
        ("Null", r#""false""#, Some(&["x"]), true),
        ("Null", r#""false""#, Some(&[""]), true),
        ("Null", "true", None, true),
        ("Null", "false", Some(&["x", "y"]), true),
        ("Null", r#""true""#, Some(&[]), true),
        ("Null", r#"["true","false"]"#, None, true),
    ]);
}

/// `ForAllValues:` request set within policy set; `ForAnyValue:` at least one.
#[test]
fn sets() {
    check(&[
        ("ForAllValues:StringEquals", r#"["a","b"]"#, Some(&["a"]), true),
        (
            "ForAllValues:StringEquals",
            r#"["a","b"]"#,
            Some(&["a", "b"]),
            true,
        ),
        (
            "ForAllValues:StringEquals",
            r#"["a","b"]"#,
            Some(&["a", "c"]),
            false,
        ),
        ("ForAllValues:StringEquals", r#"["a","b"]"#, Some(&["c"]), false),
        (
            "ForAnyValue:StringEquals",
            r#"["a","b"]"#,
            Some(&["a", "c"]),
            true,
        ),
        (
            "ForAnyValue:StringEquals",
            r#"["a","b"]"#,
            Some(&["c", "d"]),
            false,
        ),
        ("ForAllValues:StringLike", r#"["a*"]"#, Some(&["ab", "ac"]), true),
        ("ForAllValues:StringLike", r#"["a*"]"#, Some(&["ab", "bc"]), false),
        ("ForAnyValue:StringLike", r#"["a*"]"#, Some(&["ab", "bc"]), true),
        (
            "ForAllValues:StringNotEquals",
            r#"["a","b"]"#,
            Some(&["c", "d"]),
            true,
        ),
        (
            "ForAllValues:StringNotEquals",
            r#"["a","b"]"#,
            Some(&["a", "d"]),
            false,
        ),
        (
            "ForAnyValue:StringNotEquals",
            r#"["a","b"]"#,
            Some(&["a", "d"]),
            true,
        ),
        (
            "ForAnyValue:StringNotEquals",
            r#"["a","b"]"#,
            Some(&["a", "b"]),
            false,
        ),
        ("ForAllValues:NumericLessThan", "10", Some(&["1", "9"]), true),
        ("ForAllValues:NumericLessThan", "10", Some(&["1", "10"]), false),
        (
            "ForAnyValue:IpAddress",
            r#""10.0.0.0/8""#,
            Some(&["192.168.0.1", "10.0.0.1"]),
            true,
        ),
        (
            "ForAnyValue:ArnLike",
            r#""arn:aws:s3:::b*""#,
            Some(&["arn:aws:s3:::a", "arn:aws:s3:::b1"]),
            true,
        ),
        (
            "ForAllValues:ArnLike",
            r#""arn:aws:s3:::b*""#,
            Some(&["arn:aws:s3:::a", "arn:aws:s3:::b1"]),
            false,
        ),
        (
            "ForAllValues:StringEqualsIfExists",
            r#"["a"]"#,
            Some(&["b"]),
            false,
        ),
        (
            "ForAnyValue:StringEqualsIfExists",
            r#"["a"]"#,
            Some(&["b"]),
            false,
        ),
    ]);
}

/// A key of several values under a plain operator: one has to match, and of a negated one none may.
#[test]
fn several_values_without_a_set_operator() {
    check(&[
        ("StringEquals", r#""a""#, Some(&["a", "b"]), true),
        ("StringEquals", r#""c""#, Some(&["a", "b"]), false),
        ("StringNotEquals", r#""a""#, Some(&["a", "b"]), false),
        ("StringNotEquals", r#""c""#, Some(&["a", "b"]), true),
    ]);
}

/// In a Deny a missing key makes the negated operator deny: what a policy that wants encryption or MFA lives on.
#[test]
fn a_deny_over_a_missing_key() {
    for (condition, request, denied) in [
        (
            r#"{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}"#,
            None,
            true,
        ),
        (
            r#"{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}"#,
            Some("true"),
            false,
        ),
        (
            r#"{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}"#,
            Some("false"),
            true,
        ),
        (r#"{"Bool":{"aws:MultiFactorAuthPresent":"false"}}"#, None, false),
        (r#"{"Null":{"aws:MultiFactorAuthPresent":"true"}}"#, None, true),
    ] {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"*","Resource":"*"}},
               {{"Effect":"Deny","Action":"*","Resource":"*","Condition":{condition}}}]}}"#
        );
        let policy = cairn_policy::Policy::parse(&text, cairn_policy::PolicyType::Identity).unwrap();
        let mut context = Context::new();
        if let Some(value) = request {
            context.set("aws:MultiFactorAuthPresent", value);
        }
        let allowed = user_may(&policy, "s3:GetObject", "arn:aws:s3:::b/k", &context);
        assert_eq!(allowed, !denied, "{condition} {request:?}");
    }
}
