//! Races: one winner where there must be one, nothing lost, and no blob left over.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::BTreeSet;

use cairn_objects::*;
use cairn_types::*;
use common::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_conditional_creates_one_wins() {
    for world in [World::racing().await, World::disk().await] {
        let bucket = world.objects.create_bucket(new_bucket("race")).await.unwrap();
        let results = race(16, |n| {
            let (objects, bucket) = (world.objects.clone(), bucket.clone());
            async move {
                let data = body(n as u64, 2000);
                put_if(&objects, &bucket, "k", &data, WritePrecondition::Absent).await
            }
        })
        .await;
        let winners: Vec<_> = results.iter().filter_map(|result| result.as_ref().ok()).collect();
        assert_eq!(winners.len(), 1);
        for result in &results {
            assert!(matches!(
                result,
                Ok(_) | Err(Error::PreconditionFailed(Condition::IfNoneMatch))
            ));
        }
        let stored = get(&world.objects, &bucket, "k").await.unwrap();
        assert_eq!(ETag::plain(md5(&stored)), winners[0].etag);
        assert_eq!(world.swept_blobs().await.len(), 1);
    }
}

/// Compare and swap over If-Match: every increment is counted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn increments_by_if_match_are_all_counted() {
    let world = World::racing().await;
    let bucket = world.objects.create_bucket(new_bucket("race")).await.unwrap();
    put(&world.objects, &bucket, "n", &"0".into()).await.unwrap();
    race(8, |_| {
        let (objects, bucket) = (world.objects.clone(), bucket.clone());
        async move {
            let mut done = 0;
            while done < 5 {
                let Found::Object(found) = objects.find(&bucket, &key("n"), None).await.unwrap() else {
                    panic!("a marker");
                };
                let reader = match objects.read(&found, None).await {
                    Err(Error::Gone) => continue,
                    reader => reader.unwrap(),
                };
                let value: u32 = String::from_utf8(drain(reader).await.unwrap())
                    .unwrap()
                    .parse()
                    .unwrap();
                let next = (value + 1).to_string().into();
                let precondition = WritePrecondition::Matches(found.etag.quoted());
                match put_if(&objects, &bucket, "n", &next, precondition).await {
                    Ok(_) => done += 1,
                    Err(Error::PreconditionFailed(Condition::IfMatch)) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        }
    })
    .await;
    assert_eq!(get(&world.objects, &bucket, "n").await.unwrap(), b"40");
}

/// Two stores over one engine, as two processes would be: their locks do not meet, and the commits'
/// expectations alone keep every change.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_stores_over_one_engine() {
    for versioning in [Versioning::Unversioned, Versioning::Enabled] {
        let world = World::racing().await;
        let Place::Racing(memory) = &world.place else {
            panic!("elsewhere");
        };
        let engine = std::sync::Arc::new(Racing(memory.clone()));
        let other = Objects::open(engine.clone(), engine, world.clock.clone(), limits())
            .await
            .unwrap();
        let bucket = world.objects.create_bucket(new_bucket("race")).await.unwrap();
        let bucket = world.objects.set_versioning(&bucket, versioning).await.unwrap();
        let stored = race(4, |n| {
            let objects = [&world.objects, &other][n % 2].clone();
            let bucket = bucket.clone();
            async move {
                let mut stored = 0;
                for m in 0..15_u64 {
                    let tagged = objects
                        .set_object_tags(&bucket, &key("k"), None, TagSet::default())
                        .await;
                    assert!(
                        matches!(tagged, Ok(_) | Err(Error::NoSuchKey | Error::Busy)),
                        "{tagged:?}"
                    );
                    match put(&objects, &bucket, "k", &body(n as u64 * 100 + m, 2000)).await {
                        Ok(_) => stored += 1,
                        Err(Error::Busy) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
                stored
            }
        })
        .await;
        other.settle().await;
        let kept = match versioning {
            Versioning::Enabled => stored.iter().sum(),
            _ => 1,
        };
        assert_eq!(world.swept_blobs().await.len(), kept);
        let list = ListVersions {
            limit: 1000,
            ..ListVersions::default()
        };
        let page = world.objects.list_versions(&bucket, &list).await.unwrap();
        assert_eq!(page.entries.len(), kept);
    }
}

/// A version that was deleted stays deleted, whatever else is done to it by another store.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deleted_versions_do_not_come_back() {
    let world = World::racing().await;
    let Place::Racing(memory) = &world.place else {
        panic!("elsewhere");
    };
    let engine = std::sync::Arc::new(Racing(memory.clone()));
    let other = Objects::open(engine.clone(), engine, world.clock.clone(), limits())
        .await
        .unwrap();
    let bucket = world.objects.create_bucket(new_bucket("race")).await.unwrap();
    let bucket = world
        .objects
        .set_versioning(&bucket, Versioning::Enabled)
        .await
        .unwrap();
    for round in 0..100 {
        let name = key(&format!("k{round}"));
        let old = put(&world.objects, &bucket, name.as_str(), &body(1, 10))
            .await
            .unwrap();
        let head = put(&world.objects, &bucket, name.as_str(), &body(2, 10))
            .await
            .unwrap();
        let promotes = round % 2 == 0;
        let delete = world.objects.delete(&bucket, &name, old.version, None);
        let interfere = async {
            if promotes {
                other.delete(&bucket, &name, head.version, None).await.map(drop)
            } else {
                let tags = other
                    .set_object_tags(&bucket, &name, old.version, TagSet::default())
                    .await;
                tags.map(drop)
            }
        };
        let (deleted, _) = futures_util::future::join(delete, interfere).await;
        deleted.unwrap();
        let found = world.objects.find(&bucket, &name, old.version).await;
        assert!(matches!(found, Err(Error::NoSuchVersion)), "{round}: {found:?}");
    }
}

/// Writers of one hot key all succeed, readers never see a mixture, and only the last body is left.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hot_key_starves_nobody() {
    for (world, versioning, left) in [
        (World::racing().await, Versioning::Unversioned, 1),
        (World::disk().await, Versioning::Unversioned, 1),
        (World::racing().await, Versioning::Enabled, 200),
    ] {
        let bucket = world.objects.create_bucket(new_bucket("race")).await.unwrap();
        let bucket = world.objects.set_versioning(&bucket, versioning).await.unwrap();
        put(&world.objects, &bucket, "hot", &body(999, 5000))
            .await
            .unwrap();
        race(20, |n| {
            let (objects, bucket) = (world.objects.clone(), bucket.clone());
            async move {
                for m in 0..10_u64 {
                    let data = body(n as u64 * 100 + m, 5000);
                    put(&objects, &bucket, "hot", &data).await.unwrap();
                    let read = get(&objects, &bucket, "hot").await.unwrap();
                    assert_eq!(read.len(), 5000);
                }
            }
        })
        .await;
        let blobs = world.swept_blobs().await.len();
        assert_eq!(blobs, left + usize::from(versioning == Versioning::Enabled));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_racing_completes_and_aborts_one_wins() {
    for round in 0..120_u64 {
        let world = World::racing().await;
        let bucket = world.objects.create_bucket(new_bucket("race")).await.unwrap();
        let upload = world
            .objects
            .create_upload(&bucket, &key("k"), new_upload())
            .await
            .unwrap();
        let mut parts = Vec::new();
        for number in 1..=3 {
            parts.push(
                put_part(&world.objects, &bucket, &upload, number, &body(number, 300))
                    .await
                    .unwrap(),
            );
        }
        let results = race(9, |n| {
            let (objects, bucket) = (world.objects.clone(), bucket.clone());
            let (upload, parts) = (upload.clone(), parts.clone());
            async move {
                match n % 3 {
                    0 => {
                        let request = complete(&parts);
                        let stored = objects
                            .complete_upload(&bucket, &upload.key, &upload.id, &request)
                            .await;
                        stored.map(|stored| Some(stored.etag))
                    }
                    // Parts that come too late, or are not listed.
                    1 => {
                        let data = body(round * 100 + n as u64, 400);
                        put_part(&objects, &bucket, &upload, 3 + round % 2, &data)
                            .await
                            .map(|_| None)
                    }
                    _ if n > 6 => objects
                        .abort_upload(&bucket, &upload.key, &upload.id)
                        .await
                        .map(|()| None),
                    _ => Ok(None),
                }
            }
        })
        .await;
        let mut etags = BTreeSet::new();
        for result in results {
            match result {
                Ok(etag) => etags.extend(etag.map(|etag| etag.to_string())),
                // A part may have replaced a listed one first.
                Err(Error::NoSuchUpload | Error::InvalidPart { .. }) => {}
                Err(error) => panic!("{error}"),
            }
        }
        assert!(etags.len() <= 1, "{etags:?}");
        let open = world.objects.upload(&bucket, &key("k"), &upload.id).await.is_ok();
        let blobs = world.swept_blobs().await.len();
        match (etags.len(), open) {
            (1, false) => {
                assert_eq!(blobs, 3);
                assert_eq!(get(&world.objects, &bucket, "k").await.unwrap().len(), 900);
            }
            (0, false) => assert_eq!(blobs, 0),
            (0, true) => assert!((3..=4).contains(&blobs)),
            other => panic!("{other:?}"),
        }
    }
}

/// What was acknowledged in a bucket that remains is there; a bucket that was deleted had nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deleting_a_bucket_against_writers() {
    for round in 0..100 {
        let world = World::racing().await;
        let bucket = world.objects.create_bucket(new_bucket("race")).await.unwrap();
        let results = race(6, |n| {
            let (objects, bucket) = (world.objects.clone(), bucket.clone());
            async move {
                if n == 3 {
                    if round % 2 == 0 {
                        tokio::task::yield_now().await;
                    }
                    objects.delete_bucket(&bucket).await
                } else {
                    // Some look the bucket up while it may be under deletion.
                    let bucket = match n % 2 {
                        0 => objects.bucket(&bucket.name).await?,
                        _ => bucket,
                    };
                    put(&objects, &bucket, &format!("k{n}"), &body(n as u64, 2000))
                        .await
                        .map(drop)
                }
            }
        })
        .await;
        let acknowledged = (0..6).filter(|n| *n != 3 && results[*n].is_ok()).count();
        match world.objects.bucket(&bucket_name("race")).await {
            Ok(bucket) => {
                assert!(matches!(results[3], Err(Error::BucketNotEmpty { .. })));
                let list = ListObjects {
                    limit: 10,
                    ..ListObjects::default()
                };
                let page = world.objects.list_objects(&bucket, &list);
                assert_eq!(page.await.unwrap().entries().len(), acknowledged);
                assert_eq!(acknowledged, 5, "{results:?}");
            }
            Err(_) => {
                assert!(results[3].is_ok());
                assert_eq!(acknowledged, 0);
            }
        }
        assert_eq!(world.swept_blobs().await.len(), acknowledged);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_racing_bucket_creations_one_wins() {
    let world = World::racing().await;
    let results = race(8, |_| {
        let objects = world.objects.clone();
        async move { objects.create_bucket(new_bucket("race")).await }
    })
    .await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    let partitions: BTreeSet<_> = results
        .into_iter()
        .filter_map(|result| match result {
            Ok(bucket) | Err(Error::BucketExists(bucket)) => Some(bucket.partition),
            // While the winner was at it.
            Err(Error::Busy) => None,
            Err(error) => panic!("{error}"),
        })
        .collect();
    assert_eq!(partitions.len(), 1);

    // Created, deleted and created again, while others list.
    race(4, |n| {
        let objects = world.objects.clone();
        async move {
            for _ in 0..20 {
                let name = format!("churn-{}", n % 2);
                match objects.create_bucket(new_bucket(&name)).await {
                    Ok(bucket) | Err(Error::BucketExists(bucket)) => {
                        match objects.delete_bucket(&bucket).await {
                            Ok(()) | Err(Error::NoSuchBucket(_) | Error::Busy) => {}
                            Err(error) => panic!("{error}"),
                        }
                    }
                    Err(Error::NoSuchBucket(_) | Error::Busy) => {}
                    Err(error) => panic!("{error}"),
                }
                let list = ListBuckets {
                    limit: 10,
                    ..ListBuckets::default()
                };
                assert!(!objects.list_buckets(&list).await.unwrap().buckets.is_empty());
            }
        }
    })
    .await;
    assert!(world.objects.bucket(&bucket_name("race")).await.is_ok());
}

/// Versioning is switched under the writers: every answer fits one state of the bucket.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn switching_versioning_under_writers() {
    let world = World::racing().await;
    let bucket = world.objects.create_bucket(new_bucket("race")).await.unwrap();
    let ids: Vec<Vec<VersionId>> = race(5, |n| {
        let (objects, bucket) = (world.objects.clone(), bucket.clone());
        async move {
            let mut ids = Vec::new();
            for m in 0..20_u64 {
                if n == 0 {
                    let versioning = [Versioning::Enabled, Versioning::Suspended][m as usize % 2];
                    objects.set_versioning(&bucket, versioning).await.unwrap();
                    continue;
                }
                let stored = put(&objects, &bucket, "k", &body(m, 1500)).await.unwrap();
                ids.extend(stored.version);
            }
            ids
        }
    })
    .await;
    let written: BTreeSet<String> = ids.into_iter().flatten().map(|id| id.to_string()).collect();
    let bucket = world.objects.bucket(&bucket_name("race")).await.unwrap();
    assert_eq!(bucket.versioning, Versioning::Suspended);
    let list = ListVersions {
        limit: 1000,
        ..ListVersions::default()
    };
    let page = world.objects.list_versions(&bucket, &list).await.unwrap();
    let mut listed: BTreeSet<String> = page
        .entries
        .iter()
        .map(|entry| match entry {
            VersionEntry::Version(version) => version.version.to_string(),
            VersionEntry::CommonPrefix(prefix) => panic!("{prefix}"),
        })
        .collect();
    assert_eq!(world.swept_blobs().await.len(), listed.len());
    listed.remove("null");
    assert_eq!(listed, written);
}

/// A reader that began before an overwrite reads the old bytes to their end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_outlives_an_overwrite() {
    for world in [World::racing().await, World::disk().await] {
        let objects = &world.objects;
        let bucket = objects.create_bucket(new_bucket("race")).await.unwrap();
        let upload = objects
            .create_upload(&bucket, &key("k"), new_upload())
            .await
            .unwrap();
        let mut parts = Vec::new();
        let mut whole = Vec::new();
        for number in 1..=4 {
            let data = body(number, 2000);
            parts.push(put_part(objects, &bucket, &upload, number, &data).await.unwrap());
            whole.extend_from_slice(&data);
        }
        let request = complete(&parts);
        objects
            .complete_upload(&bucket, &key("k"), &upload.id, &request)
            .await
            .unwrap();
        put(objects, &bucket, "single", &body(9, 4000)).await.unwrap();

        let find = |name: &'static str| {
            let (objects, bucket) = (objects.clone(), bucket.clone());
            async move {
                match objects.find(&bucket, &key(name), None).await.unwrap() {
                    Found::Object(found) => found,
                    Found::DeleteMarker(_) => panic!("a marker"),
                }
            }
        };
        let (multipart, single) = (find("k").await, find("single").await);
        let first = objects.read(&multipart, None).await.unwrap();
        let second = objects.read(&single, None).await.unwrap();
        objects.delete(&bucket, &key("k"), None, None).await.unwrap();
        put(objects, &bucket, "single", &body(10, 10)).await.unwrap();
        objects.settle().await;
        assert!(matches!(objects.read(&multipart, None).await, Err(Error::Gone)));
        assert!(matches!(objects.read(&single, None).await, Err(Error::Gone)));
        assert_eq!(drain(first).await.unwrap(), whole);
        assert_eq!(drain(second).await.unwrap(), body(9, 4000));
        assert!(world.swept_blobs().await.is_empty());
    }
}

