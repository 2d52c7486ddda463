//! Scans that seek, between commits that change what the seeks find.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

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
    /// Puts rows of groups, or deletes them, in one commit.
    Write(Vec<(u8, u8, bool)>),
    /// Lists between two groups, so many entries.
    List(u8, u8, usize),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        1 => prop::collection::vec((0..8_u8, 0..40_u8, any::<bool>()), 1..4).prop_map(Op::Write),
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
            Op::Write(rows) => {
                let rows = rows.into_iter().map(|(group, row, put)| (key(group, row), put));
                let rows: BTreeMap<String, bool> = rows.collect();
                let written = |(key, is_put): (&String, &bool)| match is_put {
                    true => put(key, n),
                    false => Write::Delete(Row::rows(key.clone())),
                };
                write(&engine, rows.iter().map(written).collect()).await;
                for (key, is_put) in rows {
                    match is_put {
                        true => model.insert(key, n),
                        false => model.remove(&key),
                    };
                }
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

/// Each commit moves the first row of every group, so a scan sees rows of one commit, and of none that was older
/// than the last one acknowledged when it began.
async fn scans_beside_commits(others: u8) {
    const COMMITS: u32 = 400;
    const GROUPS: u8 = 20;
    let directory = tempfile::tempdir().unwrap();
    let engine = Arc::new(Engine::open(directory.path(), Options::default()).unwrap());
    let row = |n: u32| 1 + (n.wrapping_mul(2_654_435_761) >> 16) as u8 % 20;
    let moved = move |n: u32| {
        let of_group = move |group| {
            let value = Bytes::from(n.to_string());
            let gone =
                (n > 0 && row(n - 1) != row(n)).then(|| Write::Delete(Row::rows(key(group, row(n - 1)))));
            [Some(Write::Put(Row::rows(key(group, row(n))), value)), gone]
        };
        (10..10 + GROUPS).flat_map(of_group).flatten().collect::<Vec<_>>()
    };
    let others = (10..10 + GROUPS).flat_map(|group| (30..30 + others).map(move |row| key(group, row)));
    let others = others.map(|key| Write::Put(Row::rows(key), Bytes::from("other")));
    write(&engine, others.chain(moved(0)).collect()).await;
    let acknowledged = Arc::new(AtomicU32::new(0));
    let done = Arc::new(AtomicBool::new(false));

    let scans = (0..3).map(|_| {
        let (engine, acknowledged, done) = (engine.clone(), acknowledged.clone(), done.clone());
        tokio::spawn(async move {
            let mut commits = BTreeSet::new();
            while !done.load(Ordering::Acquire) {
                let least = acknowledged.load(Ordering::Acquire);
                let visitor = RolledUp {
                    limit: usize::MAX,
                    ..RolledUp::default()
                };
                let all = Range {
                    start: Bound::Unbounded,
                    end: Bound::Unbounded,
                };
                let seen = engine.scan_with(P, all, visitor).await.unwrap().seen;
                assert_eq!(seen.len(), usize::from(GROUPS), "{seen:?}");
                let values: BTreeSet<&Bytes> = seen.iter().map(|(_, value)| value).collect();
                let [value] = values.into_iter().collect::<Vec<_>>()[..] else {
                    panic!("rows of different commits: {seen:?}");
                };
                let n: u32 = std::str::from_utf8(value).unwrap().parse().unwrap();
                assert!(n >= least, "{n} after {least} was acknowledged");
                assert!(
                    seen.iter()
                        .all(|(key, _)| key.ends_with(format!("/{:02}", row(n)).as_bytes()))
                );
                commits.insert(n);
            }
            commits.len()
        })
    });
    let scans: Vec<_> = scans.collect();
    for n in 1..=COMMITS {
        write(&engine, moved(n)).await;
        acknowledged.store(n, Ordering::Release);
    }
    done.store(true, Ordering::Release);
    for scan in scans {
        assert!(scan.await.unwrap() > 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn scans_that_seek_see_one_commit_each() {
    scans_beside_commits(40).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn scans_that_step_over_a_few_rows_see_one_commit_each() {
    scans_beside_commits(8).await;
}
