//! Sessions that are alive: what ends or changes them, and how requests carry their tokens.

use cairn_identity::HolderKind;
use cairn_types::Clock as _;
use http::{HeaderMap, Method, Uri};

use super::{Deployment, Key, allow};

async fn session(d: &Deployment) -> Key {
    d.sts(&d.root, &[("Action", "GetSessionToken")]).await.key()
}

/// facts/04 §1 for S3, facts/05 §1 for the Query services.
#[tokio::test]
async fn a_token_that_is_old_wrong_or_missing() {
    let d = Deployment::new().await;
    let key = session(&d).await;
    let me = [("Action", "GetCallerIdentity")];
    d.sts(&key, &me).await.ok();
    assert_eq!(d.s3(&key, "GET", "/").await.status, 200);

    let other = session(&d).await;
    let mut mixed = key.clone();
    mixed.token = other.token;
    let mut garbled = key.clone();
    garbled.token = Some("garbled".to_owned());
    let mut long_term = d.root.clone();
    long_term.token = key.token.clone();
    let invalid = "The security token included in the request is invalid.";
    for wrong in [&mixed, &garbled, &long_term] {
        assert_eq!(
            d.sts(wrong, &me).await.error(),
            (403, "InvalidClientTokenId", invalid)
        );
        let answer = d.s3(wrong, "GET", "/").await;
        assert_eq!(
            answer.error(),
            (
                400,
                "InvalidToken",
                "The provided token is malformed or otherwise invalid."
            )
        );
        assert_eq!(answer.text("Token-0"), wrong.token.as_deref());
    }
    let mut without = key.clone();
    without.token = None;
    assert_eq!(d.sts(&without, &me).await.error().1, "InvalidClientTokenId");
    let answer = d.s3(&without, "GET", "/").await;
    assert_eq!((answer.status, answer.error().1), (403, "InvalidAccessKeyId"));

    d.clock.pass(3599);
    assert_eq!(d.s3(&key, "GET", "/").await.status, 200);
    d.clock.pass(1);
    let expired = "The security token included in the request is expired";
    assert_eq!(d.sts(&key, &me).await.error(), (403, "ExpiredToken", expired));
    let answer = d.s3(&key, "GET", "/").await;
    assert_eq!(
        answer.error(),
        (400, "ExpiredToken", "The provided token has expired.")
    );
    assert_eq!(answer.text("Token-0"), key.token.as_deref());
}

/// facts/04 §2: a presigned URL dies with the session. The token is signed, and in SigV2 too.
#[tokio::test]
async fn presigned_requests_carry_the_token() {
    let d = Deployment::new().await;
    let key = session(&d).await;
    let signer = key.signer("s3");
    let uri: Uri = "http://127.0.0.1:9000/".parse().unwrap();
    let now = d.clock.now();
    let headers = HeaderMap::new();
    let send = async |uri: &Uri| {
        let request = http::Request::builder()
            .uri(uri.path_and_query().unwrap().as_str())
            .header("host", "127.0.0.1:9000");
        let (parts, ()) = request.body(()).unwrap().into_parts();
        d.send(parts, b"").await
    };
    let v4 = signer
        .presign_v4(&Method::GET, &uri, &headers, 604_800, now)
        .unwrap();
    let expires = cairn_types::Timestamp::from_seconds(now.seconds() + 604_800);
    let v2 = signer
        .presign_v2(&Method::GET, &uri, &headers, None, expires)
        .unwrap();
    for presigned in [&v4, &v2] {
        assert_eq!(send(presigned).await.status, 200, "{presigned}");
    }
    let cut: Uri = v4
        .to_string()
        .replace("X-Amz-Security-Token", "X-Amz-Other")
        .parse()
        .unwrap();
    assert_eq!(send(&cut).await.error().1, "InvalidAccessKeyId");

    let request = http::Request::builder()
        .uri("/")
        .header("host", "127.0.0.1:9000")
        .header("date", now.http_date());
    let (mut parts, ()) = request.body(()).unwrap().into_parts();
    signer.header_v2(&mut parts, None, now).unwrap();
    assert_eq!(d.send(parts, b"").await.status, 200);

    d.clock.pass(3600);
    for presigned in [&v4, &v2] {
        assert_eq!(send(presigned).await.error().1, "ExpiredToken");
    }
}

