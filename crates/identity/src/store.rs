//! The store of identities: rows of the directory, changed one transaction at a time.
//!
//! Identity data is read by every request and changed by few. So a change is simple rather than parallel: a
//! [`Transaction`] has the process's only turn, reads what it needs, and commits all its writes at once. Each
//! commit also counts up the epoch row and expects its former value: a writer of another process that came
//! in between makes the commit fail as a whole ([`Error::Busy`]), and nothing was decided on what no longer
//! holds.
//!
//! What was read is kept in memory together with the generation it was read in ([`Cached`]). A commit starts
//! a new generation before it is acknowledged, so no request that comes after sees what was before.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use cairn_storage::{
    Commit, CommitError, Expectation, Index, IndexExt, Partition, Range, Row, Step, StorageError, Visitor,
    Write,
};
use cairn_types::{AccessKeyId, Clock};
use quick_cache::sync::Cache;
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::credential::{Found, GivenKeys};
use crate::guesses::Guesses;
use crate::last_used::LastUsed;
use crate::password_hash::Hasher;
use crate::rows::{self, Noun, Record};
use crate::seal::Sealer;
use crate::{Error, MasterKey};

/// The bounds of the store.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Access keys and sessions whose holder is kept in memory, each with its compiled policies: about 10 KiB
    /// for a holder of ten managed policies.
    pub callers_cached: usize,
    /// Longest wait for the changes that came before, then [`Error::Busy`].
    pub turn_wait_max: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            callers_cached: 10_000,
            turn_wait_max: Duration::from_secs(15),
        }
    }
}

/// All accounts of a deployment, and who is in them. Cheap to clone; all clones are one store.
#[derive(Clone)]
pub struct Identity {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) index: Arc<dyn Index>,
    pub(crate) sealer: Sealer,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) limits: Limits,
    turn: Arc<Mutex<()>>,
    generation: AtomicU64,
    /// Who is behind a key, by access key id.
    pub(crate) keys: Cache<AccessKeyId, Cached<Found>>,
    pub(crate) last_used: LastUsed,
    pub(crate) given_keys: GivenKeys,
    pub(crate) guesses: Guesses,
    pub(crate) hasher: Hasher,
}

/// Something read, and the generation it was read in.
#[derive(Clone)]
pub(crate) struct Cached<T> {
    generation: u64,
    pub(crate) value: T,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Epoch(u64);

impl Record for Epoch {
    const WHAT: &'static str = "count of identity commits";
}

/// A known text, sealed.
#[derive(Debug, Serialize, Deserialize)]
struct MasterKeyCheck(Vec<u8>);

impl Record for MasterKeyCheck {
    const WHAT: &'static str = "check of the master key";
}

/// The text.
const MASTER_KEY_CHECK: &str = "the master key of this store";

impl Identity {
    /// Opens the identities that `index` keeps; an empty store has none.
    ///
    /// # Errors
    /// [`Error::Sealed`] without any master key.
    pub fn open(
        index: Arc<dyn Index>,
        clock: Arc<dyn Clock>,
        masters: &[MasterKey],
        limits: Limits,
    ) -> Result<Self, Error> {
        Ok(Self {
            inner: Arc::new(Inner {
                index,
                sealer: Sealer::new(masters)?,
                clock,
                turn: Arc::default(),
                generation: AtomicU64::new(0),
                keys: Cache::new(limits.callers_cached),
                last_used: LastUsed::default(),
                given_keys: GivenKeys::default(),
                guesses: Guesses::default(),
                hasher: Hasher::default(),
                limits,
            }),
        })
    }

    /// Whether the master keys are those of this store; a store without secrets takes the first as its own.
    ///
    /// # Errors
    /// [`Error::Sealed`] where they are others; [`Error::Storage`].
    pub async fn check_master_key(&self) -> Result<(), Error> {
        let row = rows::row(Noun::MasterKeyCheck, &[]);
        if let Some(MasterKeyCheck(sealed)) = self.get(&row).await? {
            return self.open_secret(MASTER_KEY_CHECK, &sealed).map(|_| ());
        }
        let mut transaction = self.begin().await?;
        let sealed = self.seal_secret(MASTER_KEY_CHECK, MASTER_KEY_CHECK.as_bytes())?;
        transaction.put(row, &MasterKeyCheck(sealed))?;
        transaction.commit().await
    }

    /// Reads one row.
    pub(crate) async fn get<R: Record>(&self, row: &Row) -> Result<Option<R>, Error> {
        let value = self.inner.index.get(Partition::DIRECTORY, row).await?;
        Ok(value.map(|value| rows::decode(&value)).transpose()?)
    }

    /// Reads the rows of a range, in the order of their keys, until `take` says stop.
    pub(crate) async fn scan<R: Record + Send + 'static, T: Send + 'static>(
        &self,
        range: Range,
        take: impl FnMut(&[u8], R) -> Taken<T> + Send + 'static,
    ) -> Result<Vec<T>, Error> {
        let rows = Rows {
            take,
            taken: Vec::new(),
            failed: None,
            record: std::marker::PhantomData::<fn() -> R>,
        };
        let rows = self
            .inner
            .index
            .scan_with(Partition::DIRECTORY, range, rows)
            .await?;
        match rows.failed {
            Some(error) => Err(error.into()),
            None => Ok(rows.taken),
        }
    }

