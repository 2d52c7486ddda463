//! Users, groups and roles as those who have policies: what the operations on one are called on another.

use cairn_identity::{HolderKind, Name};

use super::input::{NAME_CHARS_MAX, USER_NAME_CHARS_MAX, group_arn, role_arn, user_arn};
use crate::services::query::{Parameters, QueryCall, QueryError};

/// The name of an operation, and its action.
pub(super) struct Called {
    /// `AttachUserPolicy`
    pub(super) name: &'static str,
    /// `iam:AttachUserPolicy`
    pub(super) action: &'static str,
}

/// A kind of holder of policies.
pub(super) trait Holder: 'static {
    /// Which.
    const KIND: HolderKind;
    /// The parameter and the element that name one.
    const NAME: &'static str;
    const ATTACH: Called;
    const DETACH: Called;
    const LIST_ATTACHED: Called;
    const PUT: Called;
    const GET: Called;
    const DELETE: Called;
    const LIST: Called;
}

macro_rules! called {
    ($before:literal, $kind:ident, $after:literal) => {
        Called {
            name: concat!($before, stringify!($kind), $after),
            action: concat!("iam:", $before, stringify!($kind), $after),
        }
    };
}

macro_rules! holder {
    ($holder:ident, $kind:ident) => {
        pub(super) struct $holder;

        impl Holder for $holder {
            const KIND: HolderKind = HolderKind::$kind;
            const NAME: &'static str = concat!(stringify!($kind), "Name");
            const ATTACH: Called = called!("Attach", $kind, "Policy");
            const DETACH: Called = called!("Detach", $kind, "Policy");
            const LIST_ATTACHED: Called = called!("ListAttached", $kind, "Policies");
            const PUT: Called = called!("Put", $kind, "Policy");
            const GET: Called = called!("Get", $kind, "Policy");
            const DELETE: Called = called!("Delete", $kind, "Policy");
            const LIST: Called = called!("List", $kind, "Policies");
        }
    };
}

holder!(OfUser, User);
holder!(OfGroup, Group);
holder!(OfRole, Role);

/// The name of a holder. One of a user may be longer than that of any user (the model's `existingUserNameType`).
pub(super) fn holder_name<H: Holder>(parameters: &mut Parameters) -> Option<Name> {
    let most = match H::KIND {
        HolderKind::User | HolderKind::Group => NAME_CHARS_MAX,
        HolderKind::Role => USER_NAME_CHARS_MAX,
    };
    parameters.name(H::NAME, most)
}

/// The ARN of a holder.
pub(super) async fn holder_arn<H: Holder>(call: &QueryCall, name: &Name) -> Result<String, QueryError> {
    match H::KIND {
        HolderKind::User => user_arn(call, name.as_str()).await,
        HolderKind::Group => group_arn(call, name.as_str()).await,
        HolderKind::Role => role_arn(call, name.as_str()).await,
    }
}
