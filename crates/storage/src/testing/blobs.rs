//! What every [`Blobs`] must do.

use bytes::Bytes;
use futures_util::future::join_all;

use super::{Factory, Random};
use crate::{BlobId, Blobs, Partition, StorageError};

const P: Partition = Partition(3);

/// Writes a blob in pieces of `piece` bytes.
pub(super) async fn store_blob(
    store: &impl Blobs,
    partition: Partition,
    body: &Bytes,
    piece: usize,
    hint: Option<u64>,
) -> BlobId {
    let mut writer = store.create(partition, hint).await.unwrap();
    let id = writer.id();
    assert_eq!(id.partition, partition);
    let mut rest = body.clone();
    while !rest.is_empty() {
        writer.append(rest.split_to(piece.min(rest.len()))).await.unwrap();
    }
    assert_eq!(writer.finish().await.unwrap(), id);
    id
}

/// Reads a range to its end.
pub(super) async fn read_blob(store: &impl Blobs, id: BlobId, range: std::ops::Range<u64>) -> Bytes {
    let mut reader = store.read(id, range).await.unwrap();
    let mut body = Vec::new();
    while let Some(bytes) = reader.next().await.unwrap() {
        assert!(!bytes.is_empty());
        body.extend_from_slice(&bytes);
    }
    assert_eq!(reader.next().await.unwrap(), None, "the end stays the end");
    body.into()
}

async fn is_missing(store: &impl Blobs, id: BlobId) -> bool {
    match store.read(id, 0..0).await {
        Ok(_) => false,
        Err(StorageError::NoSuchBlob(named)) => named == id,
        Err(error) => panic!("{error}"),
    }
}

/// Sizes around every border an engine may have, with hints that are right, wrong and missing.
pub async fn blobs_of_all_sizes_read_back<F: Factory>(factory: &F) {
    const MIB: usize = 1024 * 1024;
    let store = factory.open().await;
    let mut random = Random(2);
    let borders = [4096, 65_536, 131_072, MIB, 4 * MIB];
    let mut sizes = vec![0, 1, 3 * MIB + 17, 13 * MIB + 5];
    sizes.extend(
        borders
            .iter()
            .flat_map(|border| [border - 1, *border, border + 1]),
    );
    for size in sizes {
        let body = random.bytes(size);
        let hints = [
            None,
            Some(size as u64),
            Some(size as u64 / 3),
            Some(size as u64 * 3 + 9),
        ];
        for (hint, piece) in hints.into_iter().zip([size.max(1), 65_521, 1_000_003, 16_384]) {
            let id = store_blob(&store, P, &body, piece, hint).await;
            let found = read_blob(&store, id, 0..size as u64).await;
            assert!(
                found == body,
                "{size} bytes in pieces of {piece} with hint {hint:?}"
            );
            store.delete(id).await.unwrap();
        }
    }
    factory.close(store).await;
}

/// Ranges that start, end and pass borders; empty ones too.
pub async fn ranges_cross_borders<F: Factory>(factory: &F) {
    let store = factory.open().await;
    let mut random = Random(3);
    let size = 5 * 1024 * 1024 + 4321;
    let body = random.bytes(size);
    let id = store_blob(&store, P, &body, 100_000, None).await;
    let size = size as u64;
    let mut ranges = vec![
        0..0,
        size..size,
        0..1,
        size - 1..size,
        65_535..65_537,
        65_536..131_072,
        0..size,
    ];
    ranges.extend([1_048_575..1_048_577, 131_071..size, 2_000_000..2_000_000]);
    for _ in 0..30 {
        let start = random.below(size);
        let end = start + random.below(size - start) + 1;
        ranges.push(start..end);
    }
    for range in ranges {
        let found = read_blob(&store, id, range.clone()).await;
        assert!(
            found == body[range.start as usize..range.end as usize],
            "{range:?}"
        );
    }
    factory.close(store).await;
}

/// A range that does not lie in the blob is refused as a whole.
pub async fn ranges_past_the_end_are_refused<F: Factory>(factory: &F) {
    let store = factory.open().await;
    let id = store_blob(&store, P, &Bytes::from_static(b"ten bytes!"), 3, None).await;
    #[expect(clippy::reversed_empty_ranges)]
    for range in [0..11, 11..11, 10..11, 5..4, u64::MAX - 1..u64::MAX] {
        match store.read(id, range.clone()).await {
            Err(StorageError::Corrupt(_)) => {}
            Err(error) => panic!("{range:?} gave {error}"),
            Ok(_) => panic!("{range:?} was read"),
        }
    }
    factory.close(store).await;
}

/// Before it is finished, a blob can neither be read nor listed.
pub async fn unfinished_blobs_are_not_there<F: Factory>(factory: &F) {
    let store = factory.open().await;
    let mut writer = store.create(P, Some(3_000_000)).await.unwrap();
    let id = writer.id();
    assert!(is_missing(&store, id).await);
    writer.append(Random(4).bytes(3_000_000)).await.unwrap();
    assert!(is_missing(&store, id).await);
    assert!(store.ids(None, 10).await.unwrap().is_empty());
    writer.finish().await.unwrap();
    assert!(!is_missing(&store, id).await);
    assert_eq!(store.ids(None, 10).await.unwrap(), [id]);
    factory.close(store).await;
}

