//! Identity and Access Management (facts/05 §3): users, groups, roles, policies, keys, devices.
//!
//! [`IAM_OPERATIONS`] is the one list of operations: what answers requests, what docs/operations.md shows,
//! and what a test compares with the model in the botocore package. An operation is a type in the file of its
//! noun; what it does is `cairn-identity`'s, here are its parameters, the resource a policy must allow, and
//! its document.

mod access_keys;
mod account_aliases;
mod account_summary;
mod error;
mod input;
mod login_profiles;
mod mfa_devices;
mod output;
mod password_policy;
mod qr_code;
mod users;

use super::Service;
use super::query::{QueryRow, QueryService};

/// Every operation of IAM that is built, by noun.
pub const IAM_OPERATIONS: &[QueryRow] = &[
    QueryRow::of::<users::CreateUser>(),
    QueryRow::of::<users::GetUser>(),
    QueryRow::of::<users::UpdateUser>(),
    QueryRow::of::<users::DeleteUser>(),
    QueryRow::of::<users::ListUsers>(),
    QueryRow::of::<access_keys::CreateAccessKey>(),
    QueryRow::of::<access_keys::UpdateAccessKey>(),
    QueryRow::of::<access_keys::DeleteAccessKey>(),
    QueryRow::of::<access_keys::ListAccessKeys>(),
    QueryRow::of::<access_keys::GetAccessKeyLastUsed>(),
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
];

/// IAM.
pub(super) const SERVICE: QueryService = QueryService {
    service: Service::Iam,
    version: "2010-05-08",
    namespace: "https://iam.amazonaws.com/doc/2010-05-08/",
    operations: IAM_OPERATIONS,
};
