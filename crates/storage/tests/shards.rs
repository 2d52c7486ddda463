//! Several engines as one: the suite, and that each shard's data lies in its engine.

use std::sync::Arc;

use cairn_storage::testing::Factory;
use cairn_storage::{Blobs, Commit, Index, Memory, Partition, Row, Shard, Shards, StorageError, Write};

struct Two;

#[async_trait::async_trait]
impl Factory for Two {
    type Store = Shards;
    const KEEPS: bool = false;

    async fn open(&self) -> Shards {
        shards(&[Arc::new(Memory::new()), Arc::new(Memory::new())])
    }

    async fn close(&self, _store: Shards) {}
}

cairn_storage::storage_suite!(Two);

fn shards(engines: &[Arc<Memory>]) -> Shards {
    let engine = |memory: &Arc<Memory>| -> (Arc<dyn Index>, Arc<dyn Blobs>) {
        (
            Arc::clone(memory) as Arc<dyn Index>,
            Arc::clone(memory) as Arc<dyn Blobs>,
        )
    };
    Shards::new(engines.iter().map(engine).collect())
}

#[test]
fn a_partition_knows_its_shard() {
    let partition = Partition::in_shard(Shard(3), 42);
    assert_eq!(partition.shard(), Shard(3));
    assert_eq!(Partition::DIRECTORY.shard(), Shard::DIRECTORY);
    assert_eq!(Partition::in_shard(Shard(0), 42), Partition(42));
    assert_eq!(Partition::in_shard(Shard(1), u64::MAX).shard(), Shard(1));
}

#[tokio::test]
async fn what_is_of_a_shard_lies_in_its_engine() {
    let engines = [
        Arc::new(Memory::new()),
        Arc::new(Memory::new()),
        Arc::new(Memory::new()),
    ];
    let store = shards(&engines);
    let mut ids = Vec::new();
    for shard in [2, 0, 1, 2] {
        let partition = Partition::in_shard(Shard(shard), 20);
        let commit = Commit {
            writes: vec![Write::Put(Row::rows("row"), vec![shard as u8].into())],
            ..Commit::default()
        };
        store.commit(partition, commit).await.unwrap();
        let row = engines[usize::from(shard)]
            .get(partition, &Row::rows("row"))
            .await
            .unwrap();
        assert_eq!(row.unwrap(), [shard as u8].as_slice());
        let mut writer = store.create(partition, None).await.unwrap();
        writer.append("bytes".into()).await.unwrap();
        ids.push(writer.finish().await.unwrap());
    }
    assert_eq!(engines[2].ids(None, 10).await.unwrap().len(), 2);

    // Pages of every size go through all of them, shard by shard.
    ids.sort();
    for limit in 1..6 {
        let mut found = Vec::new();
        while let page = store.ids(found.last().copied(), limit).await.unwrap()
            && !page.is_empty()
        {
            assert!(page.len() <= limit);
            found.extend(page);
        }
        assert_eq!(found, ids);
    }
    for id in ids {
        assert_eq!(
            store.read(id, 0..5).await.unwrap().next().await.unwrap().unwrap(),
            "bytes"
        );
        store.delete(id).await.unwrap();
    }
    assert!(engines[2].ids(None, 10).await.unwrap().is_empty());

    let missing = Partition::in_shard(Shard(3), 20);
    let failed = store.get(missing, &Row::rows("row")).await;
    assert!(matches!(failed, Err(StorageError::Corrupt(_))));
}
