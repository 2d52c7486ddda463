//! Why a request to S3 is allowed or denied: the policies' own explanation, and what S3 adds to it.

use cairn_policy::Layers;
use serde::Serialize;

use super::{Because, Question, Sides, acl, decide, posed};
use crate::acl::{Grantee, Group};
use crate::permission::Level;

/// What the ACL says to the question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AclSays {
    /// There are no ACLs: Object Ownership is BucketOwnerEnforced, or the question is about no bucket.
    Nothing,
    /// It grants the action, to a group or to the caller's account.
    Grants {
        /// The group's URI, or `the caller's account`.
        to: String,
        /// `READ` and the like.
        permission: &'static str,
    },
    /// It would grant it, were it not public and IgnorePublicAcls on.
    Ignored {
        /// The group's URI.
        to: String,
        /// `READ` and the like.
        permission: &'static str,
    },
    /// It does not grant it.
    DoesNotGrant,
}

/// The ACL that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AclReport {
    /// `bucket` or `object`.
    pub of: &'static str,
    /// What it says.
    pub says: AclSays,
}

/// Why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// Whether the action is allowed.
    pub allowed: bool,
    /// The step that decided.
    pub because: Because<'static>,
    /// The same in a sentence.
    pub text: String,
    /// Whether the object is another account's than the bucket: then of the bucket's policy only Denies count.
    pub object_of_another_account: bool,
    /// Whether the bucket's policy is public.
    pub public_policy: bool,
    /// The ACL.
    pub acl: AclReport,
    /// What the policies say.
    pub policies: cairn_policy::Explanation,
}

fn acl_report(question: &Question<'_>, sides: &Sides<'_>) -> AclReport {
    let Some((level, acl)) = acl(sides) else {
        return AclReport {
            of: "bucket",
            says: AclSays::Nothing,
        };
    };
    let ignored = sides.bucket.is_some_and(|bucket| bucket.block.ignore_public_acls);
    let grants = || acl.grants_for(question.canonical_user_id, level, question.action);
    let counts = |grant: &&crate::Grant| !(ignored && grant.is_public());
    let to = |grantee: &Grantee| match grantee {
        Grantee::User(_) => "the caller's account".to_owned(),
        Grantee::Group(group) => Group::uri(*group).to_owned(),
    };
    let says = match (grants().find(counts), grants().next()) {
        (Some(grant), _) => AclSays::Grants {
            to: to(&grant.grantee),
            permission: grant.permission.as_str(),
        },
        (None, Some(grant)) => AclSays::Ignored {
            to: to(&grant.grantee),
            permission: grant.permission.as_str(),
        },
        (None, None) => AclSays::DoesNotGrant,
    };
    let of = match level {
        Level::Bucket => "bucket",
        Level::Object => "object",
    };
    AclReport { of, says }
}

impl Because<'_> {
    /// The step in a sentence; `action` is the question's.
    pub fn text(&self, action: &str) -> String {
        match self {
            Self::Policies(because) => because.text(action),
            Self::RestrictPublicBuckets => {
                "denied: the bucket's policy is public, and RestrictPublicBuckets (Block Public Access of the bucket or \
                 its account) lets only the bucket owner's account in"
                    .to_owned()
            }
        }
    }
}

/// Explains: the verdict is [`decide`]'s own.
pub fn explain(question: &Question<'_>, layers: &Layers<'_>, sides: &Sides<'_>) -> Explanation {
    let decision = decide(question, layers, sides);
    let (posed_question, posed_layers) = posed(question, layers, sides);
    let policies = cairn_policy::explain(&posed_question, &posed_layers);
    let text = decision.because.text(question.action);
    Explanation {
        allowed: decision.allowed,
        because: decision.because.into_owned(),
        text,
        object_of_another_account: posed_layers.resource.only_denies,
        public_policy: sides
            .bucket
            .and_then(|bucket| bucket.policy)
            .is_some_and(|policy| policy.public),
        acl: acl_report(question, sides),
        policies,
    }
}
