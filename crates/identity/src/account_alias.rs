//! Aliases: what an account is called at sign-in. An account has one at most, and no two have the same.

use cairn_types::AccountId;

use crate::account::AccountReference;
use crate::rows::{self, Noun};
use crate::{Entity, Error, Identity};

/// Shortest alias in characters, and longest (facts/05 §3).
const CHARS: std::ops::RangeInclusive<usize> = 3..=63;

/// Whether a text can be an alias: lower-case letters, digits and single hyphens between them.
pub fn is_account_alias(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    CHARS.contains(&text.len())
        && text.bytes().all(allowed)
        && !text.starts_with('-')
        && !text.ends_with('-')
        && !text.contains("--")
}

fn alias_row(alias: &str) -> cairn_storage::Row {
    rows::row(Noun::Alias, &[alias])
}

impl Identity {
    /// Gives an account an alias, in place of the one it has.
    ///
    /// # Errors
    /// [`Error::EntityAlreadyExists`] where an account has it; [`Error::InvalidInput`] for what cannot be one, or
    /// could be an account's number; [`Error::Busy`], [`Error::Storage`].
    pub async fn set_account_alias(&self, account: &AccountId, alias: &str) -> Result<(), Error> {
        if !is_account_alias(alias) || AccountId::parse(alias).is_ok() {
            return Err(Error::InvalidInput(format!("{alias} cannot be an account alias")));
        }
        let mut transaction = self.begin().await?;
        if transaction
            .get::<AccountReference>(&alias_row(alias))
            .await?
            .is_some()
        {
            return Err(Error::EntityAlreadyExists(Entity::AccountAlias, alias.to_owned()));
        }
        let mut record = transaction.account(account).await?;
        if let Some(former) = record.alias.replace(alias.to_owned()) {
            transaction.delete(alias_row(&former));
        }
        transaction.put(alias_row(alias), &AccountReference(account.clone()))?;
        transaction.put_account(&record)?;
        transaction.commit().await
    }

    /// Takes an account's alias away.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`] where the account has another or none; [`Error::Busy`], [`Error::Storage`].
    pub async fn delete_account_alias(&self, account: &AccountId, alias: &str) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        let mut record = transaction.account(account).await?;
        if record.alias.as_deref() != Some(alias) {
            return Err(Error::NoSuchEntity(Entity::AccountAlias, alias.to_owned()));
        }
        record.alias = None;
        transaction.delete(alias_row(alias));
        transaction.put_account(&record)?;
        transaction.commit().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::Kit;

    #[test]
    fn an_alias_is_part_of_a_host_name() {
        for good in ["abc", "a-b", "0-company-9", &"a".repeat(63)] {
            assert!(is_account_alias(good), "{good}");
        }
        for bad in ["ab", "-abc", "abc-", "a--b", "Abc", "a_b", "a.b", &"a".repeat(64)] {
            assert!(!is_account_alias(bad), "{bad}");
        }
    }

    #[tokio::test]
    async fn an_alias_is_one_accounts() {
        let kit = Kit::new().await;
        let (identity, account) = (&kit.identity, &kit.account);
        let (other, _) = identity.create_account("other").await.unwrap();
        identity.set_account_alias(account, "cairn").await.unwrap();
        let taken = identity.set_account_alias(&other.id, "cairn").await;
        assert!(matches!(
            taken,
            Err(Error::EntityAlreadyExists(Entity::AccountAlias, _))
        ));
        let not_theirs = identity.delete_account_alias(&other.id, "cairn").await;
        assert!(matches!(
            not_theirs,
            Err(Error::NoSuchEntity(Entity::AccountAlias, _))
        ));
        identity.set_account_alias(account, "stones").await.unwrap();
        identity.set_account_alias(&other.id, "cairn").await.unwrap();
        identity.delete_account_alias(account, "stones").await.unwrap();
        assert_eq!(identity.account(account).await.unwrap().alias, None);
        let number = identity.set_account_alias(account, "123456789012").await;
        assert!(matches!(number, Err(Error::InvalidInput(_))));
    }
}
