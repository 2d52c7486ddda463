//! What every [`Index`] must do.

use std::collections::BTreeMap;
use std::ops::Bound;

use bytes::Bytes;
use futures_util::future::{join, join_all};

use super::{Factory, Random};
use crate::{
    Commit, CommitError, Expectation, Index, IndexExt, Partition, Range, Row, Space, Step, StorageError,
    Visitor, Write,
};

const P: Partition = Partition(7);

/// Everything between two bounds.
pub(super) fn everything() -> Range {
    Range {
        start: Bound::Unbounded,
        end: Bound::Unbounded,
    }
}

/// Collects rows, at most so many.
struct Collect {
    rows: Vec<(Bytes, Bytes)>,
    limit: usize,
}

impl Visitor for Collect {
    fn visit(&mut self, key: &[u8], value: &[u8]) -> Step {
        self.rows
            .push((Bytes::copy_from_slice(key), Bytes::copy_from_slice(value)));
        if self.rows.len() < self.limit {
            Step::Next
        } else {
            Step::Stop
        }
    }
}

pub(super) async fn rows(store: &impl Index, partition: Partition, range: Range) -> Vec<(Bytes, Bytes)> {
    let visitor = Collect {
        rows: Vec::new(),
        limit: usize::MAX,
    };
    store.scan_with(partition, range, visitor).await.unwrap().rows
}

async fn keys(store: &impl Index, range: Range) -> Vec<Bytes> {
    rows(store, P, range)
        .await
        .into_iter()
        .map(|(key, _)| key)
        .collect()
}

pub(super) async fn write(store: &impl Index, partition: Partition, writes: Vec<Write>) {
    store
        .commit(
            partition,
            Commit {
                expectations: vec![],
                writes,
            },
        )
        .await
        .unwrap();
}

pub(super) fn put(key: &'static str, value: &'static str) -> Write {
    Write::Put(Row::rows(key), value.into())
}

/// What was put is what is read; the two spaces are apart; what was deleted is gone.
pub async fn rows_read_back<F: Factory>(factory: &F) {
    let store = factory.open().await;
    assert_eq!(store.get(P, &Row::rows("a")).await.unwrap(), None);
    write(
        &store,
        P,
        vec![
            put("a", "1"),
            Write::Put(Row::bodies("a"), "body".into()),
            put("empty", ""),
        ],
    )
    .await;
    assert_eq!(store.get(P, &Row::rows("a")).await.unwrap().unwrap(), "1");
    assert_eq!(store.get(P, &Row::bodies("a")).await.unwrap().unwrap(), "body");
    assert_eq!(store.get(P, &Row::rows("empty")).await.unwrap().unwrap(), "");
    write(&store, P, vec![put("a", "2"), Write::Delete(Row::rows("never"))]).await;
    assert_eq!(store.get(P, &Row::rows("a")).await.unwrap().unwrap(), "2");
    write(&store, P, vec![Write::Delete(Row::rows("a"))]).await;
    assert_eq!(store.get(P, &Row::rows("a")).await.unwrap(), None);
    assert_eq!(store.get(P, &Row::bodies("a")).await.unwrap().unwrap(), "body");
    factory.close(store).await;
}

/// Order is that of the bytes: zero bytes, high bytes and prefixes included.
pub async fn rows_are_ordered_by_bytes<F: Factory>(factory: &F) {
    let store = factory.open().await;
    let mut expected: Vec<Bytes> = [
        "a",
        "a/",
        "a\0",
        "a\0b",
        "b",
        "\u{10ffff}",
        "é",
        "Z",
        "z",
        "\0",
        "\u{7f}",
        " ",
    ]
    .map(Bytes::from)
    .into();
    expected.push(Bytes::from_static(&[0xff, 0xff]));
    expected.push(Bytes::from_static(&[0xff]));
    let writes = expected
        .iter()
        .map(|key| Write::Put(Row::rows(key.clone()), key.clone()))
        .collect();
    write(&store, P, writes).await;
    expected.sort();
    assert_eq!(keys(&store, everything()).await, expected);
    factory.close(store).await;
}