    /// The present generation: what is read from now on may be kept under it ([`Self::cached`]).
    pub(crate) fn generation(&self) -> u64 {
        self.inner.generation.load(Ordering::Acquire)
    }

    /// What was read in `generation`, to be kept.
    pub(crate) fn cached<T>(generation: u64, value: T) -> Cached<T> {
        Cached { generation, value }
    }

    /// Whether nothing was committed since it was read.
    pub(crate) fn is_current<T>(&self, cached: &Cached<T>) -> bool {
        cached.generation == self.generation()
    }

    /// Begins a change, when it is its turn.
    ///
    /// # Errors
    /// [`Error::Busy`] after [`Limits::turn_wait_max`].
    pub(crate) async fn begin(&self) -> Result<Transaction, Error> {
        let turn = Arc::clone(&self.inner.turn).lock_owned();
        let turn = tokio::time::timeout(self.inner.limits.turn_wait_max, turn)
            .await
            .map_err(|_| Error::Busy)?;
        let former = self.inner.index.get(Partition::DIRECTORY, &rows::epoch()).await?;
        let epoch: Epoch = match &former {
            Some(value) => rows::decode(value)?,
            None => Epoch::default(),
        };
        Ok(Transaction {
            identity: self.clone(),
            former,
            epoch,
            writes: Vec::new(),
            turn,
        })
    }
}

/// What a scan's function makes of a row.
pub(crate) enum Taken<T> {
    /// It is wanted.
    Yes(T),
    /// It is not.
    No,
    /// No more rows.
    Stop,
}

struct Rows<R, T, F> {
    take: F,
    taken: Vec<T>,
    failed: Option<StorageError>,
    record: std::marker::PhantomData<fn() -> R>,
}

impl<R, T, F> Visitor for Rows<R, T, F>
where
    R: Record + Send + 'static,
    T: Send + 'static,
    F: FnMut(&[u8], R) -> Taken<T> + Send + 'static,
{
    fn visit(&mut self, key: &[u8], value: &[u8]) -> Step {
        match rows::decode(value).map(|record| (self.take)(key, record)) {
            Ok(Taken::Yes(taken)) => {
                self.taken.push(taken);
                Step::Next
            }
            Ok(Taken::No) => Step::Next,
            Ok(Taken::Stop) => Step::Stop,
            Err(error) => {
                self.failed = Some(error);
                Step::Stop
            }
        }
    }
}

/// A change of identity data: it alone is going on, and all of it is committed, or nothing. It reads what is
/// committed; its own writes are not visible to it.
pub(crate) struct Transaction {
    pub(crate) identity: Identity,
    former: Option<Bytes>,
    epoch: Epoch,
    writes: Vec<Write>,
    turn: OwnedMutexGuard<()>,
}

impl Transaction {
    /// Reads one row.
    pub(crate) async fn get<R: Record>(&self, row: &Row) -> Result<Option<R>, Error> {
        self.identity.get(row).await
    }

    /// Inserts or replaces a row.
    pub(crate) fn put<R: Record>(&mut self, row: Row, record: &R) -> Result<(), Error> {
        self.writes.push(Write::Put(row, rows::encode(record)?));
        Ok(())
    }

    /// Removes a row.
    pub(crate) fn delete(&mut self, row: Row) {
        self.writes.push(Write::Delete(row));
    }

    /// Commits, durably. It goes on when its caller is gone: what memory keeps must not outlive a commit that
    /// nobody waited for.
    ///
    /// # Errors
    /// [`Error::Busy`]: another process changed identity data meanwhile. [`Error::Storage`].
    pub(crate) async fn commit(self) -> Result<(), Error> {
        let Self {
            identity,
            former,
            epoch,
            mut writes,
            turn,
        } = self;
        if writes.is_empty() {
            return Ok(());
        }
        let row = rows::epoch();
        let expected = match former {
            Some(value) => Expectation::Value(row.clone(), value),
            None => Expectation::Absent(row.clone()),
        };
        writes.push(Write::Put(row, rows::encode(&Epoch(epoch.0.wrapping_add(1)))?));
        let commit = Commit {
            expectations: vec![expected],
            writes,
        };
        let committed = tokio::spawn(async move {
            let committed = identity.inner.index.commit(Partition::DIRECTORY, commit).await;
            // Also after a failure: whether it was applied is not known then.
            identity.inner.generation.fetch_add(1, Ordering::AcqRel);
            drop(turn);
            committed
        });
        match committed.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(CommitError::Conflict(_))) => Err(Error::Busy),
            Ok(Err(CommitError::Storage(error))) => Err(error.into()),
            // The runtime is shutting down.
            Err(_) => Err(StorageError::Closed("the commit was cut off").into()),
        }
    }
}
