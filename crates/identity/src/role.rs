//! IAM roles: permissions without a holder, which those whom the trust policy names may take on for a while.

use cairn_types::{AccountId, RegionName, Timestamp};
use serde::{Deserialize, Serialize};

use crate::holder_policies::HolderPolicies;
use crate::rows::Record;
use crate::tags::Tags;
use crate::{Name, Path, UniqueId};

/// A role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleRecord {
    /// The account it is in.
    pub account: AccountId,
    /// Its name.
    pub name: Name,
    /// Its path.
    pub path: Path,
    /// The id that nobody else will have.
    pub id: UniqueId,
    /// When it was made.
    pub created: Timestamp,
    /// What it is for: up to 1000 characters.
    pub description: Option<String>,
    /// Who may assume it. Users and roles in it are named by their unique ids, so that one of the same name
    /// that is made later is not trusted.
    pub trust: String,
    /// Longest session in seconds: 3600 to 43200.
    pub max_session_seconds: u32,
    /// Tags.
    pub tags: Tags,
    /// The ARN of its permissions boundary.
    pub boundary: Option<String>,
    /// Its policies.
    pub policies: HolderPolicies,
    /// When and where it was last used.
    pub last_used: Option<(Timestamp, RegionName)>,
}

impl Record for RoleRecord {
    const WHAT: &'static str = "role";
}

impl RoleRecord {
    /// Most roles of an account (facts/05 §3).
    pub const PER_ACCOUNT_MAX: usize = 1000;

    /// `arn:aws:iam::ACCOUNT:role/path/name`
    pub fn arn(&self) -> String {
        crate::user::arn(&self.account, "role", &self.path, &self.name)
    }
}
