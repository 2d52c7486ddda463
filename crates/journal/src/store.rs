//! Where batches of entries end up: segment files, or memory.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use parking_lot::Mutex;

use crate::segment::{self, MAGIC, RECORD_HEAD_BYTES, Records, SEGMENT_BYTES_MAX};
use crate::{Entry, JournalError, Limits, Reader};

/// Either store.
pub(crate) enum Store {
    Disk(Box<Mutex<Disk>>),
    Memory(Mutex<Memory>),
}

impl Store {
    /// Keeps a batch of encoded entries; says how many entries could not be kept.
    pub(crate) fn append(&self, encoded: Vec<Vec<u8>>) -> u64 {
        match self {
            Self::Disk(disk) => disk.lock().append(&encoded) as u64,
            Self::Memory(memory) => {
                memory.lock().append(encoded);
                0
            }
        }
    }

    pub(crate) fn limits(&self) -> Limits {
        match self {
            Self::Disk(disk) => disk.lock().limits,
            Self::Memory(memory) => memory.lock().limits,
        }
    }

    /// Forgets what is too old: on an idle server nothing else would.
    pub(crate) fn tidy(&self) {
        match self {
            Self::Disk(disk) => {
                let mut disk = disk.lock();
                let now = SystemTime::now();
                disk.close_old(now);
                disk.delete_old(now, 0);
            }
            Self::Memory(memory) => memory.lock().forget_old(),
        }
    }

    pub(crate) fn find(&self, request_id: &str) -> Result<Option<Entry<'static>>, JournalError> {
        match self {
            Self::Disk(disk) => {
                let directory = disk.lock().directory.clone();
                Reader::open(&directory)?.find(request_id)
            }
            Self::Memory(memory) => Ok(memory
                .lock()
                .entries
                .iter()
                .rev()
                .find(|payload| Entry::is_of(payload, request_id))
                .and_then(|payload| Entry::decode(payload))),
        }
    }

    pub(crate) fn recent(&self, entries_max: usize) -> Result<Vec<Entry<'static>>, JournalError> {
        match self {
            Self::Disk(disk) => {
                let directory = disk.lock().directory.clone();
                Reader::open(&directory)?.recent(entries_max)
            }
            Self::Memory(memory) => Ok(memory
                .lock()
                .entries
                .iter()
                .rev()
                .filter_map(|payload| Entry::decode(payload))
                .take(entries_max)
                .collect()),
        }
    }
}

/// Encoded entries, the oldest first.
pub(crate) struct Memory {
    limits: Limits,
    entries: VecDeque<Box<[u8]>>,
    bytes: u64,
}

impl Memory {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            entries: VecDeque::new(),
            bytes: 0,
        }
    }

    /// What an entry counts: its bytes and the pointer to them.
    fn cost(payload: &[u8]) -> u64 {
        (payload.len() + size_of::<Box<[u8]>>()) as u64
    }

    fn append(&mut self, encoded: Vec<Vec<u8>>) {
        for payload in encoded {
            self.bytes += Self::cost(&payload);
            self.entries.push_back(payload.into_boxed_slice());
            while self.bytes > self.limits.bytes_max.max(Limits::BYTES_MIN) {
                self.forget();
            }
        }
        self.forget_old();
    }

    fn forget_old(&mut self) {
        // Decoding the oldest says how old it is; a few per batch keep up with any rate of recording.
        let now = micros(SystemTime::now());
        let age = u64::try_from(self.limits.age_max.as_micros()).unwrap_or(u64::MAX);
        while let Some(oldest) = self.entries.front().and_then(|payload| Entry::decode(payload))
            && oldest.time.micros().saturating_add(age) < now
        {
            self.forget();
        }
    }

    fn forget(&mut self) {
        if let Some(payload) = self.entries.pop_front() {
            self.bytes -= Self::cost(&payload);
        }
    }
}

/// Segment files.
pub(crate) struct Disk {
    directory: PathBuf,
    limits: Limits,
    /// The segments that are written no more, the oldest first.
    closed: VecDeque<Segment>,
    /// The one that is written; None where the last write failed and a new one is to be begun.
    open: Option<(Segment, File)>,
    next: u64,
    /// Whether the last batch could not be written: told once, not with every batch.
    failing: bool,
}

struct Segment {
    number: u64,
    bytes: u64,
    /// When its first entry was written, and its last.
    began: SystemTime,
    ended: SystemTime,
}

