//! What every engine must pass, and a wrapper that makes any engine fail.
//!
//! [`crate::storage_suite!`] makes one test of each case: an engine's test file names it once, with an
//! expression that gives a fresh [`Factory`]. The list of cases is in that macro and nowhere else. Cases use
//! only the contract, so they run against any engine; those about reopening pass by where the engine keeps
//! nothing. [`Faulty`] wraps any engine and fails chosen operations, for tests of what lies above.
//!
//! This module is for tests: it panics on what it finds.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod blobs;
mod faulty;
pub mod index;
pub mod reopen;

use bytes::Bytes;

use crate::{Blobs, Index};

pub use faulty::{Faulty, Operation, When};

/// Makes stores to be tested. One factory is made for each case, and stands for one place to keep data.
#[async_trait::async_trait]
pub trait Factory: Send + Sync {
    /// The engine.
    type Store: Index + Blobs;

    /// Whether what was closed can be opened again.
    const KEEPS: bool;

    /// Opens the store: empty the first time, later with what the store that was closed held.
    async fn open(&self) -> Self::Store;

    /// Closes a store, in an orderly way.
    async fn close(&self, store: Self::Store);
}

/// One `#[tokio::test]` for each case of the suite; the crate that uses it depends on `tokio`.
#[macro_export]
macro_rules! storage_suite {
    ($factory:expr) => {
        $crate::storage_suite! { $factory =>
            index: rows_read_back, rows_are_ordered_by_bytes, scan_keeps_to_its_bounds, scan_seeks_and_stops,
            scan_seeks_over_gaps_of_any_size,
                scan_sees_one_snapshot, scan_that_seeks_sees_one_snapshot, commit_is_all_or_nothing, writes_apply_in_order,
                expectations_name_the_row_that_failed, racing_commits_have_one_winner,
                racing_increments_are_all_counted, partitions_are_apart, limits_are_held,
                clear_empties_one_partition, random_commits_match_a_model;
            blobs: blobs_of_all_sizes_read_back, ranges_cross_borders, ranges_past_the_end_are_refused,
                unfinished_blobs_are_not_there, abandoned_blobs_are_not_there, ids_ascend_in_pages,
                deleted_blobs_are_gone, a_reader_outlives_the_delete, blobs_are_found_by_partition_and_number,
                concurrent_uploads_keep_apart;
            reopen: rows_survive, blobs_survive, deletes_survive, abandoned_blobs_stay_away, numbers_go_on;
        }
    };
    ($factory:expr => $($room:ident: $($case:ident),+;)+) => {
        $($(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                $crate::testing::$room::$case(&$factory).await;
            }
        )+)+
    };
}

/// Repeatable randomness for tests (splitmix64).
#[derive(Debug, Clone)]
pub struct Random(pub u64);

impl Random {
    /// The next word.
    pub fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let word = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        word ^ (word >> 31)
    }

    /// A number below `end`, which is not 0.
    pub fn below(&mut self, end: u64) -> u64 {
        self.word() % end
    }

    /// Bytes without a pattern.
    pub fn bytes(&mut self, count: usize) -> Bytes {
        let mut bytes = vec![0; count];
        for chunk in bytes.chunks_mut(8) {
            let word = self.word().to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
        bytes.into()
    }
}
