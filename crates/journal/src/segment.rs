//! A segment: one append-only file of entries.
//!
//! ```text
//! segment  = "cairnrj1" record*
//! record   = length: u32 LE | check: u64 LE, XXH3 of the payload | payload: length bytes, an encoded entry
//! name     = number, 16 hexadecimal digits, ".requests"; a later segment has a greater number
//! ```
//!
//! A file is right up to the first record that is not whole: what follows was being written when the process
//! or the machine ended. The writer cuts that off when it opens the file; a reader stops there.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::xxh3_64;

use crate::Entry;

/// The first bytes of a segment; another form gets other ones.
pub(crate) const MAGIC: &[u8; 8] = b"cairnrj1";
/// Bytes of a record before its payload.
pub(crate) const RECORD_HEAD_BYTES: usize = 12;
/// A segment's size where the journal's limit allows it: a reader holds one of them in memory.
pub(crate) const SEGMENT_BYTES_MAX: u64 = 8 << 20;

const SUFFIX: &str = ".requests";

/// Appends one record.
pub(crate) fn append(payload: &[u8], to: &mut Vec<u8>) {
    let Ok(length) = u32::try_from(payload.len()) else {
        return;
    };
    to.extend_from_slice(&length.to_le_bytes());
    to.extend_from_slice(&xxh3_64(payload).to_le_bytes());
    to.extend_from_slice(payload);
}

/// The payloads of a segment's bytes, and how many of the bytes are whole.
pub(crate) struct Records<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Records<'a> {
    /// None where the bytes are of no segment, or one of another form.
    pub(crate) fn of(bytes: &'a [u8]) -> Option<Self> {
        bytes.starts_with(MAGIC).then_some(Self {
            bytes,
            at: MAGIC.len(),
        })
    }

    /// Bytes up to the end of the last whole record that was read.
    pub(crate) fn whole(&self) -> usize {
        self.at
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.bytes.get(self.at..)?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let (check, rest) = rest.split_first_chunk::<8>()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        // A length of 0 is what a file system leaves in a hole.
        if length == 0 || length > Entry::BYTES_MAX {
            return None;
        }
        let payload = rest.get(..length)?;
        if xxh3_64(payload) != u64::from_le_bytes(*check) {
            return None;
        }
        self.at += RECORD_HEAD_BYTES + length;
        Some(payload)
    }
}

/// The file of that number.
pub(crate) fn path(directory: &Path, number: u64) -> PathBuf {
    directory.join(format!("{number:016x}{SUFFIX}"))
}

/// The numbers of the segments there are, the oldest first. Other files are nobody's business.
pub(crate) fn numbers(directory: &Path) -> io::Result<Vec<u64>> {
    let mut numbers: Vec<u64> = std::fs::read_dir(directory)?
        .filter_map(|entry| {
            let name = entry.ok()?.file_name();
            let digits = name.to_str()?.strip_suffix(SUFFIX)?;
            let number = u64::from_str_radix(digits, 16).ok()?;
            // Only the spelling that `path` makes: two names must not mean one number.
            (digits == format!("{number:016x}")).then_some(number)
        })
        .collect();
    numbers.sort_unstable();
    Ok(numbers)
}

/// The bytes of a segment; None where it is gone by now.
pub(crate) fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    // A batch may pass the size by itself; what is longer than that was not written by a journal.
    file.take(SEGMENT_BYTES_MAX * 2).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}
