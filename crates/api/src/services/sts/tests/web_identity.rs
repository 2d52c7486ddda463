//! AssumeRoleWithWebIdentity (facts/05 §4), with an issuer that the test is.

use std::sync::Arc;

use cairn_types::Clock as _;
use serde_json::{Value, json};

use super::{Answer, Deployment};
use crate::oidc::tests::{ISSUER, Issuer, Key, claims};

/// How ARNs and condition keys name the issuer.
const NAME: &str = "idp.example.com/realm";
const PLAIN: &str = r#"["sts:AssumeRoleWithWebIdentity"]"#;

struct World {
    d: Deployment,
    issuer: Issuer,
    key: Key,
    role: String,
    provider: String,
}

/// A trust policy for those whom the provider vouches for.
fn trust(provider: &str, actions: &str, condition: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Federated":"{provider}"}},
           "Action":{actions},"Condition":{condition}}}]}}"#
    )
}

impl World {
    async fn new() -> Self {
        let (issuer, key) = (Issuer::new(ISSUER), Key::new("ES256", "k1"));
        issuer.publish(&[&key]);
        let fetch = Arc::new(issuer.clone());
        let d = Deployment::with(|api| api.with_fetch(fetch)).await;
        let create = [
            ("Action", "CreateOpenIDConnectProvider"),
            ("Url", ISSUER),
            ("ClientIDList.member.1", "app"),
            ("ClientIDList.member.2", "other-app"),
        ];
        let made = d.iam(&d.root, &create).await.ok();
        let provider = made.text("OpenIDConnectProviderArn").unwrap().to_owned();
        assert_eq!(
            provider,
            format!("arn:aws:iam::{}:oidc-provider/{NAME}", d.account)
        );
        let condition = format!(r#"{{"StringEquals":{{"{NAME}:aud":"app","{NAME}:sub":"user-1"}}}}"#);
        let role = d
            .role(&d.account, "web", &trust(&provider, PLAIN, &condition))
            .await;
        Self {
            d,
            issuer,
            key,
            role,
            provider,
        }
    }

    fn claims(&self, change: &Value) -> Value {
        let mut claims = claims(ISSUER, self.d.clock.now().seconds());
        let changed = change.as_object().unwrap().clone();
        claims.as_object_mut().unwrap().extend(changed);
        claims
    }

    fn token(&self, change: &Value) -> String {
        self.key.token(&self.claims(change))
    }

    fn plain(&self) -> String {
        self.token(&json!({}))
    }

    async fn assume(&self, role: &str, token: &str, more: &[(&str, &str)]) -> Answer {
        let mut parameters = vec![
            ("Action", "AssumeRoleWithWebIdentity"),
            ("RoleArn", role),
            ("RoleSessionName", "page"),
            ("WebIdentityToken", token),
        ];
        parameters.extend_from_slice(more);
        self.d.query(None, "sts", "2011-06-15", &parameters).await
    }
}

#[tokio::test]
async fn whom_the_provider_vouches_for_gets_a_session() {
    let w = World::new().await;
    let answer = w.assume(&w.role, &w.plain(), &[]).await.ok();
    let arn = format!("arn:aws:sts::{}:assumed-role/web/page", w.d.account);
    assert_eq!(answer.text("Arn"), Some(arn.as_str()));
    assert_eq!(answer.text("SubjectFromWebIdentityToken"), Some("user-1"));
    assert_eq!(answer.text("Audience"), Some("app"));
    assert_eq!(answer.text("Provider"), Some(w.provider.as_str()));
    assert_eq!(answer.text("Expiration"), Some("2026-01-01T01:00:00Z"));
    let key = answer.key();
    let me = w.d.sts(&key, &[("Action", "GetCallerIdentity")]).await.ok();
    assert_eq!(me.text("Arn"), Some(arn.as_str()));
    let found =
        w.d.identity
            .credential(&key.id, key.token.as_deref())
            .await
            .unwrap();
    let session = found.signer.session.as_ref().unwrap();
    assert_eq!(session.provider.as_deref(), Some(w.provider.as_str()));
    // A provider's own name is no other provider.
    w.assume(&w.role, &w.plain(), &[("ProviderId", NAME)]).await.ok();
    let other = [("ProviderId", "www.amazon.com")];
    let answer = w.assume(&w.role, &w.plain(), &other).await;
    assert_eq!(answer.error().1, "InvalidIdentityToken");
    // The session outlives the token.
    w.d.clock.pass(3599);
    w.d.sts(&key, &[("Action", "GetCallerIdentity")]).await.ok();
}

#[tokio::test]
async fn a_token_that_proves_nothing_gets_none() {
    let w = World::new().await;
    let now = w.d.clock.now().seconds();
    let stranger = Key::new("ES256", "k1");
    let no_key = "Couldn't retrieve verification key from your identity provider";
    let cases = [
        (
            w.key.token(&claims("https://other.example.com", now)),
            "InvalidIdentityToken",
            "No OpenIDConnect provider found in your account for https://other.example.com",
        ),
        (
            stranger.token(&w.claims(&json!({}))),
            "InvalidIdentityToken",
            no_key,
        ),
        // What it is for is told to nobody before the signature was right.
        (
            stranger.token(&w.claims(&json!({"aud": "elsewhere"}))),
            "InvalidIdentityToken",
            no_key,
        ),
        (
            w.token(&json!({"aud": "elsewhere"})),
            "InvalidIdentityToken",
            "Incorrect token audience",
        ),
        (
            w.token(&json!({"exp": now})),
            "ExpiredTokenException",
            "Token expired: current date/time ",
        ),
        (
            w.token(&json!({"nbf": now + 3600})),
            "InvalidIdentityToken",
            "The ID Token provided is not valid yet",
        ),
        (
            "no.token".to_owned(),
            "InvalidIdentityToken",
            "The ID Token provided is not a valid JWT.",
        ),
        ("tok".to_owned(), "ValidationError", "1 validation error detected"),
    ];
    for (token, code, message) in cases {
        let answer = w.assume(&w.role, &token, &[]).await;
        assert_eq!((answer.status, answer.error().1), (400, code));
        assert!(answer.error().2.starts_with(message), "{}", answer.body);
    }
    w.assume(&w.role, &w.plain(), &[]).await.ok();
}

#[tokio::test]
async fn a_provider_that_is_away_is_told() {
    let w = World::new().await;
    let discovery = format!("{ISSUER}/.well-known/openid-configuration");
    w.issuer.serve(&discovery, &json!("nonsense"));
    let answer = w.assume(&w.role, &w.plain(), &[]).await;
    assert_eq!((answer.status, answer.error().1), (400, "IDPCommunicationError"));
}

/// The trust policy judges subject, audience and methods; whether there is a role is told to nobody.
#[tokio::test]
async fn the_trust_policy_decides() {
    let w = World::new().await;
    let denied = "Not authorized to perform sts:AssumeRoleWithWebIdentity";
    for (role, change) in [
        (w.role.clone(), json!({"sub": "user-2"})),
        (w.role.clone(), json!({"aud": "other-app"})),
        (
            w.role.clone(),
            json!({"aud": ["app", "other-app"], "azp": "other-app"}),
        ),
        (format!("{}x", w.role), json!({})),
    ] {
        let answer = w.assume(&role, &w.token(&change), &[]).await;
        assert_eq!(answer.error(), (403, "AccessDenied", denied));
    }
    let several = w.token(&json!({"aud": ["elsewhere", "app"]}));
    w.assume(&w.role, &several, &[]).await.ok();
    let condition = format!(r#"{{"ForAnyValue:StringEquals":{{"{NAME}:amr":"mfa"}}}}"#);
    let by_method = trust(&w.provider, PLAIN, &condition);
    let role = w.d.role(&w.d.account, "amr", &by_method).await;
    assert_eq!(w.assume(&role, &w.plain(), &[]).await.status, 403);
    let token = w.token(&json!({"amr": ["pwd", "mfa"]}));
    w.assume(&role, &token, &[]).await.ok();
    // A role that trusts users does not trust tokens.
    let users = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{}"}},
           "Action":"sts:AssumeRole"}}]}}"#,
        w.d.account
    );
    let role = w.d.role(&w.d.account, "users", &users).await;
    assert_eq!(w.assume(&role, &w.plain(), &[]).await.status, 403);
    // Another account's role, whose account does not know the provider.
    let (other, _) = w.d.other_account().await;
    let theirs = w.role.replace(w.d.account.as_str(), other.as_str());
    let answer = w.assume(&theirs, &w.plain(), &[]).await;
    assert_eq!(answer.error().1, "InvalidIdentityToken");
}

