//! Documents of an account, such as its Block Public Access: bytes of the caller's making by a name of the
//! caller's choice, as [`crate::Bucket::documents`] are a bucket's.
//!
//! One row of the directory each. Decisions about requests read them, so those of
//! [`Limits::accounts_cached`] accounts are kept in memory, by the same turns as an account's choices of
//! regions: what memory holds is what the row holds, whoever hangs up when.
//!
//! [`Limits::accounts_cached`]: crate::Limits::accounts_cached

use bytes::Bytes;
use cairn_storage::{Partition, StorageError};
use cairn_types::AccountId;

use crate::rows::keys;
use crate::store::{Change, Failed};
use crate::{Error, Objects};

/// Largest document of an account in bytes.
const DOCUMENT_BYTES_MAX: usize = 64 << 10;

impl Objects {
    /// The account's document of that name, if it has one.
    ///
    /// # Errors
    /// [`Error::Busy`], [`Error::Storage`].
    pub async fn account_document(
        &self,
        account: &AccountId,
        name: &'static str,
    ) -> Result<Option<Bytes>, Error> {
        let key = (account.clone(), name);
        if let Some(document) = self.inner.account_documents.get(&key) {
            return Ok(document);
        }
        // In turn with changes, or a row read before one could be kept after it.
        let _turn = self.document_turn(account, name).await?;
        let row = keys::account_document(account, name);
        let document = self.inner.index.get(Partition::DIRECTORY, &row).await?;
        self.inner.account_documents.insert(key, document.clone());
        Ok(document)
    }

    /// Sets or removes it, durably. A name is a few printable characters.
    ///
    /// # Errors
    /// [`Error::Busy`], [`Error::Storage`]; [`Error::EntityTooLarge`] for more than 64 KiB.
    pub async fn set_account_document(
        &self,
        account: &AccountId,
        name: &'static str,
        document: Option<Bytes>,
    ) -> Result<(), Error> {
        let length = document.as_ref().map_or(0, Bytes::len);
        if length > DOCUMENT_BYTES_MAX {
            return Err(Error::EntityTooLarge {
                proposed: length as u64,
                max: DOCUMENT_BYTES_MAX as u64,
            });
        }
        let (objects, account) = (self.clone(), account.clone());
        let running = self.inner.reclaimer.running();
        // A task of its own: a caller that leaves after the commit must not leave the old one in memory.
        let set = tokio::spawn(async move {
            let set = objects.set_document_in_turn(&account, name, document).await;
            drop(running);
            set
        });
        match set.await {
            Ok(set) => set,
            // The runtime is shutting down.
            Err(_) => Err(StorageError::Closed("the commit was cut off").into()),
        }
    }

    async fn set_document_in_turn(
        &self,
        account: &AccountId,
        name: &'static str,
        document: Option<Bytes>,
    ) -> Result<(), Error> {
        let _turn = self.document_turn(account, name).await?;
        let row = keys::account_document(account, name);
        let mut change = Change::default();
        match &document {
            Some(document) => change.put(row, document.clone()),
            None => change.delete(row),
        }
        let key = (account.clone(), name);
        match self.commit_unguarded(Partition::DIRECTORY, change).await {
            Ok(()) => {
                self.inner.account_documents.insert(key, document);
                Ok(())
            }
            Err(failed) => {
                // The contract says nothing was applied; memory must not be what insists on it.
                self.inner.account_documents.remove(&key);
                Err(match failed {
                    Failed::Conflict(..) => Error::Busy,
                    Failed::Storage(error) => error.into(),
                })
            }
        }
    }

    /// The key is of the directory's partition, where no object keys are.
    async fn document_turn(&self, account: &AccountId, name: &str) -> Result<crate::locks::Held, Error> {
        let key = format!("account-document/{account}/{name}");
        self.inner.locks.hold(Partition::DIRECTORY, &key).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use cairn_storage::Memory;
    use cairn_types::SystemClock;

    use super::*;
    use crate::Limits;

    async fn open(memory: &Arc<Memory>) -> Objects {
        let (index, blobs) = (Arc::clone(memory), Arc::clone(memory));
        Objects::open(index, blobs, Arc::new(SystemClock), Limits::default())
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn a_document_stays_until_it_is_removed() {
        let memory = Arc::new(Memory::new());
        let (one, other) = (AccountId::generate(), AccountId::generate());
        let objects = open(&memory).await;
        assert_eq!(objects.account_document(&one, "a").await.unwrap(), None);
        let set = |document: Option<&'static str>| {
            objects.set_account_document(&one, "a", document.map(Bytes::from))
        };
        set(Some("first")).await.unwrap();
        set(Some("second")).await.unwrap();
        // Read from the rows again, as after a restart.
        for objects in [&objects, &open(&memory).await] {
            let document = async |account, name| objects.account_document(account, name).await.unwrap();
            assert_eq!(document(&one, "a").await, Some(Bytes::from("second")));
            assert_eq!(document(&one, "b").await, None);
            assert_eq!(document(&other, "a").await, None);
        }
        set(None).await.unwrap();
        for objects in [&objects, &open(&memory).await] {
            assert_eq!(objects.account_document(&one, "a").await.unwrap(), None);
        }
    }

    #[tokio::test]
    async fn a_document_has_a_limit() {
        let objects = open(&Arc::new(Memory::new())).await;
        let account = AccountId::generate();
        let set =
            |bytes: usize| objects.set_account_document(&account, "a", Some(Bytes::from(vec![0; bytes])));
        set(DOCUMENT_BYTES_MAX).await.unwrap();
        assert!(matches!(
            set(DOCUMENT_BYTES_MAX + 1).await,
            Err(Error::EntityTooLarge { .. })
        ));
        let kept = objects.account_document(&account, "a").await.unwrap().unwrap();
        assert_eq!(kept.len(), DOCUMENT_BYTES_MAX);
    }
}
