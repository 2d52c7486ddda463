//! Users and roles that policies of resources name: kept by unique id, shown by ARN.
//!
//! A trust policy or a bucket's policy goes on meaning the very user or role that it named, whatever that one is
//! called later, and never another of the same name (facts/05 §4, §7). So ARNs of users and roles become unique
//! ids when the policy is stored, and ARNs again when it is shown; an id whose owner is gone stays an id.

use std::collections::HashMap;

use cairn_policy::{Policy, PolicyError, RewriteError, rewrite_principals};
use cairn_types::{AccountId, Arn, CanonicalUserId};

use crate::role::RoleRecord;
use crate::user::{IdKind, UserRecord};
use crate::{Error, Identity};

/// Whether a name that a policy gives is known here.
enum Known {
    /// It is to be kept as this id.
    As(String),
    /// It is kept as it is.
    Itself,
    /// There is nobody of this name.
    No,
}

impl Identity {
    /// The document of a policy with users and roles named by their unique ids.
    ///
    /// Accounts, users and roles have to exist. Sessions, federated users, providers and services are kept as they
    /// are named.
    ///
    /// # Errors
    /// [`Error::MalformedPolicy`] with [`PolicyError::Principal`] where one does not exist; [`Error::Storage`].
    pub async fn with_principal_ids(&self, policy: &Policy) -> Result<String, Error> {
        let mut names = Vec::new();
        policy.for_each_principal(|name| names.push((name.kind.to_owned(), name.value.to_owned())));
        let mut ids = HashMap::new();
        for (kind, value) in names {
            match self.known(&kind, &value).await? {
                Known::As(id) => {
                    ids.insert(value, id);
                }
                Known::Itself => {}
                Known::No => return Err(Error::MalformedPolicy(PolicyError::Principal { kind, value })),
            }
        }
        rewrite(policy.text(), &ids)
    }

    /// A document of [`Self::with_principal_ids`] with ARNs again, of those who are still there.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn with_principal_arns(&self, document: &str) -> Result<String, Error> {
        let mut names = Vec::new();
        let seen = rewrite_principals(document, |name| {
            if name.kind == "AWS" {
                names.push(name.value.to_owned());
            }
            Ok::<_, std::convert::Infallible>(None)
        });
        if let Err(RewriteError::Document(error)) = seen {
            return Err(Error::MalformedPolicy(error));
        }
        let mut arns = HashMap::new();
        for name in names {
            if let Some(arn) = self.arn_of_id(&name).await? {
                arns.insert(name, arn);
            }
        }
        rewrite(document, &arns)
    }

    /// The ARN of a user or role by its unique id; `None` where it is gone, or is no id.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn arn_of_id(&self, id: &str) -> Result<Option<String>, Error> {
        let Some(owner) = self.owner_of(id).await? else {
            return Ok(None);
        };
        let arn = match owner.kind {
            IdKind::User => self
                .user(&owner.account, &owner.name)
                .await
                .map(|user| user.arn()),
            IdKind::Role => self
                .role(&owner.account, &owner.name)
                .await
                .map(|role| role.arn()),
            IdKind::Group | IdKind::ManagedPolicy => return Ok(None),
        };
        unless_gone(arn)
    }

    async fn known(&self, kind: &str, value: &str) -> Result<Known, Error> {
        let is_there = |there: bool| if there { Known::Itself } else { Known::No };
        match kind {
            "AWS" => {}
            "CanonicalUser" => {
                let account = match CanonicalUserId::parse(value) {
                    Ok(id) => self.account_by_canonical_user_id(&id).await?,
                    Err(_) => None,
                };
                return Ok(is_there(account.is_some()));
            }
            _ => return Ok(Known::Itself),
        }
        if value == "*" {
            return Ok(Known::Itself);
        }
        if let Ok(account) = AccountId::parse(value) {
            return Ok(is_there(self.has_account(&account).await?));
        }
        let Ok(arn) = Arn::parse(value) else {
            // A unique id: it must still be somebody's.
            return Ok(is_there(self.arn_of_id(value).await?.is_some()));
        };
        let Ok(account) = AccountId::parse(arn.account()) else {
            return Ok(Known::No);
        };
        let (noun, name) = arn.resource().split_once('/').unwrap_or((arn.resource(), ""));
        let name = name.rsplit('/').next().unwrap_or_default();
        let found = match (arn.service(), noun) {
            ("iam", "root") => return Ok(is_there(self.has_account(&account).await?)),
            ("iam", "user") => {
                let user: Option<UserRecord> = unless_gone(self.user(&account, name).await)?;
                user.map(|user| (user.arn(), user.id))
            }
            ("iam", "role") => {
                let role: Option<RoleRecord> = unless_gone(self.role(&account, name).await)?;
                role.map(|role| (role.arn(), role.id))
            }
            _ => return Ok(Known::Itself),
        };
        Ok(match found {
            Some((known, id)) if known == value => Known::As(id.to_string()),
            _ => Known::No,
        })
    }

    async fn has_account(&self, id: &AccountId) -> Result<bool, Error> {
        Ok(unless_gone(self.account(id).await)?.is_some())
    }
}

/// `None` in place of [`Error::NoSuchEntity`].
fn unless_gone<T>(found: Result<T, Error>) -> Result<Option<T>, Error> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(Error::NoSuchEntity(..)) => Ok(None),
        Err(error) => Err(error),
    }
}

fn rewrite(document: &str, names: &HashMap<String, String>) -> Result<String, Error> {
    let rewritten = rewrite_principals(document, |name| {
        let new = (name.kind == "AWS").then(|| names.get(name.value)).flatten();
        Ok::<_, std::convert::Infallible>(new.cloned())
    });
    rewritten.map_err(|error| match error {
        RewriteError::Document(error) => Error::MalformedPolicy(error),
        RewriteError::Refused(never) => match never {},
    })
}
