//! A disk in memory that fails on demand and remembers what was synced.
//!
//! Every file has two images: `live`, what a read sees, and `durable`, what a sync made safe. A name is
//! durable after `sync_dir`. [`Simulated::crash`] throws away what is only live, which is the worst a power
//! cut may leave. Faults are drawn from a seed, so a failing run can be replayed.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;

use super::{Disk, DiskFile};

/// How often operations fail, in thousandths.
#[derive(Debug, Clone, Copy, Default)]
pub struct Faults {
    /// A write fails after writing half of its bytes.
    pub write_permille: u32,
    /// A sync fails and makes nothing durable.
    pub sync_permille: u32,
    /// A read fails.
    pub read_permille: u32,
}

/// A file system in memory. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Simulated {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// Names as seen now, and names that survive a crash.
    live: BTreeMap<PathBuf, Arc<Mutex<Images>>>,
    durable: BTreeMap<PathBuf, Arc<Mutex<Images>>>,
    faults: Faults,
    random: u64,
    syncs: u64,
    written_back: Vec<Range<u64>>,
}

#[derive(Debug, Clone, Default)]
struct Images {
    live: Vec<u8>,
    durable: Vec<u8>,
    /// Bytes that hold space: written or allocated and not punched; by page of 4 KiB.
    pages: Vec<bool>,
}

const PAGE_BYTES: usize = 4096;

impl Simulated {
    /// An empty disk that draws its faults from `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let disk = Self::default();
        disk.state.lock().random = seed;
        disk
    }

    /// From now on fails as told.
    pub fn set_faults(&self, faults: Faults) {
        self.state.lock().faults = faults;
    }

    /// Loses everything that was not synced: names and bytes.
    pub fn crash(&self) {
        let mut state = self.state.lock();
        state.live = state.durable.clone();
        for file in state.live.values() {
            let mut images = file.lock();
            images.live = images.durable.clone();
            let pages = images.live.len().div_ceil(PAGE_BYTES);
            images.pages.resize(pages, false);
        }
    }

    /// Another disk, with the files below `from` as they are now, below `to`: what a killed process leaves
    /// behind, while it may still run on.
    #[must_use]
    pub fn fork(&self, from: &Path, to: &Path) -> Self {
        let copy = Self::default();
        let mut files = BTreeMap::new();
        for (path, file) in &self.state.lock().live {
            if let Ok(inside) = path.strip_prefix(from) {
                files.insert(to.join(inside), Arc::new(Mutex::new(file.lock().clone())));
            }
        }
        let mut state = copy.state.lock();
        state.durable = files.clone();
        state.live = files;
        drop(state);
        copy
    }

    /// Bytes that files hold on the disk, holes not counted.
    #[must_use]
    pub fn space(&self) -> u64 {
        let state = self.state.lock();
        let pages = state
            .live
            .values()
            .map(|file| file.lock().pages.iter().filter(|&&held| held).count());
        (pages.sum::<usize>() * PAGE_BYTES) as u64
    }

    /// Ranges that were to be written back, of all files.
    #[must_use]
    pub fn written_back(&self) -> Vec<Range<u64>> {
        self.state.lock().written_back.clone()
    }

    /// File syncs done.
    #[must_use]
    pub fn syncs(&self) -> u64 {
        self.state.lock().syncs
    }

    /// Turns one bit of the byte at `offset` of the `index`th file, in order of names.
    pub fn flip_bit(&self, index: usize, offset: usize) {
        let state = self.state.lock();
        if let Some(file) = state.live.values().nth(index) {
            let mut images = file.lock();
            if let Some(byte) = images.live.get_mut(offset) {
                *byte ^= 1;
            }
        }
    }

    fn open_file(&self, images: &Arc<Mutex<Images>>) -> Arc<dyn DiskFile> {
        Arc::new(SimulatedFile {
            disk: self.clone(),
            images: Arc::clone(images),
        })
    }
}

impl State {
    /// xorshift: small, and the same everywhere.
    fn fails(&mut self, permille: u32) -> bool {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = self.random;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (word ^ (word >> 31)) % 1000 < u64::from(permille)
    }
}

fn injected(what: &str) -> io::Error {
    io::Error::other(format!("injected fault: {what}"))
}

