//! What the index has in memory only: kept within a limit while it runs, written out when it closes.
//!
//! fjall bounds each keyspace's memtable by itself, at a size chosen when the keyspace was made, and lets four
//! more of each wait to be written: fifteen in all. Here all of them share one limit. When the active ones
//! together reach half of it, the largest is sealed and handed to fjall's workers; when they reach it again
//! before that was written, the committer waits, and whoever writes waits with it.
//!
//! An orderly close writes everything out and empties the journal, so that the next start has nothing to replay.

use std::fs::File;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use fjall::{AbstractTree as _, Database, Keyspace};

use crate::journal;

/// What a memtable takes for each byte it counts, in percent: a small row has a node of a skip list and two
/// allocations of its own. Measured with rows of 100 to 300 bytes; large ones take less.
const TAKEN_PERCENT: u64 = 150;
/// How often a wait looks again.
const LOOK_INTERVAL: Duration = Duration::from_millis(1);
/// The longest that writers wait for room. A disk that is slower than this is not made faster by waiting, and
/// fjall stops by itself at four memtables of a keyspace.
const ROOM_WAIT_MAX: Duration = Duration::from_secs(10);
/// The longest that closing waits for memtables to be written.
const CLOSE_WAIT_MAX: Duration = Duration::from_secs(20);
/// A journal with less in it is replayed faster than tables are written, in bytes.
const JOURNAL_BYTES_WORTH: u64 = 4 * 1024 * 1024;

/// The memtables of all keyspaces.
#[derive(Clone)]
pub(crate) struct Memtables {
    database: Database,
    keyspaces: [Keyspace; 3],
    /// What the active ones may count together, in bytes.
    active_bytes_max: u64,
}

impl Memtables {
    /// Within `memory_bytes` of memory.
    pub(crate) fn new(database: &Database, keyspaces: [&Keyspace; 3], memory_bytes: u64) -> Self {
        Self {
            database: database.clone(),
            keyspaces: keyspaces.map(Clone::clone),
            active_bytes_max: memory_bytes / 2 * 100 / TAKEN_PERCENT,
        }
    }

    /// After a batch: hands the largest memtable to be written out if together they are too large. Blocks while
    /// the one before is still being written. What fails here fails the next commit.
    pub(crate) fn make_room(&self) {
        if self.active_bytes() < self.active_bytes_max {
            return;
        }
        if !self.wait_until_written(ROOM_WAIT_MAX) {
            tracing::warn!(
                "the index's tables are written more slowly than commits arrive; its memory grows"
            );
        }
        let largest = self.keyspaces.iter().max_by_key(|keyspace| active(keyspace));
        if let Some(Err(error)) = largest.map(Keyspace::rotate_memtable) {
            tracing::error!(%error, "cannot hand a memtable of the index over to be written");
        }
    }

    /// Writes everything out and empties the journal in `index`, where that saves the next start work. Only
    /// after the last commit. Where it fails the journal stays, and is replayed.
    pub(crate) fn write_out(&self, index: &Path) {
        match self.try_write_out(index) {
            Ok(()) => {}
            Err(error) => tracing::warn!(%error, "the next start replays the index's journal"),
        }
    }

    fn try_write_out(&self, index: &Path) -> Result<(), fjall::Error> {
        let journals = journal::list(index)?;
        let mut taken = 0;
        for journal in &journals {
            // Blocks: space is reserved ahead, as a hole.
            taken += journal.metadata()?.blocks() * 512;
        }
        if taken < JOURNAL_BYTES_WORTH {
            return Ok(());
        }
        for keyspace in &self.keyspaces {
            if active(keyspace) > 0 {
                keyspace.rotate_memtable()?;
            }
        }
        // A sealed journal goes once its memtables are written, right after the last of them.
        let written = self.wait_until_written(CLOSE_WAIT_MAX)
            && self.wait(CLOSE_WAIT_MAX, || self.database.journal_count() == 1);
        let in_memory = |keyspace: &Keyspace| keyspace.tree.get_highest_memtable_seqno().is_some();
        if !written || self.keyspaces.iter().any(in_memory) {
            return Ok(());
        }
        // Every batch in it is in the tables now, which were synced: fjall deletes journals on the same grounds.
        // It is emptied, not deleted, because fjall takes its numbers from above the tables' only where it finds
        // a journal.
        if let [journal] = &*journal::list(index)? {
            let journal = File::options().write(true).open(journal)?;
            journal.set_len(0)?;
            journal.sync_all()?;
        }
        Ok(())
    }

    fn active_bytes(&self) -> u64 {
        self.keyspaces.iter().map(active).sum()
    }

    /// Whether no sealed memtable waits to be written, now or within the time.
    fn wait_until_written(&self, most: Duration) -> bool {
        self.wait(most, || {
            self.keyspaces
                .iter()
                .all(|keyspace| keyspace.sealed_memtable_count() == 0)
        })
    }

    fn wait(&self, most: Duration, done: impl Fn() -> bool) -> bool {
        let began = Instant::now();
        while !done() {
            if began.elapsed() >= most {
                return false;
            }
            std::thread::sleep(LOOK_INTERVAL);
        }
        true
    }
}

/// Bytes that a keyspace's memtable counts.
fn active(keyspace: &Keyspace) -> u64 {
    keyspace.tree.active_memtable().size()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Options;
    use crate::tables::{Table, Tables};

    const MIB: u64 = 1024 * 1024;

    /// Tables whose memtables have this much memory, and 24 MiB written to them in batches of 64 KiB.
    fn write(memory_bytes: u64) -> (tempfile::TempDir, Tables, u64) {
        let directory = tempfile::TempDir::new().unwrap();
        let options = Options {
            memtable_bytes: memory_bytes,
            ..Options::default()
        };
        let tables = Tables::open(&directory.path().join("index"), &options).unwrap();
        let mut most = 0;
        for number in 0..384_u32 {
            let mut batch = tables.database.batch();
            let table = [Table::Rows, Table::Bodies, Table::Blobs][number as usize % 3];
            for part in 0..64_u32 {
                let key = [number.to_be_bytes(), part.to_be_bytes()].concat();
                batch.insert(tables.keyspace(table), key, [7; 1000]);
            }
            batch.commit().unwrap();
            tables.memtables.make_room();
            most = most.max(tables.database.write_buffer_size());
        }
        (directory, tables, most)
    }

    #[test]
    fn memtables_are_written_out_within_their_limit() {
        let (_directory, tables, most) = write(6 * MIB);
        let batch = 64 * 1200;
        assert!(
            most <= 6 * MIB * 100 / TAKEN_PERCENT + batch,
            "{most} bytes in memtables"
        );
        let written: usize = [Table::Rows, Table::Bodies, Table::Blobs]
            .map(|table| tables.keyspace(table).table_count())
            .iter()
            .sum();
        assert!(written > 3, "{written} tables");
        for number in 0..384_u32 {
            let table = [Table::Rows, Table::Bodies, Table::Blobs][number as usize % 3];
            let key = [number.to_be_bytes(), 63_u32.to_be_bytes()].concat();
            assert_eq!(tables.keyspace(table).get(key).unwrap().unwrap().len(), 1000);
        }
    }

    #[test]
    fn with_room_for_all_nothing_is_written_out() {
        let (_directory, tables, most) = write(256 * MIB);
        assert!(most > 24 * MIB, "{most} bytes in memtables");
        assert_eq!(tables.keyspace(Table::Rows).table_count(), 0);
    }
}
