//! The engine fails at chosen moments: what was acknowledged stays, what was not is whole or absent, and
//! after a new start and a sweep no blob is left that nothing names.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use cairn_objects::*;
use cairn_storage::Memory;
use cairn_storage::testing::{Faulty, Operation, Random, When};
use common::*;

async fn open(store: &Faulty<Memory>, clock: &Arc<Ticking>) -> Objects {
    let (index, blobs) = (Arc::new(store.clone()), Arc::new(store.clone()));
    Objects::open(index, blobs, clock.clone(), limits())
        .await
        .unwrap()
}

/// What a key may hold: the last acknowledged body, or one of those tried since.
#[derive(Default)]
struct Allowed {
    bodies: Vec<Option<Bytes>>,
}

struct Run {
    store: Faulty<Memory>,
    clock: Arc<Ticking>,
    objects: Objects,
    bucket: Arc<Bucket>,
    keys: BTreeMap<String, Allowed>,
}

impl Run {
    async fn new(seed: u64) -> Self {
        let store = Faulty::new(Memory::new(), seed);
        let clock = Ticking::new();
        let objects = open(&store, &clock).await;
        let bucket = objects.create_bucket(new_bucket("faults")).await.unwrap();
        Self {
            store,
            clock,
            objects,
            bucket,
            keys: BTreeMap::new(),
        }
    }

    fn note(&mut self, name: &str, body: Option<Bytes>, acknowledged: bool) {
        let allowed = self
            .keys
            .entry(name.to_owned())
            .or_insert_with(|| Allowed { bodies: vec![None] });
        if acknowledged {
            allowed.bodies.clear();
        }
        allowed.bodies.push(body);
    }

    async fn multipart(&self, name: &str, parts: &[Bytes]) -> Result<(), Error> {
        let (objects, bucket) = (&self.objects, &self.bucket);
        let upload = objects.create_upload(bucket, &key(name), new_upload()).await?;
        let mut stored = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            stored.push(put_part(objects, bucket, &upload, index as u64 + 1, part).await?);
        }
        // One that is replaced, one that is not listed.
        stored[0] = put_part(objects, bucket, &upload, 1, &parts[0]).await?;
        put_part(objects, bucket, &upload, 77, &parts[0]).await?;
        let request = complete(&stored);
        objects
            .complete_upload(bucket, &key(name), &upload.id, &request)
            .await?;
        Ok(())
    }

    async fn step(&mut self, random: &mut Random) {
        let name = format!("k{}", random.below(4));
        let seed = random.word();
        match random.below(10) {
            0..5 => {
                let data = body(seed, [0, 500, 1500, 9000][random.below(4) as usize]);
                let done = put(&self.objects, &self.bucket, &name, &data).await;
                self.note(&name, Some(data), done.is_ok());
            }
            5..7 => {
                let done = self.objects.delete(&self.bucket, &key(&name), None, None).await;
                self.note(&name, None, done.is_ok());
            }
            7..9 => {
                let parts = [body(seed, 300), body(seed + 1, 1200)];
                let done = self.multipart(&name, &parts).await;
                self.note(&name, Some(parts.concat().into()), done.is_ok());
            }
            _ => {
                let upload = self
                    .objects
                    .create_upload(&self.bucket, &key(&name), new_upload())
                    .await;
                if let Ok(upload) = upload {
                    let _ = put_part(&self.objects, &self.bucket, &upload, 1, &body(seed, 2000)).await;
                    let _ = self
                        .objects
                        .abort_upload(&self.bucket, &key(&name), &upload.id)
                        .await;
                }
            }
        }
    }

    /// Everything acknowledged is there, and nothing else but what was tried.
    async fn check(&mut self) {
        for (name, allowed) in &mut self.keys {
            let found = match get(&self.objects, &self.bucket, name).await {
                Ok(data) => Some(Bytes::from(data)),
                Err(Error::NoSuchKey) => None,
                Err(error) => panic!("{name}: {error}"),
            };
            assert!(
                allowed.bodies.contains(&found),
                "{name} holds what nobody wrote last"
            );
            allowed.bodies = vec![found];
        }
    }

    async fn restart(&mut self) {
        self.store.heal();
        self.objects.settle().await;
        self.objects = open(&self.store, &self.clock).await;
        self.bucket = self.objects.bucket(&bucket_name("faults")).await.unwrap();
        self.check().await;
        self.objects.sweep().await.unwrap();
        self.objects.settle().await;
        self.check().await;
    }

    /// Deletes all there is; then no blob may be left.
    async fn end(mut self) {
        self.restart().await;
        for name in self.keys.keys() {
            self.objects
                .delete(&self.bucket, &key(name), None, None)
                .await
                .unwrap();
        }
        let list = ListUploads {
            limit: 1000,
            ..ListUploads::default()
        };
        for entry in self
            .objects
            .list_uploads(&self.bucket, &list)
            .await
            .unwrap()
            .entries
        {
            let UploadEntry::Upload(upload) = entry else {
                panic!("a common prefix");
            };
            self.objects
                .abort_upload(&self.bucket, &upload.key, &upload.id)
                .await
                .unwrap();
        }
        self.objects.settle().await;
        self.objects.sweep().await.unwrap();
        assert!(all_blobs(&self.store).await.is_empty(), "orphans");
        self.objects.delete_bucket(&self.bucket).await.unwrap();
    }
}

