//! The operations of the model test, and how they are drawn.
#![allow(unreachable_pub, missing_docs)]

use cairn_objects::Versioning;
use proptest::prelude::*;

pub const KEYS: &[&str] = &[
    "a",
    "a/",
    "a/b",
    "a/b/c",
    "a/\u{0}",
    "a\u{0}",
    "a\u{0}b",
    "a\u{1}",
    "b//",
    "b//c",
    "é",
    "\u{10FFFF}",
];
pub const SIZES: &[usize] = &[0, 1, 700, 1024, 1025, 3000];
pub const TEXTS: &[&str] = &["", "a", "a/", "a/b", "a/b/", "a\u{0}", "b/", "b//", "zz", "é"];
pub const DELIMITERS: &[&str] = &["", "/", "//", "b", "\u{0}"];

#[derive(Debug, Clone)]
pub enum Which {
    Latest,
    Null,
    /// One of the key's versions, newest first.
    Nth(usize),
    /// One that never was.
    Unknown,
}

#[derive(Debug, Clone)]
pub enum If {
    Nothing,
    Absent,
    /// The latest object's ETag.
    Current,
    Wrong,
}

#[derive(Debug, Clone)]
pub enum Op {
    Put(usize, usize, If),
    Delete(usize, Which),
    DeleteMany(Vec<usize>),
    Versioning(Versioning),
    Copy(usize, Which, usize),
    Tag(usize, Which, u8),
    Create(usize),
    Part(usize, u64, usize),
    Complete(usize, u8, If),
    Abort(usize),
    CompleteAgain(usize),
    List(usize, usize, usize, usize),
    ListVersions(usize, usize, usize, usize),
    ListUploads(usize, usize, usize, usize),
    Reopen,
}

pub fn which() -> impl Strategy<Value = Which> {
    prop_oneof![
        3 => Just(Which::Latest),
        1 => Just(Which::Null),
        3 => (0..4_usize).prop_map(Which::Nth),
        1 => Just(Which::Unknown),
    ]
}

pub fn condition() -> impl Strategy<Value = If> {
    prop_oneof![
        5 => Just(If::Nothing),
        1 => Just(If::Absent),
        1 => Just(If::Current),
        1 => Just(If::Wrong),
    ]
}

pub fn op() -> impl Strategy<Value = Op> {
    let key = 0..KEYS.len();
    let size = 0..SIZES.len();
    let form = || {
        (
            0..TEXTS.len(),
            0..DELIMITERS.len(),
            0..TEXTS.len() + KEYS.len(),
            1..5_usize,
        )
    };
    let versioning = prop_oneof![
        2 => Just(Versioning::Enabled),
        1 => Just(Versioning::Suspended),
        1 => Just(Versioning::Unversioned),
    ];
    prop_oneof![
        12 => (key.clone(), size.clone(), condition()).prop_map(|(k, s, i)| Op::Put(k, s, i)),
        8 => (key.clone(), which()).prop_map(|(k, w)| Op::Delete(k, w)),
        1 => prop::collection::vec(key.clone(), 1..6).prop_map(Op::DeleteMany),
        3 => versioning.prop_map(Op::Versioning),
        3 => (key.clone(), which(), key.clone()).prop_map(|(k, w, t)| Op::Copy(k, w, t)),
        3 => (key.clone(), which(), 0..4_u8).prop_map(|(k, w, n)| Op::Tag(k, w, n)),
        4 => key.clone().prop_map(Op::Create),
        8 => (0..4_usize, 1..4_u64, size).prop_map(|(u, n, s)| Op::Part(u, n, s)),
        6 => (0..4_usize, any::<u8>(), condition()).prop_map(|(u, l, i)| Op::Complete(u, l, i)),
        1 => (0..4_usize).prop_map(Op::Abort),
        1 => (0..4_usize).prop_map(Op::CompleteAgain),
        2 => form().prop_map(|(p, d, m, l)| Op::List(p, d, m, l)),
        2 => form().prop_map(|(p, d, m, l)| Op::ListVersions(p, d, m, l)),
        2 => form().prop_map(|(p, d, m, l)| Op::ListUploads(p, d, m, l)),
        1 => Just(Op::Reopen),
    ]
}
