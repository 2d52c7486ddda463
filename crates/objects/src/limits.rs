//! Every bound of this crate, by name and unit.

use std::time::Duration;

/// What a store holds its callers, its memory and its retries to. Tests lower them; a server takes the
/// default.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Largest body in bytes that lies in the index beside its metadata; larger ones are blobs. Also the
    /// most memory one [`crate::BodyWriter`] holds. 16 KiB by measurement: docs/on-disk.md.
    pub inline_bytes_max: usize,
    /// Largest body in bytes of one put, part or copy: 5 GiB (facts/06 §8, §12).
    pub put_bytes_max: u64,
    /// Largest object in bytes a multipart upload may make: 5 TiB (facts/06 §8).
    pub object_bytes_max: u64,
    /// Smallest part in bytes that is not the last of its upload: 5 MiB (facts/06 §8).
    pub part_bytes_min: u64,
    /// Most tries of a change whose expectations fail, before [`crate::Error::Busy`].
    pub attempts_max: u32,
    /// Longest wait for the writers of the same key that came before, then [`crate::Error::Busy`].
    pub key_wait_max: Duration,
    /// Deletes of one [`crate::Objects::delete_many`] that run at a time.
    pub deletes_concurrent: usize,
    /// Buckets whose configuration is kept in memory.
    pub buckets_cached: usize,
    /// Accounts whose choices of regions are kept in memory, and as many documents of accounts.
    pub accounts_cached: usize,
    /// How long completing an upload again is answered with the first result (facts/06 §8).
    pub closed_upload_kept: Duration,
    /// Most closed uploads of one bucket that are remembered past a sweep.
    pub closed_uploads_max: usize,
    /// Blobs a sweep looks at before it pauses.
    pub sweep_batch: usize,
    /// How long a sweep pauses after each batch, so that it does not compete with requests.
    pub sweep_pause: Duration,
    /// Most blobs remembered for the next sweep because their deletion failed; more wait for the next
    /// start.
    pub suspects_max: usize,
}

impl Limits {
    /// The default of [`Self::part_bytes_min`].
    pub const PART_BYTES_MIN: u64 = 5 << 20;
    /// The default of [`Self::put_bytes_max`].
    pub const PUT_BYTES_MAX: u64 = 5 << 30;
    /// The default of [`Self::object_bytes_max`].
    pub const OBJECT_BYTES_MAX: u64 = 5 << 40;
    /// Most keys of one listing page, and of one `delete_many` (facts/06 §3, §6).
    pub const PAGE_ENTRIES_MAX: usize = 1000;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            inline_bytes_max: 16 << 10,
            put_bytes_max: Self::PUT_BYTES_MAX,
            object_bytes_max: Self::OBJECT_BYTES_MAX,
            part_bytes_min: Self::PART_BYTES_MIN,
            attempts_max: 16,
            key_wait_max: Duration::from_secs(15),
            deletes_concurrent: 128,
            buckets_cached: 10_000,
            accounts_cached: 1000,
            closed_upload_kept: Duration::from_secs(24 * 3600),
            closed_uploads_max: 100_000,
            sweep_batch: 1000,
            sweep_pause: Duration::from_millis(20),
            suspects_max: 100_000,
        }
    }
}
