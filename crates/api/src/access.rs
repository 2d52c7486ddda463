//! Who may do what: what buckets, objects and accounts say of it, read and set, and the decision over a
//! request.
//!
//! The rules are `cairn-access`'s and `cairn-policy`'s. Here is where their values are kept (`stored`: in
//! documents of buckets and accounts) and how a request's ACL headers become the ACL of what it makes (`acl`).

mod acl;
mod stored;

pub(crate) use self::acl::{NewAccess, accept, encode, known, shown, wanted};
pub(crate) use self::stored::{
    ACL, OWNERSHIP, POLICY, PUBLIC_ACCESS_BLOCK, account_block, bucket_acl, bucket_block, effective_block,
    encode_block, encode_ownership, object_owner, ownership,
};
