//! Who has a managed policy, for permissions or as a boundary: rows by policy, from which counts are made.
//!
//! The ARNs in users, groups and roles say the same, and are what decisions read. Both are written in one
//! transaction.

use std::collections::HashMap;

use cairn_storage::Row;
use cairn_types::AccountId;
use serde::{Deserialize, Serialize};

use crate::managed_policy::no_policy;
use crate::page::Page;
use crate::rows::{self, Noun, Record};
use crate::store::{Taken, Transaction};
use crate::user::IdKind;
use crate::{Error, GroupRecord, HolderKind, Identity, RoleRecord, UniqueId, UserRecord};

/// How a managed policy is used by somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Use {
    /// It gives permissions.
    Permissions,
    /// It bounds them.
    Boundary,
}

impl Record for Use {
    const WHAT: &'static str = "use of a managed policy";
}

/// How many users, groups and roles use a managed policy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Uses {
    /// For permissions.
    pub permissions: usize,
    /// As a boundary.
    pub boundary: usize,
}

impl Uses {
    /// For this.
    pub fn of(self, used: Use) -> usize {
        match used {
            Use::Permissions => self.permissions,
            Use::Boundary => self.boundary,
        }
    }

    fn count(&mut self, used: Use) {
        match used {
            Use::Permissions => self.permissions += 1,
            Use::Boundary => self.boundary += 1,
        }
    }
}

/// Somebody who has a managed policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyEntity {
    /// What kind.
    pub kind: HolderKind,
    /// The name.
    pub name: String,
    /// The unique id.
    pub id: UniqueId,
}

/// The row that says that a policy is used. A holder may have the same policy as permissions and as boundary.
pub(crate) fn attachment(account: &AccountId, arn: &str, holder: &UniqueId, used: Use) -> Row {
    let how = match used {
        Use::Permissions => "p",
        Use::Boundary => "b",
    };
    rows::row(Noun::Attachment, &[account.as_str(), arn, how, holder.as_str()])
}

impl Identity {
    /// How often a managed policy is used.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn uses_of_policy(&self, account: &AccountId, arn: &str) -> Result<Uses, Error> {
        let rows = rows::all(Noun::Attachment, &[account.as_str(), arn]);
        let mut uses = Uses::default();
        for used in self.scan(rows, |_, used: Use| Taken::Yes(used)).await? {
            uses.count(used);
        }
        Ok(uses)
    }

    /// How often each managed policy of an account is used, by ARN; those that are not used are not there.
    pub(crate) async fn uses_of_policies(&self, account: &AccountId) -> Result<HashMap<String, Uses>, Error> {
        let rows = rows::all(Noun::Attachment, &[account.as_str()]);
        let found = self.scan(rows, |key, used: Use| {
            let arn = rows::part(key, 1).to_owned();
            Taken::Yes((arn, used))
        });
        let mut uses: HashMap<String, Uses> = HashMap::new();
        for (arn, used) in found.await? {
            uses.entry(arn).or_default().count(used);
        }
        Ok(uses)
    }

    /// Who has a managed policy, of those kinds and with paths that begin with `path`: each once, in the order of
    /// ids; the next page starts after an id.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`] for the policy; [`Error::Storage`].
    pub async fn entities_of_policy(
        &self,
        account: &AccountId,
        arn: &str,
        filter: &EntityFilter,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<PolicyEntity>, Error> {
        if self.policy_document(account, arn).await?.is_none() {
            return Err(no_policy(arn));
        }
        let used_for = filter.used_for;
        let rows = rows::all(Noun::Attachment, &[account.as_str(), arn]);
        let found = self.scan(rows, move |key, used: Use| {
            if used_for.is_none_or(|wanted| wanted == used) {
                Taken::Yes(rows::last_part(key).to_owned())
            } else {
                Taken::No
            }
        });
        let mut ids = found.await?;
        ids.sort_unstable();
        ids.dedup();
        let mut items: Vec<PolicyEntity> = Vec::new();
        for id in ids {
            if after.is_some_and(|after| *id <= *after) {
                continue;
            }
            let Some((entity, path)) = self.entity(&id).await? else {
                continue;
            };
            let wanted = filter.kind.is_none_or(|kind| kind == entity.kind) && path.starts_with(&filter.path);
            if !wanted {
                continue;
            }
            if items.len() == limit {
                let next = items.last().map(|last| last.id.to_string());
                return Ok(Page { items, next });
            }
            items.push(entity);
        }
        Ok(Page { items, next: None })
    }

    /// Whose an id is, and its path.
    async fn entity(&self, id: &str) -> Result<Option<(PolicyEntity, String)>, Error> {
        let Some(owner) = self.owner_of(id).await? else {
            return Ok(None);
        };
        let row = rows::named(owner.kind.noun(), &owner.account, &owner.name);
        let found = match owner.kind {
            IdKind::User => {
                let user: Option<UserRecord> = self.get(&row).await?;
                user.map(|user| (HolderKind::User, user.name, user.id, user.path))
            }
            IdKind::Group => {
                let group: Option<GroupRecord> = self.get(&row).await?;
                group.map(|group| (HolderKind::Group, group.name, group.id, group.path))
            }
            IdKind::Role => {
                let role: Option<RoleRecord> = self.get(&row).await?;
                role.map(|role| (HolderKind::Role, role.name, role.id, role.path))
            }
            IdKind::ManagedPolicy => None,
        };
        Ok(found.map(|(kind, name, id, path)| {
            let name = name.to_string();
            (PolicyEntity { kind, name, id }, path.to_string())
        }))
    }
}

/// Which of those who have a policy are listed.
#[derive(Debug, Clone)]
pub struct EntityFilter {
    /// Only of this kind.
    pub kind: Option<HolderKind>,
    /// Only those who have it for this.
    pub used_for: Option<Use>,
    /// What their paths begin with.
    pub path: String,
}

impl Transaction {
    /// Whether a policy can bound a user or role of the account.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`].
    pub(crate) async fn check_boundary(&self, account: &AccountId, arn: &str) -> Result<(), Error> {
        let found = self.identity.policy_document(account, arn).await?;
        found.map(|_| ()).ok_or_else(|| no_policy(arn))
    }

    /// Notes that a policy is used by a holder.
    pub(crate) fn note_policy_use(
        &mut self,
        account: &AccountId,
        arn: &str,
        holder: &UniqueId,
        used: Use,
    ) -> Result<(), Error> {
        self.put(attachment(account, arn, holder, used), &used)
    }

    /// Notes that a policy does not bound a holder any more.
    pub(crate) fn forget_boundary(&mut self, account: &AccountId, arn: &str, holder: &UniqueId) {
        self.delete(attachment(account, arn, holder, Use::Boundary));
    }
}
