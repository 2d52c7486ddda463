//! MD5 of large bodies: those that arrive at the same time are hashed side by side.
//!
//! MD5 of one body leaves most of a core idle, and of [`LANES`] bodies takes about the time of one
//! (`cairn_md5`). So a body hands its chunks over, and a worker hashes the chunks of all bodies that have some.
//! It is not started for the first chunk it could have, but when a body has as many as [`CHUNKS_DUE`], ends,
//! or is alone: bodies that arrive together then have something for it together, and none is slower for it,
//! as a body that has handed over up to [`CHUNKS_HELD_MAX`] goes on arriving. One worker runs at a time, more
//! where it would leave a full set of lanes waiting.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use bytes::Bytes;
use cairn_md5::{Digest, LANES, Md5Hasher, update_together};
use cairn_storage::StorageError;
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Notify;

/// Chunks of one body that wait, or are hashed. A body that has more must wait.
pub(crate) const CHUNKS_HELD_MAX: usize = 4;
/// While all bodies together have as many, a body that has one must wait: a thousand slow uploads may not hold a
/// thousand times [`CHUNKS_HELD_MAX`].
pub(crate) const CHUNKS_HELD_BY_ALL_MAX: usize = 32;
/// With so many chunks waiting a body has a worker started. Less than [`CHUNKS_HELD_MAX`], or it would always
/// stand still meanwhile.
const CHUNKS_DUE: usize = 2;

/// What all bodies of a store share.
pub(crate) struct Hashing {
    shared: Mutex<Shared>,
    workers_max: usize,
}

#[derive(Default)]
struct Shared {
    bodies: HashMap<u64, Body>,
    /// Bodies with chunks waiting that no worker has: first those that are due, each kind in the order they
    /// came.
    ready: BTreeMap<Place, u64>,
    /// Numbers bodies and places.
    next: u64,
    workers: usize,
    /// Chunks of all bodies that wait, or that a worker has.
    held: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    early: bool,
    turn: u64,
}

struct Body {
    /// A worker has it where `None`.
    md5: Option<Md5Hasher>,
    waiting: Vec<Bytes>,
    /// Chunks that wait, or that a worker has.
    held: usize,
    /// It cannot go on before some of its chunks are hashed.
    presses: bool,
    place: Option<Place>,
    /// Its worker was lost.
    failed: bool,
    /// Told whenever a worker is done with some of its chunks.
    progress: Arc<Notify>,
}

impl Shared {
    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Gives the body the place it should have by now.
    fn place(&mut self, id: u64) {
        let alone = self.bodies.len() == 1;
        let turn = self.number();
        let Some(body) = self.bodies.get_mut(&id) else {
            return;
        };
        if body.md5.is_none() || body.waiting.is_empty() {
            return;
        }
        let early = !(alone || body.presses || body.waiting.len() >= CHUNKS_DUE);
        match body.place {
            Some(place) if place.early == early => return,
            Some(place) => {
                self.ready.remove(&place);
            }
            None => {}
        }
        let place = Place { early, turn };
        body.place = Some(place);
        self.ready.insert(place, id);
    }

    /// Whether a body is due.
    fn due(&self) -> bool {
        self.ready
            .first_key_value()
            .is_some_and(|(place, _)| !place.early)
    }

    /// Where a body is due: chunks of up to [`LANES`] bodies.
    fn take(&mut self) -> Vec<Taken> {
        let mut taken = Vec::new();
        if !self.due() {
            return taken;
        }
        while taken.len() < LANES
            && let Some((_, id)) = self.ready.pop_first()
        {
            let Some(body) = self.bodies.get_mut(&id) else {
                continue;
            };
            body.place = None;
            if let Some(md5) = body.md5.take() {
                let chunks = std::mem::take(&mut body.waiting);
                taken.push(Taken { id, md5, chunks });
            }
        }
        taken
    }

