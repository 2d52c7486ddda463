//! What changes for whoever has a key or a session, from the next request on (issue 5: "takes effect on live
//! sessions as at Amazon").

use cairn_types::{Clock as _, SystemClock, Timestamp};

use super::{Fixture, allow, name};
use crate::*;

/// Whether the boundary is there, and the sources of all policies.
fn sources(signer: &Signer) -> (bool, Vec<&str>) {
    let permissions = &signer.permissions;
    let sources = permissions.identity.iter().map(|policy| policy.source.as_str());
    (permissions.boundary.is_some(), sources.collect())
}

#[tokio::test]
async fn a_key_has_what_its_user_has_now() {
    let f = Fixture::new().await;
    let (identity, account) = (&f.identity, &f.account);
    f.user("anna").await;
    f.group("g").await;
    let arn = f.policy("p", allow(r#""s3:*""#)).await;
    let owner = KeyOwner::User("anna".to_owned());
    let key = identity
        .create_access_key(account, &owner)
        .await
        .unwrap()
        .record
        .id;
    let signer = async || identity.credential(key.as_str(), None).await.unwrap().signer;
    assert_eq!(sources(&*signer().await), (false, vec![]));
    identity
        .attach_policy(account, HolderKind::Group, "g", &arn)
        .await
        .unwrap();
    assert_eq!(sources(&*signer().await), (false, vec![]));
    identity.add_user_to_group(account, "g", "anna").await.unwrap();
    assert_eq!(sources(&*signer().await), (false, vec![arn.as_str()]));
    identity.set_user_boundary(account, "anna", &arn).await.unwrap();
    assert!(sources(&*signer().await).0);
    // Another version of the policy counts at once.
    let other = allow(r#""iam:*""#);
    identity
        .create_policy_version(account, &arn, other.clone(), true)
        .await
        .unwrap();
    assert_eq!(signer().await.permissions.identity[0].policy.text(), other);
    identity
        .set_access_key_status(account, &owner, &key, Status::Inactive)
        .await
        .unwrap();
    let inactive = identity.credential(key.as_str(), None).await;
    assert!(matches!(inactive, Err(CredentialError::Inactive)));
    identity.delete_access_key(account, &owner, &key).await.unwrap();
    let gone = identity.credential(key.as_str(), None).await;
    assert!(matches!(gone, Err(CredentialError::Unknown)));
}

#[tokio::test]
async fn a_session_of_a_role_has_what_the_role_has_now_and_ends_with_it() {
    let f = Fixture::new().await;
    let (identity, account) = (&f.identity, &f.account);
    let role = f.role("r").await;
    let now = SystemClock.now();
    let session = Session {
        account: account.clone(),
        subject: SessionSubject::Role {
            id: role.id.clone(),
            session_name: "s".to_owned(),
            chained: false,
        },
        issued: now,
        expires: Timestamp::from_seconds(now.seconds() + 3600),
        mfa: None,
        policies: None,
        tags: Tags::default(),
        transitive_tag_keys: Vec::new(),
        source_identity: None,
        provider: None,
    };
    let made = identity.issue_session(session).unwrap();
    let signer = || identity.credential(made.access_key_id.as_str(), Some(&made.token));
    assert_eq!(sources(&signer().await.unwrap().signer), (false, vec![]));
    let document = allow(r#""s3:*""#);
    identity
        .put_inline_policy(account, HolderKind::Role, "r", &name("in"), document)
        .await
        .unwrap();
    let source = format!("arn:aws:iam::{account}:role/r in");
    assert_eq!(
        sources(&signer().await.unwrap().signer),
        (false, vec![source.as_str()])
    );
    identity
        .delete_inline_policy(account, HolderKind::Role, "r", "in")
        .await
        .unwrap();
    identity.delete_role(account, "r").await.unwrap();
    // Another role of its name does not revive it.
    f.role("r").await;
    assert!(matches!(signer().await, Err(CredentialError::Unknown)));
}
