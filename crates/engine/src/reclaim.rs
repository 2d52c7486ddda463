//! Giving space back, on a thread of its own, so that no request waits for it.
//!
//! Three things leave space behind. An upload that was abandoned: its `Lease` says what it was granted. A
//! blob that was deleted: its row became a note (`D`, see `blobs::row`) which stays until the holes are
//! punched and synced, so that a crash forgets nothing; holes wait until the last reader drops its `Pin`.
//! A process that ended with segments open: after opening, a scan of the blobs' rows, in small steps
//! between other work, counts what lives in which segment, and in segments without a footer everything
//! that no row names is given back. Requests do not wait for the scan: old segments are never appended to,
//! so it cannot meet a new blob, and deletes that overtake it only make counts go down early.
//!
//! A segment that is sealed and holds nothing any more is removed.

mod lease;
mod scan;

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::JoinHandle;

use parking_lot::Mutex;

use crate::blobs::row;
use crate::committer::{Background, Change, Work};
use crate::segments::{Extent, Grant, Segment, Segments, aligned};
use crate::stats::Stats;
use crate::tables::{Table, Tables};
pub(crate) use lease::{Lease, Pin};
use scan::Scan;

/// Tasks taken together, so that their punches share syncs and their rows one commit.
const TASKS_MAX: usize = 256;

/// A deleted blob whose space is to be given back.
pub(crate) struct Doomed {
    pub(crate) number: u64,
    pub(crate) length: u64,
    pub(crate) extents: Vec<Extent>,
    /// Whether the accounts hold the blob (or will, when the scan passes it).
    pub(crate) counted: bool,
}

enum Task {
    /// An upload became a blob.
    Keep(Vec<Grant>),
    /// An upload was abandoned, and nothing writes to its space any more.
    Abandon(Vec<Grant>),
    Doom(Doomed),
    /// Do what is queued, seal what can be sealed, and end.
    Close,
    /// End.
    Stop,
}

/// The queue to the reclaiming thread, and who reads what.
pub(crate) struct Reclaim {
    tasks: Sender<Task>,
    pins: Mutex<HashMap<u64, lease::Pinned>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    stats: Arc<Stats>,
}

impl Reclaim {
    /// Starts the thread. `old` are the segments of earlier runs, all below `first`.
    pub(crate) fn start(
        segments: Arc<Segments>,
        tables: &Tables,
        commits: Background,
        old: Vec<u64>,
    ) -> io::Result<Arc<Self>> {
        let (tasks, queue) = channel();
        let stats = Arc::clone(&segments.stats);
        Stats::shift(&stats.segments, i64::try_from(old.len()).unwrap_or(i64::MAX));
        let scan = Scan::new(tables);
        let worker = Worker {
            queue,
            segments,
            commits,
            accounts: HashMap::new(),
            scan: Some(scan),
            uncounted: old.into_iter().collect(),
        };
        let thread = std::thread::Builder::new()
            .name("cairn-reclaim".to_owned())
            .spawn(move || worker.run())?;
        Ok(Arc::new(Self {
            tasks,
            pins: Mutex::default(),
            thread: Mutex::new(Some(thread)),
            stats,
        }))
    }

    fn send(&self, task: Task) {
        // After the thread ended the next start finds what is left to do.
        let _ = self.tasks.send(task);
    }

    /// Gives a deleted blob's space back once nobody reads it. Does not block.
    pub(crate) fn doom(&self, doomed: Doomed) {
        // Bytes of a blob fit i64.
        Stats::shift(&self.stats.live_bytes, -(doomed.length as i64));
        Stats::shift(&self.stats.dead_bytes, doomed.length as i64);
        if let Some(doomed) = self.defer(doomed) {
            self.send(Task::Doom(doomed));
        }
    }

    /// Does what is queued, seals the segments, ends the thread. Blocks.
    pub(crate) fn close(&self) {
        self.send(Task::Close);
        self.join();
    }

    /// Ends the thread soon. Blocks.
    pub(crate) fn stop(&self) {
        self.send(Task::Stop);
        self.join();
    }

    fn join(&self) {
        if let Some(thread) = self.thread.lock().take()
            && thread.join().is_err()
        {
            tracing::error!("the reclaiming thread panicked");
        }
    }
}

/// What lives in a segment. Signed: a delete may overtake the scan.
#[derive(Default)]
struct Account {
    extents: i64,
    sealed: bool,
}

struct Worker {
    queue: Receiver<Task>,
    segments: Arc<Segments>,
    commits: Background,
    accounts: HashMap<u64, Account>,
    /// The scan of what earlier runs left, until it is done.
    scan: Option<Scan>,
    /// Segments of earlier runs, until the scan has counted what lives in them: they are not removed,
    /// whatever their accounts say so far.
    uncounted: BTreeSet<u64>,
}

