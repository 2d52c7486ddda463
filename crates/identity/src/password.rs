//! Passwords, and an account's rules for those of its users.

use std::fmt;

use cairn_types::AccountId;
use serde::{Deserialize, Serialize};

use crate::{Entity, Error, Identity};

/// A password as somebody typed it. It shows nothing of itself.
#[derive(Clone)]
pub struct Password(String);

impl Password {
    /// A password.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

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

/// The symbols that a password may have to have one of.
const SYMBOLS: &str = "!@#$%^&*()_+-=[]{}|'";

/// Least length where an account has no rules (facts/05 §3).
const LENGTH_UNSET: u16 = 8;
/// Of upper case, lower case, digits and symbols, how many must be there where an account has no rules.
const CLASSES_UNSET: usize = 3;

/// Which kinds of characters a password has.
struct Classes {
    uppercase: bool,
    lowercase: bool,
    number: bool,
    symbol: bool,
}

impl Classes {
    fn of(password: &str) -> Self {
        Self {
            uppercase: password.chars().any(|c| c.is_ascii_uppercase()),
            lowercase: password.chars().any(|c| c.is_ascii_lowercase()),
            number: password.chars().any(|c| c.is_ascii_digit()),
            symbol: password.chars().any(|c| SYMBOLS.contains(c)),
        }
    }

    fn count(&self) -> usize {
        let each = [self.uppercase, self.lowercase, self.number, self.symbol];
        each.into_iter().filter(|has| *has).count()
    }
}

/// Whether a password is as the rules ask; those of an account that never set any are Amazon's.
///
/// # Errors
/// [`Error::PasswordPolicyViolation`] with the first rule that it breaks.
pub(crate) fn check(policy: Option<&PasswordPolicy>, password: &Password) -> Result<(), Error> {
    let password = password.expose();
    let classes = Classes::of(password);
    let least = policy.map_or(LENGTH_UNSET, |policy| policy.minimum_length);
    let broken = if password.chars().count() < usize::from(least) {
        format!("Password should have a minimum length of {least}")
    } else if let Some(policy) = policy {
        let rules = [
            (policy.require_uppercase && !classes.uppercase, "uppercase letter"),
            (policy.require_lowercase && !classes.lowercase, "lowercase letter"),
            (policy.require_numbers && !classes.number, "number"),
            (policy.require_symbols && !classes.symbol, "symbol"),
        ];
        match rules.into_iter().find(|(broken, _)| *broken) {
            Some((_, what)) => format!("Password should have at least one {what}"),
            None => return Ok(()),
        }
    } else if classes.count() < CLASSES_UNSET {
        "Password should have at least three of: uppercase letters, lowercase letters, numbers, symbols"
            .to_owned()
    } else {
        return Ok(());
    };
    Err(Error::PasswordPolicyViolation(broken))
}

impl Identity {
    /// Sets an account's rules; passwords that exist are not held to them until they are changed.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`], [`Error::Busy`], [`Error::Storage`].
    pub async fn set_password_policy(
        &self,
        account: &AccountId,
        policy: PasswordPolicy,
    ) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        let mut record = transaction.account(account).await?;
        record.password_policy = Some(policy);
        transaction.put_account(&record)?;
        transaction.commit().await
    }

    /// The account's rules.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`] where none were set; [`Error::Storage`].
    pub async fn password_policy(&self, account: &AccountId) -> Result<PasswordPolicy, Error> {
        let policy = self.account(account).await?.password_policy;
        policy.ok_or_else(|| no_policy(account))
    }

    /// Takes an account's rules away: Amazon's hold again.
    ///
    /// # Errors
    /// As [`Self::password_policy`], and [`Error::Busy`].
    pub async fn delete_password_policy(&self, account: &AccountId) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        let mut record = transaction.account(account).await?;
        if record.password_policy.take().is_none() {
            return Err(no_policy(account));
        }
        transaction.put_account(&record)?;
        transaction.commit().await
    }
}

fn no_policy(account: &AccountId) -> Error {
    Error::NoSuchEntity(Entity::PasswordPolicy, account.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(policy: Option<&PasswordPolicy>, password: &str) -> Option<String> {
        match super::check(policy, &Password::new(password.to_owned())) {
            Ok(()) => None,
            Err(Error::PasswordPolicyViolation(message)) => Some(message),
            Err(error) => panic!("{error}"),
        }
    }

    /// facts/05 §3: eight characters and three of four classes where nothing was set.
    #[test]
    fn unset_rules_are_amazons() {
        assert_eq!(check(None, "Abcdefg1"), None);
        assert_eq!(check(None, "abcdef1!"), None);
        assert!(check(None, "Abcdef1").unwrap().contains("length of 8"));
        assert!(check(None, "abcdefg1").unwrap().contains("three of"));
    }

    #[test]
    fn each_rule_counts_by_itself() {
        let lax = PasswordPolicy {
            minimum_length: 6,
            require_symbols: false,
            require_numbers: false,
            require_uppercase: false,
            require_lowercase: false,
            allow_users_to_change: false,
            max_age_days: None,
            reuse_prevention: None,
            hard_expiry: false,
        };
        assert_eq!(check(Some(&lax), "\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}"), None);
        assert!(check(Some(&lax), "Ab1!x").unwrap().contains("length of 6"));
        type Require = fn(&mut PasswordPolicy);
        let cases: [(&str, &str, Require); 4] = [
            ("symbol", "Abcdef1", |policy| policy.require_symbols = true),
            ("number", "Abcdef!", |policy| policy.require_numbers = true),
            ("uppercase letter", "abcde1!", |policy| {
                policy.require_uppercase = true
            }),
            ("lowercase letter", "ABCDE1!", |policy| {
                policy.require_lowercase = true
            }),
        ];
        for (what, without, require) in cases {
            let mut policy = lax.clone();
            require(&mut policy);
            let expected = format!("Password should have at least one {what}");
            assert_eq!(check(Some(&policy), without), Some(expected));
            assert_eq!(check(Some(&policy), "Abcdef1|"), None);
        }
    }
}
