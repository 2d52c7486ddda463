//! Group commit: one thread merges the commits of all requests into one journal write and one sync.
//!
//! The thread takes everything queued, checks each commit's expectations against the index plus what
//! earlier commits of the same batch changed (the overlay), writes one fjall batch with one sync, and
//! answers all. While it syncs, the next batch gathers, so nobody waits for more than the sync in flight
//! and their own. It is the index's only writer, which is what makes check-then-write atomic.
//!
//! Where many write at once and few of them are back when a sync ends, the thread waits a moment for the others
//! ([`COMPANY_WAIT`]): a third fewer syncs for the same writes. Who writes alone, or with few, never waits.
//!
//! Durable before visible: fjall's batch writes its journal, syncs it, and only then inserts into the
//! tables and publishes the sequence number that readers' snapshots take (fjall 3.1.13, `batch/mod.rs`,
//! `WriteBatch::commit`). When the write or the sync fails, nobody knows what is on the disk: the engine
//! is poisoned, refuses every later commit, and the next start recovers what is there.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use bytes::Bytes;
use cairn_storage::{CommitError, Row, StorageError};
use fjall::{PersistMode, Slice};
use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use crate::error::{CLOSED, POISONED, index_error, same_io_error};
use crate::options::{
    BATCH_BYTES_MAX, BATCH_COMMITS_MAX, COMPANY_COMMITS_MIN, COMPANY_WAIT, QUEUE_BYTES_MAX, QUEUE_COMMITS_MAX,
};
use crate::stats::Stats;
use crate::tables::{Table, Tables};

/// A row that must have this value (`None`: must be absent).
pub(crate) struct Check {
    pub(crate) table: Table,
    pub(crate) key: Slice,
    pub(crate) expected: Option<Bytes>,
    /// What to name when it does not hold.
    pub(crate) row: Row,
}

/// A row that gets this value (`None`: is removed).
pub(crate) struct Change {
    pub(crate) table: Table,
    pub(crate) key: Slice,
    pub(crate) value: Option<Bytes>,
}

/// How a commit ended, told to its hook.
pub(crate) enum Outcome {
    /// Durable and visible.
    Applied,
    /// A sync failed: it may or may not be there after the next start.
    Unknown,
}

/// Runs on the committer's thread when the outcome is known, before the answer, also when the one who
/// asked is gone. Dropped uncalled when the commit was certainly not applied. It must not block.
pub(crate) type Hook = Box<dyn FnOnce(Outcome) + Send>;

/// What one commit does.
#[derive(Default)]
pub(crate) struct Work {
    pub(crate) checks: Vec<Check>,
    pub(crate) changes: Vec<Change>,
    pub(crate) hook: Option<Hook>,
}

impl Work {
    fn bytes(&self) -> usize {
        let checks = self
            .checks
            .iter()
            .map(|c| c.key.len() + c.expected.as_ref().map_or(0, Bytes::len));
        let changes = self
            .changes
            .iter()
            .map(|c| c.key.len() + c.value.as_ref().map_or(0, Bytes::len));
        checks.sum::<usize>() + changes.sum::<usize>()
    }
}

type Answer = Result<(), CommitError>;

struct Request {
    work: Work,
    bytes: usize,
    answer: oneshot::Sender<Answer>,
    _room: Option<OwnedSemaphorePermit>,
}

enum Message {
    Commit(Request),
    Close,
}

/// Set once, after a failed sync; never cleared while the engine lives.
#[derive(Debug, Default)]
pub(crate) struct Poison(AtomicBool);

impl Poison {
    pub(crate) fn set(&self) {
        if !self.0.swap(true, Ordering::AcqRel) {
            tracing::error!("a sync failed: no further write is accepted until the next start");
        }
    }

    pub(crate) fn check(&self) -> Result<(), StorageError> {
        if self.0.load(Ordering::Acquire) {
            Err(StorageError::Closed(POISONED))
        } else {
            Ok(())
        }
    }
}

