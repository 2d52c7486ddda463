//! IAM roles: permissions without a holder, which those whom the trust policy names may take on for a while.

use cairn_policy::{Policy, PolicyType, TRUST_POLICY_SIZE_MAX, policy_size};
use cairn_types::{AccountId, RegionName, Timestamp};
use serde::{Deserialize, Serialize};

use crate::holder_policies::HolderPolicies;
use crate::page::Page;
use crate::policy_use::Use;
use crate::rows::{self, Noun, Record};
use crate::store::Transaction;
use crate::tags::Tags;
use crate::unique_id::IdPrefix;
use crate::user::IdKind;
use crate::{Dependent, Entity, Error, Identity, Name, Path, Quota, UniqueId};

/// A role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleRecord {
    /// The account it is in.
    pub account: AccountId,
    /// Its name.
    pub name: Name,
    /// Its path.
    pub path: Path,
    /// The id that nobody else will have.
    pub id: UniqueId,
    /// When it was made.
    pub created: Timestamp,
    /// What it is for: up to 1000 characters.
    pub description: Option<String>,
    /// Who may assume it. Users and roles in it are named by their unique ids, so that one of the same name
    /// that is made later is not trusted.
    pub trust: String,
    /// Longest session in seconds: 3600 to 43200.
    pub max_session_seconds: u32,
    /// Tags.
    pub tags: Tags,
    /// The ARN of its permissions boundary.
    pub boundary: Option<String>,
    /// Its policies.
    pub policies: HolderPolicies,
    /// When and where it was last used.
    pub last_used: Option<(Timestamp, RegionName)>,
}

impl Record for RoleRecord {
    const WHAT: &'static str = "role";
}

impl RoleRecord {
    /// Most roles of an account (facts/05 §3).
    pub const PER_ACCOUNT_MAX: usize = 1000;

    /// Longest session in seconds of a role that was made without saying (facts/05 §3).
    pub const MAX_SESSION_SECONDS_DEFAULT: u32 = 3600;

    /// `arn:aws:iam::ACCOUNT:role/path/name`
    pub fn arn(&self) -> String {
        crate::user::arn(&self.account, "role", &self.path, &self.name)
    }
}

/// A role to be made.
#[derive(Debug, Clone)]
pub struct NewRole {
    /// Its name.
    pub name: Name,
    /// Its path.
    pub path: Path,
    /// Who may assume it, as given.
    pub trust: String,
    /// What it is for.
    pub description: Option<String>,
    /// Longest session in seconds.
    pub max_session_seconds: u32,
    /// Tags.
    pub tags: Tags,
    /// The ARN of a managed policy that bounds it.
    pub boundary: Option<String>,
}

impl Transaction {
    /// A role that must be there.
    pub(crate) async fn role(&self, account: &AccountId, name: &str) -> Result<RoleRecord, Error> {
        self.identity.role(account, name).await
    }

    pub(crate) fn put_role(&mut self, role: &RoleRecord) -> Result<(), Error> {
        self.put(rows::named(Noun::Role, &role.account, role.name.as_str()), role)
    }
}

impl Identity {
    /// A role by name, in any case.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`], [`Error::Storage`].
    pub async fn role(&self, account: &AccountId, name: &str) -> Result<RoleRecord, Error> {
        let found = self.get(&rows::named(Noun::Role, account, name)).await?;
        found.ok_or_else(|| Error::NoSuchEntity(Entity::Role, name.to_owned()))
    }

    /// Roles by name, after `after`, whose path begins with `path`.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn roles(
        &self,
        account: &AccountId,
        path: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<RoleRecord>, Error> {
        let path = path.to_owned();
        self.page(
            rows::all(Noun::Role, &[account.as_str()]),
            after,
            limit,
            move |role: &RoleRecord| role.path.as_str().starts_with(&path),
            |role| role.name.to_string(),
        )
        .await
    }

