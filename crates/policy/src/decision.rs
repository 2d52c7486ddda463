//! The decision: what policies of all layers together say (facts/05 §6).

mod denial;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use cairn_types::{AccountId, CanonicalUserId};
use serde::{Deserialize, Serialize};

use crate::Policy;
use crate::context::Context;
use crate::evaluation::{Nobody, Observer, Survey, survey};
use crate::facts::Facts;
use crate::principal::Principal;
use crate::principal_element::Naming;

pub use denial::Quoting;

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// Who asks.
    pub principal: &'a Principal,
    /// The canonical user id of the caller's account, where policies may name it; `None` for nobody.
    pub canonical_user_id: Option<&'a CanonicalUserId>,
    /// `s3:GetObject`.
    pub action: &'a str,
    /// An ARN, or `*` where the action is about no resource (ListAllMyBuckets).
    pub resource: &'a str,
    /// What else is known.
    pub context: &'a Context<'a>,
    /// The account whose the resource is; `None` where nobody owns it yet, which is as good as the caller's own.
    pub resource_account: Option<&'a AccountId>,
}

/// A policy and what people call it: an ARN, or the name of an inline policy.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    /// What explanations and journals show.
    pub source: &'a str,
    /// The policy.
    pub policy: &'a Policy,
}

/// What kind of thing a resource-based policy stands at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ResourceKind {
    /// A bucket's, or none: a caller of the owner's account needs it or an identity policy.
    #[default]
    Plain,
    /// A role's trust policy: it has to allow, whatever identity policies say.
    Trust,
}

/// Whom something that is not a policy (an S3 ACL) allows the action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Grant {
    /// The caller's account: in another account's resource that is half of what is needed; in an own one nothing.
    Account,
    /// Everybody, or every caller that is authenticated, which this one is.
    Everybody,
    /// The caller itself.
    Caller,
}

/// What stands at the resource.
#[derive(Debug, Clone, Copy, Default)]
pub struct ResourceSide<'a> {
    /// Its policy.
    pub policy: Option<Named<'a>>,
    /// What kind of policy.
    pub kind: ResourceKind,
    /// Whether only its Denies count: a bucket's policy over an object that is another account's (facts/05 §6).
    pub only_denies: bool,
    /// What an ACL allows.
    pub grant: Option<Grant>,
}

/// All policies that have a say. The root user has no identity, boundary and session policies; what is given for
/// it is not looked at.
#[derive(Debug, Clone, Copy, Default)]
pub struct Layers<'a> {
    /// Policies of the user and its groups, or of the role; of a federated user those of its maker.
    pub identity: &'a [Named<'a>],
    /// The permissions boundary of that user or role.
    pub boundary: Option<Named<'a>>,
    /// The session's policies. `None`: the session has none, or it is no session. `Some(&[])`: a session that
    /// grants nothing, as GetFederationToken makes without a policy.
    pub session: Option<&'a [Named<'a>]>,
    /// What stands at the resource.
    pub resource: ResourceSide<'a>,
}

/// A layer of policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layer {
    /// Identity-based policies.
    Identity,
    /// The permissions boundary.
    Boundary,
    /// Session policies.
    Session,
    /// The resource-based policy.
    Resource,
}

/// The statement that decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct By<'a> {
    /// Its layer.
    pub layer: Layer,
    /// Its policy: [`Named::source`].
    pub source: Cow<'a, str>,
    /// Its place in the policy, counted from 0.
    pub statement: usize,
    /// Its `Sid`.
    pub sid: Option<Cow<'a, str>>,
}

