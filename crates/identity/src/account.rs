//! Accounts: the owners of buckets, users, groups, roles and policies.
//!
//! The first account is made at the first start, of what the server's credentials file says; its key of that
//! file is known while the server runs, whatever the directory has ([`Identity::adopt_root`]). More are made by
//! [`Identity::create_account`].

use std::sync::Arc;

use cairn_types::{AccessKeyId, AccountId, CanonicalUserId, SecretAccessKey, Timestamp};
use serde::{Deserialize, Serialize};

use crate::access_key::{AccessKeyRecord, Holder, Issued, Status};
use crate::page::Page;
use crate::password::PasswordPolicy;
use crate::rows::{self, Noun, Record};
use crate::store::{Taken, Transaction};
use crate::{Entity, Error, Identity, Quota};

/// An account, as everything that belongs to it names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The twelve digits.
    pub id: AccountId,
    /// The id that `Owner` elements show.
    pub canonical_user_id: CanonicalUserId,
}

/// What the first account is made of at the first start.
#[derive(Debug, Clone)]
pub struct RootAccount {
    /// The account's number.
    pub account_id: AccountId,
    /// The account's canonical user id.
    pub canonical_user_id: CanonicalUserId,
    /// The root user's access key.
    pub access_key_id: AccessKeyId,
    /// The root user's secret.
    pub secret_access_key: SecretAccessKey,
}

/// All there is about an account itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountRecord {
    /// The twelve digits.
    pub id: AccountId,
    /// The id that `Owner` elements show.
    pub canonical_user_id: CanonicalUserId,
    /// A name for people: up to 50 characters.
    pub name: String,
    /// When it was made.
    pub created: Timestamp,
    /// The alias that names it at sign-in.
    pub alias: Option<String>,
    /// The root user's access keys that are in the directory: at most [`AccessKeyRecord::PER_HOLDER_MAX`].
    pub keys: Vec<AccessKeyId>,
    /// The serial numbers of the root user's MFA devices.
    pub mfa_devices: Vec<String>,
    /// The rules for its users' passwords; `None` where they were never set.
    pub password_policy: Option<PasswordPolicy>,
}

impl Record for AccountRecord {
    const WHAT: &'static str = "account";
}

/// The number of the account that has a canonical user id, or an alias.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct AccountReference(pub(crate) AccountId);

impl Record for AccountReference {
    const WHAT: &'static str = "reference to an account";
}

impl AccountRecord {
    fn account(&self) -> Account {
        Account {
            id: self.id.clone(),
            canonical_user_id: self.canonical_user_id.clone(),
        }
    }
}

impl Identity {
    /// Longest name of an account in characters.
    pub const ACCOUNT_NAME_CHARS_MAX: usize = 50;