/// Included, excluded and open bounds; ranges that hold nothing.
pub async fn scan_keeps_to_its_bounds<F: Factory>(factory: &F) {
    use Bound::{Excluded, Included, Unbounded};
    let store = factory.open().await;
    let writes = ["a", "b", "b\0", "c", "d"].map(|key| put(key, "")).into();
    write(&store, P, writes).await;
    let bound = |bound: Bound<&'static str>| bound.map(Bytes::from);
    for (start, end, expected) in [
        (Unbounded, Unbounded, "a b b\0 c d"),
        (Included("b"), Unbounded, "b b\0 c d"),
        (Excluded("b"), Unbounded, "b\0 c d"),
        (Excluded("b\0"), Included("c"), "c"),
        (Unbounded, Included("b"), "a b"),
        (Unbounded, Excluded("b"), "a"),
        (Included("aa"), Excluded("bb"), "b b\0"),
        (Included("c"), Included("c"), "c"),
        (Included("c"), Excluded("c"), ""),
        (Excluded("c"), Excluded("c"), ""),
        (Excluded("c"), Included("c"), ""),
        (Included("d"), Included("a"), ""),
        (Excluded("d"), Unbounded, ""),
        (Unbounded, Excluded("a"), ""),
    ] {
        let range = Range {
            start: bound(start),
            end: bound(end),
        };
        let found = keys(&store, range).await;
        let expected: Vec<_> = expected.split(' ').filter(|key| !key.is_empty()).collect();
        assert_eq!(found, expected, "{start:?} to {end:?}");
    }
    factory.close(store).await;
}

/// After a key, does what it was told for that key.
struct Steps {
    told: BTreeMap<String, Step>,
    seen: Vec<String>,
}

impl Visitor for Steps {
    fn visit(&mut self, key: &[u8], _value: &[u8]) -> Step {
        let key = String::from_utf8(key.to_vec()).unwrap();
        let step = self.told.get(&key).cloned().unwrap_or(Step::Next);
        self.seen.push(key);
        step
    }
}

/// A seek goes to the first row at or after its target, keeps to the range, and never goes back.
pub async fn scan_seeks_and_stops<F: Factory>(factory: &F) {
    let store = factory.open().await;
    let writes = ["a", "b/1", "b/2", "b/3", "c", "d", "e"]
        .map(|key| put(key, ""))
        .into();
    write(&store, P, writes).await;
    let seek = |target: &'static str| Step::Seek(target.into());
    for (told, end, expected) in [
        (vec![("b/1", seek("b0"))], Bound::Unbounded, "a b/1 c d e"),
        (vec![("a", seek("b/3"))], Bound::Unbounded, "a b/3 c d e"),
        (vec![("a", seek("b/25"))], Bound::Unbounded, "a b/3 c d e"),
        (vec![("a", seek("z"))], Bound::Unbounded, "a"),
        (vec![("a", seek("e"))], Bound::Excluded("d".into()), "a"),
        (vec![("a", seek("d"))], Bound::Excluded("d".into()), "a"),
        (vec![("a", seek("d"))], Bound::Included("d".into()), "a d"),
        (
            vec![("a", seek("b")), ("b/1", seek("b0")), ("c", seek("e"))],
            Bound::Unbounded,
            "a b/1 c e",
        ),
        // Not ahead: the next row, rather than the same one for ever.
        (
            vec![("c", seek("a")), ("d", seek("d"))],
            Bound::Unbounded,
            "a b/1 b/2 b/3 c d e",
        ),
        (vec![("b/2", Step::Stop)], Bound::Unbounded, "a b/1 b/2"),
    ] {
        let visitor = Steps {
            told: told
                .iter()
                .cloned()
                .map(|(key, step)| (key.to_owned(), step))
                .collect(),
            seen: vec![],
        };
        let range = Range {
            start: Bound::Unbounded,
            end,
        };
        let visitor = store.scan_with(P, range, visitor).await.unwrap();
        assert_eq!(visitor.seen.join(" "), expected, "{told:?}");
    }
    factory.close(store).await;
}

