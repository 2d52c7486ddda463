//! Tags of one version. They are read with the version ([`crate::Metadata::tags`]).

use cairn_types::{ObjectKey, TagSet, VersionId};

use crate::{Bucket, Error, Objects};

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
        todo!()
    }
}