impl Disk for Simulated {
    fn create_dir(&self, _path: &Path) -> io::Result<()> {
        Ok(())
    }

    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        let state = self.state.lock();
        Ok(state
            .live
            .keys()
            .filter(|file| file.parent() == Some(path))
            .cloned()
            .collect())
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let images = Arc::default();
        let mut state = self.state.lock();
        if state.live.contains_key(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        state.live.insert(path.to_owned(), Arc::clone(&images));
        drop(state);
        Ok(self.open_file(&images))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let images = self
            .state
            .lock()
            .live
            .get(path)
            .cloned()
            .ok_or(io::ErrorKind::NotFound)?;
        Ok(self.open_file(&images))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let removed = self.state.lock().live.remove(path);
        removed.map(drop).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state.lock();
        let permille = state.faults.sync_permille;
        if state.fails(permille) {
            return Err(injected("directory sync"));
        }
        let inside = |file: &PathBuf| file.parent() == Some(path);
        let live: Vec<_> = state.live.iter().filter(|(file, _)| inside(file)).collect();
        let live: BTreeMap<_, _> = live
            .into_iter()
            .map(|(f, i)| (f.clone(), Arc::clone(i)))
            .collect();
        state.durable.retain(|file, _| !inside(file));
        state.durable.extend(live);
        Ok(())
    }
}

#[derive(Debug)]
struct SimulatedFile {
    disk: Simulated,
    images: Arc<Mutex<Images>>,
}

impl Images {
    fn hold(&mut self, from: usize, to: usize, held: bool) {
        // A partly punched page keeps its space.
        let (first, last) = if held {
            (from / PAGE_BYTES, to.div_ceil(PAGE_BYTES))
        } else {
            (from.div_ceil(PAGE_BYTES), to / PAGE_BYTES)
        };
        if self.pages.len() < last {
            self.pages.resize(last, false);
        }
        if let Some(pages) = self.pages.get_mut(first..last) {
            pages.fill(held);
        }
    }
}

/// Offsets are those of files in memory.
fn at(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

impl DiskFile for SimulatedFile {
    fn write_at(&self, data: &[u8], offset: u64) -> io::Result<()> {
        let mut state = self.disk.state.lock();
        let permille = state.faults.write_permille;
        let fails = state.fails(permille);
        drop(state);
        let written = if fails { &data[..data.len() / 2] } else { data };
        let (from, to) = (at(offset), at(offset) + written.len());
        let mut images = self.images.lock();
        if images.live.len() < to {
            images.live.resize(to, 0);
        }
        images.live[from..to].copy_from_slice(written);
        images.hold(from, to, true);
        if fails { Err(injected("write")) } else { Ok(()) }
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let mut state = self.disk.state.lock();
        let permille = state.faults.read_permille;
        if state.fails(permille) {
            return Err(injected("read"));
        }
        drop(state);
        let images = self.images.lock();
        let bytes = images.live.get(at(offset)..at(offset) + buffer.len());
        buffer.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    /// Has none, half or all of it, by the place in the file.
    fn read_cached_at(&self, buffer: &mut [u8], offset: u64) -> usize {
        let length = match at(offset) / PAGE_BYTES % 3 {
            0 => 0,
            1 => buffer.len() / 2,
            _ => buffer.len(),
        };
        match self.read_at(&mut buffer[..length], offset) {
            Ok(()) => length,
            Err(_) => 0,
        }
    }

    fn will_need(&self, _offset: u64, _length: u64) {}

    fn write_back(&self, offset: u64, length: u64) {
        self.disk.state.lock().written_back.push(offset..offset + length);
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.disk.state.lock();
        state.syncs += 1;
        let permille = state.faults.sync_permille;
        if state.fails(permille) {
            return Err(injected("sync"));
        }
        drop(state);
        let mut images = self.images.lock();
        images.durable = images.live.clone();
        Ok(())
    }

    fn punch_hole(&self, offset: u64, length: u64) -> io::Result<()> {
        let mut images = self.images.lock();
        let to = at(offset + length).min(images.live.len());
        let from = at(offset).min(to);
        images.live[from..to].fill(0);
        images.hold(from, to, false);
        Ok(())
    }

    fn allocate(&self, offset: u64, length: u64) -> io::Result<()> {
        let (from, to) = (at(offset), at(offset + length));
        let mut images = self.images.lock();
        if images.live.len() < to {
            images.live.resize(to, 0);
        }
        images.hold(from, to, true);
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        let mut images = self.images.lock();
        images.live.resize(at(length), 0);
        images.pages.resize(at(length).div_ceil(PAGE_BYTES), false);
        Ok(())
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.images.lock().live.len() as u64)
    }
}
