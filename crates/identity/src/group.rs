//! IAM groups: users who share policies.
//!
//! A membership is told at both ends: the user's record has the ids of its groups, which whoever decides reads
//! with it, and a row says for a group who is in it. Both go by ids, so a new name changes neither.

use cairn_types::{AccountId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::holder_policies::HolderPolicies;
use crate::page::Page;
use crate::rows::{self, Noun, Record};
use crate::store::{Taken, Transaction};
use crate::unique_id::IdPrefix;
use crate::user::IdKind;
use crate::{Dependent, Entity, Error, Identity, Name, Path, Quota, UniqueId, UserRecord};

/// A group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupRecord {
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
    /// Its policies, which are its members' too.
    pub policies: HolderPolicies,
}

impl Record for GroupRecord {
    const WHAT: &'static str = "group";
}

impl GroupRecord {
    /// Most groups of an account (facts/05 §3).
    pub const PER_ACCOUNT_MAX: usize = 300;

    /// `arn:aws:iam::ACCOUNT:group/path/name`
    pub fn arn(&self) -> String {
        crate::user::arn(&self.account, "group", &self.path, &self.name)
    }
}

/// That a user is in a group. The row's key has the group's id and the user's.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Membership {
    user: UniqueId,
}

impl Record for Membership {
    const WHAT: &'static str = "member of a group";
}

fn membership(group: &GroupRecord, user: &UserRecord) -> cairn_storage::Row {
    let parts = [group.account.as_str(), group.id.as_str(), user.id.as_str()];
    rows::row(Noun::Membership, &parts)
}

fn memberships(group: &GroupRecord) -> cairn_storage::Range {
    rows::all(Noun::Membership, &[group.account.as_str(), group.id.as_str()])
}

impl Transaction {
    /// A group that must be there.
    pub(crate) async fn group(&self, account: &AccountId, name: &str) -> Result<GroupRecord, Error> {
        self.identity.group(account, name).await
    }

    pub(crate) fn put_group(&mut self, group: &GroupRecord) -> Result<(), Error> {
        self.put(
            rows::named(Noun::Group, &group.account, group.name.as_str()),
            group,
        )
    }
}

impl Identity {
    /// A group by name, in any case.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`], [`Error::Storage`].
    pub async fn group(&self, account: &AccountId, name: &str) -> Result<GroupRecord, Error> {
        let found = self.get(&rows::named(Noun::Group, account, name)).await?;
        found.ok_or_else(|| Error::NoSuchEntity(Entity::Group, name.to_owned()))
    }

    /// Groups by name, after `after`, whose path begins with `path`.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn groups(
        &self,
        account: &AccountId,
        path: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<GroupRecord>, Error> {
        let path = path.to_owned();
        self.page(
            rows::all(Noun::Group, &[account.as_str()]),
            after,
            limit,
            move |group: &GroupRecord| group.path.as_str().starts_with(&path),
            |group| group.name.to_string(),
        )
        .await
    }

    /// Makes a group, without members and permissions.
    ///
    /// # Errors
    /// [`Error::EntityAlreadyExists`], [`Error::LimitExceeded`], [`Error::Busy`], [`Error::Storage`].
    pub async fn create_group(
        &self,
        account: &AccountId,
        name: Name,
        path: Path,
    ) -> Result<GroupRecord, Error> {
        let mut transaction = self.begin().await?;
        let row = rows::named(Noun::Group, account, name.as_str());
        if transaction.get::<GroupRecord>(&row).await?.is_some() {
            return Err(Error::EntityAlreadyExists(Entity::Group, name.to_string()));
        }
        if self.count::<GroupRecord>(Noun::Group, account).await? >= GroupRecord::PER_ACCOUNT_MAX {
            return Err(Error::LimitExceeded(Quota::Groups, GroupRecord::PER_ACCOUNT_MAX));
        }
        let group = GroupRecord {
            account: account.clone(),
            name,
            path,
            id: UniqueId::generate(IdPrefix::Group),
            created: self.inner.clock.now(),
            policies: HolderPolicies::default(),
        };
        transaction.put_id(&group.id, IdKind::Group, account, &group.name)?;
        transaction.put_group(&group)?;
        transaction.commit().await?;
        Ok(group)
    }

