//! The journal of a running server: a queue, and the thread that empties it.
//!
//! The queue is a vector under a lock. A request pushes and goes on; it wakes the thread only where the
//! queue was empty. The thread then waits [`FLUSH_INTERVAL`] for more, takes all at once and appends it with
//! one write: a busy server makes a few writes a second, and an idle one none.

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use crate::store::{Disk, Memory, Store};
use crate::{Entry, JournalError};

/// Longest time from `record` until the kernel has the entry, while the disk keeps up.
pub const FLUSH_INTERVAL: Duration = Duration::from_millis(50);
/// Most bytes of encoded entries that are not written yet; what comes then is dropped and counted.
pub const QUEUE_BYTES_MAX: usize = 8 << 20;
/// Longest a reader in the same process waits for what is queued to be written.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(2);
/// How often an idle journal looks for what became too old, at most and at least.
const TIDY_INTERVAL: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(100)..=Duration::from_secs(60 * 60);

/// How much is kept, and how long.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Most bytes of all files (or of memory) together; at least [`Limits::BYTES_MIN`] are taken.
    pub bytes_max: u64,
    /// Longest time an entry is kept. Files go whole, so an entry may stay an eighth longer.
    pub age_max: Duration,
}

impl Limits {
    /// The least a journal works with: a few segments that hold a few of the largest entries.
    pub const BYTES_MIN: u64 = 1 << 20;
    /// How many segments the limits are divided into.
    pub(crate) const PARTS: u32 = 8;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes_max: 64 << 20,
            age_max: Duration::from_secs(7 * 24 * 60 * 60),
        }
    }
}

/// The journal that a server writes. Cheap to clone; ends with its last clone, or with [`Journal::close`].
#[derive(Clone)]
pub struct Journal {
    shared: Arc<Shared>,
    // Dropped after the last clone: ends the thread.
    _thread: Arc<Thread>,
}

struct Shared {
    queue: Mutex<Queue>,
    /// The queue is not empty any more, or something is asked of the thread.
    wake: Condvar,
    /// A batch is written, or the thread has ended.
    written: Condvar,
    store: Store,
    /// One search at a time: each holds a file in memory.
    search: Mutex<()>,
    queue_bytes_max: usize,
    tidy_interval: Duration,
}

#[derive(Default)]
struct Queue {
    /// Encoded: less memory than their texts each, and one piece of it.
    entries: Vec<Vec<u8>>,
    bytes: usize,
    /// Counts `settle`: the thread writes at once where it is ahead of `settled`.
    asked: u64,
    settled: u64,
    closed: bool,
    ended: bool,
}

struct Thread {
    shared: Arc<Shared>,
    handle: Mutex<Option<JoinHandle<()>>>,
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Journal")
    }
}

