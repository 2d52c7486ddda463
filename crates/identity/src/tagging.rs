//! Tagging what is there already: users, roles and managed policies.

use cairn_types::{AccountId, Tag};

use crate::store::Transaction;
use crate::tags::Tags;
use crate::user::UserRecord;
use crate::{Error, Identity, ManagedPolicyRecord, OidcProviderRecord, RoleRecord};

/// Something that has tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tagged {
    /// A user, by name.
    User(String),
    /// A role, by name.
    Role(String),
    /// A customer managed policy, by ARN.
    Policy(String),
    /// An OpenID Connect provider, by ARN.
    OidcProvider(String),
}

enum TaggedRecord {
    User(Box<UserRecord>),
    Role(Box<RoleRecord>),
    Policy(Box<ManagedPolicyRecord>),
    OidcProvider(Box<OidcProviderRecord>),
}

impl TaggedRecord {
    fn tags(&mut self) -> &mut Tags {
        match self {
            Self::User(user) => &mut user.tags,
            Self::Role(role) => &mut role.tags,
            Self::Policy(policy) => &mut policy.tags,
            Self::OidcProvider(provider) => &mut provider.tags,
        }
    }

    fn put(&self, transaction: &mut Transaction) -> Result<(), Error> {
        match self {
            Self::User(user) => transaction.put_user(user),
            Self::Role(role) => transaction.put_role(role),
            Self::Policy(policy) => transaction.put_managed_policy(policy),
            Self::OidcProvider(provider) => transaction.put_oidc_provider(provider),
        }
    }
}

impl Transaction {
    async fn tagged(&self, account: &AccountId, what: &Tagged) -> Result<TaggedRecord, Error> {
        Ok(match what {
            Tagged::User(name) => TaggedRecord::User(Box::new(self.user(account, name).await?)),
            Tagged::Role(name) => TaggedRecord::Role(Box::new(self.role(account, name).await?)),
            Tagged::Policy(arn) => TaggedRecord::Policy(Box::new(self.managed_policy(account, arn).await?)),
            Tagged::OidcProvider(arn) => {
                TaggedRecord::OidcProvider(Box::new(self.oidc_provider(account, arn).await?))
            }
        })
    }
}

impl Identity {
    /// The tags of something; Amazon's policies have none.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`], [`Error::Storage`].
    pub async fn tags_of(&self, account: &AccountId, what: &Tagged) -> Result<Tags, Error> {
        Ok(match what {
            Tagged::User(name) => self.user(account, name).await?.tags,
            Tagged::Role(name) => self.role(account, name).await?.tags,
            Tagged::OidcProvider(arn) => self.oidc_provider(account, arn).await?.tags,
            Tagged::Policy(arn) => match self.managed_policy(account, arn).await? {
                crate::ManagedPolicy::Customer(policy) => policy.tags,
                crate::ManagedPolicy::Amazon(_) => Tags::default(),
            },
        })
    }

    /// Adds tags; one whose key is there gets the new value.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`], [`Error::Unmodifiable`]; [`Error::InvalidInput`] where two of the new ones have the
    /// same key; [`Error::LimitExceeded`] with [`Tags::MAX`] there; [`Error::Busy`], [`Error::Storage`].
    pub async fn add_tags(&self, account: &AccountId, what: &Tagged, tags: Vec<Tag>) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        let mut record = transaction.tagged(account, what).await?;
        record.tags().add(tags)?;
        record.put(&mut transaction)?;
        transaction.commit().await
    }

    /// Removes tags; one that is not there is no error.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`], [`Error::Unmodifiable`], [`Error::Busy`], [`Error::Storage`].
    pub async fn remove_tags(
        &self,
        account: &AccountId,
        what: &Tagged,
        keys: &[String],
    ) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        let mut record = transaction.tagged(account, what).await?;
        record.tags().remove(keys);
        record.put(&mut transaction)?;
        transaction.commit().await
    }
}