/// docs/sessions.md: a token says who somebody is, not what they may.
#[tokio::test]
async fn changes_take_effect_on_live_sessions() {
    let d = Deployment::new().await;
    let alice = d.user(&d.account, "alice", Some(&allow("sts:*", "*"))).await;
    let arn = format!("arn:aws:iam::{}:user/alice", d.account);
    let trust = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{arn}"}},
           "Action":"sts:AssumeRole"}}]}}"#
    );
    let role = d.role(&d.account, "r", &trust).await;
    let assumed = d.assume(&alice, &role, &[]).await.key();
    let own = d.sts(&alice, &[("Action", "GetSessionToken")]).await.key();
    let guest = d
        .sts(&alice, &[("Action", "GetFederationToken"), ("Name", "guest")])
        .await
        .key();
    let me = [("Action", "GetCallerIdentity")];
    let list = [("Action", "ListUsers")];

    assert_eq!(d.iam(&assumed, &list).await.error().1, "AccessDenied");
    d.put_policy(&d.account, "Role", "r", &allow("iam:ListUsers", "*"))
        .await;
    d.iam(&assumed, &list).await.ok();
    let removed = d
        .identity
        .delete_inline_policy(&d.account, HolderKind::Role, "r", "p");
    removed.await.unwrap();
    assert_eq!(d.iam(&assumed, &list).await.error().1, "AccessDenied");

    for key in [&assumed, &own, &guest] {
        d.sts(key, &me).await.ok();
    }
    d.identity.delete_role(&d.account, "r").await.unwrap();
    assert_eq!(d.sts(&assumed, &me).await.error().1, "InvalidClientTokenId");
    // Another of the same name is another: neither the session nor the trust comes back.
    d.role(&d.account, "r", &trust).await;
    assert_eq!(d.sts(&assumed, &me).await.error().1, "InvalidClientTokenId");

    let owner = cairn_identity::KeyOwner::User("alice".to_owned());
    let id = cairn_types::AccessKeyId::parse(&alice.id).unwrap();
    d.identity
        .delete_access_key(&d.account, &owner, &id)
        .await
        .unwrap();
    // A key that is gone ends no sessions (docs/sessions.md).
    for key in [&own, &guest] {
        d.sts(key, &me).await.ok();
    }
    let removed = d
        .identity
        .delete_inline_policy(&d.account, HolderKind::User, "alice", "p");
    removed.await.unwrap();
    d.identity.delete_user(&d.account, "alice").await.unwrap();
    for key in [&own, &guest] {
        assert_eq!(d.sts(key, &me).await.error().1, "InvalidClientTokenId");
    }
    let alice = d.user(&d.account, "alice", None).await;
    assert_eq!(d.assume(&alice, &role, &[]).await.error().1, "AccessDenied");
    assert_eq!(d.sts(&own, &me).await.error().1, "InvalidClientTokenId");
}

/// GetCallerIdentity signed in the query: how EKS and Vault learn who somebody is. What is signed is the hash of the
/// empty body, not `UNSIGNED-PAYLOAD` as for S3; so the library's own signer is no help here.
#[tokio::test]
async fn a_presigned_caller_identity_proves_who_sends_it() {
    let d = Deployment::new().await;
    let alice = d.user(&d.account, "alice", None).await;
    let key = d.sts(&alice, &[("Action", "GetSessionToken")]).await.key();
    for (host, region) in [
        ("127.0.0.1:9000", "us-east-1"),
        ("sts.localhost:9000", "us-east-1"),
        ("sts.eu-west-1.localhost:9000", "eu-west-1"),
    ] {
        let presigned = presign(&key, host, region, d.clock.now());
        let send = async |query: &str| {
            let request = http::Request::builder()
                .uri(format!("/?{query}"))
                .header("host", host)
                .header("x-k8s-aws-id", "cluster");
            let (parts, ()) = request.body(()).unwrap().into_parts();
            d.send(parts, b"").await
        };
        let me = send(&presigned).await.ok();
        let arn = format!("arn:aws:iam::{}:user/alice", d.account);
        assert_eq!(me.text("Arn"), Some(arn.as_str()));
        let changed = presigned.replace("GetCallerIdentity", "GetSessionToken");
        assert_eq!(send(&changed).await.error().1, "SignatureDoesNotMatch");
        d.clock.pass(60);
        let late = send(&presigned).await;
        assert_eq!(late.error().1, "SignatureDoesNotMatch");
        assert!(late.error().2.starts_with("Signature expired: "), "{}", late.body);
    }
    let elsewhere = presign(&key, "sts.localhost:9000", "mars-north-1", d.clock.now());
    let request = http::Request::builder()
        .uri(format!("/?{elsewhere}"))
        .header("host", "sts.localhost:9000")
        .header("x-k8s-aws-id", "cluster");
    let (parts, ()) = request.body(()).unwrap().into_parts();
    let answer = d.send(parts, b"").await;
    assert_eq!(
        answer.error().2,
        "Credential should be scoped to a valid region. ",
        "{}",
        answer.body
    );
}

/// The query of a request presigned for a minute, by the recipe of facts/04 §1 and §2.
fn presign(key: &Key, host: &str, region: &str, now: cairn_types::Timestamp) -> String {
    let date = now.iso8601_basic();
    let day = &date[..8];
    let scope = format!("{day}/{region}/sts/aws4_request");
    let mut pairs = [
        ("Action", "GetCallerIdentity".to_owned()),
        ("Version", "2011-06-15".to_owned()),
        ("X-Amz-Algorithm", "AWS4-HMAC-SHA256".to_owned()),
        ("X-Amz-Credential", format!("{}/{scope}", key.id)),
        ("X-Amz-Date", date.clone()),
        ("X-Amz-Expires", "60".to_owned()),
        ("X-Amz-Security-Token", key.token.clone().unwrap()),
        ("X-Amz-SignedHeaders", "host;x-k8s-aws-id".to_owned()),
    ];
    pairs.sort();
    const RESERVED: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b'~');
    let encode = |text: &str| percent_encoding::utf8_percent_encode(text, RESERVED).to_string();
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={}", encode(value)))
        .collect();
    let query = pairs.join("&");
    let hash = |bytes: &[u8]| hex::encode(ring::digest::digest(&ring::digest::SHA256, bytes));
    let canonical = format!(
        "GET\n/\n{query}\nhost:{host}\nx-k8s-aws-id:cluster\n\nhost;x-k8s-aws-id\n{}",
        hash(b"")
    );
    let text = format!(
        "AWS4-HMAC-SHA256\n{date}\n{scope}\n{}",
        hash(canonical.as_bytes())
    );
    let sign = |key: &[u8], text: &str| {
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key);
        ring::hmac::sign(&key, text.as_bytes()).as_ref().to_vec()
    };
    let secret = format!("AWS4{}", key.secret.expose());
    let derived = [region, "sts", "aws4_request"]
        .iter()
        .fold(sign(secret.as_bytes(), day), |key, part| sign(&key, part));
    format!("{query}&X-Amz-Signature={}", hex::encode(sign(&derived, &text)))
}
