//! How much there is in an account.

use cairn_types::AccountId;

use crate::managed_policy::ManagedPolicyRecord;
use crate::rows::{self, Noun};
use crate::store::Taken;
use crate::{Error, GroupRecord, Identity, MfaDeviceRecord, RoleRecord, UserRecord};

/// Counts of what an account has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountSummary {
    /// Users.
    pub users: usize,
    /// Groups.
    pub groups: usize,
    /// Roles.
    pub roles: usize,
    /// Customer managed policies.
    pub policies: usize,
    /// Versions of them.
    pub policy_versions: usize,
    /// MFA devices.
    pub mfa_devices: usize,
    /// Those that are somebody's.
    pub mfa_devices_in_use: usize,
    /// Whether the root user has an MFA device.
    pub root_mfa: bool,
    /// Whether the root user has access keys, in the directory or given to the server.
    pub root_keys: bool,
}

impl Identity {
    /// Counts what an account has.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`], [`Error::Storage`].
    pub async fn account_summary(&self, account: &AccountId) -> Result<AccountSummary, Error> {
        let record = self.account(account).await?;
        let all = |noun| rows::all(noun, &[account.as_str()]);
        let versions = self.scan(all(Noun::ManagedPolicy), |_, policy: ManagedPolicyRecord| {
            Taken::Yes(policy.versions.len())
        });
        let versions = versions.await?;
        let devices = self.scan(all(Noun::MfaDevice), |_, device: MfaDeviceRecord| {
            Taken::Yes(device.enabled.is_some())
        });
        let devices = devices.await?;
        Ok(AccountSummary {
            users: self.count::<UserRecord>(Noun::User, account).await?,
            groups: self.count::<GroupRecord>(Noun::Group, account).await?,
            roles: self.count::<RoleRecord>(Noun::Role, account).await?,
            policies: versions.len(),
            policy_versions: versions.into_iter().sum(),
            mfa_devices: devices.len(),
            mfa_devices_in_use: devices.into_iter().filter(|enabled| *enabled).count(),
            root_mfa: !record.mfa_devices.is_empty(),
            root_keys: !record.keys.is_empty() || self.is_operator(account),
        })
    }
}
