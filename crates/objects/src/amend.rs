//! What can be changed of a version that is there: its tags and its ACL. They are read with the version
//! ([`crate::Metadata`]).

use cairn_types::{ObjectKey, TagSet, VersionId, VersionOrder};

use crate::rows::keys;
use crate::rows::records::{Head, HeadFields, Version};
use crate::store::Change;
use crate::versions::{KeyChange, KeyState, Removal};
use crate::{Bucket, DeleteMarker, Error, ObjectVersion, Objects};

/// What is new of it.
enum Amendment {
    Tags(TagSet),
    /// Of the version with this order: an ACL is made for the owner that was found.
    Acl(VersionOrder, Vec<u8>),
}

struct Amend<'a> {
    key: &'a ObjectKey,
    version: Option<VersionId>,
    amendment: Amendment,
}

impl Amend<'_> {
    /// The version with what is new.
    fn amended(&self, version: &Version, latest: bool) -> Result<Version, Error> {
        if version.is_marker() {
            return Err(Error::IsDeleteMarker(DeleteMarker {
                version: version.summary.id(),
                latest,
                modified: version.summary.modified,
            }));
        }
        let mut version = version.clone();
        match &self.amendment {
            Amendment::Tags(tags) => version.details.tags = tags.clone(),
            Amendment::Acl(order, acl) if *order == version.summary.order => {
                version.details.acl = acl.clone();
            }
            Amendment::Acl(..) => return Err(Error::Gone),
        }
        Ok(version)
    }
}

impl KeyChange for Amend<'_> {
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
                let version = self.amended(&head.version, true)?;
                let id = version.summary.id();
                (Head { fields, version }, id)
            }
            Some(Removal::Older(version)) => {
                let amended = self.amended(&version, false)?;
                let row = keys::older(self.key.as_str(), amended.summary.order);
                change.put(row, amended.encode()?);
                let version = head.version.clone();
                (Head { fields, version }, amended.summary.id())
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
        let amendment = Amendment::Tags(tags);
        let change = Amend {
            key,
            version,
            amendment,
        };
        self.change_key(bucket, key, None, change).await
    }

    /// Replaces the ACL of a version that was found; empty takes it away.
    ///
    /// # Errors
    /// [`Error::Gone`] where it was replaced or deleted since it was found.
    pub async fn set_object_acl(
        &self,
        bucket: &Bucket,
        version: &ObjectVersion,
        acl: Vec<u8>,
    ) -> Result<(), Error> {
        let change = Amend {
            key: &version.key,
            version: Some(version.version),
            amendment: Amendment::Acl(version.order, acl),
        };
        match self.change_key(bucket, &version.key, None, change).await {
            Ok(_) => Ok(()),
            Err(Error::NoSuchKey | Error::NoSuchVersion | Error::IsDeleteMarker(_)) => Err(Error::Gone),
            Err(error) => Err(error),
        }
    }
}
