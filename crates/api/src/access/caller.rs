//! A caller as policies see it: the one place that knows how identities are kept.

use cairn_identity::Caller;
use cairn_policy::{Layers, Principal};
use cairn_types::CanonicalUserId;

/// Who asks.
pub(crate) struct Asker<'a> {
    /// As policies name it.
    pub(crate) principal: Principal,
    /// The canonical user id of its account.
    pub(crate) canonical_user_id: Option<&'a CanonicalUserId>,
}

impl<'a> Asker<'a> {
    /// The caller's.
    pub(crate) fn of(caller: &'a Caller) -> Self {
        match caller {
            Caller::Anonymous => Self {
                principal: Principal::Anonymous,
                canonical_user_id: None,
            },
            Caller::Principal(principal) => Self {
                principal: Principal::Root {
                    account: principal.account().id.clone(),
                },
                canonical_user_id: Some(&principal.account().canonical_user_id),
            },
        }
    }

    /// Whether one of its policies may ask for the tags of objects.
    pub(crate) fn asks_tags(&self) -> bool {
        false
    }

    /// The policies of its own: the root user and nobody have none.
    pub(crate) fn layers(&self) -> Layers<'static> {
        Layers::default()
    }
}
