//! Group sync: one data sync for all who wait for it.
//!
//! Whoever asks while no sync runs starts one; whoever asks while one runs (which may have begun before
//! their write) waits for the next, together with all others who asked meanwhile.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cairn_storage::StorageError;
use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::{Segment, Segments};
use crate::error::{CLOSED, same_io_error};
use crate::stats::Stats;

type Waiter = oneshot::Sender<io::Result<()>>;

pub(super) struct SyncQueue {
    state: Mutex<State>,
    /// Whether the directory was synced since the file was created.
    named: AtomicBool,
}

#[derive(Default)]
struct State {
    running: bool,
    waiters: Vec<Waiter>,
}

impl SyncQueue {
    pub(super) fn new(named: bool) -> Self {
        Self {
            state: Mutex::default(),
            named: AtomicBool::new(named),
        }
    }
}

impl Segments {
    /// Returns when everything written to the segment before the call is durable.
    pub(crate) async fn sync(self: &Arc<Self>, segment: &Arc<Segment>) -> Result<(), StorageError> {
        self.poison.check()?;
        let (answer, outcome) = oneshot::channel();
        let start = {
            let mut state = segment.syncs.state.lock();
            state.waiters.push(answer);
            !std::mem::replace(&mut state.running, true)
        };
        if start {
            let (segments, segment) = (Arc::clone(self), Arc::clone(segment));
            // Not awaited: it serves the others even if this caller goes away.
            tokio::task::spawn_blocking(move || segments.sync_while_asked(&segment));
        }
        match outcome.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(source)) => Err(StorageError::Io {
                context: "syncing a segment",
                source,
            }),
            Err(_) => Err(StorageError::Closed(CLOSED)),
        }
    }

    fn sync_while_asked(&self, segment: &Segment) {
        loop {
            let waiters = {
                let mut state = segment.syncs.state.lock();
                if state.waiters.is_empty() {
                    state.running = false;
                    return;
                }
                std::mem::take(&mut state.waiters)
            };
            let result = self.sync_now(segment);
            for waiter in waiters {
                // The one who asked may be gone.
                let _ = waiter.send(result.as_ref().map(|&()| ()).map_err(same_io_error));
            }
        }
    }

    /// One sync of the segment's file, and of its name the first time. Every sync goes through here: the
    /// operating system tells of lost pages once, so a failure must poison the engine. Blocks.
    pub(crate) fn sync_now(&self, segment: &Segment) -> io::Result<()> {
        // A page that failed to sync may be clean afterwards: a second sync would say "done".
        self.poison.check().map_err(io::Error::other)?;
        let synced = segment.file.sync_data().and_then(|()| {
            Stats::add(&self.stats.data_syncs, 1);
            if !segment.syncs.named.load(Ordering::Acquire) {
                self.disk.sync_dir(&self.directory)?;
                segment.syncs.named.store(true, Ordering::Release);
            }
            Ok(())
        });
        if synced.is_err() {
            self.poison.set();
        }
        synced
    }
}
