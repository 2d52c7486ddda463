//! Who holds space: uploads hold what they were granted, readers hold what they read.

use std::sync::Arc;

use super::{Doomed, Reclaim, Task};
use crate::segments::{Extent, Grant, Lane, Segment, Segments};
use crate::stats::Stats;

/// The space granted to an upload; dropped, it is given back.
pub(crate) struct Lease {
    reclaim: Arc<Reclaim>,
    grants: Vec<Grant>,
}

impl Lease {
    pub(crate) fn new(reclaim: Arc<Reclaim>) -> Self {
        Self {
            reclaim,
            grants: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, grant: Grant) {
        self.grants.push(grant);
    }

    pub(crate) fn last(&mut self) -> Option<&mut Grant> {
        self.grants.last_mut()
    }

    /// What was written, in order.
    pub(crate) fn extents(&self) -> Vec<Extent> {
        self.grants.iter().map(|grant| grant.extent).collect()
    }

    /// The segments written to, each once.
    pub(crate) fn segments(&self) -> Vec<Arc<Segment>> {
        let mut segments: Vec<Arc<Segment>> = Vec::new();
        for grant in &self.grants {
            if !segments
                .iter()
                .any(|segment| segment.number == grant.segment.number)
            {
                segments.push(Arc::clone(&grant.segment));
            }
        }
        segments
    }

    /// Gives back the part of the last grant that was not written, where that is possible at once.
    pub(crate) fn trim(&mut self, segments: &Segments, lane: Lane) {
        if let Some(grant) = self.grants.last_mut() {
            segments.give_back(lane, grant);
        }
    }

    /// The upload became a blob: what was written is the blob's.
    pub(crate) fn keep(mut self) {
        let grants = std::mem::take(&mut self.grants);
        let bytes: u64 = grants.iter().map(|grant| grant.extent.length).sum();
        Stats::shift(&self.reclaim.stats.live_bytes, bytes as i64);
        self.reclaim.send(Task::Keep(grants));
    }

    /// Nobody knows whether the blob's row is on the disk: the space is held until the next start, which
    /// will see. The segment is not sealed, because nothing releases the grants.
    pub(crate) fn abandon_to_next_start(mut self) {
        self.grants.clear();
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if !self.grants.is_empty() {
            self.reclaim.send(Task::Abandon(std::mem::take(&mut self.grants)));
        }
    }
}

/// The readers of a blob, and what to do after the last.
#[derive(Default)]
pub(super) struct Pinned {
    readers: usize,
    doomed: Option<Doomed>,
}

/// Keeps a blob's bytes while it lives.
pub(crate) struct Pin {
    reclaim: Arc<Reclaim>,
    number: u64,
}

impl Reclaim {
    /// Keeps the bytes of a blob until the pin is dropped, also if it is deleted after this call.
    pub(crate) fn pin(self: &Arc<Self>, number: u64) -> Pin {
        self.pins.lock().entry(number).or_default().readers += 1;
        Pin {
            reclaim: Arc::clone(self),
            number,
        }
    }

    /// Leaves the blob to its last reader, or gives it back when nobody reads it.
    pub(super) fn defer(&self, doomed: Doomed) -> Option<Doomed> {
        match self.pins.lock().get_mut(&doomed.number) {
            Some(pinned) => {
                pinned.doomed = Some(doomed);
                None
            }
            None => Some(doomed),
        }
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        let mut pins = self.reclaim.pins.lock();
        let Some(pinned) = pins.get_mut(&self.number) else {
            return;
        };
        pinned.readers -= 1;
        if pinned.readers == 0 {
            let doomed = pins.remove(&self.number).and_then(|pinned| pinned.doomed);
            drop(pins);
            if let Some(doomed) = doomed {
                self.reclaim.send(Task::Doom(doomed));
            }
        }
    }
}
