//! Reading the journal: in its own process or in any other, while it is written or long after.
//!
//! No lock is taken. A segment that is deleted meanwhile is skipped, a record that is half written ends its
//! segment. Segments are read whole, the newest first, one at a time.

use std::path::{Path, PathBuf};

use crate::segment::{self, Records};
use crate::{Entry, JournalError};

/// Reads a journal's files.
#[derive(Debug, Clone)]
pub struct Reader {
    directory: PathBuf,
}

impl Reader {
    /// A reader of the files in `directory`.
    ///
    /// # Errors
    /// [`JournalError`] where there is no such directory, or it cannot be listed.
    pub fn open(directory: &Path) -> Result<Self, JournalError> {
        let reader = Self {
            directory: directory.to_owned(),
        };
        reader.numbers()?;
        Ok(reader)
    }

    /// The entry of that request, if it is still kept.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn find(&self, request_id: &str) -> Result<Option<Entry<'static>>, JournalError> {
        let mut found = None;
        self.newest_first(&mut |records| {
            found = records
                .filter(|payload| Entry::is_of(payload, request_id))
                .last()
                .and_then(Entry::decode);
            found.is_none()
        })?;
        Ok(found)
    }

    /// The last `entries_max` entries, the newest first.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn recent(&self, entries_max: usize) -> Result<Vec<Entry<'static>>, JournalError> {
        let mut entries = Vec::new();
        self.newest_first(&mut |records| {
            let payloads: Vec<&[u8]> = records.collect();
            let wanted = entries_max.saturating_sub(entries.len());
            entries.extend(payloads.into_iter().rev().filter_map(Entry::decode).take(wanted));
            entries.len() < entries_max
        })?;
        Ok(entries)
    }

    /// Shows every segment until `visit` says that it has seen enough.
    fn newest_first(&self, visit: &mut dyn FnMut(Records<'_>) -> bool) -> Result<(), JournalError> {
        for number in self.numbers()?.into_iter().rev() {
            let path = segment::path(&self.directory, number);
            let bytes = segment::read(&path).map_err(|source| JournalError { path, source })?;
            if let Some(records) = bytes.as_deref().and_then(Records::of)
                && !visit(records)
            {
                break;
            }
        }
        Ok(())
    }

    fn numbers(&self) -> Result<Vec<u64>, JournalError> {
        segment::numbers(&self.directory).map_err(|source| JournalError {
            path: self.directory.clone(),
            source,
        })
    }
}
