use cairn_types::AccountId;

use super::*;
use crate::{Context, Named, Policy, PolicyType, Principal, ResourceSide};

fn account() -> AccountId {
    AccountId::parse("111122223333").unwrap()
}

fn anna() -> Principal {
    Principal::User {
        account: account(),
        path: "/".into(),
        name: "anna".into(),
        id: "AIDAANNAANNAANNAANNA".into(),
    }
}

fn explained(identity: &str, bucket: Option<&str>, context: &Context<'_>) -> Explanation {
    let (anna, account) = (anna(), account());
    let identity = Policy::parse(identity, PolicyType::Identity).unwrap();
    let bucket = bucket.map(|text| Policy::parse(text, PolicyType::Resource { bucket: "b" }).unwrap());
    let question = Question {
        principal: &anna,
        canonical_user_id: None,
        action: "s3:GetObject",
        resource: "arn:aws:s3:::b/home/bob/x",
        context,
        resource_account: Some(&account),
    };
    let layers = Layers {
        identity: &[Named {
            source: "home",
            policy: &identity,
        }],
        resource: ResourceSide {
            policy: bucket.as_ref().map(|policy| Named {
                source: "arn:aws:s3:::b",
                policy,
            }),
            ..ResourceSide::default()
        },
        ..Layers::default()
    };
    explain(&question, &layers)
}

const HOME: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Sid":"List","Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::b"},
    {"Sid":"Home","Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],
     "Resource":["arn:aws:s3:::b/home/${aws:username}/*","arn:aws:s3:::b/${aws:PrincipalTag/team}/*"],
     "Condition":{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"},"Bool":{"aws:MultiFactorAuthPresent":"true"}}}]}"#;

const BUCKET: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Sid":"Tls","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b/*",
     "Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}"#;

/// Every part of every statement is told: what it says, what the request has, and why they differ.
#[test]
fn what_matched_and_what_did_not() {
    let context = Context::new()
        .with("aws:SourceIp", "203.0.113.9")
        .with("aws:SecureTransport", "true");
    let explanation = explained(HOME, Some(BUCKET), &context);
    assert!(!explanation.verdict.allowed);
    assert_eq!(explanation.verdict.because, Because::NoAllow(Layer::Identity));
    let sources: Vec<&str> = explanation
        .policies
        .iter()
        .map(|policy| &*policy.source)
        .collect();
    assert_eq!(sources, ["home", "arn:aws:s3:::b"]);
    let home = &explanation.policies[0].statements[1];
    assert!(home.action.matched && !home.matched);
    assert_eq!(home.misses(), 2);
    let resource = home.resource.as_ref().unwrap();
    assert!(!resource.matched);
    assert_eq!(
        resource.policy,
        [
            "arn:aws:s3:::b/home/anna/*",
            "arn:aws:s3:::b/${aws:PrincipalTag/team}/*"
        ]
    );
    assert_eq!(resource.unresolved, ["aws:PrincipalTag/team"]);
    let [address, mfa] = &home.conditions[..] else {
        panic!("two conditions")
    };
    assert!(address.matched);
    assert_eq!(address.request.as_deref(), Some(&["203.0.113.9".to_owned()][..]));
    assert!(!mfa.matched);
    assert_eq!(mfa.request, None);
    assert_eq!(
        mfa.why,
        "the request has no aws:MultiFactorAuthPresent, and the operator needs it"
    );
    let tls = &explanation.policies[1].statements[0];
    assert!(
        tls.principal.as_ref().unwrap().matched && tls.resource.as_ref().unwrap().matched && !tls.matched
    );

    let suggestion = explanation.suggestion.as_ref().unwrap();
    let near = suggestion.near.as_ref().unwrap();
    assert_eq!((near.statement, near.sid.as_deref()), (2, Some("Home")));
    assert_eq!(near.parts.len(), 2, "{near:?}");
    let statement = format!("{{\"Statement\":{}}}", suggestion.statement.as_ref().unwrap());
    let added = explained(&statement, Some(BUCKET), &context);
    assert!(added.verdict.allowed, "what is suggested allows: {added}");

    let text = explanation.to_string();
    for line in [
        "DENIED: denied because no identity-based policy allows the s3:GetObject action",
        "statement 2 (Home), Allow: does not match",
        "- Bool aws:MultiFactorAuthPresent: policy true; request nothing",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
}

#[test]
fn a_deny_and_what_would_lift_it() {
    let all = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    let context = Context::new().with("aws:SecureTransport", "false");
    let explanation = explained(all, Some(BUCKET), &context);
    let Because::ExplicitDeny(by) = &explanation.verdict.because else {
        panic!("{explanation}")
    };
    assert_eq!((by.layer, by.sid.as_deref()), (Layer::Resource, Some("Tls")));
    let suggestion = explanation.suggestion.as_ref().unwrap();
    assert_eq!(suggestion.layer, Layer::Resource);
    assert_eq!(suggestion.statement, None);
    let near = suggestion.near.as_ref().unwrap();
    assert!(
        near.parts[0].starts_with("Bool aws:SecureTransport false"),
        "{near:?}"
    );
    let allowed = explained(
        all,
        Some(BUCKET),
        &Context::new().with("aws:SecureTransport", "true"),
    );
    assert!(allowed.verdict.allowed && allowed.suggestion.is_none());
}

/// Programs read it as JSON.
#[test]
fn it_serializes() {
    let json = serde_json::to_value(explained(HOME, Some(BUCKET), &Context::new())).unwrap();
    assert_eq!(json["verdict"]["because"]["no-allow"], "identity");
    assert_eq!(
        json["policies"][0]["statements"][1]["conditions"][0]["operator"],
        "IpAddress"
    );
    assert_eq!(
        json["policies"][1]["statements"][0]["principal"]["names"],
        "caller"
    );
}
