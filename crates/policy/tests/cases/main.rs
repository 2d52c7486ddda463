//! The policy language and its evaluation, case by case, against facts/05. Each table names the section it was
//! written from; a row is one fact.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test: a panic is a failure"
)]

mod conditions;
mod denials;
mod elements;
mod invalid;
mod layers;
mod missing_keys;
mod people;
mod principals;
mod publicity;
mod variables;

use cairn_policy::{
    Context, Decision, Layers, Named, Policy, PolicyType, Principal, Question, ResourceSide, decide, explain,
};
use cairn_types::AccountId;

/// A policy of an identity of one statement, which is given without its braces.
fn identity(statement: &str) -> Policy {
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{{{statement}}}]}}"#);
    Policy::parse(&text, PolicyType::Identity).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// A policy of the bucket `b` of one statement.
fn bucket(statement: &str) -> Policy {
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{{{statement}}}]}}"#);
    Policy::parse(&text, PolicyType::Resource { bucket: "b" })
        .unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn trust(statement: &str) -> Policy {
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{{{statement}}}]}}"#);
    Policy::parse(&text, PolicyType::Trust).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn named<'a>(source: &'a str, policy: &'a Policy) -> Named<'a> {
    Named { source, policy }
}

/// Decides, and holds the explanation to the same verdict.
fn asked<'a>(question: &Question<'_>, layers: &Layers<'a>) -> Decision<'a> {
    let decision = decide(question, layers);
    let explanation = explain(question, layers);
    assert_eq!(explanation.verdict.allowed, decision.allowed, "{explanation}");
    assert_eq!(
        explanation.verdict.because,
        decision.because.clone().into_owned(),
        "{explanation}"
    );
    assert_eq!(
        explanation.suggestion.is_none(),
        decision.allowed,
        "{explanation}"
    );
    decision
}

/// Whether a user of the account with this one policy may do it.
fn user_may(policy: &Policy, action: &str, resource: &str, context: &Context<'_>) -> bool {
    let caller = people::anna();
    let policies = [named("policy", policy)];
    let question = question(&caller, action, resource, context);
    let layers = Layers {
        identity: &policies,
        ..Layers::default()
    };
    asked(&question, &layers).allowed
}

/// Whether a bucket policy alone lets the caller of any account get `b/k`: the caller's own account allows all.
fn bucket_lets(policy: &Policy, caller: &Principal, context: &Context<'_>) -> bool {
    let all = identity(r#""Effect":"Allow","Action":"*","Resource":"*""#);
    let own = [named("all", &all)];
    let owner = people::owner();
    let question = Question {
        resource_account: Some(&owner),
        ..question(caller, "s3:GetObject", "arn:aws:s3:::b/k", context)
    };
    let layers = Layers {
        identity: &own,
        resource: ResourceSide {
            policy: Some(named("bucket policy", policy)),
            ..ResourceSide::default()
        },
        ..Layers::default()
    };
    asked(&question, &layers).allowed
}

fn question<'a>(
    principal: &'a Principal,
    action: &'a str,
    resource: &'a str,
    context: &'a Context<'a>,
) -> Question<'a> {
    Question {
        principal,
        canonical_user_id: None,
        action,
        resource,
        context,
        resource_account: None,
    }
}

fn account(digits: &str) -> AccountId {
    AccountId::parse(digits).unwrap()
}