/// A writer dropped at any moment leaves no blob, and its number is not given again.
pub async fn abandoned_blobs_are_not_there<F: Factory>(factory: &F) {
    let store = factory.open().await;
    let mut last = None;
    for size in [0, 1, 100_000, 1_048_576, 3_000_000] {
        let mut writer = store.create(P, None).await.unwrap();
        let id = writer.id();
        assert!(Some(id.number) > last);
        last = Some(id.number);
        writer.append(Random(5).bytes(size)).await.unwrap();
        drop(writer);
        assert!(is_missing(&store, id).await);
        store.delete(id).await.unwrap();
    }
    assert!(store.ids(None, 10).await.unwrap().is_empty());
    factory.close(store).await;
}

/// Ids come in ascending order of numbers, in pages, of all partitions.
pub async fn ids_ascend_in_pages<F: Factory>(factory: &F) {
    let store = factory.open().await;
    let mut expected = Vec::new();
    for n in 0..25 {
        let partition = Partition([5, 0, (1 << 48) - 1][n % 3]);
        expected.push(store_blob(&store, partition, &Bytes::from(vec![1; n]), 7, None).await);
    }
    store.delete(expected.remove(4)).await.unwrap();
    assert!(expected.is_sorted_by_key(|id| id.number));
    let mut found = Vec::new();
    loop {
        let page = store.ids(found.last().copied(), 7).await.unwrap();
        assert!(page.len() <= 7);
        if page.is_empty() {
            break;
        }
        found.extend(page);
    }
    assert_eq!(found, expected);
    assert!(store.ids(None, 0).await.unwrap().is_empty());
    let last = BlobId {
        number: u64::MAX,
        ..expected[0]
    };
    assert!(store.ids(Some(last), 10).await.unwrap().is_empty());
    factory.close(store).await;
}

/// Deleting works once and does not mind the second time.
pub async fn deleted_blobs_are_gone<F: Factory>(factory: &F) {
    let store = factory.open().await;
    for size in [0, 10, 2_000_000] {
        let body = Random(6).bytes(size);
        let stays = store_blob(&store, P, &body, 4096, None).await;
        let goes = store_blob(&store, P, &body, 4096, None).await;
        store.delete(goes).await.unwrap();
        assert!(is_missing(&store, goes).await);
        store.delete(goes).await.unwrap();
        store
            .delete(BlobId {
                partition: P,
                number: u64::MAX,
            })
            .await
            .unwrap();
        assert!(read_blob(&store, stays, 0..size as u64).await == body);
        assert!(store.ids(None, 100).await.unwrap().contains(&stays));
    }
    factory.close(store).await;
}

/// A reader opened before the delete reads to the end, also much later.
pub async fn a_reader_outlives_the_delete<F: Factory>(factory: &F) {
    let store = factory.open().await;
    let body = Random(7).bytes(6_000_000);
    let id = store_blob(&store, P, &body, 500_000, Some(6_000_000)).await;
    let mut readers = vec![
        store.read(id, 0..6_000_000).await.unwrap(),
        store.read(id, 0..6_000_000).await.unwrap(),
    ];
    let first = readers[0].next().await.unwrap().unwrap();
    store.delete(id).await.unwrap();
    assert!(is_missing(&store, id).await);
    // Time for an engine to do what it must not do yet.
    for _ in 0..20 {
        let other = store_blob(&store, P, &body.slice(..100_000), 100_000, None).await;
        store.delete(other).await.unwrap();
    }
    let mut found = first.to_vec();
    for (n, mut reader) in readers.drain(..).enumerate() {
        while let Some(bytes) = reader.next().await.unwrap() {
            found.extend_from_slice(&bytes);
        }
        assert!(found == body, "reader {n}");
        found.clear();
    }
    factory.close(store).await;
}

/// The number alone is not the name.
pub async fn blobs_are_found_by_partition_and_number<F: Factory>(factory: &F) {
    let store = factory.open().await;
    let id = store_blob(&store, P, &Bytes::from_static(b"x"), 1, None).await;
    let other = BlobId {
        partition: Partition(4),
        number: id.number,
    };
    assert!(is_missing(&store, other).await);
    store.delete(other).await.unwrap();
    assert!(!is_missing(&store, id).await);
    factory.close(store).await;
}

/// Many uploads at once, of different sizes, some abandoned: each blob has its own bytes.
pub async fn concurrent_uploads_keep_apart<F: Factory>(factory: &F) {
    let store = factory.open().await;
    let upload = async |n: u64| {
        let size = Random(n).below(700_000) as usize;
        let body = Random(n + 1000).bytes(size);
        if n.is_multiple_of(5) {
            let mut writer = store.create(P, None).await.unwrap();
            writer.append(body).await.unwrap();
            return None;
        }
        let hint = n.is_multiple_of(2).then_some(size as u64);
        Some((store_blob(&store, P, &body, 30_000, hint).await, body))
    };
    let uploaded = join_all((0..48).map(upload)).await;
    let mut ids: Vec<BlobId> = Vec::new();
    for (id, body) in uploaded.into_iter().flatten() {
        assert!(read_blob(&store, id, 0..body.len() as u64).await == body);
        ids.push(id);
    }
    ids.sort_unstable_by_key(|id| id.number);
    assert_eq!(store.ids(None, 1000).await.unwrap(), ids);
    factory.close(store).await;
}
