//! Access keys and whose they are.

use std::sync::Arc;

use cairn_types::{AccessKeyId, AccountId, CanonicalUserId, SecretAccessKey};

/// An account: the owner of buckets and objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The twelve digits.
    pub id: AccountId,
    /// The id that `Owner` elements show.
    pub canonical_user_id: CanonicalUserId,
}

/// What an account is made of at the first start.
#[derive(Debug, Clone)]
pub struct RootAccount {
    /// The account's number.
    pub account_id: AccountId,
    /// The account's canonical user id.
    pub canonical_user_id: CanonicalUserId,
    /// The root user's access key.
    pub access_key_id: AccessKeyId,
    /// The root user's secret.
    pub secret_access_key: SecretAccessKey,
}

/// Someone who can be authenticated. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// The root user of an account.
    Root(Arc<Account>),
}

impl Principal {
    /// The account the principal belongs to.
    pub fn account(&self) -> &Arc<Account> {
        match self {
            Self::Root(account) => account,
        }
    }

    /// The principal's ARN (facts/05 §1), as access logs and AccessDenied messages name it.
    pub fn arn(&self) -> String {
        match self {
            Self::Root(account) => format!("arn:aws:iam::{}:root", account.id),
        }
    }
}

/// An access key, found.
#[derive(Debug, Clone)]
pub struct Credential {
    /// What requests with this key are signed with.
    pub secret: SecretAccessKey,
    /// Whose it is.
    pub principal: Principal,
}

/// All access keys of the deployment.
#[derive(Debug, Clone)]
pub struct Keyring {
    access_key_id: AccessKeyId,
    credential: Credential,
}

impl Keyring {
    /// The keyring of a deployment with one account and no users.
    pub fn single(root: RootAccount) -> Self {
        let account = Arc::new(Account {
            id: root.account_id,
            canonical_user_id: root.canonical_user_id,
        });
        let credential = Credential {
            secret: root.secret_access_key,
            principal: Principal::Root(account),
        };
        Self {
            access_key_id: root.access_key_id,
            credential,
        }
    }

    /// The credential of an access key, if the deployment has that key.
    pub fn find(&self, id: &str) -> Option<&Credential> {
        (self.access_key_id.as_str() == id).then_some(&self.credential)
    }

    /// Whether an account of the deployment has this canonical user id: an ACL can grant to it.
    pub fn has_canonical_user(&self, id: &CanonicalUserId) -> bool {
        self.credential.principal.account().canonical_user_id == *id
    }
}
