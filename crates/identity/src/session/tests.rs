//! Over generated policies: a session is never allowed what its parent is not (facts/05 §4).

use cairn_policy::{Context, Principal, Question, ResourceSide, decide};
use cairn_types::Timestamp;
use proptest::prelude::*;

use super::{Session, SessionPolicy, SessionSubject};
use crate::kit::Kit;
use crate::{HolderKind, Name, NewRole, Path, Signer, Tags, UniqueId};

const ACTIONS: &[&str] = &["s3:GetObject", "s3:PutObject", "s3:ListBucket", "sts:AssumeRole"];
const RESOURCES: &[&str] = &["arn:aws:s3:::a", "arn:aws:s3:::a/k", "arn:aws:s3:::b/k"];
const TAG: &str = "aws:PrincipalTag/team";

/// A statement of few words, so that statements meet.
fn statement() -> impl Strategy<Value = String> {
    let action = prop::sample::select(vec![
        "*",
        "s3:*",
        "s3:Get*",
        "s3:PutObject",
        "s3:ListBucket",
        "sts:*",
    ]);
    let resource = prop::sample::select(vec![
        "*",
        "arn:aws:s3:::a",
        "arn:aws:s3:::a/*",
        "arn:aws:s3:::*/k",
    ]);
    let condition = prop::sample::select(vec![
        "",
        r#","Condition":{"StringEquals":{"aws:PrincipalTag/team":"red"}}"#,
        r#","Condition":{"StringNotEquals":{"aws:PrincipalTag/team":"red"}}"#,
        r#","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}"#,
        r#","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"true"}}"#,
    ]);
    let (deny, not_action, not_resource) = (
        prop::bool::weighted(0.25),
        prop::bool::weighted(0.15),
        prop::bool::weighted(0.15),
    );
    (deny, not_action, not_resource, action, resource, condition).prop_map(
        |(deny, not_action, not_resource, action, resource, condition)| {
            let effect = if deny { "Deny" } else { "Allow" };
            let not = |negated| if negated { "Not" } else { "" };
            format!(
                r#"{{"Effect":"{effect}","{}Action":"{action}","{}Resource":"{resource}"{condition}}}"#,
                not(not_action),
                not(not_resource)
            )
        },
    )
}

fn policy() -> impl Strategy<Value = String> {
    prop::collection::vec(statement(), 1..4).prop_map(|statements| {
        let statements = statements.join(",");
        format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#)
    })
}

/// What a signer may of all the questions there are, with the same context for all signers.
fn allowed(signer: &Signer) -> Vec<bool> {
    let permissions = signer.permissions.named();
    let mut answers = Vec::new();
    for context in [
        Context::new(),
        Context::new()
            .with(TAG, "red")
            .with("aws:MultiFactorAuthPresent", "true"),
        Context::new()
            .with(TAG, "blue")
            .with("aws:MultiFactorAuthPresent", "false"),
    ] {
        for action in ACTIONS {
            for resource in RESOURCES {
                let question = Question {
                    principal: &signer.principal,
                    canonical_user_id: Some(&signer.account.canonical_user_id),
                    action,
                    resource,
                    context: &context,
                    resource_account: Some(&signer.account.id),
                };
                let layers = permissions.layers(ResourceSide::default());
                answers.push(decide(&question, &layers).allowed);
            }
        }
    }
    answers
}

/// `child` is allowed nothing that `parent` is not.
fn never_exceeds(child: &[bool], parent: &[bool]) -> bool {
    child.iter().zip(parent).all(|(child, parent)| *parent || !*child)
}

struct World {
    kit: Kit,
    alice: UniqueId,
    role: UniqueId,
}

