//! Passwords of users: the account's rules for them, and login profiles.

use cairn_types::Timestamp;
use serde::{Deserialize, Serialize};

/// An account's rules for its users' passwords (facts/05 §3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordPolicy {
    /// Least length in characters: 6 to 128.
    pub minimum_length: u16,
    /// Whether one of `! @ # $ % ^ & * ( ) _ + - = [ ] { } | '` must be in it.
    pub require_symbols: bool,
    /// Whether a digit must be in it.
    pub require_numbers: bool,
    /// Whether an upper-case letter must be in it.
    pub require_uppercase: bool,
    /// Whether a lower-case letter must be in it.
    pub require_lowercase: bool,
    /// Whether users may change their own.
    pub allow_users_to_change: bool,
    /// After how many days a password expires: 1 to 1095; `None` is never.
    pub max_age_days: Option<u16>,
    /// How many former passwords may not come again: 1 to 24; `None` is any may.
    pub reuse_prevention: Option<u8>,
    /// Whether an expired password can only be changed by an administrator.
    pub hard_expiry: bool,
}

/// A user's password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginProfile {
    /// The password's hash, with its salt and parameters (PHC string).
    pub hash: String,
    /// Hashes of former passwords, the latest first: at most 24.
    pub former: Vec<String>,
    /// When the profile was made.
    pub created: Timestamp,
    /// When the password was last changed.
    pub changed: Timestamp,
    /// Whether the user must change it at the next sign-in.
    pub reset_required: bool,
}
