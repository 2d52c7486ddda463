//! A policy: compiled once, asked often.

mod compile;
mod outline;

use std::fmt;
use std::sync::Arc;

use crate::PolicyError;
use crate::arn_pattern::ArnPattern;
use crate::condition::Condition;
use crate::pattern::Pattern;
use crate::principal_element::PrincipalElement;

/// The longest text that is read at all, in bytes: the longest `PolicyDocument` of the IAM API.
pub const DOCUMENT_BYTES_MAX: usize = 131_072;

/// The longest bucket policy, in bytes: 20 KB (facts/05 §7).
pub const BUCKET_POLICY_BYTES_MAX: usize = 20 * 1024;

/// The most characters of all inline policies of a user, by [`policy_size`] (facts/05 §3).
pub const USER_POLICIES_SIZE_MAX: usize = 2048;
/// The most characters of all inline policies of a role, by [`policy_size`].
pub const ROLE_POLICIES_SIZE_MAX: usize = 10_240;
/// The most characters of all inline policies of a group, by [`policy_size`].
pub const GROUP_POLICIES_SIZE_MAX: usize = 5120;
/// The most characters of a managed policy, by [`policy_size`].
pub const MANAGED_POLICY_SIZE_MAX: usize = 6144;
/// The most characters of a trust policy, by [`policy_size`].
pub const TRUST_POLICY_SIZE_MAX: usize = 2048;
/// The most characters of session policies, inline and managed together, as they are sent (facts/05 §4).
pub const SESSION_POLICIES_SIZE_MAX: usize = 2048;

/// Where a policy stands, which says what elements it may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyType<'a> {
    /// Of a user, group, role or session, a boundary, or managed: no `Principal`.
    Identity,
    /// Of a bucket: `Principal`, actions of S3, and resources of this bucket.
    Resource {
        /// The bucket's name.
        bucket: &'a str,
    },
    /// Of a role, saying who may assume it: `Principal`, actions that assume, no `Resource`.
    Trust,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    Allow,
    Deny,
}

/// `Action` or `NotAction`.
#[derive(Debug, Clone)]
pub(crate) struct ActionElement {
    pub(crate) negated: bool,
    pub(crate) patterns: Box<[Pattern]>,
}

/// `Resource` or `NotResource`.
#[derive(Debug, Clone)]
pub(crate) struct ResourceElement {
    pub(crate) negated: bool,
    pub(crate) patterns: Box<[ArnPattern]>,
}

#[derive(Debug, Clone)]
pub(crate) struct Statement {
    pub(crate) sid: Option<Box<str>>,
    pub(crate) effect: Effect,
    /// None in policies of identities, which are about who has them.
    pub(crate) principal: Option<PrincipalElement>,
    pub(crate) action: ActionElement,
    /// None in trust policies, which are about their role.
    pub(crate) resource: Option<ResourceElement>,
    pub(crate) conditions: Box<[Condition]>,
}

/// A valid policy, ready to be evaluated. Cheap to clone.
#[derive(Clone)]
pub struct Policy {
    text: Arc<str>,
    statements: Arc<[Statement]>,
    asks_object_tags: bool,
}

impl Policy {
    /// Reads and validates a document.
    pub fn parse(text: &str, policy_type: PolicyType<'_>) -> Result<Self, PolicyError> {
        let mut policy = Self {
            statements: compile::statements(text, policy_type)?.into(),
            text: text.into(),
            asks_object_tags: false,
        };
        policy.asks_object_tags = policy.names_object_tags();
        Ok(policy)
    }

    /// The document, byte for byte.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn statements(&self) -> &[Statement] {
        &self.statements
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Policy").field(&self.text).finish()
    }
}

impl PartialEq for Policy {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Policy {}

/// The characters of a document that count against IAM's limits: whitespace between its tokens does not
/// (facts/05 §3).
pub fn policy_size(text: &str) -> usize {
    let (mut in_string, mut escaped, mut size) = (false, false, 0);
    for c in text.chars() {
        if in_string {
            size += 1;
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => in_string = false,
                _ => {}
            }
        } else if !matches!(c, ' ' | '\t' | '\n' | '\r') {
            size += 1;
            in_string = c == '"';
        }
    }
    size
}
