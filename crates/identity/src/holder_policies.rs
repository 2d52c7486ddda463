//! The policies of a user, group or role: written into it, or attached to it.

use serde::{Deserialize, Serialize};

/// What a user, group or role has of policies. Part of its record, so that whoever decides reads one row.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct HolderPolicies {
    /// Inline policies: name and document as given, by name.
    pub inline: Vec<(String, String)>,
    /// ARNs of managed policies, in the order they were attached.
    pub attached: Vec<String>,
}

impl HolderPolicies {
    /// The document of an inline policy.
    pub fn inline(&self, name: &str) -> Option<&str> {
        let found = self.inline.iter().find(|(known, _)| known == name)?;
        Some(&found.1)
    }
}
