//! Documents that are refused, and in whose words (facts/05 §3 for IAM, §7 for S3).

use cairn_policy::{BUCKET_POLICY_BYTES_MAX, DOCUMENT_BYTES_MAX, Policy, PolicyType, policy_size};

const JSON: &str = "This policy contains invalid Json";
const SYNTAX: &str = "Syntax errors in policy.";
const VENDOR: &str = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.";

fn iam(text: &str, policy_type: PolicyType<'_>) -> String {
    match Policy::parse(text, policy_type) {
        Ok(_) => "valid".to_owned(),
        Err(error) => {
            assert!(!error.to_string().is_empty());
            error.iam_message()
        }
    }
}

fn s3(text: &str) -> String {
    match Policy::parse(text, PolicyType::Resource { bucket: "b" }) {
        Ok(_) => "valid".to_owned(),
        Err(error) => error.s3_message(),
    }
}

/// Whole documents of identities.
#[test]
fn iam_documents() {
    const ALLOW: &str = r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#;
    for (text, expected) in [
        ("", JSON.to_owned()),
        ("x", JSON.to_owned()),
        ("[]", JSON.to_owned()),
        ("{", JSON.to_owned()),
        (r#"{"Statement":[]}x"#, JSON.to_owned()),
        (r#"{'Statement':[]}"#, JSON.to_owned()),
        ("{}", SYNTAX.to_owned()),
        (r#"{"Version":"2012-10-17"}"#, SYNTAX.to_owned()),
        (r#"{"Statement":[]}"#, SYNTAX.to_owned()),
        (r#"{"Statement":"x"}"#, SYNTAX.to_owned()),
        (r#"{"Statement":[1]}"#, SYNTAX.to_owned()),
        (&format!(r#"{{"Statement":{ALLOW}}}"#), "valid".to_owned()),
        (
            &format!(r#"{{"Statement":[{ALLOW},{ALLOW}]}}"#),
            "valid".to_owned(),
        ),
        (&format!(" \n{{\"Statement\":{ALLOW}}}\n"), "valid".to_owned()),
        (
            &format!(r#"{{"Version":"2008-10-17","Id":"x","Statement":{ALLOW}}}"#),
            "valid".to_owned(),
        ),
        (
            &format!(r#"{{"Version":"2012-10-18","Statement":{ALLOW}}}"#),
            "Policy document must be version 2012-10-17 or greater.".to_owned(),
        ),
        (
            &format!(r#"{{"Version":20121017,"Statement":{ALLOW}}}"#),
            "Policy document must be version 2012-10-17 or greater.".to_owned(),
        ),
        // Element names differ by case; two members of one name are one too many.
        (&format!(r#"{{"statement":{ALLOW}}}"#), SYNTAX.to_owned()),
        (
            &format!(r#"{{"Statement":{ALLOW},"Other":1}}"#),
            SYNTAX.to_owned(),
        ),
        (
            &format!(r#"{{"Statement":{ALLOW},"Statement":{ALLOW}}}"#),
            JSON.to_owned(),
        ),
        // Only U+0009, A, D, U+0020–U+00FF.
        (
            &format!("{{\"Id\":\"é\",\"Statement\":{ALLOW}}}"),
            "valid".to_owned(),
        ),
        (
            &format!("{{\"Id\":\"\u{20ac}\",\"Statement\":{ALLOW}}}"),
            SYNTAX.to_owned(),
        ),
    ] {
        assert_eq!(iam(text, PolicyType::Identity), expected, "{text}");
    }
}

/// Statements of identities.
#[test]
fn iam_statements() {
    for (statement, expected) in [
        (
            r#""Effect":"Allow","Action":"s3:GetObject","Resource":"*""#,
            "valid",
        ),
        (r#""Effect":"Allow","Action":"*","Resource":"*""#, "valid"),
        (r#""Action":"s3:*","Resource":"*""#, SYNTAX),
        (r#""Effect":"allow","Action":"s3:*","Resource":"*""#, SYNTAX),
        (r#""Effect":["Allow"],"Action":"s3:*","Resource":"*""#, SYNTAX),
        (
            r#""Effect":"Allow","Effect":"Deny","Action":"s3:*","Resource":"*""#,
            JSON,
        ),
        (
            r#""Effect":"Allow","Resource":"*""#,
            "Policy statement must contain actions.",
        ),
        (
            r#""Effect":"Allow","Action":"s3:*""#,
            "Policy statement must contain resources.",
        ),
        (
            r#""Effect":"Allow","Action":"s3:*","NotAction":"s3:*","Resource":"*""#,
            SYNTAX,
        ),
        (
            r#""Effect":"Allow","Action":"s3:*","Resource":"*","NotResource":"*""#,
            SYNTAX,
        ),
        (r#""Effect":"Allow","Action":[],"Resource":"*""#, SYNTAX),
        (r#""Effect":"Allow","Action":"s3:*","Resource":[]"#, SYNTAX),
        (r#""Effect":"Allow","Action":5,"Resource":"*""#, SYNTAX),
        (r#""Effect":"Allow","Action":"s3:*","Resource":[["*"]]"#, SYNTAX),
        (r#""Effect":"Allow","Action":"GetObject","Resource":"*""#, VENDOR),
        (r#""Effect":"Allow","Action":"","Resource":"*""#, VENDOR),
        (r#""Effect":"Allow","Action":":GetObject","Resource":"*""#, VENDOR),
        (r#""Effect":"Allow","Action":"s3:","Resource":"*""#, SYNTAX),
        (
            r#""Effect":"Allow","Action":"s3:Get Object","Resource":"*""#,
            SYNTAX,
        ),
        (
            r#""Effect":"Allow","Action":"s3:NoSuchAction","Resource":"*""#,
            "valid",
        ),
        (
            r#""Effect":"Allow","Action":"s3:*","Resource":"b""#,
            r#"Resource b must be in ARN format or "*"."#,
        ),
        (
            r#""Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:b""#,
            r#"Resource arn:aws:s3:b must be in ARN format or "*"."#,
        ),
        (
            r#""Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::""#,
            r#"Resource arn:aws:s3::: must be in ARN format or "*"."#,
        ),
        (
            r#""Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::${aws:username}""#,
            "valid",
        ),
        (
            r#""Effect":"Allow","Action":"s3:*","Resource":"*","Principal":"*""#,
            "Policy document should not specify a principal.",
        ),
        (
            r#""Effect":"Allow","Action":"s3:*","Resource":"*","NotPrincipal":"*""#,
            "Policy document should not specify a principal.",
        ),
        (
            r#""Effect":"Allow","Action":"s3:*","Resource":"*","Conditions":{}"#,
            SYNTAX,
        ),
        (
            r#""Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{}"#,
            "valid",
        ),
        (
            r#""Effect":"Allow","Action":"s3:*","Resource":"*","Condition":[]"#,
            SYNTAX,
        ),
        (
            r#""Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":"x"}"#,
            SYNTAX,
        ),
        (
            r#""Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"s3:prefix":{}}}"#,
            SYNTAX,
        ),
        (
            r#""Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"s3:prefix":null}}"#,
            SYNTAX,
        ),
        (
            r#""Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"s3:prefix":["a",["b"]]}}"#,
            SYNTAX,
        ),
        (
            r#""Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"prefix":"a"}}"#,
            VENDOR,
        ),
        (
            r#""Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringIs":{"s3:prefix":"a"}}"#,
            SYNTAX,
        ),
        (
            r#""Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"ForSome:StringEquals":{"s3:prefix":"a"}}"#,
            SYNTAX,
        ),
        (
            r#""Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"NullIfExists":{"s3:prefix":"true"}}"#,
            SYNTAX,
        ),
        (
            r#""Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"ForAnyValue:Null":{"s3:prefix":"true"}}"#,
            SYNTAX,
        ),
        (
            r#""Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"NumericEquals":{"s3:max-keys":"ten"}}"#,
            SYNTAX,
        ),
        (
            r#""Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"DateLessThan":{"aws:CurrentTime":"soon"}}"#,
            SYNTAX,
        ),
        (
            r#""Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/33"}}"#,
            SYNTAX,
        ),
        (
            r#""Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"yes"}}"#,
            SYNTAX,
        ),
        (
            r#""Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"BinaryEquals":{"test:Key":"?"}}"#,
            SYNTAX,
        ),
        (
            r#""Sid":"Abc1","Effect":"Allow","Action":"s3:*","Resource":"*""#,
            "valid",
        ),
        (
            r#""Sid":"","Effect":"Allow","Action":"s3:*","Resource":"*""#,
            "valid",
        ),
        (
            r#""Sid":"a b","Effect":"Allow","Action":"s3:*","Resource":"*""#,
            "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*",
        ),
    ] {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{{{statement}}}]}}"#);
        assert_eq!(iam(&text, PolicyType::Identity), expected, "{statement}");
    }
    let twice = r#"{"Statement":[{"Sid":"a","Effect":"Allow","Action":"s3:*","Resource":"*"},
        {"Sid":"a","Effect":"Allow","Action":"iam:*","Resource":"*"}]}"#;
    assert_eq!(
        iam(twice, PolicyType::Identity),
        "Statement IDs (SID) in a single policy must be unique."
    );
    let broken = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::${aws:username"}}"#;
    assert_eq!(iam(broken, PolicyType::Identity), SYNTAX);
}

#[test]
fn trust_policies() {
    for (statement, expected) in [
        (
            r#""Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole""#,
            "valid",
        ),
        (
            r#""Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":["sts:AssumeRole","sts:TagSession"]"#,
            "valid",
        ),
        (
            r#""Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/x"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"x:aud":"y"}}"#,
            "valid",
        ),
        (
            r#""Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole""#,
            "valid",
        ),
        (
            r#""Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:*""#,
            "valid",
        ),
        (
            r#""Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole","Resource":"*""#,
            "Has prohibited field Resource.",
        ),
        (
            r#""Effect":"Allow","Action":"sts:AssumeRole""#,
            "Missing required field Principal cannot be empty!",
        ),
        (
            r#""Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"s3:GetObject""#,
            "AssumeRole policy may only specify STS AssumeRole actions.",
        ),
        (
            r#""Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:GetCallerIdentity""#,
            "AssumeRole policy may only specify STS AssumeRole actions.",
        ),
        (
            r#""Effect":"Allow","Principal":{"AWS":"anna"},"Action":"sts:AssumeRole""#,
            r#"Invalid principal in policy: "AWS":"anna""#,
        ),
        (
            r#""Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/*"},"Action":"sts:AssumeRole""#,
            r#"Invalid principal in policy: "AWS":"arn:aws:iam::111122223333:user/*""#,
        ),
        (
            r#""Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:group/g"},"Action":"sts:AssumeRole""#,
            r#"Invalid principal in policy: "AWS":"arn:aws:iam::111122223333:group/g""#,
        ),
        (
            r#""Effect":"Allow","Principal":{"Who":"x"},"Action":"sts:AssumeRole""#,
            r#"Invalid principal in policy: "Who":"x""#,
        ),
    ] {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{{{statement}}}]}}"#);
        assert_eq!(iam(&text, PolicyType::Trust), expected, "{statement}");
    }
}

#[test]
fn bucket_policies() {
    for (text, expected) in [
        ("", "Policies must be valid JSON and the first byte must be '{'"),
        ("x", "Policies must be valid JSON and the first byte must be '{'"),
        (
            r#" {"Statement":[]}"#,
            "Policies must be valid JSON and the first byte must be '{'",
        ),
        ("[]", "Policies must be valid JSON and the first byte must be '{'"),
        ("{", JSON),
        (r#"{"Statement":[],"Statement":[]}"#, JSON),
        ("{}", "Missing required field Statement"),
        (r#"{"Version":"2012-10-17"}"#, "Missing required field Statement"),
        (
            r#"{"Statement":[]}"#,
            "Could not parse the policy: Statement is empty!",
        ),
        (
            r#"{"Version":"1","Statement":[]}"#,
            "The policy must contain a valid version string",
        ),
        (r#"{"Statement":[{}],"Foo":1}"#, "Unknown field Foo"),
    ] {
        assert_eq!(s3(text), expected, "{text}");
    }
}

#[test]
fn statements_of_bucket_policies() {
    for (statement, expected) in [
        (
            r#""Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*""#,
            "valid",
        ),
        (
            r#""Sid":"a b","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*""#,
            "valid",
        ),
        (
            r#""Effect":"Allow","Principal":"*","Action":"*","Resource":"arn:aws:s3:::b/*""#,
            "valid",
        ),
        (
            r#""Effect":"Allow","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::b","arn:aws:s3:::b/x"]"#,
            "valid",
        ),
        (
            r#""Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${aws:username}/*""#,
            "valid",
        ),
        (
            r#""Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/\u20ac""#,
            "valid",
        ),
        (
            r#""Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*""#,
            "valid",
        ),
        (
            r#""Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b*""#,
            "valid",
        ),
        (
            r#""Effect":"Allow","Principal":"*","NotAction":"s3:Delete*","NotResource":"arn:aws:s3:::b/private/*""#,
            "valid",
        ),
        (
            r#""Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*""#,
            "Missing required field Effect",
        ),
        (
            r#""Effect":"Permit","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*""#,
            "Invalid effect: Permit",
        ),
        (
            r#""Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*""#,
            "Missing required field Principal",
        ),
        (
            r#""Effect":"Allow","Principal":"*","Resource":"arn:aws:s3:::b/*""#,
            "Missing required field Action",
        ),
        (
            r#""Effect":"Allow","Principal":"*","Action":"s3:GetObject""#,
            "Missing required field Resource",
        ),
        (
            r#""Effect":"Allow","Principal":"*","Action":"iam:CreateUser","Resource":"arn:aws:s3:::b/*""#,
            "Policy has invalid action",
        ),
        (
            r#""Effect":"Allow","Principal":"*","Action":"s3:NoSuchAction","Resource":"arn:aws:s3:::b/*""#,
            "Policy has invalid action",
        ),
        (
            r#""Effect":"Allow","Principal":"*","Action":"GetObject","Resource":"arn:aws:s3:::b/*""#,
            "Policy has invalid action",
        ),
        (
            r#""Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::c/*""#,
            "Policy has invalid resource",
        ),
        (
            r#""Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::bb/*""#,
            "Policy has invalid resource",
        ),
        (
            r#""Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:iam:::b/*""#,
            "Policy has invalid resource",
        ),
        (
            r#""Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"b/*""#,
            "Policy has invalid resource",
        ),
        (
            r#""Effect":"Allow","Principal":"*","Action":"s3:GetObject","NotResource":"arn:aws:s3:::c/*""#,
            "Policy has invalid resource",
        ),
        (
            r#""Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":["arn:aws:s3:::b/*","arn:aws:s3:::c/*"]"#,
            "Policy has invalid resource",
        ),
        (
            r#""Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b""#,
            "Action does not apply to any resource(s) in statement",
        ),
        (
            r#""Effect":"Allow","Principal":"*","Action":"s3:ListBucket","Resource":"arn:aws:s3:::b/*""#,
            "Action does not apply to any resource(s) in statement",
        ),
        (
            r#""Effect":"Allow","Principal":"*","Action":"s3:ListAllMyBuckets","Resource":"arn:aws:s3:::b""#,
            "Action does not apply to any resource(s) in statement",
        ),
        (
            r#""Effect":"Allow","Principal":"*","Action":["s3:ListBucket","s3:GetObject"],"Resource":"arn:aws:s3:::b/*""#,
            "valid",
        ),
        (
            r#""Effect":"Allow","Principal":"anna","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*""#,
            "Invalid principal in policy",
        ),
        (
            r#""Effect":"Allow","Principal":{"AWS":"1111"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*""#,
            "Invalid principal in policy",
        ),
        (
            r#""Effect":"Allow","Principal":{"CanonicalUser":"abc"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*""#,
            "Invalid principal in policy",
        ),
        (
            r#""Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*","Condition":{"StringIs":{"s3:prefix":"a"}}"#,
            "Invalid Condition type : StringIs",
        ),
        (
            r#""Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*","Condition":{"StringLike":{"Referer":"a"}}"#,
            "Policy has an invalid condition key",
        ),
        (
            r#""Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*","Foo":1"#,
            "Unknown field Foo",
        ),
    ] {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{{{statement}}}]}}"#);
        assert_eq!(s3(&text), expected, "{statement}");
    }
}

/// The limits: 20 KB of a bucket's policy, 128 KiB of any document; sizes without whitespace.
#[test]
fn sizes() {
    let padded = |length: usize| {
        let head = r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}]"#;
        format!("{head}{}}}", " ".repeat(length - head.len() - 1))
    };
    assert_eq!(s3(&padded(BUCKET_POLICY_BYTES_MAX)), "valid");
    assert_eq!(
        s3(&padded(BUCKET_POLICY_BYTES_MAX + 1)),
        "The policy exceeds the maximum allowed document size"
    );
    let long = padded(DOCUMENT_BYTES_MAX + 1).replace(r#""Principal":"*","#, "                ");
    assert_eq!(iam(&long, PolicyType::Identity), SYNTAX);
    assert_eq!(
        iam(long[..long.len() - 100].trim_end(), PolicyType::Identity),
        JSON
    );
    assert_eq!(
        policy_size("{ \"a\" :\n\t\"b c\\\" d\" }"),
        r#"{"a":"b c\" d"}"#.len()
    );
    assert_eq!(policy_size("\"é\""), 3);
}
