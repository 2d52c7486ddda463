//! OpenID Connect providers: whose tokens an account takes for AssumeRoleWithWebIdentity.
//!
//! Only that a provider is trusted is kept here. Its keys are its own and change; whoever verifies a token asks it
//! for them.

use std::fmt;

use cairn_types::{AccountId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::rows::{self, Noun, Record};
use crate::store::{Taken, Transaction};
use crate::tags::Tags;
use crate::{Entity, Error, Identity, Quota};

/// The URL of an issuer: `https://` or `http://`, a host, perhaps a port, and a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IssuerUrl(String);

/// Not the URL of an issuer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an issuer is a https:// URL of at most 255 characters, without user, query and fragment")]
pub struct InvalidIssuerUrl;

impl IssuerUrl {
    /// Longest URL in characters (the model's `OpenIDConnectProviderUrlType`).
    pub const CHARS_MAX: usize = 255;

    /// Validates a URL. It is kept as it is, a `/` at its end too: tokens name it byte for byte.
    ///
    /// # Errors
    /// [`InvalidIssuerUrl`].
    pub fn parse(text: &str) -> Result<Self, InvalidIssuerUrl> {
        let rest = text
            .strip_prefix("https://")
            .or_else(|| text.strip_prefix("http://"))
            .filter(|_| text.len() <= Self::CHARS_MAX)
            .ok_or(InvalidIssuerUrl)?;
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let in_authority = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
        let in_path = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/!$&'()*+,;=:@".contains(&byte);
        let valid = authority.bytes().any(|byte| byte.is_ascii_alphanumeric())
            && authority.bytes().all(in_authority)
            && path.bytes().all(in_path)
            && !path.split('/').any(|part| matches!(part, "." | ".."));
        if valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidIssuerUrl)
        }
    }

    /// The URL as given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The URL without its scheme: how ARNs and condition keys name the issuer.
    pub fn name(&self) -> &str {
        self.0.split_once("://").map_or("", |(_, rest)| rest)
    }

    /// Whether it is read over TLS.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }
}

impl fmt::Display for IssuerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for IssuerUrl {
    type Error = InvalidIssuerUrl;
    fn try_from(text: String) -> Result<Self, InvalidIssuerUrl> {
        Self::parse(&text)
    }
}

impl From<IssuerUrl> for String {
    fn from(url: IssuerUrl) -> Self {
        url.0
    }
}

/// A provider that an account trusts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OidcProviderRecord {
    /// The account that trusts it.
    pub account: AccountId,
    /// The issuer.
    pub url: IssuerUrl,
    /// When it was made.
    pub created: Timestamp,
    /// The audiences whose tokens are taken.
    pub client_ids: Vec<String>,
    /// SHA-1 fingerprints of certificates, in hexadecimal. They are kept and shown; what is trusted is what the
    /// machine trusts (docs/sessions.md).
    pub thumbprints: Vec<String>,
    /// Tags.
    pub tags: Tags,
}

impl Record for OidcProviderRecord {
    const WHAT: &'static str = "OpenID Connect provider";
}

impl OidcProviderRecord {
    /// Most providers of an account.
    pub const PER_ACCOUNT_MAX: usize = 100;
    /// Most client ids of a provider.
    pub const CLIENT_IDS_MAX: usize = 100;
    /// Most thumbprints of a provider.
    pub const THUMBPRINTS_MAX: usize = 5;

    /// `arn:aws:iam::ACCOUNT:oidc-provider/ISSUER`
    pub fn arn(&self) -> String {
        arn(&self.account, self.url.name())
    }
}

fn arn(account: &AccountId, name: &str) -> String {
    format!("arn:aws:iam::{account}:oidc-provider/{name}")
}

/// A provider to be made.
#[derive(Debug, Clone)]
pub struct NewOidcProvider {
    /// The issuer.
    pub url: IssuerUrl,
    /// The audiences.
    pub client_ids: Vec<String>,
    /// Fingerprints.
    pub thumbprints: Vec<String>,
    /// Tags.
    pub tags: Tags,
}

fn no_provider(arn: &str) -> Error {
    Error::NoSuchEntity(Entity::OidcProvider, arn.to_owned())
}

impl Transaction {
    /// A provider that must be there.
    pub(crate) async fn oidc_provider(
        &self,
        account: &AccountId,
        arn: &str,
    ) -> Result<OidcProviderRecord, Error> {
        self.identity.oidc_provider(account, arn).await
    }

    pub(crate) fn put_oidc_provider(&mut self, provider: &OidcProviderRecord) -> Result<(), Error> {
        let row = rows::named(Noun::OidcProvider, &provider.account, provider.url.name());
        self.put(row, provider)
    }
}

fn check_client_ids(ids: &[String]) -> Result<(), Error> {
    if ids.len() > OidcProviderRecord::CLIENT_IDS_MAX {
        let most = OidcProviderRecord::CLIENT_IDS_MAX;
        return Err(Error::LimitExceeded(Quota::ClientIdsPerProvider, most));
    }
    Ok(())
}

fn check_thumbprints(thumbprints: &[String]) -> Result<(), Error> {
    if thumbprints.len() > OidcProviderRecord::THUMBPRINTS_MAX {
        return Err(Error::InvalidInput(format!(
            "Thumbprint list must contain fewer than {} entries.",
            OidcProviderRecord::THUMBPRINTS_MAX + 1
        )));
    }
    Ok(())
}

impl Identity {
    /// A provider of an account by its ARN.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`], [`Error::Storage`].
    pub async fn oidc_provider(&self, account: &AccountId, arn: &str) -> Result<OidcProviderRecord, Error> {
        let prefix = self::arn(account, "");
        let name = arn.strip_prefix(&prefix).ok_or_else(|| no_provider(arn))?;
        let found: Option<OidcProviderRecord> =
            self.get(&rows::named(Noun::OidcProvider, account, name)).await?;
        found
            .filter(|provider| provider.url.name() == name)
            .ok_or_else(|| no_provider(arn))
    }

