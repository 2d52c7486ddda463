//! Managed policies: an account's own, and Amazon's that every account has.

use cairn_policy::{MANAGED_POLICY_SIZE_MAX, Policy, PolicyType, policy_size};
use cairn_types::{AccountId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::aws_managed::{self, AwsManagedPolicy};
use crate::page::Page;
use crate::policy_use::{Use, Uses};
use crate::rows::{self, Noun, Record};
use crate::store::Transaction;
use crate::tags::Tags;
use crate::unique_id::IdPrefix;
use crate::user::IdKind;
use crate::{Dependent, Entity, Error, Identity, Name, Path, Quota, UniqueId};

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

/// A managed policy of either kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ManagedPolicy {
    /// An account's own.
    Customer(Box<ManagedPolicyRecord>),
    /// Amazon's.
    Amazon(&'static AwsManagedPolicy),
}

impl ManagedPolicy {
    /// Its ARN.
    pub fn arn(&self) -> String {
        match self {
            Self::Customer(policy) => policy.arn(),
            Self::Amazon(policy) => policy.arn(),
        }
    }

    /// Its versions, the oldest first.
    pub fn versions(&self) -> Vec<PolicyVersion> {
        match self {
            Self::Customer(policy) => policy.versions.clone(),
            Self::Amazon(policy) => vec![PolicyVersion {
                number: 1,
                document: policy.document.to_owned(),
                created: AwsManagedPolicy::created(),
            }],
        }
    }

    /// The number of the version that counts.
    pub fn default_version(&self) -> u32 {
        match self {
            Self::Customer(policy) => policy.default_version,
            Self::Amazon(_) => 1,
        }
    }
}

/// A managed policy to be made.
#[derive(Debug, Clone)]
pub struct NewPolicy {
    /// Its name.
    pub name: Name,
    /// Its path.
    pub path: Path,
    /// Its first version.
    pub document: String,
    /// What it is for.
    pub description: Option<String>,
    /// Tags.
    pub tags: Tags,
}

/// Which managed policies are listed.
#[derive(Debug, Clone)]
pub struct PolicyFilter {
    /// The account's own.
    pub customer: bool,
    /// Amazon's.
    pub amazon: bool,
    /// Only those that give permissions to somebody.
    pub only_attached: bool,
    /// Only those that somebody has for this.
    pub used_for: Option<Use>,
    /// What their paths begin with.
    pub path: String,
}

impl PolicyFilter {
    fn wants(&self, path: &str, uses: Uses) -> bool {
        let used = self.used_for.is_none_or(|used| uses.of(used) > 0);
        path.starts_with(&self.path) && used && (!self.only_attached || uses.permissions > 0)
    }
}

/// What stands before the names of Amazon's policies in markers of pages: no name has it.
const AMAZON_MARK: &str = "aws/";

/// The path and name in a managed policy's ARN, if it is one of this account.
pub(crate) fn name_in_arn<'a>(account: &AccountId, arn: &'a str) -> Option<(&'a str, &'a str)> {
    let rest = arn
        .strip_prefix("arn:aws:iam::")?
        .strip_prefix(account.as_str())?;
    let path_and_name = rest.strip_prefix(":policy")?;
    let at = path_and_name.rfind('/')?;
    Some((path_and_name.get(..=at)?, path_and_name.get(at + 1..)?))
}

pub(crate) fn no_policy(arn: &str) -> Error {
    Error::NoSuchEntity(Entity::Policy, arn.to_owned())
}

/// Whether a document can be one of a managed policy.
pub(crate) fn check_document(document: &str) -> Result<(), Error> {
    Policy::parse(document, PolicyType::Identity).map_err(Error::MalformedPolicy)?;
    if policy_size(document) > MANAGED_POLICY_SIZE_MAX {
        return Err(Error::LimitExceeded(Quota::PolicyBytes, MANAGED_POLICY_SIZE_MAX));
    }
    Ok(())
}

impl Transaction {
    /// A customer managed policy to be changed.
    ///
    /// # Errors
    /// [`Error::Unmodifiable`] for Amazon's, [`Error::NoSuchEntity`].
    pub(crate) async fn managed_policy(
        &self,
        account: &AccountId,
        arn: &str,
    ) -> Result<ManagedPolicyRecord, Error> {
        if aws_managed::by_arn(arn).is_some() {
            return Err(Error::Unmodifiable(Entity::Policy, arn.to_owned()));
        }
        self.identity.customer_policy(account, arn).await
    }

    pub(crate) fn put_managed_policy(&mut self, policy: &ManagedPolicyRecord) -> Result<(), Error> {
        let row = rows::named(Noun::ManagedPolicy, &policy.account, policy.name.as_str());
        self.put(row, policy)
    }
}

impl Identity {
    /// A customer managed policy of an account by its ARN, which is exact: policies are attached by it.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`], [`Error::Storage`].
    pub async fn customer_policy(
        &self,
        account: &AccountId,
        arn: &str,
    ) -> Result<ManagedPolicyRecord, Error> {
        let (_, name) = name_in_arn(account, arn).ok_or_else(|| no_policy(arn))?;
        let found: Option<ManagedPolicyRecord> =
            self.get(&rows::named(Noun::ManagedPolicy, account, name)).await?;
        found
            .filter(|policy| policy.arn() == arn)
            .ok_or_else(|| no_policy(arn))
    }

