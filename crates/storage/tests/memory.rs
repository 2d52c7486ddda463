//! The in-memory engine against the suite, by itself and inside the fault-injecting wrapper.

use cairn_storage::testing::{Factory, Faulty, Operation, When};
use cairn_storage::{Blobs, Commit, CommitError, Index, Memory, Partition, Row, StorageError, Write};

struct InMemory;

#[async_trait::async_trait]
impl Factory for InMemory {
    type Store = Memory;
    const KEEPS: bool = false;

    async fn open(&self) -> Memory {
        Memory::new()
    }

    async fn close(&self, _store: Memory) {}
}

cairn_storage::storage_suite!(InMemory);

mod wrapped {
    use super::*;

    struct Wrapped;

    #[async_trait::async_trait]
    impl Factory for Wrapped {
        type Store = Faulty<Memory>;
        const KEEPS: bool = false;

        async fn open(&self) -> Faulty<Memory> {
            Faulty::new(Memory::new(), 1)
        }

        async fn close(&self, _store: Faulty<Memory>) {}
    }

    // A wrapper told nothing changes nothing.
    cairn_storage::storage_suite!(Wrapped);
}

const P: Partition = Partition(1);

fn put(key: &'static str) -> Commit {
    Commit {
        expectations: vec![],
        writes: vec![Write::Put(Row::rows(key), "x".into())],
    }
}

#[tokio::test]
async fn the_wrapper_fails_the_nth_operation_once() {
    let store = Faulty::new(Memory::new(), 1);
    store.fail(Operation::Get, When::After(2));
    let mut outcomes = Vec::new();
    for _ in 0..5 {
        outcomes.push(store.get(P, &Row::rows("a")).await.is_ok());
    }
    assert_eq!(outcomes, [true, true, false, true, true]);
    assert_eq!(store.injected(Operation::Get), 1);
}

#[tokio::test]
async fn the_wrapper_fails_commits_before_and_after_they_are_applied() {
    let store = Faulty::new(Memory::new(), 1);
    store.fail(Operation::CommitBefore, When::Always);
    let failed = store.commit(P, put("before")).await;
    assert!(matches!(
        failed,
        Err(CommitError::Storage(StorageError::Io { .. }))
    ));
    assert_eq!(store.get(P, &Row::rows("before")).await.unwrap(), None);
    store.heal();
    store.fail(Operation::CommitAfter, When::Always);
    assert!(store.commit(P, put("after")).await.is_err());
    assert!(store.get(P, &Row::rows("after")).await.unwrap().is_some());
}

#[tokio::test]
async fn the_wrapper_fails_uploads_by_chance_and_repeatably() {
    let run = async |seed| {
        let store = Faulty::new(Memory::new(), seed);
        store.fail(Operation::Append, When::Permille(300));
        let mut outcomes = Vec::new();
        for _ in 0..50 {
            let mut writer = store.create(P, None).await.unwrap();
            let appended = writer.append("bytes".into()).await.is_ok();
            if appended {
                writer.finish().await.unwrap();
            }
            outcomes.push(appended);
        }
        let stored = store.ids(None, 100).await.unwrap().len();
        assert_eq!(stored, outcomes.iter().filter(|&&ok| ok).count());
        outcomes
    };
    let first = run(7).await;
    assert_eq!(first, run(7).await);
    assert!(first.contains(&true) && first.contains(&false));
}
