//! Login profiles: users' passwords.
//!
//! Hashing takes its time, and nobody else's turn: it is done before the change begins, on what was read then. A
//! profile that somebody else changed meanwhile makes the change fail ([`Error::Busy`]).

use cairn_types::{AccountId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::failures;
use crate::password::{self, Password, PasswordPolicy};
use crate::user::UserRecord;
use crate::{Entity, Error, Identity};

/// A user's password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginProfile {
    /// The password's hash, with its salt and parameters (PHC string).
    pub hash: String,
    /// Hashes of former passwords, the latest first: at most [`Self::FORMER_MAX`].
    pub former: Vec<String>,
    /// When the profile was made.
    pub created: Timestamp,
    /// When the password was last changed.
    pub changed: Timestamp,
    /// Whether the user must change it at the next sign-in.
    pub reset_required: bool,
}

impl LoginProfile {
    /// Most former passwords that are kept: as many as a password policy can forbid, with the present one.
    pub const FORMER_MAX: usize = 23;

    /// The hashes of those passwords that may not come again.
    fn forbidden(&self, policy: Option<&PasswordPolicy>) -> Vec<String> {
        let count = policy
            .and_then(|policy| policy.reuse_prevention)
            .map_or(0, usize::from);
        let all = std::iter::once(&self.hash).chain(&self.former);
        all.take(count).cloned().collect()
    }

    fn replace(&mut self, hash: String, now: Timestamp) {
        let former = std::mem::replace(&mut self.hash, hash);
        self.former.insert(0, former);
        self.former.truncate(Self::FORMER_MAX);
        self.changed = now;
    }
}

fn no_profile(name: &str) -> Error {
    Error::NoSuchEntity(Entity::LoginProfile, name.to_owned())
}

impl Identity {
    /// A user's login profile.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`] for the user or the profile; [`Error::Storage`].
    pub async fn login_profile(&self, account: &AccountId, name: &str) -> Result<LoginProfile, Error> {
        let user = self.user(account, name).await?;
        user.login.ok_or_else(|| no_profile(name))
    }

    /// Gives a user its first password.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`] for the user; [`Error::EntityAlreadyExists`];
    /// [`Error::PasswordPolicyViolation`]; [`Error::Busy`], [`Error::Storage`].
    pub async fn create_login_profile(
        &self,
        account: &AccountId,
        name: &str,
        password: Password,
        reset_required: bool,
    ) -> Result<LoginProfile, Error> {
        let exists = |user: &UserRecord| match user.login {
            Some(_) => Err(Error::EntityAlreadyExists(Entity::LoginProfile, name.to_owned())),
            None => Ok(()),
        };
        let user = self.user(account, name).await?;
        exists(&user)?;
        password::check(self.account(account).await?.password_policy.as_ref(), &password)?;
        let hash = self.hash_password(password).await?;
        let mut transaction = self.begin().await?;
        let mut user = transaction.user(account, name).await?;
        exists(&user)?;
        let now = self.inner.clock.now();
        let profile = LoginProfile {
            hash,
            former: Vec::new(),
            created: now,
            changed: now,
            reset_required,
        };
        user.login = Some(profile.clone());
        transaction.put_user(&user)?;
        transaction.commit().await?;
        Ok(profile)
    }

    /// Gives a user another password, or says whether it must be changed at the next sign-in; `None` leaves as it
    /// is.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`] for the user or the profile; [`Error::PasswordPolicyViolation`];
    /// [`Error::Busy`], [`Error::Storage`].
    pub async fn update_login_profile(
        &self,
        account: &AccountId,
        name: &str,
        password: Option<Password>,
        reset_required: Option<bool>,
    ) -> Result<(), Error> {
        let known = self.login_profile(account, name).await?;
        let hash = match password {
            Some(password) => Some(self.new_hash(account, &known, password).await?),
            None => None,
        };
        self.change_profile(account, name, known, |profile, now| {
            if let Some(hash) = hash {
                profile.replace(hash, now);
            }
            if let Some(reset_required) = reset_required {
                profile.reset_required = reset_required;
            }
        })
        .await
    }

    /// Changes a password for who knows it.
    ///
    /// # Errors
    /// [`Error::WrongPassword`]: also the right one, for a while after too many wrong ones;
    /// [`Error::NoSuchEntity`] for the user or the profile; [`Error::PasswordPolicyViolation`];
    /// [`Error::Busy`], [`Error::Storage`].
    pub async fn change_password(
        &self,
        account: &AccountId,
        name: &str,
        old: Password,
        new: Password,
    ) -> Result<(), Error> {
        let user = self.user(account, name).await?;
        let known = user.login.ok_or_else(|| no_profile(name))?;
        let (id, now) = (user.id.as_str(), self.inner.clock.now());
        if self.inner.guesses.refused(id, now) {
            failures::count("password_refused");
            return Err(Error::WrongPassword);
        }
        if !self.is_any_of(old, vec![known.hash.clone()]).await? {
            // Those who count at the same time count one less; hashing lets few in at once.
            self.inner.guesses.wrong(id, now);
            failures::count("password");
            return Err(Error::WrongPassword);
        }
        self.inner.guesses.forget(id);
        let hash = self.new_hash(account, &known, new).await?;
        self.change_profile(account, name, known, |profile, now| {
            profile.replace(hash, now);
            profile.reset_required = false;
        })
        .await
    }

    /// Takes a user's password away.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`] for the user or the profile; [`Error::Busy`], [`Error::Storage`].
    pub async fn delete_login_profile(&self, account: &AccountId, name: &str) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        let mut user = transaction.user(account, name).await?;
        if user.login.take().is_none() {
            return Err(no_profile(name));
        }
        transaction.put_user(&user)?;
        transaction.commit().await
    }

    /// The hash of a password that is as the account's rules ask.
    async fn new_hash(
        &self,
        account: &AccountId,
        known: &LoginProfile,
        password: Password,
    ) -> Result<String, Error> {
        let policy = self.account(account).await?.password_policy;
        password::check(policy.as_ref(), &password)?;
        let forbidden = known.forbidden(policy.as_ref());
        if self.is_any_of(password.clone(), forbidden).await? {
            return Err(Error::PasswordPolicyViolation(
                "Password has been used recently: the account's password policy prevents its reuse"
                    .to_owned(),
            ));
        }
        self.hash_password(password).await
    }

    /// Changes a profile that must be as it was read.
    async fn change_profile(
        &self,
        account: &AccountId,
        name: &str,
        known: LoginProfile,
        change: impl FnOnce(&mut LoginProfile, Timestamp),
    ) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        let mut user = transaction.user(account, name).await?;
        match &mut user.login {
            Some(profile) if *profile == known => change(profile, self.inner.clock.now()),
            Some(_) => return Err(Error::Busy),
            None => return Err(no_profile(name)),
        }
        transaction.put_user(&user)?;
        transaction.commit().await
    }
}

#[cfg(test)]
mod tests;
