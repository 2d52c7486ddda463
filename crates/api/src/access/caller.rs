//! A caller as the decision over S3 requests sees it: the principal, and the policies of its own.

use cairn_identity::{Caller, NamedPermissions, Permissions};
use cairn_policy::{Layers, Principal, ResourceSide};
use cairn_types::CanonicalUserId;

/// Who asks.
pub(crate) struct Asker<'a> {
    /// As policies name it.
    pub(crate) principal: &'a Principal,
    /// The canonical user id of its account.
    pub(crate) canonical_user_id: Option<&'a CanonicalUserId>,
    asks_tags: bool,
    named: Option<NamedPermissions<'a>>,
}

impl<'a> Asker<'a> {
    /// The caller's.
    pub(crate) fn of(caller: &'a Caller) -> Self {
        let signer = caller.signer();
        let permissions = signer.map(|signer| &signer.permissions);
        Self {
            principal: caller.principal(),
            canonical_user_id: signer.map(|signer| &signer.account.canonical_user_id),
            asks_tags: permissions.is_some_and(Permissions::asks_object_tags),
            named: permissions.map(Permissions::named),
        }
    }

    /// Whether one of its policies may ask for the tags of objects.
    pub(crate) fn asks_tags(&self) -> bool {
        self.asks_tags
    }

    /// The policies of its own: the root user and nobody have none.
    pub(crate) fn layers(&self) -> Layers<'_> {
        match &self.named {
            Some(named) => named.layers(ResourceSide::default()),
            None => Layers::default(),
        }
    }
}
