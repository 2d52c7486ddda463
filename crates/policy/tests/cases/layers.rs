//! The evaluation order (facts/05 §6): who needs what of identity policies, boundary, session policies, the
//! resource's policy and its ACL.

use cairn_policy::{
    Because, Context, Grant, Layer, Layers, Policy, Principal, Question, ResourceKind, ResourceSide,
};

use crate::people::{anna, bob, federated, other_root, own, root, roots_federated, session, web_identity};
use crate::{asked, bucket, identity, named, trust};

/// What a layer's policy does. `None`: there is no such layer.
type Layered = Option<&'static str>;

/// `A` allows the action, `D` denies it, `O` allows another one; of several letters each is a statement.
fn policy(letters: &str) -> Policy {
    let statements: Vec<String> = letters
        .chars()
        .map(|letter| {
            let (effect, action) = match letter {
                'A' => ("Allow", "s3:GetObject"),
                'D' => ("Deny", "s3:GetObject"),
                'O' => ("Allow", "s3:PutObject"),
                _ => panic!("{letter}"),
            };
            format!(r#"{{"Effect":"{effect}","Action":"{action}","Resource":"*"}}"#)
        })
        .collect();
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":[{}]}}"#,
        statements.join(",")
    );
    Policy::parse(&text, cairn_policy::PolicyType::Identity).unwrap()
}

/// The bucket's policy: statements, by semicolons, of `A` or `D` and whom it names, by `+`.
fn bucket_policy(text: &str) -> Policy {
    let statement = |text: &str| {
        let (letter, whom) = text.split_once(' ').unwrap();
        let effect = if letter == "A" { "Allow" } else { "Deny" };
        let names: Vec<&str> = whom.split('+').map(arn).collect();
        format!(
            r#""Effect":"{effect}","Principal":{{"AWS":["{}"]}},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*""#,
            names.join(r#"",""#)
        )
    };
    let statements: Vec<String> = text.split("; ").map(statement).collect();
    bucket(&statements.join("},{"))
}

fn arn(whom: &str) -> &'static str {
    match whom {
        "*" => "*",
        "account" => "111122223333",
        "other account" => "444455556666",
        "anna" => "arn:aws:iam::111122223333:user/staff/anna",
        "bob" => "arn:aws:iam::444455556666:user/bob",
        "role" => "arn:aws:iam::111122223333:role/app/Reader",
        "session" => "arn:aws:sts::111122223333:assumed-role/Reader/s1",
        "federated" => "arn:aws:sts::111122223333:federated-user/fred",
        _ => panic!("{whom}"),
    }
}

fn layer(layer: Layer) -> &'static str {
    match layer {
        Layer::Identity => "identity",
        Layer::Boundary => "boundary",
        Layer::Session => "session",
        Layer::Resource => "resource",
    }
}

fn short(because: &Because<'_>) -> String {
    match because {
        Because::ExplicitDeny(by) => format!("denied by {}", layer(by.layer)),
        Because::Allow(by) => format!("allowed by {}", layer(by.layer)),
        Because::BothSides { .. } => "allowed by both sides".to_owned(),
        Because::Root => "allowed: root".to_owned(),
        Because::OwnersPolicy => "allowed: owner's policy".to_owned(),
        Because::RootsSession(_) => "allowed: root's session".to_owned(),
        Because::Grant(_) => "allowed by ACL".to_owned(),
        Because::NoAllow(missing) => format!("no {}", layer(*missing)),
    }
}

struct Setting {
    owner: cairn_types::AccountId,
    grant: Option<Grant>,
    only_denies: bool,
}

fn outcome(caller: &Principal, layers: [Layered; 4], setting: &Setting) -> String {
    let [identity, boundary, session, resource] = layers;
    let (identity, boundary, session) = (
        identity.map(policy),
        boundary.map(policy),
        session.map(policy_or_none),
    );
    let resource = resource.map(bucket_policy);
    let identity: Vec<_> = identity.iter().map(|policy| named("identity", policy)).collect();
    let session: Option<Vec<_>> = session
        .as_ref()
        .map(|policy| policy.iter().map(|policy| named("session", policy)).collect());
    let context = Context::new();
    let question = Question {
        resource_account: Some(&setting.owner),
        ..crate::question(caller, "s3:GetObject", "arn:aws:s3:::b/k", &context)
    };
    let layers = Layers {
        identity: &identity,
        boundary: boundary.as_ref().map(|policy| named("boundary", policy)),
        session: session.as_deref(),
        resource: ResourceSide {
            policy: resource.as_ref().map(|policy| named("bucket policy", policy)),
            kind: ResourceKind::Plain,
            only_denies: setting.only_denies,
            grant: setting.grant,
        },
    };
    let decision = asked(&question, &layers);
    let text = short(&decision.because);
    assert_eq!(decision.allowed, text.starts_with("allowed"), "{text}");
    text
}