#[tokio::test]
async fn tags_and_source_come_from_the_token() {
    let w = World::new().await;
    let change = json!({
        "https://aws.amazon.com/tags": {
            "principal_tags": {"team": ["red"]},
            "transitive_tag_keys": ["team"],
        },
        "https://aws.amazon.com/source_identity": "Alice",
    });
    let token = w.token(&change);
    let answer = w.assume(&w.role, &token, &[]).await;
    assert_eq!(
        answer.error(),
        (403, "AccessDenied", "Not authorized to perform sts:TagSession")
    );
    let actions = r#"["sts:AssumeRoleWithWebIdentity","sts:TagSession","sts:SetSourceIdentity"]"#;
    let condition = r#"{"StringEquals":{"aws:RequestTag/team":"red","sts:SourceIdentity":"Alice"}}"#;
    let tagging = trust(&w.provider, actions, condition);
    let role = w.d.role(&w.d.account, "tags", &tagging).await;
    let answer = w.assume(&role, &token, &[]).await.ok();
    assert_eq!(answer.text("SourceIdentity"), Some("Alice"));
    let key = answer.key();
    let found =
        w.d.identity
            .credential(&key.id, key.token.as_deref())
            .await
            .unwrap();
    assert_eq!(found.signer.tags.get("team"), Some("red"));
    for wrong in [
        json!({"https://aws.amazon.com/tags": {"principal_tags": {"team": ["red", "blue"]}}}),
        json!({"https://aws.amazon.com/tags": {"principal_tags": {"bad key!": ["red"]}}}),
        json!({"https://aws.amazon.com/source_identity": "no spaces"}),
    ] {
        let answer = w.assume(&role, &w.token(&wrong), &[]).await;
        assert_eq!(answer.error().1, "InvalidIdentityToken", "{}", answer.body);
    }
}

