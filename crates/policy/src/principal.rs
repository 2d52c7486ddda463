//! Who asks, as policies name them.

use std::borrow::Cow;

use cairn_types::AccountId;
use serde::{Deserialize, Serialize};

/// Who makes a request (facts/05 §2, §5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Principal {
    /// Nobody signed it.
    Anonymous,
    /// The root user of an account.
    Root {
        /// The account.
        account: AccountId,
    },
    /// An IAM user, with long-term keys or with credentials of GetSessionToken.
    User {
        /// The account.
        account: AccountId,
        /// `/` or `/…/`.
        path: String,
        /// The user's name.
        name: String,
        /// `AIDA…`.
        id: String,
    },
    /// A session of a role.
    RoleSession {
        /// The role's account.
        account: AccountId,
        /// The role's path: `/` or `/…/`.
        role_path: String,
        /// The role's name.
        role_name: String,
        /// `AROA…`.
        role_id: String,
        /// What the session was called when it was made.
        session_name: String,
    },
    /// A federated user: a session of GetFederationToken.
    Federated {
        /// The maker's account.
        account: AccountId,
        /// The name the maker gave.
        name: String,
        /// Who called GetFederationToken: a user, or the account's root. Never more is allowed than to them.
        maker: Box<Principal>,
    },
    /// Somebody whom an identity provider's token names, while assuming a role with it.
    WebIdentity {
        /// As trust policies name it: the provider's ARN.
        provider: String,
        /// The token's `sub`.
        subject: String,
    },
}

impl Principal {
    /// The account the principal belongs to; nobody's for those who are of no account.
    pub fn account(&self) -> Option<&AccountId> {
        match self {
            Self::Anonymous | Self::WebIdentity { .. } => None,
            Self::Root { account }
            | Self::User { account, .. }
            | Self::RoleSession { account, .. }
            | Self::Federated { account, .. } => Some(account),
        }
    }

    /// The ARN, as GetCallerIdentity and access denials show it: of a role session that of the session, which has
    /// no path (facts/05 §2). `anonymous` for nobody; a web identity's is its provider's.
    pub fn arn(&self) -> String {
        match self {
            Self::Anonymous => "anonymous".to_owned(),
            Self::Root { account } => format!("arn:aws:iam::{account}:root"),
            Self::User {
                account, path, name, ..
            } => format!("arn:aws:iam::{account}:user{path}{name}"),
            Self::RoleSession {
                account,
                role_name,
                session_name,
                ..
            } => format!("arn:aws:sts::{account}:assumed-role/{role_name}/{session_name}"),
            Self::Federated { account, name, .. } => format!("arn:aws:sts::{account}:federated-user/{name}"),
            Self::WebIdentity { provider, .. } => provider.clone(),
        }
    }

    /// `aws:PrincipalArn`: as [`Self::arn`], but of a role session the role's (facts/05 §5). None of nobody.
    pub fn principal_arn(&self) -> Option<String> {
        match self {
            Self::Anonymous | Self::WebIdentity { .. } => None,
            Self::RoleSession {
                account,
                role_path,
                role_name,
                ..
            } => Some(format!("arn:aws:iam::{account}:role{role_path}{role_name}")),
            Self::Root { .. } | Self::User { .. } | Self::Federated { .. } => Some(self.arn()),
        }
    }

    /// `aws:userid` (facts/05 §5).
    pub fn user_id(&self) -> Cow<'_, str> {
        match self {
            Self::Anonymous => "anonymous".into(),
            Self::Root { account } => account.as_str().into(),
            Self::User { id, .. } => id.into(),
            Self::RoleSession {
                role_id,
                session_name,
                ..
            } => format!("{role_id}:{session_name}").into(),
            Self::Federated { account, name, .. } => format!("{account}:{name}").into(),
            Self::WebIdentity { subject, .. } => subject.into(),
        }
    }

    /// `aws:username`: of IAM users only.
    pub fn user_name(&self) -> Option<&str> {
        match self {
            Self::User { name, .. } => Some(name),
            _ => None,
        }
    }

    /// `aws:PrincipalType`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Anonymous | Self::WebIdentity { .. } => "Anonymous",
            Self::Root { .. } => "Account",
            Self::User { .. } => "User",
            Self::RoleSession { .. } => "AssumedRole",
            Self::Federated { .. } => "FederatedUser",
        }
    }

    /// Whether it is an account's root user.
    pub fn is_root(&self) -> bool {
        matches!(self, Self::Root { .. })
    }
}
