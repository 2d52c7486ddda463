//! Whether a whole batch follows a place where the journal no longer parses.
//!
//! The lengths that would lead to the next batch are gone, so every byte is taken for the start of one. What
//! passes has start, entries, end, a checksum that matches and a number above the last whole batch's, so it
//! is no chance hit, and no remnant of an older file on a disk that shows such. It may be a journal's copy
//! that somebody stored as an object: then opening is refused where it need not be, which loses nothing.

use std::fs::File;
use std::io;
use std::ops::Range;

use super::batch::{self, Batch};
use super::pages::{Pages, WINDOW_BYTES};

/// Bytes looked at before the search gives up. Bytes chosen to look like batches can make it read them again
/// and again; others are read once, with a few bytes more for each that is 1.
pub(super) const SEARCH_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// What a search found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Later {
    Nothing,
    /// A batch that starts here.
    At(u64),
    /// [`SEARCH_BYTES_MAX`] were looked at.
    TooMuch,
}

/// Looks for a batch that starts in the range and has a number above `newest`.
pub(super) fn later_batch(file: &File, range: Range<u64>, newest: Option<u64>) -> io::Result<Later> {
    let (mut scan, mut probe) = (Pages::new(file), Pages::new(file));
    let mut at = range.start;
    while at < range.end {
        let bytes = scan.get(at, WINDOW_BYTES)?;
        if bytes.is_empty() {
            break;
        }
        for (offset, _) in (0u64..)
            .zip(bytes)
            .filter(|(_, byte)| **byte == batch::FIRST_BYTE)
        {
            match batch::read(&mut probe, at + offset)? {
                Batch::Whole { number, .. } if newest.is_none_or(|newest| newest < number) => {
                    return Ok(Later::At(at + offset));
                }
                _ if probe.examined() > SEARCH_BYTES_MAX => return Ok(Later::TooMuch),
                _ => {}
            }
        }
        at += bytes.len() as u64;
    }
    Ok(Later::Nothing)
}