impl World {
    /// A user and a role with the same policy, and the same boundary or none.
    async fn new(identity: &str, boundary: Option<&str>) -> Self {
        let kit = Kit::new().await;
        let (account, name) = (kit.account.clone(), Name::parse("p").unwrap());
        let trust = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"sts:AssumeRole",
               "Principal":{{"AWS":"{account}"}}}}]}}"#
        );
        let new = NewRole {
            name: Name::parse("r").unwrap(),
            path: Path::default(),
            trust,
            description: None,
            max_session_seconds: 3600,
            tags: Tags::default(),
            boundary: None,
        };
        let store = &kit.identity;
        let role = store.create_role(&account, new).await.unwrap().id;
        for (kind, holder) in [(HolderKind::User, "alice"), (HolderKind::Role, "r")] {
            let put = store.put_inline_policy(&account, kind, holder, &name, identity.to_owned());
            put.await.unwrap();
        }
        if let Some(document) = boundary {
            let new = crate::NewPolicy {
                name: Name::parse("bound").unwrap(),
                path: Path::default(),
                document: document.to_owned(),
                description: None,
                tags: Tags::default(),
            };
            let arn = store.create_policy(&account, new).await.unwrap().arn();
            store.set_user_boundary(&account, "alice", &arn).await.unwrap();
            store.set_role_boundary(&account, "r", &arn).await.unwrap();
        }
        let alice = store.user(&account, "alice").await.unwrap().id;
        Self { kit, alice, role }
    }

    /// Whoever holds the credentials of such a session.
    async fn signer(
        &self,
        subject: SessionSubject,
        policies: Option<Vec<SessionPolicy>>,
    ) -> std::sync::Arc<Signer> {
        let now = Timestamp::from_seconds(1_767_225_600);
        let session = Session {
            account: self.kit.account.clone(),
            subject,
            issued: now,
            expires: Timestamp::from_seconds(now.seconds() + 900),
            mfa: None,
            policies,
            tags: Tags::default(),
            transitive_tag_keys: Vec::new(),
            source_identity: None,
            provider: None,
        };
        let made = self.kit.identity.issue_session(session).unwrap();
        let id = made.access_key_id.as_str();
        let found = self.kit.identity.credential(id, Some(&made.token)).await;
        found.unwrap().signer
    }

    fn role(&self) -> SessionSubject {
        SessionSubject::Role {
            id: self.role.clone(),
            session_name: "s".to_owned(),
            chained: false,
        }
    }

    fn guest(&self, maker: Option<UniqueId>) -> SessionSubject {
        SessionSubject::Federated {
            name: "guest".to_owned(),
            maker,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_session_never_exceeds_its_parent(
        identity in policy(),
        boundary in prop::option::of(policy()),
        bound in policy(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let world = World::new(&identity, boundary.as_deref()).await;
            let session = Some(vec![SessionPolicy::Inline(bound.clone())]);

            let whole = allowed(&*world.signer(world.role(), None).await);
            let less = allowed(&*world.signer(world.role(), session.clone()).await);
            prop_assert!(never_exceeds(&less, &whole));
            let nothing = Some(vec![SessionPolicy::Managed("arn:aws:iam::aws:policy/Gone".to_owned())]);
            let none = allowed(&*world.signer(world.role(), nothing).await);
            prop_assert!(none.iter().all(|answer| !answer));

            let user = allowed(&*world.signer(SessionSubject::User(world.alice.clone()), None).await);
            let guest = world.guest(Some(world.alice.clone()));
            let federated = allowed(&*world.signer(guest.clone(), session.clone()).await);
            prop_assert!(never_exceeds(&federated, &user));
            // And is held to the policy that it was given, which the role's session shows alone.
            let root = world.guest(None);
            let of_root = allowed(&*world.signer(root.clone(), session).await);
            prop_assert!(never_exceeds(&federated, &of_root));
            // A federated user without policies is allowed nothing.
            for guest in [guest, root] {
                let without = allowed(&*world.signer(guest, Some(Vec::new())).await);
                prop_assert!(without.iter().all(|answer| !answer));
            }
            Ok(())
        })?;
    }
}

/// The generated policies say yes often enough for the property to mean something.
#[tokio::test]
async fn a_session_is_allowed_what_both_allow() {
    let allow = |action: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"{action}","Resource":"*"}}]}}"#
        )
    };
    let world = World::new(&allow("s3:*"), None).await;
    let bound = Some(vec![SessionPolicy::Inline(allow("s3:Get*"))]);
    for subject in [
        world.role(),
        world.guest(Some(world.alice.clone())),
        world.guest(None),
    ] {
        let signer = world.signer(subject, bound.clone()).await;
        let answers = allowed(&signer);
        let (get, rest) = answers.split_at(RESOURCES.len());
        assert!(get.iter().all(|answer| *answer), "{:?}", signer.principal);
        assert!(!rest[..RESOURCES.len()].iter().any(|answer| *answer));
        if let Principal::Federated { maker, .. } = &signer.principal {
            assert!(matches!(**maker, Principal::Root { .. } | Principal::User { .. }));
        }
    }
}

/// The longest session there can be has a token that is short enough, and read again as it was.
#[tokio::test]
async fn the_longest_session_fits_into_a_token() {
    let world = World::new(
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
        None,
    )
    .await;
    let far = Timestamp::from_seconds(32_503_680_000);
    let mut session = Session {
        account: world.kit.account.clone(),
        subject: SessionSubject::Role {
            id: world.role.clone(),
            session_name: "n".repeat(64),
            chained: true,
        },
        issued: far,
        expires: far,
        mfa: Some(far),
        policies: Some(vec![SessionPolicy::Inline(String::new())]),
        tags: Tags::default(),
        transitive_tag_keys: Vec::new(),
        source_identity: Some("i".repeat(64)),
        provider: Some("p".repeat(31 + 255 + 20)),
    };
    let policy = |length: usize| Some(vec![SessionPolicy::Inline("x".repeat(length))]);
    session.policies = policy(super::SESSION_PACKED_BYTES_MAX - 10);
    while session.packed_bytes() > super::SESSION_PACKED_BYTES_MAX {
        let Some([SessionPolicy::Inline(text)]) = session.policies.as_deref_mut() else {
            unreachable!()
        };
        text.pop();
    }
    let made = world.kit.identity.issue_session(session.clone()).unwrap();
    assert!(made.token.len() <= super::SESSION_TOKEN_CHARS_MAX);
    let (_, read) = world
        .kit
        .identity
        .open_token(made.access_key_id.as_str(), &made.token)
        .unwrap();
    assert_eq!(read, session);
    assert_eq!(
        made.access_key_id.account_of_temporary(),
        Some(world.kit.account.clone())
    );
    session.policies = policy(super::SESSION_TOKEN_CHARS_MAX);
    assert!(world.kit.identity.issue_session(session).is_err());
}
