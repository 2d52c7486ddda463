//! The rows of the `blobs` table. All integers in keys are big-endian, in values little-endian.
//!
//! | key | value |
//! |---|---|
//! | `B` number(8) partition(8) | the blob: length, block size, extents, checksums of its first blocks |
//! | `C` number(8) part(4) | checksums of the blocks of a part that is not the first |
//! | `D` number(8) | a deleted blob whose space is to be given back: length, extents |
//! | `R` | the number of the last run of the engine(8) |
//!
//! Checksums lie in the index and not beside the data, so that data stays aligned and a reader gets both
//! from one row. A part is [`PART_BLOCKS`] blocks (64 MiB), so that however large a blob is, opening it
//! reads one row of at most a few KiB, and a reader holds the checksums of one part.

use std::ops::Bound;

use cairn_storage::{BlobId, Partition, StorageError};

use crate::options::BLOCK_BYTES;
use crate::segments::Extent;

/// Blocks whose checksums lie in one row.
pub(crate) const PART_BLOCKS: u64 = 1024;

const VERSION: u8 = 1;

/// Where a blob's bytes lie.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct BlobRow {
    /// The blob's length in bytes.
    pub(crate) length: u64,
    /// In the order of the blob's bytes. All but the last hold a multiple of a block.
    pub(crate) extents: Vec<Extent>,
    /// CRC-32C of each block of the first part.
    pub(crate) checksums: Vec<u32>,
}

/// Blocks of a blob of this length.
pub(crate) fn blocks(length: u64) -> u64 {
    length.div_ceil(BLOCK_BYTES as u64)
}

pub(crate) fn key(id: BlobId) -> Vec<u8> {
    let mut key = Vec::with_capacity(17);
    key.push(b'B');
    key.extend_from_slice(&id.number.to_be_bytes());
    key.extend_from_slice(&id.partition.0.to_be_bytes());
    key
}

/// The keys of blobs with this number or a higher one.
pub(crate) fn keys_from(number: u64) -> (Bound<Vec<u8>>, Bound<Vec<u8>>) {
    let first = key(BlobId {
        partition: Partition(0),
        number,
    });
    (Bound::Included(first), Bound::Excluded(vec![b'B' + 1]))
}

pub(crate) fn parse_key(key: &[u8]) -> Result<BlobId, StorageError> {
    let mut input = Input(key);
    let id = (|| {
        input.take_array::<1>().filter(|tag| tag == b"B")?;
        let number = u64::from_be_bytes(input.take_array()?);
        let partition = Partition(u64::from_be_bytes(input.take_array()?));
        Some(BlobId { partition, number })
    })();
    id.ok_or_else(|| corrupt("key of a blob's row"))
}

pub(crate) fn checksum_key(number: u64, part: u32) -> Vec<u8> {
    let mut key = Vec::with_capacity(13);
    key.push(b'C');
    key.extend_from_slice(&number.to_be_bytes());
    key.extend_from_slice(&part.to_be_bytes());
    key
}

/// The keys of the rows of checksums of a blob of this length.
pub(crate) fn checksum_keys(number: u64, length: u64) -> impl Iterator<Item = Vec<u8>> {
    let parts = u32::try_from(blocks(length).div_ceil(PART_BLOCKS)).unwrap_or(u32::MAX);
    (1..parts).map(move |part| checksum_key(number, part))
}

pub(crate) fn doomed_key(number: u64) -> Vec<u8> {
    let mut key = Vec::with_capacity(9);
    key.push(b'D');
    key.extend_from_slice(&number.to_be_bytes());
    key
}

/// All rows of deleted blobs.
pub(crate) fn doomed_keys() -> (Bound<Vec<u8>>, Bound<Vec<u8>>) {
    (Bound::Included(vec![b'D']), Bound::Excluded(vec![b'D' + 1]))
}

