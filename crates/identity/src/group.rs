//! IAM groups: users who share policies.

use cairn_types::{AccountId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::holder_policies::HolderPolicies;
use crate::rows::Record;
use crate::{Name, Path, UniqueId};

/// A group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupRecord {
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
    /// Its policies, which are its members' too.
    pub policies: HolderPolicies,
}

impl Record for GroupRecord {
    const WHAT: &'static str = "group";
}

impl GroupRecord {
    /// Most groups of an account (facts/05 §3).
    pub const PER_ACCOUNT_MAX: usize = 300;

    /// `arn:aws:iam::ACCOUNT:group/path/name`
    pub fn arn(&self) -> String {
        crate::user::arn(&self.account, "group", &self.path, &self.name)
    }
}
