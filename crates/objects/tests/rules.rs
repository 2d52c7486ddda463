//! Single rules of facts/06 and facts/02 that the model does not state.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::time::Duration;

use bytes::Bytes;
use cairn_objects::*;
use cairn_types::tag::Tagged;
use cairn_types::*;
use common::*;

async fn bucket(world: &World) -> std::sync::Arc<Bucket> {
    world.objects.create_bucket(new_bucket("rules")).await.unwrap()
}

fn object(found: Found) -> Box<ObjectVersion> {
    match found {
        Found::Object(object) => object,
        Found::DeleteMarker(marker) => panic!("{marker:?}"),
    }
}

/// facts/06 §9: what the client says of its body is held against the bytes; nothing stays of a bad one.
#[tokio::test]
async fn bodies_are_verified() {
    let world = World::memory().await;
    let bucket = bucket(&world).await;
    let data = body(1, 3000);
    for &algorithm in ChecksumAlgorithm::ALL {
        let spec = BodySpec {
            size: Some(3000),
            checksum: Some(algorithm),
        };
        let finish = async |expected: Expected| {
            let mut writer = world.objects.begin_put(&bucket, spec).await.unwrap();
            writer.write(data.clone()).await.unwrap();
            writer.finish(expected).await
        };
        let right = Expected {
            md5: Some(md5(&data)),
            checksum: Some(digest(algorithm, &data)),
        };
        let staged = finish(right.clone()).await.unwrap();
        assert_eq!((staged.size(), staged.md5()), (3000, md5(&data)));
        assert_eq!(staged.checksum(), &digest(algorithm, &data));
        let wrong = Expected {
            md5: Some([0; 16]),
            ..right.clone()
        };
        assert!(
            matches!(finish(wrong).await, Err(Error::BadDigest { calculated, .. }) if calculated == md5(&data))
        );
        let wrong = Expected {
            checksum: Some(digest(algorithm, b"other")),
            ..right
        };
        assert!(matches!(finish(wrong).await, Err(Error::BadChecksum { .. })));
    }
    let other = Expected {
        checksum: Some(digest(ChecksumAlgorithm::Sha1, b"")),
        ..Expected::default()
    };
    let writer = world
        .objects
        .begin_put(&bucket, BodySpec::default())
        .await
        .unwrap();
    assert!(matches!(
        writer.finish(other).await,
        Err(Error::NotHashed(ChecksumAlgorithm::Sha1))
    ));
    assert!(world.swept_blobs().await.is_empty());
}

#[tokio::test]
async fn lengths_are_held() {
    let world = World::memory().await;
    let bucket = bucket(&world).await;
    let spec = |size| BodySpec {
        size: Some(size),
        checksum: None,
    };
    let max = Limits::PUT_BYTES_MAX;
    let refused = world.objects.begin_put(&bucket, spec(max + 1)).await;
    assert!(
        matches!(refused, Err(Error::EntityTooLarge { proposed, max: m }) if proposed == max + 1 && m == max)
    );
    let mut writer = world.objects.begin_put(&bucket, spec(10)).await.unwrap();
    writer.write(body(1, 8)).await.unwrap();
    let more = writer.write(body(1, 3)).await;
    assert!(matches!(
        more,
        Err(Error::IncompleteBody {
            expected: 10,
            received: 11
        })
    ));
    let mut writer = world.objects.begin_put(&bucket, spec(10)).await.unwrap();
    writer.write(body(1, 8)).await.unwrap();
    let less = writer.finish(Expected::default()).await;
    assert!(matches!(
        less,
        Err(Error::IncompleteBody {
            expected: 10,
            received: 8
        })
    ));
}