    /// A managed policy by its ARN: an account's own, or Amazon's.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`], [`Error::Storage`].
    pub async fn managed_policy(&self, account: &AccountId, arn: &str) -> Result<ManagedPolicy, Error> {
        match aws_managed::by_arn(arn) {
            Some(policy) => Ok(ManagedPolicy::Amazon(policy)),
            None => {
                let policy = self.customer_policy(account, arn).await?;
                Ok(ManagedPolicy::Customer(Box::new(policy)))
            }
        }
    }

    /// The document that counts of a managed policy, an account's own or Amazon's; `None` where there is no such
    /// policy.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn policy_document(&self, account: &AccountId, arn: &str) -> Result<Option<String>, Error> {
        if let Some(document) = aws_managed::document(arn) {
            return Ok(Some(document.to_owned()));
        }
        match self.customer_policy(account, arn).await {
            Ok(policy) => Ok(policy.default_version().map(|version| version.document.clone())),
            Err(Error::NoSuchEntity(..)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Managed policies with how often each is used: the account's own by name, then Amazon's. The next page starts
    /// after [`Page::next`].
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn managed_policies(
        &self,
        account: &AccountId,
        filter: &PolicyFilter,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<(ManagedPolicy, Uses)>, Error> {
        let uses = self.uses_of_policies(account).await?;
        let uses_of = |arn: &str| uses.get(arn).copied().unwrap_or_default();
        let after_amazon = after.and_then(|after| after.strip_prefix(AMAZON_MARK));
        let mut page = Page::default();
        if filter.customer && after_amazon.is_none() {
            let (wanted, known) = (filter.clone(), uses.clone());
            let own = self
                .page(
                    rows::all(Noun::ManagedPolicy, &[account.as_str()]),
                    after,
                    limit,
                    move |policy: &ManagedPolicyRecord| {
                        let uses = known.get(&policy.arn()).copied().unwrap_or_default();
                        wanted.wants(policy.path.as_str(), uses)
                    },
                    |policy| policy.name.to_string(),
                )
                .await?;
            page = own.map(|policy| {
                let uses = uses_of(&policy.arn());
                (ManagedPolicy::Customer(Box::new(policy)), uses)
            });
        }
        if page.next.is_some() || !filter.amazon {
            return Ok(page);
        }
        let mut last = page.items.last().map(|(policy, _)| match policy {
            ManagedPolicy::Customer(policy) => policy.name.to_string(),
            ManagedPolicy::Amazon(policy) => format!("{AMAZON_MARK}{}", policy.name),
        });
        for policy in aws_managed::AWS_MANAGED_POLICIES {
            let uses = uses_of(&policy.arn());
            let passed = after_amazon.is_some_and(|after| policy.name <= after);
            if passed || !filter.wants(policy.path, uses) {
                continue;
            }
            if page.items.len() == limit {
                page.next = last;
                break;
            }
            last = Some(format!("{AMAZON_MARK}{}", policy.name));
            page.items.push((ManagedPolicy::Amazon(policy), uses));
        }
        Ok(page)
    }

    /// Makes a managed policy with one version, its default.
    ///
    /// # Errors
    /// [`Error::EntityAlreadyExists`], [`Error::MalformedPolicy`]; [`Error::LimitExceeded`] for too many policies,
    /// and for a document that is too long, white space not counted; [`Error::Busy`], [`Error::Storage`].
    pub async fn create_policy(
        &self,
        account: &AccountId,
        new: NewPolicy,
    ) -> Result<ManagedPolicyRecord, Error> {
        check_document(&new.document)?;
        let mut transaction = self.begin().await?;
        let row = rows::named(Noun::ManagedPolicy, account, new.name.as_str());
        if transaction.get::<ManagedPolicyRecord>(&row).await?.is_some() {
            return Err(Error::EntityAlreadyExists(Entity::Policy, new.name.to_string()));
        }
        let most = ManagedPolicyRecord::PER_ACCOUNT_MAX;
        if self
            .count::<ManagedPolicyRecord>(Noun::ManagedPolicy, account)
            .await?
            >= most
        {
            return Err(Error::LimitExceeded(Quota::Policies, most));
        }
        let now = self.inner.clock.now();
        let policy = ManagedPolicyRecord {
            account: account.clone(),
            name: new.name,
            path: new.path,
            id: UniqueId::generate(IdPrefix::ManagedPolicy),
            created: now,
            updated: now,
            description: new.description,
            versions: vec![PolicyVersion {
                number: 1,
                document: new.document,
                created: now,
            }],
            default_version: 1,
            next_version: 2,
            tags: new.tags,
        };
        transaction.put_id(&policy.id, IdKind::ManagedPolicy, account, &policy.name)?;
        transaction.put_managed_policy(&policy)?;
        transaction.commit().await?;
        Ok(policy)
    }

    /// Removes a managed policy that nobody has and that has its default version only.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`], [`Error::Unmodifiable`], [`Error::DeleteConflict`], [`Error::Busy`],
    /// [`Error::Storage`].
    pub async fn delete_policy(&self, account: &AccountId, arn: &str) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        let policy = transaction.managed_policy(account, arn).await?;
        if self.uses_of_policy(account, arn).await? != Uses::default() {
            return Err(Error::DeleteConflict(Dependent::Attachments));
        }
        if policy.versions.len() > 1 {
            return Err(Error::DeleteConflict(Dependent::Versions));
        }
        transaction.delete(rows::named(Noun::ManagedPolicy, account, policy.name.as_str()));
        transaction.delete(rows::row(Noun::UniqueId, &[policy.id.as_str()]));
        transaction.commit().await
    }
}
