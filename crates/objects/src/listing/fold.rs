//! What the three listings have in common: prefix, delimiter, marker, and the page's end.

use std::ops::Bound;

use bytes::Bytes;
use cairn_storage::{Range, Step, StorageError, Visitor};

use crate::Limits;
use crate::rows::keys;

/// Rows of one key that are visited one by one before they are passed with a seek: a seek costs as much
/// as some steps.
const STEPS_BEFORE_SEEK: u32 = 8;

/// What one kind of listing makes of rows.
pub(super) trait Fold: Send + 'static {
    /// The kind of its rows.
    const KIND: u8;

    /// A row of a key that is not rolled up: adds its entry, if it is one. `suffix` follows the key's
    /// terminator.
    fn row(&mut self, key: &str, suffix: &[u8], value: &[u8]) -> Result<Row, StorageError>;

    /// Whether the row counts at all: for a key that would be rolled up, and behind a full page.
    fn counts(&mut self, suffix: &[u8], value: &[u8]) -> Result<Row, StorageError>;

    /// Adds a common prefix.
    fn push_prefix(&mut self, prefix: &str);
}

/// What a row is to a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Row {
    /// An entry.
    Entry,
    /// Not listed, nor what lies before this row key.
    SkipTo(Bytes),
    /// Not listed, and nothing of this key after it.
    SkipKey,
}

/// Visits rows, and fills a page.
pub(super) struct Page<F> {
    pub fold: F,
    prefix: String,
    delimiter: String,
    limit: usize,
    entries: usize,
    /// There is an entry after the last that was taken.
    pub truncated: bool,
    /// Rows skipped since the last entry or seek.
    skipped: u32,
    failed: Option<StorageError>,
}

impl<F: Fold> Page<F> {
    pub(super) fn new(fold: F, prefix: &str, delimiter: &str, limit: usize) -> Self {
        Self {
            fold,
            prefix: prefix.to_owned(),
            delimiter: delimiter.to_owned(),
            limit: limit.min(Limits::PAGE_ENTRIES_MAX),
            entries: 0,
            truncated: false,
            skipped: 0,
            failed: None,
        }
    }

    /// The page, once the scan is over.
    pub(super) fn done(self) -> Result<Self, StorageError> {
        match self.failed {
            Some(error) => Err(error),
            None => Ok(self),
        }
    }

    /// The common prefix a key is rolled up into.
    fn rolled_up<'k>(&self, key: &'k str) -> Option<&'k str> {
        common_prefix(key, &self.prefix, &self.delimiter)
    }

    fn take(&mut self, row_key: &[u8], value: &[u8]) -> Result<Step, StorageError> {
        let (key, suffix) = keys::split(row_key)
            .ok_or_else(|| StorageError::Corrupt("a row key that is no object's".into()))?;
        let rolled_up = self.rolled_up(&key);
        let full = self.entries == self.limit;
        let row = if full || rolled_up.is_some() {
            self.fold.counts(suffix, value)?
        } else {
            self.fold.row(&key, suffix, value)?
        };
        match row {
            Row::SkipTo(row) => return Ok(Step::Seek(row)),
            Row::SkipKey => {
                self.skipped += 1;
                if self.skipped < STEPS_BEFORE_SEEK {
                    return Ok(Step::Next);
                }
                self.skipped = 0;
                return Ok(Step::Seek(keys::after_key(F::KIND, &key).into()));
            }
            Row::Entry => self.skipped = 0,
        }
        if full {
            self.truncated = true;
            return Ok(Step::Stop);
        }
        self.entries += 1;
        match rolled_up {
            None => Ok(Step::Next),
            Some(prefix) => {
                let next = keys::after_prefix(keys::prefix(F::KIND, prefix));
                self.fold.push_prefix(prefix);
                Ok(Step::Seek(next.into()))
            }
        }
    }
}

impl<F: Fold> Visitor for Page<F> {
    fn visit(&mut self, key: &[u8], value: &[u8]) -> Step {
        self.take(key, value).unwrap_or_else(|error| {
            self.failed = Some(error);
            Step::Stop
        })
    }
}

/// The part of `key` up to and with the first delimiter after the prefix.
pub(super) fn common_prefix<'k>(key: &'k str, prefix: &str, delimiter: &str) -> Option<&'k str> {
    if delimiter.is_empty() {
        return None;
    }
    let rest = key.strip_prefix(prefix)?;
    // Nearly always one byte, usually `/`.
    let at = match delimiter.as_bytes() {
        [byte] => memchr::memchr(*byte, rest.as_bytes())?,
        _ => rest.find(delimiter)?,
    };
    Some(&key[..prefix.len() + at + delimiter.len()])
}

/// The rows that begin with the prefix, from `start` on (from the first for `None`).
pub(super) fn range(kind: u8, prefix: &str, start: Option<Vec<u8>>) -> Range {
    let mut range = keys::range_of(keys::prefix(kind, prefix));
    if let (Some(start), Bound::Included(first)) = (start.map(Bytes::from), &range.start)
        && start > *first
    {
        range.start = Bound::Included(start);
    }
    range
}

/// Where a listing goes on after a marker: past the common prefix the marker equals or lies in, else past
/// all rows of the key (facts/06 §3).
pub(super) fn start_after(kind: u8, marker: &str, prefix: &str, delimiter: &str) -> Option<Vec<u8>> {
    if marker.is_empty() {
        return None;
    }
    Some(match common_prefix(marker, prefix, delimiter) {
        Some(hidden) => keys::after_prefix(keys::prefix(kind, hidden)),
        None => keys::after_key(kind, marker),
    })
}

#[cfg(test)]
mod tests;
