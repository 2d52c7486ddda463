//! What can be so that a change of identities, or a question about them, is refused: facts with their fields,
//! no wire texts. `cairn-api` has the words of IAM and STS for them.

use std::fmt;

use cairn_storage::StorageError;

use crate::seal::NotSealedHere;

/// What something with a name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Entity {
    /// An account.
    Account,
    /// An account's alias.
    AccountAlias,
    /// An access key, by its id.
    AccessKey,
    /// A user.
    User,
    /// A group.
    Group,
    /// A role.
    Role,
    /// A managed policy, by its ARN.
    Policy,
    /// A version of a managed policy.
    PolicyVersion,
    /// An inline policy of a user, group or role.
    InlinePolicy,
    /// A permissions boundary of a user or role.
    PermissionsBoundary,
    /// A password of a user.
    LoginProfile,
    /// The account's rules for passwords.
    PasswordPolicy,
    /// An MFA device, by its serial number.
    MfaDevice,
    /// An OpenID Connect provider, by its ARN.
    OidcProvider,
}

impl fmt::Display for Entity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Account => "account",
            Self::AccountAlias => "account alias",
            Self::AccessKey => "access key",
            Self::User => "user",
            Self::Group => "group",
            Self::Role => "role",
            Self::Policy => "managed policy",
            Self::PolicyVersion => "policy version",
            Self::InlinePolicy => "inline policy",
            Self::PermissionsBoundary => "permissions boundary",
            Self::LoginProfile => "login profile",
            Self::PasswordPolicy => "password policy",
            Self::MfaDevice => "MFA device",
            Self::OidcProvider => "OpenID Connect provider",
        })
    }
}

/// What must be gone before something can be deleted (facts/05 §3, DeleteConflict).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dependent {
    /// Inline policies.
    Policies,
    /// Attached managed policies.
    AttachedPolicies,
    /// Users in the group.
    Users,
    /// The user is in groups.
    Groups,
    /// Access keys.
    AccessKeys,
    /// A password.
    LoginProfile,
    /// MFA devices.
    MfaDevices,
    /// The managed policy is attached, or is somebody's boundary.
    Attachments,
    /// The managed policy has versions beside its default one.
    Versions,
    /// The version is the policy's default.
    DefaultVersion,
    /// The MFA device is enabled for a user.
    Enabled,
}

/// What there can only be so many of (facts/05 §3, LimitExceeded).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quota {
    /// Access keys of a user or a root user: 2.
    AccessKeysPerUser,
    /// Groups of a user: 10.
    GroupsPerUser,
    /// Users of an account: 5000.
    Users,
    /// Groups of an account: 300.
    Groups,
    /// Roles of an account: 1000.
    Roles,
    /// Customer managed policies of an account: 1500.
    Policies,
    /// Versions of a managed policy: 5.
    VersionsPerPolicy,
    /// Managed policies of a user: 10.
    AttachedPoliciesPerUser,
    /// Managed policies of a group: 10.
    AttachedPoliciesPerGroup,
    /// Managed policies of a role: 10.
    AttachedPoliciesPerRole,
    /// Characters of all inline policies of a user, without white space: 2048.
    InlinePolicyBytesPerUser,
    /// The same of a group: 5120.
    InlinePolicyBytesPerGroup,
    /// The same of a role: 10240.
    InlinePolicyBytesPerRole,
    /// Characters of a managed policy, without white space: 6144.
    PolicyBytes,
    /// Characters of a trust policy, without white space: 2048.
    TrustPolicyBytes,
    /// Tags of one thing: 50.
    Tags,
    /// MFA devices of a user or a root user: 8.
    MfaDevicesPerUser,
    /// MFA devices of an account that are not enabled for anybody.
    VirtualMfaDevices,
    /// Aliases of an account: 1.
    AccountAliases,
    /// OpenID Connect providers of an account: 100.
    OidcProviders,
    /// Client ids of an OpenID Connect provider: 100.
    ClientIdsPerProvider,
}

/// Why it did not happen. In brackets the error of IAM that it becomes.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is none of this name. \[NoSuchEntity]
    #[error("no {0} {1}")]
    NoSuchEntity(Entity, String),
    /// There is one of this name. \[EntityAlreadyExists]
    #[error("there is a {0} {1} already")]
    EntityAlreadyExists(Entity, String),
    /// Something that hangs on it must be gone first. \[DeleteConflict]
    #[error("{0:?} must be removed first")]
    DeleteConflict(Dependent),
    /// There are as many as there can be. \[LimitExceeded]
    #[error("no more than {1} of {0:?}")]
    LimitExceeded(Quota, usize),
    /// The document is no policy of this kind. \[MalformedPolicyDocument]
    #[error("{0}")]
    MalformedPolicy(cairn_policy::PolicyError),
    /// The policy is not one that can be attached. \[PolicyNotAttachable, NoSuchEntity]
    #[error("the policy {0} cannot be attached")]
    PolicyNotAttachable(String),
    /// The codes are not the device's of now. \[InvalidAuthenticationCode]
    #[error("the authentication code is not valid")]
    InvalidAuthenticationCode,
    /// The password that somebody wants to change is another one. \[AccessDenied]
    #[error("the password is wrong")]
    WrongPassword,
    /// The password is not as the account's rules ask. \[PasswordPolicyViolation]
    #[error("{0}")]
    PasswordPolicyViolation(String),
    /// The operation is not one for this kind of user. \[InvalidUserType]
    #[error("{0}")]
    InvalidUserType(&'static str),
    /// It is Amazon's own and nobody's to change. \[UnmodifiableEntity, AccessDenied]
    #[error("the {0} {1} cannot be changed")]
    Unmodifiable(Entity, String),
    /// A parameter has a value that it cannot have here. \[InvalidInput]
    #[error("{0}")]
    InvalidInput(String),
    /// Others are changing identities at this moment. \[ConcurrentModification]
    #[error("busy")]
    Busy,
    /// A secret cannot be read with the master keys that are known. \[ServiceFailure]
    #[error(transparent)]
    Sealed(#[from] NotSealedHere),
    /// The engine failed. \[ServiceFailure]
    #[error(transparent)]
    Storage(#[from] StorageError),
}
