//! Roles, and whom they trust (facts/05 §3, §4).

use cairn_policy::PolicyError;

use super::{Fixture, allow, name, trust};
use crate::rows::{self, Noun};
use crate::*;

#[tokio::test]
async fn trusts_the_very_user_that_was_named() {
    let f = Fixture::new().await;
    let (identity, account) = (&f.identity, &f.account);
    let anna = f.user("anna").await;
    let role = identity
        .create_role(account, f.new_role("r", &anna.arn()))
        .await
        .unwrap();
    assert_eq!(role.trust, trust(anna.id.as_str()));
    let shown = async || identity.with_principal_arns(&role.trust).await.unwrap();
    assert_eq!(shown().await, trust(&anna.arn()));
    // Another name: the same user.
    identity
        .update_user(account, "anna", Some(name("anne")), None)
        .await
        .unwrap();
    let anne = identity.user(account, "anne").await.unwrap();
    assert_eq!(shown().await, trust(&anne.arn()));
    // Another user of that name: not the one.
    identity.delete_user(account, "anne").await.unwrap();
    f.user("anne").await;
    assert_eq!(shown().await, trust(anna.id.as_str()));
    // And whoever is gone cannot be named again.
    let again = identity.set_trust_policy(account, "r", &shown().await).await;
    assert!(matches!(
        again,
        Err(Error::MalformedPolicy(PolicyError::Principal { .. }))
    ));
}

