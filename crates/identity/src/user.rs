//! IAM users.

use cairn_types::{AccessKeyId, AccountId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::holder_policies::HolderPolicies;
use crate::login_profile::LoginProfile;
use crate::page::Page;
use crate::policy_use::Use;
use crate::rows::{self, Noun, Record};
use crate::store::Transaction;
use crate::tags::Tags;
use crate::unique_id::{IdPrefix, UniqueId};
use crate::{Dependent, Entity, Error, Identity, Name, Path, Quota};

/// A user, with all that hangs on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserRecord {
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
    /// Tags.
    pub tags: Tags,
    /// The ARN of its permissions boundary.
    pub boundary: Option<String>,
    /// Its own policies.
    pub policies: HolderPolicies,
    /// The ids of its groups: at most [`Self::GROUPS_MAX`].
    pub groups: Vec<UniqueId>,
    /// Its access keys.
    pub keys: Vec<AccessKeyId>,
    /// The serial numbers of its MFA devices.
    pub mfa_devices: Vec<String>,
    /// Its password.
    pub login: Option<LoginProfile>,
    /// When the password was last used.
    pub password_last_used: Option<Timestamp>,
}

impl Record for UserRecord {
    const WHAT: &'static str = "user";
}

impl UserRecord {
    /// Most groups of one user (facts/05 §3).
    pub const GROUPS_MAX: usize = 10;
    /// Most users of an account (facts/05 §3).
    pub const PER_ACCOUNT_MAX: usize = 5000;

    /// `arn:aws:iam::ACCOUNT:user/path/name`
    pub fn arn(&self) -> String {
        arn(&self.account, "user", &self.path, &self.name)
    }
}

/// The ARN of something of an account that has a path and a name.
pub(crate) fn arn(account: &AccountId, kind: &str, path: &Path, name: &Name) -> String {
    format!("arn:aws:iam::{account}:{kind}{path}{name}")
}

/// Whose a unique id is: the kind of row, the account, and the name in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct IdOwner {
    pub(crate) kind: IdKind,
    pub(crate) account: AccountId,
    pub(crate) name: String,
}

/// Which kind of thing a unique id is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum IdKind {
    User,
    Group,
    Role,
    ManagedPolicy,
}

impl Record for IdOwner {
    const WHAT: &'static str = "owner of a unique id";
}

impl IdKind {
    pub(crate) fn noun(self) -> Noun {
        match self {
            Self::User => Noun::User,
            Self::Group => Noun::Group,
            Self::Role => Noun::Role,
            Self::ManagedPolicy => Noun::ManagedPolicy,
        }
    }
}

fn no_user(name: &str) -> Error {
    Error::NoSuchEntity(Entity::User, name.to_owned())
}

/// A user to be made.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// Its name.
    pub name: Name,
    /// Its path.
    pub path: Path,
    /// Tags.
    pub tags: Tags,
    /// The ARN of a managed policy that bounds it.
    pub boundary: Option<String>,
}

impl Transaction {
    /// A user that must be there.
    pub(crate) async fn user(&self, account: &AccountId, name: &str) -> Result<UserRecord, Error> {
        self.identity.user(account, name).await
    }

    pub(crate) fn put_user(&mut self, user: &UserRecord) -> Result<(), Error> {
        self.put(rows::named(Noun::User, &user.account, user.name.as_str()), user)
    }

    /// Frees the name that something had and takes another for it, whose record the caller puts there. Another case of
    /// the same name is free.
    ///
    /// # Errors
    /// [`Error::EntityAlreadyExists`], [`Error::Storage`].
    pub(crate) async fn rename<R: Record>(
        &mut self,
        (kind, entity): (IdKind, Entity),
        account: &AccountId,
        id: &UniqueId,
        former: &Name,
        new: &Name,
    ) -> Result<(), Error> {
        let former = rows::named(kind.noun(), account, former.as_str());
        let row = rows::named(kind.noun(), account, new.as_str());
        if row == former {
            return Ok(());
        }
        if self.get::<R>(&row).await?.is_some() {
            return Err(Error::EntityAlreadyExists(entity, new.to_string()));
        }
        self.delete(former);
        self.put_id(id, kind, account, new)
    }

    /// Says whose a unique id is, under its present name.
    pub(crate) fn put_id(
        &mut self,
        id: &UniqueId,
        kind: IdKind,
        account: &AccountId,
        name: &Name,
    ) -> Result<(), Error> {
        let owner = IdOwner {
            kind,
            account: account.clone(),
            name: name.as_str().to_lowercase(),
        };
        self.put(rows::row(Noun::UniqueId, &[id.as_str()]), &owner)
    }
}

impl Identity {
    /// A user by name, in any case.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`], [`Error::Storage`].
    pub async fn user(&self, account: &AccountId, name: &str) -> Result<UserRecord, Error> {
        let found = self.get(&rows::named(Noun::User, account, name)).await?;
        found.ok_or_else(|| no_user(name))
    }

