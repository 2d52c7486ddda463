//! Who may do what: what buckets, objects and accounts say of it, read and set, and the decision over a
//! request.
//!
//! The rules are `cairn-access`'s and `cairn-policy`'s. Here is where their values are kept (`stored`: in
//! documents of buckets and accounts), how a request's ACL headers become the ACL of what it makes (`acl`), which
//! actions an operation needs (`operation`), and what is asked for each of them (`asking`, `conditions`).

mod acl;
mod asking;
mod caller;
mod conditions;
mod decided;
mod fact;
mod gathered;
mod operation;
mod policies;
mod sender;
mod stored;

pub(crate) use self::acl::{NewAccess, accept, encode, known, shown, wanted};
pub(crate) use self::asking::{Asking, Target};
pub(crate) use self::caller::Asker;
pub(crate) use self::conditions::of_target;
pub(crate) use self::decided::Decided;
pub(crate) use self::fact::Noted;
pub use self::fact::{AccessFact, FactQuestion};
pub(crate) use self::gathered::{Gathered, Known, Lookup};
pub use self::operation::{Extra, When};
pub(crate) use self::operation::{allow_all, authorize};
pub(crate) use self::policies::{POLICIES_CACHED, Policies};
pub(crate) use self::sender::{Sender, Signature};
pub(crate) use self::stored::{
    ACL, MFA_DELETE, OWNERSHIP, POLICY, PUBLIC_ACCESS_BLOCK, account_block, bucket_acl, bucket_block,
    effective_block, encode_block, encode_mfa_delete, encode_ownership, mfa_delete, object_owner, ownership,
};
