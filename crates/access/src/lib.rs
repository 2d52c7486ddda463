//! S3's own access rules (facts/05 §8): ACLs, Object Ownership, Block Public Access, and the decision over
//! them and the policies.
//!
//! Everything here is a pure function over values: who asks, what the bucket and the object say. Policies
//! and their language are another crate's; what an ACL adds to them, and what a block takes away, is here.

mod acl;
mod canned;
mod decision;
mod ownership;
mod permission;
mod public_access;
mod wanted;

pub use acl::{Acl, GRANTS_MAX, Grant, Grantee, Group};
pub use canned::CannedAcl;
pub use decision::{
    AclReport, AclSays, Because, BucketPolicy, BucketSide, Decision, Explanation, ObjectSide, Question,
    Sides, decide, explain, is_about_object,
};
pub use ownership::{Ownership, accept_for_bucket, accept_for_object};
pub use permission::{Level, Permission};
pub use public_access::PublicAccessBlock;
pub use wanted::{Form, WantedAcl};
