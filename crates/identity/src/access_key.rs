//! Long-term access keys: of users, and of the root users of accounts.

use cairn_types::{AccessKeyId, AccountId, SecretAccessKey, Timestamp};
use serde::{Deserialize, Serialize};

use crate::rows::{self, Record};
use crate::seal::Purpose;
use crate::store::Transaction;
use crate::user::UserRecord;
use crate::{Entity, Error, Identity, UniqueId};

/// Whose a key is, inside its account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Holder {
    /// The account's root user.
    Root,
    /// A user.
    User(UniqueId),
}

/// Whether requests can be signed with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// They can.
    Active,
    /// They cannot, until it is active again.
    Inactive,
}

impl Status {
    /// As the API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::Inactive => "Inactive",
        }
    }
}

/// An access key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessKeyRecord {
    /// Its id.
    pub id: AccessKeyId,
    /// The account it is of.
    pub account: AccountId,
    /// Who in the account.
    pub holder: Holder,
    /// Whether it works.
    pub status: Status,
    /// When it was made.
    pub created: Timestamp,
    /// The secret, sealed.
    pub(crate) sealed_secret: Vec<u8>,
}

impl AccessKeyRecord {
    /// Most keys of a user, and of a root user in the directory (facts/05 §3).
    pub const PER_HOLDER_MAX: usize = 2;
}

impl Record for AccessKeyRecord {
    const WHAT: &'static str = "access key";
}

/// A new key, and the only time that its secret is told.
#[derive(Debug, Clone)]
pub struct Issued {
    /// The key.
    pub record: AccessKeyRecord,
    /// The secret.
    pub secret: SecretAccessKey,
}

/// Whose keys are meant: a user by name, or the root user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyOwner {
    /// The root user.
    Root,
    /// A user.
    User(String),
}

/// A root user or a user inside a transaction: who has keys and devices, and what to write back when those change.
pub(crate) enum OwnerRecord {
    Root(Box<crate::AccountRecord>),
    User(Box<UserRecord>),
}

impl OwnerRecord {
    fn keys(&mut self) -> &mut Vec<AccessKeyId> {
        match self {
            Self::Root(account) => &mut account.keys,
            Self::User(user) => &mut user.keys,
        }
    }

    /// The serial numbers of the holder's MFA devices.
    pub(crate) fn mfa_devices(&mut self) -> &mut Vec<String> {
        match self {
            Self::Root(account) => &mut account.mfa_devices,
            Self::User(user) => &mut user.mfa_devices,
        }
    }

    pub(crate) fn holder(&self) -> Holder {
        match self {
            Self::Root(_) => Holder::Root,
            Self::User(user) => Holder::User(user.id.clone()),
        }
    }

    pub(crate) fn put(&self, transaction: &mut Transaction) -> Result<(), Error> {
        match self {
            Self::Root(account) => transaction.put_account(account),
            Self::User(user) => transaction.put_user(user),
        }
    }
}

impl Transaction {
    /// A root user or user that must be there.
    pub(crate) async fn owner(&self, account: &AccountId, owner: &KeyOwner) -> Result<OwnerRecord, Error> {
        Ok(match owner {
            KeyOwner::Root => OwnerRecord::Root(Box::new(self.account(account).await?)),
            KeyOwner::User(name) => OwnerRecord::User(Box::new(self.user(account, name).await?)),
        })
    }
}

fn no_key(id: &str) -> Error {
    Error::NoSuchEntity(Entity::AccessKey, id.to_owned())
}

impl Identity {
    pub(crate) fn seal_secret(&self, owner: &str, secret: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(self
            .inner
            .sealer
            .seal(Purpose::Secret, owner.as_bytes(), secret)?)
    }

    pub(crate) fn open_secret(&self, owner: &str, sealed: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(self
            .inner
            .sealer
            .open(Purpose::Secret, owner.as_bytes(), sealed)?)
    }

    pub(crate) fn secret_of(&self, record: &AccessKeyRecord) -> Result<SecretAccessKey, Error> {
        let bytes = self.open_secret(record.id.as_str(), &record.sealed_secret)?;
        let secret = String::from_utf8(bytes).ok();
        secret
            .and_then(|text| SecretAccessKey::parse(&text).ok())
            .ok_or_else(|| cairn_storage::StorageError::Corrupt("the secret of an access key".into()).into())
    }

    /// Makes an access key.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`] for the user; [`Error::LimitExceeded`] with two keys there; [`Error::Busy`],
    /// [`Error::Storage`].
    pub async fn create_access_key(&self, account: &AccountId, owner: &KeyOwner) -> Result<Issued, Error> {
        let mut transaction = self.begin().await?;
        let mut holder = transaction.owner(account, owner).await?;
        let who = holder.holder();
        let issued = transaction.issue_key(account, who, holder.keys())?;
        holder.put(&mut transaction)?;
        transaction.commit().await?;
        Ok(issued)
    }

    /// The keys of one holder, in the order they were made.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`] for the user; [`Error::Storage`].
    pub async fn access_keys(
        &self,
        account: &AccountId,
        owner: &KeyOwner,
    ) -> Result<Vec<AccessKeyRecord>, Error> {
        let ids = match owner {
            KeyOwner::Root => self.account(account).await?.keys,
            KeyOwner::User(name) => self.user(account, name).await?.keys,
        };
        let mut records = Vec::with_capacity(ids.len());
        for id in &ids {
            records.extend(self.get::<AccessKeyRecord>(&rows::access_key(id)).await?);
        }
        Ok(records)
    }

    /// One key, whoever has it.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn access_key(&self, id: &AccessKeyId) -> Result<Option<AccessKeyRecord>, Error> {
        self.get(&rows::access_key(id)).await
    }

    /// Makes a key work, or not.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`] for the user, or a key that is not theirs; [`Error::Busy`], [`Error::Storage`].
    pub async fn set_access_key_status(
        &self,
        account: &AccountId,
        owner: &KeyOwner,
        id: &AccessKeyId,
        status: Status,
    ) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        let mut holder = transaction.owner(account, owner).await?;
        if !holder.keys().contains(id) {
            return Err(no_key(id.as_str()));
        }
        let row = rows::access_key(id);
        let mut record: AccessKeyRecord = transaction.get(&row).await?.ok_or_else(|| no_key(id.as_str()))?;
        record.status = status;
        transaction.put(row, &record)?;
        transaction.commit().await
    }

    /// Removes a key.
    ///
    /// # Errors
    /// As [`Self::set_access_key_status`].
    pub async fn delete_access_key(
        &self,
        account: &AccountId,
        owner: &KeyOwner,
        id: &AccessKeyId,
    ) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        let mut holder = transaction.owner(account, owner).await?;
        if !holder.keys().contains(id) {
            return Err(no_key(id.as_str()));
        }
        holder.keys().retain(|known| known != id);
        holder.put(&mut transaction)?;
        transaction.delete(rows::access_key(id));
        transaction.delete(rows::row(rows::Noun::LastUsed, &[id.as_str()]));
        transaction.commit().await
    }
}
