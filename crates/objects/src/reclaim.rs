//! Deleting blobs that no row names any more.
//!
//! A commit that forgot blobs hands them over here; they are deleted in the background, so the request
//! does not wait. A multipart object is read blob by blob, so its part list can be *pinned* by a reader:
//! its blobs then stay until the last reader is gone, and a GET that began before an overwrite ends with
//! the old bytes. What cannot be deleted now is remembered as a suspect for the next sweep; what a crash
//! leaves is found by the sweep after the next start.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use cairn_storage::{BlobId, Blobs};
use parking_lot::Mutex;
use tokio::sync::watch;

type ListId = [u8; 32];

/// See the module.
pub(crate) struct Reclaimer {
    blobs: Arc<dyn Blobs>,
    pins: Mutex<HashMap<ListId, Pinned>>,
    suspects: Mutex<BTreeSet<BlobId>>,
    suspects_max: usize,
    /// Background work under way.
    running: watch::Sender<usize>,
}

#[derive(Default)]
struct Pinned {
    readers: usize,
    /// To delete when the last reader is gone.
    deferred: Vec<BlobId>,
}

/// Counts as background work while it lives.
pub(crate) struct Running(Arc<Reclaimer>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.send_modify(|running| *running -= 1);
    }
}

/// Keeps the blobs of a part list.
pub(crate) struct Pin {
    reclaimer: Arc<Reclaimer>,
    list: ListId,
}

impl Drop for Pin {
    fn drop(&mut self) {
        let mut pins = self.reclaimer.pins.lock();
        let Some(pinned) = pins.get_mut(&self.list) else {
            return;
        };
        pinned.readers -= 1;
        if pinned.readers == 0 {
            let deferred = pins.remove(&self.list).map(|pinned| pinned.deferred);
            drop(pins);
            self.reclaimer.delete(deferred.unwrap_or_default());
        }
    }
}

/// A finished blob that no row names yet; deleted when dropped, unless [`Self::keep`] or
/// [`Self::suspect`] took it.
pub(crate) struct Unnamed {
    reclaimer: Arc<Reclaimer>,
    id: Option<BlobId>,
}

impl Unnamed {
    /// The blob's number.
    pub(crate) fn number(&self) -> u64 {
        self.id.map_or(0, |id| id.number)
    }

    /// A row names the blob now.
    pub(crate) fn keep(mut self) {
        self.id = None;
    }

    /// It is not known whether a row names it: the next sweep looks.
    pub(crate) fn suspect(mut self) {
        if let Some(id) = self.id.take() {
            self.reclaimer.suspect(id);
        }
    }
}

impl Drop for Unnamed {
    fn drop(&mut self) {
        if let Some(id) = self.id.take() {
            self.reclaimer.delete(vec![id]);
        }
    }
}

impl Reclaimer {
    pub(crate) fn new(blobs: Arc<dyn Blobs>, suspects_max: usize) -> Arc<Self> {
        Arc::new(Self {
            blobs,
            pins: Mutex::default(),
            suspects: Mutex::default(),
            suspects_max,
            running: watch::Sender::new(0),
        })
    }

    /// Takes charge of a blob that no row names.
    pub(crate) fn unnamed(self: &Arc<Self>, id: BlobId) -> Unnamed {
        Unnamed {
            reclaimer: Arc::clone(self),
            id: Some(id),
        }
    }

    /// Keeps the blobs of a part list until the pin is dropped. The caller reads the list *after* this: if
    /// it is still there, the commit that forgets it comes later and finds the pin.
    pub(crate) fn pin(self: &Arc<Self>, list: ListId) -> Pin {
        self.pins.lock().entry(list).or_default().readers += 1;
        Pin {
            reclaimer: Arc::clone(self),
            list,
        }
    }

    /// Deletes the blobs of a part list that is forgotten, when nobody reads them.
    pub(crate) fn delete_list(self: &Arc<Self>, list: ListId, blobs: Vec<BlobId>) {
        if let Some(pinned) = self.pins.lock().get_mut(&list) {
            return pinned.deferred.extend(blobs);
        }
        self.delete(blobs);
    }

    /// Deletes blobs in the background.
    pub(crate) fn delete(self: &Arc<Self>, blobs: Vec<BlobId>) {
        if blobs.is_empty() {
            return;
        }
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            // Dropped outside a runtime: at shutdown.
            return blobs.into_iter().for_each(|id| self.suspect(id));
        };
        let running = self.running();
        runtime.spawn(async move {
            let this = &running.0;
            for id in blobs {
                if let Err(error) = this.blobs.delete(id).await {
                    tracing::warn!(blob = %id, %error, "a blob could not be deleted; the next sweep tries again");
                    this.suspect(id);
                }
            }
        });
    }

    /// Remembers a blob for the next sweep.
    pub(crate) fn suspect(&self, id: BlobId) {
        let mut suspects = self.suspects.lock();
        if suspects.len() < self.suspects_max {
            suspects.insert(id);
        }
    }

    /// Takes the suspects.
    pub(crate) fn take_suspects(&self) -> BTreeSet<BlobId> {
        std::mem::take(&mut self.suspects.lock())
    }

    /// Counts as background work until dropped.
    pub(crate) fn running(self: &Arc<Self>) -> Running {
        self.running.send_modify(|running| *running += 1);
        Running(Arc::clone(self))
    }

    /// Returns when no background work is under way.
    pub(crate) async fn settle(&self) {
        // Fails only when the sender is gone, which `self` holds.
        let _ = self.running.subscribe().wait_for(|running| *running == 0).await;
    }
}
