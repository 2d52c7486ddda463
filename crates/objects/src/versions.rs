//! The versions of one key, and how a change of them becomes rows.
//!
//! Invariants, each held by every commit that touches a key:
//! 1. The head row holds the version with the greatest order; the others have a row each.
//! 2. At most one version is `null`; the head knows where it is.
//! 3. Any change to any version changes the head row (its change counter), and expects its former bytes:
//!    so no two changes of a key are computed from the same state and both applied.

use bytes::Bytes;
use cairn_storage::{IndexExt, Partition, Step, StorageError, Visitor};
use cairn_types::{ObjectKey, VersionId, VersionOrder};

use crate::reclaim::Unnamed;
use crate::rows::keys;
use crate::rows::records::{self, Body, Head, HeadFields, Manifest, PartRecord, Version};
use crate::store::{Attempts, Change, Failed};
use crate::{Bucket, Error, Objects};

/// What a change of a key is computed from.
pub(crate) struct KeyState {
    /// The head row's bytes.
    pub raw: Option<Bytes>,
    /// The same, decoded.
    pub head: Option<Head>,
}

impl KeyState {
    /// The latest version where it is an object.
    pub(crate) fn object(&self) -> Option<&Version> {
        let head = self.head.as_ref()?;
        (!head.version.is_marker()).then_some(&head.version)
    }
}

/// A version to remove.
pub(crate) enum Removal {
    /// The newest.
    Head,
    /// Another.
    Older(Box<Version>),
}

/// A change of one key, computed as often as its commit meets a newer state.
pub(crate) trait KeyChange: Send {
    /// What the operation answers.
    type Answer: Send;

    /// Computes the change; `None` where there is nothing to commit.
    fn compute(
        &mut self,
        objects: &Objects,
        bucket: &Bucket,
        state: &KeyState,
    ) -> impl Future<Output = Result<(Option<Change>, Self::Answer), Error>> + Send;
}

impl Objects {
    /// Reads, computes and commits until it holds, in this key's turn.
    pub(crate) async fn change_key<C: KeyChange>(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        mut new: Option<Unnamed>,
        mut change: C,
    ) -> Result<C::Answer, Error> {
        let _turn = self.inner.locks.hold(bucket.partition, key.as_str()).await?;
        let mut attempts = Attempts::new(self, bucket);
        loop {
            let state = self.key_state(bucket.partition, key).await?;
            let (mut computed, answer) = match change.compute(self, &attempts.bucket, &state).await {
                Ok((Some(computed), answer)) => (computed, answer),
                // Nothing is committed that would tell whether the other versions, read after the head,
                // still were those the head stands for: another store may have moved one in between.
                unchanged => {
                    let head = keys::head(key.as_str());
                    let settled = state.raw.is_none()
                        || self.inner.index.get(bucket.partition, &head).await? == state.raw;
                    if settled {
                        return unchanged.map(|(_, answer)| answer);
                    }
                    new = attempts.again(Failed::Conflict(head, new)).await?;
                    continue;
                }
            };
            computed.expect(keys::head(key.as_str()), state.raw);
            match self.commit(&attempts.bucket, computed, new.take()).await {
                Ok(()) => return Ok(answer),
                Err(failed) => new = attempts.again(failed).await?,
            }
        }
    }

    /// Reads a key's head.
    pub(crate) async fn key_state(&self, partition: Partition, key: &ObjectKey) -> Result<KeyState, Error> {
        let raw = self.inner.index.get(partition, &keys::head(key.as_str())).await?;
        let head = raw.as_deref().map(Head::decode).transpose()?;
        Ok(KeyState { raw, head })
    }

    /// Reads an older version.
    pub(crate) async fn older(
        &self,
        partition: Partition,
        key: &ObjectKey,
        order: VersionOrder,
    ) -> Result<Option<Version>, Error> {
        let row = keys::older(key.as_str(), order);
        let value = self.inner.index.get(partition, &row).await?;
        Ok(value.as_deref().map(Version::decode).transpose()?)
    }

    /// The version of a key with this id, and whether it is the head, as `state` has it.
    pub(crate) async fn version_by_id(
        &self,
        partition: Partition,
        key: &ObjectKey,
        state: &KeyState,
        id: VersionId,
    ) -> Result<Option<Removal>, Error> {
        let Some(head) = &state.head else {
            return Ok(None);
        };
        if head.version.summary.id() == id {
            return Ok(Some(Removal::Head));
        }
        let order = match id {
            VersionId::Null => head.fields.null,
            VersionId::Unique { order, .. } => Some(order),
        };
        let Some(order) = order else {
            return Ok(None);
        };
        let version = self.older(partition, key, order).await?;
        Ok(version
            .filter(|version| version.summary.id() == id)
            .map(|version| Removal::Older(Box::new(version))))
    }