/// The step that decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Because<'a> {
    /// A Deny matches.
    ExplicitDeny(By<'a>),
    /// An Allow matches, and nothing more is needed.
    Allow(By<'a>),
    /// An Allow at another account's resource matches, and so does one at the caller's side: by an identity policy
    /// where one is named.
    BothSides {
        /// At the caller's; `None` for the root user, which needs none.
        caller: Option<By<'a>>,
        /// At the resource; `None` where an ACL grants.
        resource: Option<By<'a>>,
    },
    /// The root user of the resource's account may do everything.
    Root,
    /// The root user of the bucket's account may always read, replace and delete its policy, even one that denies
    /// it (facts/05 §7).
    OwnersPolicy,
    /// The root user made the session, and its session policies allow.
    RootsSession(By<'a>),
    /// An ACL grants.
    Grant(Grant),
    /// No Deny matches, and in this layer no Allow does.
    NoAllow(Layer),
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision<'a> {
    /// Whether the action is allowed.
    pub allowed: bool,
    /// Why.
    pub because: Because<'a>,
}

impl<'a> By<'a> {
    /// The same with texts of its own.
    pub fn into_owned(self) -> By<'static> {
        By {
            layer: self.layer,
            source: Cow::Owned(self.source.into_owned()),
            statement: self.statement,
            sid: self.sid.map(|sid| Cow::Owned(sid.into_owned())),
        }
    }
}

impl<'a> Because<'a> {
    /// The statements that decided: none, one or two.
    pub fn statements_mut(&mut self) -> impl Iterator<Item = &mut By<'a>> {
        let (one, other) = match self {
            Self::ExplicitDeny(by) | Self::Allow(by) | Self::RootsSession(by) => (Some(by), None),
            Self::BothSides { caller, resource } => (caller.as_mut(), resource.as_mut()),
            Self::Root | Self::OwnersPolicy | Self::Grant(_) | Self::NoAllow(_) => (None, None),
        };
        one.into_iter().chain(other)
    }

    /// The same with texts of its own.
    pub fn into_owned(self) -> Because<'static> {
        match self {
            Self::ExplicitDeny(by) => Because::ExplicitDeny(by.into_owned()),
            Self::Allow(by) => Because::Allow(by.into_owned()),
            Self::BothSides { caller, resource } => Because::BothSides {
                caller: caller.map(By::into_owned),
                resource: resource.map(By::into_owned),
            },
            Self::Root => Because::Root,
            Self::OwnersPolicy => Because::OwnersPolicy,
            Self::RootsSession(by) => Because::RootsSession(by.into_owned()),
            Self::Grant(grant) => Because::Grant(grant),
            Self::NoAllow(layer) => Because::NoAllow(layer),
        }
    }
}

impl<'a> Decision<'a> {
    fn allowed(because: Because<'a>) -> Self {
        Self {
            allowed: true,
            because,
        }
    }

    fn denied(because: Because<'a>) -> Self {
        Self {
            allowed: false,
            because,
        }
    }

    /// The same with texts of its own, for a journal.
    pub fn into_owned(self) -> Decision<'static> {
        Decision {
            allowed: self.allowed,
            because: self.because.into_owned(),
        }
    }
}

/// Actions on its bucket's policy that the root user of the account is never denied (facts/05 §7).
const OWNERS_POLICY_ACTIONS: &[&str] = &[
    "s3:GetBucketPolicy",
    "s3:PutBucketPolicy",
    "s3:DeleteBucketPolicy",
];

/// Decides.
pub fn decide<'a>(question: &Question<'_>, layers: &Layers<'a>) -> Decision<'a> {
    evaluate(question, layers, &mut Nobody)
}

/// What each layer says; of a caller that has no such layer nothing.
struct Surveys<'a> {
    identity: Survey<'a>,
    boundary: Option<Survey<'a>>,
    session: Option<Survey<'a>>,
    resource: Survey<'a>,
}

/// Looks at all layers, with an observer, and decides.
pub(crate) fn evaluate<'a, O: Observer>(
    question: &Question<'_>,
    layers: &Layers<'a>,
    observer: &mut O,
) -> Decision<'a> {
    let facts = Facts::of(question);
    let mut look = |layer, policies: &[Named<'a>]| survey(layer, policies, &facts, observer);
    let own_layers = has_own_layers(question.principal);
    let surveys = Surveys {
        identity: if own_layers {
            look(Layer::Identity, layers.identity)
        } else {
            Survey::default()
        },
        boundary: layers
            .boundary
            .filter(|_| own_layers)
            .map(|boundary| look(Layer::Boundary, &[boundary])),
        session: layers
            .session
            .filter(|_| own_layers)
            .map(|policies| look(Layer::Session, policies)),
        resource: match layers.resource.policy {
            Some(policy) => look(Layer::Resource, &[policy]),
            None => Survey::default(),
        },
    };
    conclude(question, surveys, &layers.resource)
}

/// Whether identity, boundary and session policies are asked.
fn has_own_layers(principal: &Principal) -> bool {
    match principal {
        Principal::Anonymous | Principal::Root { .. } | Principal::WebIdentity { .. } => false,
        Principal::User { .. } | Principal::RoleSession { .. } | Principal::Federated { .. } => true,
    }
}

fn is_same_account(question: &Question<'_>) -> bool {
    match question.resource_account {
        None => true,
        Some(owner) => question.principal.account() == Some(owner),
    }
}

