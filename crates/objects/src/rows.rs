//! The rows of a bucket's partition, and of the directory.
//!
//! `keys` says where a row lies, `records` what it holds, `listed` reads what a listing shows of it; docs/on-disk.md, "Rows of a bucket", draws the
//! bytes. The first byte of a key is its kind. All versions of a key lie side by side in one family: the
//! *head* (the newest), then the others, newest first. So one scan, which sees one snapshot, lists
//! versions; listing objects visits heads and passes what is older with a seek; and the head is one
//! `get`. Two families would have cost listing versions a merge of two snapshots that a concurrent put
//! falls between.

pub(crate) mod keys;
pub(crate) mod listed;
pub(crate) mod records;

#[cfg(test)]
mod tests;