/// facts/06 §9, COMPOSITE: the checksum of the checksums; each part's is asked for.
#[tokio::test]
async fn composite_uploads() {
    let world = World::memory().await;
    let objects = &world.objects;
    let bucket = bucket(&world).await;
    let mut new = new_upload();
    new.checksum = Some(UploadChecksum {
        algorithm: ChecksumAlgorithm::Sha256,
        kind: ChecksumType::Composite,
    });
    let upload = objects.create_upload(&bucket, &key("k"), new).await.unwrap();
    for sent in [None, Some(ChecksumAlgorithm::Crc32)] {
        let spec = BodySpec {
            size: None,
            checksum: sent,
        };
        assert!(matches!(
            objects.begin_part(&bucket, &upload, spec).await,
            Err(Error::ChecksumAlgorithmMismatch { expected: ChecksumAlgorithm::Sha256, actual }) if actual == sent
        ));
    }
    let (one, two) = (body(1, 200), body(2, 50));
    let first = put_part(objects, &bucket, &upload, 3, &one).await.unwrap();
    let second = put_part(objects, &bucket, &upload, 9, &two).await.unwrap();
    let request = complete(&[first.clone(), second.clone()]);
    let finish = async |request: &CompleteUpload| {
        objects
            .complete_upload(&bucket, &key("k"), &upload.id, request)
            .await
    };

    let mut wrong = request.clone();
    wrong.parts[1].checksum = None;
    assert!(matches!(
        finish(&wrong).await,
        Err(Error::PartChecksumMissing { number, .. }) if number.get() == 9
    ));
    wrong.parts[1].checksum = Some(digest(ChecksumAlgorithm::Sha256, b"other"));
    assert!(matches!(finish(&wrong).await, Err(Error::InvalidPart { number, .. }) if number.get() == 9));
    let mut wrong = request.clone();
    wrong.checksum_type = Some(ChecksumType::FullObject);
    assert!(matches!(
        finish(&wrong).await,
        Err(Error::ChecksumTypeMismatch {
            expected: Some(ChecksumType::Composite)
        })
    ));
    let mut wrong = request.clone();
    wrong.checksum = Some(digest(ChecksumAlgorithm::Sha256, b"other"));
    assert!(matches!(finish(&wrong).await, Err(Error::BadChecksum { .. })));
    let mut wrong = request.clone();
    wrong.object_size = Some(251);
    assert!(matches!(
        finish(&wrong).await,
        Err(Error::ObjectSizeMismatch {
            given: 251,
            computed: 250
        })
    ));
    let mut wrong = request.clone();
    wrong.parts.swap(0, 1);
    assert!(matches!(finish(&wrong).await, Err(Error::InvalidPartOrder)));
    let mut wrong = request.clone();
    wrong.parts[1] = wrong.parts[0].clone();
    assert!(matches!(finish(&wrong).await, Err(Error::InvalidPartOrder)));
    let mut wrong = request.clone();
    wrong.parts[0].etag = ETag::plain([1; 16]).to_string();
    assert!(matches!(finish(&wrong).await, Err(Error::InvalidPart { number, .. }) if number.get() == 3));
    let gone = objects
        .complete_upload(&bucket, &key("other"), &upload.id, &request)
        .await;
    assert!(matches!(gone, Err(Error::NoSuchUpload)));

    let digests = [
        digest(ChecksumAlgorithm::Sha256, &one),
        digest(ChecksumAlgorithm::Sha256, &two),
    ];
    let expected = digest(
        ChecksumAlgorithm::Sha256,
        &[digests[0].digest(), digests[1].digest()].concat(),
    );
    let mut right = request.clone();
    right.parts[0].etag = first.etag.to_string();
    right.checksum = Some(expected.clone());
    right.checksum_type = Some(ChecksumType::Composite);
    right.object_size = Some(250);
    let stored = finish(&right).await.unwrap();
    assert_eq!(stored.checksum.to_string(), format!("{expected}-2"));
    assert_eq!(stored.modified, upload.initiated);

    let found = object(objects.find(&bucket, &key("k"), None).await.unwrap());
    assert!(found.parts.unwrap().checksums);
    let page = objects.parts(&found, 0, 1).await.unwrap();
    assert_eq!((page.parts, page.truncated), (vec![first], true));
    let page = objects.parts(&found, 3, 10).await.unwrap();
    assert_eq!((page.parts, page.truncated), (vec![second], false));

    // facts/06 §7: a copy has a plain ETag and a checksum over the whole, of the same algorithm.
    let copy = objects
        .copy_object(&found, &bucket, &key("copy"), CopyObject::default())
        .await
        .unwrap();
    let whole = [one, two].concat();
    assert_eq!(copy.etag, ETag::plain(md5(&whole)));
    let expected = Checksum::full_object(digest(ChecksumAlgorithm::Sha256, &whole));
    assert_eq!(copy.checksum, expected);
}