    /// Whose a unique id is, if it still is anybody's.
    pub(crate) async fn owner_of(&self, id: &str) -> Result<Option<IdOwner>, Error> {
        self.get(&rows::row(Noun::UniqueId, &[id])).await
    }

    /// A record by its unique id; `None` where it is gone.
    pub(crate) async fn by_id<R: Record>(&self, id: &UniqueId, kind: IdKind) -> Result<Option<R>, Error> {
        match self.owner_of(id.as_str()).await? {
            Some(owner) if owner.kind == kind => {
                self.get(&rows::named(kind.noun(), &owner.account, &owner.name))
                    .await
            }
            _ => Ok(None),
        }
    }

    /// A user by its id; `None` where it is gone.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn user_by_id(&self, id: &UniqueId) -> Result<Option<UserRecord>, Error> {
        self.by_id(id, IdKind::User).await
    }

    /// Users by name, after `after`, whose path begins with `path`.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn users(
        &self,
        account: &AccountId,
        path: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<UserRecord>, Error> {
        let path = path.to_owned();
        self.page(
            rows::all(Noun::User, &[account.as_str()]),
            after,
            limit,
            move |user: &UserRecord| user.path.as_str().starts_with(&path),
            |user| user.name.to_string(),
        )
        .await
    }

    /// Makes a user, without permissions and keys.
    ///
    /// # Errors
    /// [`Error::EntityAlreadyExists`], [`Error::LimitExceeded`]; [`Error::NoSuchEntity`] for the boundary;
    /// [`Error::Busy`], [`Error::Storage`].
    pub async fn create_user(&self, account: &AccountId, new: NewUser) -> Result<UserRecord, Error> {
        let mut transaction = self.begin().await?;
        let row = rows::named(Noun::User, account, new.name.as_str());
        if transaction.get::<UserRecord>(&row).await?.is_some() {
            return Err(Error::EntityAlreadyExists(Entity::User, new.name.to_string()));
        }
        if self.count::<UserRecord>(Noun::User, account).await? >= UserRecord::PER_ACCOUNT_MAX {
            return Err(Error::LimitExceeded(Quota::Users, UserRecord::PER_ACCOUNT_MAX));
        }
        if let Some(boundary) = &new.boundary {
            transaction.check_boundary(account, boundary).await?;
        }
        let user = UserRecord {
            account: account.clone(),
            name: new.name,
            path: new.path,
            id: UniqueId::generate(IdPrefix::User),
            created: self.inner.clock.now(),
            tags: new.tags,
            boundary: new.boundary,
            policies: HolderPolicies::default(),
            groups: Vec::new(),
            keys: Vec::new(),
            mfa_devices: Vec::new(),
            login: None,
            password_last_used: None,
        };
        if let Some(boundary) = &user.boundary {
            transaction.note_policy_use(account, boundary, &user.id, Use::Boundary)?;
        }
        transaction.put_id(&user.id, IdKind::User, account, &user.name)?;
        transaction.put_user(&user)?;
        transaction.commit().await?;
        Ok(user)
    }

    /// Gives a user another name or path. Its ARN changes with them, its id does not.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`], [`Error::EntityAlreadyExists`], [`Error::Busy`], [`Error::Storage`].
    pub async fn update_user(
        &self,
        account: &AccountId,
        name: &str,
        new_name: Option<Name>,
        new_path: Option<Path>,
    ) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        let mut user = transaction.user(account, name).await?;
        if let Some(path) = new_path {
            user.path = path;
        }
        if let Some(new_name) = new_name {
            transaction
                .rename::<UserRecord>(
                    (IdKind::User, Entity::User),
                    account,
                    &user.id,
                    &user.name,
                    &new_name,
                )
                .await?;
            user.name = new_name;
        }
        transaction.put_user(&user)?;
        transaction.commit().await
    }

    /// Removes a user on whom nothing hangs any more.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`], [`Error::DeleteConflict`], [`Error::Busy`], [`Error::Storage`].
    pub async fn delete_user(&self, account: &AccountId, name: &str) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        let user = transaction.user(account, name).await?;
        let hangs = [
            (user.login.is_some(), Dependent::LoginProfile),
            (!user.keys.is_empty(), Dependent::AccessKeys),
            (!user.mfa_devices.is_empty(), Dependent::MfaDevices),
            (!user.policies.inline.is_empty(), Dependent::Policies),
            (!user.policies.attached.is_empty(), Dependent::AttachedPolicies),
            (!user.groups.is_empty(), Dependent::Groups),
        ];
        if let Some((_, dependent)) = hangs.into_iter().find(|(hangs, _)| *hangs) {
            return Err(Error::DeleteConflict(dependent));
        }
        if let Some(boundary) = &user.boundary {
            transaction.forget_boundary(account, boundary, &user.id);
        }
        transaction.delete(rows::named(Noun::User, account, user.name.as_str()));
        transaction.delete(rows::row(Noun::UniqueId, &[user.id.as_str()]));
        transaction.commit().await
    }
}
