//! What holds for every policy and every question.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test: a panic is a failure"
)]

use cairn_policy::{
    Because, Context, Grant, Layers, Named, Policy, PolicyType, Principal, Question, ResourceKind,
    ResourceSide, decide, explain, is_public, policy_size, rewrite_principals,
};
use cairn_types::AccountId;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

fn account(digits: &str) -> AccountId {
    AccountId::parse(digits).unwrap()
}

fn anna() -> Principal {
    Principal::User {
        account: account("111122223333"),
        path: "/".into(),
        name: "anna".into(),
        id: "AIDAANNAANNAANNAANNA".into(),
    }
}

fn session(name: &str) -> Principal {
    Principal::RoleSession {
        account: account("111122223333"),
        role_path: "/".into(),
        role_name: "Reader".into(),
        role_id: "AROAREADERREADERREAD".into(),
        session_name: name.into(),
    }
}

fn federated(maker: Principal) -> Principal {
    Principal::Federated {
        account: account("111122223333"),
        name: "fred".into(),
        maker: Box::new(maker),
    }
}

fn root() -> Principal {
    Principal::Root {
        account: account("111122223333"),
    }
}

fn effect() -> impl Strategy<Value = &'static str> {
    select(vec!["Allow", "Allow", "Deny"])
}

fn action() -> impl Strategy<Value = &'static str> {
    select(vec![
        "s3:GetObject",
        "s3:Get*",
        "s3:PutObject",
        "s3:*",
        "*",
        "s3:?etObject",
    ])
}

fn resource() -> impl Strategy<Value = &'static str> {
    select(vec![
        "*",
        "arn:aws:s3:::b/*",
        "arn:aws:s3:::b/k",
        "arn:aws:s3:::b/x*",
        "arn:aws:s3:::b/${test:A}",
        "arn:aws:s3:::b/${test:A, 'k'}*",
    ])
}