    fn give_back(&mut self, taken: Taken) {
        self.held -= taken.chunks.len();
        // Its body may be gone.
        if let Some(body) = self.bodies.get_mut(&taken.id) {
            body.md5 = Some(taken.md5);
            body.held -= taken.chunks.len();
            body.progress.notify_one();
            self.place(taken.id);
        }
    }
}

/// What a worker has of a body.
struct Taken {
    id: u64,
    md5: Md5Hasher,
    chunks: Vec<Bytes>,
}

impl Hashing {
    pub(crate) fn new(workers_max: usize) -> Arc<Self> {
        Arc::new(Self {
            shared: Mutex::default(),
            workers_max,
        })
    }

    /// Begins with a body.
    pub(crate) fn begin(self: &Arc<Self>) -> BodyHasher {
        let progress = Arc::new(Notify::new());
        let mut shared = self.shared.lock();
        let id = shared.number();
        let body = Body {
            md5: Some(Md5Hasher::default()),
            waiting: Vec::new(),
            held: 0,
            presses: false,
            place: None,
            failed: false,
            progress: Arc::clone(&progress),
        };
        shared.bodies.insert(id, body);
        drop(shared);
        BodyHasher {
            hashing: Arc::clone(self),
            id,
            progress,
        }
    }

    /// Starts a worker where there is work for another one.
    fn work(self: &Arc<Self>, mut shared: MutexGuard<'_, Shared>) {
        let useful = shared.workers == 0 || shared.ready.len() >= LANES;
        if !shared.due() || !useful || shared.workers >= self.workers_max {
            return;
        }
        shared.workers += 1;
        // Dropped at once where the runtime is shutting down, and then needs the lock.
        drop(shared);
        let worker = Worker {
            hashing: Arc::clone(self),
            done: false,
        };
        tokio::task::spawn_blocking(move || worker.run());
    }
}

struct Worker {
    hashing: Arc<Hashing>,
    done: bool,
}

impl Worker {
    fn run(mut self) {
        let mut taken = Vec::new();
        loop {
            let mut shared = self.hashing.shared.lock();
            taken.drain(..).for_each(|taken| shared.give_back(taken));
            taken = shared.take();
            if taken.is_empty() {
                shared.workers -= 1;
                self.done = true;
                return;
            }
            drop(shared);
            let most = taken.iter().map(|taken| taken.chunks.len()).max();
            for turn in 0..most.unwrap_or(0) {
                let with_chunk = taken.iter_mut().filter_map(|taken| {
                    let chunk = taken.chunks.get(turn)?;
                    Some((&mut taken.md5, &chunk[..]))
                });
                update_together(&mut with_chunk.collect::<Vec<_>>());
            }
        }
    }
}

impl Drop for Worker {
    /// Nobody may wait for a worker that never ran, because the runtime is shutting down, or that panicked.
    fn drop(&mut self) {
        if self.done {
            return;
        }
        let mut shared = self.hashing.shared.lock();
        shared.workers -= 1;
        for body in shared.bodies.values_mut() {
            body.failed = true;
            body.progress.notify_one();
        }
    }
}

/// Hashes one body. Dropping it abandons what was not hashed yet.
pub(crate) struct BodyHasher {
    hashing: Arc<Hashing>,
    id: u64,
    progress: Arc<Notify>,
}

impl BodyHasher {
    /// Hands over a chunk; waits while the body has [`CHUNKS_HELD_MAX`] with the hasher, or one where all have
    /// [`CHUNKS_HELD_BY_ALL_MAX`].
    ///
    /// # Errors
    /// [`StorageError::Closed`] where the runtime is shutting down.
    pub(crate) async fn add(&mut self, chunk: Bytes) -> Result<(), StorageError> {
        self.until_fewer(|shared| match shared.held {
            0..CHUNKS_HELD_BY_ALL_MAX => CHUNKS_HELD_MAX,
            _ => 1,
        })
        .await?;
        let mut shared = self.hashing.shared.lock();
        if let Some(body) = shared.bodies.get_mut(&self.id) {
            body.held += 1;
            body.waiting.push(chunk);
            shared.held += 1;
            shared.place(self.id);
        }
        self.hashing.work(shared);
        Ok(())
    }

