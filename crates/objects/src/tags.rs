//! Tags of one version. They are read with the version ([`crate::Metadata::tags`]).

use cairn_types::{ObjectKey, TagSet, VersionId};

use crate::rows::keys;
use crate::rows::records::{Head, HeadFields, Version};
use crate::store::Change;
use crate::versions::{KeyChange, KeyState, Removal};
use crate::{Bucket, DeleteMarker, Error, Objects};

struct SetTags<'a> {
    key: &'a ObjectKey,
    version: Option<VersionId>,
    tags: TagSet,
}

impl SetTags<'_> {
    /// The version with the new tags.
    fn retag(&self, version: &Version, latest: bool) -> Result<Version, Error> {
        if version.is_marker() {
            return Err(Error::IsDeleteMarker(DeleteMarker {
                version: version.summary.id(),
                latest,
                modified: version.summary.modified,
            }));
        }
        let mut version = version.clone();
        version.details.tags = self.tags.clone();
        Ok(version)
    }
}

impl KeyChange for SetTags<'_> {
    type Answer = VersionId;

    async fn compute(
        &mut self,
        objects: &Objects,
        bucket: &Bucket,
        state: &KeyState,
    ) -> Result<(Option<Change>, VersionId), Error> {
        let Some(head) = &state.head else {
            return Err(match self.version {
                None => Error::NoSuchKey,
                Some(_) => Error::NoSuchVersion,
            });
        };
        let found = match self.version {
            None => Some(Removal::Head),
            Some(id) => {
                objects
                    .version_by_id(bucket.partition, self.key, state, id)
                    .await?
            }
        };
        let fields = HeadFields {
            changes: head.fields.changes + 1,
            ..head.fields
        };
        let mut change = Change::default();
        let (head, id) = match found {
            None => return Err(Error::NoSuchVersion),
            Some(Removal::Head) => {
                let version = self.retag(&head.version, true)?;
                let id = version.summary.id();
                (Head { fields, version }, id)
            }
            Some(Removal::Older(version)) => {
                let retagged = self.retag(&version, false)?;
                let row = keys::older(self.key.as_str(), retagged.summary.order);
                change.put(row, retagged.encode()?);
                let version = head.version.clone();
                (Head { fields, version }, retagged.summary.id())
            }
        };
        change.put(keys::head(self.key.as_str()), head.encode()?);
        Ok((Some(change), id))
    }
}

impl Objects {
    /// Replaces the tags of the latest version, or of the one with that id; an empty set deletes them.
    /// Gives back the id of the version whose tags they are.
    ///
    /// # Errors
    /// As [`Objects::find`], and [`Error::IsDeleteMarker`].
    pub async fn set_object_tags(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        version: Option<VersionId>,
        tags: TagSet,
    ) -> Result<VersionId, Error> {
        if let Some(version) = version {
            bucket.check_version_id(version)?;
        }
        let change = SetTags { key, version, tags };
        self.change_key(bucket, key, None, change).await
    }
}
