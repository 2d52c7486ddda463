//! GetFederationToken (facts/05 §4), and what tells whose a key is.

use super::{Answer, Deployment, Key, allow};

async fn federate(d: &Deployment, key: &Key, more: &[(&str, &str)]) -> Answer {
    let mut parameters = vec![("Action", "GetFederationToken"), ("Name", "guest")];
    parameters.extend_from_slice(more);
    d.sts(key, &parameters).await
}

#[tokio::test]
async fn a_federated_user_is_named_by_its_maker() {
    let d = Deployment::new().await;
    let arn = format!("arn:aws:sts::{}:federated-user/guest", d.account);
    let may = allow("sts:GetFederationToken", &arn);
    let alice = d.user(&d.account, "alice", Some(&may)).await;
    let answer = federate(&d, &alice, &[]).await.ok();
    assert_eq!(answer.text("Arn"), Some(arn.as_str()));
    let id = format!("{}:guest", d.account);
    assert_eq!(answer.text("FederatedUserId"), Some(id.as_str()));
    // facts/05 §4: there, and 0, for a session of hardly anything.
    assert_eq!(answer.text("PackedPolicySize"), Some("0"));
    assert_eq!(answer.text("Expiration"), Some("2026-01-01T12:00:00Z"));
    let key = answer.key();
    let me = d.sts(&key, &[("Action", "GetCallerIdentity")]).await.ok();
    assert_eq!(me.text("Arn"), Some(arn.as_str()));
    assert_eq!(me.text("UserId"), Some(id.as_str()));

    let other = federate(&d, &alice, &[("Name", "other")]).await;
    assert_eq!(other.error().1, "AccessDenied");
    let answer = federate(&d, &alice, &[("Name", "x")]).await;
    assert_eq!(answer.error().1, "ValidationError");
    let answer = federate(&d, &d.root, &[("DurationSeconds", "43200")]).await.ok();
    assert_eq!(answer.text("Expiration"), Some("2026-01-01T01:00:00Z"));
}

#[tokio::test]
async fn tags_of_a_federated_user_need_an_action_of_their_own() {
    let d = Deployment::new().await;
    let alice = d
        .user(&d.account, "alice", Some(&allow("sts:GetFederationToken", "*")))
        .await;
    let tags = [("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "red")];
    let answer = federate(&d, &alice, &tags).await;
    assert!(answer.error().2.contains("sts:TagSession"), "{}", answer.body);
    d.put_policy(&d.account, "User", "alice", &allow("sts:*", "*"))
        .await;
    let key = federate(&d, &alice, &tags).await.key();
    let found = d
        .identity
        .credential(&key.id, key.token.as_deref())
        .await
        .unwrap();
    assert_eq!(found.signer.tags.get("team"), Some("red"));
}

/// facts/05 §4, "Restrictions on resulting credentials": every kind, every action of the table.
#[tokio::test]
async fn what_a_session_cannot_call() {
    let d = Deployment::new().await;
    let everything = allow("*", "*");
    let alice = d.user(&d.account, "alice", Some(&everything)).await;
    let trust = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"sts:AssumeRole",
           "Principal":{{"AWS":"{}"}}}}]}}"#,
        d.account
    );
    let role = d.role(&d.account, "r", &trust).await;
    d.put_policy(&d.account, "Role", "r", &everything).await;
    let assumed = d.assume(&alice, &role, &[]).await.key();
    let federated = federate(&d, &alice, &[("Policy", &everything)]).await.key();
    let session = d.sts(&alice, &[("Action", "GetSessionToken")]).await.key();

    let (token, federation) = (
        "Cannot call GetSessionToken with session credentials",
        "Cannot call GetFederationToken with session credentials",
    );
    for key in [&assumed, &federated, &session] {
        let answer = d.sts(key, &[("Action", "GetSessionToken")]).await;
        assert_eq!(answer.error(), (403, "AccessDenied", token));
        let answer = federate(&d, key, &[]).await;
        assert_eq!(answer.error(), (403, "AccessDenied", federation));
        d.sts(key, &[("Action", "GetCallerIdentity")]).await.ok();
    }
    let info = [("Action", "GetAccessKeyInfo"), ("AccessKeyId", alice.id.as_str())];
    let list = [("Action", "ListUsers")];
    d.assume(&assumed, &role, &[]).await.ok();
    d.sts(&assumed, &info).await.ok();
    d.iam(&assumed, &list).await.ok();
    d.assume(&session, &role, &[]).await.ok();
    assert_eq!(d.sts(&session, &info).await.error().1, "AccessDenied");
    assert_eq!(d.iam(&session, &list).await.error().1, "InvalidClientTokenId");
    assert_eq!(d.assume(&federated, &role, &[]).await.error().1, "AccessDenied");
    assert_eq!(d.sts(&federated, &info).await.error().1, "AccessDenied");
    assert_eq!(d.iam(&federated, &list).await.error().1, "InvalidClientTokenId");
}

#[tokio::test]
async fn a_key_tells_its_account() {
    let d = Deployment::new().await;
    let (other, theirs) = d.other_account().await;
    let session = d.sts(&theirs, &[("Action", "GetSessionToken")]).await.key();
    for id in [&theirs.id, &session.id] {
        let info = [("Action", "GetAccessKeyInfo"), ("AccessKeyId", id.as_str())];
        let answer = d.sts(&d.root, &info).await.ok();
        assert_eq!(answer.text("Account"), Some(other.as_str()));
    }
    let bob = d.user(&d.account, "bob", None).await;
    let info = [
        ("Action", "GetAccessKeyInfo"),
        ("AccessKeyId", theirs.id.as_str()),
    ];
    assert_eq!(d.sts(&bob, &info).await.error().1, "AccessDenied");
    let info = [
        ("Action", "GetAccessKeyInfo"),
        ("AccessKeyId", "AKIAIOSFODNN7EXAMPLE"),
    ];
    assert_eq!(d.sts(&d.root, &info).await.error().1, "ValidationError");
}
