//! The policy language, its evaluation, and why.
//!
//! [`Policy`] is a document of Amazon's policy language, read strictly and compiled once (facts/05 §5). [`decide`]
//! is a pure function over a [`Question`] (who asks to do what with which resource, and what else is known) and the
//! [`Layers`] of policies that have a say; it gives the answer and the statement or layer that decided, in the order
//! of facts/05 §6. [`explain`] asks the same question on the same path, and tells of every policy looked at which
//! statement matched, which part of it did not, and what would allow what was denied.
//!
//! No I/O here, and no clock: times are values of the context.

mod arn_pattern;
mod condition;
mod context;
mod decision;
mod evaluation;
pub mod explanation;
mod facts;
mod invalid;
mod json;
mod key;
mod operand;
mod pattern;
mod policy;
mod principal;
mod principal_element;
mod public;
mod rewrite;
mod s3_actions;

pub use context::{Context, Values};
pub use decision::{
    Because, By, Decision, Grant, Layer, Layers, Named, Question, Quoting, ResourceKind, ResourceSide, decide,
};
pub use explanation::{Explanation, explain};
pub use invalid::PolicyError;
pub use json::JSON_DEPTH_MAX;
pub use pattern::PATTERN_CHARS_MAX;
pub use policy::{
    BUCKET_POLICY_BYTES_MAX, DOCUMENT_BYTES_MAX, GROUP_POLICIES_SIZE_MAX, MANAGED_POLICY_SIZE_MAX, Policy,
    PolicyType, ROLE_POLICIES_SIZE_MAX, SESSION_POLICIES_SIZE_MAX, TRUST_POLICY_SIZE_MAX,
    USER_POLICIES_SIZE_MAX, policy_size,
};
pub use principal::Principal;
pub use public::{Publicity, is_public, publicity};
pub use rewrite::{PrincipalName, RewriteError, UserOrRole, rewrite_principals};
pub use s3_actions::is_s3_action;