/// facts/06 §8, §9: parts may bring any checksum where none was asked for; ranges are copied into parts.
#[tokio::test]
async fn uploads_without_a_checksum_asked_for() {
    let world = World::memory().await;
    let objects = &world.objects;
    let bucket = bucket(&world).await;
    let source = body(1, 4000);
    put(objects, &bucket, "source", &source).await.unwrap();
    let found = object(objects.find(&bucket, &key("source"), None).await.unwrap());
    let upload = objects
        .create_upload(&bucket, &key("k"), new_upload())
        .await
        .unwrap();
    let spec = BodySpec {
        size: Some(100),
        checksum: Some(ChecksumAlgorithm::Sha1),
    };
    let data = body(2, 100);
    let mut writer = objects.begin_part(&bucket, &upload, spec).await.unwrap();
    writer.write(data.clone()).await.unwrap();
    let expected = Expected {
        md5: None,
        checksum: Some(digest(ChecksumAlgorithm::Sha1, &data)),
    };
    let staged = writer.finish(expected).await.unwrap();
    assert_eq!(staged.sent_checksum(), &digest(ChecksumAlgorithm::Sha1, &data));
    let first = objects
        .put_part(&bucket, &upload, PartNumber::MIN, staged)
        .await
        .unwrap();
    let number = PartNumber::new(2).unwrap();
    let second = objects
        .copy_part(&found, Some(1000..1900), &bucket, &upload, number)
        .await
        .unwrap();
    assert_eq!(second.size, 900);
    let none = CompleteUpload::default();
    let none = objects
        .complete_upload(&bucket, &key("k"), &upload.id, &none)
        .await;
    assert!(matches!(none, Err(Error::NoParts)));
    let stored = objects
        .complete_upload(&bucket, &key("k"), &upload.id, &complete(&[first, second]))
        .await
        .unwrap();
    let whole = [&data[..], &source[1000..1900]].concat();
    let expected = Checksum::full_object(digest(ChecksumAlgorithm::Crc64Nvme, &whole));
    assert_eq!(stored.checksum, expected);
    assert_eq!(get(objects, &bucket, "k").await.unwrap(), whole);
}

/// More parts than a page of a part list holds.
#[tokio::test]
async fn many_parts() {
    let world = World::memory().await;
    let objects = &world.objects;
    let bucket = bucket(&world).await;
    let upload = objects
        .create_upload(&bucket, &key("k"), new_upload())
        .await
        .unwrap();
    let mut parts = Vec::new();
    let mut whole = Vec::new();
    for number in 1..=600 {
        let data = body(number, 100 + number as usize % 7);
        parts.push(
            put_part(objects, &bucket, &upload, number * 3, &data)
                .await
                .unwrap(),
        );
        whole.extend_from_slice(&data);
    }
    objects
        .complete_upload(&bucket, &key("k"), &upload.id, &complete(&parts))
        .await
        .unwrap();
    let found = object(objects.find(&bucket, &key("k"), None).await.unwrap());
    for range in [0..1_u64, 26_000..26_900, 30_000..60_000, 51_000..51_001] {
        let reader = objects.read(&found, Some(range.clone())).await.unwrap();
        assert!(drain(reader).await.unwrap() == whole[range.start as usize..range.end as usize]);
    }
    let mut offset = 0;
    for (index, part) in parts.iter().enumerate() {
        let number = PartNumber::new(index as u64 + 1).unwrap();
        let range = objects.part_range(&found, number).await.unwrap().unwrap();
        assert_eq!(range, offset..offset + part.size);
        offset = range.end;
    }
    let page = objects.parts(&found, 3 * 500, 50).await.unwrap();
    assert!(page.truncated && page.parts == parts[500..550]);
    assert_eq!(world.swept_blobs().await.len(), 600);
    objects.delete(&bucket, &key("k"), None, None).await.unwrap();
    assert!(world.swept_blobs().await.is_empty());
}

