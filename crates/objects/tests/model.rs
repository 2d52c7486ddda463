//! Random operations against a store and a plain model, compared after each step, on both engines.
//!
//! The model (`model/reference.rs`) is the one definition of what is right; this file carries each
//! operation out on both and compares what they answer. Version ids and upload ids are taken from the
//! store, everything else from the model.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;
#[path = "model/ops.rs"]
mod ops;
#[path = "model/reference.rs"]
mod reference;

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use cairn_objects::*;
use cairn_types::tag::Tagged;
use cairn_types::*;
use common::*;
use ops::*;
use proptest::prelude::*;
use reference::*;

struct Run {
    world: World,
    bucket: Arc<Bucket>,
    model: Model,
    step: usize,
    /// Uploads that were completed, and the answers.
    completed: Vec<(Upload, CompleteUpload, Stored)>,
}

/// The model's entry for bytes put in one piece.
fn plain(body: Bytes, tags: TagSet) -> Object {
    Object {
        etag: ETag::plain(md5(&body)),
        checksum: Checksum::full_object(digest(ChecksumAlgorithm::Crc64Nvme, &body)),
        blobs: usize::from(body.len() > limits().inline_bytes_max),
        parts: None,
        tags,
        body,
    }
}

fn refused(error: &Error) -> Option<Refusal> {
    match error {
        Error::NoSuchKey => Some(Refusal::NoSuchKey),
        Error::PreconditionFailed(condition) => Some(Refusal::Failed(*condition)),
        Error::PreconditionConflict(condition) => Some(Refusal::Conflict(*condition)),
        _ => None,
    }
}

fn text(index: usize) -> &'static str {
    TEXTS
        .get(index)
        .copied()
        .unwrap_or_else(|| KEYS[index - TEXTS.len()])
}

impl Run {
    async fn new(world: World) -> Self {
        let bucket = world.objects.create_bucket(new_bucket("model")).await.unwrap();
        Self {
            world,
            bucket,
            model: Model::default(),
            step: 0,
            completed: Vec::new(),
        }
    }

    fn body(&self, size: usize) -> Bytes {
        // Some bodies repeat, so that ETags do.
        body((self.step % 5) as u64, SIZES[size])
    }

    fn precondition(&self, key: &str, condition: &If) -> WritePrecondition {
        match condition {
            If::Nothing => WritePrecondition::None,
            If::Absent => WritePrecondition::Absent,
            If::Current => match self.model.latest_object(key) {
                Some((_, object)) => WritePrecondition::Matches(object.etag.quoted()),
                None => WritePrecondition::Matches(ETag::plain([1; 16]).quoted()),
            },
            If::Wrong => WritePrecondition::Matches(ETag::plain([1; 16]).quoted()),
        }
    }

    fn id(&self, key: &str, which: &Which) -> Option<VersionId> {
        match which {
            Which::Latest => None,
            Which::Null => Some(VersionId::Null),
            Which::Nth(n) => {
                let version = self.model.versions(key).get(*n);
                Some(version.map_or(VersionId::Null, |version| version.id))
            }
            Which::Unknown => Some(VersionId::Unique {
                order: VersionOrder(5),
                nonce: [5; 16],
            }),
        }
    }