/// A client that goes away at any moment leaves nothing behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abandoned_writes_leave_nothing() {
    let world = World::disk().await;
    let objects = world.objects.clone();
    let bucket = objects.create_bucket(new_bucket("race")).await.unwrap();
    let mut writer = objects.begin_put(&bucket, BodySpec::default()).await.unwrap();
    writer.write(body(1, 5000)).await.unwrap();
    drop(writer);
    let writer = objects.begin_put(&bucket, BodySpec::default()).await.unwrap();
    drop(stage(writer, &body(2, 5000), 5000).await.unwrap());
    assert!(world.swept_blobs().await.is_empty());

    let mut cut_off = 0;
    for n in 0..40_u64 {
        let (objects, bucket) = (objects.clone(), bucket.clone());
        let task = tokio::spawn(async move { put(&objects, &bucket, "k", &body(n, 5000)).await });
        tokio::time::sleep(std::time::Duration::from_micros(n * 150)).await;
        task.abort();
        cut_off += usize::from(task.await.is_err());
    }
    assert!(cut_off > 0);
    let there = match get(&objects, &bucket, "k").await {
        Ok(data) => {
            assert_eq!(data.len(), 5000);
            1
        }
        Err(_) => 0,
    };
    assert_eq!(world.swept_blobs().await.len(), there);
}