    /// The newest of the older versions.
    async fn next_older(&self, partition: Partition, key: &ObjectKey) -> Result<Option<Version>, Error> {
        struct First(Option<Result<Version, StorageError>>);
        impl Visitor for First {
            fn visit(&mut self, _key: &[u8], value: &[u8]) -> Step {
                self.0 = Some(Version::decode(value));
                Step::Stop
            }
        }
        let range = keys::all_older(key.as_str());
        let first = self.inner.index.scan_with(partition, range, First(None)).await?;
        Ok(first.0.transpose()?)
    }

    /// The rows of removing one version and adding another. `add` must be newer than every version that
    /// stays, or have an order that none has.
    pub(crate) async fn rearrange(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        state: &KeyState,
        remove: Option<Removal>,
        add: Option<Version>,
    ) -> Result<Change, Error> {
        let mut change = Change::default();
        let partition = bucket.partition;
        let text = key.as_str();
        let changes = state.head.as_ref().map_or(0, |head| head.fields.changes) + 1;

        let mut null = state.head.as_ref().and_then(Head::null);
        let mut head = state.head.as_ref().map(|head| &head.version);
        match remove {
            None => {}
            Some(Removal::Head) => {
                if let Some(removed) = head.take() {
                    null = null.filter(|_| !removed.is_null());
                    self.free(&mut change, partition, &removed.details.body).await?;
                }
            }
            Some(Removal::Older(removed)) => {
                null = null.filter(|_| !removed.is_null());
                change.delete(keys::older(text, removed.summary.order));
                self.free(&mut change, partition, &removed.details.body).await?;
            }
        }
        if let Some(add) = add.as_ref().filter(|add| add.is_null()) {
            null = Some(add.summary.order);
        }

        // Where the head went, the newest of the others may be the next one; a version just added is
        // newer than they, unless it is a multipart object that stands where it was initiated.
        let removed_order = match head {
            None => state.head.as_ref().map(Head::order),
            Some(_) => None,
        };
        let newest_added = add
            .as_ref()
            .is_some_and(|add| removed_order.is_none_or(|removed| add.summary.order > removed));
        let promoted = if removed_order.is_some()
            && !newest_added
            && bucket.versioning != crate::Versioning::Unversioned
        {
            self.next_older(partition, key).await?
        } else {
            None
        };
        let stays = match (&promoted, head) {
            (Some(promoted), _) => Some(promoted),
            (None, head) => head,
        };
        let first = match (stays, &add) {
            (Some(stays), Some(add)) if add.summary.order > stays.summary.order => {
                if promoted.is_none() {
                    change.put(keys::older(text, stays.summary.order), stays.encode()?);
                }
                Some(add)
            }
            (Some(stays), add) => {
                if promoted.is_some() {
                    change.delete(keys::older(text, stays.summary.order));
                }
                if let Some(add) = add {
                    change.put(keys::older(text, add.summary.order), add.encode()?);
                }
                Some(stays)
            }
            (None, add) => add.as_ref(),
        };
        match first {
            None => change.delete(keys::head(text)),
            Some(version) => {
                let fields = HeadFields {
                    changes,
                    null: null.filter(|_| !version.is_null()),
                };
                let value = records::encode_version(Some(&fields), version)?;
                change.put(keys::head(text), value);
            }
        }
        Ok(change)
    }

    /// Forgets a body.
    async fn free(&self, change: &mut Change, partition: Partition, body: &Body) -> Result<(), Error> {
        match body {
            Body::Empty => {}
            Body::Inline(id) => change.delete(keys::body(id)),
            Body::Blob(number) => change.forget_blob(*number),
            Body::Parts(list) => {
                let mut blobs = Vec::with_capacity(usize::from(list.parts));
                for page in 0..list.pages.len() {
                    for part in self
                        .manifest_page(partition, list, page)
                        .await?
                        .unwrap_or_default()
                    {
                        if let Some(number) = part.blob {
                            change.delete(keys::blob(number));
                            blobs.push(number);
                        }
                    }
                    // At most as many pages as parts.
                    change.delete(keys::manifest(&list.id, page as u16));
                }
                change.forgotten_lists.push((list.id, blobs));
            }
        }
        Ok(())
    }

    /// Reads a page of a part list; `None` where it was forgotten.
    pub(crate) async fn manifest_page(
        &self,
        partition: Partition,
        list: &Manifest,
        page: usize,
    ) -> Result<Option<Vec<PartRecord>>, Error> {
        let Ok(page) = u16::try_from(page) else {
            return Ok(None);
        };
        let row = keys::manifest(&list.id, page);
        let value = self.inner.index.get(partition, &row).await?;
        Ok(value
            .map(|value| records::decode("part list", &value))
            .transpose()?)
    }
}
