//! How identity data lies in the directory partition: row keys, and values.
//!
//! Every key begins with [`IDENTITY`], which no row of buckets does, and a byte that says which noun. What
//! belongs to an account has the account's twelve digits next, so that one account's users are one range, in
//! the order of their names. Names are unique whatever their case (facts/05 §3), so keys have them in lower
//! case; the name as given is in the value.
//!
//! Values are a form byte and postcard, as everywhere in the store (docs/on-disk.md).

use std::ops::Bound;

use bytes::Bytes;
use cairn_storage::{Range, Row, StorageError};
use cairn_types::{AccessKeyId, AccountId, CanonicalUserId};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The first byte of every row of this crate.
const IDENTITY: u8 = 0x10;

/// The form all values have now.
const FORM: u8 = 1;

/// Which noun a row is of. A number is given out once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Noun {
    /// Counts commits of identity data.
    Epoch = 0x00,
    /// Accounts, by number.
    Account = 0x01,
    /// Account numbers, by alias.
    Alias = 0x02,
    /// Account numbers, by canonical user id.
    CanonicalUser = 0x03,
    /// Access keys, by id.
    AccessKey = 0x04,
    /// When an access key was last used.
    LastUsed = 0x05,
    /// A text that tells whether the master key is the right one.
    MasterKeyCheck = 0x07,
    /// What a unique id (AIDA…, AROA…) is of.
    UniqueId = 0x06,
    /// Users, by account and name.
    User = 0x10,
    /// Groups, by account and name.
    Group = 0x11,
    /// Roles, by account and name.
    Role = 0x12,
    /// Customer managed policies, by account and name.
    ManagedPolicy = 0x13,
    /// Members of groups: account, group's id, user's id.
    Membership = 0x14,
    /// Who a managed policy is attached to: account, the policy's ARN, the id of whom.
    Attachment = 0x15,
    /// MFA devices, by account and name.
    MfaDevice = 0x16,
    /// OpenID Connect providers, by account and URL.
    OidcProvider = 0x17,
}

fn key(noun: Noun, parts: &[&str]) -> Vec<u8> {
    let mut key = vec![IDENTITY, noun as u8];
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            // No name, ARN or URL has it.
            key.push(0);
        }
        key.extend_from_slice(part.as_bytes());
    }
    key
}

/// The row of a noun with this address: its account, if it belongs to one, and its name.
pub(crate) fn row(noun: Noun, parts: &[&str]) -> Row {
    Row::rows(key(noun, parts))
}

/// The row that counts commits.
pub(crate) fn epoch() -> Row {
    row(Noun::Epoch, &[])
}

/// The row of an account.
pub(crate) fn account(id: &AccountId) -> Row {
    row(Noun::Account, &[id.as_str()])
}

/// The row that says whose a canonical user id is.
pub(crate) fn canonical_user(id: &CanonicalUserId) -> Row {
    row(Noun::CanonicalUser, &[id.as_str()])
}

/// The row of an access key.
pub(crate) fn access_key(id: &AccessKeyId) -> Row {
    row(Noun::AccessKey, &[id.as_str()])
}

/// The row of something with a name, of an account: the name in any case.
pub(crate) fn named(noun: Noun, account: &AccountId, name: &str) -> Row {
    row(noun, &[account.as_str(), &name.to_lowercase()])
}

/// All rows of a noun whose address begins with these parts (whole ones).
pub(crate) fn all(noun: Noun, parts: &[&str]) -> Range {
    let mut start = key(noun, parts);
    if !parts.is_empty() {
        start.push(0);
    }
    let mut end = start.clone();
    match end.last_mut() {
        // The noun's byte, or the separator: neither is 0xFF.
        Some(last) => *last += 1,
        None => end.push(0xFF),
    }
    Range {
        start: Bound::Included(start.into()),
        end: Bound::Excluded(end.into()),
    }
}

/// The last part of a key: the name in lower case, or the id.
pub(crate) fn last_part(key: &[u8]) -> &str {
    let last = key.rsplit(|byte| *byte == 0).next().unwrap_or_default();
    std::str::from_utf8(last).unwrap_or_default()
}

/// A part of a key by its place, counted from 0; empty where there is none.
pub(crate) fn part(key: &[u8], place: usize) -> &str {
    // Before the first part stand two bytes, of which the noun's may be 0.
    let parts = key.get(2..).unwrap_or_default();
    let part = parts.split(|byte| *byte == 0).nth(place).unwrap_or_default();
    std::str::from_utf8(part).unwrap_or_default()
}

/// A value of a row.
pub(crate) trait Record: Serialize + DeserializeOwned {
    /// What it is, for the report of a damaged row.
    const WHAT: &'static str;
}

/// Encodes a record.
pub(crate) fn encode<R: Record>(record: &R) -> Result<Bytes, StorageError> {
    postcard::to_extend(record, vec![FORM])
        .map(Bytes::from)
        .map_err(|_| StorageError::Corrupt(format!("a {} that cannot be written", R::WHAT)))
}

/// Decodes a whole value.
pub(crate) fn decode<R: Record>(value: &[u8]) -> Result<R, StorageError> {
    let record = match value.split_first() {
        Some((&FORM, rest)) => postcard::take_from_bytes(rest).ok(),
        _ => None,
    };
    match record {
        Some((record, [])) => Ok(record),
        _ => Err(StorageError::Corrupt(format!("a row that is no {}", R::WHAT))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_of_one_account_are_one_range() {
        let first = AccountId::parse("111111111111").unwrap();
        let second = AccountId::parse("111111111112").unwrap();
        let range = all(Noun::User, &[first.as_str()]);
        let inside = |row: Row| {
            let after = matches!(&range.start, Bound::Included(start) if *start <= row.key);
            after && matches!(&range.end, Bound::Excluded(end) if row.key < *end)
        };
        assert!(inside(named(Noun::User, &first, "Alice")));
        assert!(inside(named(Noun::User, &first, "\u{e9}")));
        assert!(!inside(named(Noun::User, &second, "Alice")));
        assert!(!inside(named(Noun::Group, &first, "Alice")));
        assert_eq!(
            named(Noun::User, &first, "Alice"),
            named(Noun::User, &first, "aLICE")
        );
        assert_eq!(last_part(&named(Noun::User, &first, "Alice").key), "alice");
    }

    #[test]
    fn all_of_a_noun_ends_where_the_next_begins() {
        let range = all(Noun::Account, &[]);
        assert!(matches!(&range.end, Bound::Excluded(end) if end[..] == [IDENTITY, 0x02]));
        assert!(matches!(&range.start, Bound::Included(start) if start[..] == [IDENTITY, 0x01]));
    }
}
