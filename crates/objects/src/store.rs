//! The store.

use std::sync::Arc;

use cairn_storage::{Blobs, Index};
use cairn_types::Clock;

use crate::{Error, Limits};

/// S3's object semantics over one engine. Cheap to clone; all clones are one store.
#[derive(Clone)]
pub struct Objects {}

impl Objects {
    /// Opens a store over an engine that no other store uses.
    pub async fn open(
        index: Arc<dyn Index>,
        blobs: Arc<dyn Blobs>,
        clock: Arc<dyn Clock>,
        limits: Limits,
    ) -> Result<Self, Error> {
        todo!()
    }

    /// The bounds it keeps.
    pub fn limits(&self) -> &Limits {
        todo!()
    }

    /// Returns when every deletion of blobs begun so far has ended: for an orderly shutdown.
    pub async fn settle(&self) {
        todo!()
    }
}
