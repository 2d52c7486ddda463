//! An ACL: who is granted what.

use cairn_protocol::documents::{AccessControlPolicy, Owner};
use cairn_protocol::headers::{GrantText, GranteeText};
use cairn_types::CanonicalUserId;
use serde::{Deserialize, Serialize};

use crate::permission::{Level, Permission};

/// Most grants of one ACL (facts/05 §8).
pub const GRANTS_MAX: usize = 100;

/// The groups Amazon predefines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Group {
    /// Everybody, signed or not.
    AllUsers,
    /// Everybody who signs, of whatever account.
    AuthenticatedUsers,
    /// The writer of access logs.
    LogDelivery,
}

impl Group {
    const ALL: [Self; 3] = [Self::AllUsers, Self::AuthenticatedUsers, Self::LogDelivery];

    /// The URI that stands for it.
    pub fn uri(self) -> &'static str {
        match self {
            Self::AllUsers => "http://acs.amazonaws.com/groups/global/AllUsers",
            Self::AuthenticatedUsers => "http://acs.amazonaws.com/groups/global/AuthenticatedUsers",
            Self::LogDelivery => "http://acs.amazonaws.com/groups/s3/LogDelivery",
        }
    }

    /// The group a URI stands for.
    pub fn from_uri(uri: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.uri() == uri)
    }

    /// Whether a grant to it makes an ACL public.
    pub fn is_public(self) -> bool {
        matches!(self, Self::AllUsers | Self::AuthenticatedUsers)
    }
}

/// Who is granted something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Grantee {
    /// An account, by its canonical user id.
    User(CanonicalUserId),
    /// A group.
    Group(Group),
}

/// One grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// To whom.
    pub grantee: Grantee,
    /// What.
    pub permission: Permission,
}

impl Grant {
    /// FULL_CONTROL for an account.
    pub fn full_control(user: &CanonicalUserId) -> Self {
        Self {
            grantee: Grantee::User(user.clone()),
            permission: Permission::FullControl,
        }
    }

    /// A permission for a group.
    pub fn to_group(group: Group, permission: Permission) -> Self {
        Self {
            grantee: Grantee::Group(group),
            permission,
        }
    }

    /// Whether it is for everybody, or everybody who signs.
    pub fn is_public(&self) -> bool {
        matches!(self.grantee, Grantee::Group(group) if group.is_public())
    }
}

/// An ACL, without its owner, who is the resource's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acl {
    grants: Vec<Grant>,
}

/// The form of a stored ACL: this byte, then postcard.
const FORM: u8 = 1;

impl Acl {
    /// The ACL of these grants; `None` for more than [`GRANTS_MAX`].
    pub fn new(grants: Vec<Grant>) -> Option<Self> {
        (grants.len() <= GRANTS_MAX).then_some(Self { grants })
    }

    /// What a resource has that was given no ACL: FULL_CONTROL for its owner.
    pub fn private(owner: &CanonicalUserId) -> Self {
        Self {
            grants: vec![Grant::full_control(owner)],
        }
    }

    /// The grants, in order.
    pub fn grants(&self) -> &[Grant] {
        &self.grants
    }

    /// Whether it grants FULL_CONTROL to this account and nothing else to anybody.
    pub fn is_private_to(&self, owner: &CanonicalUserId) -> bool {
        matches!(self.grants.as_slice(), [only] if *only == Grant::full_control(owner))
    }

    /// Whether it grants anything to everybody, or to everybody who signs (facts/05 §8).
    pub fn is_public(&self) -> bool {
        self.grants.iter().any(Grant::is_public)
    }

    /// The ACL without what makes it public: what is in force where IgnorePublicAcls is on.
    pub fn without_public(&self) -> Self {
        let grants = self.grants.iter().filter(|grant| !grant.is_public());
        Self {
            grants: grants.cloned().collect(),
        }
    }

    /// The grants by which the action is allowed to an account (`None`: to nobody who signed).
    pub fn grants_for<'s>(
        &'s self,
        user: Option<&'s CanonicalUserId>,
        level: Level,
        action: &'s str,
    ) -> impl Iterator<Item = &'s Grant> {
        self.grants.iter().filter(move |grant| {
            let names = match &grant.grantee {
                Grantee::User(granted) => user == Some(granted),
                Grantee::Group(Group::AllUsers) => true,
                Grantee::Group(Group::AuthenticatedUsers) => user.is_some(),
                Grantee::Group(Group::LogDelivery) => false,
            };
            names && grant.permission.allows(level, action)
        })
    }

    /// The ACL as it is stored.
    pub fn encode(&self) -> Vec<u8> {
        // Vectors of enums and strings can always be written.
        postcard::to_extend(self, vec![FORM]).unwrap_or_default()
    }

    /// Reads a stored ACL; `None` where it is none.
    pub fn decode(stored: &[u8]) -> Option<Self> {
        match stored.split_first() {
            Some((&FORM, rest)) => postcard::from_bytes(rest).ok(),
            _ => None,
        }
    }

    /// The document that shows it.
    pub fn to_document(&self, owner: &CanonicalUserId) -> AccessControlPolicy {
        AccessControlPolicy {
            owner: Owner {
                id: owner.as_str().to_owned(),
                display_name: None,
            },
            grants: self.grants.iter().map(text).collect(),
        }
    }
}

fn text(grant: &Grant) -> GrantText {
    GrantText {
        grantee: match &grant.grantee {
            Grantee::User(id) => GranteeText::Id(id.as_str().to_owned()),
            Grantee::Group(group) => GranteeText::Uri(group.uri().to_owned()),
        },
        permission: grant.permission.as_str().to_owned(),
    }
}
