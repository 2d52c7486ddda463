//! Policy variables (facts/05 §5).

use cairn_policy::{Context, Policy, PolicyType};

use crate::user_may;

fn policy(version: &str, statement: &str) -> Policy {
    let text =
        format!(r#"{{"Version":"{version}","Statement":[{{"Effect":"Allow","Action":"*",{statement}}}]}}"#);
    Policy::parse(&text, PolicyType::Identity).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn context() -> Context<'static> {
    let mut context = Context::new()
        .with("s3:prefix", "home/anna/")
        .with("aws:PrincipalTag/team", "red*")
        .with("aws:PrincipalTag/mfa", "true")
        .with("aws:PrincipalTag/number", "5")
        .with("aws:PrincipalTag/empty", "");
    context.set_many("aws:TagKeys", ["a"]);
    context
}

/// In Resource. The caller is anna, `AIDAANNAANNAANNAANNA`; a variable without value matches nothing.
#[test]
fn in_resources() {
    for (resource, asked, expected) in [
        ("arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b/anna/1", true),
        ("arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b/bob/1", false),
        ("arn:aws:s3:::b/${AWS:USERNAME}/*", "arn:aws:s3:::b/anna/1", true),
        ("arn:aws:s3:::${aws:username}", "arn:aws:s3:::anna", true),
        (
            "arn:aws:s3:::b/${aws:userid}",
            "arn:aws:s3:::b/AIDAANNAANNAANNAANNA",
            true,
        ),
        (
            "arn:aws:s3:::b/${aws:PrincipalAccount}",
            "arn:aws:s3:::b/111122223333",
            true,
        ),
        ("arn:aws:s3:::b/${aws:PrincipalType}", "arn:aws:s3:::b/User", true),
        (
            "arn:aws:s3:::b/${aws:PrincipalArn}",
            "arn:aws:s3:::b/arn:aws:iam::111122223333:user/staff/anna",
            true,
        ),
        (
            "arn:aws:s3:::b/*-${aws:username}-*",
            "arn:aws:s3:::b/x-anna-y",
            true,
        ),
        ("arn:aws:s3:::b/${s3:prefix}x", "arn:aws:s3:::b/home/anna/x", true),
        // Wildcards of values are literal.
        (
            "arn:aws:s3:::b/${aws:PrincipalTag/team}",
            "arn:aws:s3:::b/red1",
            false,
        ),
        (
            "arn:aws:s3:::b/${aws:PrincipalTag/team}",
            "arn:aws:s3:::b/red*",
            true,
        ),
        (
            "arn:aws:s3:::b/${aws:PrincipalTag/TEAM}",
            "arn:aws:s3:::b/red*",
            true,
        ),
        // Unresolved: nothing, not even the text itself.
        (
            "arn:aws:s3:::b/${aws:PrincipalTag/none}*",
            "arn:aws:s3:::b/x",
            false,
        ),
        (
            "arn:aws:s3:::b/${aws:PrincipalTag/none}",
            "arn:aws:s3:::b/${aws:PrincipalTag/none}",
            false,
        ),
        // An empty value is a value.
        (
            "arn:aws:s3:::b/${aws:PrincipalTag/empty}x",
            "arn:aws:s3:::b/x",
            true,
        ),
        // Defaults.
        (
            "arn:aws:s3:::b/${aws:PrincipalTag/none, 'blue'}",
            "arn:aws:s3:::b/blue",
            true,
        ),
        (
            "arn:aws:s3:::b/${aws:PrincipalTag/none,'blue'}",
            "arn:aws:s3:::b/blue",
            true,
        ),
        (
            "arn:aws:s3:::b/${aws:PrincipalTag/none, 'b*'}",
            "arn:aws:s3:::b/blue",
            false,
        ),
        (
            "arn:aws:s3:::b/${aws:PrincipalTag/team, 'blue'}",
            "arn:aws:s3:::b/blue",
            false,
        ),
        (
            "arn:aws:s3:::b/${aws:PrincipalTag/none, ''}x",
            "arn:aws:s3:::b/x",
            true,
        ),
        // Escapes.
        ("arn:aws:s3:::b/${*}", "arn:aws:s3:::b/*", true),
        ("arn:aws:s3:::b/${*}", "arn:aws:s3:::b/x", false),
        ("arn:aws:s3:::b/${?}", "arn:aws:s3:::b/?", true),
        ("arn:aws:s3:::b/${?}", "arn:aws:s3:::b/x", false),
        (
            "arn:aws:s3:::b/${$}{aws:username}",
            "arn:aws:s3:::b/${aws:username}",
            true,
        ),
        // Only single-valued keys.
        ("arn:aws:s3:::b/${aws:TagKeys}", "arn:aws:s3:::b/a", false),
    ] {
        let policy = policy("2012-10-17", &format!(r#""Resource":"{resource}""#));
        assert_eq!(
            user_may(&policy, "s3:GetObject", asked, &context()),
            expected,
            "{resource} {asked}"
        );
    }
}

/// With version 2008-10-17, or none, variables are literal text.
#[test]
fn an_old_version_has_none() {
    for version in ["2012-10-17", "2008-10-17"] {
        let old = version == "2008-10-17";
        let policy = policy(version, r#""Resource":"arn:aws:s3:::b/${aws:username}""#);
        let may = |resource| user_may(&policy, "s3:GetObject", resource, &context());
        assert_eq!(may("arn:aws:s3:::b/${aws:username}"), old);
        assert_eq!(may("arn:aws:s3:::b/anna"), !old);
    }
    let text = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/${aws:username}"}}"#;
    let policy = Policy::parse(text, PolicyType::Identity).unwrap();
    assert!(user_may(
        &policy,
        "s3:GetObject",
        "arn:aws:s3:::b/${aws:username}",
        &context()
    ));
    let text = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringLike":{"s3:prefix":"${x*"}}}}"#;
    let policy = Policy::parse(text, PolicyType::Identity).unwrap();
    let context = Context::new().with("s3:prefix", "${xyz");
    assert!(user_may(&policy, "s3:GetObject", "*", &context));
}

/// In String, Arn and Bool conditions; an unresolved one acts as null: positive no match, negated match.
#[test]
fn in_conditions() {
    for (condition, expected) in [
        (r#"{"StringLike":{"s3:prefix":"home/${aws:username}/*"}}"#, true),
        (r#"{"StringLike":{"s3:prefix":"home/${aws:userid}/*"}}"#, false),
        (r#"{"StringEquals":{"s3:prefix":"home/${aws:username}/"}}"#, true),
        (
            r#"{"StringEqualsIgnoreCase":{"s3:prefix":"HOME/${aws:username}/"}}"#,
            true,
        ),
        (
            r#"{"StringNotEquals":{"s3:prefix":"home/${aws:username}/"}}"#,
            false,
        ),
        (
            r#"{"StringEquals":{"s3:prefix":"home/${aws:PrincipalTag/none}/"}}"#,
            false,
        ),
        (
            r#"{"StringNotEquals":{"s3:prefix":"home/${aws:PrincipalTag/none}/"}}"#,
            true,
        ),
        (
            r#"{"StringNotLike":{"s3:prefix":"*${aws:PrincipalTag/none}*"}}"#,
            true,
        ),
        (
            r#"{"StringLike":{"s3:prefix":["${aws:PrincipalTag/none}","home*"]}}"#,
            true,
        ),
        (
            r#"{"StringEquals":{"s3:prefix":"home/${aws:PrincipalTag/none, 'anna'}/"}}"#,
            true,
        ),
        (r#"{"StringEquals":{"aws:PrincipalTag/team":"red${*}"}}"#, true),
        (r#"{"StringLike":{"aws:PrincipalTag/team":"re?${*}"}}"#, true),
        (r#"{"StringLike":{"aws:PrincipalTag/number":"${?}"}}"#, false),
        (
            r#"{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::${aws:PrincipalAccount}:user/*/${aws:username}"}}"#,
            true,
        ),
        (
            r#"{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::${aws:userid}:user/*"}}"#,
            false,
        ),
        (
            r#"{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::${aws:none}:user/*"}}"#,
            true,
        ),
        (
            r#"{"Bool":{"aws:PrincipalTag/mfa":"${aws:PrincipalTag/mfa}"}}"#,
            true,
        ),
        (
            r#"{"Bool":{"aws:PrincipalTag/mfa":"${aws:PrincipalTag/none}"}}"#,
            false,
        ),
        // One that is not there in the request, with a variable that is not either.
        (
            r#"{"StringEquals":{"aws:PrincipalTag/none":"${aws:PrincipalTag/none}"}}"#,
            false,
        ),
    ] {
        let policy = policy(
            "2012-10-17",
            &format!(r#""Resource":"*","Condition":{condition}"#),
        );
        assert_eq!(
            user_may(&policy, "s3:ListBucket", "arn:aws:s3:::b", &context()),
            expected,
            "{condition}"
        );
    }
}

/// Not in Numeric, Date, IP, Binary and Null: no value of theirs can be one.
#[test]
fn not_in_other_conditions() {
    for condition in [
        r#"{"NumericEquals":{"aws:MultiFactorAuthAge":"${aws:PrincipalTag/number}"}}"#,
        r#"{"DateLessThan":{"aws:CurrentTime":"${aws:CurrentTime}"}}"#,
        r#"{"IpAddress":{"aws:SourceIp":"${aws:SourceIp}"}}"#,
        r#"{"BinaryEquals":{"test:Key":"${aws:userid}"}}"#,
        r#"{"Null":{"test:Key":"${aws:PrincipalTag/mfa}"}}"#,
    ] {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{condition}}}}}"#
        );
        assert!(Policy::parse(&text, PolicyType::Identity).is_err(), "{condition}");
    }
}
