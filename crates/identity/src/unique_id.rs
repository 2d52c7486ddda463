//! Unique ids: names that nothing else will ever have, also not after what had them is gone (facts/05 §2).

use std::fmt;

use cairn_types::random;
use serde::{Deserialize, Serialize};

/// What a unique id is of: its first four letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdPrefix {
    /// A user.
    User,
    /// A group.
    Group,
    /// A role.
    Role,
    /// A managed policy.
    ManagedPolicy,
}

impl IdPrefix {
    /// `AIDA`, …
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "AIDA",
            Self::Group => "AGPA",
            Self::Role => "AROA",
            Self::ManagedPolicy => "ANPA",
        }
    }
}

/// A unique id: the prefix of its kind and 17 letters and digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct UniqueId(String);

impl UniqueId {
    /// A new one.
    pub fn generate(prefix: IdPrefix) -> Self {
        let rest = random::text(17, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
        Self(format!("{}{rest}", prefix.as_str()))
    }

    /// An id that was one before: four letters and at least twelve capitals and digits.
    pub fn parse(text: &str) -> Option<Self> {
        let valid = (16..=32).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        valid.then(|| Self(text.to_owned()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UniqueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