impl Disk {
    pub(crate) fn open(directory: &Path, limits: Limits) -> io::Result<Self> {
        if !directory.is_dir() {
            fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(directory)?;
        }
        let mut disk = Self {
            directory: directory.to_owned(),
            limits,
            closed: VecDeque::new(),
            open: None,
            next: 1,
            failing: false,
        };
        for number in segment::numbers(directory)? {
            let metadata = match fs::metadata(segment::path(directory, number)) {
                Ok(metadata) => metadata,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            let ended = metadata.modified()?;
            disk.closed.push_back(Segment {
                number,
                bytes: metadata.len(),
                // When it began is not in its metadata; the file's last write is near enough to divide by.
                began: ended,
                ended,
            });
            disk.next = number.saturating_add(1);
        }
        disk.reopen_newest()?;
        disk.delete_old(SystemTime::now(), 0);
        Ok(disk)
    }

    /// Goes on with the newest segment, so that restarts do not make a file each: its torn end is cut off.
    fn reopen_newest(&mut self) -> io::Result<()> {
        let Some(newest) = self.closed.back() else {
            return Ok(());
        };
        if newest.bytes >= self.segment_bytes() {
            return Ok(());
        }
        let path = segment::path(&self.directory, newest.number);
        let bytes = segment::read(&path)?.unwrap_or_default();
        let whole = match Records::of(&bytes) {
            Some(mut records) => {
                let first = records.next().and_then(Entry::decode);
                let began = first.map(|entry| moment(entry.time.micros()));
                records.by_ref().for_each(drop);
                Some((records.whole() as u64, began))
            }
            // A later version's file, or the beginning of one that was never finished, is left alone until
            // it is old.
            None => None,
        };
        let Some((whole, began)) = whole else {
            return Ok(());
        };
        let mut file = OpenOptions::new().write(true).open(&path)?;
        file.set_len(whole)?;
        file.seek(SeekFrom::Start(whole))?;
        if let Some(mut segment) = self.closed.pop_back() {
            segment.bytes = whole;
            segment.began = began.unwrap_or(segment.began);
            self.open = Some((segment, file));
        }
        Ok(())
    }

    fn segment_bytes(&self) -> u64 {
        (self.limits.bytes_max.max(Limits::BYTES_MIN) / u64::from(Limits::PARTS)).min(SEGMENT_BYTES_MAX)
    }

    /// Appends a batch; says how many entries of it could not be written.
    fn append(&mut self, encoded: &[Vec<u8>]) -> usize {
        let now = SystemTime::now();
        let mut rest = encoded;
        while !rest.is_empty() {
            // As many as the segment takes, one at least.
            let room = self.segment_bytes().saturating_sub(
                self.open
                    .as_ref()
                    .map_or(MAGIC.len() as u64, |(open, _)| open.bytes),
            );
            let mut batch = Vec::new();
            let mut count = 0;
            for payload in rest {
                let bytes = batch.len() + RECORD_HEAD_BYTES + payload.len();
                if count > 0 && bytes as u64 > room {
                    break;
                }
                segment::append(payload, &mut batch);
                count += 1;
            }
            self.delete_old(now, batch.len() as u64);
            if let Err(error) = self.write(&batch, now) {
                if !std::mem::replace(&mut self.failing, true) {
                    tracing::warn!(
                        directory = %self.directory.display(),
                        %error,
                        "the journal of requests cannot be written; requests go on without it"
                    );
                }
                return rest.len();
            }
            self.failing = false;
            rest = rest.get(count..).unwrap_or_default();
        }
        0
    }

    fn write(&mut self, batch: &[u8], now: SystemTime) -> io::Result<()> {
        let (mut segment, mut file) = match self.open.take() {
            Some(open) => open,
            None => self.begin(now)?,
        };
        match file.write_all(batch) {
            Ok(()) => {
                segment.bytes += batch.len() as u64;
                segment.ended = now;
                self.open = Some((segment, file));
                self.close_old(now);
                Ok(())
            }
            Err(error) => {
                // Half a record may be at the end. Without it the file is whole again; the next batch begins
                // another one, in case this one is what is wrong.
                let _ = file.set_len(segment.bytes);
                self.closed.push_back(segment);
                Err(error)
            }
        }
    }

    /// Closes the open segment where it is full, or holds an eighth of the longest age.
    fn close_old(&mut self, now: SystemTime) {
        let (bytes_max, part) = (self.segment_bytes(), self.limits.age_max / Limits::PARTS);
        let full = |segment: &Segment| {
            segment.bytes >= bytes_max || now.duration_since(segment.began).unwrap_or_default() >= part
        };
        if let Some((segment, _)) = self.open.take_if(|(segment, _)| full(segment)) {
            self.closed.push_back(segment);
        }
    }

    fn begin(&mut self, now: SystemTime) -> io::Result<(Segment, File)> {
        let number = self.next;
        let path = segment::path(&self.directory, number);
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)?;
        if let Err(error) = file.write_all(MAGIC) {
            // A full disk must not collect empty files.
            let _ = fs::remove_file(&path);
            return Err(error);
        }
        self.next = number.saturating_add(1);
        let segment = Segment {
            number,
            bytes: MAGIC.len() as u64,
            began: now,
            ended: now,
        };
        Ok((segment, file))
    }

    /// Deletes the oldest segments until `coming` bytes fit and none is too old.
    fn delete_old(&mut self, now: SystemTime, coming: u64) {
        let bytes_max = self.limits.bytes_max.max(Limits::BYTES_MIN);
        let open = self
            .open
            .as_ref()
            .map_or(MAGIC.len() as u64, |(open, _)| open.bytes);
        let mut bytes = self.closed.iter().map(|segment| segment.bytes).sum::<u64>() + open + coming;
        while let Some(oldest) = self.closed.front() {
            let age = now.duration_since(oldest.ended).unwrap_or_default();
            if bytes <= bytes_max && age <= self.limits.age_max {
                break;
            }
            bytes -= oldest.bytes;
            let path = segment::path(&self.directory, oldest.number);
            if let Err(error) = fs::remove_file(&path)
                && error.kind() != io::ErrorKind::NotFound
            {
                tracing::warn!(path = %path.display(), %error, "an old part of the journal cannot be deleted");
            }
            self.closed.pop_front();
        }
    }
}

fn micros(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

fn moment(micros: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH
        .checked_add(Duration::from_micros(micros))
        .unwrap_or(SystemTime::UNIX_EPOCH)
}
