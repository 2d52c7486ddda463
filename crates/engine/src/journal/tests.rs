//! Journals written here byte by byte, so that every byte can be damaged. What fjall itself writes, and what
//! it makes of what is left: tests/journal.rs.

use std::fs;

use tempfile::TempDir;
use xxhash_rust::xxh3::xxh3_64;

use super::pages::WINDOW_BYTES;
use super::*;

fn batch(number: u64, values: &[Vec<u8>]) -> Vec<u8> {
    let mut entries = Vec::new();
    for value in values {
        let length = u32::try_from(value.len()).unwrap().to_le_bytes();
        entries.extend_from_slice(&[2, 0, 0]);
        entries.extend_from_slice(&3u64.to_le_bytes());
        entries.extend_from_slice(&3u16.to_le_bytes());
        entries.extend_from_slice(&length);
        entries.extend_from_slice(&length);
        entries.extend_from_slice(b"key");
        entries.extend_from_slice(value);
    }
    around(number, u32::try_from(values.len()).unwrap(), &entries)
}

fn around(number: u64, count: u32, entries: &[u8]) -> Vec<u8> {
    let mut bytes = vec![1];
    bytes.extend_from_slice(&count.to_le_bytes());
    bytes.extend_from_slice(&number.to_le_bytes());
    bytes.extend_from_slice(entries);
    bytes.push(3);
    bytes.extend_from_slice(&xxh3_64(entries).to_le_bytes());
    bytes.extend_from_slice(b"FJL\x03");
    bytes
}

/// A value without a zero and without a 1.
fn value(length: usize) -> Vec<u8> {
    (0..length).map(|i| b'a' + (i % 26) as u8).collect()
}

/// Journals by name, and what became of them.
fn repaired(journals: &[(&str, &[u8])]) -> (Result<(), OpenError>, Vec<Vec<u8>>) {
    let directory = TempDir::new().unwrap();
    for (name, bytes) in journals {
        fs::write(directory.path().join(name), bytes).unwrap();
    }
    let result = repair(directory.path(), directory.path());
    let left = journals
        .iter()
        .map(|(name, _)| fs::read(directory.path().join(name)).unwrap());
    let left = left.collect();
    (result, left)
}

/// How long one journal is afterwards.
fn kept(journal: &[u8]) -> usize {
    let (result, left) = repaired(&[("0.jnl", journal)]);
    result.unwrap();
    assert!(journal.starts_with(&left[0]));
    left[0].len()
}

fn refused(journals: &[(&str, &[u8])]) -> String {
    let (result, left) = repaired(journals);
    for ((_, before), after) in journals.iter().zip(left) {
        assert!(*before == after, "touched");
    }
    let error = result.unwrap_err();
    assert!(matches!(error, OpenError::Corrupt { .. }), "{error:?}");
    error.to_string()
}

#[test]
fn what_is_whole_is_left_alone() {
    let clear = around(9, 1, &[4, 1, 0, 0, 0, 0, 0, 0, 0]);
    let mut journal = [
        batch(4, &[value(10)]),
        batch(5, &[]),
        batch(8, &[value(0), value(7)]),
        clear,
    ]
    .concat();
    assert_eq!(kept(&[]), 0);
    assert_eq!(kept(&journal), journal.len());
    for reserved in [1, 5000, 3 * WINDOW_BYTES + 7] {
        journal.resize(journal.len() + reserved, 0);
        assert_eq!(kept(&journal), journal.len());
    }
}

#[test]
fn values_may_be_longer_than_the_window() {
    for length in [WINDOW_BYTES - 60, WINDOW_BYTES, 3 * WINDOW_BYTES] {
        let first = batch(1, &[value(length), value(30)]);
        let journal = [first.clone(), batch(2, &[value(length)])].concat();
        assert_eq!(kept(&journal), journal.len());
        assert_eq!(kept(&journal[..journal.len() - 1]), first.len());
    }
}

#[test]
fn whatever_is_left_of_the_last_batch_is_cut_off() {
    let whole = batch(1, &[value(30)]);
    let torn = batch(2, &[value(4), value(5)]);
    for left in 1..torn.len() {
        // Cut short, in a file of that length and in one with reserved space.
        let mut journal = [&whole, &torn[..left]].concat();
        assert_eq!(kept(&journal), whole.len(), "{left} bytes left");
        journal.resize(10_000, 0);
        assert_eq!(kept(&journal), whole.len(), "{left} bytes left");
        // Its beginning lost.
        let mut journal = [&whole[..], &torn].concat();
        journal[whole.len()..whole.len() + left].fill(0);
        assert_eq!(kept(&journal), whole.len(), "{left} bytes lost");
        // The very first batch of all.
        assert_eq!(kept(&torn[..left]), 0);
    }
}