/// Of no letters a session that grants nothing.
fn policy_or_none(letters: &str) -> Option<Policy> {
    (!letters.is_empty()).then(|| policy(letters))
}

/// Caller, [identity, boundary, session, resource], outcome.
type Row = (fn() -> Principal, [Layered; 4], &'static str);

fn check(setting: &Setting, rows: &[Row]) {
    for (caller, layers, expected) in rows {
        let caller = caller();
        assert_eq!(
            outcome(&caller, *layers, setting),
            *expected,
            "{} {layers:?}",
            caller.arn()
        );
    }
}

const N: Layered = None;
const A: Layered = Some("A");
const D: Layered = Some("D");
const O: Layered = Some("O");
const NOTHING: Layered = Some("");

/// One account owns caller and bucket.
#[test]
fn same_account() {
    let setting = Setting {
        owner: own(),
        grant: None,
        only_denies: false,
    };
    check(
        &setting,
        &[
            // A user: identity policy, within the boundary.
            (anna, [N, N, N, N], "no identity"),
            (anna, [A, N, N, N], "allowed by identity"),
            (anna, [O, N, N, N], "no identity"),
            (anna, [D, N, N, N], "denied by identity"),
            (anna, [Some("AD"), N, N, N], "denied by identity"),
            (anna, [Some("DA"), N, N, N], "denied by identity"),
            (anna, [Some("OA"), N, N, N], "allowed by identity"),
            (anna, [A, A, N, N], "allowed by identity"),
            (anna, [A, O, N, N], "no boundary"),
            (anna, [A, D, N, N], "denied by boundary"),
            (anna, [N, A, N, N], "no identity"),
            // Its ARN in the bucket's policy is enough, and no boundary limits that; a Deny anywhere does.
            (anna, [N, N, N, Some("A anna")], "allowed by resource"),
            (anna, [N, O, N, Some("A anna")], "allowed by resource"),
            (anna, [N, D, N, Some("A anna")], "denied by boundary"),
            (anna, [D, N, N, Some("A anna")], "denied by identity"),
            (anna, [A, N, N, Some("D anna")], "denied by resource"),
            (anna, [A, N, N, Some("D *")], "denied by resource"),
            (anna, [A, N, N, Some("D account")], "denied by resource"),
            (anna, [A, N, N, Some("D bob")], "allowed by identity"),
            // `*` as well.
            (anna, [N, N, N, Some("A *")], "allowed by resource"),
            (anna, [N, O, N, Some("A *")], "allowed by resource"),
            // The account only delegates.
            (anna, [N, N, N, Some("A account")], "no identity"),
            (anna, [A, N, N, Some("A account")], "allowed by identity"),
            (anna, [A, O, N, Some("A account")], "no boundary"),
            (anna, [N, N, N, Some("A bob")], "no identity"),
            // Of several Allows the one that names the caller most strongly counts, in whatever order.
            (anna, [N, N, N, Some("A account; A anna")], "allowed by resource"),
            (anna, [N, N, N, Some("A anna; A account")], "allowed by resource"),
            (anna, [N, N, N, Some("A account+anna")], "allowed by resource"),
            (anna, [N, N, N, Some("A anna+account")], "allowed by resource"),
            (anna, [N, N, N, Some("A anna; D account")], "denied by resource"),
            (anna, [N, N, N, Some("A anna; A *; D anna")], "denied by resource"),
            (
                session,
                [N, N, O, Some("A account; A role; A session")],
                "allowed by resource",
            ),
            (
                session,
                [N, N, O, Some("A session; A role; A account")],
                "allowed by resource",
            ),
            (
                session,
                [N, N, N, Some("A account; A role")],
                "allowed by resource",
            ),
            (
                session,
                [N, N, N, Some("A role; A account")],
                "allowed by resource",
            ),
            (session, [N, N, O, Some("A role+session")], "allowed by resource"),
            (
                federated,
                [N, N, O, Some("A anna; A federated")],
                "allowed by resource",
            ),
            // A role's session: within session policies too.
            (session, [N, N, N, N], "no identity"),
            (session, [A, N, N, N], "allowed by identity"),
            (session, [A, N, A, N], "allowed by identity"),
            (session, [A, N, O, N], "no session"),
            (session, [A, N, D, N], "denied by session"),
            (session, [N, N, A, N], "no identity"),
            (session, [A, N, NOTHING, N], "no session"),
            (session, [A, O, A, N], "no boundary"),
            (session, [A, A, A, N], "allowed by identity"),
            // The role's ARN: boundary and session policies still limit.
            (session, [N, N, N, Some("A role")], "allowed by resource"),
            (session, [N, N, A, Some("A role")], "allowed by resource"),
            (session, [N, N, O, Some("A role")], "no session"),
            (session, [N, O, N, Some("A role")], "no boundary"),
            (session, [N, A, A, Some("A role")], "allowed by resource"),
            // The session's: they do not.
            (session, [N, N, N, Some("A session")], "allowed by resource"),
            (session, [N, O, O, Some("A session")], "allowed by resource"),
            (session, [N, N, D, Some("A session")], "denied by session"),
            (session, [D, N, N, Some("A session")], "denied by identity"),
            (session, [N, N, N, Some("A *")], "allowed by resource"),
            (session, [N, N, O, Some("A *")], "no session"),
            (session, [N, N, N, Some("A account")], "no identity"),
            (session, [A, N, O, Some("A account")], "no session"),
            (session, [A, N, N, Some("D role")], "denied by resource"),
            (session, [A, N, N, Some("D session")], "denied by resource"),
            // A federated user: its maker's policies within the session's.
            (federated, [A, N, A, N], "allowed by identity"),
            (federated, [A, N, O, N], "no session"),
            (federated, [N, N, A, N], "no identity"),
            (federated, [A, O, A, N], "no boundary"),
            (federated, [A, N, NOTHING, N], "no session"),
            // Its own ARN grants without any session policy; its maker's only within them.
            (
                federated,
                [A, N, NOTHING, Some("A federated")],
                "allowed by resource",
            ),
            (federated, [N, O, O, Some("A federated")], "allowed by resource"),
            (federated, [N, N, A, Some("A anna")], "allowed by resource"),
            (federated, [N, N, NOTHING, Some("A anna")], "no session"),
            (federated, [N, N, O, Some("A anna")], "no session"),
            (federated, [N, O, A, Some("A anna")], "no boundary"),
            (federated, [A, N, NOTHING, Some("A *")], "no session"),
            (federated, [A, N, A, Some("D federated")], "denied by resource"),
            (federated, [A, N, A, Some("D anna")], "denied by resource"),
            // Made by the root user: within the session's policies.
            (roots_federated, [N, N, A, N], "allowed: root's session"),
            (roots_federated, [N, N, NOTHING, N], "no session"),
            (roots_federated, [N, N, O, N], "no session"),
            (roots_federated, [N, N, D, N], "denied by session"),
            (
                roots_federated,
                [N, N, NOTHING, Some("A federated")],
                "allowed by resource",
            ),
            // The root user skips all but the bucket's Deny.
            (root, [N, N, N, N], "allowed: root"),
            (root, [D, D, D, N], "allowed: root"),
            (root, [N, N, N, Some("D *")], "denied by resource"),
            (root, [N, N, N, Some("D account")], "denied by resource"),
            (root, [N, N, N, Some("D anna")], "allowed: root"),
            // Nobody: only what is for everybody.
            (|| Principal::Anonymous, [N, N, N, N], "no resource"),
            (|| Principal::Anonymous, [A, N, N, N], "no resource"),
            (
                || Principal::Anonymous,
                [N, N, N, Some("A *")],
                "allowed by resource",
            ),
            (
                || Principal::Anonymous,
                [N, N, N, Some("A account")],
                "no resource",
            ),
            (
                || Principal::Anonymous,
                [N, N, N, Some("D *")],
                "denied by resource",
            ),
        ],
    );
}

/// Caller and bucket of two accounts: both have to allow.
#[test]
fn cross_account() {
    let setting = Setting {
        owner: own(),
        grant: None,
        only_denies: false,
    };
    check(
        &setting,
        &[
            (bob, [A, N, N, N], "no resource"),
            (bob, [N, N, N, N], "no identity"),
            (bob, [N, N, N, Some("A bob")], "no identity"),
            (bob, [A, N, N, Some("A bob")], "allowed by both sides"),
            (bob, [A, N, N, Some("A other account")], "allowed by both sides"),
            (bob, [A, N, N, Some("A *")], "allowed by both sides"),
            (bob, [N, N, N, Some("A *")], "no identity"),
            (bob, [A, N, N, Some("A account")], "no resource"),
            (bob, [A, O, N, Some("A bob")], "no boundary"),
            (bob, [A, A, N, Some("A bob")], "allowed by both sides"),
            (bob, [A, N, O, Some("A bob")], "no session"),
            (bob, [D, N, N, Some("A bob")], "denied by identity"),
            (bob, [A, N, N, Some("D bob")], "denied by resource"),
            (bob, [A, D, N, Some("A bob")], "denied by boundary"),
            (other_root, [N, N, N, N], "no resource"),
            (
                other_root,
                [N, N, N, Some("A other account")],
                "allowed by both sides",
            ),
            (
                other_root,
                [D, D, D, Some("A other account")],
                "allowed by both sides",
            ),
            (other_root, [N, N, N, Some("A bob")], "no resource"),
            (other_root, [N, N, N, Some("D *")], "denied by resource"),
        ],
    );
    // The other way round, callers of the own account at another's bucket: sessions' own ARNs need their side too.
    let setting = Setting {
        owner: crate::people::other(),
        grant: None,
        only_denies: false,
    };
    check(
        &setting,
        &[
            (session, [N, N, N, Some("A session")], "no identity"),
            (session, [A, N, N, Some("A session")], "allowed by both sides"),
            (session, [A, N, O, Some("A session")], "no session"),
            (federated, [A, N, NOTHING, Some("A federated")], "no session"),
            (federated, [A, N, A, Some("A federated")], "allowed by both sides"),
            (
                roots_federated,
                [N, N, A, Some("A federated")],
                "allowed by both sides",
            ),
            (
                roots_federated,
                [N, N, NOTHING, Some("A federated")],
                "no session",
            ),
            (root, [N, N, N, Some("A account")], "allowed by both sides"),
        ],
    );
}

/// An ACL allows beside the policy (facts/05 §6, §8).
#[test]
fn acls() {
    let setting = |owner, grant| Setting {
        owner,
        grant: Some(grant),
        only_denies: false,
    };
    let (here, there) = (own(), crate::people::other());
    check(
        &setting(here.clone(), Grant::Everybody),
        &[
            (|| Principal::Anonymous, [N, N, N, N], "allowed by ACL"),
            (
                || Principal::Anonymous,
                [N, N, N, Some("D *")],
                "denied by resource",
            ),
            (anna, [N, N, N, N], "allowed by ACL"),
            (anna, [D, N, N, N], "denied by identity"),
            (anna, [N, N, N, Some("A anna")], "allowed by resource"),
            // The stronger of ACL and policy counts.
            (anna, [N, N, N, Some("A account")], "allowed by ACL"),
            (session, [N, N, O, Some("A session")], "allowed by resource"),
            (session, [N, N, NOTHING, N], "no session"),
            (bob, [N, N, N, N], "no identity"),
            (bob, [A, N, N, N], "allowed by both sides"),
        ],
    );
    check(
        &setting(here.clone(), Grant::Account),
        &[
            (anna, [N, N, N, N], "no identity"),
            (anna, [N, N, N, Some("A anna")], "allowed by resource"),
            (anna, [A, N, N, N], "allowed by identity"),
            (bob, [A, N, N, N], "allowed by both sides"),
            (bob, [N, N, N, N], "no identity"),
            (other_root, [N, N, N, N], "allowed by both sides"),
            (
                other_root,
                [N, N, N, Some("D other account")],
                "denied by resource",
            ),
            (|| Principal::Anonymous, [N, N, N, N], "no resource"),
        ],
    );
    check(
        &setting(there, Grant::Caller),
        &[
            (root, [N, N, N, N], "allowed by both sides"),
            (anna, [N, N, N, N], "no identity"),
            (|| Principal::Anonymous, [N, N, N, N], "no resource"),
        ],
    );
}

/// A bucket's policy over another account's object: its Denies count, its Allows do not.
#[test]
fn only_denies() {
    let setting = Setting {
        owner: own(),
        grant: None,
        only_denies: true,
    };
    check(
        &setting,
        &[
            (anna, [A, N, N, Some("D *")], "denied by resource"),
            (anna, [N, N, N, Some("A anna")], "no identity"),
            (|| Principal::Anonymous, [N, N, N, Some("A *")], "no resource"),
            (bob, [A, N, N, Some("A bob")], "no resource"),
            (root, [N, N, N, Some("D *")], "denied by resource"),
        ],
    );
}

/// facts/05 §7: the root user of the bucket's account can always read, replace and delete the policy.
#[test]
fn the_owners_way_back() {
    let policy = bucket(
        r#""Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"]"#,
    );
    let (context, owner) = (Context::new(), own());
    let outcome = |caller: &Principal, action: &str| {
        let question = Question {
            resource_account: Some(&owner),
            ..crate::question(caller, action, "arn:aws:s3:::b", &context)
        };
        let layers = Layers {
            resource: ResourceSide {
                policy: Some(named("bucket policy", &policy)),
                ..ResourceSide::default()
            },
            ..Layers::default()
        };
        short(&asked(&question, &layers).because)
    };
    for action in [
        "s3:GetBucketPolicy",
        "s3:PutBucketPolicy",
        "s3:DeleteBucketPolicy",
    ] {
        assert_eq!(outcome(&root(), action), "allowed: owner's policy");
        assert_eq!(outcome(&anna(), action), "denied by resource");
        assert_eq!(outcome(&other_root(), action), "denied by resource");
    }
    assert_eq!(outcome(&root(), "s3:GetBucketPolicyStatus"), "denied by resource");
    assert_eq!(outcome(&root(), "s3:DeleteBucket"), "denied by resource");
}

/// Trust policies (facts/05 §4): naming the user suffices, naming the account delegates, across accounts both sides.
#[test]
fn trust_policies() {
    const ASSUME: &str = "sts:AssumeRole";
    let all = identity(r#""Effect":"Allow","Action":"sts:AssumeRole","Resource":"*""#);
    let outcome = |caller: &Principal, own_side: bool, principal: &str, action: &str| {
        let policy = trust(&format!(
            r#""Effect":"Allow","Principal":{principal},"Action":"{action}""#
        ));
        let policies = [named("identity", &all)];
        let (context, owner) = (Context::new(), own());
        let question = Question {
            resource_account: Some(&owner),
            ..crate::question(
                caller,
                action,
                "arn:aws:iam::111122223333:role/app/Reader",
                &context,
            )
        };
        let layers = Layers {
            identity: if own_side { &policies } else { &[] },
            resource: ResourceSide {
                policy: Some(named("trust policy", &policy)),
                kind: ResourceKind::Trust,
                ..ResourceSide::default()
            },
            ..Layers::default()
        };
        short(&asked(&question, &layers).because)
    };
    let anna_arn = r#"{"AWS":"arn:aws:iam::111122223333:user/staff/anna"}"#;
    let account = r#"{"AWS":"111122223333"}"#;
    let other = r#"{"AWS":"444455556666"}"#;
    let provider = r#"{"Federated":"arn:aws:iam::111122223333:oidc-provider/id.example.com"}"#;
    for (caller, own_side, principal, expected) in [
        (anna(), false, anna_arn, "allowed by resource"),
        (anna(), false, account, "no identity"),
        (anna(), true, account, "allowed by identity"),
        (anna(), true, other, "no resource"),
        (bob(), true, other, "allowed by both sides"),
        (bob(), false, other, "no identity"),
        (bob(), true, account, "no resource"),
        (session(), true, anna_arn, "no resource"),
        (
            session(),
            false,
            r#"{"AWS":"AROAREADERREADERREAD"}"#,
            "allowed by resource",
        ),
        (Principal::Anonymous, true, account, "no resource"),
    ] {
        assert_eq!(
            outcome(&caller, own_side, principal, ASSUME),
            expected,
            "{} {principal}",
            caller.arn()
        );
    }
    let web = "sts:AssumeRoleWithWebIdentity";
    assert_eq!(
        outcome(&web_identity(), false, provider, web),
        "allowed by resource"
    );
    assert_eq!(outcome(&web_identity(), false, account, web), "no resource");
    assert_eq!(outcome(&web_identity(), false, r#""*""#, web), "no resource");
    assert_eq!(outcome(&anna(), true, provider, web), "no resource");
}