/// Large bodies are hashed together: each has its own digest all the same, whatever its length, the frames it
/// comes in and whether its size was announced, and those that are abandoned meanwhile leave nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_bodies_at_once_keep_their_digests() {
    for world in [World::racing().await, World::disk().await] {
        let bucket = world.objects.create_bucket(new_bucket("race")).await.unwrap();
        let stored = race(12, |n| {
            let (objects, bucket) = (world.objects.clone(), bucket.clone());
            async move {
                let data = body(n as u64, (n % 4) * 600_000 + n * 40_000 + 1);
                let spec = BodySpec {
                    size: (n % 2 == 0).then_some(data.len() as u64),
                    checksum: None,
                };
                let mut writer = objects.begin_put(&bucket, spec).await.unwrap();
                let name = format!("k{n}");
                let key = key(&name);
                if n % 5 == 4 {
                    writer.write(data.slice(..data.len() - 1)).await.unwrap();
                    return None;
                }
                let staged = stage(writer, &data, 10_000 * (n + 1)).await.unwrap();
                assert_eq!(staged.md5(), md5(&data), "body {n}");
                let stored = objects.put_object(&bucket, &key, staged, PutObject::default());
                assert_eq!(stored.await.unwrap().etag, ETag::plain(md5(&data)));
                assert_eq!(get(&objects, &bucket, &name).await.unwrap(), data, "body {n}");
                Some(data.len())
            }
        })
        .await;
        let large = stored.iter().flatten().filter(|size| **size > 16 << 10).count();
        assert_eq!(world.swept_blobs().await.len(), large);
    }
}

/// A wrong `Content-MD5` of a large body is refused, and its blob goes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_body_with_another_digest_is_refused() {
    let world = World::disk().await;
    let bucket = world.objects.create_bucket(new_bucket("race")).await.unwrap();
    let data = body(1, 1_500_000);
    let spec = BodySpec::default();
    let mut writer = world.objects.begin_put(&bucket, spec).await.unwrap();
    writer.write(data.clone()).await.unwrap();
    let expected = Expected {
        md5: Some([7; 16]),
        checksum: None,
    };
    let refused = writer.finish(expected).await;
    assert!(matches!(refused, Err(Error::BadDigest { calculated, .. }) if calculated == md5(&data)));
    assert!(world.swept_blobs().await.is_empty());
}
