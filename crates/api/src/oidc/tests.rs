//! An issuer that the tests are, and what is taken of it.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use cairn_identity::IssuerUrl;
use cairn_types::Timestamp;
use parking_lot::Mutex;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
    KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA512, RSA_PSS_SHA384, RsaKeyPair, RsaPublicKeyComponents,
};
use serde_json::{Value, json};

use super::keys::KEYS_MAX;
use super::provider_keys::{ASK_SECONDS_MIN, KEYS_SECONDS_MAX};
use super::token::SKEW_SECONDS_MAX;
use super::{Fetch, FetchError, InvalidToken, Oidc, Token, Unverified};

/// A key for these tests and nothing else: ring makes none of RSA.
const RSA_KEY: &str = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDOVP16R8qFjjoSscCVr7vMDs4csS3TcqqKhba9wU0pXWU+0d5B\
    zhOvVEyusi2IoSSMPSso+OtnR9BnEXQDbVNy1J+eiGUZdH+MXOlOYA1mDjnAnezMtfBSexpN9NS3duL/8trSM74HyrV4ltl6PzQ5\
    wbVorpT29pT8wg4VDTFFF8Mu3bF82vhRHt42xeJLk5pS9Tus7ORjBZTv/UC0ZPhz92T1iRur5k5v8kt1DDtK2aipI9CEZMMBLWz7\
    1dt0gR1R/TXTmufbK6xHCVoaU/+N3I0+UyySxiG8kTa4sZabY6838vMDMgck45Pldh78WnbaSV5EcJO2xvATTukTI265AgMBAAEC\
    ggEAYpnV6hYdr3Y4xU9Bh6bLuWfH0olPK3FsEzd0DTkvXRmfNQaIzmyjFpHT9VX7kYPkWcovcmyF3jzA2EhMZwjbLJB0WQe4PJJi\
    E5sg+Q3IyWD581Tk4Sz+1AO1HdTmxGfhccvGC1ajtMiHsUFxW0yR8hniTczELkLHDwTTQvcjeO7W1OzfcgrjySSZ2M64xJcJuUFy\
    eag2EgZ5rjJdxxYlBsuCUEMkKy9pihefj8s3pHLEOgW+eSSnkjPwIwaadjmhf0g8poqtnAgPPY5fJOlHEsYEo1EtCi695pHO9d2T\
    J1Jjairkm68683IkCiAc/MG9ThJUNEKRN5UH1ym6FnpfqwKBgQDtilWwA4ofcbbGkvE8wONnhGQscl21Au5sc5tWPTEGGd+32kit\
    U44CS+T2lSoqTiwOP3u778yn0ZIHxMaszca95lV3nC+vqjvwkELm7TMll4kln6+pjnK7fs4bwUQfBZmT0IlZEg/+qq2nkMW2JelR\
    2yDyH38Sf1lHqBQ/99VcwwKBgQDeXcqE8k9XJ2BRobmq329F88kye5MOxnIpoPtHObr5Mr3+TS3pyIiVf8SeI7euH82Lyn/OhXRo\
    gXqCHWYeJz6ImBZv37Effc/0TFClwVREOpyAkX4CoLOsTHxsfk7PYTOAcX4i71DGhwbfjn/Bp3riKKYAsPFYdZYM/b6z4OB+0wKB\
    gQCXutM9GSWzLCm58caSLguT5ecu1OayZurw7297yJ517TUP9SiTPlnpcZ0RPPqwBzrw5vAcffJWB/GlcLYPT2nxhx10x5lWNgEP\
    iraRV1ZiXsdF9xh3z/vNdBQnem4O+r68wmnZMUZyP4epDzqbPOAqXzRONHwwzpOyx9QXgDETjQKBgFBOJvlkWOrsuYhBk7/1+UWW\
    CS9GGZHYcRo/nP/YBYJBpQPV86LeXRVAk01ZMNide6nkc8utvqCPQiMDYwG4woiqBFBaxKjO0u8zMFzsOPZ7BFIaORvR1ZF//d9g\
    ri2OuP7F/fu32cAYu46488KILYTHkUvmmwKLVKlUai6kI+8pAoGAZZ70GEOm6a+6V5JsKzbptE6CdJ8GyWi3PQaz98aFwbi6FSO4\
    1nkMHqqLzBsTU8L4KO4PGwalQ3+4aPTG+u6LSgAahLrVAQowZUnj80BN2E7q+//uL8jRxAhRd2U9mxoy/Z5Wfb976yu48F8r0dJQ\
    CtDj5l0hwWDcZXMkbFbpWnc=";

