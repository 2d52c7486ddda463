//! Identity and Access Management (facts/05 §3): users, groups, roles, policies, keys, devices.
//!
//! [`IAM_OPERATIONS`] is the one list of operations: what answers requests, what docs/operations.md shows,
//! and what a test compares with the model in the botocore package. An operation is a type in the file of its
//! noun; what it does is `cairn-identity`'s, here are its parameters, the resource a policy must allow, and
//! its document.

mod absent;
mod access_keys;
mod account_aliases;
mod account_summary;
mod attachments;
mod authorization_details;
mod boundaries;
mod error;
mod groups;
mod holder;
mod inline_policies;
mod input;
mod login_profiles;
mod mfa_devices;
mod oidc_providers;
mod output;
mod password_policy;
mod policies;
mod policy_versions;
mod qr_code;
mod resource_keys;
mod roles;
mod simulation;
mod tags;
mod users;

pub(super) use self::input::tag_conditions;
use super::Service;
use super::query::{QueryRow, QueryService};
use holder::{OfGroup, OfRole, OfUser};
pub(crate) use resource_keys::set_resource_keys;

/// Every operation of IAM that is built, by noun.
pub const IAM_OPERATIONS: &[QueryRow] = &[
    QueryRow::of::<users::CreateUser>(),
    QueryRow::of::<users::GetUser>(),
    QueryRow::of::<users::UpdateUser>(),
    QueryRow::of::<users::DeleteUser>(),
    QueryRow::of::<users::ListUsers>(),
    QueryRow::of::<tags::AddTags<tags::User>>(),
    QueryRow::of::<tags::RemoveTags<tags::User>>(),
    QueryRow::of::<tags::ListTags<tags::User>>(),
    QueryRow::of::<boundaries::PutUserPermissionsBoundary>(),
    QueryRow::of::<boundaries::DeleteUserPermissionsBoundary>(),
    QueryRow::of::<absent::ListNone<absent::ServiceSpecificCredentials>>(),
    QueryRow::of::<absent::ListNone<absent::SigningCertificates>>(),
    QueryRow::of::<absent::ListNone<absent::SshPublicKeys>>(),
    QueryRow::of::<access_keys::CreateAccessKey>(),
    QueryRow::of::<access_keys::UpdateAccessKey>(),
    QueryRow::of::<access_keys::DeleteAccessKey>(),
    QueryRow::of::<access_keys::ListAccessKeys>(),
    QueryRow::of::<access_keys::GetAccessKeyLastUsed>(),
    QueryRow::of::<groups::CreateGroup>(),
    QueryRow::of::<groups::GetGroup>(),
    QueryRow::of::<groups::UpdateGroup>(),
    QueryRow::of::<groups::DeleteGroup>(),
    QueryRow::of::<groups::ListGroups>(),
    QueryRow::of::<groups::AddUserToGroup>(),
    QueryRow::of::<groups::RemoveUserFromGroup>(),
    QueryRow::of::<groups::ListGroupsForUser>(),
    QueryRow::of::<roles::CreateRole>(),
    QueryRow::of::<roles::GetRole>(),
    QueryRow::of::<roles::UpdateRole>(),
    QueryRow::of::<roles::UpdateRoleDescription>(),
    QueryRow::of::<roles::DeleteRole>(),
    QueryRow::of::<roles::ListRoles>(),
    QueryRow::of::<roles::UpdateAssumeRolePolicy>(),
    QueryRow::of::<tags::AddTags<tags::Role>>(),
    QueryRow::of::<tags::RemoveTags<tags::Role>>(),
    QueryRow::of::<tags::ListTags<tags::Role>>(),
    QueryRow::of::<boundaries::PutRolePermissionsBoundary>(),
    QueryRow::of::<boundaries::DeleteRolePermissionsBoundary>(),
    QueryRow::of::<absent::ListInstanceProfilesForRole>(),
    QueryRow::of::<policies::CreatePolicy>(),
    QueryRow::of::<policies::GetPolicy>(),
    QueryRow::of::<policies::DeletePolicy>(),
    QueryRow::of::<policies::ListPolicies>(),
    QueryRow::of::<policies::ListEntitiesForPolicy>(),
    QueryRow::of::<tags::AddTags<tags::Policy>>(),
    QueryRow::of::<tags::RemoveTags<tags::Policy>>(),
    QueryRow::of::<tags::ListTags<tags::Policy>>(),
    QueryRow::of::<policy_versions::CreatePolicyVersion>(),
    QueryRow::of::<policy_versions::GetPolicyVersion>(),
    QueryRow::of::<policy_versions::ListPolicyVersions>(),
    QueryRow::of::<policy_versions::DeletePolicyVersion>(),
    QueryRow::of::<policy_versions::SetDefaultPolicyVersion>(),
    QueryRow::of::<attachments::Attach<OfUser>>(),
    QueryRow::of::<attachments::Detach<OfUser>>(),
    QueryRow::of::<attachments::ListAttached<OfUser>>(),
    QueryRow::of::<attachments::Attach<OfGroup>>(),
    QueryRow::of::<attachments::Detach<OfGroup>>(),
    QueryRow::of::<attachments::ListAttached<OfGroup>>(),
    QueryRow::of::<attachments::Attach<OfRole>>(),
    QueryRow::of::<attachments::Detach<OfRole>>(),
    QueryRow::of::<attachments::ListAttached<OfRole>>(),
    QueryRow::of::<inline_policies::Put<OfUser>>(),
    QueryRow::of::<inline_policies::Get<OfUser>>(),
    QueryRow::of::<inline_policies::Delete<OfUser>>(),
    QueryRow::of::<inline_policies::List<OfUser>>(),
    QueryRow::of::<inline_policies::Put<OfGroup>>(),
    QueryRow::of::<inline_policies::Get<OfGroup>>(),
    QueryRow::of::<inline_policies::Delete<OfGroup>>(),
    QueryRow::of::<inline_policies::List<OfGroup>>(),
    QueryRow::of::<inline_policies::Put<OfRole>>(),
    QueryRow::of::<inline_policies::Get<OfRole>>(),
    QueryRow::of::<inline_policies::Delete<OfRole>>(),
    QueryRow::of::<inline_policies::List<OfRole>>(),
    QueryRow::of::<oidc_providers::CreateOpenIDConnectProvider>(),
    QueryRow::of::<oidc_providers::GetOpenIDConnectProvider>(),
    QueryRow::of::<oidc_providers::ListOpenIDConnectProviders>(),
    QueryRow::of::<oidc_providers::DeleteOpenIDConnectProvider>(),
    QueryRow::of::<oidc_providers::AddClientIDToOpenIDConnectProvider>(),
    QueryRow::of::<oidc_providers::RemoveClientIDFromOpenIDConnectProvider>(),
    QueryRow::of::<oidc_providers::UpdateOpenIDConnectProviderThumbprint>(),
    QueryRow::of::<tags::AddTags<tags::OpenIDConnectProvider>>(),
    QueryRow::of::<tags::RemoveTags<tags::OpenIDConnectProvider>>(),
    QueryRow::of::<tags::ListTags<tags::OpenIDConnectProvider>>(),
    QueryRow::of::<mfa_devices::CreateVirtualMfaDevice>(),
    QueryRow::of::<mfa_devices::EnableMfaDevice>(),
    QueryRow::of::<mfa_devices::ResyncMfaDevice>(),
    QueryRow::of::<mfa_devices::DeactivateMfaDevice>(),
    QueryRow::of::<mfa_devices::DeleteVirtualMfaDevice>(),
    QueryRow::of::<mfa_devices::ListMfaDevices>(),
    QueryRow::of::<mfa_devices::ListVirtualMfaDevices>(),
    QueryRow::of::<login_profiles::CreateLoginProfile>(),
    QueryRow::of::<login_profiles::GetLoginProfile>(),
    QueryRow::of::<login_profiles::UpdateLoginProfile>(),
    QueryRow::of::<login_profiles::DeleteLoginProfile>(),
    QueryRow::of::<login_profiles::ChangePassword>(),
    QueryRow::of::<password_policy::UpdateAccountPasswordPolicy>(),
    QueryRow::of::<password_policy::GetAccountPasswordPolicy>(),
    QueryRow::of::<password_policy::DeleteAccountPasswordPolicy>(),
    QueryRow::of::<account_aliases::CreateAccountAlias>(),
    QueryRow::of::<account_aliases::ListAccountAliases>(),
    QueryRow::of::<account_aliases::DeleteAccountAlias>(),
    QueryRow::of::<account_summary::GetAccountSummary>(),
    QueryRow::of::<authorization_details::GetAccountAuthorizationDetails>(),
    QueryRow::of::<simulation::SimulatePrincipalPolicy>(),
    QueryRow::of::<simulation::SimulateCustomPolicy>(),
    QueryRow::of::<simulation::GetContextKeysForPrincipalPolicy>(),
    QueryRow::of::<simulation::GetContextKeysForCustomPolicy>(),
];

/// IAM.
pub(super) const SERVICE: QueryService = QueryService {
    service: Service::Iam,
    version: "2010-05-08",
    namespace: "https://iam.amazonaws.com/doc/2010-05-08/",
    operations: IAM_OPERATIONS,
};