/// Seeks over gaps of no rows, few and many, in one scan: every one goes to its target.
pub async fn scan_seeks_over_gaps_of_any_size<F: Factory>(factory: &F) {
    const GAPS: [usize; 14] = [0, 1, 15, 16, 17, 200, 3, 200, 100, 40, 20, 18, 2, 0];
    let store = factory.open().await;
    let mut writes = Vec::new();
    let mut told = BTreeMap::new();
    let mut expected = Vec::new();
    for (group, gap) in GAPS.into_iter().enumerate() {
        let first = format!("{group:02}/");
        let row = |key: String| Write::Put(Row::rows(key), Bytes::new());
        writes.push(row(first.clone()));
        writes.extend((0..gap).map(|n| row(format!("{first}{n:03}"))));
        told.insert(first.clone(), Step::Seek(format!("{group:02}0").into()));
        expected.push(first);
    }
    write(&store, P, writes).await;
    let visitor = Steps { told, seen: vec![] };
    let visitor = store.scan_with(P, everything(), visitor).await.unwrap();
    assert_eq!(visitor.seen, expected);
    factory.close(store).await;
}

/// Commits that change many rows at once, and scans meanwhile: every scan sees rows of one commit only.
pub async fn scan_sees_one_snapshot<F: Factory>(factory: &F) {
    const ROWS: u32 = 200;
    let store = factory.open().await;
    let set = |value: u32| {
        let row = |n: u32| Row::rows(format!("{n:04}"));
        (0..ROWS)
            .map(|n| Write::Put(row(n), value.to_string().into()))
            .collect::<Vec<_>>()
    };
    write(&store, P, set(0)).await;
    let writer = async {
        for value in 1..40 {
            write(&store, P, set(value)).await;
        }
    };
    let scanner = async {
        for _ in 0..60 {
            let found = rows(&store, P, everything()).await;
            assert_eq!(found.len(), ROWS as usize);
            assert!(
                found.iter().all(|(_, value)| *value == found[0].1),
                "a scan saw two commits mixed"
            );
        }
    };
    join(writer, scanner).await;
    factory.close(store).await;
}

/// Sees the first row of each group and passes the rest.
#[derive(Default)]
struct FirstOfGroup(Vec<(String, Bytes)>);

impl Visitor for FirstOfGroup {
    fn visit(&mut self, key: &[u8], value: &[u8]) -> Step {
        let key = String::from_utf8(key.to_vec()).unwrap();
        let next = format!("{}0", &key[..2]);
        self.0.push((key, Bytes::copy_from_slice(value)));
        Step::Seek(next.into())
    }
}

/// Commits that change the first row of every group, and scans that seek from group to group, meanwhile
/// and while nothing is written: every scan sees rows of one commit only, and of the last that
/// returned or a later one.
pub async fn scan_that_seeks_sees_one_snapshot<F: Factory>(factory: &F) {
    const GROUPS: u32 = 20;
    let store = factory.open().await;
    let rows = (0..GROUPS).flat_map(|group| (1..40).map(move |n| format!("{group:02}/{n:02}")));
    let put = |key: String, value: u32| Write::Put(Row::rows(key), value.to_string().into());
    write(&store, P, rows.map(|key| put(key, 0)).collect()).await;
    // The first row of every group comes, changes and goes.
    let set = |value: u32| {
        let row = |group: u32| Row::rows(format!("{group:02}/00"));
        let write = |group| match value % 3 {
            0 => Write::Delete(row(group)),
            _ => Write::Put(row(group), value.to_string().into()),
        };
        (0..GROUPS).map(write).collect::<Vec<_>>()
    };
    let returned = std::sync::atomic::AtomicU32::new(0);
    let order = std::sync::atomic::Ordering::SeqCst;
    let writer = async {
        for value in 1..60 {
            write(&store, P, set(value)).await;
            returned.store(value, order);
            // Scans while nothing is written.
            for _ in 0..value % 3 {
                let visitor = FirstOfGroup::default();
                let found = store.scan_with(P, everything(), visitor).await.unwrap().0;
                let expected = if value % 3 == 0 { 0 } else { value };
                assert!(found.iter().all(|(_, found)| *found == expected.to_string()));
            }
        }
    };
    let scanner = async {
        while returned.load(order) < 59 {
            let least = returned.load(order);
            let visitor = FirstOfGroup::default();
            let found = store.scan_with(P, everything(), visitor).await.unwrap().0;
            assert_eq!(found.len(), GROUPS as usize);
            let (first, value) = &found[0];
            let number: u32 = std::str::from_utf8(value).unwrap().parse().unwrap();
            assert!(
                number == 0 || number >= least,
                "a scan saw {number} after {least} had returned"
            );
            for (key, also) in &found {
                assert_eq!(
                    (&key[2..], also),
                    (&first[2..], value),
                    "a scan saw two commits mixed"
                );
            }
        }
    };
    join(writer, scanner).await;
    factory.close(store).await;
}

