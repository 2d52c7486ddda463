//! Row keys.
//!
//! Object keys are escaped so that a terminator can follow and the order of the bytes stays: 0x00 becomes
//! 0x00 0xFF and the key ends with 0x00 0x01. What begins with a prefix still begins with the escaped
//! prefix.

use std::borrow::Cow;
use std::ops::Bound;

use bytes::Bytes;
use cairn_storage::{Range, Row};
use cairn_types::{AccountId, BucketName, RegionName, UploadId, VersionOrder};

/// The bucket's state row, and behind it one row a document.
pub(crate) const STATE: u8 = 0x01;
/// Heads and versions.
pub(crate) const VERSIONS: u8 = 0x02;
/// Open uploads.
pub(crate) const UPLOADS: u8 = 0x03;
/// Parts of open uploads.
pub(crate) const PARTS: u8 = 0x04;
/// Pages of the part lists of multipart objects.
pub(crate) const MANIFESTS: u8 = 0x05;
/// Blobs that a row names.
pub(crate) const BLOBS: u8 = 0x06;
/// Completed and aborted uploads.
pub(crate) const CLOSED: u8 = 0x07;

/// Directory: a bucket by name.
pub(crate) const DIRECTORY_NAMES: u8 = 0x01;
/// Directory: the next partition number.
pub(crate) const DIRECTORY_COUNTER: u8 = 0x02;
/// Directory: partitions to clear.
pub(crate) const DIRECTORY_DEAD: u8 = 0x03;
/// Directory: the shard of a region's buckets.
pub(crate) const DIRECTORY_HOMES: u8 = 0x04;
/// Directory: which regions an account enabled and disabled, by account.
pub(crate) const DIRECTORY_ACCOUNT_REGIONS: u8 = 0x05;
/// Directory: documents of an account, by account and name.
pub(crate) const DIRECTORY_ACCOUNT_DOCUMENTS: u8 = 0x06;

const HEAD: u8 = 0x00;
const OLDER: u8 = 0x01;
const TERMINATOR: [u8; 2] = [0x00, 0x01];

fn escape_into(out: &mut Vec<u8>, text: &str) {
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|byte| *byte == 0) {
        out.extend_from_slice(&rest[..=at]);
        out.push(0xFF);
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
}

/// `kind`, and the text escaped, without the terminator: what all rows of keys that begin with it begin
/// with.
pub(crate) fn prefix(kind: u8, text: &str) -> Vec<u8> {
    begun(kind, text, 0)
}

/// The same with room for so many bytes behind it: a row whose room is filled becomes `Bytes` as it is.
fn begun(kind: u8, text: &str, room: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(1 + text.len() + room);
    out.push(kind);
    escape_into(&mut out, text);
    out
}

/// The text with its terminator, and room for `room` bytes behind it.
fn terminated(kind: u8, key: &str, room: usize) -> Vec<u8> {
    let mut out = begun(kind, key, TERMINATOR.len() + room);
    out.extend_from_slice(&TERMINATOR);
    out
}

/// The least key that is after every key that begins with `key`.
pub(crate) fn after_prefix(mut key: Vec<u8>) -> Vec<u8> {
    while let Some(last) = key.last_mut() {
        if *last < 0xFF {
            *last += 1;
            return key;
        }
        key.pop();
    }
    // Only a key of nothing but 0xFF comes here; kinds are small.
    vec![0xFF; Row::KEY_BYTES_MAX]
}

/// All rows that begin with `key`.
pub(crate) fn range_of(key: Vec<u8>) -> Range {
    Range {
        start: Bound::Included(key.clone().into()),
        end: Bound::Excluded(after_prefix(key).into()),
    }
}

/// The object key a row of [`VERSIONS`] or [`UPLOADS`] belongs to, and what follows the terminator.
/// `None` for what this module never wrote. The key is a copy only where it was escaped.
pub(crate) fn split(row: &[u8]) -> Option<(Cow<'_, str>, &[u8])> {
    let escaped = row.get(1..)?;
    let (part, end) = escaped.split_at_checked(memchr::memchr(0, escaped)?)?;
    // Hardly any key is escaped.
    match end.split_first_chunk()? {
        (&TERMINATOR, suffix) => Some((Cow::Borrowed(std::str::from_utf8(part).ok()?), suffix)),
        _ => split_escaped(escaped),
    }
}

/// [`split`] of a row without its kind, whose key may be escaped.
fn split_escaped(mut rest: &[u8]) -> Option<(Cow<'_, str>, &[u8])> {
    let mut key = Vec::new();
    loop {
        let (part, end) = rest.split_at_checked(memchr::memchr(0, rest)?)?;
        key.extend_from_slice(part);
        let (zero, after) = end.split_first_chunk()?;
        match zero {
            &TERMINATOR => return Some((Cow::Owned(String::from_utf8(key).ok()?), after)),
            [0, 0xFF] => key.push(0),
            _ => return None,
        }
        rest = after;
    }
}

/// Which of a key's version rows a row is, from what [`split`] leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// The newest version.
    Head,
    /// An older one.
    Older(VersionOrder),
}

