//! The policies of a user, group or role: written into it, or attached to it.

use cairn_policy::{
    GROUP_POLICIES_SIZE_MAX, Policy, PolicyType, ROLE_POLICIES_SIZE_MAX, USER_POLICIES_SIZE_MAX, policy_size,
};
use cairn_types::AccountId;
use serde::{Deserialize, Serialize};

use crate::group::GroupRecord;
use crate::policy_use::{Use, attachment};
use crate::role::RoleRecord;
use crate::store::Transaction;
use crate::user::UserRecord;
use crate::{Entity, Error, Identity, Name, Quota, UniqueId};

/// What a user, group or role has of policies. Part of its record, so that whoever decides reads one row.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct HolderPolicies {
    /// Inline policies: name and document as given, by name.
    pub inline: Vec<(String, String)>,
    /// ARNs of managed policies, in the order they were attached.
    pub attached: Vec<String>,
}

impl HolderPolicies {
    /// Most managed policies of one holder (facts/05 §3).
    pub const ATTACHED_MAX: usize = 10;

    /// The document of an inline policy.
    pub fn inline(&self, name: &str) -> Option<&str> {
        let found = self.inline.iter().find(|(known, _)| known == name)?;
        Some(&found.1)
    }

    /// The characters of all inline policies that count against the limit.
    fn inline_size(&self) -> usize {
        self.inline
            .iter()
            .map(|(_, document)| policy_size(document))
            .sum()
    }
}

/// What kind of thing has policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HolderKind {
    /// A user.
    User,
    /// A group.
    Group,
    /// A role.
    Role,
}

impl HolderKind {
    fn attached_quota(self) -> Quota {
        match self {
            Self::User => Quota::AttachedPoliciesPerUser,
            Self::Group => Quota::AttachedPoliciesPerGroup,
            Self::Role => Quota::AttachedPoliciesPerRole,
        }
    }

    fn inline_quota(self) -> (Quota, usize) {
        match self {
            Self::User => (Quota::InlinePolicyBytesPerUser, USER_POLICIES_SIZE_MAX),
            Self::Group => (Quota::InlinePolicyBytesPerGroup, GROUP_POLICIES_SIZE_MAX),
            Self::Role => (Quota::InlinePolicyBytesPerRole, ROLE_POLICIES_SIZE_MAX),
        }
    }
}

/// Something that has policies.
enum HolderRecord {
    User(Box<UserRecord>),
    Group(Box<GroupRecord>),
    Role(Box<RoleRecord>),
}

impl HolderRecord {
    fn id(&self) -> &UniqueId {
        match self {
            Self::User(user) => &user.id,
            Self::Group(group) => &group.id,
            Self::Role(role) => &role.id,
        }
    }

    fn policies(&mut self) -> &mut HolderPolicies {
        match self {
            Self::User(user) => &mut user.policies,
            Self::Group(group) => &mut group.policies,
            Self::Role(role) => &mut role.policies,
        }
    }

    fn put(&self, transaction: &mut Transaction) -> Result<(), Error> {
        match self {
            Self::User(user) => transaction.put_user(user),
            Self::Group(group) => transaction.put_group(group),
            Self::Role(role) => transaction.put_role(role),
        }
    }
}

impl Transaction {
    async fn holder(&self, account: &AccountId, kind: HolderKind, name: &str) -> Result<HolderRecord, Error> {
        Ok(match kind {
            HolderKind::User => HolderRecord::User(Box::new(self.user(account, name).await?)),
            HolderKind::Group => HolderRecord::Group(Box::new(self.group(account, name).await?)),
            HolderKind::Role => HolderRecord::Role(Box::new(self.role(account, name).await?)),
        })
    }
}

fn no_inline(name: &str) -> Error {
    Error::NoSuchEntity(Entity::InlinePolicy, name.to_owned())
}

impl Identity {
    /// The policies of a user, group or role.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`], [`Error::Storage`].
    pub async fn policies_of(
        &self,
        account: &AccountId,
        kind: HolderKind,
        name: &str,
    ) -> Result<HolderPolicies, Error> {
        Ok(match kind {
            HolderKind::User => self.user(account, name).await?.policies,
            HolderKind::Group => self.group(account, name).await?.policies,
            HolderKind::Role => self.role(account, name).await?.policies,
        })
    }

