//! What is remembered beside commits, step by step.

use std::sync::Arc;

use bytes::Bytes;
use fjall::Slice;

use super::{
    ENTRY_BYTES, FOUND_BYTES_MAX, PENDING_MAX, SEEKS_BYTES_MAX, Seeks, WRITTEN_BYTES_MAX, WRITTEN_KEYS_MAX,
};

/// A scan that finds one row.
fn add(seeks: &Arc<Seeks>, target: &str, key: &str) {
    seeks.view().add(target.into(), key.as_bytes(), b"old");
}

fn find(seeks: &Arc<Seeks>, target: &str) -> Option<String> {
    let (key, value) = seeks.view().find(target.as_bytes())?;
    let text = |bytes: Bytes| String::from_utf8(bytes.to_vec()).unwrap();
    Some(format!("{}:{}", text(key), text(value)))
}

fn begin(seeks: &Seeks, rows: &[(&str, Option<&str>)]) {
    let rows: Vec<(Slice, Option<Bytes>)> = rows
        .iter()
        .map(|(key, value)| {
            (
                Slice::from(*key),
                value.map(|value| Bytes::from(value.to_owned())),
            )
        })
        .collect();
    seeks.begin(rows.iter().map(|(key, value)| (key, value.as_ref())));
}

fn write(seeks: &Seeks, rows: &[(&str, Option<&str>)]) {
    begin(seeks, rows);
    seeks.end();
}

#[test]
fn a_write_changes_what_it_lies_in() {
    for (rows, left) in [
        (&[("a", Some("new"))][..], "c/1:old c/1:old d:old"),
        (&[("b", Some("new"))], "b:new c/1:old d:old"),
        (&[("b4", Some("new"))], "b4:new c/1:old d:old"),
        (&[("b5", Some("new"))], "b5:new b5:new d:old"),
        (&[("c/1", Some("new"))], "c/1:new c/1:new d:old"),
        (&[("c/2", Some("new"))], "c/1:old c/1:old d:old"),
        (&[("c0", Some("new"))], "c/1:old c/1:old c0:new"),
        (&[("d", Some("new"))], "c/1:old c/1:old d:new"),
        (&[("d/", Some("new"))], "c/1:old c/1:old d:old"),
        // Not there, so nothing is gone.
        (&[("b", None)], "c/1:old c/1:old d:old"),
        (&[("c/0", None)], "c/1:old c/1:old d:old"),
        // What follows is not known.
        (&[("c/1", None)], "- - d:old"),
        (&[("d", None)], "c/1:old c/1:old -"),
        // Both in one batch, whatever comes first.
        (&[("c/1", None), ("c/0", Some("new"))], "- - d:old"),
        (&[("c/0", Some("new")), ("c/1", None)], "c/0:new c/0:new d:old"),
        (
            &[("b4", Some("new")), ("b2", Some("new"))],
            "b2:new c/1:old d:old",
        ),
        (
            &[("b2", Some("new")), ("b4", Some("new"))],
            "b2:new c/1:old d:old",
        ),
    ] {
        let seeks = Arc::new(Seeks::default());
        add(&seeks, "b", "c/1");
        add(&seeks, "b5", "c/1");
        add(&seeks, "c0", "d");
        write(&seeks, rows);
        let known = ["b", "b5", "c0"].map(|target| find(&seeks, target).unwrap_or("-".to_owned()));
        assert_eq!(known.join(" "), left, "after {rows:?}");
    }
}

#[test]
fn nothing_is_added_that_a_batch_may_have_changed() {
    for (row, kept) in [
        ("a", true),
        ("b", false),
        ("b5", false),
        ("c", false),
        ("d", true),
    ] {
        // A batch began after the scan.
        let seeks = Arc::new(Seeks::default());
        let mut view = seeks.view();
        write(&seeks, &[(row, Some(""))]);
        view.add(b"b".to_vec(), b"c", b"old");
        drop(view);
        assert_eq!(find(&seeks, "b").is_some(), kept, "{row} after");
        // A batch was under way when the scan began, whether it ends before the scan or not.
        for ends in [false, true] {
            let seeks = Arc::new(Seeks::default());
            begin(&seeks, &[(row, Some(""))]);
            let mut view = seeks.view();
            if ends {
                seeks.end();
                write(&seeks, &[("z", None)]);
            }
            view.add(b"b".to_vec(), b"c", b"old");
            drop(view);
            assert_eq!(find(&seeks, "b").is_some(), kept, "{row} under way");
        }
    }
}

