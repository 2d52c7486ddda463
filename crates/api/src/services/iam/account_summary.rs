//! GetAccountSummary: how much there is in the account, and how much there may be.

use cairn_identity::{
    AccessKeyRecord, AccountSummary, GroupRecord, ManagedPolicyRecord, RoleRecord, UserRecord,
};
use cairn_policy::{
    GROUP_POLICIES_SIZE_MAX, MANAGED_POLICY_SIZE_MAX, ROLE_POLICIES_SIZE_MAX, TRUST_POLICY_SIZE_MAX,
    USER_POLICIES_SIZE_MAX,
};
use cairn_protocol::xml::Writer;

use crate::services::query::{Parameters, QueryCall, QueryError, QueryOperation};

/// Most managed policies of one user, group or role (facts/05 §3).
const ATTACHED_MAX: usize = 10;

pub(super) struct GetAccountSummary;

impl QueryOperation for GetAccountSummary {
    const NAME: &'static str = "GetAccountSummary";
    const ACTION: &'static str = "iam:GetAccountSummary";

    type Input = ();
    type Output = AccountSummary;

    fn parse(_: &mut Parameters) -> Option<()> {
        Some(())
    }

    async fn resource(_: &QueryCall, (): &()) -> Result<String, QueryError> {
        Ok("*".to_owned())
    }

    async fn execute(call: &QueryCall, (): ()) -> Result<AccountSummary, QueryError> {
        Ok(call.identity().account_summary(call.account()?).await?)
    }

    /// What Cairn does not have (certificates, instance profiles) is not in the map.
    fn write(summary: &AccountSummary, result: &mut Writer) {
        let versions_most = ManagedPolicyRecord::PER_ACCOUNT_MAX * ManagedPolicyRecord::VERSIONS_MAX;
        let entries = [
            ("Users", summary.users),
            ("UsersQuota", UserRecord::PER_ACCOUNT_MAX),
            ("Groups", summary.groups),
            ("GroupsQuota", GroupRecord::PER_ACCOUNT_MAX),
            ("GroupsPerUserQuota", UserRecord::GROUPS_MAX),
            ("Roles", summary.roles),
            ("RolesQuota", RoleRecord::PER_ACCOUNT_MAX),
            ("Policies", summary.policies),
            ("PoliciesQuota", ManagedPolicyRecord::PER_ACCOUNT_MAX),
            ("PolicySizeQuota", MANAGED_POLICY_SIZE_MAX),
            ("PolicyVersionsInUse", summary.policy_versions),
            ("PolicyVersionsInUseQuota", versions_most),
            ("VersionsPerPolicyQuota", ManagedPolicyRecord::VERSIONS_MAX),
            ("UserPolicySizeQuota", USER_POLICIES_SIZE_MAX),
            ("GroupPolicySizeQuota", GROUP_POLICIES_SIZE_MAX),
            ("RolePolicySizeQuota", ROLE_POLICIES_SIZE_MAX),
            ("AssumeRolePolicySizeQuota", TRUST_POLICY_SIZE_MAX),
            ("AttachedPoliciesPerUserQuota", ATTACHED_MAX),
            ("AttachedPoliciesPerGroupQuota", ATTACHED_MAX),
            ("AttachedPoliciesPerRoleQuota", ATTACHED_MAX),
            ("AccessKeysPerUserQuota", AccessKeyRecord::PER_HOLDER_MAX),
            ("MFADevices", summary.mfa_devices),
            ("MFADevicesInUse", summary.mfa_devices_in_use),
            ("AccountMFAEnabled", usize::from(summary.root_mfa)),
            ("AccountAccessKeysPresent", usize::from(summary.root_keys)),
        ];
        result.nested("SummaryMap", |map| {
            for (key, value) in entries {
                map.nested("entry", |entry| {
                    entry.element("key", key).element("value", value);
                });
            }
        });
    }
}
