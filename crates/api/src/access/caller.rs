//! A caller as the decision over S3 requests sees it: the principal, and the policies of its own.

use cairn_identity::{Caller, NamedPermissions};
use cairn_policy::{Layers, Principal, ResourceSide};
use cairn_types::CanonicalUserId;

/// Who asks.
pub(crate) struct Asker<'a> {
    /// As policies name it.
    pub(crate) principal: &'a Principal,
    /// The canonical user id of its account.
    pub(crate) canonical_user_id: Option<&'a CanonicalUserId>,
    named: Option<NamedPermissions<'a>>,
}

impl<'a> Asker<'a> {
    /// The caller's.
    pub(crate) fn of(caller: &'a Caller) -> Self {
        let signer = caller.signer();
        Self {
            principal: caller.principal(),
            canonical_user_id: signer.map(|signer| &signer.account.canonical_user_id),
            named: signer.map(|signer| signer.permissions.named()),
        }
    }

    /// The policies of its own: the root user and nobody have none.
    pub(crate) fn layers(&self) -> Layers<'_> {
        match &self.named {
            Some(named) => named.layers(ResourceSide::default()),
            None => Layers::default(),
        }
    }
}