    /// Gives a group another name or path. Its ARN changes with them; its id and its members do not.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`], [`Error::EntityAlreadyExists`], [`Error::Busy`], [`Error::Storage`].
    pub async fn update_group(
        &self,
        account: &AccountId,
        name: &str,
        new_name: Option<Name>,
        new_path: Option<Path>,
    ) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        let mut group = transaction.group(account, name).await?;
        if let Some(path) = new_path {
            group.path = path;
        }
        if let Some(new_name) = new_name {
            transaction
                .rename::<GroupRecord>(
                    (IdKind::Group, Entity::Group),
                    account,
                    &group.id,
                    &group.name,
                    &new_name,
                )
                .await?;
            group.name = new_name;
        }
        transaction.put_group(&group)?;
        transaction.commit().await
    }

    /// Removes a group that has neither members nor policies.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`], [`Error::DeleteConflict`], [`Error::Busy`], [`Error::Storage`].
    pub async fn delete_group(&self, account: &AccountId, name: &str) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        let group = transaction.group(account, name).await?;
        let members = self.scan(memberships(&group), |_, _: Membership| Taken::Yes(()));
        let hangs = [
            (!members.await?.is_empty(), Dependent::Users),
            (!group.policies.inline.is_empty(), Dependent::Policies),
            (!group.policies.attached.is_empty(), Dependent::AttachedPolicies),
        ];
        if let Some((_, dependent)) = hangs.into_iter().find(|(hangs, _)| *hangs) {
            return Err(Error::DeleteConflict(dependent));
        }
        transaction.delete(rows::named(Noun::Group, account, group.name.as_str()));
        transaction.delete(rows::row(Noun::UniqueId, &[group.id.as_str()]));
        transaction.commit().await
    }

    /// Puts a user into a group; one who is in it stays.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`] for either; [`Error::LimitExceeded`] with [`UserRecord::GROUPS_MAX`] groups;
    /// [`Error::Busy`], [`Error::Storage`].
    pub async fn add_user_to_group(&self, account: &AccountId, group: &str, user: &str) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        let group = transaction.group(account, group).await?;
        let mut user = transaction.user(account, user).await?;
        if user.groups.contains(&group.id) {
            return Ok(());
        }
        if user.groups.len() >= UserRecord::GROUPS_MAX {
            return Err(Error::LimitExceeded(Quota::GroupsPerUser, UserRecord::GROUPS_MAX));
        }
        user.groups.push(group.id.clone());
        let member = Membership {
            user: user.id.clone(),
        };
        transaction.put(membership(&group, &user), &member)?;
        transaction.put_user(&user)?;
        transaction.commit().await
    }

    /// Takes a user out of a group; one who is not in it is no error.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`] for either; [`Error::Busy`], [`Error::Storage`].
    pub async fn remove_user_from_group(
        &self,
        account: &AccountId,
        group: &str,
        user: &str,
    ) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        let group = transaction.group(account, group).await?;
        let mut user = transaction.user(account, user).await?;
        if !user.groups.contains(&group.id) {
            return Ok(());
        }
        user.groups.retain(|id| *id != group.id);
        transaction.delete(membership(&group, &user));
        transaction.put_user(&user)?;
        transaction.commit().await
    }

    /// Who is in a group, in the order of ids; the next page starts after an id.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn group_members(
        &self,
        group: &GroupRecord,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<UserRecord>, Error> {
        let page = self
            .page_of_ids(
                memberships(group),
                after,
                limit,
                |_| true,
                |member: &Membership| member.user.to_string(),
            )
            .await?;
        let mut items = Vec::with_capacity(page.items.len());
        for member in &page.items {
            items.extend(self.user_by_id(&member.user).await?);
        }
        Ok(Page {
            items,
            next: page.next,
        })
    }

    /// The groups of a user, by name: [`UserRecord::GROUPS_MAX`] at most.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`] for the user; [`Error::Storage`].
    pub async fn groups_of_user(&self, account: &AccountId, user: &str) -> Result<Vec<GroupRecord>, Error> {
        let user = self.user(account, user).await?;
        let mut groups: Vec<GroupRecord> = Vec::with_capacity(user.groups.len());
        for id in &user.groups {
            groups.extend(self.by_id::<GroupRecord>(id, IdKind::Group).await?);
        }
        groups.sort_by(|one, other| one.name.as_str().cmp(other.name.as_str()));
        Ok(groups)
    }
}