/// A closed upload is remembered for a time, then forgotten.
#[tokio::test]
async fn closed_uploads_are_forgotten_in_time() {
    let world = World::memory().await;
    let objects = &world.objects;
    let bucket = bucket(&world).await;
    let upload = objects
        .create_upload(&bucket, &key("k"), new_upload())
        .await
        .unwrap();
    let part = put_part(objects, &bucket, &upload, 1, &body(1, 10))
        .await
        .unwrap();
    let request = complete(&[part]);
    let finish = async || {
        objects
            .complete_upload(&bucket, &key("k"), &upload.id, &request)
            .await
    };
    let stored = finish().await.unwrap();
    assert_eq!(objects.sweep().await.unwrap().uploads, 0);
    assert_eq!(finish().await.unwrap(), stored);
    let marker = ListUploads {
        key_marker: "k".into(),
        upload_marker: Some(upload.id),
        limit: 10,
        ..ListUploads::default()
    };
    assert!(
        objects
            .list_uploads(&bucket, &marker)
            .await
            .unwrap()
            .entries
            .is_empty()
    );
    world.clock.advance(Duration::from_secs(25 * 3600));
    assert_eq!(objects.sweep().await.unwrap().uploads, 1);
    assert!(matches!(finish().await, Err(Error::NoSuchUpload)));
    let listed = objects.list_uploads(&bucket, &marker).await;
    assert!(matches!(listed, Err(Error::InvalidUploadIdMarker)));
}

/// facts/06 §6: a delete with If-Match.
#[tokio::test]
async fn conditional_deletes() {
    let world = World::memory().await;
    let objects = &world.objects;
    let bucket = bucket(&world).await;
    let etag = put(objects, &bucket, "k", &body(1, 10)).await.unwrap().etag;
    let delete = async |condition: IfMatch| objects.delete(&bucket, &key("k"), None, Some(&condition)).await;
    let failed = |result| matches!(result, Err(Error::PreconditionFailed(Condition::IfMatch)));
    assert!(failed(delete(IfMatch::ETag(ETag::plain([1; 16]).quoted())).await));
    delete(IfMatch::ETag(etag.quoted())).await.unwrap();
    assert!(failed(delete(IfMatch::Any).await));
    put(objects, &bucket, "k", &body(1, 10)).await.unwrap();
    delete(IfMatch::Any).await.unwrap();
}

