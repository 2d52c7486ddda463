//! ListObjects, both versions.

use cairn_storage::{IndexExt, StorageError};
use cairn_types::{ObjectKey, Timestamp};

use super::fold::{Fold, Page, Row, range, start_after};
use super::{ListObjects, ListedObject, ObjectEntry, ObjectPage};
use crate::rows::keys;
use crate::rows::records::{ObjectSummary, Summary};
use crate::{Bucket, Error, Objects};

/// A listed object, from the row's summary.
pub(super) fn listed(
    key: &str,
    modified: Timestamp,
    object: ObjectSummary,
) -> Result<ListedObject, StorageError> {
    Ok(ListedObject {
        key: object_key(key)?,
        modified,
        etag: object.etag,
        size: object.size,
        storage_class: object.storage_class,
        owner: object.owner,
        checksum: (object.checksum.value.algorithm(), object.checksum.kind),
    })
}

pub(super) fn object_key(key: &str) -> Result<ObjectKey, StorageError> {
    ObjectKey::new(key).map_err(|_| StorageError::Corrupt("a row of an impossible key".into()))
}

/// Whether a row of the versions is a head.
pub(super) fn is_head(suffix: &[u8]) -> Result<bool, StorageError> {
    match keys::place(suffix) {
        Some(place) => Ok(place == keys::Place::Head),
        None => Err(StorageError::Corrupt("a row key that is no version's".into())),
    }
}

#[derive(Default)]
struct Heads {
    entries: Vec<ObjectEntry>,
    next: Option<ListedObject>,
}

impl Fold for Heads {
    const KIND: u8 = keys::VERSIONS;

    fn row(&mut self, key: &str, suffix: &[u8], value: &[u8]) -> Result<Row, StorageError> {
        if !is_head(suffix)? {
            return Ok(Row::SkipKey);
        }
        let summary = Summary::of_head(value)?;
        Ok(match summary.object {
            None => Row::SkipKey,
            Some(object) => {
                self.next = Some(listed(key, summary.modified, object)?);
                Row::Entry
            }
        })
    }

    fn counts(&mut self, suffix: &[u8], value: &[u8]) -> Result<Row, StorageError> {
        let object = is_head(suffix)? && Summary::of_head(value)?.object.is_some();
        Ok(if object { Row::Entry } else { Row::SkipKey })
    }

    fn push(&mut self) {
        self.entries.extend(self.next.take().map(ObjectEntry::Object));
    }

    fn push_prefix(&mut self, prefix: String) {
        self.entries.push(ObjectEntry::CommonPrefix(prefix));
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
        let page = Page::new(Heads::default(), &list.prefix, &list.delimiter, list.limit);
        let range = range(Heads::KIND, &list.prefix, start);
        let page = self
            .inner
            .index
            .scan_with(bucket.partition, range, page)
            .await?
            .done()?;
        let entries = page.fold.entries;
        let last = entries.last().map(|entry| match entry {
            ObjectEntry::Object(object) => object.key.as_str().to_owned(),
            ObjectEntry::CommonPrefix(prefix) => prefix.clone(),
        });
        Ok(ObjectPage {
            entries,
            next: last.filter(|_| page.truncated),
        })
    }
}