/// One expectation that does not hold, and nothing of the commit is there.
pub async fn commit_is_all_or_nothing<F: Factory>(factory: &F) {
    let store = factory.open().await;
    write(&store, P, vec![put("there", "1")]).await;
    let commit = Commit {
        expectations: vec![
            Expectation::Value(Row::rows("there"), "1".into()),
            Expectation::Absent(Row::rows("there")),
        ],
        writes: vec![
            put("new", "1"),
            put("there", "2"),
            Write::Put(Row::bodies("new"), "1".into()),
        ],
    };
    let refused = store.commit(P, commit).await;
    assert!(matches!(refused, Err(CommitError::Conflict(_))), "{refused:?}");
    assert_eq!(
        rows(&store, P, everything()).await,
        [("there".into(), "1".into())]
    );
    assert_eq!(store.get(P, &Row::bodies("new")).await.unwrap(), None);
    factory.close(store).await;
}

/// The same row several times in one commit: the last write stays.
pub async fn writes_apply_in_order<F: Factory>(factory: &F) {
    let store = factory.open().await;
    let delete = |key: &'static str| Write::Delete(Row::rows(key));
    write(
        &store,
        P,
        vec![
            put("a", "1"),
            delete("a"),
            put("a", "2"),
            put("b", "1"),
            delete("b"),
        ],
    )
    .await;
    assert_eq!(rows(&store, P, everything()).await, [("a".into(), "2".into())]);
    factory.close(store).await;
}

/// Each kind of expectation, holding and not, in both spaces.
pub async fn expectations_name_the_row_that_failed<F: Factory>(factory: &F) {
    let store = factory.open().await;
    write(
        &store,
        P,
        vec![put("a", "1"), Write::Put(Row::bodies("b"), "2".into())],
    )
    .await;
    let held = vec![
        Expectation::Value(Row::rows("a"), "1".into()),
        Expectation::Value(Row::bodies("b"), "2".into()),
        Expectation::Absent(Row::bodies("a")),
        Expectation::Absent(Row::rows("b")),
    ];
    store
        .commit(
            P,
            Commit {
                expectations: held,
                writes: vec![],
            },
        )
        .await
        .unwrap();
    for (broken, row) in [
        (Expectation::Value(Row::rows("a"), "2".into()), Row::rows("a")),
        (Expectation::Value(Row::rows("a"), "".into()), Row::rows("a")),
        (Expectation::Value(Row::rows("b"), "2".into()), Row::rows("b")),
        (
            Expectation::Value(Row::rows("none"), "".into()),
            Row::rows("none"),
        ),
        (Expectation::Absent(Row::bodies("b")), Row::bodies("b")),
    ] {
        let commit = Commit {
            expectations: vec![broken.clone()],
            writes: vec![put("c", "1")],
        };
        match store.commit(P, commit).await {
            Err(CommitError::Conflict(named)) => assert_eq!(named, row),
            other => panic!("{broken:?} gave {other:?}"),
        }
    }
    assert_eq!(store.get(P, &Row::rows("c")).await.unwrap(), None);
    factory.close(store).await;
}

