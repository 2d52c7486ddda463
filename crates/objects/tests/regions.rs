//! Buckets of several regions over one directory: a crash at any commit of a creation or deletion is
//! repaired, copies cross regions, orphans are swept in every shard, one name has one home.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::sync::Arc;

use cairn_objects::*;
use cairn_storage::testing::{Faulty, Operation, When};
use cairn_storage::{Blobs, Index, Memory, Shard, Shards};
use cairn_types::RegionName;
use common::*;

const EU: &str = "eu-west-1";

/// The directory (with the buckets of us-east-1), and the engine of eu-west-1.
struct World {
    directory: Faulty<Memory>,
    eu: Faulty<Memory>,
    clock: Arc<Ticking>,
}

fn region(name: &str) -> RegionName {
    RegionName::parse(name).unwrap()
}

fn in_region(bucket: &str, name: &str) -> NewBucket {
    NewBucket {
        region: region(name),
        ..new_bucket(bucket)
    }
}

impl World {
    async fn new() -> Self {
        let world = Self {
            directory: Faulty::new(Memory::new(), 1),
            eu: Faulty::new(Memory::new(), 2),
            clock: Ticking::new(),
        };
        let mut homes = Homes::read(&world.directory).await.unwrap();
        assert!(homes.is_empty());
        homes
            .assign(&world.directory, &region("us-east-1"), Shard::DIRECTORY)
            .await
            .unwrap();
        let next = homes.next().unwrap();
        homes.assign(&world.directory, &region(EU), next).await.unwrap();
        assert_eq!(homes, Homes::read(&world.directory).await.unwrap());
        assert_eq!(homes.get(&region(EU)), Some(Shard(1)));
        let again = homes.assign(&world.directory, &region(EU), Shard(2)).await;
        assert!(matches!(again, Err(Error::Busy)));
        world
    }