#[tokio::test]
async fn buckets_and_their_configuration() {
    for world in [World::memory().await, World::disk().await] {
        let objects = world.objects.clone();
        let tags = |n: usize| {
            let tag = |i| Tag {
                key: format!("k{i}"),
                value: "v".into(),
            };
            TagSet::new(Tagged::Bucket, (0..n).map(tag).collect()).unwrap()
        };
        for name in ["one", "two", "three", "twelve"] {
            let mut new = new_bucket(name);
            new.location = (name == "two").then(|| "EU".to_owned());
            new.tags = (name == "two").then(|| tags(2));
            if name == "two" {
                new.region = RegionName::parse("eu-west-1").unwrap();
            }
            objects.create_bucket(new).await.unwrap();
        }
        let exists = objects.create_bucket(new_bucket("two")).await;
        assert!(
            matches!(exists, Err(Error::BucketExists(bucket)) if bucket.location.as_deref() == Some("EU"))
        );

        let list = async |list: ListBuckets| {
            let page = objects.list_buckets(&list).await.unwrap();
            let names: Vec<_> = page.buckets.iter().map(|b| b.name.as_str().to_owned()).collect();
            (names.join(" "), page.next)
        };
        let form = || ListBuckets {
            limit: 10,
            ..ListBuckets::default()
        };
        assert_eq!(list(form()).await, ("one three twelve two".into(), None));
        let mut paged = form();
        paged.limit = 2;
        assert_eq!(
            list(paged.clone()).await,
            ("one three".into(), Some("three".into()))
        );
        paged.after = Some("three".into());
        assert_eq!(list(paged).await, ("twelve two".into(), None));
        let mut some = form();
        some.prefix = "tw".into();
        assert_eq!(list(some.clone()).await.0, "twelve two");
        some.after = Some("one".into());
        assert_eq!(list(some.clone()).await.0, "twelve two");
        some.region = Some(RegionName::parse("eu-west-1").unwrap());
        assert_eq!(list(some.clone()).await.0, "two");
        some.owner = Some(AccountId::parse("999999999999").unwrap());
        assert_eq!(list(some).await.0, "");

        let two = objects.bucket(&bucket_name("two")).await.unwrap();
        assert_eq!(two.tags, Some(tags(2)));
        let stale = two.clone();
        objects.set_bucket_tags(&two, None).await.unwrap();
        objects
            .set_document(&two, "cors", Some(Bytes::from_static(b"<x/>")))
            .await
            .unwrap();
        objects
            .set_document(&two, "policy", Some(body(1, 70_000)))
            .await
            .unwrap();
        objects.set_versioning(&two, Versioning::Enabled).await.unwrap();
        // A write with a bucket read before all that happens in the bucket as it is now.
        assert!(
            put(&objects, &stale, "k", &body(1, 5))
                .await
                .unwrap()
                .version
                .is_some()
        );
        objects.set_document(&two, "policy", None).await.unwrap();
        drop((objects, two));
        let world = world.reopen().await;
        let again = world.objects.bucket(&bucket_name("two")).await.unwrap();
        assert_eq!(again.tags, None);
        assert_eq!(again.versioning, Versioning::Enabled);
        let documents: Vec<_> = again.documents.iter().collect();
        assert_eq!(documents, [(&"cors".to_owned(), &Bytes::from_static(b"<x/>"))]);
        assert_eq!(again.region.as_str(), "eu-west-1");
        let full = world.objects.delete_bucket(&again).await;
        assert!(matches!(full, Err(Error::BucketNotEmpty { versioned: true })));
        put(&world.objects, &again, "still", &body(1, 5)).await.unwrap();
    }
}

/// facts/06 §3: paging versions goes on where the marker's version was, also when it is gone by now.
#[tokio::test]
async fn a_version_marker_that_is_gone() {
    let world = World::memory().await;
    let objects = &world.objects;
    let bucket = bucket(&world).await;
    put(objects, &bucket, "k", &body(0, 5)).await.unwrap();
    let bucket = objects
        .set_versioning(&bucket, Versioning::Enabled)
        .await
        .unwrap();
    for n in 1..12 {
        put(objects, &bucket, "k", &body(n, 5)).await.unwrap();
    }
    // Emptied page by page.
    let mut list = ListVersions {
        limit: 5,
        ..ListVersions::default()
    };
    let mut deleted = 0;
    loop {
        let page = objects.list_versions(&bucket, &list).await.unwrap();
        for entry in page.entries {
            if let VersionEntry::Version(version) = entry {
                objects
                    .delete(&bucket, &version.key, Some(version.version), None)
                    .await
                    .unwrap();
                deleted += 1;
            }
        }
        match page.next {
            Some((key, version)) => (list.key_marker, list.version_marker) = (key, version),
            None => break,
        }
    }
    assert_eq!(deleted, 12);
    objects.delete_bucket(&bucket).await.unwrap();
}

