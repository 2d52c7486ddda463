//! Segment files: where the bytes of blobs lie.
//!
//! A segment is a file that is only appended to: a header, then extents of blobs one after another, each
//! starting on a [`ALIGN_BYTES`] border, then, once it is full and nobody writes to it any more, a footer
//! (`segments::format`). What an extent belongs to is told by the blob's row in the index, not by the
//! segment. Space of deleted extents is given back by punching holes and is never written again, so an
//! offset names the same bytes for ever.
//!
//! Two segments are appended to at a time (lanes): one takes small uploads and one takes large ones, so that
//! the sync a small upload waits for does not have to write back a large one's bytes. Within a segment the
//! syncs of the uploads of the moment are merged: those who ask while a sync runs share the next one.
//! A segment that was open when the process ended is never appended to again; the scan after opening gives
//! its unfinished extents back (`reclaim`).

pub(crate) mod format;
mod sync;

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cairn_storage::StorageError;
use parking_lot::Mutex;

use crate::committer::Poison;
use crate::disk::{Disk, DiskFile};
use crate::error::io_error;
use crate::options::{BLOCK_BYTES, OPEN_SEGMENTS_MAX, Options};
use crate::stats::Stats;
use sync::SyncQueue;

/// Extents start on multiples of this, in bytes: the page of the page cache and the block of common file
/// systems, so that a hole can be punched exactly.
pub(crate) const ALIGN_BYTES: u64 = 4096;

/// Rounded up to [`ALIGN_BYTES`].
pub(crate) fn aligned(bytes: u64) -> u64 {
    bytes.next_multiple_of(ALIGN_BYTES)
}

/// Bytes of a blob that lie in a row in a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) segment: u64,
    pub(crate) offset: u64,
    pub(crate) length: u64,
}

/// Which of the segments being appended to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Lane {
    Small,
    Large,
}

/// An open segment file.
pub(crate) struct Segment {
    pub(crate) number: u64,
    pub(crate) file: Arc<dyn DiskFile>,
    syncs: SyncQueue,
    use_: Mutex<Use>,
}

/// Who still writes to a segment.
#[derive(Default)]
struct Use {
    /// Grants of uploads neither finished nor given back.
    grants: usize,
    /// Where the last extent ends, once no more will be granted.
    full_at: Option<u64>,
}

/// Space of a segment granted to an upload. The extent's length is what was written so far.
pub(crate) struct Grant {
    pub(crate) segment: Arc<Segment>,
    pub(crate) extent: Extent,
    pub(crate) capacity: u64,
}

impl Grant {
    pub(crate) fn room(&self) -> u64 {
        self.capacity - self.extent.length
    }
}

/// The end of a segment being appended to.
struct Tail {
    segment: Arc<Segment>,
    end: u64,
    /// Space is reserved up to here.
    reserved: u64,
}

/// All segments of a data directory.
pub(crate) struct Segments {
    directory: PathBuf,
    disk: Arc<dyn Disk>,
    segment_bytes: u64,
    preallocate_bytes: u64,
    /// The next segment's number.
    next: AtomicU64,
    lanes: [Mutex<Option<Tail>>; 2],
    open: Mutex<HashMap<u64, Arc<Segment>>>,
    /// Segments that became full when nobody wrote to them any more, to be sealed at these offsets.
    idle: Mutex<Vec<(Arc<Segment>, u64)>>,
    pub(crate) poison: Arc<Poison>,
    pub(crate) stats: Arc<Stats>,
}

impl Segments {
    /// Segments numbered from `next` on; the caller saw to it that no older one has such a number.
    pub(crate) fn open(
        directory: PathBuf,
        next: u64,
        options: &Options,
        poison: Arc<Poison>,
        stats: Arc<Stats>,
    ) -> io::Result<Self> {
        let disk = Arc::clone(&options.disk);
        disk.create_dir(&directory)?;
        Ok(Self {
            directory,
            disk,
            segment_bytes: options.segment_bytes.max(Options::SEGMENT_BYTES_MIN) / ALIGN_BYTES * ALIGN_BYTES,
            preallocate_bytes: aligned(options.preallocate_bytes.max(1)),
            next: AtomicU64::new(next),
            lanes: [Mutex::new(None), Mutex::new(None)],
            open: Mutex::default(),
            idle: Mutex::default(),
            poison,
            stats,
        })
    }

