//! ListObjects, both versions.

use std::ops::Range;

use cairn_storage::{IndexExt, StorageError};
use cairn_types::ObjectKey;

use super::fold::{Fold, Page, Row, range, start_after};
use super::{ListObjects, ListedObject, ObjectEntry, ObjectPage};
use crate::rows::keys;
use crate::rows::listed::Listed;
use crate::{Bucket, Error, Limits, Objects};

/// Entries that a page gets room for at first. One that passes this gets room for as many as it may have.
const ENTRIES_FIRST: usize = 32;

/// The entries of a page. Their texts are in one piece: a key of its own for each would be a thousand
/// allocations a page, freed by another thread than made them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Entries {
    texts: String,
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    /// Its part of the texts.
    text: Range<usize>,
    /// `None` is a common prefix.
    object: Option<ListedObject>,
}

impl Entries {
    fn push(&mut self, text: &str, object: Option<ListedObject>, limit: usize) {
        if self.entries.len() == self.entries.capacity() {
            self.grow(limit.min(Limits::PAGE_ENTRIES_MAX));
        }
        let start = self.texts.len();
        self.texts.push_str(text);
        let text = start..self.texts.len();
        self.entries.push(Entry { text, object });
    }

    fn grow(&mut self, limit: usize) {
        let present = self.entries.len();
        let wanted = if present == 0 {
            limit.min(ENTRIES_FIRST)
        } else {
            limit
        };
        self.entries.reserve_exact(wanted.saturating_sub(present));
        // Texts that are about as long as those before.
        if let Some(mean) = self.texts.len().checked_div(present) {
            self.texts.reserve(mean * wanted.saturating_sub(present));
        }
    }

    pub(super) fn iter(
        &self,
    ) -> impl ExactSizeIterator<Item = ObjectEntry<'_>> + DoubleEndedIterator + Clone {
        self.entries.iter().map(|Entry { text, object }| {
            let text = self.texts.get(text.clone()).unwrap_or_default();
            match object {
                Some(object) => ObjectEntry::Object(text, object),
                None => ObjectEntry::CommonPrefix(text),
            }
        })
    }
}

fn impossible<E>(_: E) -> StorageError {
    StorageError::Corrupt("a row of an impossible key".into())
}

pub(super) fn object_key(key: &str) -> Result<ObjectKey, StorageError> {
    ObjectKey::new(key).map_err(impossible)
}

/// Whether a row of the versions is a head.
pub(super) fn is_head(suffix: &[u8]) -> Result<bool, StorageError> {
    match keys::place(suffix) {
        Some(place) => Ok(place == keys::Place::Head),
        None => Err(StorageError::Corrupt("a row key that is no version's".into())),
    }
}

struct Heads {
    entries: Entries,
    limit: usize,
}

impl Fold for Heads {
    const KIND: u8 = keys::VERSIONS;

    fn row(&mut self, key: &str, suffix: &[u8], value: &[u8]) -> Result<Row, StorageError> {
        if !is_head(suffix)? {
            return Ok(Row::SkipKey);
        }
        let Some(object) = Listed::of_head(value)?.object else {
            return Ok(Row::SkipKey);
        };
        ObjectKey::check(key).map_err(impossible)?;
        self.entries.push(key, Some(object), self.limit);
        Ok(Row::Entry)
    }

    fn counts(&mut self, suffix: &[u8], value: &[u8]) -> Result<Row, StorageError> {
        let object = is_head(suffix)? && Listed::of_head(value)?.object.is_some();
        Ok(if object { Row::Entry } else { Row::SkipKey })
    }

    fn push_prefix(&mut self, prefix: &str) {
        self.entries.push(prefix, None, self.limit);
    }
}

impl Objects {
    /// One page of objects. Costs by page, not by bucket: rolled-up keys are passed with one seek.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn list_objects(&self, bucket: &Bucket, list: &ListObjects) -> Result<ObjectPage, Error> {
        if list.limit == 0 {
            return Ok(ObjectPage::default());
        }
        let start = start_after(Heads::KIND, &list.after, &list.prefix, &list.delimiter);
        let heads = Heads {
            entries: Entries::default(),
            limit: list.limit,
        };
        let page = Page::new(heads, &list.prefix, &list.delimiter, list.limit);
        let range = range(Heads::KIND, &list.prefix, start);
        let page = self
            .inner
            .index
            .scan_with(bucket.partition, range, page)
            .await?
            .done()?;
        let entries = page.fold.entries;
        let last = entries.iter().next_back().filter(|_| page.truncated);
        let next = last.map(|entry| entry.text().to_owned());
        Ok(ObjectPage { entries, next })
    }
}
