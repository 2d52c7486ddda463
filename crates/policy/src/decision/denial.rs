//! The text of AccessDenied (facts/05 §6).

use super::{Because, Decision, Layer, Question, is_same_account};
use crate::principal::Principal;

/// Which service words a denial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quoting {
    /// S3: the resource in double quotes; nothing told to other accounts and to nobody.
    S3,
    /// IAM and STS: the resource as it is.
    Iam,
}

impl Layer {
    /// As denials and explanations name a policy of the layer.
    pub fn policy_name(self) -> &'static str {
        match self {
            Self::Identity => "identity-based policy",
            Self::Boundary => "permissions boundary",
            Self::Session => "session policy",
            Self::Resource => "resource-based policy",
        }
    }

    fn article(self) -> &'static str {
        match self {
            Self::Identity => "an",
            Self::Boundary | Self::Session | Self::Resource => "a",
        }
    }
}

impl Decision<'_> {
    /// `Message` of the 403 AccessDenied. Callers of other accounts and anonymous ones learn nothing from S3, and no
    /// reason from IAM. STS gives no reason where a trust policy does not allow (facts/05 §4).
    pub fn denial(&self, question: &Question<'_>, quoting: Quoting) -> String {
        let tells = is_same_account(question) && !matches!(question.principal, Principal::Anonymous);
        if !tells && quoting == Quoting::S3 {
            return "Access Denied".to_owned();
        }
        let (action, resource) = (question.action, question.resource);
        let mut text = format!(
            "User: {} is not authorized to perform: {action}",
            question.principal.arn()
        );
        match quoting {
            // An action about no resource names none.
            _ if resource == "*" => {}
            Quoting::S3 => text.push_str(&format!(" on resource: \"{resource}\"")),
            Quoting::Iam => text.push_str(&format!(" on resource: {resource}")),
        }
        let trust = action.starts_with("sts:Assume");
        match &self.because {
            _ if !tells => {}
            Because::ExplicitDeny(by) => {
                let layer = by.layer;
                text.push_str(&format!(
                    " with an explicit deny in {} {}",
                    layer.article(),
                    layer.policy_name()
                ));
            }
            Because::NoAllow(_) if trust => {}
            Because::NoAllow(layer) => {
                text.push_str(&format!(
                    " because no {} allows the {action} action",
                    layer.policy_name()
                ));
            }
            _ => {}
        }
        text
    }
}