    /// As after a start.
    async fn open(&self) -> Objects {
        self.directory.heal();
        self.eu.heal();
        let engine = |engine: &Faulty<Memory>| -> cairn_storage::Engine {
            let engine = Arc::new(engine.clone());
            (Arc::clone(&engine) as Arc<dyn Index>, engine as Arc<dyn Blobs>)
        };
        let shards = Arc::new(Shards::new(vec![engine(&self.directory), engine(&self.eu)]));
        Objects::open(shards.clone(), shards, self.clock.clone(), limits())
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn data_lies_in_its_region_and_copies_cross() {
    let world = World::new().await;
    let objects = world.open().await;
    let us = objects
        .create_bucket(in_region("in-us", "us-east-1"))
        .await
        .unwrap();
    let eu = objects.create_bucket(in_region("in-eu", EU)).await.unwrap();
    assert_eq!((us.partition.shard(), eu.partition.shard()), (Shard(0), Shard(1)));
    let data = body(1, 50_000);
    put(&objects, &eu, "k", &data).await.unwrap();
    assert_eq!(world.eu.ids(None, 10).await.unwrap().len(), 1);
    for (from, to) in [(&eu, &us), (&us, &eu)] {
        let Found::Object(source) = objects.find(from, &key("k"), None).await.unwrap() else {
            panic!("a marker");
        };
        let copy = CopyObject::default();
        objects
            .copy_object(&source, to, &key("copy"), copy)
            .await
            .unwrap();
        assert_eq!(get(&objects, to, "copy").await.unwrap(), data);
        put(&objects, &us, "k", &data).await.unwrap();
    }
    objects.delete(&eu, &key("copy"), None, None).await.unwrap();
    objects.settle().await;
    assert_eq!(world.eu.ids(None, 10).await.unwrap().len(), 1);
}

/// facts/02 §4: one name, one home; also when creations race in different regions.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_creations_in_two_regions_one_wins() {
    let world = World::new().await;
    let objects = world.open().await;
    for round in 0..20 {
        let name = format!("race-{round}");
        let results = race(6, |n| {
            let objects = objects.clone();
            let new = in_region(&name, ["us-east-1", EU][n % 2]);
            async move { objects.create_bucket(new).await }
        })
        .await;
        let winners: Vec<_> = results.iter().filter_map(|result| result.as_ref().ok()).collect();
        assert_eq!(winners.len(), 1);
        for result in &results {
            match result {
                Ok(_) | Err(Error::Busy) => {}
                Err(Error::BucketExists(found)) => assert_eq!(found.region, winners[0].region),
                Err(error) => panic!("{error}"),
            }
        }
        let found = objects.bucket(&bucket_name(&name)).await.unwrap();
        assert_eq!(found.partition, winners[0].partition);
    }
}

/// The process ends at any commit of a creation or a deletion, before or after it was applied: afterwards
/// the bucket is whole or not there, its name is not lost, and a sweep leaves nothing behind.
#[tokio::test]
async fn a_creation_or_deletion_that_was_cut_off_is_repaired() {
    for operation in [Operation::CommitBefore, Operation::CommitAfter] {
        for shard in 0..2 {
            for nth in 0..4 {
                for deletes in [false, true] {
                    let world = World::new().await;
                    let objects = world.open().await;
                    let bucket = objects.create_bucket(in_region("cut", EU)).await.unwrap();
                    put(&objects, &bucket, "k", &body(1, 9_000)).await.unwrap();
                    objects.delete(&bucket, &key("k"), None, None).await.unwrap();
                    objects.settle().await;
                    if !deletes {
                        objects.delete_bucket(&bucket).await.unwrap();
                    }
                    [&world.directory, &world.eu][shard].fail(operation, When::After(nth));
                    let done = if deletes {
                        objects.delete_bucket(&bucket).await
                    } else {
                        objects.create_bucket(in_region("cut", EU)).await.map(drop)
                    };
                    drop(objects);

                    let context = format!("{operation:?} {nth} of shard {shard}, deletes {deletes}");
                    let objects = world.open().await;
                    match objects.bucket(&bucket_name("cut")).await {
                        Ok(found) => {
                            assert!(!(deletes && done.is_ok()), "{context}");
                            // Whole: it can be written to, and read.
                            put(&objects, &found, "k", &body(2, 2_000)).await.unwrap();
                            objects.delete(&found, &key("k"), None, None).await.unwrap();
                            objects.delete_bucket(&found).await.unwrap();
                        }
                        Err(Error::NoSuchBucket(_)) => assert!(deletes || done.is_err(), "{context}"),
                        Err(error) => panic!("{context}: {error}"),
                    }
                    // The name is free, in another region, too.
                    let again = objects
                        .create_bucket(in_region("cut", "us-east-1"))
                        .await
                        .unwrap();
                    objects.delete_bucket(&again).await.unwrap();
                    objects.sweep().await.unwrap();
                    objects.settle().await;
                    let swept = objects.sweep().await.unwrap();
                    assert_eq!(swept.partitions, 0, "{context}");
                    assert!(world.eu.ids(None, 10).await.unwrap().is_empty(), "{context}");
                }
            }
        }
    }
}

/// A write that a crash cut off leaves its blob in the region's engine; the next start's sweep finds it.
#[tokio::test]
async fn orphans_are_swept_in_every_shard() {
    let world = World::new().await;
    let objects = world.open().await;
    for name in ["us-east-1", EU] {
        let bucket = objects.create_bucket(in_region(name, name)).await.unwrap();
        put(&objects, &bucket, "kept", &body(1, 9_000)).await.unwrap();
        let engine = if name == EU { &world.eu } else { &world.directory };
        engine.fail(Operation::CommitBefore, When::Always);
        engine.fail(Operation::Delete, When::Always);
        assert!(put(&objects, &bucket, "lost", &body(2, 9_000)).await.is_err());
        engine.heal();
    }
    drop(objects);
    let count = async |engine: &Faulty<Memory>| engine.ids(None, 10).await.unwrap().len();
    assert_eq!((count(&world.directory).await, count(&world.eu).await), (2, 2));
    let swept = world.open().await.sweep().await.unwrap();
    assert_eq!(swept.blobs, 2);
    assert_eq!((count(&world.directory).await, count(&world.eu).await), (1, 1));
}
