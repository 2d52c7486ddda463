//! Versions of managed policies: up to five, of which one counts.

use cairn_types::AccountId;

use crate::managed_policy::{ManagedPolicyRecord, PolicyVersion, check_document};
use crate::{Dependent, Entity, Error, Identity, Quota};

fn no_version(number: u32) -> Error {
    Error::NoSuchEntity(Entity::PolicyVersion, format!("v{number}"))
}

impl Identity {
    /// Gives a managed policy another version.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`], [`Error::Unmodifiable`], [`Error::MalformedPolicy`]; [`Error::LimitExceeded`] with
    /// [`ManagedPolicyRecord::VERSIONS_MAX`] versions, and for a document that is too long; [`Error::Busy`],
    /// [`Error::Storage`].
    pub async fn create_policy_version(
        &self,
        account: &AccountId,
        arn: &str,
        document: String,
        make_default: bool,
    ) -> Result<PolicyVersion, Error> {
        check_document(&document)?;
        let mut transaction = self.begin().await?;
        let mut policy = transaction.managed_policy(account, arn).await?;
        if policy.versions.len() >= ManagedPolicyRecord::VERSIONS_MAX {
            return Err(Error::LimitExceeded(
                Quota::VersionsPerPolicy,
                ManagedPolicyRecord::VERSIONS_MAX,
            ));
        }
        let version = PolicyVersion {
            number: policy.next_version,
            document,
            created: self.inner.clock.now(),
        };
        policy.next_version += 1;
        policy.updated = version.created;
        if make_default {
            policy.default_version = version.number;
        }
        policy.versions.push(version.clone());
        transaction.put_managed_policy(&policy)?;
        transaction.commit().await?;
        Ok(version)
    }

    /// Removes a version that is not the default one.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`], [`Error::Unmodifiable`], [`Error::DeleteConflict`], [`Error::Busy`],
    /// [`Error::Storage`].
    pub async fn delete_policy_version(
        &self,
        account: &AccountId,
        arn: &str,
        number: u32,
    ) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        let mut policy = transaction.managed_policy(account, arn).await?;
        if policy.default_version == number {
            return Err(Error::DeleteConflict(Dependent::DefaultVersion));
        }
        let before = policy.versions.len();
        policy.versions.retain(|version| version.number != number);
        if policy.versions.len() == before {
            return Err(no_version(number));
        }
        policy.updated = self.inner.clock.now();
        transaction.put_managed_policy(&policy)?;
        transaction.commit().await
    }

    /// Makes a version the one that counts, for all who have the policy, at once.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`], [`Error::Unmodifiable`], [`Error::Busy`], [`Error::Storage`].
    pub async fn set_default_policy_version(
        &self,
        account: &AccountId,
        arn: &str,
        number: u32,
    ) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        let mut policy = transaction.managed_policy(account, arn).await?;
        if !policy.versions.iter().any(|version| version.number == number) {
            return Err(no_version(number));
        }
        policy.default_version = number;
        policy.updated = self.inner.clock.now();
        transaction.put_managed_policy(&policy)?;
        transaction.commit().await
    }

    /// One version of a managed policy, an account's own or Amazon's, and whether it is the one that counts.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`], [`Error::Storage`].
    pub async fn policy_version(
        &self,
        account: &AccountId,
        arn: &str,
        number: u32,
    ) -> Result<(PolicyVersion, bool), Error> {
        let policy = self.managed_policy(account, arn).await?;
        let mut versions = policy.versions().into_iter();
        let version = versions.find(|version| version.number == number);
        Ok((
            version.ok_or_else(|| no_version(number))?,
            number == policy.default_version(),
        ))
    }
}
