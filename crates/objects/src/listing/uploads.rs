//! ListMultipartUploads.

use cairn_storage::{IndexExt, StorageError};
use cairn_types::UploadId;

use super::fold::{Fold, Page, Row, common_prefix, range, start_after};
use super::objects::object_key;
use super::{ListUploads, ListedUpload, UploadEntry, UploadPage};
use crate::rows::keys;
use crate::rows::records::UploadRecord;
use crate::{Bucket, Error, Objects};

#[derive(Default)]
struct Uploads {
    entries: Vec<UploadEntry>,
}

impl Fold for Uploads {
    const KIND: u8 = keys::UPLOADS;

    fn row(&mut self, key: &str, suffix: &[u8], value: &[u8]) -> Result<Row, StorageError> {
        let id = UploadId::from_bytes(suffix)
            .ok_or_else(|| StorageError::Corrupt("a row key that is no upload's".into()))?;
        let record = UploadRecord::decode(value)?;
        self.entries.push(UploadEntry::Upload(ListedUpload {
            key: object_key(key)?,
            id,
            initiated: record.initiated,
            initiator: record.initiator,
            owner: record.owner,
            storage_class: record.storage_class,
            checksum: record.checksum,
        }));
        Ok(Row::Entry)
    }

    fn counts(&mut self, _suffix: &[u8], _value: &[u8]) -> Result<Row, StorageError> {
        Ok(Row::Entry)
    }

    fn push_prefix(&mut self, prefix: &str) {
        self.entries.push(UploadEntry::CommonPrefix(prefix.to_owned()));
    }
}

impl Objects {
    /// One page of open uploads.
    ///
    /// # Errors
    /// [`Error::InvalidUploadIdMarker`].
    pub async fn list_uploads(&self, bucket: &Bucket, list: &ListUploads) -> Result<UploadPage, Error> {
        let (marker, prefix, delimiter) = (&list.key_marker, &list.prefix, &list.delimiter);
        let mut start = start_after(keys::UPLOADS, marker, prefix, delimiter);
        // Without a key marker the other is ignored (facts/06 §3).
        if let Some(id) = list.upload_marker.as_ref().filter(|_| !marker.is_empty()) {
            if !self.knows_upload(bucket, marker, id).await? {
                return Err(Error::InvalidUploadIdMarker);
            }
            if common_prefix(marker, prefix, delimiter).is_none() {
                // The least key after this upload's row.
                let mut after = keys::upload(marker, id).key.to_vec();
                after.push(0);
                start = Some(after);
            }
        }
        if list.limit == 0 {
            return Ok(UploadPage::default());
        }
        let page = Page::new(Uploads::default(), prefix, delimiter, list.limit);
        let range = range(keys::UPLOADS, prefix, start);
        let page = self
            .inner
            .index
            .scan_with(bucket.partition, range, page)
            .await?
            .done()?;
        Ok(UploadPage {
            entries: page.fold.entries,
            truncated: page.truncated,
        })
    }
}
