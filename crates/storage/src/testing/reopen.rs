//! What every engine that keeps data must find again after it was closed and opened.

use bytes::Bytes;

use super::blobs::{read_blob, store_blob};
use super::index::{everything, put, rows, write};
use super::{Factory, Random};
use crate::{Blobs, Index, Partition, Row, StorageError, Write};

const P: Partition = Partition(11);

/// Rows of both spaces, the last value of each.
pub async fn rows_survive<F: Factory>(factory: &F) {
    if !F::KEEPS {
        return;
    }
    let body = Random(8).bytes(70_000);
    for round in 0..3 {
        let store = factory.open().await;
        if round > 0 {
            assert_eq!(rows(&store, P, everything()).await.len(), 1 + round);
            assert_eq!(store.get(P, &Row::bodies("b")).await.unwrap().unwrap(), body);
            assert_eq!(store.get(P, &Row::rows("gone")).await.unwrap(), None);
        }
        let row = Write::Put(Row::rows(format!("round {round}")), "x".into());
        let body = Write::Put(Row::bodies("b"), body.clone());
        write(&store, P, vec![put("a", "1"), put("gone", "1"), row, body]).await;
        write(&store, P, vec![Write::Delete(Row::rows("gone"))]).await;
        factory.close(store).await;
    }
}

/// Blobs of several sizes, with their ids.
pub async fn blobs_survive<F: Factory>(factory: &F) {
    if !F::KEEPS {
        return;
    }
    let mut blobs = Vec::new();
    for round in 0..3 {
        let store = factory.open().await;
        let ids: Vec<_> = blobs.iter().map(|(id, _)| *id).collect();
        assert_eq!(store.ids(None, 100).await.unwrap(), ids);
        for (id, body) in &blobs {
            let body: &Bytes = body;
            assert!(read_blob(&store, *id, 0..body.len() as u64).await == *body);
        }
        for size in [0, 5, 200_000, 3_000_000] {
            let body = Random(round * 10 + size).bytes(size as usize);
            blobs.push((store_blob(&store, P, &body, 65_536, None).await, body));
        }
        factory.close(store).await;
    }
}

/// What was deleted does not come back, and what was not stays.
pub async fn deletes_survive<F: Factory>(factory: &F) {
    if !F::KEEPS {
        return;
    }
    let store = factory.open().await;
    let body = Random(9).bytes(300_000);
    let mut ids = Vec::new();
    for _ in 0..10 {
        ids.push(store_blob(&store, P, &body, 65_536, None).await);
    }
    for id in ids.iter().step_by(2) {
        store.delete(*id).await.unwrap();
    }
    factory.close(store).await;
    let store = factory.open().await;
    for (n, id) in ids.into_iter().enumerate() {
        if n % 2 == 0 {
            assert!(matches!(
                store.read(id, 0..0).await,
                Err(StorageError::NoSuchBlob(_))
            ));
        } else {
            assert!(read_blob(&store, id, 0..300_000).await == body);
            store.delete(id).await.unwrap();
        }
    }
    assert!(store.ids(None, 100).await.unwrap().is_empty());
    factory.close(store).await;
}

/// Writers dropped before the end, by the caller or by closing.
pub async fn abandoned_blobs_stay_away<F: Factory>(factory: &F) {
    if !F::KEEPS {
        return;
    }
    let store = factory.open().await;
    let mut writer = store.create(P, None).await.unwrap();
    writer.append(Random(10).bytes(2_500_000)).await.unwrap();
    drop(writer);
    let kept = store_blob(&store, P, &Bytes::from_static(b"kept"), 2, None).await;
    factory.close(store).await;
    let store = factory.open().await;
    assert_eq!(store.ids(None, 100).await.unwrap(), [kept]);
    assert_eq!(read_blob(&store, kept, 0..4).await, "kept");
    factory.close(store).await;
}

/// Numbers grow across restarts, also when the blob with the highest one is gone.
pub async fn numbers_go_on<F: Factory>(factory: &F) {
    if !F::KEEPS {
        return;
    }
    let mut last = None;
    for _ in 0..4 {
        let store = factory.open().await;
        let id = store_blob(&store, P, &Bytes::from_static(b"x"), 1, None).await;
        assert!(Some(id.number) > last, "{id} after {last:?}");
        store.delete(id).await.unwrap();
        let unfinished = store.create(P, None).await.unwrap().id();
        assert!(unfinished.number > id.number);
        last = Some(unfinished.number);
        factory.close(store).await;
    }
}
