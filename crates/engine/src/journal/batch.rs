//! One batch of fjall's journal, as fjall 3.1.13 writes it (`journal/entry.rs`, `journal/writer.rs`).
//!
//! Integers are little-endian.
//!
//! - Start, 13 bytes: 1, number of entries (4), number of the batch (8).
//! - Entries. An item, 21 bytes: 2, kind (0 value, 1 tombstone, 2 weak tombstone), compression (0: none),
//!   keyspace (8), length of the key (2), of the value (4), of the value as stored (4); then key and value. Or
//!   a clear, 9 bytes: 4, keyspace (8).
//! - End, 13 bytes: 3, xxh3-64 of the entries' bytes (8), `FJL` and 3, fjall's format version.
//!
//! Only what `tables` writes is taken for a batch: nothing compressed. Whoever turns journal compression on,
//! or takes a fjall with another journal format, has to teach it here first; every test that reopens an
//! engine fails until then.

use std::io;

use xxhash_rust::xxh3::Xxh3;

use super::pages::Pages;

const START: u8 = 1;
const ITEM: u8 = 2;
const END: u8 = 3;
const CLEAR: u8 = 4;
const WEAK_TOMBSTONE: u8 = 2;
const UNCOMPRESSED: u8 = 0;

/// Bytes of a start and of an end.
const MARKER_BYTES: usize = 13;
/// Bytes of an item in front of its key.
const ITEM_BYTES: usize = 21;
/// Bytes of a clear.
const CLEAR_BYTES: u64 = 9;

/// The first byte of every batch.
pub(super) const FIRST_BYTE: u8 = START;

/// What is at some place in a journal.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Batch {
    /// A batch as it was written.
    Whole {
        /// Where the next one starts.
        end: u64,
        /// fjall's sequence number.
        number: u64,
    },
    /// A batch with start, entries and end, whose checksum does not match.
    Mismatch {
        /// Behind its end marker.
        end: u64,
    },
    /// No batch, or not all of one.
    Broken,
}

/// Reads the batch that starts at `start`.
pub(super) fn read(pages: &mut Pages<'_>, start: u64) -> io::Result<Batch> {
    let Some([START, c0, c1, c2, c3, number @ ..]) = take::<MARKER_BYTES>(pages, start)? else {
        return Ok(Batch::Broken);
    };
    let mut at = start + MARKER_BYTES as u64;
    let mut hasher = Xxh3::new();
    for _ in 0..u32::from_le_bytes([c0, c1, c2, c3]) {
        let Some(length) = entry_length(pages, at)? else {
            return Ok(Batch::Broken);
        };
        let end = at + length;
        while at < end {
            let bytes = pages.some(at, end - at)?;
            if bytes.is_empty() {
                return Ok(Batch::Broken);
            }
            hasher.update(bytes);
            at += bytes.len() as u64;
        }
    }
    let Some([END, checksum @ .., b'F', b'J', b'L', 3]) = take::<MARKER_BYTES>(pages, at)? else {
        return Ok(Batch::Broken);
    };
    let end = at + MARKER_BYTES as u64;
    if hasher.digest() != u64::from_le_bytes(checksum) {
        return Ok(Batch::Mismatch { end });
    }
    let number = u64::from_le_bytes(number);
    Ok(Batch::Whole { end, number })
}

/// The length of the entry at `at`, in bytes, if there is one. It may reach past the end of the file.
fn entry_length(pages: &mut Pages<'_>, at: u64) -> io::Result<Option<u64>> {
    let Some(header) = take::<ITEM_BYTES>(pages, at)? else {
        // The last entry before an end marker has at least as many bytes behind its start.
        return Ok(None);
    };
    let length = match header {
        [CLEAR, ..] => Some(CLEAR_BYTES),
        [
            ITEM,
            0..=WEAK_TOMBSTONE,
            UNCOMPRESSED,
            ..,
            k0,
            k1,
            v0,
            v1,
            v2,
            v3,
            s0,
            s1,
            s2,
            s3,
        ] => {
            let key = u16::from_le_bytes([k0, k1]);
            let value = u32::from_le_bytes([v0, v1, v2, v3]);
            let stored = u32::from_le_bytes([s0, s1, s2, s3]);
            (value == stored).then(|| ITEM_BYTES as u64 + u64::from(key) + u64::from(value))
        }
        _ => None,
    };
    Ok(length)
}

fn take<const N: usize>(pages: &mut Pages<'_>, at: u64) -> io::Result<Option<[u8; N]>> {
    Ok(pages.get(at, N)?.try_into().ok())
}