    /// The digest of all that was added.
    ///
    /// # Errors
    /// [`StorageError::Closed`] where the runtime is shutting down.
    pub(crate) async fn finish(mut self) -> Result<Digest, StorageError> {
        self.until_fewer(|_| 1).await?;
        let mut shared = self.hashing.shared.lock();
        let body = shared.bodies.remove(&self.id);
        body.and_then(|body| body.md5)
            .map(Md5Hasher::finish)
            .ok_or_else(lost)
    }

    /// Waits until the body has fewer chunks with the hasher than that.
    async fn until_fewer(&mut self, limit: impl Fn(&Shared) -> usize + Send) -> Result<(), StorageError> {
        loop {
            {
                let mut shared = self.hashing.shared.lock();
                let limit = limit(&shared);
                let body = shared.bodies.get_mut(&self.id).filter(|body| !body.failed);
                let body = body.ok_or_else(lost)?;
                body.presses = body.held >= limit;
                if !body.presses {
                    return Ok(());
                }
                shared.place(self.id);
                self.hashing.work(shared);
            }
            // Keeps what it was told since the look above.
            self.progress.notified().await;
        }
    }
}

impl Drop for BodyHasher {
    fn drop(&mut self) {
        let mut shared = self.hashing.shared.lock();
        let Some(body) = shared.bodies.remove(&self.id) else {
            return;
        };
        // What a worker has it gives back itself.
        shared.held -= body.waiting.len();
        if let Some(place) = body.place {
            shared.ready.remove(&place);
        }
    }
}