/// Many commits at once that each want the row absent: one is applied, and it is the one that is there.
pub async fn racing_commits_have_one_winner<F: Factory>(factory: &F) {
    let store = factory.open().await;
    for round in 0..8 {
        let row = Row::rows(format!("row {round}"));
        let attempt = async |n: u32| {
            let commit = Commit {
                expectations: vec![Expectation::Absent(row.clone())],
                writes: vec![Write::Put(row.clone(), n.to_string().into())],
            };
            match store.commit(P, commit).await {
                Ok(()) => Some(n.to_string()),
                Err(CommitError::Conflict(named)) => {
                    assert_eq!(named, row);
                    // Whoever lost sees what won.
                    assert!(store.get(P, &row).await.unwrap().is_some());
                    None
                }
                Err(error) => panic!("{error}"),
            }
        };
        let outcomes = join_all((0..32).map(attempt)).await;
        let winners: Vec<_> = outcomes.into_iter().flatten().collect();
        assert_eq!(winners.len(), 1);
        assert_eq!(store.get(P, &row).await.unwrap().unwrap(), winners[0]);
    }
    factory.close(store).await;
}

/// Compare-and-swap of a counter by many: no increment is lost.
pub async fn racing_increments_are_all_counted<F: Factory>(factory: &F) {
    const TASKS: u64 = 8;
    const EACH: u64 = 10;
    let store = factory.open().await;
    let row = Row::rows("counter");
    write(&store, P, vec![Write::Put(row.clone(), "0".into())]).await;
    let increment = async || loop {
        let old = store.get(P, &row).await.unwrap().unwrap();
        let new = std::str::from_utf8(&old).unwrap().parse::<u64>().unwrap() + 1;
        let commit = Commit {
            expectations: vec![Expectation::Value(row.clone(), old)],
            writes: vec![Write::Put(row.clone(), new.to_string().into())],
        };
        match store.commit(P, commit).await {
            Ok(()) => break,
            Err(CommitError::Conflict(_)) => {}
            Err(error) => panic!("{error}"),
        }
    };
    join_all((0..TASKS).map(async |_| {
        for _ in 0..EACH {
            increment().await;
        }
    }))
    .await;
    assert_eq!(
        store.get(P, &row).await.unwrap().unwrap(),
        (TASKS * EACH).to_string()
    );
    factory.close(store).await;
}

/// The same keys in several partitions, the first and the last possible one among them.
pub async fn partitions_are_apart<F: Factory>(factory: &F) {
    let store = factory.open().await;
    let partitions = [0, 1, 2, 255, 256, (1 << 48) - 2, (1 << 48) - 1].map(Partition);
    for partition in partitions {
        let value = Bytes::from(partition.0.to_string());
        let commit = Commit {
            expectations: vec![
                Expectation::Absent(Row::rows("k")),
                Expectation::Absent(Row::bodies("k")),
            ],
            writes: vec![
                Write::Put(Row::rows("k"), value.clone()),
                Write::Put(Row::rows(vec![0xff; 9]), value.clone()),
                Write::Put(Row::bodies("k"), value),
            ],
        };
        store.commit(partition, commit).await.unwrap();
    }
    for partition in partitions {
        let value = partition.0.to_string();
        let found = rows(&store, partition, everything()).await;
        assert_eq!(found.len(), 2);
        assert!(found.iter().all(|(_, found)| *found == value));
        assert_eq!(
            store.get(partition, &Row::bodies("k")).await.unwrap().unwrap(),
            value
        );
    }
    factory.close(store).await;
}

