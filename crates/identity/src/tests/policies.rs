//! Managed and inline policies, attachments, boundaries, tags (facts/05 §3).

use cairn_types::Tag;

use super::{Fixture, allow, name};
use crate::rows::{self, Noun};
use crate::*;

const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

/// A document of so many characters that count, with white space that does not.
fn document_of(size: usize) -> String {
    let (before, after) = (
        r#"{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::"#,
        r#""}}"#,
    );
    let name = "b".repeat(size - before.len() - after.len());
    format!("{before}{name}{after}\n  \n\t")
}

#[tokio::test]
async fn white_space_does_not_count_against_the_sizes() {
    let f = Fixture::new().await;
    let (identity, account) = (&f.identity, &f.account);
    let arn = f.policy("fits", document_of(6144)).await;
    let over = identity.create_policy(account, f.new_policy("over", document_of(6145)));
    assert!(matches!(
        over.await,
        Err(Error::LimitExceeded(Quota::PolicyBytes, 6144))
    ));
    let over = identity.create_policy_version(account, &arn, document_of(6145), false);
    assert!(matches!(
        over.await,
        Err(Error::LimitExceeded(Quota::PolicyBytes, 6144))
    ));
    f.user("x").await;
    f.group("x").await;
    f.role("x").await;
    for (kind, most, quota) in [
        (HolderKind::User, 2048, Quota::InlinePolicyBytesPerUser),
        (HolderKind::Group, 5120, Quota::InlinePolicyBytesPerGroup),
        (HolderKind::Role, 10_240, Quota::InlinePolicyBytesPerRole),
    ] {
        let put = async |policy: &str, size: usize| {
            identity
                .put_inline_policy(account, kind, "x", &name(policy), document_of(size))
                .await
        };
        // All of one holder count together, and one that is replaced counts no more.
        put("a", most).await.unwrap();
        assert!(matches!(put("b", 100).await, Err(Error::LimitExceeded(found, _)) if found == quota));
        put("a", most - 100).await.unwrap();
        put("b", 100).await.unwrap();
        assert!(matches!(put("b", 101).await, Err(Error::LimitExceeded(_, found)) if found == most));
        let policies = identity.policies_of(account, kind, "x").await.unwrap();
        assert_eq!(policies.inline("b"), Some(document_of(100).as_str()));
    }
}