    /// The model's version for an id, or why there is none.
    fn expected(&self, key: &str, id: Option<VersionId>) -> Result<&Version, &'static str> {
        match id {
            None => self.model.versions(key).first().ok_or("key"),
            Some(id) if id != VersionId::Null && self.model.versioning == Versioning::Unversioned => {
                Err("id")
            }
            Some(id) => self.model.by_id(key, id).ok_or("version"),
        }
    }

    async fn apply(&mut self, op: &Op) {
        self.step += 1;
        let at = self.step;
        let objects = self.world.objects.clone();
        let bucket = Arc::clone(&self.bucket);
        match op {
            Op::Put(k, size, condition) => {
                let name = KEYS[*k];
                let data = self.body(*size);
                let precondition = self.precondition(name, condition);
                let expected = self.model.check(name, &precondition);
                let answer = put_if(&objects, &bucket, name, &data, precondition).await;
                match answer {
                    Ok(stored) => {
                        assert_eq!(expected, Ok(()));
                        let object = plain(data, TagSet::default());
                        assert_eq!((stored.etag, &stored.checksum), (object.etag, &object.checksum));
                        self.model.add(name, at, stored.version, Some(object));
                    }
                    Err(error) => assert_eq!(Err(refused(&error).expect("a refusal")), expected),
                }
            }
            Op::Delete(k, which) => {
                let name = KEYS[*k];
                let id = self.id(name, which);
                let answer = objects.delete(&bucket, &key(name), id, None).await;
                self.deleted(name, id, at, answer);
            }
            Op::DeleteMany(ks) => {
                let mut ks = ks.clone();
                ks.sort_unstable();
                ks.dedup();
                let one = |k: &usize| Delete {
                    key: key(KEYS[*k]),
                    version: None,
                    if_match: None,
                };
                let deletes: Vec<_> = ks.iter().map(one).collect();
                let answers = objects.delete_many(&bucket, &deletes).await;
                for (k, answer) in ks.iter().zip(answers) {
                    self.deleted(KEYS[*k], None, at, answer);
                }
            }
            Op::Versioning(versioning) => {
                self.bucket = objects.set_versioning(&bucket, *versioning).await.unwrap();
                if *versioning != Versioning::Unversioned {
                    self.model.versioning = *versioning;
                }
                assert_eq!(self.bucket.versioning, self.model.versioning);
            }
            Op::Copy(k, which, to) => self.copy(KEYS[*k], which, KEYS[*to], at).await,
            Op::Tag(k, which, n) => {
                let name = KEYS[*k];
                let id = self.id(name, which);
                let tag = |i| Tag {
                    key: format!("k{i}"),
                    value: format!("v{at}"),
                };
                let tags = TagSet::new(Tagged::Object, (0..*n).map(tag).collect()).unwrap();
                let answer = objects
                    .set_object_tags(&bucket, &key(name), id, tags.clone())
                    .await;
                match (self.expected(name, id).cloned(), answer) {
                    (Ok(version), Ok(tagged)) if version.object.is_some() => {
                        assert_eq!(tagged, version.id);
                        let versions = self.model.keys.get_mut(name).unwrap();
                        let version = versions.iter_mut().find(|v| v.id == tagged).unwrap();
                        version.object.as_mut().unwrap().tags = tags;
                    }
                    (Ok(version), Err(Error::IsDeleteMarker(marker))) => {
                        assert!(version.object.is_none());
                        assert_eq!(marker.version, version.id);
                    }
                    (Err("key"), Err(Error::NoSuchKey))
                    | (Err("version"), Err(Error::NoSuchVersion))
                    | (Err("id"), Err(Error::InvalidVersionId)) => {}
                    (expected, answer) => panic!("{expected:?} but {answer:?}"),
                }
            }
            Op::Create(k) => {
                let name = KEYS[*k];
                let mut new = new_upload();
                new.metadata.user = vec![("n".into(), at.to_string())];
                let upload = objects.create_upload(&bucket, &key(name), new).await.unwrap();
                let replaces = self.model.latest_object(name).map(|(version, _)| version.at);
                self.model.uploads.push(OpenUpload {
                    key: name.into(),
                    id: upload.id,
                    at,
                    replaces,
                    parts: BTreeMap::new(),
                });
            }
            Op::Part(u, number, size) => {
                let data = self.body(*size);
                let Some(upload) = self.model.uploads.get_mut(*u) else {
                    return;
                };
                let open = objects
                    .upload(&bucket, &key(&upload.key), &upload.id)
                    .await
                    .unwrap();
                let part = put_part(&objects, &bucket, &open, *number, &data).await.unwrap();
                assert_eq!(part.etag, ETag::plain(md5(&data)));
                upload.parts.insert(*number, data);
            }
            Op::Complete(u, listed, condition) => self.complete(*u, *listed, condition).await,
            Op::Abort(u) => {
                if *u < self.model.uploads.len() {
                    let upload = self.model.uploads.remove(*u);
                    let name = key(&upload.key);
                    objects.abort_upload(&bucket, &name, &upload.id).await.unwrap();
                    let again = objects.abort_upload(&bucket, &name, &upload.id).await;
                    assert!(matches!(again, Err(Error::NoSuchUpload)));
                }
            }
            Op::CompleteAgain(n) => {
                if let Some((upload, request, answer)) = self.completed.get(*n) {
                    let again = objects
                        .complete_upload(&bucket, &upload.key, &upload.id, request)
                        .await;
                    assert_eq!(again.unwrap(), *answer);
                    let other = objects
                        .complete_upload(&bucket, &key("other"), &upload.id, request)
                        .await;
                    assert!(matches!(other, Err(Error::NoSuchUpload)));
                    let gone = objects.upload(&bucket, &upload.key, &upload.id).await;
                    assert!(matches!(gone, Err(Error::NoSuchUpload)));
                }
            }
            Op::List(p, d, m, limit) => self.list(TEXTS[*p], DELIMITERS[*d], text(*m), *limit).await,
            Op::ListVersions(p, d, m, limit) => {
                self.list_versions(TEXTS[*p], DELIMITERS[*d], text(*m), *limit)
                    .await;
            }
            Op::ListUploads(p, d, m, limit) => {
                self.list_uploads(TEXTS[*p], DELIMITERS[*d], text(*m), *limit)
                    .await;
            }
            Op::Reopen => {}
        }
    }

    fn deleted(&mut self, name: &str, id: Option<VersionId>, at: usize, answer: Result<Deleted, Error>) {
        let Some(id) = id else {
            let answer = answer.unwrap();
            match self.model.versioning {
                Versioning::Unversioned => {
                    assert_eq!((answer.version, answer.delete_marker), (None, false));
                    self.model.remove(name, VersionId::Null);
                }
                versioning => {
                    assert!(answer.delete_marker);
                    let shown = answer.version.unwrap();
                    assert_eq!(shown == VersionId::Null, versioning == Versioning::Suspended);
                    let id = Some(shown).filter(|id| *id != VersionId::Null);
                    self.model.add(name, at, id, None);
                }
            }
            return;
        };
        match (self.expected(name, Some(id)), answer) {
            (Err("id"), Err(Error::InvalidVersionId)) => {}
            (Err("version"), Ok(deleted)) => {
                assert_eq!((deleted.version, deleted.delete_marker), (Some(id), false));
            }
            (Ok(version), Ok(deleted)) => {
                let marker = version.object.is_none();
                assert_eq!((deleted.version, deleted.delete_marker), (Some(id), marker));
                self.model.remove(name, id);
            }
            (expected, answer) => panic!("{expected:?} but {answer:?}"),
        }
    }

    async fn copy(&mut self, from: &str, which: &Which, to: &str, at: usize) {
        let objects = &self.world.objects;
        let id = self.id(from, which);
        let Ok(Found::Object(source)) = objects.find(&self.bucket, &key(from), id).await else {
            assert!(
                self.expected(from, id)
                    .map_or(true, |version| version.object.is_none())
            );
            return;
        };
        let expected = self.expected(from, id).unwrap().object.clone().unwrap();
        let copy = CopyObject {
            checksum: None,
            put: PutObject {
                metadata: source.metadata.clone(),
                ..PutObject::default()
            },
        };
        let stored = objects
            .copy_object(&source, &self.bucket, &key(to), copy)
            .await
            .unwrap();
        let object = plain(expected.body, expected.tags);
        assert_eq!((stored.etag, &stored.checksum), (object.etag, &object.checksum));
        self.model.add(to, at, stored.version, Some(object));
    }

    async fn complete(&mut self, u: usize, mask: u8, condition: &If) {
        let Some(upload) = self.model.uploads.get(u).cloned() else {
            return;
        };
        let objects = self.world.objects.clone();
        let name = key(&upload.key);
        let open = objects.upload(&self.bucket, &name, &upload.id).await.unwrap();
        let page = objects.list_parts(&self.bucket, &open, 0, 1000).await.unwrap();
        let sizes: Vec<_> = page
            .parts
            .iter()
            .map(|p| (u64::from(p.number.get()), p.size as usize))
            .collect();
        let expected: Vec<_> = upload
            .parts
            .iter()
            .map(|(number, data)| (*number, data.len()))
            .collect();
        assert_eq!(sizes, expected);

        let chosen: Vec<_> = page
            .parts
            .iter()
            .filter(|part| mask & (1 << part.number.get()) != 0)
            .cloned()
            .collect();
        let mut request = complete(&chosen);
        request.precondition = self.precondition(&upload.key, condition);
        let bodies: Vec<_> = chosen
            .iter()
            .map(|part| upload.parts[&u64::from(part.number.get())].clone())
            .collect();
        let short = bodies.iter().rev().skip(1).any(|body| body.len() < 100);
        let expected = self.model.check_complete(&upload, &request.precondition);
        let answer = objects
            .complete_upload(&self.bucket, &name, &upload.id, &request)
            .await;
        let stored = match answer {
            Ok(stored) => stored,
            Err(Error::NoParts) => return assert!(chosen.is_empty()),
            Err(Error::PartTooSmall { .. }) => {
                assert_eq!(expected, Ok(()));
                return assert!(short);
            }
            Err(error) => return assert_eq!(Err(refused(&error).expect("a refusal")), expected),
        };
        assert!(expected.is_ok() && !chosen.is_empty() && !short);
        let whole = Bytes::from(bodies.concat());
        let md5s: Vec<u8> = bodies.iter().flat_map(|body| md5(body)).collect();
        let object = Object {
            etag: ETag {
                md5: md5(&md5s),
                parts: Some(bodies.len() as u16),
            },
            checksum: Checksum::full_object(digest(ChecksumAlgorithm::Crc64Nvme, &whole)),
            tags: TagSet::default(),
            blobs: bodies.iter().filter(|body| !body.is_empty()).count(),
            parts: Some(bodies.iter().map(Bytes::len).collect()),
            body: whole,
        };
        assert_eq!((stored.etag, &stored.checksum), (object.etag, &object.checksum));
        self.model.uploads.remove(u);
        self.model
            .add(&upload.key, upload.at, stored.version, Some(object));
        self.completed.push((open, request, stored));
    }

    async fn list(&self, prefix: &str, delimiter: &str, marker: &str, limit: usize) {
        let items = self
            .model
            .keys
            .keys()
            .filter(|key| self.model.latest_object(key).is_some());
        let items = items.map(|key| (key.clone(), ())).collect();
        let mut expected: Vec<String> = roll_up(items, prefix, delimiter)
            .into_iter()
            .map(|(text, _)| text)
            .collect();
        expected.retain(|text| text.as_str() > marker);
        let mut list = ListObjects {
            prefix: prefix.into(),
            delimiter: delimiter.into(),
            after: marker.into(),
            limit,
        };
        let mut found = Vec::new();
        loop {
            let page = self
                .world
                .objects
                .list_objects(&self.bucket, &list)
                .await
                .unwrap();
            let entries = page.entries().len();
            assert!(entries <= limit);
            found.extend(page.entries().map(|entry| match entry {
                ObjectEntry::Object(key, _) => key.to_owned(),
                ObjectEntry::CommonPrefix(prefix) => prefix.to_owned(),
            }));
            match page.next {
                None => break,
                Some(next) => {
                    assert_eq!(entries, limit);
                    assert!(found.len() < expected.len(), "truncated though nothing follows");
                    list.after = next;
                }
            }
        }
        assert_eq!(found, expected, "{list:?} after {marker:?}");
    }

    async fn list_versions(&self, prefix: &str, delimiter: &str, marker: &str, limit: usize) {
        let item = |(key, version, latest): (&str, &Version, bool)| {
            let object = version.object.as_ref();
            let shown = (
                version.id,
                latest,
                object.map(|object| (object.body.len() as u64, object.etag)),
            );
            (key.to_owned(), shown)
        };
        let items = self.model.all().into_iter().map(item).collect();
        let mut expected = roll_up(items, prefix, delimiter);
        expected.retain(|(text, _)| text.as_str() > marker);
        let mut list = ListVersions {
            prefix: prefix.into(),
            delimiter: delimiter.into(),
            key_marker: marker.into(),
            version_marker: None,
            limit,
        };
        let mut found = Vec::new();
        loop {
            let page = self
                .world
                .objects
                .list_versions(&self.bucket, &list)
                .await
                .unwrap();
            found.extend(page.entries.into_iter().map(|entry| match entry {
                VersionEntry::Version(version) => {
                    let object = version.object.map(|object| (object.size, object.etag));
                    let item = (version.version, version.latest, object);
                    (version.key.as_str().to_owned(), Entry::Item(item))
                }
                VersionEntry::CommonPrefix(prefix) => (prefix.clone(), Entry::Prefix(prefix)),
            }));
            match page.next {
                None => break,
                Some((key, version)) => (list.key_marker, list.version_marker) = (key, version),
            }
        }
        assert_eq!(found, expected, "{list:?} after {marker:?}");
    }

    async fn list_uploads(&self, prefix: &str, delimiter: &str, marker: &str, limit: usize) {
        let mut items: Vec<_> = self
            .model
            .uploads
            .iter()
            .map(|u| (u.key.clone(), u.at, u.id))
            .collect();
        items.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
        let items = items.into_iter().map(|(key, _, id)| (key, id)).collect();
        let mut expected = roll_up(items, prefix, delimiter);
        expected.retain(|(text, _)| text.as_str() > marker);
        let mut list = ListUploads {
            prefix: prefix.into(),
            delimiter: delimiter.into(),
            key_marker: marker.into(),
            upload_marker: None,
            limit,
        };
        let mut found = Vec::new();
        loop {
            let page = self
                .world
                .objects
                .list_uploads(&self.bucket, &list)
                .await
                .unwrap();
            found.extend(page.entries.into_iter().map(|entry| match entry {
                UploadEntry::Upload(upload) => (upload.key.as_str().to_owned(), Entry::Item(upload.id)),
                UploadEntry::CommonPrefix(prefix) => (prefix.clone(), Entry::Prefix(prefix)),
            }));
            if !page.truncated {
                break;
            }
            match found.last().unwrap() {
                (key, Entry::Item(id)) => (list.key_marker, list.upload_marker) = (key.clone(), Some(*id)),
                (prefix, _) => (list.key_marker, list.upload_marker) = (prefix.clone(), None),
            }
        }
        assert_eq!(found, expected, "{list:?} after {marker:?}");
    }

    /// All versions, and the latest of each key, as the model has them.
    async fn compare(&self) {
        self.list("", "", "", 3).await;
        self.list_versions("", "", "", 3).await;
        for name in KEYS {
            let found = self.world.objects.find(&self.bucket, &key(name), None).await;
            match (found, self.model.versions(name).first()) {
                (Err(Error::NoSuchKey), None) => {}
                (Ok(Found::DeleteMarker(marker)), Some(version)) => {
                    assert!(version.object.is_none() && marker.latest);
                    assert_eq!(marker.version, version.id);
                }
                (Ok(Found::Object(found)), Some(version)) => {
                    let object = version.object.as_ref().unwrap();
                    assert_eq!((found.version, found.etag), (version.id, object.etag));
                    assert_eq!(found.metadata.tags, object.tags);
                }
                (found, version) => panic!("{name:?}: {found:?} but {version:?}"),
            }
        }
    }

    /// Every byte of every version, whole and by ranges; and exactly the blobs they need.
    async fn compare_bodies(&self) {
        let objects = &self.world.objects;
        for (name, version, latest) in self.model.all() {
            if version.id != VersionId::Null && self.model.versioning == Versioning::Unversioned {
                panic!("an id in an unversioned bucket");
            }
            let found = objects
                .find(&self.bucket, &key(name), Some(version.id))
                .await
                .unwrap();
            let (Found::Object(found), Some(object)) = (&found, &version.object) else {
                assert!(matches!(found, Found::DeleteMarker(_)) && version.object.is_none());
                continue;
            };
            assert_eq!((found.latest, found.size), (latest, object.body.len() as u64));
            assert_eq!(
                (&found.checksum, &found.metadata.tags),
                (&object.checksum, &object.tags)
            );
            assert!(drain(objects.read(found, None).await.unwrap()).await.unwrap() == object.body);
            let size = object.body.len();
            for (from, to) in [
                (0, size.min(1)),
                (size / 3, size),
                (size / 2, size / 2 + 1),
                (1000, 1030),
            ] {
                let range = from.min(size)..to.min(size);
                let reader = objects.read(found, Some(from as u64..to as u64)).await.unwrap();
                assert!(drain(reader).await.unwrap() == object.body[range]);
            }
            let counts = found.parts.map(|parts| usize::from(parts.count));
            assert_eq!(counts, object.parts.as_ref().map(Vec::len));
            let sizes = object.parts.clone().unwrap_or_else(|| vec![size]);
            let mut offset = 0;
            for (index, part) in sizes.iter().enumerate() {
                let number = PartNumber::new(index as u64 + 1).unwrap();
                let range = objects.part_range(found, number).await.unwrap();
                assert_eq!(range, Some(offset..offset + *part as u64));
                offset += *part as u64;
            }
            let past = PartNumber::new(sizes.len() as u64 + 1).unwrap();
            assert_eq!(objects.part_range(found, past).await.unwrap(), None);
        }
        assert_eq!(self.world.swept_blobs().await.len(), self.model.blobs(), "blobs");
    }

    async fn run(mut self, ops: &[Op]) {
        for op in ops {
            if matches!(op, Op::Reopen) {
                self.world = self.world.reopen().await;
                self.bucket = self.world.objects.bucket(&bucket_name("model")).await.unwrap();
                assert_eq!(self.bucket.versioning, self.model.versioning);
            }
            self.apply(op).await;
            self.compare().await;
        }
        self.compare_bodies().await;
        self.world = self.world.reopen().await;
        self.bucket = self.world.objects.bucket(&bucket_name("model")).await.unwrap();
        self.compare().await;
        self.compare_bodies().await;

        // Emptied, it can be deleted, and nothing of it is left.
        let objects = self.world.objects.clone();
        let deleted = objects.delete_bucket(&self.bucket).await;
        let versioned = self.model.versioning != Versioning::Unversioned;
        if self.model.keys.is_empty() {
            deleted.unwrap();
        } else {
            assert!(matches!(deleted, Err(Error::BucketNotEmpty { versioned: v }) if v == versioned));
            for (name, version, _) in self.model.all() {
                objects
                    .delete(&self.bucket, &key(name), Some(version.id), None)
                    .await
                    .unwrap();
            }
            objects.delete_bucket(&self.bucket).await.unwrap();
        }
        let gone = objects.bucket(&bucket_name("model")).await;
        assert!(matches!(gone, Err(Error::NoSuchBucket(_))));
        assert!(self.world.swept_blobs().await.is_empty(), "nothing is left");
    }
}

fn run(world: impl Future<Output = World>, ops: &[Op]) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async { Run::new(world.await).await.run(ops).await });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]
    #[test]
    fn memory(ops in prop::collection::vec(op(), 1..60)) {
        run(World::memory(), &ops);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 100, ..ProptestConfig::default() })]
    #[test]
    fn engine(ops in prop::collection::vec(op(), 20..60)) {
        run(World::disk(), &ops);
    }
}