#[test]
fn a_scan_does_not_use_what_is_newer_than_its_snapshot() {
    let seeks = Arc::new(Seeks::default());
    add(&seeks, "a", "b");
    let before = seeks.view();
    begin(&seeks, &[("b", Some("new"))]);
    let meanwhile = seeks.view();
    assert_eq!(meanwhile.find(b"a"), None);
    seeks.end();
    assert_eq!(before.find(b"a"), None);
    assert_eq!(meanwhile.find(b"a"), None);
    assert_eq!(find(&seeks, "a").as_deref(), Some("b:new"));
    // One that is there already holds while a batch that does not touch it is under way.
    begin(&seeks, &[("c", Some("new"))]);
    assert_eq!(find(&seeks, "a").as_deref(), Some("b:new"));
    seeks.end();
    // What a scan found that began before the change stays out, and the change stays.
    let (mut before, ended) = (before, seeks.view().ended);
    assert!(before.ended < ended);
    before.add(b"a".to_vec(), b"b", b"old");
    drop(before);
    assert_eq!(find(&seeks, "a").as_deref(), Some("b:new"));
}

#[test]
fn what_is_added_holds_for_scans_as_old_as_the_one_that_found_it() {
    let seeks = Arc::new(Seeks::default());
    let (mut first, second) = (seeks.view(), seeks.view());
    write(&seeks, &[("z", Some("new"))]);
    first.add(b"a".to_vec(), b"b", b"old");
    drop(first);
    assert!(second.find(b"a").is_some());
    assert!(find(&seeks, "a").is_some());
}

#[test]
fn a_scan_beside_which_too_much_is_written_adds_nothing() {
    let long = format!("z{}", "z".repeat(1023));
    for (key, keys_max) in [("z", WRITTEN_KEYS_MAX), (&*long, WRITTEN_BYTES_MAX / 1024)] {
        for (keys, kept) in [(keys_max, true), (keys_max + 1, false)] {
            let seeks = Arc::new(Seeks::default());
            let mut view = seeks.view();
            for _ in 0..keys {
                write(&seeks, &[(key, None)]);
            }
            view.add(b"a".to_vec(), b"b", b"");
            drop(view);
            assert_eq!(find(&seeks, "a").is_some(), kept, "{keys} keys");
            let state = seeks.0.lock();
            assert!(state.written.bytes <= WRITTEN_BYTES_MAX && state.written.keys.len() <= WRITTEN_KEYS_MAX);
            drop(state);
            // No scan runs: only the last batch is kept.
            write(&seeks, &[("y", None)]);
            assert_eq!(seeks.0.lock().written.keys.len(), 1);
        }
    }
}

#[test]
fn memory_is_bounded() {
    let seeks = Arc::new(Seeks::default());
    let long = "x".repeat(FOUND_BYTES_MAX);
    add(&seeks, &long, "y");
    assert_eq!(find(&seeks, &long), None);
    let check = || {
        let state = seeks.0.lock();
        let bytes = state
            .found
            .iter()
            .map(|(target, found)| super::entry_bytes(target, &found.key, &found.value));
        assert_eq!(bytes.sum::<usize>(), state.bytes);
        assert!(state.bytes <= SEEKS_BYTES_MAX);
    };
    let count = SEEKS_BYTES_MAX / ENTRY_BYTES;
    let mut view = seeks.view();
    for n in 0..count {
        view.add(format!("{n:08}/").into(), format!("{n:08}/1").as_bytes(), b"");
        assert!(view.pending.len() < PENDING_MAX);
    }
    drop(view);
    check();
    // Values that grow, and one that grows too long.
    let value = "v".repeat(FOUND_BYTES_MAX - 100);
    let known: Vec<Bytes> = seeks
        .0
        .lock()
        .found
        .values()
        .map(|found| found.key.clone())
        .collect();
    assert!(known.len() > 1000);
    for key in &known {
        write(&seeks, &[(std::str::from_utf8(key).unwrap(), Some(&value))]);
    }
    check();
    add(&seeks, "a", "b");
    write(&seeks, &[("b", Some(&long))]);
    assert_eq!(find(&seeks, "a"), None);
    check();
}