    /// The provider that an account trusts for the tokens of this issuer; `None` where it trusts none.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn oidc_provider_of(
        &self,
        account: &AccountId,
        issuer: &str,
    ) -> Result<Option<OidcProviderRecord>, Error> {
        let Ok(url) = IssuerUrl::parse(issuer) else {
            return Ok(None);
        };
        match self.oidc_provider(account, &arn(account, url.name())).await {
            Ok(provider) => Ok(Some(provider).filter(|provider| provider.url == url)),
            Err(Error::NoSuchEntity(..)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// All providers of an account, by name.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn oidc_providers(&self, account: &AccountId) -> Result<Vec<OidcProviderRecord>, Error> {
        let range = rows::all(Noun::OidcProvider, &[account.as_str()]);
        self.scan(range, |_, provider: OidcProviderRecord| Taken::Yes(provider))
            .await
    }

    /// Makes a provider.
    ///
    /// # Errors
    /// [`Error::EntityAlreadyExists`], [`Error::LimitExceeded`], [`Error::InvalidInput`] for too many thumbprints,
    /// [`Error::Busy`], [`Error::Storage`].
    pub async fn create_oidc_provider(
        &self,
        account: &AccountId,
        new: NewOidcProvider,
    ) -> Result<OidcProviderRecord, Error> {
        check_client_ids(&new.client_ids)?;
        check_thumbprints(&new.thumbprints)?;
        let mut transaction = self.begin().await?;
        let row = rows::named(Noun::OidcProvider, account, new.url.name());
        if transaction.get::<OidcProviderRecord>(&row).await?.is_some() {
            return Err(Error::EntityAlreadyExists(
                Entity::OidcProvider,
                new.url.to_string(),
            ));
        }
        let most = OidcProviderRecord::PER_ACCOUNT_MAX;
        if self.oidc_providers(account).await?.len() >= most {
            return Err(Error::LimitExceeded(Quota::OidcProviders, most));
        }
        let provider = OidcProviderRecord {
            account: account.clone(),
            url: new.url,
            created: self.inner.clock.now(),
            client_ids: new.client_ids,
            thumbprints: new.thumbprints,
            tags: new.tags,
        };
        transaction.put_oidc_provider(&provider)?;
        transaction.commit().await?;
        Ok(provider)
    }

    /// Removes a provider; one that is not there is no error. Sessions that it vouched for go on.
    ///
    /// # Errors
    /// [`Error::Busy`], [`Error::Storage`].
    pub async fn delete_oidc_provider(&self, account: &AccountId, arn: &str) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        let provider = match transaction.oidc_provider(account, arn).await {
            Ok(provider) => provider,
            Err(Error::NoSuchEntity(..)) => return Ok(()),
            Err(error) => return Err(error),
        };
        transaction.delete(rows::named(Noun::OidcProvider, account, provider.url.name()));
        transaction.commit().await
    }

    /// Takes tokens for another audience; one that is taken already is no error.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`], [`Error::LimitExceeded`], [`Error::Busy`], [`Error::Storage`].
    pub async fn add_client_id(&self, account: &AccountId, arn: &str, id: &str) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        let mut provider = transaction.oidc_provider(account, arn).await?;
        if provider.client_ids.iter().any(|known| known == id) {
            return Ok(());
        }
        provider.client_ids.push(id.to_owned());
        check_client_ids(&provider.client_ids)?;
        transaction.put_oidc_provider(&provider)?;
        transaction.commit().await
    }

    /// Takes no more tokens for an audience; one that is not there is no error.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`], [`Error::Busy`], [`Error::Storage`].
    pub async fn remove_client_id(&self, account: &AccountId, arn: &str, id: &str) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        let mut provider = transaction.oidc_provider(account, arn).await?;
        provider.client_ids.retain(|known| known != id);
        transaction.put_oidc_provider(&provider)?;
        transaction.commit().await
    }

    /// Replaces the thumbprints.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`], [`Error::InvalidInput`] for too many, [`Error::Busy`], [`Error::Storage`].
    pub async fn set_thumbprints(
        &self,
        account: &AccountId,
        arn: &str,
        thumbprints: Vec<String>,
    ) -> Result<(), Error> {
        check_thumbprints(&thumbprints)?;
        let mut transaction = self.begin().await?;
        let mut provider = transaction.oidc_provider(account, arn).await?;
        provider.thumbprints = thumbprints;
        transaction.put_oidc_provider(&provider)?;
        transaction.commit().await
    }
}

#[cfg(test)]
mod tests {
    use super::IssuerUrl;

    #[test]
    fn an_issuer_is_a_plain_url() {
        for right in [
            "https://idp.example.com",
            "https://idp.example.com/",
            "http://127.0.0.1:8080/realms/one",
            "https://[::1]:8443/x",
        ] {
            let url = IssuerUrl::parse(right).unwrap();
            assert_eq!(
                format!("://{}", url.name()),
                right.trim_start_matches("https").trim_start_matches("http")
            );
        }
        let long = format!("https://idp.example.com/{}", "x".repeat(255));
        for wrong in [
            "",
            "idp.example.com",
            "ftp://idp.example.com",
            "https://",
            "https:///path",
            "https://user@idp.example.com",
            "https://idp.example.com?x=y",
            "https://idp.example.com/#f",
            "https://idp.example.com/a/../b",
            "https://idp.example.com/a b",
            "https://idp.example.com/\0",
            &long,
        ] {
            assert!(IssuerUrl::parse(wrong).is_err(), "{wrong}");
        }
    }
}
