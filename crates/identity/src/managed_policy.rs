//! Managed policies: an account's own, and Amazon's that every account has.

use cairn_types::{AccountId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::rows::{self, Noun, Record};
use crate::store::Transaction;
use crate::tags::Tags;
use crate::{Entity, Error, Identity, Name, Path, UniqueId};

/// One version of a managed policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyVersion {
    /// The number behind the `v`; never given out twice.
    pub number: u32,
    /// The document as given.
    pub document: String,
    /// When it was made.
    pub created: Timestamp,
}

impl PolicyVersion {
    /// `v3`
    pub fn id(&self) -> String {
        format!("v{}", self.number)
    }
}

/// A customer managed policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManagedPolicyRecord {
    /// The account it is of.
    pub account: AccountId,
    /// Its name.
    pub name: Name,
    /// Its path.
    pub path: Path,
    /// The id that nothing else will have.
    pub id: UniqueId,
    /// When it was made.
    pub created: Timestamp,
    /// When a version was last made, removed, or made the default.
    pub updated: Timestamp,
    /// What it is for: up to 1000 characters.
    pub description: Option<String>,
    /// Its versions, the oldest first: at most [`Self::VERSIONS_MAX`].
    pub versions: Vec<PolicyVersion>,
    /// The number of the version that counts.
    pub default_version: u32,
    /// The number of the next version.
    pub next_version: u32,
    /// Tags.
    pub tags: Tags,
}

impl Record for ManagedPolicyRecord {
    const WHAT: &'static str = "managed policy";
}

impl ManagedPolicyRecord {
    /// Most versions of one policy (facts/05 §3).
    pub const VERSIONS_MAX: usize = 5;
    /// Most customer managed policies of an account (facts/05 §3).
    pub const PER_ACCOUNT_MAX: usize = 1500;

    /// `arn:aws:iam::ACCOUNT:policy/path/name`
    pub fn arn(&self) -> String {
        crate::user::arn(&self.account, "policy", &self.path, &self.name)
    }

    /// The version that counts.
    pub fn default_version(&self) -> Option<&PolicyVersion> {
        self.versions
            .iter()
            .find(|version| version.number == self.default_version)
    }
}

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

/// The path and name in a managed policy's ARN, if it is one of this account.
pub(crate) fn name_in_arn<'a>(account: &AccountId, arn: &'a str) -> Option<(&'a str, &'a str)> {
    let rest = arn
        .strip_prefix("arn:aws:iam::")?
        .strip_prefix(account.as_str())?;
    let path_and_name = rest.strip_prefix(":policy")?;
    let at = path_and_name.rfind('/')?;
    Some((path_and_name.get(..=at)?, path_and_name.get(at + 1..)?))
}

fn no_policy(arn: &str) -> Error {
    Error::NoSuchEntity(Entity::Policy, arn.to_owned())
}

impl Identity {
    /// A customer managed policy of an account by its ARN.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`], [`Error::Storage`].
    pub async fn managed_policy(&self, account: &AccountId, arn: &str) -> Result<ManagedPolicyRecord, Error> {
        let (path, name) = name_in_arn(account, arn).ok_or_else(|| no_policy(arn))?;
        let found: Option<ManagedPolicyRecord> =
            self.get(&rows::named(Noun::ManagedPolicy, account, name)).await?;
        found
            .filter(|policy| policy.path.as_str() == path)
            .ok_or_else(|| no_policy(arn))
    }

    /// The document that counts of a managed policy, an account's own or Amazon's; `None` where there is no such
    /// policy.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn policy_document(&self, account: &AccountId, arn: &str) -> Result<Option<String>, Error> {
        if let Some(document) = crate::aws_managed::document(arn) {
            return Ok(Some(document.to_owned()));
        }
        match self.managed_policy(account, arn).await {
            Ok(policy) => Ok(policy.default_version().map(|version| version.document.clone())),
            Err(Error::NoSuchEntity(..)) => Ok(None),
            Err(error) => Err(error),
        }
    }
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

/// The row that says that a policy is used. A holder may have the same policy as permissions and as boundary.
pub(crate) fn attachment(account: &AccountId, arn: &str, holder: &UniqueId, used: Use) -> cairn_storage::Row {
    let how = match used {
        Use::Permissions => "p",
        Use::Boundary => "b",
    };
    rows::row(Noun::Attachment, &[account.as_str(), arn, how, holder.as_str()])
}