#[tokio::test]
async fn principals_have_to_exist() {
    let f = Fixture::new().await;
    let (identity, account) = (&f.identity, &f.account);
    let (other, _) = identity.create_account("other").await.unwrap();
    f.user("anna").await;
    let mut new = f.new_role("deep", "*");
    new.path = Path::parse("/x/").unwrap();
    let role = identity.create_role(account, new).await.unwrap();
    let role_arn = format!("arn:aws:iam::{account}:role/x/deep");
    let other = other.id.as_str();
    let there = [
        ("*".to_owned(), "*".to_owned()),
        (account.to_string(), account.to_string()),
        (
            format!("arn:aws:iam::{other}:root"),
            format!("arn:aws:iam::{other}:root"),
        ),
        (role_arn, role.id.to_string()),
        (role.id.to_string(), role.id.to_string()),
        (
            format!("arn:aws:sts::{account}:assumed-role/deep/s"),
            format!("arn:aws:sts::{account}:assumed-role/deep/s"),
        ),
    ];
    for (named, kept) in there {
        identity
            .set_trust_policy(account, "deep", &trust(&named))
            .await
            .unwrap();
        let role = identity.role(account, "deep").await.unwrap();
        assert_eq!(role.trust, trust(&kept));
    }
    for named in [
        "000000000000".to_owned(),
        "arn:aws:iam::000000000000:root".to_owned(),
        format!("arn:aws:iam::{account}:user/bert"),
        format!("arn:aws:iam::{other}:user/anna"),
        format!("arn:aws:iam::{account}:user/x/anna"),
        format!("arn:aws:iam::{account}:role/deep"),
        "AIDAAAAAAAAAAAAAAAAAA".to_owned(),
    ] {
        let made = identity.create_role(account, f.new_role("r", &named)).await;
        match made {
            Err(Error::MalformedPolicy(error)) => assert_eq!(
                error.iam_message(),
                format!("Invalid principal in policy: \"AWS\":\"{named}\"")
            ),
            other => panic!("{named}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_trust_policy_is_one() {
    let f = Fixture::new().await;
    let (identity, account) = (&f.identity, &f.account);
    for document in ["{".to_owned(), allow(r#""sts:AssumeRole""#)] {
        let mut new = f.new_role("r", "*");
        new.trust = document;
        let made = identity.create_role(account, new).await;
        assert!(matches!(made, Err(Error::MalformedPolicy(_))));
    }
    let mut new = f.new_role("r", "*");
    let with_sid = |length: usize| {
        let sid = format!(r#"[{{"Sid":"{}","#, "s".repeat(length));
        trust("*").replace("[{", &sid)
    };
    let rest = cairn_policy::policy_size(&with_sid(0));
    new.trust = with_sid(2049 - rest);
    assert!(matches!(
        identity.create_role(account, new.clone()).await,
        Err(Error::LimitExceeded(Quota::TrustPolicyBytes, 2048))
    ));
    new.trust = format!("{}   ", with_sid(2048 - rest));
    identity.create_role(account, new).await.unwrap();
}

#[tokio::test]
async fn is_deleted_when_nothing_hangs_on_it() {
    let f = Fixture::new().await;
    let (identity, account) = (&f.identity, &f.account);
    f.role("r").await;
    identity
        .put_inline_policy(account, HolderKind::Role, "r", &name("p"), allow(r#""s3:*""#))
        .await
        .unwrap();
    assert!(matches!(
        identity.delete_role(account, "r").await,
        Err(Error::DeleteConflict(Dependent::Policies))
    ));
    identity
        .delete_inline_policy(account, HolderKind::Role, "r", "p")
        .await
        .unwrap();
    identity.delete_role(account, "R").await.unwrap();
    assert!(matches!(
        identity.role(account, "r").await,
        Err(Error::NoSuchEntity(Entity::Role, _))
    ));
}

#[tokio::test]
async fn an_account_has_1000_at_most() {
    let f = Fixture::new().await;
    let (identity, account) = (&f.identity, &f.account);
    let first = f.role("r").await;
    let mut transaction = identity.begin().await.unwrap();
    for number in 1..RoleRecord::PER_ACCOUNT_MAX {
        let mut role = first.clone();
        role.name = name(&format!("r{number}"));
        let row = rows::named(Noun::Role, account, role.name.as_str());
        transaction.put(row, &role).unwrap();
    }
    transaction.commit().await.unwrap();
    let over = identity.create_role(account, f.new_role("more", "*")).await;
    assert!(matches!(over, Err(Error::LimitExceeded(Quota::Roles, 1000))));
}

#[tokio::test]
async fn what_is_not_said_stays() {
    let f = Fixture::new().await;
    let (identity, account) = (&f.identity, &f.account);
    f.role("r").await;
    let update = |description: Option<&str>, seconds| {
        identity.update_role(account, "r", description.map(str::to_owned), seconds)
    };
    update(Some("why"), None).await.unwrap();
    let role = update(None, Some(7200)).await.unwrap();
    assert_eq!(role.description.as_deref(), Some("why"));
    assert_eq!(role.max_session_seconds, 7200);
}

/// Who would sign is who does sign: the same principal with the same policies, for every kind of caller.
#[tokio::test]
async fn a_signer_without_a_key_is_as_one_with() {
    let f = Fixture::new().await;
    let (identity, account) = (&f.identity, &f.account);
    let (anna, role) = (f.user("anna").await, f.role("reader").await);
    let policy = name("own");
    let own = |kind, holder: &'static str| {
        identity.put_inline_policy(account, kind, holder, &policy, allow(r#""s3:*""#))
    };
    own(HolderKind::User, "anna").await.unwrap();
    own(HolderKind::Role, "reader").await.unwrap();
    let narrow = || Some(vec![SessionPolicy::Inline(allow(r#""s3:GetObject""#))]);
    let subjects = [
        (SessionSubject::Root, None),
        (SessionSubject::User(anna.id.clone()), None),
        (
            SessionSubject::Role {
                id: role.id.clone(),
                session_name: "work".to_owned(),
                chained: false,
            },
            narrow(),
        ),
        (
            SessionSubject::Federated {
                name: "fred".to_owned(),
                maker: Some(anna.id.clone()),
            },
            narrow(),
        ),
        (
            SessionSubject::Federated {
                name: "fred".to_owned(),
                maker: None,
            },
            None,
        ),
    ];
    for (subject, policies) in subjects {
        let is_session = !matches!(subject, SessionSubject::Root | SessionSubject::User(_));
        let issued = identity.inner.clock.now();
        let session = Session {
            account: account.clone(),
            subject: subject.clone(),
            issued,
            expires: cairn_types::Timestamp::from_seconds(issued.seconds() + 900),
            mfa: None,
            policies: policies.clone(),
            tags: Tags::default(),
            transitive_tag_keys: Vec::new(),
            source_identity: None,
            provider: None,
        };
        let keys = identity.issue_session(session).unwrap();
        let with_key = identity
            .credential(keys.access_key_id.as_str(), Some(&keys.token))
            .await
            .unwrap()
            .signer;
        let without = identity
            .signer_of(account, subject, policies)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(without.principal, with_key.principal);
        assert_eq!(without.session.is_some(), is_session);
        let sources = |signer: &Signer| {
            let permissions = &signer.permissions;
            let all = permissions.identity.iter();
            let all = all.chain(permissions.session.iter().flatten());
            let sources: Vec<String> = all.map(|policy| policy.source.clone()).collect();
            (sources, permissions.session.is_some())
        };
        assert_eq!(sources(&without), sources(&with_key));
        // Its key opens nothing.
        assert!(identity.credential(without.key.as_str(), None).await.is_err());
    }
    identity
        .delete_inline_policy(account, HolderKind::User, "anna", "own")
        .await
        .unwrap();
    identity.delete_user(account, "anna").await.unwrap();
    let gone = identity
        .signer_of(account, SessionSubject::User(anna.id), None)
        .await;
    assert!(gone.unwrap().is_none());
}