    fn path(&self, number: u64) -> PathBuf {
        self.directory.join(format!("{number:016x}.seg"))
    }

    /// The numbers of the segment files there are. Blocks.
    pub(crate) fn list(&self) -> io::Result<Vec<u64>> {
        let number = |path: PathBuf| {
            let stem = path.file_name()?.to_str()?.strip_suffix(".seg")?.to_owned();
            (stem.len() == 16)
                .then(|| u64::from_str_radix(&stem, 16).ok())
                .flatten()
        };
        let mut numbers: Vec<u64> = self
            .disk
            .list(&self.directory)?
            .into_iter()
            .filter_map(number)
            .collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// A segment that is open already.
    pub(crate) fn opened(&self, number: u64) -> Option<Arc<Segment>> {
        self.open.lock().get(&number).map(Arc::clone)
    }

    /// An open segment. Blocks the first time.
    pub(crate) fn get(&self, number: u64) -> io::Result<Arc<Segment>> {
        if let Some(segment) = self.opened(number) {
            return Ok(segment);
        }
        let segment = Arc::new(Segment::new(number, self.disk.open(&self.path(number))?, true));
        let mut open = self.open.lock();
        if open.len() >= OPEN_SEGMENTS_MAX {
            let idle = open
                .iter()
                .find(|(_, other)| Arc::strong_count(other) == 1)
                .map(|(&number, _)| number);
            if let Some(idle) = idle {
                open.remove(&idle);
            }
        }
        // Another thread may have opened it meanwhile: keep the first, which may know of grants.
        Ok(Arc::clone(open.entry(number).or_insert(segment)))
    }

    /// Grants up to `wanted` bytes at the end of a lane's segment, which is replaced when full. What is
    /// granted is a multiple of a block, or all that was wanted. Blocks.
    pub(crate) fn grant(&self, lane: Lane, wanted: u64) -> Result<Grant, StorageError> {
        let block = BLOCK_BYTES as u64;
        let wanted = aligned(wanted.max(1));
        let mut lane = self.lane(lane).lock();
        let tail = match lane.take() {
            Some(tail) if self.segment_bytes - tail.end >= wanted.min(block) => tail,
            full => {
                if let Some(tail) = full {
                    self.retire(tail);
                }
                self.create()?
            }
        };
        let tail = lane.insert(tail);
        let room = self.segment_bytes - tail.end;
        let capacity = if wanted <= room {
            wanted
        } else {
            room / block * block
        };
        self.reserve(tail, capacity)?;
        let extent = Extent {
            segment: tail.segment.number,
            offset: tail.end,
            length: 0,
        };
        tail.end += capacity;
        tail.segment.use_.lock().grants += 1;
        Ok(Grant {
            segment: Arc::clone(&tail.segment),
            extent,
            capacity,
        })
    }

    fn lane(&self, lane: Lane) -> &Mutex<Option<Tail>> {
        let [small, large] = &self.lanes;
        match lane {
            Lane::Small => small,
            Lane::Large => large,
        }
    }

    fn create(&self) -> Result<Tail, StorageError> {
        self.poison.check()?;
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let failed = |error| io_error("creating a segment", error);
        let path = self.path(number);
        let file = self.disk.create(&path).map_err(failed)?;
        if let Err(error) = file.write_at(&format::header(number), 0) {
            // Nothing refers to it; if this fails too, the scan after the next start removes it.
            let _ = self.disk.remove(&path);
            return Err(failed(error));
        }
        let segment = Arc::new(Segment::new(number, file, false));
        self.open.lock().insert(number, Arc::clone(&segment));
        Stats::shift(&self.stats.segments, 1);
        Ok(Tail {
            segment,
            end: format::HEADER_BYTES,
            reserved: format::HEADER_BYTES,
        })
    }

    /// Reserves space for `length` more bytes, and some ahead where there is room for it.
    fn reserve(&self, tail: &mut Tail, length: u64) -> Result<(), StorageError> {
        let needed = tail.end + length;
        if needed <= tail.reserved {
            return Ok(());
        }
        let ahead = (tail.reserved + self.preallocate_bytes).clamp(needed, self.segment_bytes.max(needed));
        let file = &tail.segment.file;
        let reserved = match file.allocate(tail.reserved, ahead - tail.reserved) {
            Err(error) if error.kind() == io::ErrorKind::StorageFull => file
                .allocate(tail.reserved, needed - tail.reserved)
                .map(|()| needed),
            other => other.map(|()| ahead),
        };
        tail.reserved = reserved.map_err(|error| io_error("reserving space in a segment", error))?;
        Ok(())
    }

    /// Gives back what was granted and not written, where nothing was granted after it. Says whether it
    /// could.
    pub(crate) fn give_back(&self, lane: Lane, grant: &mut Grant) -> bool {
        let used = aligned(grant.extent.length);
        let mut lane = self.lane(lane).lock();
        match lane.as_mut() {
            Some(tail)
                if tail.segment.number == grant.extent.segment
                    && tail.end == grant.extent.offset + grant.capacity =>
            {
                tail.end = grant.extent.offset + used;
                grant.capacity = used;
                true
            }
            _ => used == grant.capacity,
        }
    }

    /// One grant less in the segment; `Some(end)` when it can be sealed: full, and nobody writes to it.
    pub(crate) fn release(&self, segment: &Segment) -> Option<u64> {
        let mut use_ = segment.use_.lock();
        use_.grants = use_.grants.saturating_sub(1);
        if use_.grants == 0 { use_.full_at } else { None }
    }

    /// No more will be granted in this segment. If nobody writes to it, no `release` will tell that it
    /// can be sealed.
    fn retire(&self, tail: Tail) {
        let mut use_ = tail.segment.use_.lock();
        use_.full_at = Some(tail.end);
        let unused = use_.grants == 0;
        drop(use_);
        if unused {
            self.idle.lock().push((tail.segment, tail.end));
        }
    }

    /// Takes the lanes' segments out of use.
    pub(crate) fn retire_lanes(&self) {
        for lane in &self.lanes {
            if let Some(tail) = lane.lock().take() {
                self.retire(tail);
            }
        }
    }

    /// Segments that can be sealed at the offsets told, each once.
    pub(crate) fn take_idle(&self) -> Vec<(Arc<Segment>, u64)> {
        std::mem::take(&mut self.idle.lock())
    }

    /// Cuts the reserved space off a segment that ends at `end`, and writes its footer. Blocks.
    pub(crate) fn seal(&self, segment: &Segment, end: u64) -> io::Result<()> {
        let end = aligned(end);
        // What the footer promises (nothing here to give back) must be on the disk before it.
        segment.file.set_len(end)?;
        self.sync_now(segment)?;
        segment.file.write_at(&format::footer(segment.number, end), end)?;
        self.sync_now(segment)
    }

    /// Whether the segment carries its footer. Blocks.
    pub(crate) fn is_sealed(&self, segment: &Segment) -> io::Result<bool> {
        let length = segment.file.length()?;
        if length < format::HEADER_BYTES + format::FOOTER_BYTES {
            return Ok(false);
        }
        let end = length - format::FOOTER_BYTES;
        let mut footer = [0; format::FOOTER_BYTES as usize];
        segment.file.read_at(&mut footer, end)?;
        Ok(footer == format::footer(segment.number, end))
    }

    /// Removes a segment's file. Blocks.
    pub(crate) fn remove(&self, number: u64) -> io::Result<()> {
        self.open.lock().remove(&number);
        self.disk.remove(&self.path(number))?;
        Stats::shift(&self.stats.segments, -1);
        self.disk.sync_dir(&self.directory)
    }
}

impl Segment {
    fn new(number: u64, file: Arc<dyn DiskFile>, named: bool) -> Self {
        Self {
            number,
            file,
            syncs: SyncQueue::new(named),
            use_: Mutex::default(),
        }
    }
}