pub(crate) const ISSUER: &str = "https://idp.example.com/realm";

enum Pair {
    Rsa(Box<RsaKeyPair>),
    Ec(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// An issuer: what it serves, and how often it was asked.
#[derive(Clone)]
pub(crate) struct Issuer {
    url: String,
    documents: Arc<Mutex<HashMap<String, String>>>,
    asked: Arc<AtomicUsize>,
}

#[async_trait]
impl Fetch for Issuer {
    async fn get(&self, url: &str, bytes_max: usize) -> Result<Bytes, FetchError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let document = self.documents.lock().get(url).cloned();
        let document = document.ok_or_else(|| FetchError(format!("{url}: 404")))?;
        assert!(document.len() <= bytes_max);
        Ok(Bytes::from(document))
    }
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A private key by its algorithm, with its public half as a JWK.
pub(crate) struct Key {
    pair: Pair,
    algorithm: &'static str,
    id: String,
    jwk: Value,
}

impl Key {
    pub(crate) fn new(algorithm: &'static str, id: &str) -> Self {
        let random = SystemRandom::new();
        let elliptic = |with, curve: &str| {
            let document = EcdsaKeyPair::generate_pkcs8(with, &random).unwrap();
            let pair = EcdsaKeyPair::from_pkcs8(with, document.as_ref(), &random).unwrap();
            let public = pair.public_key().as_ref();
            let (x, y) = public[1..].split_at(public.len() / 2);
            let jwk =
                json!({"kty": "EC", "crv": curve, "kid": id, "use": "sig", "x": encode(x), "y": encode(y)});
            (Pair::Ec(pair), jwk)
        };
        let (pair, jwk) = match algorithm {
            "ES256" => elliptic(&ECDSA_P256_SHA256_FIXED_SIGNING, "P-256"),
            "ES384" => elliptic(&ECDSA_P384_SHA384_FIXED_SIGNING, "P-384"),
            "EdDSA" => {
                let document = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
                let pair = Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap();
                let x = encode(pair.public_key().as_ref());
                let jwk = json!({"kty": "OKP", "crv": "Ed25519", "kid": id, "x": x});
                (Pair::Ed25519(pair), jwk)
            }
            _ => {
                let pair = RsaKeyPair::from_pkcs8(&STANDARD.decode(RSA_KEY).unwrap()).unwrap();
                let public = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public());
                let (n, e) = (encode(&public.n), encode(&public.e));
                let jwk = json!({"kty": "RSA", "kid": id, "alg": algorithm, "n": n, "e": e});
                (Pair::Rsa(Box::new(pair)), jwk)
            }
        };
        Self {
            pair,
            algorithm,
            id: id.to_owned(),
            jwk,
        }
    }

    fn signature(&self, text: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Ec(pair) => pair.sign(&random, text).unwrap().as_ref().to_vec(),
            Pair::Ed25519(pair) => pair.sign(text).as_ref().to_vec(),
            Pair::Rsa(pair) => {
                let padding: &dyn ring::signature::RsaEncoding = match self.algorithm {
                    "RS256" => &RSA_PKCS1_SHA256,
                    "RS512" => &RSA_PKCS1_SHA512,
                    _ => &RSA_PSS_SHA384,
                };
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(padding, &random, text, &mut signature).unwrap();
                signature
            }
        }
    }

