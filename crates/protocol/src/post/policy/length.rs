//! How long the file may be.

use serde::Serialize;

use crate::S3Error;

/// Longest file of a form in bytes: 5 GiB, as of a PUT.
pub const POST_BYTES_MAX: u64 = 5 * 1024 * 1024 * 1024;

/// What a policy says of the file's length, in bytes. Several conditions make the narrowest range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LengthRange {
    /// At least so many.
    pub min: u64,
    /// At most so many; never more than [`POST_BYTES_MAX`].
    pub max: u64,
}

impl Default for LengthRange {
    fn default() -> Self {
        Self {
            min: 0,
            max: POST_BYTES_MAX,
        }
    }
}

impl LengthRange {
    /// What both allow.
    pub(super) fn within(self, min: u64, max: u64) -> Self {
        Self {
            min: self.min.max(min),
            max: self.max.min(max),
        }
    }

    /// Judges the whole length. While the file streams, ask only for [`LengthRange::check_so_far`].
    ///
    /// # Errors
    /// `EntityTooLarge`, `EntityTooSmall` (facts/04 §5).
    pub fn check(&self, bytes: u64) -> Result<(), S3Error> {
        self.check_so_far(bytes)?;
        if bytes >= self.min {
            return Ok(());
        }
        Err(S3Error::EntityTooSmall {
            proposed_size: bytes,
            min_size_allowed: self.min,
            part_number: None,
            etag: None,
        })
    }

    /// Judges the bytes that have come, of which there may be more.
    ///
    /// # Errors
    /// `EntityTooLarge`. S3 shows the whole length as `ProposedSize`: who wants to, reads on and asks again.
    pub fn check_so_far(&self, bytes: u64) -> Result<(), S3Error> {
        if bytes <= self.max {
            return Ok(());
        }
        Err(S3Error::EntityTooLarge {
            proposed_size: bytes,
            max_size_allowed: self.max,
        })
    }
}