fn lost() -> StorageError {
    StorageError::Closed("the runtime is shutting down")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn digest(chunks: &[Bytes]) -> Digest {
        let mut md5 = Md5Hasher::default();
        chunks.iter().for_each(|chunk| md5.update(chunk));
        md5.finish()
    }

    fn chunks(seed: usize, count: usize) -> Vec<Bytes> {
        let chunk = |at: usize| Bytes::from(vec![(seed * 7 + at) as u8; 1000 + seed * 13 + at]);
        (0..count).map(chunk).collect()
    }

    /// Whether it still waits after it had every occasion to end.
    async fn waits<T>(task: &mut tokio::task::JoinHandle<T>) -> bool {
        tokio::time::timeout(Duration::from_millis(50), task)
            .await
            .is_err()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn every_body_has_its_own_digest() {
        for workers_max in [1, 3] {
            let hashing = Hashing::new(workers_max);
            let bodies = (0..3 * LANES).map(|seed| {
                let hashing = Arc::clone(&hashing);
                tokio::spawn(async move {
                    let chunks = chunks(seed, seed * 2);
                    let mut body = hashing.begin();
                    for chunk in &chunks {
                        body.add(chunk.clone()).await.unwrap();
                    }
                    assert_eq!(body.finish().await.unwrap(), digest(&chunks), "body {seed}");
                })
            });
            for body in bodies.collect::<Vec<_>>() {
                body.await.unwrap();
            }
            let shared = hashing.shared.lock();
            assert!(shared.bodies.is_empty() && shared.ready.is_empty() && shared.held == 0);
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn many_bodies_hold_one_chunk_each_and_all_end() {
        // No worker until all stand still.
        let hashing = Hashing::new(0);
        let count = 2 * CHUNKS_HELD_BY_ALL_MAX;
        let bodies = (0..count).map(|seed| {
            let hashing = Arc::clone(&hashing);
            tokio::spawn(async move {
                let chunks = chunks(seed, CHUNKS_HELD_MAX + 1);
                let mut body = hashing.begin();
                for chunk in &chunks {
                    body.add(chunk.clone()).await.unwrap();
                }
                assert_eq!(body.finish().await.unwrap(), digest(&chunks), "body {seed}");
            })
        });
        let bodies: Vec<_> = bodies.collect();
        tokio::time::sleep(Duration::from_millis(50)).await;
        {
            let shared = hashing.shared.lock();
            let most = CHUNKS_HELD_BY_ALL_MAX + count;
            assert!(
                (CHUNKS_HELD_BY_ALL_MAX..most).contains(&shared.held),
                "{}",
                shared.held
            );
            assert!(
                shared.due(),
                "those that must wait are due, with whatever they have"
            );
        }
        hashing.shared.lock().workers = 1;
        let worker = Worker {
            hashing: Arc::clone(&hashing),
            done: false,
        };
        // It ends when nothing is due; then there may be more again.
        tokio::task::spawn_blocking(move || worker.run()).await.unwrap();
        for mut body in bodies {
            while waits(&mut body).await {
                hashing.shared.lock().workers = 1;
                let worker = Worker {
                    hashing: Arc::clone(&hashing),
                    done: false,
                };
                tokio::task::spawn_blocking(move || worker.run()).await.unwrap();
            }
        }
        let shared = hashing.shared.lock();
        assert!(shared.bodies.is_empty() && shared.held == 0);
    }

    /// No worker may run, so nothing is hashed: the limit is what stops the body.
    #[tokio::test]
    async fn a_body_waits_with_chunks_held_max() {
        let hashing = Hashing::new(0);
        let mut body = hashing.begin();
        for chunk in chunks(1, CHUNKS_HELD_MAX) {
            body.add(chunk).await.unwrap();
        }
        let mut one_more = tokio::spawn(async move { body.add(Bytes::from_static(b"more")).await });
        assert!(waits(&mut one_more).await);
        one_more.abort();
        assert!(one_more.await.is_err());
        let shared = hashing.shared.lock();
        assert!(
            shared.bodies.is_empty() && shared.ready.is_empty(),
            "an abandoned body leaves nothing"
        );
    }

    #[tokio::test]
    async fn bodies_that_arrive_together_are_taken_together() {
        // Their worker is the test.
        let hashing = Hashing::new(0);
        let mut bodies: Vec<_> = (0..3).map(|_| hashing.begin()).collect();
        for body in &mut bodies {
            body.add(Bytes::from_static(b"one")).await.unwrap();
        }
        assert!(!hashing.shared.lock().due(), "each may get more");
        bodies[1].add(Bytes::from_static(b"two")).await.unwrap();
        let taken = hashing.shared.lock().take();
        let counts: Vec<_> = taken.iter().map(|taken| taken.chunks.len()).collect();
        assert_eq!(counts, [2, 1, 1], "the one that is due comes first");
        // While a worker has a body, more of it waits for it to be given back.
        bodies[1].add(Bytes::from_static(b"three")).await.unwrap();
        bodies[1].add(Bytes::from_static(b"four")).await.unwrap();
        assert!(hashing.shared.lock().take().is_empty());
        let again = {
            let mut shared = hashing.shared.lock();
            taken.into_iter().for_each(|taken| shared.give_back(taken));
            shared.take()
        };
        assert_eq!(
            again.iter().map(|taken| taken.chunks.len()).collect::<Vec<_>>(),
            [2]
        );
        bodies.truncate(1);
        bodies[0].add(Bytes::from_static(b"two")).await.unwrap();
        assert!(hashing.shared.lock().due(), "a body alone is due at once");
    }

    #[tokio::test]
    async fn a_lost_worker_fails_those_that_wait() {
        let hashing = Hashing::new(0);
        let mut body = hashing.begin();
        body.add(Bytes::from_static(b"one")).await.unwrap();
        let mut finish = tokio::spawn(body.finish());
        assert!(waits(&mut finish).await);
        hashing.shared.lock().workers = 1;
        drop(Worker {
            hashing: Arc::clone(&hashing),
            done: false,
        });
        let result = finish.await.unwrap();
        assert!(matches!(result, Err(StorageError::Closed(_))));
        assert!(hashing.shared.lock().bodies.is_empty());
    }
}