#[test]
fn a_wrong_byte_is_cut_off_in_the_last_batch_and_refused_in_an_earlier_one() {
    let batches = [
        batch(10, &[value(30)]),
        batch(11, &[value(5), value(0)]),
        batch(12, &[value(20)]),
    ];
    let journal = batches.concat();
    let last = journal.len() - batches[2].len();
    for at in 0..journal.len() {
        for flip in [1, 0x80] {
            let mut damaged = journal.clone();
            damaged[at] ^= flip;
            // The number of a batch is not in its checksum. One too high is seen at the next batch.
            let number_of_last = (last + 5..last + 13).contains(&at);
            let too_low = at == last + 5 && damaged[at] <= 11;
            if number_of_last && !too_low {
                assert_eq!(kept(&damaged), journal.len());
            } else if at >= last && !too_low {
                assert_eq!(kept(&damaged), last, "byte {at} ^ {flip}");
            } else {
                let message = refused(&[("0.jnl", &damaged)]);
                assert!(message.contains("does not read back at byte"), "{message}");
                assert!(
                    message.contains("truncate -s") && message.contains("cairn scrub"),
                    "{message}"
                );
            }
        }
    }
}

#[test]
fn lost_sectors_are_cut_off_in_the_last_batch_and_refused_in_an_earlier_one() {
    let batches = [
        batch(1, &[value(2000)]),
        batch(2, &[value(900), value(2000)]),
        batch(3, &[value(3000)]),
    ];
    let journal = batches.concat();
    let last = journal.len() - batches[2].len();
    for sector in 0..journal.len() / 512 {
        for sectors in 1..3 {
            let mut damaged = journal.clone();
            let end = ((sector + sectors) * 512).min(journal.len());
            damaged[sector * 512..end].fill(0);
            if sector * 512 >= last {
                assert_eq!(kept(&damaged), last);
            } else if end > last {
                // No telling from a torn batch: the limit that docs/on-disk.md names.
                assert_eq!(kept(&damaged), batches[0].len());
            } else {
                refused(&[("0.jnl", &damaged)]);
            }
        }
    }
}

#[test]
fn a_broken_batch_with_a_torn_one_behind_it_was_acknowledged() {
    let mut first = batch(1, &[value(100)]);
    first[50] ^= 1;
    let message = refused(&[("0.jnl", &[&first, &batch(2, &[value(9)])[..20]].concat())]);
    assert!(message.contains("more was written behind it"), "{message}");
}

#[test]
fn a_batch_that_a_body_happens_to_hold_is_not_taken_for_a_later_one() {
    // A copy of older journal in a body that was torn.
    let whole = batch(7, &[value(30)]);
    let mut torn = batch(8, &[batch(6, &[value(10)]), value(600)]);
    let length = torn.len();
    torn[length - 5] ^= 1;
    assert_eq!(kept(&[&whole[..], &torn].concat()), whole.len());
}

#[test]
fn only_the_newest_journal_that_was_written_to_may_be_torn() {
    let old = batch(1, &[value(30)]);
    let torn = [&old[..], &batch(2, &[value(30)])[..40]].concat();
    let new = batch(3, &[value(30)]);
    // Begun by fjall after a write that failed: nothing was accepted after it.
    let empty = vec![0; 100_000];
    let (result, left) = repaired(&[("9.jnl", &torn), ("10.jnl", &empty)]);
    result.unwrap();
    assert_eq!((left[0].len(), left[1].len()), (old.len(), empty.len()));

    let message = refused(&[("9.jnl", &torn), ("10.jnl", &new)]);
    assert!(message.contains("10.jnl was written to"), "{message}");
    assert!(message.contains("&& rm"), "{message}");
    refused(&[("9.jnl", &torn), ("10.jnl", &new[..20])]);

    // In order, and the torn one the last.
    let (result, left) = repaired(&[("9.jnl", &old), ("10.jnl", &torn[old.len()..]), ("11.jnl", &[])]);
    result.unwrap();
    assert_eq!((left[0].len(), left[1].len()), (old.len(), 0));
    refused(&[("9.jnl", &new), ("10.jnl", &old)]);
}

#[test]
fn other_files_are_none_of_its_business() {
    let (result, left) = repaired(&[("version", b"FJL\x03"), ("x.jnl", b"abc"), ("lock", b"")]);
    result.unwrap();
    assert_eq!(left[1], b"abc");
    repair(Path::new("/nowhere"), Path::new("/nowhere/index")).unwrap();
}

#[test]
fn a_search_ends_where_too_much_looks_like_batches() {
    // Each start leads through the whole rest of the file.
    let rest = 17 * 1024 * 1024u32;
    let mut journal = vec![9];
    for _ in 0..(search::SEARCH_BYTES_MAX / u64::from(rest)) + 2 {
        let mut start = around(1, 1, &[]);
        start.truncate(13);
        journal.extend_from_slice(&start);
        journal.extend_from_slice(&batch(1, &[vec![]])[13..13 + 21]);
        let header = journal.len() - 8;
        journal[header..header + 4].copy_from_slice(&rest.to_le_bytes());
        journal[header + 4..].copy_from_slice(&rest.to_le_bytes());
    }
    journal.resize(journal.len() + rest as usize + 100, b'x');
    let message = refused(&[("0.jnl", &journal)]);
    assert!(message.contains("too much like batches"), "{message}");
}
