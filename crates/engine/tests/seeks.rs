//! Scans that seek, between commits that change what the seeks find.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::ops::Bound;

use bytes::Bytes;
use cairn_engine::{Engine, Options};
use cairn_storage::{Commit, Index, IndexExt, Partition, Range, Row, Step, Visitor, Write};
use proptest::prelude::*;

const P: Partition = Partition(3);

/// Rolls keys up at the slash, as a listing does: of what shares a first part only the first row is seen.
#[derive(Default)]
struct RolledUp {
    seen: Vec<(Bytes, Bytes)>,
    limit: usize,
}

impl Visitor for RolledUp {
    fn visit(&mut self, key: &[u8], value: &[u8]) -> Step {
        if self.seen.len() == self.limit {
            return Step::Stop;
        }
        self.seen
            .push((Bytes::copy_from_slice(key), Bytes::copy_from_slice(value)));
        match key.iter().position(|byte| *byte == b'/') {
            None => Step::Next,
            Some(slash) => Step::Seek([&key[..slash], b"0"].concat().into()),
        }
    }
}

fn expected(model: &BTreeMap<String, u32>, start: &str, end: &str, limit: usize) -> Vec<(Bytes, Bytes)> {
    let mut seen = Vec::new();
    let mut hidden: Option<String> = None;
    for (key, value) in model.range(start.to_owned()..end.to_owned()) {
        if hidden.as_ref().is_some_and(|prefix| key.starts_with(prefix)) {
            continue;
        }
        hidden = key.split_once('/').map(|(first, _)| format!("{first}/"));
        seen.push((key.clone().into(), value.to_string().into()));
    }
    seen.truncate(limit);
    seen
}

#[derive(Debug, Clone)]
enum Op {
    /// Puts a row of a group, or deletes it.
    Write(u8, u8, bool),
    /// Lists between two groups, so many entries.
    List(u8, u8, usize),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        1 => (0..8_u8, 0..40_u8, any::<bool>()).prop_map(|(group, row, put)| Op::Write(group, row, put)),
        2 => (0..8_u8, 0..10_u8, 1..12_usize).prop_map(|(start, end, limit)| Op::List(start, end, limit)),
    ]
}

fn key(group: u8, row: u8) -> String {
    // Some keys are not in any group.
    if row == 0 {
        format!("{group}")
    } else {
        format!("{group}/{row:02}")
    }
}

async fn write(engine: &Engine, writes: Vec<Write>) {
    let commit = Commit {
        expectations: vec![],
        writes,
    };
    engine.commit(P, commit).await.unwrap();
}

async fn run(ops: Vec<Op>) {
    let directory = tempfile::tempdir().unwrap();
    let engine = Engine::open(directory.path(), Options::default()).unwrap();
    let mut model = BTreeMap::new();
    let all = (0..8).flat_map(|group| (0..40).map(move |row| key(group, row)));
    model.extend(all.map(|key| (key, 0)));
    let put = |key: &String, value: u32| Write::Put(Row::rows(key.clone()), value.to_string().into());
    write(&engine, model.keys().map(|key| put(key, 0)).collect()).await;
    for (n, op) in (1..).zip(ops) {
        match op {
            Op::Write(group, row, true) => {
                let key = key(group, row);
                write(&engine, vec![put(&key, n)]).await;
                model.insert(key, n);
            }
            Op::Write(group, row, false) => {
                let key = key(group, row);
                write(&engine, vec![Write::Delete(Row::rows(key.clone()))]).await;
                model.remove(&key);
            }
            Op::List(start, end, limit) => {
                let (start, end) = (start.min(end).to_string(), start.max(end).to_string());
                let range = Range {
                    start: Bound::Included(start.clone().into()),
                    end: Bound::Excluded(end.clone().into()),
                };
                let visitor = RolledUp {
                    limit,
                    ..RolledUp::default()
                };
                let found = engine.scan_with(P, range, visitor).await.unwrap().seen;
                assert_eq!(found, expected(&model, &start, &end, limit));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 100, ..ProptestConfig::default() })]

    #[test]
    fn seeks_find_what_is_there(ops in prop::collection::vec(op(), 1..120)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(run(ops));
    }
}