    /// Makes the first account where it is not there yet, and knows its key as long as this process runs: the
    /// key of the credentials file or of the environment opens the account also where the directory has other
    /// keys, so that nobody is locked out.
    ///
    /// # Errors
    /// [`Error::Storage`], [`Error::Busy`].
    pub async fn adopt_root(&self, root: &RootAccount) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        let known: Option<AccountRecord> = transaction.get(&rows::account(&root.account_id)).await?;
        let account = match known {
            Some(record) => record.account(),
            None => {
                let record = AccountRecord {
                    id: root.account_id.clone(),
                    canonical_user_id: root.canonical_user_id.clone(),
                    name: "root".to_owned(),
                    created: self.inner.clock.now(),
                    alias: None,
                    keys: Vec::new(),
                    mfa_devices: Vec::new(),
                    password_policy: None,
                };
                put_new(&mut transaction, &record)?;
                record.account()
            }
        };
        transaction.commit().await?;
        self.know_root_key(Arc::new(account), root);
        Ok(())
    }

    /// Makes an account and its root user's first access key.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] for a name that is empty or has more than [`Self::ACCOUNT_NAME_CHARS_MAX`]
    /// characters; [`Error::Busy`], [`Error::Storage`].
    pub async fn create_account(&self, name: &str) -> Result<(AccountRecord, Issued), Error> {
        let chars = name.chars().count();
        if chars == 0 || chars > Self::ACCOUNT_NAME_CHARS_MAX || name.chars().any(char::is_control) {
            return Err(Error::InvalidInput(format!(
                "an account's name has 1 to {} characters",
                Self::ACCOUNT_NAME_CHARS_MAX
            )));
        }
        let mut transaction = self.begin().await?;
        let mut id = AccountId::generate();
        while transaction
            .get::<AccountRecord>(&rows::account(&id))
            .await?
            .is_some()
        {
            id = AccountId::generate();
        }
        let mut record = AccountRecord {
            id: id.clone(),
            canonical_user_id: CanonicalUserId::generate(),
            name: name.to_owned(),
            created: self.inner.clock.now(),
            alias: None,
            keys: Vec::new(),
            mfa_devices: Vec::new(),
            password_policy: None,
        };
        let issued = transaction.issue_key(&id, Holder::Root, &mut record.keys)?;
        put_new(&mut transaction, &record)?;
        transaction.commit().await?;
        Ok((record, issued))
    }

    /// One account.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`], [`Error::Storage`].
    pub async fn account(&self, id: &AccountId) -> Result<AccountRecord, Error> {
        self.get(&rows::account(id)).await?.ok_or_else(|| no_account(id))
    }

    /// The account with this canonical user id.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn account_by_canonical_user_id(
        &self,
        id: &CanonicalUserId,
    ) -> Result<Option<AccountId>, Error> {
        let found: Option<AccountReference> = self.get(&rows::canonical_user(id)).await?;
        Ok(found.map(|reference| reference.0))
    }

    /// Accounts by number, after this one.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn accounts(&self, after: Option<&str>, limit: usize) -> Result<Page<AccountRecord>, Error> {
        self.page(
            rows::all(Noun::Account, &[]),
            after,
            limit,
            |_| true,
            |record: &AccountRecord| record.id.to_string(),
        )
        .await
    }

    /// Gives an account's root user a new access key, and takes away all others that the directory has.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`], [`Error::Busy`], [`Error::Storage`].
    pub async fn rotate_root_key(&self, id: &AccountId) -> Result<Issued, Error> {
        let mut transaction = self.begin().await?;
        let mut record = transaction.account(id).await?;
        for key in std::mem::take(&mut record.keys) {
            transaction.delete(rows::access_key(&key));
        }
        let issued = transaction.issue_key(id, Holder::Root, &mut record.keys)?;
        transaction.put_account(&record)?;
        transaction.commit().await?;
        Ok(issued)
    }

    /// All rows of a noun of an account: for the counts of GetAccountSummary.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub(crate) async fn count<R: Record + Send + 'static>(
        &self,
        noun: Noun,
        account: &AccountId,
    ) -> Result<usize, Error> {
        let found = self
            .scan(rows::all(noun, &[account.as_str()]), |_, _: R| Taken::Yes(()))
            .await?;
        Ok(found.len())
    }
}

fn no_account(id: &AccountId) -> Error {
    Error::NoSuchEntity(Entity::Account, id.to_string())
}

fn put_new(transaction: &mut Transaction, record: &AccountRecord) -> Result<(), Error> {
    transaction.put(
        rows::canonical_user(&record.canonical_user_id),
        &AccountReference(record.id.clone()),
    )?;
    transaction.put_account(record)
}

impl Transaction {
    /// An account that must be there.
    pub(crate) async fn account(&self, id: &AccountId) -> Result<AccountRecord, Error> {
        self.get(&rows::account(id)).await?.ok_or_else(|| no_account(id))
    }

    pub(crate) fn put_account(&mut self, record: &AccountRecord) -> Result<(), Error> {
        self.put(rows::account(&record.id), record)
    }

    /// Makes an access key for somebody who has `keys`.
    pub(crate) fn issue_key(
        &mut self,
        account: &AccountId,
        holder: Holder,
        keys: &mut Vec<AccessKeyId>,
    ) -> Result<Issued, Error> {
        if keys.len() >= AccessKeyRecord::PER_HOLDER_MAX {
            return Err(Error::LimitExceeded(
                Quota::AccessKeysPerUser,
                AccessKeyRecord::PER_HOLDER_MAX,
            ));
        }
        let (id, secret) = (AccessKeyId::generate(), SecretAccessKey::generate());
        let record = AccessKeyRecord {
            id: id.clone(),
            account: account.clone(),
            holder,
            status: Status::Active,
            created: self.identity.inner.clock.now(),
            sealed_secret: self
                .identity
                .seal_secret(id.as_str(), secret.expose().as_bytes())?,
        };
        self.put(rows::access_key(&id), &record)?;
        keys.push(id);
        Ok(Issued { record, secret })
    }
}
