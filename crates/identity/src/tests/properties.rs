//! Nobody gets more than what bounds them (issue 5, Safety): over generated policies, through the store, as a
//! request would find its signer.

use cairn_policy::{Context, Layers, Named, Policy, PolicyType, Question, ResourceSide, decide};
use cairn_types::{Clock as _, SystemClock, Timestamp};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::{Fixture, name};
use crate::*;

const ACTIONS: &[&str] = &["s3:GetObject", "s3:PutObject", "iam:GetUser", "iam:CreateUser"];
const RESOURCES: &[&str] = &[
    "arn:aws:s3:::a/x",
    "arn:aws:s3:::b/x",
    "arn:aws:iam::123456789012:user/anna",
];
const ACTION_PATTERNS: &[&str] = &["*", "s3:*", "s3:GetObject", "iam:*", "iam:Get*", "iam:CreateUser"];
const RESOURCE_PATTERNS: &[&str] = &["*", "arn:aws:s3:::*", "arn:aws:s3:::a/*", "arn:aws:iam::*:user/*"];

/// A document of one to three statements.
fn document() -> impl Strategy<Value = String> {
    let statement = (
        // More Allows than Denies, or all would be denied.
        select(&["Allow", "Allow", "Allow", "Deny"][..]),
        select(&["Action", "Action", "Action", "NotAction"][..]),
        subsequence(ACTION_PATTERNS.to_vec(), 1..3),
        select(&["Resource", "Resource", "NotResource"][..]),
        subsequence(RESOURCE_PATTERNS.to_vec(), 1..3),
    )
        .prop_map(|(effect, action, actions, resource, resources)| {
            format!(r#"{{"Effect":"{effect}","{action}":{actions:?},"{resource}":{resources:?}}}"#)
        });
    proptest::collection::vec(statement, 1..4).prop_map(|statements| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{}]}}"#,
            statements.join(",")
        )
    })
}

fn documents() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec(document(), 1..4)
}

/// What a signer may of all there is to ask.
fn allowed(signer: &Signer, bounds: Option<&[Policy]>) -> Vec<bool> {
    let (permissions, context) = (signer.permissions.named(), Context::new());
    let named: Vec<Named<'_>> = bounds
        .unwrap_or_default()
        .iter()
        .map(|policy| Named {
            source: "bound",
            policy,
        })
        .collect();
    let layers = match bounds {
        // The bound alone, as if it were all the signer has.
        Some(_) => Layers {
            identity: &named,
            ..Layers::default()
        },
        None => permissions.layers(ResourceSide::default()),
    };
    let ask = |action, resource| {
        let question = Question {
            principal: &signer.principal,
            canonical_user_id: None,
            action,
            resource,
            context: &context,
            resource_account: None,
        };
        decide(&question, &layers).allowed
    };
    let pairs = ACTIONS
        .iter()
        .flat_map(|action| RESOURCES.iter().map(move |resource| (*action, *resource)));
    pairs.map(|(action, resource)| ask(action, resource)).collect()
}

/// Whether nothing is allowed by the first that the second does not allow.
fn is_within(inner: &[bool], outer: &[bool]) -> bool {
    inner.iter().zip(outer).all(|(inner, outer)| !inner || *outer)
}

fn identity_policy(document: &str) -> Policy {
    Policy::parse(document, PolicyType::Identity).unwrap()
}

fn run(test: impl Future<Output = Result<(), TestCaseError>>) -> Result<(), TestCaseError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.unwrap().block_on(test)
}

impl Fixture {
    /// Gives a user or role policies: the first inline, the others attached.
    async fn give(&self, kind: HolderKind, holder: &str, documents: &[String]) {
        let (first, others) = documents.split_first().unwrap();
        self.identity
            .put_inline_policy(&self.account, kind, holder, &name("in"), first.clone())
            .await
            .unwrap();
        for (number, document) in others.iter().enumerate() {
            let arn = self
                .policy(&format!("{holder}-{kind:?}-{number}"), document.clone())
                .await;
            let attached = self.identity.attach_policy(&self.account, kind, holder, &arn);
            attached.await.unwrap();
        }
    }

