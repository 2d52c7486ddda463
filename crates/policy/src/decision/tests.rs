//! The table of facts/05 §6 in its smallest form; tests/cases has all of it.

use cairn_types::AccountId;

use super::*;
use crate::PolicyType;

#[test]
fn an_identity_policy_allows_and_its_absence_denies() {
    let account = AccountId::parse("123456789012").unwrap();
    let anna = Principal::User {
        account: account.clone(),
        path: "/".into(),
        name: "anna".into(),
        id: "AIDAEXAMPLEEXAMPLE01".into(),
    };
    let text = r#"{"Version":"2012-10-17","Statement":{"Sid":"Read","Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::b/*"}}"#;
    let policy = Policy::parse(text, PolicyType::Identity).unwrap();
    let context = Context::new();
    let question = Question {
        principal: &anna,
        canonical_user_id: None,
        action: "s3:GetObject",
        resource: "arn:aws:s3:::b/k",
        context: &context,
        resource_account: Some(&account),
    };
    let identity = [Named {
        source: "inline",
        policy: &policy,
    }];
    let layers = Layers {
        identity: &identity,
        ..Layers::default()
    };
    let decision = decide(&question, &layers);
    assert!(decision.allowed);
    assert_eq!(
        decision.because,
        Because::Allow(By {
            layer: Layer::Identity,
            source: "inline".into(),
            statement: 0,
            sid: Some("Read".into())
        })
    );
    let decision = decide(&question, &Layers::default());
    assert_eq!(decision.because, Because::NoAllow(Layer::Identity));
    assert_eq!(
        decision.denial(&question, Quoting::S3),
        "User: arn:aws:iam::123456789012:user/anna is not authorized to perform: s3:GetObject on resource: \
         \"arn:aws:s3:::b/k\" because no identity-based policy allows the s3:GetObject action"
    );
}

/// A journal keeps decisions and contexts in postcard, which knows no names.
#[test]
fn a_journal_keeps_it() {
    let by = By {
        layer: Layer::Resource,
        source: "arn:aws:s3:::b".into(),
        statement: 3,
        sid: Some("Tls".into()),
    };
    for because in [
        Because::ExplicitDeny(by.clone()),
        Because::BothSides {
            caller: Some(by),
            resource: None,
        },
        Because::Root,
        Because::Grant(Grant::Everybody),
        Because::NoAllow(Layer::Session),
    ] {
        let decision = Decision {
            allowed: false,
            because,
        };
        let bytes = postcard::to_stdvec(&decision).unwrap();
        let read: Decision<'static> = postcard::from_bytes(&bytes).unwrap();
        assert_eq!(read, decision);
    }
    let mut context = Context::new().with("aws:SourceIp", "10.0.0.1");
    context.set_many("aws:TagKeys", ["a", "b"]);
    let bytes = postcard::to_stdvec(&context).unwrap();
    assert_eq!(postcard::from_bytes::<Context<'static>>(&bytes).unwrap(), context);
}