    /// A token of these claims.
    pub(crate) fn token(&self, claims: &Value) -> String {
        self.token_with(
            &json!({"alg": self.algorithm, "kid": self.id, "typ": "JWT"}),
            claims,
        )
    }

    fn token_with(&self, header: &Value, claims: &Value) -> String {
        let signed = format!(
            "{}.{}",
            encode(header.to_string().as_bytes()),
            encode(claims.to_string().as_bytes())
        );
        format!("{signed}.{}", encode(&self.signature(signed.as_bytes())))
    }
}

impl Issuer {
    pub(crate) fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            documents: Arc::default(),
            asked: Arc::default(),
        }
    }

    /// Shows these keys from now on.
    pub(crate) fn publish(&self, keys: &[&Key]) {
        let jwks: Vec<&Value> = keys.iter().map(|key| &key.jwk).collect();
        self.serve(&format!("{}/keys", self.url), &json!({"keys": jwks}));
        let discovery = json!({"issuer": self.url, "jwks_uri": format!("{}/keys", self.url)});
        self.serve(
            &format!("{}/.well-known/openid-configuration", self.url),
            &discovery,
        );
    }

    pub(crate) fn serve(&self, url: &str, document: &Value) {
        self.documents.lock().insert(url.to_owned(), document.to_string());
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

/// Claims of somebody, good for five minutes from `now`.
pub(crate) fn claims(issuer: &str, now: u64) -> Value {
    json!({"iss": issuer, "sub": "user-1", "aud": "app", "iat": now, "exp": now + 300})
}

const NOW: u64 = 1_767_225_600;

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

async fn verify(oidc: &Oidc, token: &str, now: u64) -> Result<(), Unverified> {
    let token = Token::parse(token).unwrap();
    let url = IssuerUrl::parse(&token.issuer).unwrap();
    oidc.verify(&url, &token, at(now)).await
}

#[tokio::test]
async fn every_algorithm_verifies_with_its_own_key_only() {
    let algorithms = ["RS256", "RS512", "PS384", "ES256", "ES384", "EdDSA"];
    let keys: Vec<Key> = algorithms.iter().map(|name| Key::new(name, name)).collect();
    let issuer = Issuer::new(ISSUER);
    issuer.publish(&keys.iter().collect::<Vec<_>>());
    let oidc = Oidc::new(Arc::new(issuer), false);
    for key in &keys {
        let token = key.token(&claims(ISSUER, NOW));
        assert_eq!(verify(&oidc, &token, NOW).await, Ok(()), "{}", key.algorithm);
        let cut = token.rfind('.').unwrap();
        let other = key.token(&claims(ISSUER, NOW + 1));
        let forged = format!("{}{}", &token[..cut], &other[other.rfind('.').unwrap()..]);
        assert_eq!(verify(&oidc, &forged, NOW).await, Err(Unverified::WrongSignature));
        // The right signature under another key's name or algorithm.
        for other in &keys {
            let right = other.id == key.id;
            let header = json!({"alg": other.algorithm, "kid": other.id});
            let crossed = key.token_with(&header, &claims(ISSUER, NOW));
            assert_eq!(verify(&oidc, &crossed, NOW).await.is_ok(), right);
            let header = json!({"alg": other.algorithm, "kid": key.id});
            let crossed = key.token_with(&header, &claims(ISSUER, NOW));
            assert_eq!(verify(&oidc, &crossed, NOW).await.is_ok(), right);
        }
    }
}

/// What anybody could make who is not the issuer.
#[test]
fn tokens_that_prove_nothing_are_not_even_read() {
    let key = Key::new("ES256", "k");
    let whole = claims(ISSUER, NOW);
    for header in [
        json!({"alg": "none"}),
        json!({"alg": "HS256", "kid": "k"}),
        json!({"alg": "ES256", "kid": "k", "crit": ["exp"]}),
        json!({"kid": "k"}),
        json!("ES256"),
    ] {
        assert!(
            Token::parse(&key.token_with(&header, &whole)).is_err(),
            "{header}"
        );
    }
    for claim in ["iss", "sub", "aud", "exp", "iat"] {
        let mut claims = whole.clone();
        claims.as_object_mut().unwrap().remove(claim);
        let error = Token::parse(&key.token(&claims)).unwrap_err();
        assert_eq!(
            error,
            InvalidToken::Invalid(format!("Missing a required claim: {claim}"))
        );
    }
    for garbage in [
        "",
        "a",
        "a.b",
        "a.b.c",
        "....",
        "e30.e30.",
        "e30.e30.AA==",
        "\u{e9}.\u{e9}.\u{e9}",
    ] {
        assert!(
            matches!(Token::parse(garbage), Err(InvalidToken::Invalid(_))),
            "{garbage}"
        );
    }
    // Twice the same claim: which one would it be?
    let twice = r#"{"iss":"a","iss":"b","sub":"s","aud":"a","iat":1,"exp":2}"#;
    let text = format!(
        "{}.{}.AA",
        encode(br#"{"alg":"ES256"}"#),
        encode(twice.as_bytes())
    );
    assert!(Token::parse(&text).is_err());
}

#[test]
fn a_token_has_a_beginning_and_an_end() {
    let key = Key::new("ES256", "k");
    let check = |change: Value, now: u64| {
        let mut claims = claims(ISSUER, NOW);
        let object = claims.as_object_mut().unwrap();
        object.extend(change.as_object().unwrap().clone());
        Token::parse(&key.token(&claims)).unwrap().check_time(at(now))
    };
    assert_eq!(check(json!({}), NOW + 299), Ok(()));
    assert!(matches!(
        check(json!({}), NOW + 300),
        Err(InvalidToken::Expired(_))
    ));
    assert_eq!(check(json!({"exp": 1_767_225_600.5}), NOW), Ok(()));
    let ahead = NOW + SKEW_SECONDS_MAX;
    for claim in ["iat", "nbf"] {
        assert_eq!(check(json!({claim: ahead}), NOW), Ok(()));
        let late = check(json!({claim: ahead + 1}), NOW);
        assert!(matches!(late, Err(InvalidToken::Invalid(_))), "{claim}");
    }
}

/// Keys change; the issuer is asked when one is not known, and not more often than said.
#[tokio::test]
async fn keys_are_kept_for_a_while_and_asked_for_anew() {
    let (first, second) = (Key::new("ES256", "1"), Key::new("ES256", "2"));
    let issuer = Issuer::new(ISSUER);
    issuer.publish(&[&first]);
    let oidc = Oidc::new(Arc::new(issuer.clone()), false);
    let token = |key: &Key| key.token(&claims(ISSUER, NOW));
    for _ in 0..5 {
        assert_eq!(verify(&oidc, &token(&first), NOW).await, Ok(()));
    }
    // Discovery and keys.
    assert_eq!(issuer.asked(), 2);
    issuer.publish(&[&first, &second]);
    let soon = NOW + ASK_SECONDS_MIN - 1;
    for _ in 0..5 {
        assert_eq!(
            verify(&oidc, &token(&second), soon).await,
            Err(Unverified::NoSuchKey)
        );
    }
    assert_eq!(issuer.asked(), 2);
    assert_eq!(verify(&oidc, &token(&second), soon + 1).await, Ok(()));
    assert_eq!(issuer.asked(), 4);
    // One that was taken back is good until the keys are too old.
    issuer.publish(&[&second]);
    let last = soon + 1 + KEYS_SECONDS_MAX;
    assert_eq!(verify(&oidc, &token(&first), last - 1).await, Ok(()));
    assert_eq!(
        verify(&oidc, &token(&first), last).await,
        Err(Unverified::NoSuchKey)
    );
    assert_eq!(issuer.asked(), 6);
}

#[tokio::test]
async fn an_issuer_that_is_away_is_not_asked_again_at_once() {
    let key = Key::new("ES256", "1");
    let issuer = Issuer::new(ISSUER);
    let oidc = Oidc::new(Arc::new(issuer.clone()), false);
    let token = key.token(&claims(ISSUER, NOW));
    for _ in 0..3 {
        assert_eq!(verify(&oidc, &token, NOW).await, Err(Unverified::Unreachable));
    }
    assert_eq!(issuer.asked(), 1);
    issuer.publish(&[&key]);
    assert_eq!(verify(&oidc, &token, NOW + ASK_SECONDS_MIN).await, Ok(()));
}

/// An issuer cannot speak for another, nor send this server anywhere.
#[tokio::test]
async fn a_discovery_document_is_of_its_issuer() {
    let key = Key::new("ES256", "1");
    let refused = async |url: &str, discovery: Value, allow_http: bool| {
        let issuer = Issuer::new(url);
        issuer.publish(&[&key]);
        for keys in ["http://169.254.169.254/keys", "https://keys.example.com/keys"] {
            issuer.serve(keys, &json!({"keys": [key.jwk]}));
        }
        issuer.serve(&format!("{url}/.well-known/openid-configuration"), &discovery);
        let oidc = Oidc::new(Arc::new(issuer), allow_http);
        verify(&oidc, &key.token(&claims(url, NOW)), NOW).await.is_err()
    };
    let document = |issuer: &str, keys: &str| json!({"issuer": issuer, "jwks_uri": keys});
    let elsewhere = "https://keys.example.com/keys";
    let inside = "http://169.254.169.254/keys";
    assert!(!refused(ISSUER, document(ISSUER, elsewhere), false).await);
    assert!(refused(ISSUER, document("https://other.example.com", elsewhere), false).await);
    assert!(refused(ISSUER, document(ISSUER, inside), false).await);
    assert!(refused(ISSUER, document(ISSUER, "file:///etc/passwd"), false).await);
    let local = "http://127.0.0.1:8080";
    assert!(!refused(local, document(local, "http://127.0.0.1:8080/keys"), false).await);
    assert!(refused(local, document(local, inside), false).await);
    let plain = "http://idp.example.com";
    let keys = "http://idp.example.com/keys";
    assert!(refused(plain, document(plain, keys), false).await);
    assert!(!refused(plain, document(plain, keys), true).await);
    assert!(refused(plain, document(plain, inside), true).await);
}

#[tokio::test]
async fn a_key_set_has_a_size() {
    let key = Key::new("ES256", "1");
    for (count, verified) in [(KEYS_MAX, Ok(())), (KEYS_MAX + 1, Err(Unverified::Unreachable))] {
        let issuer = Issuer::new(ISSUER);
        issuer.publish(&vec![&key; count]);
        let oidc = Oidc::new(Arc::new(issuer), false);
        let token = key.token(&claims(ISSUER, NOW));
        assert_eq!(verify(&oidc, &token, NOW).await, verified);
    }
}

#[tokio::test]
async fn keys_of_other_kinds_are_left_out() {
    let key = Key::new("ES256", "1");
    let mut encrypting = key.jwk.clone();
    encrypting["use"] = json!("enc");
    let mut short = key.jwk.clone();
    short["x"] = json!("AA");
    for (jwk, verified) in [
        (encrypting, Err(Unverified::NoSuchKey)),
        (short, Err(Unverified::NoSuchKey)),
        (
            json!({"kty": "oct", "kid": "1", "k": "AAAA"}),
            Err(Unverified::NoSuchKey),
        ),
        (key.jwk.clone(), Ok(())),
    ] {
        let issuer = Issuer::new(ISSUER);
        issuer.publish(&[]);
        let strange = json!({"kty": "XYZ", "kid": 7});
        issuer.serve(&format!("{ISSUER}/keys"), &json!({"keys": [strange, jwk]}));
        let oidc = Oidc::new(Arc::new(issuer), false);
        let token = key.token(&claims(ISSUER, NOW));
        assert_eq!(verify(&oidc, &token, NOW).await, verified);
    }
}