/// The queue to the committing thread. Dropping it drains the queue.
pub(crate) struct Committer {
    queue: Option<mpsc::Sender<Message>>,
    /// Bytes that may still be queued.
    room: Arc<Semaphore>,
    poison: Arc<Poison>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

fn closed() -> StorageError {
    StorageError::Closed(CLOSED)
}

impl Committer {
    pub(crate) fn start(tables: Tables, stats: Arc<Stats>, poison: Arc<Poison>) -> std::io::Result<Self> {
        let (queue, requests) = mpsc::channel(QUEUE_COMMITS_MAX);
        let worker = Worker {
            tables,
            stats,
            poison: Arc::clone(&poison),
        };
        let thread = std::thread::Builder::new()
            .name("cairn-committer".to_owned())
            .spawn(move || worker.run(requests))?;
        let room = Arc::new(Semaphore::new(QUEUE_BYTES_MAX));
        Ok(Self {
            queue: Some(queue),
            room,
            poison,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Queues the commit, waiting for room, and waits for its outcome.
    pub(crate) async fn commit(&self, work: Work) -> Answer {
        self.poison.check()?;
        let bytes = work.bytes();
        let permits = u32::try_from(bytes.min(QUEUE_BYTES_MAX)).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.room)
            .acquire_many_owned(permits)
            .await
            .map_err(|_| closed())?;
        let (answer, outcome) = oneshot::channel();
        let request = Request {
            work,
            bytes,
            answer,
            _room: Some(room),
        };
        let queue = self.queue.as_ref().ok_or_else(closed)?;
        queue.send(Message::Commit(request)).await.map_err(|_| closed())?;
        outcome.await.map_err(|_| closed())?
    }

    /// A handle for a thread of the engine's own.
    pub(crate) fn background(&self) -> Background {
        Background {
            queue: self.queue.as_ref().map(mpsc::Sender::downgrade),
            poison: Arc::clone(&self.poison),
        }
    }

    /// Lets the queue drain and waits for the thread. Blocks.
    pub(crate) fn close(&self) {
        if let Some(queue) = &self.queue {
            // Full: try again after the thread took some. Closed: nothing left to do.
            let mut message = Message::Close;
            while let Err(mpsc::error::TrySendError::Full(back)) = queue.try_send(message) {
                message = back;
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
        }
        self.join();
    }

    fn join(&self) {
        if let Some(thread) = self.thread.lock().take()
            && thread.join().is_err()
        {
            tracing::error!("the committing thread panicked");
        }
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        self.queue = None;
        self.join();
    }
}

/// Commits from a thread that may block. Does not keep the committer alive.
pub(crate) struct Background {
    queue: Option<mpsc::WeakSender<Message>>,
    poison: Arc<Poison>,
}

impl Background {
    pub(crate) fn commit(&self, work: Work) -> Answer {
        self.poison.check()?;
        let queue = self
            .queue
            .as_ref()
            .and_then(mpsc::WeakSender::upgrade)
            .ok_or_else(closed)?;
        let (answer, outcome) = oneshot::channel();
        let request = Request {
            bytes: work.bytes(),
            work,
            answer,
            _room: None,
        };
        queue
            .blocking_send(Message::Commit(request))
            .map_err(|_| closed())?;
        drop(queue);
        outcome.blocking_recv().map_err(|_| closed())?
    }
}

struct Worker {
    tables: Tables,
    stats: Arc<Stats>,
    poison: Arc<Poison>,
}

/// A row as the batch being gathered leaves it.
struct Known {
    value: Option<Bytes>,
    /// Whether the batch changed it, or only found it so. All commits of a bucket expect the same row of it, which
    /// is looked up once a batch.
    changed: bool,
}

/// What the batch being gathered has found and changed so far, by table.
#[derive(Default)]
struct Overlay {
    known: [HashMap<Slice, Known>; 3],
}

impl Overlay {
    fn table(&mut self, table: Table) -> &mut HashMap<Slice, Known> {
        let [rows, bodies, blobs] = &mut self.known;
        match table {
            Table::Rows => rows,
            Table::Bodies => bodies,
            Table::Blobs => blobs,
        }
    }
}

/// A commit whose expectations held, waiting for the batch's sync.
struct Admitted {
    hook: Option<Hook>,
    answer: oneshot::Sender<Answer>,
    _room: Option<OwnedSemaphorePermit>,
}

/// A commit that cannot be applied, and why.
type Refused = (oneshot::Sender<Answer>, CommitError);

/// Whether more commits than those queued are on their way, as far as the batch before tells: those it answered
/// are about to write again, but were woken only now.
fn company_comes(before: usize, queued: usize) -> bool {
    before >= COMPANY_COMMITS_MIN && queued < before
}

impl Worker {
    fn run(&self, mut requests: mpsc::Receiver<Message>) {
        let mut before = 0;
        while let Some(first) = requests.blocking_recv() {
            if company_comes(before, 1 + requests.len()) {
                std::thread::sleep(COMPANY_WAIT);
            }
            let mut overlay = Overlay::default();
            let mut admitted = Vec::new();
            let mut refused = Vec::new();
            let mut bytes = 0;
            let mut next = Some(first);
            while let Some(message) = next {
                match message {
                    Message::Commit(request) => {
                        bytes += request.bytes;
                        match self.admit(request, &mut overlay) {
                            Ok(one) => admitted.push(one),
                            Err(one) => refused.push(one),
                        }
                    }
                    // What is queued already is still served; then `blocking_recv` ends the loop.
                    Message::Close => requests.close(),
                }
                if admitted.len() + refused.len() >= BATCH_COMMITS_MAX || bytes >= BATCH_BYTES_MAX {
                    break;
                }
                next = requests.try_recv().ok();
            }
            before = admitted.len() + refused.len();
            if !admitted.is_empty() {
                self.settle(overlay, admitted);
            }
            // Only now, so that one who lost to a commit of the same batch finds the winner's row when
            // it looks. The one who asked may be gone.
            for (answer, error) in refused {
                let _ = answer.send(Err(error));
            }
            self.tables.memtables.make_room();
        }
    }

    /// Checks a commit and lays its changes over the index; gives its error back if it cannot be applied.
    fn admit(&self, request: Request, overlay: &mut Overlay) -> Result<Admitted, Refused> {
        let Request {
            work, answer, _room, ..
        } = request;
        let checked = self.poison.check().map_err(CommitError::from).and_then(|()| {
            work.checks
                .into_iter()
                .try_for_each(|check| self.check(check, overlay))
        });
        if let Err(error) = checked {
            if matches!(error, CommitError::Conflict(_)) {
                Stats::add(&self.stats.conflicts, 1);
            }
            return Err((answer, error));
        }
        for change in work.changes {
            let known = Known {
                value: change.value,
                changed: true,
            };
            overlay.table(change.table).insert(change.key, known);
        }
        Ok(Admitted {
            hook: work.hook,
            answer,
            _room,
        })
    }

    fn check(&self, check: Check, overlay: &mut Overlay) -> Result<(), CommitError> {
        let holds = match overlay.table(check.table).entry(check.key) {
            Entry::Occupied(known) => known.get().value == check.expected,
            Entry::Vacant(unknown) => {
                let found = self.tables.keyspace(check.table).get(unknown.key());
                let found = found.map_err(|error| index_error("reading a row", error))?;
                let holds = found.as_deref() == check.expected.as_deref();
                if holds {
                    unknown.insert(Known {
                        value: check.expected,
                        changed: false,
                    });
                }
                holds
            }
        };
        if holds {
            Ok(())
        } else {
            Err(CommitError::Conflict(check.row))
        }
    }

    /// Writes the batch, syncs it and answers everyone in it.
    fn settle(&self, mut overlay: Overlay, admitted: Vec<Admitted>) {
        let rows = overlay.table(Table::Rows).iter();
        let changed = rows.filter(|(_, known)| known.changed);
        self.tables
            .seeks
            .begin(changed.map(|(key, known)| (key, known.value.as_ref())));
        let mut batch = self
            .tables
            .database
            .batch()
            .durability(Some(PersistMode::SyncData));
        let mut bytes = 0;
        let tables = [Table::Rows, Table::Bodies, Table::Blobs];
        for (table, known) in tables.into_iter().zip(overlay.known) {
            let keyspace = self.tables.keyspace(table);
            for (key, Known { value, .. }) in known.into_iter().filter(|(_, known)| known.changed) {
                bytes += key.len() + value.as_ref().map_or(0, Bytes::len);
                match value {
                    Some(value) => batch.insert(keyspace, key, &*value),
                    None => batch.remove(keyspace, key),
                }
            }
        }
        let written = !batch.is_empty();
        // A panic inside fjall must not look like "not applied" to the hooks.
        let result = match catch_unwind(AssertUnwindSafe(|| batch.commit())) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(index_error("writing the index's journal", error)),
            Err(_) => Err(StorageError::Closed(POISONED)),
        };
        match result {
            Ok(()) => {
                self.tables.seeks.end();
                if written {
                    Stats::add(&self.stats.syncs, 1);
                    Stats::add(&self.stats.batches, 1);
                }
                Stats::add(&self.stats.commits, admitted.len() as u64);
                Stats::add(&self.stats.index_bytes_written, bytes as u64);
                for one in admitted {
                    if let Some(hook) = one.hook {
                        hook(Outcome::Applied);
                    }
                    let _ = one.answer.send(Ok(()));
                }
            }
            Err(error) => {
                self.poison.set();
                tracing::error!(%error, commits = admitted.len(), "a batch of commits failed");
                for one in admitted {
                    if let Some(hook) = one.hook {
                        hook(Outcome::Unknown);
                    }
                    let _ = one.answer.send(Err(same_error(&error).into()));
                }
            }
        }
    }
}

/// The error once more, for the next of those who were in the batch.
fn same_error(error: &StorageError) -> StorageError {
    match error {
        StorageError::Io { context, source } => StorageError::Io {
            context,
            source: same_io_error(source),
        },
        StorageError::Corrupt(detail) => StorageError::Corrupt(detail.clone()),
        StorageError::Full(what) => StorageError::Full(what),
        StorageError::Closed(why) => StorageError::Closed(why),
        _ => StorageError::Closed(POISONED),
    }
}

#[cfg(test)]
mod tests {
    use super::company_comes;
    use crate::options::COMPANY_COMMITS_MIN;

    #[test]
    fn company_is_waited_for_where_there_was_some_and_not_all_are_back() {
        for (before, queued, waits) in [
            (0, 1, false),
            (1, 1, false),
            (COMPANY_COMMITS_MIN - 1, 1, false),
            (COMPANY_COMMITS_MIN, 1, true),
            (32, 31, true),
            (32, 32, false),
            (32, 40, false),
        ] {
            assert_eq!(company_comes(before, queued), waits, "{before} {queued}");
        }
    }
}
