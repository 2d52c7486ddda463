//! Accounts and who is in them: root users, IAM users, groups and roles with their policies, access keys, MFA
//! devices, OpenID Connect providers, and the sessions made of them.
//!
//! IAM's rules are written once, here, over the storage contract: names, limits, what must be gone before
//! something can be deleted, what a session is. What a policy means is `cairn-policy`'s. HTTP, XML and the
//! words of errors are `cairn-api`'s.
//!
//! [`Identity`] is the store. Requests ask it one question: [`Identity::credential`], who is behind an access
//! key. Everything else is administration. One file a noun.

mod access_key;
mod account;
mod account_alias;
mod account_summary;
mod aws_managed;
mod boundary;
mod credential;
mod error;
mod failures;
mod group;
mod guesses;
mod holder_policies;
#[cfg(test)]
mod kit;
mod last_used;
mod login_profile;
mod managed_policy;
mod mfa_device;
mod name;
mod page;
mod password;
mod password_hash;
mod policy_use;
mod policy_version;
mod principals;
mod role;
mod rows;
mod seal;
mod session;
mod signer;
mod store;
mod tagging;
mod tags;
#[cfg(test)]
mod tests;
mod totp;
mod unique_id;
mod user;

pub use access_key::{AccessKeyRecord, Holder, Issued, KeyOwner, Status};
pub use account::{Account, AccountRecord, RootAccount};
pub use account_alias::is_account_alias;
pub use account_summary::AccountSummary;
pub use aws_managed::{AWS_MANAGED_POLICIES, AwsManagedPolicy};
pub use credential::CredentialError;
pub use error::{Dependent, Entity, Error, Quota};
pub use failures::AUTHENTICATION_FAILURES;
pub use group::GroupRecord;
pub use holder_policies::{HolderKind, HolderPolicies};
pub use last_used::LastUse;
pub use login_profile::LoginProfile;
pub use managed_policy::{ManagedPolicy, ManagedPolicyRecord, NewPolicy, PolicyFilter, PolicyVersion};
pub use mfa_device::{DeviceOfUser, Enabled, IssuedDevice, MfaDeviceRecord, MfaError, TwoCodes};
pub use name::{InvalidName, InvalidPath, Name, Path};
pub use page::Page;
pub use password::{Password, PasswordPolicy};
pub use policy_use::{EntityFilter, PolicyEntity, Use, Uses};
pub use role::{NewRole, RoleRecord};
pub use seal::{InvalidMasterKey, MasterKey, NotSealedHere};
pub use session::{
    InvalidToken, SESSION_PACKED_BYTES_MAX, SESSION_TOKEN_CHARS_MAX, Session, SessionCredentials,
    SessionPolicy, SessionSubject,
};
pub use signer::{Caller, Credential, NamedPermissions, Permissions, Signer, SourcedPolicy};
pub use store::{Identity, Limits};
pub use tagging::Tagged;
pub use tags::Tags;
pub use unique_id::{IdPrefix, UniqueId};
pub use user::{NewUser, UserRecord};