/// The longest key and the largest value are taken; what passes them is refused and leaves nothing.
pub async fn limits_are_held<F: Factory>(factory: &F) {
    let store = factory.open().await;
    for space in [Space::Rows, Space::Bodies] {
        let row = |length| Row {
            space,
            key: Bytes::from(vec![b'k'; length]),
        };
        let value = Random(1).bytes(Row::VALUE_BYTES_MAX);
        let largest = vec![Write::Put(row(Row::KEY_BYTES_MAX), value.clone())];
        write(&store, P, largest).await;
        assert_eq!(
            store.get(P, &row(Row::KEY_BYTES_MAX)).await.unwrap().unwrap(),
            value
        );
        for refused in [
            Write::Put(row(Row::KEY_BYTES_MAX + 1), Bytes::new()),
            Write::Put(row(0), Bytes::new()),
            Write::Delete(row(0)),
            Write::Put(row(9), Bytes::from(vec![0; Row::VALUE_BYTES_MAX + 1])),
        ] {
            let other = Write::Put(row(8), Bytes::new());
            let commit = Commit {
                expectations: vec![],
                writes: vec![other, refused],
            };
            let refused = store.commit(P, commit).await;
            assert!(
                matches!(refused, Err(CommitError::Storage(StorageError::Full(_)))),
                "{refused:?}"
            );
            assert_eq!(store.get(P, &row(8)).await.unwrap(), None);
        }
    }
    factory.close(store).await;
}

/// Both spaces of one partition go, with more rows than an engine may remove at once; others stay.
pub async fn clear_empties_one_partition<F: Factory>(factory: &F) {
    let store = factory.open().await;
    for (partition, count) in [(Partition(6), 1), (P, 2500), (Partition(8), 1)] {
        let row = |n: u32| {
            [
                Write::Put(Row::rows(n.to_string()), "r".into()),
                Write::Put(Row::bodies(n.to_string()), "b".into()),
            ]
        };
        write(&store, partition, (0..count).flat_map(row).collect()).await;
    }
    store.clear(P).await.unwrap();
    store.clear(Partition(99)).await.unwrap();
    assert!(rows(&store, P, everything()).await.is_empty());
    assert_eq!(store.get(P, &Row::bodies("2499")).await.unwrap(), None);
    for partition in [Partition(6), Partition(8)] {
        assert_eq!(rows(&store, partition, everything()).await.len(), 1);
        assert_eq!(
            store.get(partition, &Row::bodies("0")).await.unwrap().unwrap(),
            "b"
        );
    }
    factory.close(store).await;
}

/// Random commits over few keys against a plain map, compared after each.
pub async fn random_commits_match_a_model<F: Factory>(factory: &F) {
    let store = factory.open().await;
    let mut random = Random(0xCA12);
    let mut model: BTreeMap<Bytes, Bytes> = BTreeMap::new();
    for step in 0..150 {
        let key = |random: &mut Random| Bytes::from(format!("{:02}", random.below(20)));
        let mut commit = Commit::default();
        for _ in 0..random.below(3) {
            let key = key(&mut random);
            let row = Row::rows(key.clone());
            commit.expectations.push(match model.get(&key) {
                Some(value) if random.below(8) > 0 => Expectation::Value(row, value.clone()),
                None if random.below(8) == 0 => Expectation::Value(row, "?".into()),
                _ => Expectation::Absent(row),
            });
        }
        for _ in 0..random.below(5) {
            let row = Row::rows(key(&mut random));
            commit.writes.push(match random.below(3) {
                0 => Write::Delete(row),
                _ => Write::Put(row, random.word().to_string().into()),
            });
        }
        let holds = commit.expectations.iter().all(|expectation| match expectation {
            Expectation::Absent(row) => !model.contains_key(&row.key),
            Expectation::Value(row, value) => model.get(&row.key) == Some(value),
        });
        if holds {
            for write in &commit.writes {
                match write {
                    Write::Put(row, value) => drop(model.insert(row.key.clone(), value.clone())),
                    Write::Delete(row) => drop(model.remove(&row.key)),
                }
            }
        }
        let outcome = store.commit(P, commit).await;
        assert_eq!(outcome.is_ok(), holds, "step {step}: {outcome:?}");
        let expected: Vec<_> = model
            .iter()
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        assert_eq!(rows(&store, P, everything()).await, expected, "step {step}");
    }
    factory.close(store).await;
}