impl Worker {
    fn run(mut self) {
        let mut closing = false;
        while !closing {
            let mut next = if self.scan.is_some() {
                self.scan_step();
                self.queue.try_recv()
            } else {
                self.queue.recv().map_err(|_| TryRecvError::Disconnected)
            };
            let mut doomed = Vec::new();
            for _ in 0..TASKS_MAX {
                match next {
                    Ok(Task::Keep(grants)) => self.keep(grants),
                    Ok(Task::Abandon(grants)) => self.abandon(grants),
                    Ok(Task::Doom(one)) => doomed.push(one),
                    Ok(Task::Close) => {
                        closing = true;
                        break;
                    }
                    Ok(Task::Stop) | Err(TryRecvError::Disconnected) => return,
                    Err(TryRecvError::Empty) => break,
                }
                next = self.queue.try_recv();
            }
            self.give_back(doomed);
            if closing {
                self.segments.retire_lanes();
            }
            for (segment, end) in self.segments.take_idle() {
                self.seal(&segment, end);
            }
        }
    }

    fn keep(&mut self, grants: Vec<Grant>) {
        for grant in grants {
            let used = aligned(grant.extent.length);
            if used < grant.capacity {
                self.punch(&grant.segment, grant.extent.offset + used, grant.capacity - used);
            }
            self.account(grant.extent.segment).extents += 1;
            self.release(&grant.segment);
        }
    }

    fn abandon(&mut self, grants: Vec<Grant>) {
        for grant in grants {
            if grant.capacity > 0 {
                self.punch(&grant.segment, grant.extent.offset, grant.capacity);
            }
            self.release(&grant.segment);
        }
    }

    fn account(&mut self, segment: u64) -> &mut Account {
        self.accounts.entry(segment).or_default()
    }

    fn release(&mut self, segment: &Arc<Segment>) {
        if let Some(end) = self.segments.release(segment) {
            self.seal(segment, end);
        }
    }

    fn punch(&self, segment: &Segment, offset: u64, length: u64) {
        if let Err(error) = segment.file.punch_hole(offset, length) {
            tracing::warn!(%error, segment = segment.number, "space could not be given back");
        }
    }

    fn seal(&mut self, segment: &Segment, end: u64) {
        match self.segments.seal(segment, end) {
            Ok(()) => {
                self.account(segment.number).sealed = true;
                self.remove_if_empty(segment.number);
            }
            // Without a footer the next start looks at it again: nothing is lost.
            Err(error) => tracing::warn!(%error, segment = segment.number, "a segment could not be sealed"),
        }
    }

    fn give_back(&mut self, doomed: Vec<Doomed>) {
        if doomed.is_empty() {
            return;
        }
        for blob in doomed.iter().filter(|blob| blob.counted) {
            for extent in &blob.extents {
                self.account(extent.segment).extents -= 1;
            }
        }
        let touched: BTreeSet<u64> = doomed
            .iter()
            .flat_map(|b| &b.extents)
            .map(|e| e.segment)
            .collect();
        for &number in &touched {
            if self.remove_if_empty(number) {
                continue;
            }
            let extents = doomed
                .iter()
                .flat_map(|blob| &blob.extents)
                .filter(|e| e.segment == number);
            let punched = self.segments.get(number).and_then(|segment| {
                for extent in extents {
                    self.punch(&segment, extent.offset, aligned(extent.length));
                }
                // Before the notes go: a lost hole would be space lost for ever.
                self.segments.sync_now(&segment)
            });
            match punched {
                Ok(()) => {}
                // Removed by an earlier run, which then ended before it removed the notes.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    tracing::warn!(%error, segment = number, "space of deleted blobs could not be given back");
                    return;
                }
            }
        }
        for blob in doomed.iter().filter(|blob| blob.counted) {
            Stats::shift(&self.segments.stats.dead_bytes, -(blob.length as i64));
        }
        let gone = |key: Vec<u8>| Change {
            table: Table::Blobs,
            key: key.into(),
            value: None,
        };
        let keys = doomed.iter().flat_map(|blob| {
            row::checksum_keys(blob.number, blob.length).chain([row::doomed_key(blob.number)])
        });
        let work = Work {
            changes: keys.map(gone).collect(),
            ..Work::default()
        };
        if let Err(error) = self.commits.commit(work) {
            tracing::debug!(%error, "notes of deleted blobs stay until the next start");
        }
    }

    /// Removes the segment if nothing lives in it and nothing will; says whether it did.
    fn remove_if_empty(&mut self, number: u64) -> bool {
        let Some(account) = self.accounts.get(&number) else {
            return false;
        };
        if self.uncounted.contains(&number) || !account.sealed || account.extents != 0 {
            return false;
        }
        match self.segments.remove(number) {
            Ok(()) => {
                self.accounts.remove(&number);
                true
            }
            Err(error) => {
                tracing::warn!(%error, segment = number, "an empty segment could not be removed");
                false
            }
        }
    }
}
