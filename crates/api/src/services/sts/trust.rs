//! Whether a role may be assumed: its trust policy and, where that does not suffice, the policies of who asks
//! (facts/05 §4, §6).

use cairn_access::Because;
use cairn_identity::{Permissions, RoleRecord, Session};
use cairn_policy::{
    Context, Named, Policy, PolicyType, Principal, Question, Quoting, ResourceKind, ResourceSide, decide,
};
use cairn_types::CanonicalUserId;

use super::input::RoleArn;
use crate::access::{Decided, Noted};
use crate::services::query::QueryError;

/// Who asks.
pub(super) struct Assuming<'a> {
    pub(super) principal: &'a Principal,
    pub(super) canonical_user_id: Option<&'a CanonicalUserId>,
    pub(super) permissions: &'a Permissions,
    pub(super) session: Option<&'a Session>,
}

/// A role, and what it says about those who ask for it. There may be none: that is told to nobody.
pub(crate) struct Trust {
    arn: RoleArn,
    policy: Option<Policy>,
}

impl Trust {
    /// Of the role of this ARN, if there is one.
    ///
    /// # Errors
    /// `InternalFailure` where the stored policy cannot be read.
    pub(crate) fn of(arn: RoleArn, role: Option<&RoleRecord>) -> Result<Self, QueryError> {
        let policy = role
            .map(|role| Policy::parse(&role.trust, PolicyType::Trust))
            .transpose();
        let policy = policy.map_err(|error| {
            tracing::error!(role = arn.text, %error, "a stored trust policy is none");
            QueryError::internal()
        })?;
        Ok(Self { arn, policy })
    }

    /// The answer to one action.
    ///
    /// # Errors
    /// What a denial says.
    pub(super) fn allows(
        &self,
        who: &Assuming<'_>,
        action: &str,
        context: &Context<'_>,
        decided: Option<&Decided>,
    ) -> Result<(), String> {
        let question = Question {
            principal: who.principal,
            canonical_user_id: who.canonical_user_id,
            action,
            resource: &self.arn.text,
            context,
            resource_account: Some(&self.arn.account),
        };
        let permissions = who.permissions.named();
        let layers = permissions.layers(self.side());
        let decision = decide(&question, &layers);
        let outcome = if decision.allowed {
            Ok(())
        } else {
            Err(decision.denial(&question, Quoting::Iam))
        };
        if let Some(decided) = decided {
            decided.note(Noted {
                principal: who.principal,
                session: who.session,
                action,
                resource: &self.arn.text,
                resource_account: Some(&self.arn.account),
                context,
                allowed: decision.allowed,
                because: Because::Policies(decision.because),
                missing: false,
            });
        }
        outcome
    }

    /// What stands at the role.
    pub(crate) fn side(&self) -> ResourceSide<'_> {
        ResourceSide {
            policy: self.policy.as_ref().map(|policy| Named {
                source: &self.arn.text,
                policy,
            }),
            // A role that nobody can see trusts nobody either.
            kind: ResourceKind::Trust,
            ..ResourceSide::default()
        }
    }
}
