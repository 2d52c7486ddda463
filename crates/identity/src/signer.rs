//! Who signs requests, and what they may.

use std::sync::{Arc, OnceLock};

use cairn_policy::{Layers, Named, Policy, Principal, ResourceSide};
use cairn_types::{AccessKeyId, AccountId, SecretAccessKey};

use crate::Account;
use crate::session::Session;
use crate::tags::Tags;

/// Who makes a request.
#[derive(Debug, Clone)]
pub enum Caller {
    /// Nobody signed it.
    Anonymous,
    /// It is signed.
    Signer(Arc<Signer>),
}

impl Caller {
    /// Whoever it is, as policies name them.
    pub fn principal(&self) -> &Principal {
        match self {
            Self::Anonymous => &Principal::Anonymous,
            Self::Signer(signer) => &signer.principal,
        }
    }

    /// Who signed it, if anybody did.
    pub fn signer(&self) -> Option<&Arc<Signer>> {
        match self {
            Self::Anonymous => None,
            Self::Signer(signer) => Some(signer),
        }
    }

    /// The account they are of.
    pub fn account(&self) -> Option<&AccountId> {
        self.signer().map(|signer| &signer.account.id)
    }
}

/// Who signed a request, as it was when the request came: all that decisions about them need.
#[derive(Debug)]
pub struct Signer {
    /// The account.
    pub account: Arc<Account>,
    /// As policies name them.
    pub principal: Principal,
    /// The key they signed with.
    pub key: AccessKeyId,
    /// Set for temporary credentials.
    pub session: Option<Session>,
    /// Tags of the user or role and, over them, of the session: `aws:PrincipalTag`.
    pub tags: Tags,
    /// The policies that say what they may.
    pub permissions: Permissions,
    /// The principal's ARN, once asked for: every request's record has it.
    pub(crate) arn: OnceLock<String>,
}

impl Signer {
    /// The ARN, as access logs and AccessDenied messages have it (facts/05 §2).
    pub fn arn(&self) -> &str {
        self.arn.get_or_init(|| self.principal.arn())
    }
}

/// A policy and where it comes from.
#[derive(Debug, Clone)]
pub struct SourcedPolicy {
    /// Its ARN, or for inline policies the holder's ARN and the policy's name: for people.
    pub source: String,
    /// The policy.
    pub policy: Arc<Policy>,
}

/// Everything that gives permissions to a signer, or bounds them. Of a root user it is empty: nothing bounds it.
#[derive(Debug, Clone, Default)]
pub struct Permissions {
    /// Identity policies: of the user and its groups, or of the role; of a federated user those of its maker.
    pub identity: Vec<SourcedPolicy>,
    /// The permissions boundary.
    pub boundary: Option<SourcedPolicy>,
    /// Session policies; `None` where the session was made without: then it is not bounded by any. A federated
    /// user without policies has `Some` of none, and nothing is allowed to it by its identity (facts/05 §4).
    pub session: Option<Vec<SourcedPolicy>>,
}

impl SourcedPolicy {
    /// As the evaluation takes it.
    pub fn named(&self) -> Named<'_> {
        Named {
            source: &self.source,
            policy: &self.policy,
        }
    }
}

impl Permissions {
    /// Whether a condition of any of them may ask for the tags of an object.
    pub fn asks_object_tags(&self) -> bool {
        let session = self.session.iter().flatten();
        let mut all = self.identity.iter().chain(&self.boundary).chain(session);
        all.any(|sourced| sourced.policy.asks_object_tags())
    }

    /// As the evaluation takes them.
    pub fn named(&self) -> NamedPermissions<'_> {
        NamedPermissions {
            identity: named(&self.identity),
            boundary: self.boundary.as_ref().map(SourcedPolicy::named),
            session: self.session.as_deref().map(named),
        }
    }
}

fn named(policies: &[SourcedPolicy]) -> Vec<Named<'_>> {
    policies.iter().map(SourcedPolicy::named).collect()
}

/// [`Permissions`], as the evaluation takes them.
#[derive(Debug)]
pub struct NamedPermissions<'a> {
    identity: Vec<Named<'a>>,
    boundary: Option<Named<'a>>,
    session: Option<Vec<Named<'a>>>,
}

impl NamedPermissions<'_> {
    /// All layers, with what stands at the resource.
    pub fn layers<'b>(&'b self, resource: ResourceSide<'b>) -> Layers<'b> {
        Layers {
            identity: &self.identity,
            boundary: self.boundary,
            session: self.session.as_deref(),
            resource,
        }
    }
}

/// An access key, found: what requests are verified with, and who is behind it.
#[derive(Debug, Clone)]
pub struct Credential {
    /// What requests with this key are signed with.
    pub secret: SecretAccessKey,
    /// Whose it is.
    pub signer: Arc<Signer>,
}
