//! Whether a caller may do something at a service: the decision over its own policies, as no service beside S3 has
//! policies at its resources (a role's trust policy is STS's own question).

use cairn_access::Because;
use cairn_identity::Caller;
use cairn_policy::{Context, Question, Quoting, ResourceSide, decide};
use cairn_types::AccountId;

use super::query::authorization_message;
use crate::access::{Decided, Noted};

/// A denial.
pub(crate) struct Refused {
    /// In Amazon's words for it (facts/05 §6).
    pub(crate) denial: String,
    /// What DecodeAuthorizationMessage tells of it, where that is short enough.
    pub(crate) authorization_message: Option<String>,
}

/// Decides whether `caller` may do `action` to a resource of the account `owner`. The decision is noted, where there
/// is a journal.
///
/// # Errors
/// [`Refused`].
pub(crate) fn authorize(
    caller: &Caller,
    action: &str,
    resource: &str,
    owner: &AccountId,
    context: &Context<'_>,
    decided: Option<&Decided>,
) -> Result<(), Refused> {
    let signer = caller.signer();
    let question = Question {
        principal: caller.principal(),
        canonical_user_id: signer.map(|signer| &signer.account.canonical_user_id),
        action,
        resource,
        context,
        resource_account: Some(owner),
    };
    let permissions = signer.map(|signer| signer.permissions.named());
    let layers = permissions
        .as_ref()
        .map(|permissions| permissions.layers(ResourceSide::default()))
        .unwrap_or_default();
    let decision = decide(&question, &layers);
    let outcome = if decision.allowed {
        Ok(())
    } else {
        Err(Refused {
            denial: decision.denial(&question, Quoting::Iam),
            authorization_message: authorization_message::message(&question, &decision),
        })
    };
    // The root user may do everything in its account: that needs no note.
    let speaks_for_itself = decision.allowed && question.principal.is_root();
    if let Some(decided) = decided.filter(|_| !speaks_for_itself) {
        decided.note(Noted {
            principal: question.principal,
            session: signer.and_then(|signer| signer.session.as_ref()),
            action,
            resource,
            resource_account: Some(owner),
            context,
            allowed: decision.allowed,
            because: Because::Policies(decision.because),
            missing: false,
        });
    }
    outcome
}
