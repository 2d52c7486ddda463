//! The keys of providers, kept for a while: how often a provider is asked does not depend on how often it is named.

use std::sync::Arc;

use cairn_identity::IssuerUrl;
use cairn_types::Timestamp;
use quick_cache::sync::Cache;
use serde::Deserialize;
use tokio::sync::Mutex;

use super::fetch::{Fetch, FetchError};
use super::keys::Keys;
use super::token::Token;

/// Most providers whose keys are kept.
pub(crate) const PROVIDERS_MAX: usize = 1000;
/// How long a provider's keys are kept, in seconds: a key that it takes back is good for so long.
pub(crate) const KEYS_SECONDS_MAX: u64 = 3600;
/// Least time in seconds from one question to a provider to the next, whether the first was answered or not: tokens
/// with key ids that nobody has would make it many.
pub(crate) const ASK_SECONDS_MIN: u64 = 10;
/// Largest discovery document and key set, in bytes each.
pub(crate) const DOCUMENT_BYTES_MAX: usize = 256 * 1024;

/// Why a token's signature is not known to be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unverified {
    /// The provider could not be asked for its keys, or answered nonsense.
    Unreachable,
    /// It is signed with none of the provider's keys.
    NoSuchKey,
    /// The signature is wrong.
    WrongSignature,
}

/// What is known of one provider. Whoever holds the lock asks it; the others wait for the answer.
#[derive(Default)]
struct Known {
    keys: Option<(Timestamp, Arc<Keys>)>,
    asked: Option<Timestamp>,
}

/// The discovery document (OpenID Connect Discovery §3), as far as it is needed.
#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

/// Verifies identity tokens.
pub(crate) struct Oidc {
    fetch: Arc<dyn Fetch>,
    /// Whether providers without TLS are asked, wherever they are.
    allow_http: bool,
    known: Cache<String, Arc<Mutex<Known>>>,
}

impl Oidc {
    pub(crate) fn new(fetch: Arc<dyn Fetch>, allow_http: bool) -> Self {
        Self {
            fetch,
            allow_http,
            known: Cache::new(PROVIDERS_MAX),
        }
    }

    /// Whether an issuer may be asked: over TLS, or on this machine, or where the operator allows any.
    pub(crate) fn may_ask(&self, issuer: &IssuerUrl) -> bool {
        issuer.is_https() || self.allow_http || is_loopback(authority(issuer.as_str()))
    }

    /// Whether the token is signed with a key that its issuer has now.
    ///
    /// # Errors
    /// Why that is not known.
    pub(crate) async fn verify(
        &self,
        issuer: &IssuerUrl,
        token: &Token,
        now: Timestamp,
    ) -> Result<(), Unverified> {
        let keys = self.keys(issuer, token, now).await?;
        if !keys.has(token) {
            return Err(Unverified::NoSuchKey);
        }
        if keys.verify(token) {
            Ok(())
        } else {
            Err(Unverified::WrongSignature)
        }
    }

    /// The issuer's keys: the kept ones while they are young and one of them may be the token's, else new ones.
    async fn keys(&self, issuer: &IssuerUrl, token: &Token, now: Timestamp) -> Result<Arc<Keys>, Unverified> {
        let fresh = || Ok::<_, Unverified>(Arc::default());
        let known: Arc<Mutex<Known>> = self.known.get_or_insert_with(issuer.as_str(), fresh)?;
        let mut known = known.lock().await;
        let age = |since: Timestamp| now.seconds().saturating_sub(since.seconds());
        let young = known
            .keys
            .clone()
            .filter(|(since, _)| age(*since) < KEYS_SECONDS_MAX)
            .map(|(_, keys)| keys);
        if let Some(keys) = young.clone().filter(|keys| keys.has(token)) {
            return Ok(keys);
        }
        if known.asked.is_some_and(|asked| age(asked) < ASK_SECONDS_MIN) {
            return young.ok_or(Unverified::Unreachable);
        }
        known.asked = Some(now);
        match self.ask(issuer).await {
            Ok(keys) => {
                let keys = Arc::new(keys);
                known.keys = Some((now, Arc::clone(&keys)));
                Ok(keys)
            }
            Err(error) => {
                tracing::warn!(%issuer, %error, "an identity provider cannot be asked for its keys");
                young.ok_or(Unverified::Unreachable)
            }
        }
    }

    /// Asks a provider for its keys.
    async fn ask(&self, issuer: &IssuerUrl) -> Result<Keys, FetchError> {
        if !self.may_ask(issuer) {
            return Err(FetchError("it is not read over TLS".to_owned()));
        }
        let base = issuer.as_str().trim_end_matches('/');
        let document = self
            .fetch
            .get(
                &format!("{base}/.well-known/openid-configuration"),
                DOCUMENT_BYTES_MAX,
            )
            .await?;
        let discovery: Discovery =
            serde_json::from_slice(&document).map_err(|error| FetchError(error.to_string()))?;
        if discovery.issuer != issuer.as_str() {
            return Err(FetchError(format!(
                "it says that it is {:.255}",
                discovery.issuer
            )));
        }
        let uri = discovery.jwks_uri;
        // A provider that is read over TLS cannot point anywhere without; one that is not, only to itself.
        let same_place = || !issuer.is_https() && authority(&uri) == authority(issuer.as_str());
        let asked = uri.starts_with("https://") || (uri.starts_with("http://") && same_place());
        if !asked {
            return Err(FetchError(format!("its jwks_uri {uri:.255} is not asked")));
        }
        let document = self.fetch.get(&uri, DOCUMENT_BYTES_MAX).await?;
        Keys::parse(&document).map_err(FetchError)
    }
}

/// Host and port of a URL.
fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

fn is_loopback(authority: &str) -> bool {
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    match host.parse::<std::net::IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => host == "localhost",
    }
}
