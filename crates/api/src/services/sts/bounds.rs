//! Session policies: what a session is held to beside the permissions of who it is made from (facts/05 §4).

use cairn_identity::{SESSION_PACKED_BYTES_MAX, Session, SessionPolicy};
use cairn_policy::{Policy, PolicyType, SESSION_POLICIES_SIZE_MAX};
use cairn_types::AccountId;

use super::error::packed_policy_too_large;
use crate::services::query::parameters::{ARN, POLICY_DOCUMENT, Text};
use crate::services::query::{Parameters, QueryCall, QueryError};

/// Most managed policies of a session.
const POLICY_ARNS_MAX: usize = 10;

/// `Policy`: of the characters of a policy, and no longer than all session policies may be together.
const POLICY: Text = POLICY_DOCUMENT.at_most(SESSION_POLICIES_SIZE_MAX);

/// `Policy` and `PolicyArns`.
pub(super) struct Bounds {
    inline: Option<String>,
    arns: Vec<String>,
}

impl Bounds {
    /// Reads them.
    pub(super) fn read(parameters: &mut Parameters) -> Option<Self> {
        let inline = parameters.optional("Policy", &POLICY);
        let count = parameters.list_len("PolicyArns");
        if count > POLICY_ARNS_MAX {
            let constraint = format!("Member must have length less than or equal to {POLICY_ARNS_MAX}");
            parameters.violate("PolicyArns", Some(&format!("[{count} members]")), &constraint);
            return None;
        }
        let arns: Vec<Option<String>> = (1..=count)
            .map(|index| parameters.required(&format!("PolicyArns.member.{index}.arn"), &ARN))
            .collect();
        Some(Self {
            inline: inline?,
            arns: arns.into_iter().collect::<Option<_>>()?,
        })
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.inline.is_none() && self.arns.is_empty()
    }

    /// The policies, each of which is one: documents that can be read, and managed policies of the account.
    ///
    /// # Errors
    /// `MalformedPolicyDocument`; `PackedPolicyTooLarge` where they have more than
    /// [`SESSION_POLICIES_SIZE_MAX`] characters together; `ValidationError` for a managed policy that is not
    /// there (the words are believed).
    pub(super) async fn policies(
        self,
        call: &QueryCall,
        account: &AccountId,
    ) -> Result<Vec<SessionPolicy>, QueryError> {
        let inline_chars = self.inline.as_deref().map_or(0, |text| text.chars().count());
        let chars = inline_chars + self.arns.iter().map(|arn| arn.chars().count()).sum::<usize>();
        if chars > SESSION_POLICIES_SIZE_MAX {
            return Err(packed_policy_too_large(percent(chars, SESSION_POLICIES_SIZE_MAX)));
        }
        let mut policies = Vec::with_capacity(1 + self.arns.len());
        if let Some(document) = self.inline {
            Policy::parse(&document, PolicyType::Identity).map_err(cairn_identity::Error::MalformedPolicy)?;
            policies.push(SessionPolicy::Inline(document));
        }
        for arn in self.arns {
            if call.identity().policy_document(account, &arn).await?.is_none() {
                return Err(QueryError::validation(format!(
                    "The policy {arn} does not exist."
                )));
            }
            policies.push(SessionPolicy::Managed(arn));
        }
        Ok(policies)
    }
}

fn percent(of: usize, whole: usize) -> usize {
    of.saturating_mul(100).div_ceil(whole)
}

/// `PackedPolicySize`: how much of what a token has room for the session's policies and tags take, in percent.
///
/// # Errors
/// `PackedPolicyTooLarge` above 100.
pub(super) fn packed_size(session: &Session) -> Result<usize, QueryError> {
    let bytes = session.packed_bytes();
    if bytes > SESSION_PACKED_BYTES_MAX {
        return Err(packed_policy_too_large(percent(bytes, SESSION_PACKED_BYTES_MAX)));
    }
    Ok(bytes * 100 / SESSION_PACKED_BYTES_MAX)
}