/// A listing costs by its page: what is rolled up, and older versions, are passed.
#[tokio::test]
async fn listings_pass_what_they_hide() {
    let world = World::memory().await;
    let objects = &world.objects;
    let bucket = bucket(&world).await;
    let bucket = objects
        .set_versioning(&bucket, Versioning::Enabled)
        .await
        .unwrap();
    for n in 0..30 {
        put(objects, &bucket, "a", &body(n, 5)).await.unwrap();
    }
    put(objects, &bucket, "dir/1", &body(1, 5)).await.unwrap();
    objects.delete(&bucket, &key("dir/1"), None, None).await.unwrap();
    put(objects, &bucket, "gone/1", &body(1, 5)).await.unwrap();
    put(objects, &bucket, "gone/2", &body(1, 5)).await.unwrap();
    objects.delete(&bucket, &key("gone/1"), None, None).await.unwrap();
    put(objects, &bucket, "z", &body(1, 5)).await.unwrap();
    let list = ListObjects {
        delimiter: "/".into(),
        limit: 3,
        ..ListObjects::default()
    };
    let page = objects.list_objects(&bucket, &list).await.unwrap();
    let shown: Vec<_> = page
        .entries()
        .map(|entry| match entry {
            ObjectEntry::Object(key, _) => key,
            ObjectEntry::CommonPrefix(prefix) => prefix,
        })
        .collect();
    // dir/ holds nothing but a delete marker.
    assert_eq!(shown, ["a", "gone/", "z"]);
    assert_eq!(page.next, None);
}

/// facts/06 §6: a conditional complete, where the object came, went or changed during the upload.
#[tokio::test]
async fn conditional_completes() {
    let world = World::memory().await;
    let objects = &world.objects;
    let bucket = bucket(&world).await;
    let absent = WritePrecondition::Absent;
    let matches = |etag: ETag| WritePrecondition::Matches(etag.quoted());
    let same = body(1, 10);
    let etag = ETag::plain(md5(&same));
    // Whether it was there at first, what then happens, the condition, the answer.
    let cases = [
        (false, "", absent.clone(), "ok"),
        (false, "put", absent.clone(), "failed"),
        (true, "", absent.clone(), "failed"),
        (true, "delete", absent, "conflict"),
        (true, "", matches(etag), "ok"),
        (true, "put", matches(etag), "conflict"),
        (true, "", matches(ETag::plain([1; 16])), "failed"),
        (true, "delete", matches(etag), "gone"),
        (false, "", matches(etag), "gone"),
    ];
    for (there, then, precondition, expected) in cases {
        objects.delete(&bucket, &key("k"), None, None).await.unwrap();
        if there {
            put(objects, &bucket, "k", &same).await.unwrap();
        }
        let upload = objects
            .create_upload(&bucket, &key("k"), new_upload())
            .await
            .unwrap();
        let part = put_part(objects, &bucket, &upload, 1, &body(2, 10))
            .await
            .unwrap();
        match then {
            "put" => drop(put(objects, &bucket, "k", &same).await.unwrap()),
            "delete" => drop(objects.delete(&bucket, &key("k"), None, None).await.unwrap()),
            _ => {}
        }
        let mut request = complete(&[part]);
        request.precondition = precondition;
        let answer = match objects
            .complete_upload(&bucket, &key("k"), &upload.id, &request)
            .await
        {
            Ok(_) => "ok",
            Err(Error::PreconditionFailed(_)) => "failed",
            Err(Error::PreconditionConflict(_)) => "conflict",
            Err(Error::NoSuchKey) => "gone",
            Err(error) => panic!("{error}"),
        };
        assert_eq!(answer, expected, "{there} {then:?} {:?}", request.precondition);
    }
}

/// A part that comes after its upload was closed is refused, and leaves nothing.
#[tokio::test]
async fn parts_of_closed_uploads() {
    let world = World::memory().await;
    let objects = &world.objects;
    let bucket = bucket(&world).await;
    let aborted = objects
        .create_upload(&bucket, &key("k"), new_upload())
        .await
        .unwrap();
    objects
        .abort_upload(&bucket, &key("k"), &aborted.id)
        .await
        .unwrap();
    let completed = objects
        .create_upload(&bucket, &key("k"), new_upload())
        .await
        .unwrap();
    let part = put_part(objects, &bucket, &completed, 1, &body(2, 10))
        .await
        .unwrap();
    let request = complete(&[part]);
    objects
        .complete_upload(&bucket, &key("k"), &completed.id, &request)
        .await
        .unwrap();
    for upload in [aborted, completed] {
        let late = put_part(objects, &bucket, &upload, 2, &body(3, 10)).await;
        assert!(matches!(late, Err(Error::NoSuchUpload)));
    }
    objects.settle().await;
    assert_eq!(all_blobs(&*world.blobs).await.len(), 1);
}
