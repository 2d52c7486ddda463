//! Condition operators over a key that the request has (facts/05 §5, Operators).

use cairn_policy::Context;

use crate::{identity, user_may};

/// Operator, the policy's values as JSON, the request's value, whether the condition holds.
type Row = (&'static str, &'static str, &'static str, bool);

fn holds(operator: &str, values: &str, request: &str) -> bool {
    let policy = identity(&format!(
        r#""Effect":"Allow","Action":"*","Resource":"*","Condition":{{"{operator}":{{"test:Key":{values}}}}}"#
    ));
    let context = Context::new().with("test:key", request.to_owned());
    user_may(&policy, "s3:GetObject", "arn:aws:s3:::b/k", &context)
}

fn check(rows: &[Row]) {
    for (operator, values, request, expected) in rows {
        assert_eq!(
            holds(operator, values, request),
            *expected,
            "{operator} {values} over {request:?}"
        );
        // A negated operator is the complement of its positive, over one value as over several.
        if let Some(negated) = negation(operator) {
            assert_eq!(
                holds(&negated, values, request),
                !*expected,
                "{negated} {values} over {request:?}"
            );
        }
        // IfExists changes nothing where the key is there.
        let if_exists = format!("{operator}IfExists");
        assert_eq!(
            holds(&if_exists, values, request),
            *expected,
            "{if_exists} {values} over {request:?}"
        );
    }
}

fn negation(operator: &str) -> Option<String> {
    match operator {
        "IpAddress" => Some("NotIpAddress".to_owned()),
        "StringEquals" | "StringEqualsIgnoreCase" | "NumericEquals" | "DateEquals" | "ArnEquals" => {
            Some(operator.replace("Equals", "NotEquals"))
        }
        "StringLike" | "ArnLike" => Some(operator.replace("Like", "NotLike")),
        _ => None,
    }
}

/// Strings: exact, without regard to case, with wildcards. Several values are OR.
#[test]
fn strings() {
    check(&[
        ("StringEquals", r#""a""#, "a", true),
        ("StringEquals", r#""a""#, "A", false),
        ("StringEquals", r#""a""#, "ab", false),
        ("StringEquals", r#""""#, "", true),
        ("StringEquals", r#""""#, "a", false),
        ("StringEquals", r#""a*""#, "ab", false),
        ("StringEquals", r#""a*""#, "a*", true),
        ("StringEquals", r#""a?""#, "ab", false),
        ("StringEquals", r#"["a","b"]"#, "b", true),
        ("StringEquals", r#"["a","b"]"#, "c", false),
        ("StringEquals", "[]", "a", false),
        ("StringEquals", r#""\u00e9""#, "é", true),
        ("StringEquals", r#"" a""#, "a", false),
        ("StringEquals", "5", "5", true),
        ("StringEquals", "true", "true", true),
        ("StringEqualsIgnoreCase", r#""abc""#, "ABC", true),
        ("StringEqualsIgnoreCase", r#""ÄBC""#, "äbc", true),
        ("StringEqualsIgnoreCase", r#""abc""#, "abd", false),
        ("StringEqualsIgnoreCase", r#""a*""#, "AB", false),
        ("StringEqualsIgnoreCase", r#"["x","AbC"]"#, "aBc", true),
        ("StringLike", r#""a*""#, "a", true),
        ("StringLike", r#""a*""#, "a/b:c", true),
        ("StringLike", r#""a*""#, "ba", false),
        ("StringLike", r#""a*""#, "A", false),
        ("StringLike", r#""*a""#, "bba", true),
        ("StringLike", r#""*a""#, "bab", false),
        ("StringLike", r#""*b*""#, "abc", true),
        ("StringLike", r#""a?c""#, "abc", true),
        ("StringLike", r#""a?c""#, "ac", false),
        ("StringLike", r#""a?c""#, "abbc", false),
        ("StringLike", r#""???""#, "äöü", true),
        ("StringLike", r#""*""#, "", true),
        ("StringLike", r#""home/*/x""#, "home/anna/y/x", true),
        ("StringLike", r#""home/*/x""#, "home/x", false),
        ("StringLike", r#"["x*","y*"]"#, "yes", true),
        ("StringLike", r#"["x*","y*"]"#, "no", false),
    ]);
}

/// Numbers: whole or decimal; a request's value that is none is equal to none.
#[test]
fn numbers() {
    check(&[
        ("NumericEquals", "5", "5", true),
        ("NumericEquals", r#""5""#, "5", true),
        ("NumericEquals", "5", "5.0", true),
        ("NumericEquals", "5", "05", true),
        ("NumericEquals", "5", "6", false),
        ("NumericEquals", "5", "five", false),
        ("NumericEquals", "5", "", false),
        ("NumericEquals", "[5,6]", "6", true),
        ("NumericEquals", "-1.5", "-1.5", true),
        ("NumericEquals", "9007199254740993", "9007199254740992", false),
        ("NumericLessThan", "10", "9", true),
        ("NumericLessThan", "10", "10", false),
        ("NumericLessThan", "10", "11", false),
        ("NumericLessThan", "10", "9.99", true),
        ("NumericLessThan", "10", "-100", true),
        ("NumericLessThan", "10", "x", false),
        ("NumericLessThan", "[1,10]", "5", true),
        ("NumericLessThanEquals", "10", "10", true),
        ("NumericLessThanEquals", "10", "10.1", false),
        ("NumericLessThanEquals", "3600", "0", true),
        ("NumericGreaterThan", "10", "11", true),
        ("NumericGreaterThan", "10", "10", false),
        ("NumericGreaterThan", "10", "9", false),
        ("NumericGreaterThanEquals", "10", "10", true),
        ("NumericGreaterThanEquals", "10", "9.999", false),
        ("NumericGreaterThanEquals", "10", "1e2", true),
    ]);
}

/// Dates: W3C forms of ISO 8601, or seconds since 1970, on both sides.
#[test]
fn dates() {
    check(&[
        (
            "DateEquals",
            r#""2026-01-31T10:00:00Z""#,
            "2026-01-31T10:00:00Z",
            true,
        ),
        ("DateEquals", r#""2026-01-31T10:00:00Z""#, "1769853600", true),
        ("DateEquals", "1769853600", "2026-01-31T10:00:00Z", true),
        (
            "DateEquals",
            r#""2026-01-31T12:00:00+02:00""#,
            "2026-01-31T10:00:00Z",
            true,
        ),
        ("DateEquals", r#""2026-01-31""#, "2026-01-31T00:00:00Z", true),
        ("DateEquals", r#""2026-01-31""#, "2026-01-31T00:00:01Z", false),
        ("DateEquals", r#""2026""#, "2026-01-01T00:00:00Z", true),
        ("DateEquals", r#""2026-01-31""#, "yesterday", false),
        (
            "DateLessThan",
            r#""2026-02-01T00:00:00Z""#,
            "2026-01-31T23:59:59Z",
            true,
        ),
        (
            "DateLessThan",
            r#""2026-02-01T00:00:00Z""#,
            "2026-02-01T00:00:00Z",
            false,
        ),
        (
            "DateLessThan",
            r#""2026-02-01T00:00:00Z""#,
            "2026-01-31T23:59:59.999Z",
            true,
        ),
        (
            "DateLessThanEquals",
            r#""2026-02-01T00:00:00Z""#,
            "2026-02-01T00:00:00Z",
            true,
        ),
        (
            "DateLessThanEquals",
            r#""2026-02-01T00:00:00Z""#,
            "2026-02-01T00:00:00.001Z",
            false,
        ),
        (
            "DateGreaterThan",
            r#""2026-02-01T00:00:00Z""#,
            "2026-02-01T00:00:01Z",
            true,
        ),
        (
            "DateGreaterThan",
            r#""2026-02-01T00:00:00Z""#,
            "2026-02-01T00:00:00Z",
            false,
        ),
        ("DateGreaterThan", r#""2026-02-01T00:00:00Z""#, "", false),
        (
            "DateGreaterThanEquals",
            r#""2026-02-01T00:00:00Z""#,
            "2026-02-01T00:00:00Z",
            true,
        ),
        (
            "DateGreaterThanEquals",
            r#""2026-02-01T00:00:00Z""#,
            "2026-01-31T00:00:00Z",
            false,
        ),
    ]);
}

#[test]
fn booleans_and_bytes() {
    check(&[
        ("Bool", r#""true""#, "true", true),
        ("Bool", "true", "true", true),
        ("Bool", r#""true""#, "True", true),
        ("Bool", r#""true""#, "false", false),
        ("Bool", r#""false""#, "false", true),
        ("Bool", r#""false""#, "true", false),
        ("Bool", r#""true""#, "yes", false),
        ("Bool", r#"["true","false"]"#, "false", true),
        ("BinaryEquals", r#""AAEC""#, "AAEC", true),
        ("BinaryEquals", r#""AAEC""#, "AAED", false),
        ("BinaryEquals", r#""AAEC""#, "aaec", false),
        ("BinaryEquals", r#""AAEC""#, "not base64!", false),
        ("BinaryEquals", r#"["AA==","AQ=="]"#, "AQ==", true),
    ]);
}

/// CIDR; a bare address is /32 or /128.
#[test]
fn addresses() {
    check(&[
        ("IpAddress", r#""203.0.113.0/24""#, "203.0.113.7", true),
        ("IpAddress", r#""203.0.113.0/24""#, "203.0.114.7", false),
        ("IpAddress", r#""203.0.113.9/24""#, "203.0.113.7", true),
        ("IpAddress", r#""203.0.113.7""#, "203.0.113.7", true),
        ("IpAddress", r#""203.0.113.7""#, "203.0.113.8", false),
        ("IpAddress", r#""203.0.113.7/32""#, "203.0.113.7", true),
        ("IpAddress", r#""0.0.0.0/0""#, "198.51.100.1", true),
        ("IpAddress", r#""0.0.0.0/0""#, "2001:db8::1", false),
        ("IpAddress", r#""2001:db8::/32""#, "2001:db8:1::1", true),
        ("IpAddress", r#""2001:db8::/32""#, "2001:db9::1", false),
        ("IpAddress", r#""2001:db8::1""#, "2001:0db8:0:0::1", true),
        ("IpAddress", r#""10.0.0.0/8""#, "::ffff:10.1.2.3", true),
        (
            "IpAddress",
            r#"["10.0.0.0/8","192.168.0.0/16"]"#,
            "192.168.1.1",
            true,
        ),
        (
            "IpAddress",
            r#"["10.0.0.0/8","192.168.0.0/16"]"#,
            "172.16.0.1",
            false,
        ),
        ("IpAddress", r#""10.0.0.0/8""#, "somewhere", false),
    ]);
}

/// ArnEquals is ArnLike; the six parts are matched separately.
#[test]
fn arns() {
    let rows: &[(&str, &str, bool)] = &[
        (r#""arn:aws:s3:::b""#, "arn:aws:s3:::b", true),
        (r#""arn:aws:s3:::b""#, "arn:aws:s3:::B", false),
        (r#""arn:aws:s3:::b*""#, "arn:aws:s3:::bucket", true),
        (r#""arn:aws:s3:::b/*""#, "arn:aws:s3:::b/x/y:z", true),
        (r#""arn:aws:s3:::?""#, "arn:aws:s3:::b", true),
        (r#""arn:*:s3:::b""#, "arn:aws:s3:::b", true),
        (r#""arn:aws:*:*:*:b""#, "arn:aws:s3:::b", true),
        (r#""arn:aws:*""#, "arn:aws:s3:::b", false),
        (r#""arn:aws:s3*b""#, "arn:aws:s3:::b", false),
        (r#""*""#, "arn:aws:s3:::b", true),
        (
            r#""arn:aws:iam::*:role/*""#,
            "arn:aws:iam::111122223333:role/app/Reader",
            true,
        ),
        (
            r#""arn:aws:iam::111122223333:role/*""#,
            "arn:aws:iam::444455556666:role/Reader",
            false,
        ),
        (
            r#""arn:aws:iam::1111*:role/*""#,
            "arn:aws:iam::111122223333:role/Reader",
            true,
        ),
        (r#"["arn:aws:s3:::a","arn:aws:s3:::b"]"#, "arn:aws:s3:::b", true),
        (r#""arn:aws:s3:::b""#, "b", false),
        (r#""b""#, "b", false),
    ];
    for operator in ["ArnEquals", "ArnLike"] {
        let rows: Vec<Row> = rows
            .iter()
            .map(|(values, request, expected)| (operator, *values, *request, *expected))
            .collect();
        check(&rows);
    }
}

/// Several operators, and several keys of one operator, are AND.
#[test]
fn conditions_are_joined_by_and() {
    for (condition, expected) in [
        (r#"{"StringEquals":{"test:A":"1","test:B":"2"}}"#, true),
        (r#"{"StringEquals":{"test:A":"1","test:B":"3"}}"#, false),
        (r#"{"StringEquals":{"test:A":"0","test:B":"2"}}"#, false),
        (
            r#"{"StringEquals":{"test:A":"1"},"NumericLessThan":{"test:B":"3"}}"#,
            true,
        ),
        (
            r#"{"StringEquals":{"test:A":"1"},"NumericLessThan":{"test:B":"2"}}"#,
            false,
        ),
        (r#"{"StringEquals":{"TEST:a":"1"}}"#, true),
        ("{}", true),
    ] {
        let policy = identity(&format!(
            r#""Effect":"Allow","Action":"*","Resource":"*","Condition":{condition}"#
        ));
        let context = Context::new().with("test:A", "1").with("test:B", "2");
        assert_eq!(
            user_may(&policy, "s3:GetObject", "arn:aws:s3:::b/k", &context),
            expected,
            "{condition}"
        );
    }
}
