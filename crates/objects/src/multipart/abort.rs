//! Aborting uploads, and what is left of closed ones.

use cairn_storage::{IndexExt, Partition};
use cairn_types::{ObjectKey, UploadId};

use super::part::PartRows;
use crate::rows::keys;
use crate::rows::records::{self, Closed};
use crate::store::{Attempts, Change, Failed};
use crate::{Bucket, Error, Objects};

/// Parts whose rows one commit removes.
const DISCARD_BATCH: usize = 1000;

impl Objects {
    /// Discards an upload and its parts.
    ///
    /// # Errors
    /// [`Error::NoSuchUpload`].
    pub async fn abort_upload(&self, bucket: &Bucket, key: &ObjectKey, id: &UploadId) -> Result<(), Error> {
        let mut attempts = Attempts::new(self, bucket);
        loop {
            // From here no part can be added: the upload row they expect is gone.
            let (upload, _) = self.upload_record(bucket, key, id).await?;
            let row = keys::upload(key.as_str(), id);
            let closed = Closed {
                key: key.as_str().to_owned(),
                at: self.now(),
                completed: None,
            };
            let mut change = Change::default();
            change.expect(row.clone(), Some(upload.raw));
            change.delete(row.clone());
            change.put(keys::closed(id), records::encode(&closed)?);
            match self.commit(&attempts.bucket, change, None).await {
                Ok(()) => break,
                Err(Failed::Conflict(conflict, _)) if conflict == row => return Err(Error::NoSuchUpload),
                Err(failed) => {
                    attempts.again(failed).await?;
                }
            }
        }
        self.discard_parts_later(bucket, *id);
        Ok(())
    }

    /// Removes the parts left of a closed upload, in the background; the sweep does it after a crash.
    pub(super) fn discard_parts_later(&self, bucket: &Bucket, id: UploadId) {
        let running = self.inner.reclaimer.running();
        let (objects, partition) = (self.clone(), bucket.partition);
        tokio::spawn(async move {
            let _running = running;
            if let Err(error) = objects.discard_parts(partition, &id).await {
                tracing::warn!(upload = %id, %error, "parts of a closed upload remain until the next sweep");
            }
        });
    }

    /// Removes the parts left of a closed upload. Nobody else changes them, and a commit against a bucket
    /// that is deleted meanwhile does no harm: the rows are its own, and they go.
    pub(crate) async fn discard_parts(&self, partition: Partition, id: &UploadId) -> Result<(), Error> {
        loop {
            let found = self
                .inner
                .index
                .scan_with(partition, keys::parts(id), PartRows::new(DISCARD_BATCH))
                .await?
                .check()?;
            if found.rows.is_empty() {
                return Ok(());
            }
            let mut change = Change::default();
            for (value, part) in found.rows {
                let row = keys::part(id, part.number);
                change.expect(row.clone(), Some(value));
                change.delete(row);
                if let Some(number) = part.blob {
                    change.forget_blob(number);
                }
            }
            match self.commit_unguarded(partition, change).await {
                Ok(()) => {}
                // Another sweep did it.
                Err(Failed::Conflict(..)) => {}
                Err(Failed::Storage(error)) => return Err(error.into()),
            }
            if !found.truncated {
                return Ok(());
            }
        }
    }
}
