//! `Principal` and `NotPrincipal`: whom a statement of a resource-based policy is about.

use cairn_types::{AccountId, Arn, CanonicalUserId};

use crate::PolicyError;
use crate::decision::Question;
use crate::policy::Effect;
use crate::principal::Principal;

/// One name of the element (facts/05 §5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Name {
    /// `"*"` or `{"AWS": "*"}`.
    Anyone,
    /// `{"AWS": "123456789012"}` or its root's ARN.
    Account(AccountId),
    /// `…:user/path/name`, of an account: `/path/name`.
    User(AccountId, Box<str>),
    /// `…:role/path/name`.
    Role(AccountId, Box<str>),
    /// `…:assumed-role/role/session`: `role/session`.
    Session(AccountId, Box<str>),
    /// `…:federated-user/name`.
    FederatedUser(AccountId, Box<str>),
    /// `AIDA…` or `AROA…`: how a user or role is kept, so that another one of its name is not it.
    UniqueId(Box<str>),
    /// `{"CanonicalUser": "64 hex"}`: an account.
    CanonicalUser(CanonicalUserId),
    /// `{"Federated": "…"}`: an identity provider.
    Federated(Box<str>),
    /// `{"Service": "…"}`: services of Amazon's, which are nobody here.
    Service(Box<str>),
}

/// How strongly an Allow names the caller: what still limits it (the table of facts/05 §6). The greater is the
/// stronger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Naming {
    /// The caller's account: an identity policy has to allow too.
    Account,
    /// The caller by what its session is made from, or everybody: boundary and session policies still limit.
    Limited,
    /// The caller itself: nothing limits.
    Direct,
}

#[derive(Debug, Clone)]
pub(crate) struct PrincipalElement {
    pub(crate) negated: bool,
    pub(crate) names: Box<[Name]>,
    /// As written, for explanations.
    pub(crate) texts: Box<[Box<str>]>,
}

impl Name {
    /// A name of a kind: `AWS`, `CanonicalUser`, `Federated`, `Service`.
    pub(crate) fn parse(kind: &str, value: &str) -> Result<Self, PolicyError> {
        let name = match kind {
            "AWS" => Self::parse_aws(value),
            "CanonicalUser" => CanonicalUserId::parse(value).ok().map(Self::CanonicalUser),
            "Federated" if !value.is_empty() && !value.contains('*') => Some(Self::Federated(value.into())),
            "Service" if value.contains('.') && !value.contains('*') => Some(Self::Service(value.into())),
            _ => None,
        };
        name.ok_or_else(|| PolicyError::Principal {
            kind: kind.to_owned(),
            value: value.to_owned(),
        })
    }

    fn parse_aws(value: &str) -> Option<Self> {
        if value == "*" {
            return Some(Self::Anyone);
        }
        if let Ok(account) = AccountId::parse(value) {
            return Some(Self::Account(account));
        }
        if is_unique_id(value) {
            return Some(Self::UniqueId(value.into()));
        }
        // No wildcards inside principal ARNs.
        if value.contains(['*', '?']) {
            return None;
        }
        let arn = Arn::parse(value).ok()?;
        let account = AccountId::parse(arn.account()).ok()?;
        let resource = arn.resource();
        let (kind, rest) = resource.split_once('/').unwrap_or((resource, ""));
        match (arn.service(), kind) {
            ("iam", "root") if resource == "root" => Some(Self::Account(account)),
            ("iam", "user") if is_path_and_name(rest) => Some(Self::User(account, format!("/{rest}").into())),
            ("iam", "role") if is_path_and_name(rest) => Some(Self::Role(account, format!("/{rest}").into())),
            ("sts", "assumed-role") => {
                let (role, session) = rest.split_once('/')?;
                let valid = !role.is_empty() && !session.is_empty() && !session.contains('/');
                valid.then(|| Self::Session(account, rest.into()))
            }
            ("sts", "federated-user") if !rest.is_empty() => Some(Self::FederatedUser(account, rest.into())),
            _ => None,
        }
    }