const ALL: &[Operation] = &[
    Operation::Get,
    Operation::Scan,
    Operation::CommitBefore,
    Operation::CommitAfter,
    Operation::Create,
    Operation::Append,
    Operation::Finish,
    Operation::Read,
    Operation::Next,
    Operation::Delete,
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_faults() {
    for seed in 0..12_u64 {
        let mut random = Random(seed);
        let mut run = Run::new(seed).await;
        for _ in 0..6 {
            for operation in ALL {
                run.store.fail(*operation, When::Permille(random.below(120)));
            }
            for _ in 0..25 {
                run.step(&mut random).await;
            }
            run.restart().await;
        }
        assert!(
            ALL.iter()
                .map(|operation| run.store.injected(*operation))
                .sum::<u64>()
                > 20
        );
        run.end().await;
    }
}

/// Each operation fails once, at each of its first moments, of a put, an overwrite and an upload.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_fault_at_every_moment() {
    for operation in ALL {
        for after in 0..14 {
            let mut run = Run::new(after).await;
            let data = body(1, 3000);
            put(&run.objects, &run.bucket, "k", &data).await.unwrap();
            run.note("k", Some(data), true);
            run.store.fail(*operation, When::After(after));

            let data = body(2, 4000);
            let done = put(&run.objects, &run.bucket, "k", &data).await;
            run.note("k", Some(data), done.is_ok());
            let parts = [body(3, 500), body(4, 1500)];
            let done = run.multipart("k", &parts).await;
            run.note("k", Some(parts.concat().into()), done.is_ok());
            let parts = [body(5, 600), body(6, 1600)];
            let done = run.multipart("k", &parts).await;
            run.note("k", Some(parts.concat().into()), done.is_ok());
            run.restart().await;
            run.end().await;
        }
    }
}

/// Creating and deleting buckets, cut off at every step: a name is either free or a whole bucket.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn buckets_come_and_go_whole() {
    let operations = [
        Operation::Get,
        Operation::Scan,
        Operation::CommitBefore,
        Operation::CommitAfter,
        Operation::Clear,
        Operation::Delete,
    ];
    for operation in operations {
        for after in 0..8 {
            let store = Faulty::new(Memory::new(), after);
            let clock = Ticking::new();
            let objects = open(&store, &clock).await;
            store.fail(operation, When::After(after));
            let created = objects.create_bucket(new_bucket("come")).await;
            if let Ok(bucket) = &created {
                // An open upload goes with the bucket.
                let upload = objects.create_upload(bucket, &key("k"), new_upload()).await;
                if let Ok(upload) = upload {
                    let _ = put_part(&objects, bucket, &upload, 1, &body(1, 2000)).await;
                }
            }
            let deleted = match &created {
                Ok(bucket) => Some(objects.delete_bucket(bucket).await),
                Err(_) => None,
            };
            store.heal();
            objects.settle().await;
            let objects = open(&store, &clock).await;
            objects.sweep().await.unwrap();
            match objects.bucket(&bucket_name("come")).await {
                Ok(bucket) => {
                    assert!(!matches!(deleted, Some(Ok(()))), "{operation:?} {after}");
                    put(&objects, &bucket, "k", &body(1, 10)).await.unwrap();
                    objects.delete(&bucket, &key("k"), None, None).await.unwrap();
                    objects.delete_bucket(&bucket).await.unwrap();
                }
                Err(Error::NoSuchBucket(_)) => {
                    let cut_off = matches!(deleted, Some(Err(_))) && operation == Operation::CommitAfter;
                    assert!(created.is_err() || matches!(deleted, Some(Ok(()))) || cut_off);
                }
                Err(error) => panic!("{error}"),
            }
            objects.settle().await;
            objects.sweep().await.unwrap();
            assert!(all_blobs(&store).await.is_empty(), "{operation:?} {after}");
            let again = objects.create_bucket(new_bucket("come")).await.unwrap();
            put(&objects, &again, "k", &body(1, 10)).await.unwrap();
        }
    }
}

/// The key's head is what listings, reads and writes meet when it does not decode: an error, no panic.
#[tokio::test]
async fn rows_that_do_not_decode_are_errors() {
    use cairn_storage::{Commit, Index, Row, Write};
    let world = World::memory().await;
    let bucket = world.objects.create_bucket(new_bucket("corrupt")).await.unwrap();
    let Place::Memory(memory) = &world.place else {
        panic!("on disk");
    };
    for value in [
        &b""[..],
        b"\x01",
        b"\x02rest",
        b"\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
    ] {
        let row = Row::rows(b"\x02k\x00\x01\x00".to_vec());
        let commit = Commit {
            expectations: Vec::new(),
            writes: vec![Write::Put(row, Bytes::copy_from_slice(value))],
        };
        memory.commit(bucket.partition, commit).await.unwrap();
        let find = world.objects.find(&bucket, &key("k"), None).await;
        assert!(matches!(find, Err(Error::Storage(_))));
        assert!(put(&world.objects, &bucket, "k", &body(1, 1)).await.is_err());
        let list = ListObjects {
            limit: 10,
            ..ListObjects::default()
        };
        assert!(world.objects.list_objects(&bucket, &list).await.is_err());
        let list = ListVersions {
            limit: 10,
            ..ListVersions::default()
        };
        assert!(world.objects.list_versions(&bucket, &list).await.is_err());
    }
}
