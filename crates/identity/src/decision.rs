//! The decision over S3 requests while buckets have no policies: the owner's root user may do everything.

use cairn_types::AccountId;

use crate::Caller;

/// Why a request was allowed or denied: kept for the operator, never sent to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The root user of the account that owns the resource may do everything.
    OwnerRoot,
    /// Nothing allows it.
    NotAllowed,
}

/// The answer, with its reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// Whether the request may go on.
    pub allowed: bool,
    /// The step that decided.
    pub reason: Reason,
}

/// Decides whether `caller` may do `action`.
pub fn authorize(caller: &Caller, _action: &str, owner: Option<&AccountId>) -> Decision {
    let allowed = caller.signer().is_some_and(|signer| {
        signer.principal.is_root() && owner.is_none_or(|owner| *owner == signer.account.id)
    });
    Decision {
        allowed,
        reason: if allowed {
            Reason::OwnerRoot
        } else {
            Reason::NotAllowed
        },
    }
}