/// Reads the end of a row of [`VERSIONS`].
pub(crate) fn place(suffix: &[u8]) -> Option<Place> {
    match suffix.split_first()? {
        (&HEAD, []) => Some(Place::Head),
        (&OLDER, order) => Some(Place::Older(VersionOrder(!u64::from_be_bytes(
            order.try_into().ok()?,
        )))),
        _ => None,
    }
}

/// The state row.
pub(crate) fn state() -> Row {
    Row::rows(Bytes::from_static(&[STATE]))
}

/// The row of a document.
pub(crate) fn document(name: &str) -> Row {
    let mut key = vec![STATE];
    key.extend_from_slice(name.as_bytes());
    Row::rows(key)
}

/// The head row of a key.
pub(crate) fn head(key: &str) -> Row {
    let mut row = terminated(VERSIONS, key, 1);
    row.push(HEAD);
    Row::rows(row)
}

/// The row of an older version.
pub(crate) fn older(key: &str, order: VersionOrder) -> Row {
    let mut row = terminated(VERSIONS, key, 9);
    row.push(OLDER);
    row.extend_from_slice(&(!order.0).to_be_bytes());
    Row::rows(row)
}

/// The rows of all older versions of a key.
pub(crate) fn all_older(key: &str) -> Range {
    let mut row = terminated(VERSIONS, key, 1);
    row.push(OLDER);
    range_of(row)
}

/// Where the rows of `kind` of all keys after `key` start.
pub(crate) fn after_key(kind: u8, key: &str) -> Vec<u8> {
    after_prefix(terminated(kind, key, 0))
}

/// The row of an open upload.
pub(crate) fn upload(key: &str, id: &UploadId) -> Row {
    let mut row = terminated(UPLOADS, key, 32);
    row.extend_from_slice(&id.to_bytes());
    Row::rows(row)
}

fn by_upload(kind: u8, id: &[u8; 32]) -> Vec<u8> {
    let mut row = Vec::with_capacity(35);
    row.push(kind);
    row.extend_from_slice(id);
    row
}

/// The row of a part.
pub(crate) fn part(id: &UploadId, number: u16) -> Row {
    let mut row = by_upload(PARTS, &id.to_bytes());
    row.extend_from_slice(&number.to_be_bytes());
    Row::rows(row)
}

/// The rows of all parts of an upload.
pub(crate) fn parts(id: &UploadId) -> Range {
    range_of(by_upload(PARTS, &id.to_bytes()))
}

/// The number at the end of a part row.
pub(crate) fn part_number(row: &[u8]) -> Option<u16> {
    Some(u16::from_be_bytes(*row.last_chunk::<2>()?))
}

/// A page of a part list; lists are named by the bytes of the upload's id.
pub(crate) fn manifest(id: &[u8; 32], page: u16) -> Row {
    let mut row = by_upload(MANIFESTS, id);
    row.extend_from_slice(&page.to_be_bytes());
    Row::rows(row)
}

/// The row that says a blob is named by another.
pub(crate) fn blob(number: u64) -> Row {
    let mut row = vec![BLOBS];
    row.extend_from_slice(&number.to_be_bytes());
    Row::rows(row)
}

/// The number of a row of [`BLOBS`].
pub(crate) fn blob_number(row: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(row.get(1..)?.try_into().ok()?))
}

/// The row of a closed upload.
pub(crate) fn closed(id: &UploadId) -> Row {
    Row::rows(by_upload(CLOSED, &id.to_bytes()))
}

/// The upload of a row of [`CLOSED`].
pub(crate) fn closed_id(row: &[u8]) -> Option<UploadId> {
    UploadId::from_bytes(row.get(1..)?)
}

/// The body of a small object.
pub(crate) fn body(id: &[u8; 16]) -> Row {
    Row::bodies(id.to_vec())
}

/// The directory row of a bucket.
pub(crate) fn name(name: &BucketName) -> Row {
    Row::rows(prefix(DIRECTORY_NAMES, name.as_str()))
}

/// The directory row that counts partitions.
pub(crate) fn counter() -> Row {
    Row::rows(Bytes::from_static(&[DIRECTORY_COUNTER]))
}

/// The directory row of a region's shard.
pub(crate) fn home(region: &RegionName) -> Row {
    Row::rows(prefix(DIRECTORY_HOMES, region.as_str()))
}

/// The directory row of a partition to clear.
pub(crate) fn dead(partition: u64) -> Row {
    let mut row = vec![DIRECTORY_DEAD];
    row.extend_from_slice(&partition.to_be_bytes());
    Row::rows(row)
}

/// The partition of a row of [`DIRECTORY_DEAD`].
pub(crate) fn dead_partition(row: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(row.get(1..)?.try_into().ok()?))
}

/// The directory row of an account's choices of regions.
pub(crate) fn account_regions(account: &AccountId) -> Row {
    Row::rows(prefix(DIRECTORY_ACCOUNT_REGIONS, account.as_str()))
}

/// The directory row of a document of an account. An account's number has twelve digits, so names follow it.
pub(crate) fn account_document(account: &AccountId, name: &str) -> Row {
    let mut row = prefix(DIRECTORY_ACCOUNT_DOCUMENTS, account.as_str());
    escape_into(&mut row, name);
    Row::rows(row)
}