#[tokio::test]
async fn a_document_that_is_no_policy_of_a_user_is_refused() {
    let f = Fixture::new().await;
    let arn = f.policy("p", allow(r#""s3:*""#)).await;
    for document in ["{", "[]", &super::trust("*"), r#"{"Statement":[]}"#] {
        let new = f.new_policy("q", document.to_owned());
        let made = f.identity.create_policy(&f.account, new).await;
        assert!(matches!(made, Err(Error::MalformedPolicy(_))), "{document}");
        let made = f
            .identity
            .create_policy_version(&f.account, &arn, document.to_owned(), true)
            .await;
        assert!(matches!(made, Err(Error::MalformedPolicy(_))), "{document}");
    }
}

#[tokio::test]
async fn five_versions_of_which_one_counts() {
    let f = Fixture::new().await;
    let (identity, account) = (&f.identity, &f.account);
    let arn = f.policy("p", allow(r#""s3:1""#)).await;
    for number in 2..=5 {
        let document = allow(&format!(r#""s3:{number}""#));
        let made = identity.create_policy_version(account, &arn, document, number == 3);
        assert_eq!(made.await.unwrap().number, number);
    }
    let over = identity.create_policy_version(account, &arn, allow(r#""s3:6""#), true);
    assert!(matches!(
        over.await,
        Err(Error::LimitExceeded(Quota::VersionsPerPolicy, 5))
    ));
    let counts = async || identity.policy_document(account, &arn).await.unwrap().unwrap();
    assert_eq!(counts().await, allow(r#""s3:3""#));
    assert!(matches!(
        identity.delete_policy_version(account, &arn, 3).await,
        Err(Error::DeleteConflict(Dependent::DefaultVersion))
    ));
    assert!(matches!(
        identity.delete_policy_version(account, &arn, 9).await,
        Err(Error::NoSuchEntity(Entity::PolicyVersion, _))
    ));
    identity
        .set_default_policy_version(account, &arn, 5)
        .await
        .unwrap();
    assert_eq!(counts().await, allow(r#""s3:5""#));
    identity.delete_policy_version(account, &arn, 3).await.unwrap();
    // A number is given out once.
    let made = identity.create_policy_version(account, &arn, allow(r#""s3:6""#), false);
    assert_eq!(made.await.unwrap().number, 6);
    assert!(matches!(
        identity.delete_policy(account, &arn).await,
        Err(Error::DeleteConflict(Dependent::Versions))
    ));
    for number in [1, 2, 4, 6] {
        identity
            .delete_policy_version(account, &arn, number)
            .await
            .unwrap();
    }
    identity.delete_policy(account, &arn).await.unwrap();
    assert_eq!(identity.policy_document(account, &arn).await.unwrap(), None);
}

#[tokio::test]
async fn amazons_policies_are_attached_and_not_changed() {
    let f = Fixture::new().await;
    let (identity, account) = (&f.identity, &f.account);
    f.user("anna").await;
    identity
        .attach_policy(account, HolderKind::User, "anna", ADMINISTRATOR)
        .await
        .unwrap();
    let (version, is_default) = identity.policy_version(account, ADMINISTRATOR, 1).await.unwrap();
    assert!(is_default && version.document.contains(r#""Action":"*""#));
    let changed = [
        identity.delete_policy(account, ADMINISTRATOR).await,
        identity.delete_policy_version(account, ADMINISTRATOR, 1).await,
        identity
            .create_policy_version(account, ADMINISTRATOR, allow(r#""*""#), true)
            .await
            .map(|_| ()),
        identity
            .add_tags(account, &Tagged::Policy(ADMINISTRATOR.to_owned()), Vec::new())
            .await,
    ];
    for changed in changed {
        assert!(matches!(changed, Err(Error::Unmodifiable(Entity::Policy, _))));
    }
}

#[tokio::test]
async fn is_not_deleted_while_somebody_has_it() {
    let f = Fixture::new().await;
    let (identity, account) = (&f.identity, &f.account);
    let arn = f.policy("p", allow(r#""s3:*""#)).await;
    f.user("x").await;
    f.group("x").await;
    f.role("x").await;
    let uses = async || identity.uses_of_policy(account, &arn).await.unwrap();
    for kind in [HolderKind::User, HolderKind::Group, HolderKind::Role] {
        let attach = || identity.attach_policy(account, kind, "x", &arn);
        attach().await.unwrap();
        attach().await.unwrap();
        assert_eq!(uses().await.permissions, 1);
        let deleted = identity.delete_policy(account, &arn).await;
        assert!(matches!(
            deleted,
            Err(Error::DeleteConflict(Dependent::Attachments))
        ));
        identity.detach_policy(account, kind, "x", &arn).await.unwrap();
        let again = identity.detach_policy(account, kind, "x", &arn).await;
        assert!(matches!(again, Err(Error::NoSuchEntity(Entity::Policy, _))));
    }
    identity.set_user_boundary(account, "x", &arn).await.unwrap();
    identity.set_role_boundary(account, "x", &arn).await.unwrap();
    // The same one again, and then another: the former is used no more.
    identity.set_user_boundary(account, "x", &arn).await.unwrap();
    assert_eq!(
        uses().await,
        Uses {
            permissions: 0,
            boundary: 2
        }
    );
    identity
        .set_user_boundary(account, "x", ADMINISTRATOR)
        .await
        .unwrap();
    assert_eq!(uses().await.boundary, 1);
    assert!(matches!(
        identity.delete_policy(account, &arn).await,
        Err(Error::DeleteConflict(Dependent::Attachments))
    ));
    // Who is bounded by it goes, and with it the use.
    identity.delete_role(account, "x").await.unwrap();
    assert_eq!(uses().await, Uses::default());
    identity.delete_user_boundary(account, "x").await.unwrap();
    assert!(matches!(
        identity.delete_user_boundary(account, "x").await,
        Err(Error::NoSuchEntity(Entity::PermissionsBoundary, _))
    ));
    let amazons = identity.uses_of_policy(account, ADMINISTRATOR).await.unwrap();
    assert_eq!(amazons, Uses::default());
    identity.delete_policy(account, &arn).await.unwrap();
    assert!(matches!(
        identity.set_user_boundary(account, "x", &arn).await,
        Err(Error::NoSuchEntity(Entity::Policy, _))
    ));
}

#[tokio::test]
async fn ten_are_attached_at_most_and_by_their_exact_arns() {
    let f = Fixture::new().await;
    let (identity, account) = (&f.identity, &f.account);
    f.user("x").await;
    f.group("x").await;
    f.role("x").await;
    let mut arns = Vec::new();
    for number in 0..=HolderPolicies::ATTACHED_MAX {
        arns.push(f.policy(&format!("p{number}"), allow(r#""s3:*""#)).await);
    }
    for (kind, quota) in [
        (HolderKind::User, Quota::AttachedPoliciesPerUser),
        (HolderKind::Group, Quota::AttachedPoliciesPerGroup),
        (HolderKind::Role, Quota::AttachedPoliciesPerRole),
    ] {
        for arn in &arns[..10] {
            identity.attach_policy(account, kind, "x", arn).await.unwrap();
        }
        let over = identity.attach_policy(account, kind, "x", &arns[10]).await;
        assert!(matches!(over, Err(Error::LimitExceeded(found, 10)) if found == quota));
    }
    let (other, _) = identity.create_account("other").await.unwrap();
    for arn in [
        arns[0].replace(":policy/p0", ":policy/P0"),
        arns[0].replace(":policy/", ":policy/x/"),
        arns[0].replace(account.as_str(), other.id.as_str()),
        "arn:aws:iam::aws:policy/None".to_owned(),
    ] {
        let attached = identity.attach_policy(account, HolderKind::User, "x", &arn).await;
        assert!(matches!(attached, Err(Error::PolicyNotAttachable(_))), "{arn}");
    }
}

#[tokio::test]
async fn an_account_has_1500_at_most() {
    let f = Fixture::new().await;
    let (identity, account) = (&f.identity, &f.account);
    let arn = f.policy("p", allow(r#""s3:*""#)).await;
    let first = identity.customer_policy(account, &arn).await.unwrap();
    let mut transaction = identity.begin().await.unwrap();
    for number in 1..ManagedPolicyRecord::PER_ACCOUNT_MAX {
        let mut policy = first.clone();
        policy.name = name(&format!("p{number}"));
        let row = rows::named(Noun::ManagedPolicy, account, policy.name.as_str());
        transaction.put(row, &policy).unwrap();
    }
    transaction.commit().await.unwrap();
    let over = identity.create_policy(account, f.new_policy("more", allow(r#""s3:*""#)));
    assert!(matches!(
        over.await,
        Err(Error::LimitExceeded(Quota::Policies, 1500))
    ));
}

#[tokio::test]
async fn lists_are_filtered_and_come_in_pages_over_both_kinds() {
    let f = Fixture::new().await;
    let (identity, account) = (&f.identity, &f.account);
    for policy in ["b", "A", "c"] {
        f.policy(policy, allow(r#""s3:*""#)).await;
    }
    let mut new = f.new_policy("deep", allow(r#""s3:*""#));
    new.path = Path::parse("/x/y/").unwrap();
    let deep = identity.create_policy(account, new).await.unwrap().arn();
    f.user("anna").await;
    f.role("r").await;
    identity
        .attach_policy(account, HolderKind::User, "anna", ADMINISTRATOR)
        .await
        .unwrap();
    identity.set_role_boundary(account, "r", &deep).await.unwrap();
    let all = PolicyFilter {
        customer: true,
        amazon: true,
        only_attached: false,
        used_for: None,
        path: "/".to_owned(),
    };
    let names = async |filter: &PolicyFilter, limit: usize| {
        let (mut names, mut after) = (Vec::new(), None::<String>);
        loop {
            let page = identity.managed_policies(account, filter, after.as_deref(), limit);
            let page = page.await.unwrap();
            assert!(page.items.len() <= limit);
            names.extend(
                page.items
                    .iter()
                    .map(|(policy, _)| policy.arn().rsplit('/').next().unwrap().to_owned()),
            );
            match page.next {
                Some(next) => after = Some(next),
                None => return names,
            }
        }
    };
    let mut expected = vec!["A", "b", "c", "deep"];
    expected.extend(AWS_MANAGED_POLICIES.iter().map(|policy| policy.name));
    for limit in [1, 2, 3, 4, 5, 100] {
        assert_eq!(names(&all, limit).await, expected, "{limit}");
    }
    let filtered = |change: fn(&mut PolicyFilter)| {
        let mut filter = all.clone();
        change(&mut filter);
        filter
    };
    let of = [
        (filtered(|f| f.only_attached = true), vec!["AdministratorAccess"]),
        (filtered(|f| f.used_for = Some(Use::Boundary)), vec!["deep"]),
        (filtered(|f| f.path = "/x/".to_owned()), vec!["deep"]),
        (filtered(|f| f.amazon = false), vec!["A", "b", "c", "deep"]),
    ];
    for (filter, expected) in of {
        assert_eq!(names(&filter, 2).await, expected);
    }
}

#[tokio::test]
async fn tells_who_has_a_policy() {
    let f = Fixture::new().await;
    let (identity, account) = (&f.identity, &f.account);
    let arn = f.policy("p", allow(r#""s3:*""#)).await;
    f.user("x").await;
    f.group("x").await;
    f.role("x").await;
    for kind in [HolderKind::User, HolderKind::Group, HolderKind::Role] {
        identity.attach_policy(account, kind, "x", &arn).await.unwrap();
    }
    // Twice the same user: as permissions and as boundary.
    identity.set_user_boundary(account, "x", &arn).await.unwrap();
    let all = EntityFilter {
        kind: None,
        used_for: None,
        path: "/".to_owned(),
    };
    let list = async |filter: &EntityFilter, after: Option<&str>, limit: usize| {
        let page = identity.entities_of_policy(account, &arn, filter, after, limit);
        page.await.unwrap()
    };
    assert_eq!(list(&all, None, 10).await.items.len(), 3);
    let first = list(&all, None, 2).await;
    let rest = list(&all, first.next.as_deref(), 2).await;
    assert_eq!((first.items.len(), rest.items.len(), rest.next), (2, 1, None));
    let mut filter = all.clone();
    filter.used_for = Some(Use::Boundary);
    let bounded = list(&filter, None, 10).await;
    assert_eq!(bounded.items.len(), 1);
    assert_eq!(bounded.items[0].kind, HolderKind::User);
    filter = all.clone();
    filter.kind = Some(HolderKind::Role);
    assert_eq!(list(&filter, None, 10).await.items.len(), 1);
    filter.path = "/none/".to_owned();
    assert_eq!(list(&filter, None, 10).await.items, []);
    let none = identity.entities_of_policy(account, "arn:aws:iam::aws:policy/None", &all, None, 1);
    assert!(matches!(none.await, Err(Error::NoSuchEntity(Entity::Policy, _))));
}

#[tokio::test]
async fn tags_are_added_replaced_and_removed() {
    let f = Fixture::new().await;
    let (identity, account) = (&f.identity, &f.account);
    let arn = f.policy("p", allow(r#""s3:*""#)).await;
    f.user("x").await;
    f.role("x").await;
    let tag = |key: &str, value: &str| Tag {
        key: key.to_owned(),
        value: value.to_owned(),
    };
    for what in [
        Tagged::User("x".to_owned()),
        Tagged::Role("x".to_owned()),
        Tagged::Policy(arn),
    ] {
        let add = |tags| identity.add_tags(account, &what, tags);
        add(vec![tag("a", "1"), tag("b", "2")]).await.unwrap();
        add(vec![tag("A", "3")]).await.unwrap();
        let many = (0..49).map(|number| tag(&format!("k{number}"), "")).collect();
        assert!(matches!(
            add(many).await,
            Err(Error::LimitExceeded(Quota::Tags, 50))
        ));
        identity
            .remove_tags(account, &what, &["B".to_owned(), "none".to_owned()])
            .await
            .unwrap();
        let tags = identity.tags_of(account, &what).await.unwrap();
        assert_eq!(tags.as_slice(), [tag("A", "3")]);
    }
}