#[tokio::test]
async fn providers_are_kept_as_iam_keeps_them() {
    let w = World::new().await;
    let (d, arn) = (&w.d, w.provider.as_str());
    let call = async |parameters: &[(&str, &str)]| d.iam(&d.root, parameters).await;
    let with = |action, more: &[(&'static str, &'static str)]| {
        let mut parameters = vec![("Action", action), ("OpenIDConnectProviderArn", arn)];
        parameters.extend_from_slice(more);
        parameters
    };
    let get = with("GetOpenIDConnectProvider", &[]);
    let shown = call(&get).await.ok();
    assert_eq!(shown.text("Url"), Some(NAME));
    let both = "<ClientIDList><member>app</member><member>other-app</member></ClientIDList>";
    assert!(shown.body.contains(both), "{}", shown.body);

    let again = call(&[("Action", "CreateOpenIDConnectProvider"), ("Url", ISSUER)]).await;
    assert_eq!(again.error().1, "EntityAlreadyExists");
    for url in [
        "http://idp.example.com",
        "idp.example.com",
        "https://idp.example.com?x",
    ] {
        let answer = call(&[("Action", "CreateOpenIDConnectProvider"), ("Url", url)]).await;
        assert_eq!(answer.error().1, "InvalidInput", "{url}");
    }
    let client = [("ClientID", "app")];
    call(&with("RemoveClientIDFromOpenIDConnectProvider", &client))
        .await
        .ok();
    let answer = w.assume(&w.role, &w.plain(), &[]).await;
    assert_eq!(answer.error().2, "Incorrect token audience");
    for _ in 0..2 {
        call(&with("AddClientIDToOpenIDConnectProvider", &client))
            .await
            .ok();
    }
    w.assume(&w.role, &w.plain(), &[]).await.ok();

    let update = "UpdateOpenIDConnectProviderThumbprint";
    let thumbprint = "0123456789abcdef0123456789ABCDEF01234567";
    call(&with(update, &[("ThumbprintList.member.1", thumbprint)]))
        .await
        .ok();
    let wrong = call(&with(update, &[("ThumbprintList.member.1", "short")])).await;
    assert_eq!(wrong.error().1, "ValidationError");
    let tag = [("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")];
    call(&with("TagOpenIDConnectProvider", &tag)).await.ok();
    let shown = call(&get).await.ok();
    assert!(shown.body.contains(thumbprint));
    assert!(
        shown.body.contains("<Key>k</Key><Value>v</Value>"),
        "{}",
        shown.body
    );
    let list = call(&[("Action", "ListOpenIDConnectProviders")]).await.ok();
    assert_eq!(list.text("Arn"), Some(arn));

    let (_, stranger) = d.other_account().await;
    assert_eq!(d.iam(&stranger, &get).await.error().1, "NoSuchEntity");
    call(&with("DeleteOpenIDConnectProvider", &[])).await.ok();
    assert_eq!(call(&get).await.error().1, "NoSuchEntity");
    let answer = w.assume(&w.role, &w.plain(), &[]).await;
    assert_eq!(answer.error().1, "InvalidIdentityToken");
}
