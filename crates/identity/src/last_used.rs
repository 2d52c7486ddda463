//! When access keys were last used, for GetAccessKeyLastUsed.
//!
//! Noted in memory by every signed request, and written to the directory now and then
//! ([`Identity::write_last_used`]): a request must not cost a sync for it, and a crash may lose the last
//! minutes of it.

use std::collections::HashMap;

use cairn_storage::{Commit, Partition, Write};
use cairn_types::{AccessKeyId, Timestamp};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use crate::rows::{self, Noun, Record};
use crate::{Error, Identity};

/// A key's last use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastUse {
    /// When.
    pub time: Timestamp,
    /// With which service: `s3`, `iam`, `sts`.
    pub service: String,
    /// In which region.
    pub region: String,
}

impl Record for LastUse {
    const WHAT: &'static str = "last use of an access key";
}

/// Keys used since the last write. At most [`LastUsed::KEYS_MAX`]; what comes beyond is not noted.
#[derive(Default)]
pub(crate) struct LastUsed {
    uses: Mutex<HashMap<AccessKeyId, LastUse>>,
}

impl LastUsed {
    /// Most keys between two writes.
    const KEYS_MAX: usize = 10_000;
    /// A later use in the same service and region is noted after this many seconds: the API shows no less.
    const SECONDS_MIN: u64 = 60;
}

impl Identity {
    /// Notes that a long-term key was used.
    pub fn note_use(&self, id: &AccessKeyId, service: &str, region: &str) {
        let now = self.inner.clock.now();
        let mut uses = self.inner.last_used.uses.lock();
        if let Some(known) = uses.get(id) {
            let fresh = now.seconds().saturating_sub(known.time.seconds()) < LastUsed::SECONDS_MIN;
            if fresh && known.service == service && known.region == region {
                return;
            }
        } else if uses.len() >= LastUsed::KEYS_MAX {
            return;
        }
        let last = LastUse {
            time: now,
            service: service.to_owned(),
            region: region.to_owned(),
        };
        uses.insert(id.clone(), last);
    }

    /// When a key was last used; `None` where it never was.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn last_use(&self, id: &AccessKeyId) -> Result<Option<LastUse>, Error> {
        let noted = self.inner.last_used.uses.lock().get(id).cloned();
        match noted {
            Some(noted) => Ok(Some(noted)),
            None => self.get(&rows::row(Noun::LastUsed, &[id.as_str()])).await,
        }
    }

    /// Writes what was noted since the last time. Called now and then, and at an orderly end.
    ///
    /// # Errors
    /// [`Error::Storage`]; it will be written the next time.
    pub async fn write_last_used(&self) -> Result<(), Error> {
        let uses = self.inner.last_used.uses.lock().clone();
        if uses.is_empty() {
            return Ok(());
        }
        let mut commit = Commit::default();
        for (id, last) in &uses {
            // A key that was deleted meanwhile must not leave a row.
            if self.access_key(id).await?.is_some() {
                let row = rows::row(Noun::LastUsed, &[id.as_str()]);
                commit.writes.push(Write::Put(row, rows::encode(last)?));
            }
        }
        if !commit.writes.is_empty() {
            let committed = self.inner.index.commit(Partition::DIRECTORY, commit).await;
            committed.map_err(|error| match error {
                cairn_storage::CommitError::Storage(error) => Error::Storage(error),
                cairn_storage::CommitError::Conflict(_) => Error::Busy,
            })?;
        }
        let mut noted = self.inner.last_used.uses.lock();
        noted.retain(|id, last| uses.get(id) != Some(last));
        Ok(())
    }
}
