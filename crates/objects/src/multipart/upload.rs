//! Creating and finding uploads.

use cairn_types::{ObjectKey, Timestamp, UploadId};

use crate::rows::keys;
use crate::rows::records::{self, UploadRecord};
use crate::store::{Attempts, Change};
use crate::{Bucket, Error, NewUpload, Objects, Upload};

impl Objects {
    /// Creates an upload.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`], [`Error::Busy`].
    pub async fn create_upload(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        new: NewUpload,
    ) -> Result<Upload, Error> {
        let state = self.key_state(bucket.partition, key).await?;
        let floor = state.head.as_ref().map(|head| head.order());
        let id = UploadId::generate(self.inner.orders.next(floor));
        let record = UploadRecord {
            initiated: self.inner.orders.now(),
            initiator: new.initiator,
            checksum: new.checksum,
            storage_class: new.metadata.storage_class,
            replaces: state.object().map(|object| object.summary.order),
            headers: new.metadata.headers,
            user: new.metadata.user,
            tags: new.metadata.tags,
            website_redirect: new.metadata.website_redirect,
            owner: new.metadata.owner,
            acl: new.metadata.acl,
        };
        let raw = record.encode()?;
        let mut attempts = Attempts::new(self, bucket);
        loop {
            let mut change = Change::default();
            change.put(keys::upload(key.as_str(), &id), raw.clone());
            match self.commit(&attempts.bucket, change, None).await {
                Ok(()) => {
                    return Ok(Upload {
                        id,
                        key: key.clone(),
                        initiated: record.initiated,
                        initiator: record.initiator.clone(),
                        checksum: record.checksum,
                        metadata: record.metadata(),
                        raw,
                    });
                }
                Err(failed) => {
                    attempts.again(failed).await?;
                }
            }
        }
    }

    /// The open upload of that key and id.
    ///
    /// # Errors
    /// [`Error::NoSuchUpload`], also where it was completed or aborted, or is another key's.
    pub async fn upload(&self, bucket: &Bucket, key: &ObjectKey, id: &UploadId) -> Result<Upload, Error> {
        Ok(self.upload_record(bucket, key, id).await?.0)
    }

    pub(crate) async fn upload_record(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        id: &UploadId,
    ) -> Result<(Upload, UploadRecord), Error> {
        let row = keys::upload(key.as_str(), id);
        let raw = self.inner.index.get(bucket.partition, &row).await?;
        let raw = raw.ok_or(Error::NoSuchUpload)?;
        let record = UploadRecord::decode(&raw)?;
        let upload = Upload {
            id: *id,
            key: key.clone(),
            initiated: record.initiated,
            initiator: record.initiator.clone(),
            checksum: record.checksum,
            metadata: record.metadata(),
            raw,
        };
        Ok((upload, record))
    }

    /// Whether an upload of that key and id was ever open, as far as is remembered.
    pub(crate) async fn knows_upload(
        &self,
        bucket: &Bucket,
        key: &str,
        id: &UploadId,
    ) -> Result<bool, Error> {
        let index = &self.inner.index;
        if index
            .get(bucket.partition, &keys::upload(key, id))
            .await?
            .is_some()
        {
            return Ok(true);
        }
        let closed = index.get(bucket.partition, &keys::closed(id)).await?;
        let closed = closed.map(|value| records::decode::<records::Closed>("closed upload", &value));
        Ok(closed.transpose()?.is_some_and(|closed| closed.key == key))
    }

    /// The time, for what a part or a closed upload says of itself.
    pub(super) fn now(&self) -> Timestamp {
        self.inner.orders.now()
    }
}