/// Conditions about nothing that differs between a session and its maker.
fn condition() -> impl Strategy<Value = String> {
    let operators = vec![
        ("StringEquals", r#"["k","x"]"#),
        ("StringNotEquals", r#""k""#),
        ("StringLike", r#""k*""#),
        ("StringEqualsIfExists", r#""x""#),
        ("ForAllValues:StringEquals", r#"["k"]"#),
        ("ForAnyValue:StringLike", r#"["k*","x"]"#),
        ("NumericLessThan", "5"),
        ("Bool", r#""true""#),
        ("Null", r#""true""#),
        ("StringEquals", r#""${test:B}""#),
        ("StringNotLike", r#""${test:B}*""#),
        ("ArnLike", r#""arn:aws:s3:::*""#),
        ("IpAddress", r#""10.0.0.0/8""#),
    ];
    (
        select(operators),
        select(vec!["test:A", "test:B", "aws:PrincipalAccount"]),
    )
        .prop_map(|((operator, values), key)| format!(r#"{{"{operator}":{{"{key}":{values}}}}}"#))
}

fn conditions() -> impl Strategy<Value = String> {
    option::weighted(0.5, condition()).prop_map(|condition| {
        condition
            .map(|text| format!(r#","Condition":{text}"#))
            .unwrap_or_default()
    })
}

fn identity_statement() -> impl Strategy<Value = String> {
    let complements = (select(vec!["", "", "", "Not"]), select(vec!["", "", "", "Not"]));
    (effect(), complements, action(), resource(), conditions()).prop_map(
        |(effect, (not_action, not_resource), action, resource, conditions)| {
            format!(
                r#"{{"Effect":"{effect}","{not_action}Action":"{action}","{not_resource}Resource":"{resource}"{conditions}}}"#
            )
        },
    )
}

/// Whom bucket policies name; the sessions' own ARNs are apart, because those may have more than their makers.
fn bucket_statement(own_arns: bool) -> impl Strategy<Value = String> {
    let mut names = vec![
        r#""*""#,
        r#"{"AWS":"111122223333"}"#,
        r#"{"AWS":"444455556666"}"#,
        r#"{"AWS":"arn:aws:iam::111122223333:user/anna"}"#,
        r#"{"AWS":"AIDAANNAANNAANNAANNA"}"#,
        r#"{"AWS":"arn:aws:iam::111122223333:role/Reader"}"#,
    ];
    if own_arns {
        names.extend([
            r#"{"AWS":"arn:aws:sts::111122223333:assumed-role/Reader/s1"}"#,
            r#"{"AWS":"arn:aws:sts::111122223333:federated-user/fred"}"#,
        ]);
    }
    let negated = if own_arns {
        vec!["", "", "", "Not"]
    } else {
        vec![""]
    };
    (effect(), select(negated), select(names), action(), resource(), conditions()).prop_map(
        |(effect, not, principal, action, resource, conditions)| {
            let principal = if not == "Not" && principal == r#""*""# { r#"{"AWS":"*"}"# } else { principal };
            format!(
                r#"{{"Effect":"{effect}","{not}Principal":{principal},"Action":"{action}","Resource":"{resource}"{conditions}}}"#
            )
        },
    )
}

fn document(statements: &[String]) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{}]}}"#,
        statements.join(",")
    )
}

fn identity_policy() -> impl Strategy<Value = Policy> {
    vec(identity_statement(), 1..4)
        .prop_map(|statements| Policy::parse(&document(&statements), PolicyType::Identity).unwrap())
}

fn bucket_policy(own_arns: bool) -> impl Strategy<Value = Policy> {
    vec(bucket_statement(own_arns), 1..4).prop_map(|statements| {
        let text = document(&statements);
        Policy::parse(&text, PolicyType::Resource { bucket: "b" })
            .unwrap_or_else(|error| panic!("{text}: {error}"))
    })
}

fn context() -> impl Strategy<Value = Context<'static>> {
    let value = select(vec!["k", "x", "ky", "3", "true", "10.1.1.1", "arn:aws:s3:::b"]);
    (option::of(vec(value.clone(), 0..3)), option::of(value)).prop_map(|(many, one)| {
        let mut context = Context::new();
        if let Some(values) = many {
            context.set_many("test:A", values);
        }
        if let Some(value) = one {
            context.set("test:B", value);
        }
        context
    })
}

/// Everything that a question has but who asks it.
#[derive(Debug, Clone)]
struct Setting {
    identity: Vec<Policy>,
    boundary: Option<Policy>,
    session: Option<Vec<Policy>>,
    bucket: Option<Policy>,
    grant: Option<Grant>,
    only_denies: bool,
    context: Context<'static>,
    action: &'static str,
    owner: Option<AccountId>,
}

fn setting(own_arns: bool) -> impl Strategy<Value = Setting> {
    let policies = (
        vec(identity_policy(), 0..3),
        option::of(identity_policy()),
        option::of(vec(identity_policy(), 0..2)),
        option::of(bucket_policy(own_arns)),
    );
    let grant = option::weighted(0.3, select(vec![Grant::Account, Grant::Everybody]));
    let owner = option::of(select(vec![account("111122223333"), account("444455556666")]));
    let action = select(vec!["s3:GetObject", "s3:PutObject", "s3:GetObjectVersion"]);
    (policies, grant, any::<bool>(), context(), action, owner).prop_map(
        |((identity, boundary, session, bucket), grant, only_denies, context, action, owner)| Setting {
            identity,
            boundary,
            session,
            bucket,
            grant,
            only_denies,
            context,
            action,
            owner,
        },
    )
}

impl Setting {
    fn ask<T>(&self, principal: &Principal, then: impl FnOnce(&Question<'_>, &Layers<'_>) -> T) -> T {
        fn name<'a>(policies: &'a [Policy], source: &'static str) -> Vec<Named<'a>> {
            policies.iter().map(|policy| Named { source, policy }).collect()
        }
        let identity = name(&self.identity, "identity");
        let session = self.session.as_ref().map(|policies| name(policies, "session"));
        let question = Question {
            principal,
            canonical_user_id: None,
            action: self.action,
            resource: "arn:aws:s3:::b/k",
            context: &self.context,
            resource_account: self.owner.as_ref(),
        };
        let layers = Layers {
            identity: &identity,
            boundary: self.boundary.as_ref().map(|policy| Named {
                source: "boundary",
                policy,
            }),
            session: session.as_deref(),
            resource: ResourceSide {
                policy: self.bucket.as_ref().map(|policy| Named {
                    source: "bucket",
                    policy,
                }),
                kind: ResourceKind::Plain,
                only_denies: self.only_denies,
                grant: self.grant,
            },
        };
        then(&question, &layers)
    }

    fn allows(&self, principal: &Principal) -> bool {
        self.ask(principal, |question, layers| decide(question, layers).allowed)
    }
}

fn callers() -> Vec<Principal> {
    vec![
        anna(),
        session("s1"),
        federated(anna()),
        federated(root()),
        root(),
        Principal::Anonymous,
        Principal::WebIdentity {
            provider: "arn:aws:iam::111122223333:oidc-provider/x".into(),
            subject: "y".into(),
        },
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// One verdict, however it is asked; what explains a denial says what to change.
    #[test]
    fn the_explanation_is_the_decision(setting in setting(true)) {
        for caller in callers() {
            setting.ask(&caller, |question, layers| {
                let decision = decide(question, layers).into_owned();
                let explanation = explain(question, layers);
                prop_assert_eq!(explanation.verdict.allowed, decision.allowed);
                prop_assert_eq!(&explanation.verdict.because, &decision.because);
                prop_assert_eq!(explanation.suggestion.is_none(), decision.allowed);
                // The reports agree with it: a Deny decided if and only if one matched in a layer that was asked.
                let denies = explanation.policies.iter().flat_map(|policy| &policy.statements);
                let matched = denies.filter(|statement| statement.effect == "Deny").any(|statement| statement.matched);
                prop_assert_eq!(matches!(decision.because, Because::ExplicitDeny(_)), matched);
                for statement in explanation.policies.iter().flat_map(|policy| &policy.statements) {
                    prop_assert_eq!(statement.matched, statement.misses() == 0);
                }
                prop_assert!(!explanation.to_string().is_empty());
                Ok(())
            })?;
        }
    }

    /// A session never exceeds its parent: a role's session policies and any boundary only take away.
    #[test]
    fn limits_only_take_away(setting in setting(true)) {
        for caller in [anna(), session("s1"), federated(anna())] {
            if setting.allows(&caller) {
                let unbounded = Setting { boundary: None, ..setting.clone() };
                let whole = Setting { session: None, ..setting.clone() };
                let neither = Setting { session: None, ..unbounded.clone() };
                prop_assert!(unbounded.allows(&caller) && whole.allows(&caller) && neither.allows(&caller));
            }
        }
    }

    /// A boundary holds for all that is not granted by the resource: nothing outside it is allowed.
    #[test]
    fn a_boundary_holds(setting in setting(true)) {
        let setting = Setting { bucket: None, grant: None, ..setting };
        let Some(boundary) = setting.boundary.clone() else { return Ok(()) };
        let alone = Setting { identity: vec![boundary], boundary: None, session: None, ..setting.clone() };
        for caller in [anna(), session("s1"), federated(anna())] {
            prop_assert!(!setting.allows(&caller) || alone.allows(&caller));
        }
    }

    /// A federated user never has more than its maker, unless a bucket's policy names it itself.
    #[test]
    fn a_federated_user_never_exceeds_its_maker(setting in setting(false)) {
        for maker in [anna(), root()] {
            let made = Setting { session: Some(setting.session.clone().unwrap_or_default()), ..setting.clone() };
            let makers = Setting { session: None, ..setting.clone() };
            prop_assert!(!made.allows(&federated(maker.clone())) || makers.allows(&maker));
        }
    }

    /// A Deny more never allows more, in whatever layer.
    #[test]
    fn a_deny_only_takes_away(setting in setting(true), denies in identity_statement(), bucket in bucket_statement(true)) {
        let denies = denies.replace("\"Allow\"", "\"Deny\"");
        let with = |policy: &Policy, statement: &str, policy_type| {
            let text = policy.text().replacen("\"Statement\":[", &format!("\"Statement\":[{statement},"), 1);
            Policy::parse(&text, policy_type).unwrap()
        };
        let mut denied = setting.clone();
        for policy in &mut denied.identity {
            *policy = with(policy, &denies, PolicyType::Identity);
        }
        denied.boundary = denied.boundary.map(|policy| with(&policy, &denies, PolicyType::Identity));
        let bucket = bucket.replace("\"Allow\"", "\"Deny\"");
        denied.bucket = denied.bucket.map(|policy| with(&policy, &bucket, PolicyType::Resource { bucket: "b" }));
        for caller in callers() {
            prop_assert!(!denied.allows(&caller) || setting.allows(&caller), "{}", caller.arn());
        }
    }

    /// The order of statements and of policies decides nothing.
    #[test]
    fn order_does_not_matter(setting in setting(true)) {
        let mut turned = setting.clone();
        turned.identity.reverse();
        for caller in callers() {
            prop_assert_eq!(turned.allows(&caller), setting.allows(&caller));
        }
    }

    /// What nobody is allowed to do by a policy that is not public, nobody can do.
    #[test]
    fn anonymous_needs_a_public_policy(setting in setting(true)) {
        let setting = Setting { grant: None, ..setting };
        let public = setting.bucket.as_ref().is_some_and(is_public);
        prop_assert!(!setting.allows(&Principal::Anonymous) || public);
    }
}

proptest! {
    /// Whatever the text: read or refused, with a message for both services.
    #[test]
    fn parsing_never_panics(text in ".{0,64}") {
        for policy_type in [PolicyType::Identity, PolicyType::Trust, PolicyType::Resource { bucket: "b" }] {
            if let Err(error) = Policy::parse(&text, policy_type) {
                prop_assert!(!error.iam_message().is_empty() && !error.s3_message().is_empty());
            }
        }
        let _ = policy_size(&text);
    }

    /// The same of documents that are almost right: a piece of a valid one is replaced by another.
    #[test]
    fn mutations_never_panic(
        statements in vec(bucket_statement(true), 1..3),
        at in any::<prop::sample::Index>(),
        length in 0usize..8,
        piece in "[\\[\\]{}\":,*?$a-z0-9\\\\ ]{0,8}",
    ) {
        let text = document(&statements);
        let at = at.index(text.len());
        let mut mutated = text.clone();
        mutated.replace_range(at..(at + length).min(text.len()), &piece);
        for policy_type in [PolicyType::Identity, PolicyType::Trust, PolicyType::Resource { bucket: "b" }] {
            if let Ok(policy) = Policy::parse(&mutated, policy_type) {
                prop_assert_eq!(policy.text(), &mutated);
                let same = rewrite_principals(&mutated, |_| Ok::<_, ()>(None)).unwrap();
                prop_assert_eq!(same, mutated.clone());
            }
        }
    }
}
