//! Changing a bucket's configuration.

use std::sync::Arc;

use bytes::Bytes;
use cairn_storage::StorageError;
use cairn_types::TagSet;

use super::TAGS;
use crate::rows::keys;
use crate::rows::records::{self, State};
use crate::store::{Attempts, Change, Failed};
use crate::{Bucket, Error, Objects, Versioning};

/// One change of the configuration.
enum Setting<'a> {
    Versioning(Versioning, Option<(&'a str, Bytes)>),
    Document(&'a str, Option<Bytes>),
}

/// Holds a document to its limits.
pub(super) fn check_document(name: &str, length: usize) -> Result<(), Error> {
    const DOCUMENT_BYTES_MAX: usize = 1 << 20;
    if length > DOCUMENT_BYTES_MAX {
        return Err(Error::EntityTooLarge {
            proposed: length as u64,
            max: DOCUMENT_BYTES_MAX as u64,
        });
    }
    if name.len() > 255 || name.bytes().next().is_none_or(|first| first < b' ') {
        return Err(StorageError::Full("the name of a bucket document").into());
    }
    Ok(())
}

impl Objects {
    /// Sets versioning; [`Versioning::Unversioned`] cannot be gone back to and changes nothing.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`], [`Error::Busy`].
    pub async fn set_versioning(
        &self,
        bucket: &Bucket,
        versioning: Versioning,
    ) -> Result<Arc<Bucket>, Error> {
        self.set(bucket, &Setting::Versioning(versioning, None)).await
    }

    /// Sets versioning and one of [`Bucket::documents`] that goes with it, in one commit.
    ///
    /// # Errors
    /// As [`Self::set_versioning`] and [`Self::set_document`].
    pub async fn set_versioning_with(
        &self,
        bucket: &Bucket,
        versioning: Versioning,
        (name, document): (&str, Bytes),
    ) -> Result<Arc<Bucket>, Error> {
        check_document(name, document.len())?;
        self.set(bucket, &Setting::Versioning(versioning, Some((name, document))))
            .await
    }

    /// Sets or removes the bucket's tags.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`], [`Error::Busy`].
    pub async fn set_bucket_tags(&self, bucket: &Bucket, tags: Option<TagSet>) -> Result<Arc<Bucket>, Error> {
        let tags = tags.map(|tags| records::encode(&tags)).transpose()?;
        self.set(bucket, &Setting::Document(TAGS, tags)).await
    }

    /// Sets or removes one of [`Bucket::documents`]. A name is 1 to 255 bytes and begins with a printable
    /// character; a document has at most 1 MiB.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`], [`Error::Busy`]; [`Error::EntityTooLarge`].
    pub async fn set_document(
        &self,
        bucket: &Bucket,
        name: &str,
        document: Option<Bytes>,
    ) -> Result<Arc<Bucket>, Error> {
        check_document(name, document.as_ref().map_or(0, Bytes::len))?;
        self.set(bucket, &Setting::Document(name, document)).await
    }

    async fn set(&self, bucket: &Bucket, setting: &Setting<'_>) -> Result<Arc<Bucket>, Error> {
        // In turn, so that the form in memory is that of the last commit.
        let _turn = self.inner.locks.hold(bucket.partition, "").await?;
        let mut attempts = Attempts::new(self, bucket);
        loop {
            let mut change = Change::default();
            match setting {
                Setting::Versioning(versioning, with) => {
                    if *versioning != Versioning::Unversioned {
                        let state = State {
                            versioning: *versioning,
                            deleting: false,
                        };
                        change.put(keys::state(), records::encode(&state)?);
                    }
                    if let Some((name, value)) = with {
                        change.put(keys::document(name), value.clone());
                    }
                }
                Setting::Document(name, Some(value)) => change.put(keys::document(name), value.clone()),
                Setting::Document(name, None) => change.delete(keys::document(name)),
            }
            if !change.commit.writes.is_empty()
                && let Err(failed) = self.commit(&attempts.bucket, change, None).await
            {
                attempts.again(failed).await?;
                continue;
            }
            return match self.read_bucket(&bucket.name).await? {
                Some((fresh, deleting)) if fresh.partition == bucket.partition => {
                    if !deleting {
                        self.inner.buckets.insert(bucket.name.clone(), Arc::clone(&fresh));
                    }
                    Ok(fresh)
                }
                _ => Err(Error::NoSuchBucket(bucket.name.clone())),
            };
        }
    }

    /// Replaces the state row; gives its new bytes.
    pub(crate) async fn set_state(&self, bucket: &Bucket, state: &State) -> Result<Bytes, Error> {
        let bytes = records::encode(state)?;
        let mut change = Change::default();
        change.put(keys::state(), bytes.clone());
        match self.commit(bucket, change, None).await {
            Ok(()) => Ok(bytes),
            Err(Failed::Conflict(..)) => Err(Error::Busy),
            Err(Failed::Storage(error)) => Err(error.into()),
        }
    }
}