impl Journal {
    /// The journal in `directory`, which is made where needed, open to its owner only. One process writes a
    /// directory at a time: whoever opens it makes sure of that.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn open(directory: &Path, limits: Limits) -> Result<Self, JournalError> {
        let disk = Disk::open(directory, limits).map_err(|source| JournalError {
            path: directory.to_owned(),
            source,
        })?;
        Self::start(
            Store::Disk(Box::new(Mutex::new(disk))),
            QUEUE_BYTES_MAX,
            directory,
        )
    }

    /// A journal that keeps nothing on disk.
    ///
    /// # Errors
    /// [`JournalError`] where no thread can be started.
    pub fn in_memory(limits: Limits) -> Result<Self, JournalError> {
        let memory = Memory::new(limits);
        Self::start(
            Store::Memory(Mutex::new(memory)),
            QUEUE_BYTES_MAX,
            Path::new("memory"),
        )
    }

    pub(crate) fn start(store: Store, queue_bytes_max: usize, path: &Path) -> Result<Self, JournalError> {
        let shared = Arc::new(Shared {
            queue: Mutex::default(),
            wake: Condvar::new(),
            written: Condvar::new(),
            tidy_interval: (store.limits().age_max / Limits::PARTS)
                .clamp(*TIDY_INTERVAL.start(), *TIDY_INTERVAL.end()),
            store,
            search: Mutex::new(()),
            queue_bytes_max,
        });
        let writer = Arc::clone(&shared);
        let handle = std::thread::Builder::new()
            .name("cairn-journal".to_owned())
            .spawn(move || writer.run())
            .map_err(|source| JournalError {
                path: path.to_owned(),
                source,
            })?;
        Ok(Self {
            shared: Arc::clone(&shared),
            _thread: Arc::new(Thread {
                shared,
                handle: Mutex::new(Some(handle)),
            }),
        })
    }

    /// Keeps an entry. Never waits for the disk: where the queue is full the entry is dropped and
    /// `cairn_journal_dropped_total` counts it.
    pub fn record(&self, entry: Entry<'_>) {
        let Some(entry) = entry.encode() else {
            dropped(1);
            return;
        };
        let bytes = entry.len() + size_of::<Vec<u8>>();
        let mut queue = self.shared.queue.lock();
        if queue.closed || queue.bytes + bytes > self.shared.queue_bytes_max {
            drop(queue);
            dropped(1);
            return;
        }
        queue.bytes += bytes;
        queue.entries.push(entry);
        let first = queue.entries.len() == 1;
        // Half full before the interval is over: the thread has something to do now.
        let hurry = queue.bytes > self.shared.queue_bytes_max / 2;
        drop(queue);
        if first || hurry {
            self.shared.wake.notify_one();
        }
    }

    /// The entry of that request, if it is still kept. Blocks, for a file read per segment at most.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn find(&self, request_id: &str) -> Result<Option<Entry<'static>>, JournalError> {
        self.settle();
        let _one_at_a_time = self.shared.search.lock();
        self.shared.store.find(request_id)
    }

    /// The last `entries_max` entries, the newest first. Blocks as [`Self::find`] does.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn recent(&self, entries_max: usize) -> Result<Vec<Entry<'static>>, JournalError> {
        self.settle();
        let _one_at_a_time = self.shared.search.lock();
        self.shared.store.recent(entries_max)
    }

    /// Writes what is queued and ends the thread. Entries recorded later are dropped. Blocks.
    pub fn close(&self) {
        self._thread.end();
    }

    /// Waits until what was recorded before this call is written, for a bounded time.
    fn settle(&self) {
        let until = Instant::now() + SETTLE_TIMEOUT;
        let mut queue = self.shared.queue.lock();
        queue.asked += 1;
        let mine = queue.asked;
        self.shared.wake.notify_one();
        while queue.settled < mine && !queue.ended {
            if self.shared.written.wait_until(&mut queue, until).timed_out() {
                return;
            }
        }
    }
}

impl Shared {
    fn run(&self) {
        loop {
            let mut queue = self.queue.lock();
            while queue.entries.is_empty() && queue.asked == queue.settled && !queue.closed {
                if self.wake.wait_for(&mut queue, self.tidy_interval).timed_out() {
                    parking_lot::MutexGuard::unlocked(&mut queue, || self.store.tidy());
                }
            }
            // Now there is something: let more of it come.
            let until = Instant::now() + FLUSH_INTERVAL;
            while queue.asked == queue.settled && !queue.closed && queue.bytes <= self.queue_bytes_max / 2 {
                if self.wake.wait_until(&mut queue, until).timed_out() {
                    break;
                }
            }
            let entries = std::mem::take(&mut queue.entries);
            queue.bytes = 0;
            let (asked, closed) = (queue.asked, queue.closed);
            drop(queue);

            if !entries.is_empty() {
                let lost = self.store.append(entries);
                if lost > 0 {
                    dropped(lost);
                }
            }

            let mut queue = self.queue.lock();
            queue.settled = asked;
            let done = closed && queue.entries.is_empty();
            queue.ended = done;
            drop(queue);
            self.written.notify_all();
            if done {
                return;
            }
        }
    }
}

impl Thread {
    fn end(&self) {
        self.shared.queue.lock().closed = true;
        self.shared.wake.notify_one();
        if let Some(handle) = self.handle.lock().take() {
            // It has no panic of its own to tell.
            let _ = handle.join();
        }
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.end();
    }
}

/// Says what the metrics of a journal count.
pub fn describe() {
    metrics::describe_counter!(
        "cairn_journal_dropped_total",
        "Requests without an entry in the journal: its queue was full, or its disk failed"
    );
    dropped(0);
}

fn dropped(entries: u64) {
    metrics::counter!("cairn_journal_dropped_total").increment(entries);
}