    /// How the name names the caller; `None` where it does not.
    fn names(&self, question: &Question<'_>) -> Option<Naming> {
        let caller = question.principal;
        match self {
            Self::Anyone => Some(match caller {
                Principal::RoleSession { .. } | Principal::Federated { .. } => Naming::Limited,
                _ => Naming::Direct,
            }),
            Self::Account(account) => (caller.account() == Some(account)).then_some(Naming::Account),
            Self::CanonicalUser(id) => (question.canonical_user_id == Some(id)).then_some(Naming::Account),
            Self::User(..) => match caller {
                Principal::User { .. } => self.is(caller).then_some(Naming::Direct),
                Principal::Federated { maker, .. } => self.is(maker).then_some(Naming::Limited),
                _ => None,
            },
            Self::Role(..) => self.is(caller).then_some(Naming::Limited),
            Self::UniqueId(_) => match caller {
                Principal::Federated { maker, .. } => self.is(maker).then_some(Naming::Limited),
                Principal::RoleSession { .. } => self.is(caller).then_some(Naming::Limited),
                _ => self.is(caller).then_some(Naming::Direct),
            },
            Self::Session(..) | Self::FederatedUser(..) | Self::Federated(_) => {
                self.is(caller).then_some(Naming::Direct)
            }
            Self::Service(_) => None,
        }
    }

    /// Whether the name is the caller's own, or that of the role of its session.
    fn is(&self, caller: &Principal) -> bool {
        match (self, caller) {
            (
                Self::User(account, path_and_name),
                Principal::User {
                    account: own,
                    path,
                    name,
                    ..
                },
            ) => account == own && joined(path_and_name, path, name),
            (
                Self::Role(account, path_and_name),
                Principal::RoleSession {
                    account: own,
                    role_path,
                    role_name,
                    ..
                },
            ) => account == own && joined(path_and_name, role_path, role_name),
            (
                Self::Session(account, role_and_session),
                Principal::RoleSession {
                    account: own,
                    role_name,
                    session_name,
                    ..
                },
            ) => account == own && role_and_session.split_once('/') == Some((role_name, session_name)),
            (
                Self::FederatedUser(account, name),
                Principal::Federated {
                    account: own,
                    name: own_name,
                    ..
                },
            ) => account == own && **name == **own_name,
            (Self::UniqueId(id), Principal::User { id: own, .. }) => **id == **own,
            (Self::UniqueId(id), Principal::RoleSession { role_id, .. }) => **id == **role_id,
            (Self::Federated(provider), Principal::WebIdentity { provider: own, .. }) => **provider == **own,
            _ => false,
        }
    }
}

fn joined(text: &str, path: &str, name: &str) -> bool {
    text.strip_prefix(path) == Some(name)
}

fn is_path_and_name(text: &str) -> bool {
    !text.is_empty() && !text.ends_with('/')
}

/// `AIDA…` and `AROA…` (facts/05 §2).
fn is_unique_id(text: &str) -> bool {
    (text.starts_with("AIDA") || text.starts_with("AROA"))
        && (16..=128).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

impl PrincipalElement {
    /// Whether a statement of this effect is about the caller, and how strongly it names it.
    pub(crate) fn applies(&self, effect: Effect, question: &Question<'_>) -> Option<Naming> {
        let names = |name: &Name| match (name, question.principal, effect) {
            // Who has a provider's token and nothing else is trusted only by the provider's name.
            (Name::Anyone, Principal::WebIdentity { .. }, Effect::Allow) => None,
            _ => name.names(question),
        };
        if !self.negated {
            return self.names.iter().filter_map(names).max();
        }
        if self.excepts(question) {
            return None;
        }
        // Everybody but those named: as `*` names them.
        names(&Name::Anyone)
    }

    /// Whether `NotPrincipal` excepts the caller: its account has to be listed, and the caller, and of a session
    /// the role as well (facts/05 §5). One that is not listed is not excepted.
    fn excepts(&self, question: &Question<'_>) -> bool {
        let caller = question.principal;
        let listed = |wanted: &dyn Fn(&Name) -> bool| self.names.iter().any(wanted);
        let account = listed(&|name| name.names(question) == Some(Naming::Account));
        let role = |name: &Name| matches!(name, Name::Role(..) | Name::UniqueId(_)) && name.is(caller);
        let own = |name: &Name| !matches!(name, Name::Role(..)) && name.is(caller);
        match caller {
            _ if listed(&|name| *name == Name::Anyone) => true,
            Principal::Anonymous => false,
            Principal::WebIdentity { .. } => listed(&own),
            Principal::Root { .. } => account,
            Principal::User { .. } | Principal::Federated { .. } => account && listed(&own),
            Principal::RoleSession { .. } => {
                account
                    && listed(&role)
                    && listed(&|name| matches!(name, Name::Session(..)) && name.is(caller))
            }
        }
    }
}
