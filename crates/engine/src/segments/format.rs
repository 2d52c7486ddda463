//! The bytes of a segment file that are not a blob's. See docs/on-disk.md.

use crc_fast::CrcAlgorithm;

/// Bytes of the header, at offset 0.
pub(crate) const HEADER_BYTES: u64 = 4096;
/// Bytes of the footer, the last of a sealed segment.
pub(crate) const FOOTER_BYTES: u64 = 4096;

const HEADER_MAGIC: &[u8; 8] = b"CAIRNSEG";
const FOOTER_MAGIC: &[u8; 8] = b"CAIRNEND";
const VERSION: u32 = 1;

/// CRC-32C, the checksum of blocks, headers and footers.
pub(crate) fn crc32c(data: &[u8]) -> u32 {
    // A 32-bit sum in a 64-bit answer.
    crc_fast::checksum(CrcAlgorithm::Crc32Iscsi, data) as u32
}

/// Magic, version, segment number, checksum of these; then zeros.
pub(crate) fn header(number: u64) -> [u8; HEADER_BYTES as usize] {
    page(HEADER_MAGIC, number, 0)
}

/// As the header, with its own offset before the checksum.
pub(crate) fn footer(number: u64, offset: u64) -> [u8; FOOTER_BYTES as usize] {
    page(FOOTER_MAGIC, number, offset)
}

fn page(magic: &[u8; 8], number: u64, offset: u64) -> [u8; 4096] {
    let mut page = [0; 4096];
    page[0..8].copy_from_slice(magic);
    page[8..12].copy_from_slice(&VERSION.to_le_bytes());
    page[12..20].copy_from_slice(&number.to_le_bytes());
    page[20..28].copy_from_slice(&offset.to_le_bytes());
    let sum = crc32c(&page[0..28]);
    page[28..32].copy_from_slice(&sum.to_le_bytes());
    page
}
