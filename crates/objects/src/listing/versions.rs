//! ListObjectVersions.

use cairn_storage::{IndexExt, StorageError};
use cairn_types::{ObjectKey, VersionId, VersionOrder};

use super::fold::{Fold, Page, Row, common_prefix, range, start_after};
use super::objects::{is_head, object_key};
use super::{ListVersions, ListedVersion, VersionEntry, VersionPage};
use crate::rows::keys;
use crate::rows::listed::Listed;
use crate::rows::records::Head;
use crate::{Bucket, Error, Objects};

#[derive(Default)]
struct Versions {
    entries: Vec<VersionEntry>,
    /// Within this key only versions older than this. That key is the first of the page, so that
    /// [`Fold::counts`] never meets one that is not.
    below: Option<(String, VersionOrder)>,
}

impl Fold for Versions {
    const KIND: u8 = keys::VERSIONS;

    fn row(&mut self, key: &str, suffix: &[u8], value: &[u8]) -> Result<Row, StorageError> {
        let latest = is_head(suffix)?;
        let row = if latest {
            Listed::of_head(value)?
        } else {
            Listed::of_older(value)?
        };
        if let Some((marker, below)) = &self.below {
            if marker == key && row.order >= *below {
                // The newest that is older has the least key at or after this one.
                return Ok(match below.0.checked_sub(1) {
                    Some(older) => Row::SkipTo(keys::older(key, VersionOrder(older)).key),
                    None => Row::SkipKey,
                });
            }
            if marker != key {
                self.below = None;
            }
        }
        self.entries.push(VersionEntry::Version(ListedVersion {
            key: object_key(key)?,
            version: row.id(),
            latest,
            modified: row.modified,
            object: row.object,
        }));
        Ok(Row::Entry)
    }

    fn counts(&mut self, _suffix: &[u8], _value: &[u8]) -> Result<Row, StorageError> {
        Ok(Row::Entry)
    }

    fn push_prefix(&mut self, prefix: &str) {
        self.entries.push(VersionEntry::CommonPrefix(prefix.to_owned()));
    }
}

impl Objects {
    /// One page of versions and delete markers.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn list_versions(&self, bucket: &Bucket, list: &ListVersions) -> Result<VersionPage, Error> {
        if list.limit == 0 {
            return Ok(VersionPage::default());
        }
        let (marker, prefix, delimiter) = (&list.key_marker, &list.prefix, &list.delimiter);
        let mut start = start_after(keys::VERSIONS, marker, prefix, delimiter);
        let mut fold = Versions::default();
        if let Some(version) = list.version_marker
            && common_prefix(marker, prefix, delimiter).is_none()
            && let Ok(key) = ObjectKey::new(marker.as_str())
        {
            let row = match self.marker_order(bucket, &key, version).await? {
                // A `null` version that is gone, at a place nobody knows: the key from its start, rather
                // than leave out what is older. (Who empties a bucket page by page meets this.)
                None => keys::head(marker),
                Some(order) => {
                    fold.below = Some((marker.clone(), order));
                    keys::head(marker)
                }
            };
            start = Some(row.key.to_vec());
        }
        let page = Page::new(fold, prefix, delimiter, list.limit);
        let range = range(keys::VERSIONS, prefix, start);
        let page = self
            .inner
            .index
            .scan_with(bucket.partition, range, page)
            .await?
            .done()?;
        let entries = page.fold.entries;
        let last = entries.last().map(|entry| match entry {
            VersionEntry::Version(version) => (version.key.as_str().to_owned(), Some(version.version)),
            VersionEntry::CommonPrefix(prefix) => (prefix.clone(), None),
        });
        Ok(VersionPage {
            entries,
            next: last.filter(|_| page.truncated),
        })
    }

    /// The order of the version a marker names, which may be gone; `None` for a `null` one that is.
    async fn marker_order(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        version: VersionId,
    ) -> Result<Option<VersionOrder>, Error> {
        match version {
            VersionId::Unique { order, .. } => Ok(Some(order)),
            VersionId::Null => {
                let state = self.key_state(bucket.partition, key).await?;
                Ok(state.head.as_ref().and_then(Head::null))
            }
        }
    }
}