    /// The signer behind a new key of a user.
    async fn signed_by(&self, user: &str) -> std::sync::Arc<Signer> {
        let owner = KeyOwner::User(user.to_owned());
        let issued = self
            .identity
            .create_access_key(&self.account, &owner)
            .await
            .unwrap();
        let found = self.identity.credential(issued.record.id.as_str(), None).await;
        found.unwrap().signer
    }

    /// The signer behind a new session.
    async fn in_session(
        &self,
        subject: SessionSubject,
        policies: Option<Vec<SessionPolicy>>,
    ) -> std::sync::Arc<Signer> {
        let now = SystemClock.now();
        let session = Session {
            account: self.account.clone(),
            subject,
            issued: now,
            expires: Timestamp::from_seconds(now.seconds() + 3600),
            mfa: None,
            policies,
            tags: Tags::default(),
            transitive_tag_keys: Vec::new(),
            source_identity: None,
            provider: None,
        };
        let made = self.identity.issue_session(session).unwrap();
        let found = self
            .identity
            .credential(made.access_key_id.as_str(), Some(&made.token));
        found.await.unwrap().signer
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn a_bounded_user_is_never_allowed_what_the_boundary_does_not_allow(
        boundary in document(),
        own in documents(),
        groups in documents(),
    ) {
        run(async {
            let f = Fixture::new().await;
            let arn = f.policy("boundary", boundary.clone()).await;
            f.user("anna").await;
            f.group("g").await;
            f.identity.add_user_to_group(&f.account, "g", "anna").await.unwrap();
            f.give(HolderKind::User, "anna", &own).await;
            f.give(HolderKind::Group, "g", &groups).await;
            let unbounded = allowed(&*f.signed_by("anna").await, None);
            f.identity.set_user_boundary(&f.account, "anna", &arn).await.unwrap();
            let signer = f.signed_by("anna").await;
            let bounded = allowed(&signer, None);
            let bound = allowed(&signer, Some(&[identity_policy(&boundary)]));
            prop_assert!(is_within(&bounded, &bound));
            prop_assert!(is_within(&bounded, &unbounded));
            // And it takes away no more than that: a boundary gives nothing, and what both allow is allowed.
            for ((bounded, bound), unbounded) in bounded.iter().zip(bound).zip(unbounded) {
                prop_assert_eq!(*bounded, bound && unbounded);
            }
            Ok(())
        })?;
    }

    #[test]
    fn a_session_of_a_role_is_never_allowed_more_than_the_role(
        boundary in proptest::option::of(document()),
        own in documents(),
        inline in document(),
        managed in document(),
    ) {
        run(async {
            let f = Fixture::new().await;
            let role = f.role("r").await;
            f.give(HolderKind::Role, "r", &own).await;
            if let Some(boundary) = boundary {
                let arn = f.policy("boundary", boundary).await;
                f.identity.set_role_boundary(&f.account, "r", &arn).await.unwrap();
            }
            let managed = f.policy("session", managed).await;
            let subject = SessionSubject::Role { id: role.id, session_name: "s".to_owned(), chained: false };
            let plain = allowed(&*f.in_session(subject.clone(), None).await, None);
            let policies = vec![SessionPolicy::Inline(inline), SessionPolicy::Managed(managed)];
            for count in 0..=policies.len() {
                let given = policies.iter().take(count).cloned().collect();
                let session = allowed(&*f.in_session(subject.clone(), Some(given)).await, None);
                prop_assert!(is_within(&session, &plain));
            }
            Ok(())
        })?;
    }

    #[test]
    fn a_federated_user_is_never_allowed_more_than_its_maker(
        own in documents(),
        inline in document(),
    ) {
        run(async {
            let f = Fixture::new().await;
            let maker = f.user("anna").await;
            f.give(HolderKind::User, "anna", &own).await;
            let makers = allowed(&*f.signed_by("anna").await, None);
            let subject = SessionSubject::Federated { name: "fed".to_owned(), maker: Some(maker.id) };
            let given = Some(vec![SessionPolicy::Inline(inline)]);
            let federated = allowed(&*f.in_session(subject.clone(), given).await, None);
            prop_assert!(is_within(&federated, &makers));
            // Without a policy it is allowed nothing (facts/05 §4).
            let nothing = allowed(&*f.in_session(subject, None).await, None);
            prop_assert!(nothing.iter().all(|allowed| !allowed));
            Ok(())
        })?;
    }
}