/// The order of facts/05 §6.
fn conclude<'a>(question: &Question<'_>, surveys: Surveys<'a>, side: &ResourceSide<'_>) -> Decision<'a> {
    let Surveys {
        identity,
        boundary,
        session,
        resource,
    } = surveys;
    let same_account = is_same_account(question);
    let principal = question.principal;
    if principal.is_root()
        && same_account
        && OWNERS_POLICY_ACTIONS
            .iter()
            .any(|action| action.eq_ignore_ascii_case(question.action))
    {
        return Decision::allowed(Because::OwnersPolicy);
    }
    let denies = [
        identity.deny,
        boundary.as_ref().and_then(|boundary| boundary.deny.clone()),
        session.as_ref().and_then(|session| session.deny.clone()),
        resource.deny,
    ];
    if let Some(by) = denies.into_iter().flatten().next() {
        return Decision::denied(Because::ExplicitDeny(by));
    }
    let at_resource = if side.only_denies { None } else { resource.allow };
    let at_resource = strongest(at_resource, side.grant, principal);
    // What still limits an Allow, once there is one.
    let limit = || {
        let lacks =
            |survey: &Option<Survey<'_>>| survey.as_ref().is_some_and(|survey| survey.allow.is_none());
        if lacks(&boundary) {
            Some(Layer::Boundary)
        } else if lacks(&session) {
            Some(Layer::Session)
        } else {
            None
        }
    };
    // The caller's own side: Ok with the Allow, if it needs one.
    let own_side = || match principal {
        Principal::Anonymous | Principal::WebIdentity { .. } => Err(Layer::Resource),
        Principal::Root { .. } => Ok(None),
        Principal::Federated { maker, .. } if maker.is_root() => match limit() {
            Some(layer) => Err(layer),
            // Without any session policy nothing bounds the session, which GetFederationToken never makes.
            None => session
                .as_ref()
                .and_then(|s| s.allow.clone())
                .map(|(_, by)| Some(by))
                .ok_or(Layer::Session),
        },
        _ => match (&identity.allow, limit()) {
            (None, _) => Err(Layer::Identity),
            (Some(_), Some(layer)) => Err(layer),
            (Some((_, by)), None) => Ok(Some(by.clone())),
        },
    };
    let by_root = matches!(principal, Principal::Federated { maker, .. } if maker.is_root());

    if has_no_account(principal) {
        return match at_resource {
            Some((Naming::Direct, source)) => Decision::allowed(source.into_because()),
            _ => Decision::denied(Because::NoAllow(Layer::Resource)),
        };
    }
    if !same_account {
        return match (own_side(), at_resource) {
            (Err(layer), _) => Decision::denied(Because::NoAllow(layer)),
            (Ok(_), None) => Decision::denied(Because::NoAllow(Layer::Resource)),
            (Ok(caller), Some((_, source))) => Decision::allowed(Because::BothSides {
                caller,
                resource: source.into_by(),
            }),
        };
    }
    let trust = side.kind == ResourceKind::Trust;
    if principal.is_root() && !trust {
        return Decision::allowed(Because::Root);
    }
    match at_resource {
        Some((Naming::Direct, source)) => return Decision::allowed(source.into_because()),
        Some((Naming::Limited, source)) => {
            return match limit() {
                Some(layer) => Decision::denied(Because::NoAllow(layer)),
                None => Decision::allowed(source.into_because()),
            };
        }
        Some((Naming::Account, _)) => {}
        None if trust => return Decision::denied(Because::NoAllow(Layer::Resource)),
        None => {}
    }
    match own_side() {
        Err(layer) => Decision::denied(Because::NoAllow(layer)),
        Ok(None) => Decision::allowed(Because::Root),
        Ok(Some(by)) if by_root => Decision::allowed(Because::RootsSession(by)),
        Ok(Some(by)) => Decision::allowed(Because::Allow(by)),
    }
}

fn has_no_account(principal: &Principal) -> bool {
    principal.account().is_none()
}

/// What allows at the resource.
enum Source<'a> {
    Statement(By<'a>),
    Grant(Grant),
}

impl<'a> Source<'a> {
    fn into_because(self) -> Because<'a> {
        match self {
            Self::Statement(by) => Because::Allow(by),
            Self::Grant(grant) => Because::Grant(grant),
        }
    }

    fn into_by(self) -> Option<By<'a>> {
        match self {
            Self::Statement(by) => Some(by),
            Self::Grant(_) => None,
        }
    }
}

/// The stronger of policy and ACL, the policy where they are equal.
fn strongest<'a>(
    allow: Option<(Naming, By<'a>)>,
    grant: Option<Grant>,
    principal: &Principal,
) -> Option<(Naming, Source<'a>)> {
    let limited_session = matches!(
        principal,
        Principal::RoleSession { .. } | Principal::Federated { .. }
    );
    let granted = grant.map(|grant| {
        let naming = match grant {
            Grant::Account => Naming::Account,
            Grant::Caller if principal.account().is_none() => Naming::Account,
            Grant::Everybody | Grant::Caller if limited_session => Naming::Limited,
            Grant::Everybody | Grant::Caller => Naming::Direct,
        };
        (naming, grant)
    });
    match (allow, granted) {
        (None, None) => None,
        (Some((known, by)), Some((naming, _))) if known >= naming => Some((known, Source::Statement(by))),
        (_, Some((naming, grant))) => Some((naming, Source::Grant(grant))),
        (Some((known, by)), None) => Some((known, Source::Statement(by))),
    }
}
