//! A question over policies: an action, a resource, the values of `s3:prefix` and of `aws:TagKeys` (by commas), a line
//! each; then policies, of which lines with `---` divide: identity, boundary, bucket.
#![no_main]

use cairn_policy::{
    Context, Layers, Named, Policy, PolicyType, Principal, Question, ResourceSide, decide, explain,
};
use cairn_types::AccountId;
use libfuzzer_sys::fuzz_target;

fn named<'a>(policies: &'a [Policy]) -> Vec<Named<'a>> {
    policies
        .iter()
        .map(|policy| Named {
            source: "policy",
            policy,
        })
        .collect()
}

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let mut lines = text.splitn(5, '\n');
    let mut line = || lines.next();
    let (Some(action), Some(resource), Some(prefix), Some(tags), Some(policies)) =
        (line(), line(), line(), line(), line())
    else {
        return;
    };
    let mut context = Context::new().with("s3:prefix", prefix);
    if !tags.is_empty() {
        context.set_many("aws:TagKeys", tags.split(','));
    }
    let mut texts = policies.split("\n---\n");
    let mut next = |policy_type| {
        texts
            .next()
            .and_then(|text| Policy::parse(text, policy_type).ok())
    };
    let identity: Vec<Policy> = next(PolicyType::Identity).into_iter().collect();
    let boundary = next(PolicyType::Identity);
    let bucket = next(PolicyType::Resource { bucket: "bucket" });
    let Ok(account) = AccountId::parse("111122223333") else {
        return;
    };
    let anna = Principal::User {
        account: account.clone(),
        path: "/".into(),
        name: "anna".into(),
        id: "AIDAANNAANNAANNAANNA".into(),
    };
    let session = Principal::RoleSession {
        account: account.clone(),
        role_path: "/".into(),
        role_name: "Reader".into(),
        role_id: "AROAREADERREADERREAD".into(),
        session_name: "s1".into(),
    };
    let federated = Principal::Federated {
        account: account.clone(),
        name: "fred".into(),
        maker: Box::new(anna.clone()),
    };
    for principal in [&anna, &session, &federated, &Principal::Anonymous] {
        let question = Question {
            principal,
            canonical_user_id: None,
            action,
            resource,
            context: &context,
            resource_account: Some(&account),
        };
        let identity = named(&identity);
        let unbounded = Layers {
            identity: &identity,
            resource: ResourceSide {
                policy: bucket.as_ref().map(|policy| Named {
                    source: "bucket",
                    policy,
                }),
                ..ResourceSide::default()
            },
            ..Layers::default()
        };
        let bounded = Layers {
            boundary: boundary.as_ref().map(|policy| Named {
                source: "boundary",
                policy,
            }),
            ..unbounded
        };
        let decision = decide(&question, &bounded);
        let explanation = explain(&question, &bounded);
        assert_eq!(explanation.verdict.allowed, decision.allowed);
        assert_eq!(explanation.verdict.because, decision.because.clone().into_owned());
        assert_eq!(explanation.suggestion.is_none(), decision.allowed);
        // A boundary only takes away, and so does a session that grants nothing.
        let empty = Layers {
            session: Some(&[]),
            ..bounded
        };
        assert!(!decision.allowed || decide(&question, &unbounded).allowed);
        assert!(!decide(&question, &empty).allowed || decision.allowed);
    }
});