    /// Gives a holder a managed policy; one it has stays.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`] for the holder; [`Error::PolicyNotAttachable`] where there is no such policy;
    /// [`Error::LimitExceeded`] with [`HolderPolicies::ATTACHED_MAX`] there; [`Error::Busy`], [`Error::Storage`].
    pub async fn attach_policy(
        &self,
        account: &AccountId,
        kind: HolderKind,
        name: &str,
        arn: &str,
    ) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        let mut holder = transaction.holder(account, kind, name).await?;
        if self.policy_document(account, arn).await?.is_none() {
            return Err(Error::PolicyNotAttachable(arn.to_owned()));
        }
        let attached = &mut holder.policies().attached;
        if attached.iter().any(|known| known == arn) {
            return Ok(());
        }
        if attached.len() >= HolderPolicies::ATTACHED_MAX {
            return Err(Error::LimitExceeded(
                kind.attached_quota(),
                HolderPolicies::ATTACHED_MAX,
            ));
        }
        attached.push(arn.to_owned());
        transaction.note_policy_use(account, arn, holder.id(), Use::Permissions)?;
        holder.put(&mut transaction)?;
        transaction.commit().await
    }

    /// Takes a managed policy from a holder.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`] for the holder, and for a policy it does not have; [`Error::Busy`],
    /// [`Error::Storage`].
    pub async fn detach_policy(
        &self,
        account: &AccountId,
        kind: HolderKind,
        name: &str,
        arn: &str,
    ) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        let mut holder = transaction.holder(account, kind, name).await?;
        let attached = &mut holder.policies().attached;
        if !attached.iter().any(|known| known == arn) {
            return Err(Error::NoSuchEntity(Entity::Policy, arn.to_owned()));
        }
        attached.retain(|known| known != arn);
        transaction.delete(attachment(account, arn, holder.id(), Use::Permissions));
        holder.put(&mut transaction)?;
        transaction.commit().await
    }

    /// Writes a policy into a holder, in place of one of the same name.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`] for the holder; [`Error::MalformedPolicy`]; [`Error::LimitExceeded`] where its
    /// inline policies are too long together, white space not counted; [`Error::Busy`], [`Error::Storage`].
    pub async fn put_inline_policy(
        &self,
        account: &AccountId,
        kind: HolderKind,
        name: &str,
        policy: &Name,
        document: String,
    ) -> Result<(), Error> {
        Policy::parse(&document, PolicyType::Identity).map_err(Error::MalformedPolicy)?;
        let mut transaction = self.begin().await?;
        let mut holder = transaction.holder(account, kind, name).await?;
        let policies = holder.policies();
        let found = policies
            .inline
            .binary_search_by(|(known, _)| known.as_str().cmp(policy.as_str()));
        match found {
            Ok(at) => {
                if let Some(known) = policies.inline.get_mut(at) {
                    known.1 = document;
                }
            }
            Err(at) => policies.inline.insert(at, (policy.to_string(), document)),
        }
        let (quota, most) = kind.inline_quota();
        if policies.inline_size() > most {
            return Err(Error::LimitExceeded(quota, most));
        }
        holder.put(&mut transaction)?;
        transaction.commit().await
    }

    /// Removes an inline policy.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`] for the holder and for the policy; [`Error::Busy`], [`Error::Storage`].
    pub async fn delete_inline_policy(
        &self,
        account: &AccountId,
        kind: HolderKind,
        name: &str,
        policy: &str,
    ) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        let mut holder = transaction.holder(account, kind, name).await?;
        let inline = &mut holder.policies().inline;
        let before = inline.len();
        inline.retain(|(known, _)| known != policy);
        if inline.len() == before {
            return Err(no_inline(policy));
        }
        holder.put(&mut transaction)?;
        transaction.commit().await
    }

    /// The document of an inline policy, as given.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`] for the holder and for the policy; [`Error::Storage`].
    pub async fn inline_policy(
        &self,
        account: &AccountId,
        kind: HolderKind,
        name: &str,
        policy: &str,
    ) -> Result<String, Error> {
        let policies = self.policies_of(account, kind, name).await?;
        let document = policies.inline(policy).ok_or_else(|| no_inline(policy))?;
        Ok(document.to_owned())
    }
}