    /// Reads a trust policy as it is kept.
    async fn stored_trust(&self, document: &str) -> Result<String, Error> {
        let policy = Policy::parse(document, PolicyType::Trust).map_err(Error::MalformedPolicy)?;
        if policy_size(document) > TRUST_POLICY_SIZE_MAX {
            return Err(Error::LimitExceeded(
                Quota::TrustPolicyBytes,
                TRUST_POLICY_SIZE_MAX,
            ));
        }
        self.with_principal_ids(&policy).await
    }

    /// Makes a role, without permissions.
    ///
    /// # Errors
    /// [`Error::EntityAlreadyExists`]; [`Error::MalformedPolicy`], also for a principal that does not exist;
    /// [`Error::LimitExceeded`]; [`Error::NoSuchEntity`] for the boundary; [`Error::Busy`], [`Error::Storage`].
    pub async fn create_role(&self, account: &AccountId, new: NewRole) -> Result<RoleRecord, Error> {
        let mut transaction = self.begin().await?;
        let row = rows::named(Noun::Role, account, new.name.as_str());
        if transaction.get::<RoleRecord>(&row).await?.is_some() {
            return Err(Error::EntityAlreadyExists(Entity::Role, new.name.to_string()));
        }
        if self.count::<RoleRecord>(Noun::Role, account).await? >= RoleRecord::PER_ACCOUNT_MAX {
            return Err(Error::LimitExceeded(Quota::Roles, RoleRecord::PER_ACCOUNT_MAX));
        }
        if let Some(boundary) = &new.boundary {
            transaction.check_boundary(account, boundary).await?;
        }
        let role = RoleRecord {
            account: account.clone(),
            name: new.name,
            path: new.path,
            id: UniqueId::generate(IdPrefix::Role),
            created: self.inner.clock.now(),
            description: new.description,
            trust: self.stored_trust(&new.trust).await?,
            max_session_seconds: new.max_session_seconds,
            tags: new.tags,
            boundary: new.boundary,
            policies: HolderPolicies::default(),
            last_used: None,
        };
        if let Some(boundary) = &role.boundary {
            transaction.note_policy_use(account, boundary, &role.id, Use::Boundary)?;
        }
        transaction.put_id(&role.id, IdKind::Role, account, &role.name)?;
        transaction.put_role(&role)?;
        transaction.commit().await?;
        Ok(role)
    }

    /// Changes what a role says of itself: what is `None` stays.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`], [`Error::Busy`], [`Error::Storage`].
    pub async fn update_role(
        &self,
        account: &AccountId,
        name: &str,
        description: Option<String>,
        max_session_seconds: Option<u32>,
    ) -> Result<RoleRecord, Error> {
        let mut transaction = self.begin().await?;
        let mut role = transaction.role(account, name).await?;
        if description.is_some() {
            role.description = description;
        }
        if let Some(seconds) = max_session_seconds {
            role.max_session_seconds = seconds;
        }
        transaction.put_role(&role)?;
        transaction.commit().await?;
        Ok(role)
    }

    /// Replaces a role's trust policy.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`]; [`Error::MalformedPolicy`], also for a principal that does not exist;
    /// [`Error::LimitExceeded`], [`Error::Busy`], [`Error::Storage`].
    pub async fn set_trust_policy(&self, account: &AccountId, name: &str, trust: &str) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        let mut role = transaction.role(account, name).await?;
        role.trust = self.stored_trust(trust).await?;
        transaction.put_role(&role)?;
        transaction.commit().await
    }

    /// Removes a role on which nothing hangs any more. Its sessions end with it.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`], [`Error::DeleteConflict`], [`Error::Busy`], [`Error::Storage`].
    pub async fn delete_role(&self, account: &AccountId, name: &str) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        let role = transaction.role(account, name).await?;
        if !role.policies.inline.is_empty() {
            return Err(Error::DeleteConflict(Dependent::Policies));
        }
        if !role.policies.attached.is_empty() {
            return Err(Error::DeleteConflict(Dependent::AttachedPolicies));
        }
        if let Some(boundary) = &role.boundary {
            transaction.forget_boundary(account, boundary, &role.id);
        }
        transaction.delete(rows::named(Noun::Role, account, role.name.as_str()));
        transaction.delete(rows::row(Noun::UniqueId, &[role.id.as_str()]));
        transaction.commit().await
    }
}
