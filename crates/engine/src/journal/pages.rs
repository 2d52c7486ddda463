//! A file seen through a window that moves with what is asked for, so that a journal of any length is read
//! in bounded memory and nearly in order.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// The window, in bytes: the most of a file that is in memory.
pub(super) const WINDOW_BYTES: usize = 256 * 1024;
/// What a disk writes whole or not at all, in bytes; no disk has less.
const SECTOR_BYTES: u64 = 512;

const ZEROS: [u8; 4096] = [0; 4096];

/// A file, and the part of it that was read last.
pub(super) struct Pages<'f> {
    file: &'f File,
    window: Vec<u8>,
    start: u64,
    examined: u64,
}

impl<'f> Pages<'f> {
    pub(super) fn new(file: &'f File) -> Self {
        Self {
            file,
            window: Vec::new(),
            start: 0,
            examined: 0,
        }
    }

    /// How many bytes were handed out or read so far: the work done.
    pub(super) fn examined(&self) -> u64 {
        self.examined
    }

    /// `count` bytes from `at` on, at most [`WINDOW_BYTES`]; fewer where the file ends.
    pub(super) fn get(&mut self, at: u64, count: usize) -> io::Result<&[u8]> {
        if self.window_from(at).len() < count {
            self.fill(at)?;
        }
        self.examined += count as u64;
        let bytes = self.window_from(at);
        Ok(bytes.get(..count).unwrap_or(bytes))
    }

    /// One to `most` bytes from `at` on, as they come; none at the end of the file.
    pub(super) fn some(&mut self, at: u64, most: u64) -> io::Result<&[u8]> {
        if self.window_from(at).is_empty() {
            self.fill(at)?;
        }
        let held = self.window_from(at).len();
        let count = usize::try_from(most).map_or(held, |most| most.min(held));
        self.get(at, count)
    }

    /// Behind the last byte from `from` on that is not zero, if there is one.
    pub(super) fn data_end(&mut self, from: u64) -> io::Result<Option<u64>> {
        let (mut at, mut end) = (from, None);
        loop {
            let bytes = self.get(at, WINDOW_BYTES)?;
            if bytes.is_empty() {
                return Ok(end);
            }
            if let Some(last) = last_nonzero(bytes) {
                end = Some(at + last as u64 + 1);
            }
            at += bytes.len() as u64;
        }
    }

    /// Whether a sector in the range is nothing but zeros, as one that was never written is.
    pub(super) fn has_blank_sector(&mut self, start: u64, end: u64) -> io::Result<bool> {
        let mut at = start.next_multiple_of(SECTOR_BYTES);
        while at + SECTOR_BYTES <= end {
            if last_nonzero(self.get(at, SECTOR_BYTES as usize)?).is_none() {
                return Ok(true);
            }
            at += SECTOR_BYTES;
        }
        Ok(false)
    }

    /// What the window holds from `at` on.
    fn window_from(&self, at: u64) -> &[u8] {
        let skipped = at
            .checked_sub(self.start)
            .and_then(|skipped| usize::try_from(skipped).ok());
        skipped
            .and_then(|skipped| self.window.get(skipped..))
            .unwrap_or_default()
    }

    /// Moves the window to `at`.
    fn fill(&mut self, at: u64) -> io::Result<()> {
        self.start = at;
        self.window.resize(WINDOW_BYTES, 0);
        let mut filled = 0;
        while let Some(rest) = self.window.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.file.read_at(rest, at + filled as u64) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.window.clear();
                    return Err(error);
                }
            }
        }
        self.window.truncate(filled);
        self.examined += filled as u64;
        Ok(())
    }
}

/// Compares blocks first: a journal has up to 64 MiB of zeros reserved behind its end.
fn last_nonzero(bytes: &[u8]) -> Option<usize> {
    let mut end = bytes.len();
    for block in bytes.rchunks(ZEROS.len()) {
        let start = end - block.len();
        if ZEROS.get(..block.len()) != Some(block) {
            return block.iter().rposition(|&byte| byte != 0).map(|last| start + last);
        }
        end = start;
    }
    None
}
