//! The decision whether a request is allowed.

use cairn_types::AccountId;

use crate::keyring::Principal;

/// Who makes a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// Nobody signed it.
    Anonymous,
    /// A principal signed it.
    Principal(Principal),
}

/// Why a request was allowed or denied: kept for the operator, never sent to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The root user of the account that owns the resource may do everything.
    OwnerRoot,
    /// Nothing allows a request that is not signed: there are no bucket policies and ACLs yet.
    AnonymousNotAllowed,
    /// The resource is another account's, and nothing shares it.
    OtherAccount,
}

/// The answer, with its reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// Whether the request may go on.
    pub allowed: bool,
    /// The step that decided.
    pub reason: Reason,
}

/// Decides whether `caller` may do `action` (an IAM action such as `s3:GetObject`). `owner` is the
/// account that owns the resource; `None` where the request names no owned resource (ListBuckets,
/// CreateBucket), which every principal may ask in the name of its own account.
pub fn authorize(caller: &Caller, action: &str, owner: Option<&AccountId>) -> Decision {
    debug_assert!(
        action.contains(':'),
        "an action has its service's prefix: {action}"
    );
    match caller {
        Caller::Anonymous => Decision {
            allowed: false,
            reason: Reason::AnonymousNotAllowed,
        },
        Caller::Principal(Principal::Root(account)) => {
            if owner.is_none_or(|owner| *owner == account.id) {
                Decision {
                    allowed: true,
                    reason: Reason::OwnerRoot,
                }
            } else {
                Decision {
                    allowed: false,
                    reason: Reason::OtherAccount,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use cairn_types::{AccessKeyId, AccountId, CanonicalUserId, SecretAccessKey};

    use super::*;
    use crate::{Keyring, RootAccount};

    #[test]
    fn only_the_owner_is_allowed() {
        let account_id = AccountId::generate();
        let keyring = Keyring::single(RootAccount {
            account_id: account_id.clone(),
            canonical_user_id: CanonicalUserId::generate(),
            access_key_id: AccessKeyId::parse("AKIAEXAMPLE").unwrap(),
            secret_access_key: SecretAccessKey::generate(),
        });
        assert!(keyring.find("AKIAOTHER").is_none());
        let root = Caller::Principal(keyring.find("AKIAEXAMPLE").unwrap().principal.clone());
        let other = AccountId::generate();
        let reason = |caller, owner| authorize(caller, "s3:GetObject", owner).reason;
        assert_eq!(reason(&root, Some(&account_id)), Reason::OwnerRoot);
        assert_eq!(reason(&root, None), Reason::OwnerRoot);
        assert_eq!(reason(&root, Some(&other)), Reason::OtherAccount);
        assert_eq!(reason(&Caller::Anonymous, None), Reason::AnonymousNotAllowed);
        assert!(!authorize(&Caller::Anonymous, "s3:GetObject", Some(&account_id)).allowed);
    }
}