/// The number, length and extents of a deleted blob.
pub(crate) fn parse_doomed(key: &[u8], value: &[u8]) -> Result<(u64, u64, Vec<Extent>), StorageError> {
    let mut key = Input(key);
    let mut value = Input(value);
    let row = (|| {
        key.take_array::<1>().filter(|tag| tag == b"D")?;
        let number = u64::from_be_bytes(key.take_array()?);
        Some((
            number,
            u64::from_le_bytes(value.take_array()?),
            take_extents(&mut value)?,
        ))
    })();
    row.ok_or_else(|| corrupt("row of a deleted blob"))
}

pub(crate) fn doomed_value(row: &BlobRow) -> Vec<u8> {
    let mut value = row.length.to_le_bytes().to_vec();
    put_extents(&mut value, &row.extents);
    value
}

/// The key of the last run's number.
pub(crate) const RUN_KEY: &[u8] = b"R";

impl BlobRow {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut value = Vec::with_capacity(14 + self.extents.len() * 24 + self.checksums.len() * 4);
        value.push(VERSION);
        value.push(BLOCK_BYTES.trailing_zeros() as u8);
        value.extend_from_slice(&self.length.to_le_bytes());
        put_extents(&mut value, &self.extents);
        value.extend(encode_checksums(&self.checksums));
        value
    }

    pub(crate) fn parse(value: &[u8]) -> Result<Self, StorageError> {
        let mut input = Input(value);
        let row = (|| {
            input.take_array::<1>().filter(|version| version == &[VERSION])?;
            let block = input.take_array::<1>()?;
            if u32::from(block[0]) != BLOCK_BYTES.trailing_zeros() {
                return None;
            }
            let length = u64::from_le_bytes(input.take_array()?);
            let extents = take_extents(&mut input)?;
            let checksums = parse_checksums(input.0)?;
            Some(Self {
                length,
                extents,
                checksums,
            })
        })();
        let row = row.ok_or_else(|| corrupt("row of a blob"))?;
        let held = row
            .extents
            .iter()
            .try_fold(0u64, |sum, extent| sum.checked_add(extent.length));
        if held != Some(row.length) || row.checksums.len() as u64 != blocks(row.length).min(PART_BLOCKS) {
            return Err(corrupt("row of a blob"));
        }
        Ok(row)
    }
}

pub(crate) fn encode_checksums(checksums: &[u32]) -> Vec<u8> {
    checksums.iter().flat_map(|sum| sum.to_le_bytes()).collect()
}

pub(crate) fn parse_checksums(value: &[u8]) -> Option<Vec<u32>> {
    let (sums, rest) = value.as_chunks::<4>();
    rest.is_empty()
        .then(|| sums.iter().map(|sum| u32::from_le_bytes(*sum)).collect())
}

fn put_extents(value: &mut Vec<u8>, extents: &[Extent]) {
    // A blob has at most one extent a block; blobs of 2^32 blocks do not exist.
    let count = u32::try_from(extents.len()).unwrap_or(u32::MAX);
    value.extend_from_slice(&count.to_le_bytes());
    for extent in extents {
        value.extend_from_slice(&extent.segment.to_le_bytes());
        value.extend_from_slice(&extent.offset.to_le_bytes());
        value.extend_from_slice(&extent.length.to_le_bytes());
    }
}

fn take_extents(input: &mut Input<'_>) -> Option<Vec<Extent>> {
    let count = u32::from_le_bytes(input.take_array()?);
    (0..count)
        .map(|_| {
            Some(Extent {
                segment: u64::from_le_bytes(input.take_array()?),
                offset: u64::from_le_bytes(input.take_array()?),
                length: u64::from_le_bytes(input.take_array()?),
            })
        })
        .collect()
}

/// Bytes being parsed.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn take_array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }
}

fn corrupt(what: &str) -> StorageError {
    StorageError::Corrupt(format!("the {what} does not parse"))
}

#[cfg(test)]
mod tests;
