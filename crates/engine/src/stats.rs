//! Counters of an engine's work, read by metrics.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// Plain atomics: counters since the engine was opened, except where said otherwise.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Stats {
    /// Syncs of the index's journal: one for each batch.
    pub syncs: AtomicU64,
    /// Data syncs of segment files.
    pub data_syncs: AtomicU64,
    /// Commits applied, those of blobs included.
    pub commits: AtomicU64,
    /// Commits refused because an expectation did not hold.
    pub conflicts: AtomicU64,
    /// Batches the commits were merged into.
    pub batches: AtomicU64,
    /// Bytes of keys and values given to the index.
    pub index_bytes_written: AtomicU64,
    /// Bytes of blobs written to segments.
    pub blob_bytes_written: AtomicU64,
    /// Bytes of blobs that exist now (complete once the scan after opening is).
    pub live_bytes: AtomicI64,
    /// Bytes of deleted or abandoned extents whose space has not been given back yet.
    pub dead_bytes: AtomicI64,
    /// Segment files that exist now.
    pub segments: AtomicI64,
}

impl Stats {
    pub(crate) fn add(counter: &AtomicU64, amount: u64) {
        counter.fetch_add(amount, Ordering::Relaxed);
    }

    pub(crate) fn shift(gauge: &AtomicI64, amount: i64) {
        gauge.fetch_add(amount, Ordering::Relaxed);
    }
}
