//! Owners and ACLs of versions, and the documents a bucket begins with (facts/05 §8).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use bytes::Bytes;
use cairn_objects::*;
use cairn_types::*;
use common::*;

async fn bucket(world: &World) -> std::sync::Arc<Bucket> {
    world.objects.create_bucket(new_bucket("shared")).await.unwrap()
}

fn object(found: Found) -> Box<ObjectVersion> {
    match found {
        Found::Object(object) => object,
        Found::DeleteMarker(marker) => panic!("{marker:?}"),
    }
}

/// facts/05 §8: an object may be of another than the bucket's owner, and has an ACL; an upload's object gets
/// what the upload was created with; a copy has its own.
#[tokio::test]
async fn versions_keep_their_owner_and_acl() {
    let world = World::memory().await;
    let bucket = bucket(&world).await;
    let other = Owner {
        account: AccountId::parse("999999999999").unwrap(),
        canonical: CanonicalUserId::parse(&"b".repeat(64)).unwrap(),
    };
    let metadata = Metadata {
        owner: Some(other.clone()),
        acl: vec![1, 2, 3],
        ..Metadata::default()
    };
    let find = async |name: &str| object(world.objects.find(&bucket, &key(name), None).await.unwrap());
    let said = |version: &ObjectVersion| (version.metadata.owner.clone(), version.metadata.acl.clone());

    let writer = world
        .objects
        .begin_put(&bucket, BodySpec::default())
        .await
        .unwrap();
    let staged = writer.finish(Expected::default()).await.unwrap();
    let put = PutObject {
        metadata: metadata.clone(),
        ..PutObject::default()
    };
    world
        .objects
        .put_object(&bucket, &key("put"), staged, put)
        .await
        .unwrap();
    let version = find("put").await;
    assert_eq!(said(&version), (Some(other.clone()), vec![1, 2, 3]));

    let copy = CopyObject::default();
    world
        .objects
        .copy_object(&version, &bucket, &key("copy"), copy)
        .await
        .unwrap();
    assert_eq!(said(&*find("copy").await), (None, vec![]));

    let new = NewUpload {
        metadata,
        ..new_upload()
    };
    let upload = world
        .objects
        .create_upload(&bucket, &key("multi"), new)
        .await
        .unwrap();
    let list = ListUploads {
        limit: 10,
        ..ListUploads::default()
    };
    let uploads = world.objects.list_uploads(&bucket, &list).await.unwrap().entries;
    let [UploadEntry::Upload(listed)] = uploads.as_slice() else {
        panic!("{uploads:?}");
    };
    assert_eq!(listed.owner, Some(other.clone()));
    let writer = world
        .objects
        .begin_part(&bucket, &upload, BodySpec::default())
        .await
        .unwrap();
    let part = writer.finish(Expected::default()).await.unwrap();
    let number = PartNumber::new(1).unwrap();
    let stored = world
        .objects
        .put_part(&bucket, &upload, number, part)
        .await
        .unwrap();
    let complete = CompleteUpload {
        parts: vec![CompletePart {
            number,
            etag: stored.etag.quoted(),
            checksum: None,
        }],
        ..CompleteUpload::default()
    };
    let completed = world
        .objects
        .complete_upload(&bucket, &key("multi"), &upload.id, &complete)
        .await;
    completed.unwrap();
    assert_eq!(said(&*find("multi").await), (Some(other.clone()), vec![1, 2, 3]));

    let list = ListObjects {
        limit: 10,
        ..ListObjects::default()
    };
    let page = world.objects.list_objects(&bucket, &list).await.unwrap();
    let owners: Vec<_> = page
        .entries()
        .map(|entry| match entry {
            ObjectEntry::Object(_, object) => object.owner.as_deref().cloned(),
            ObjectEntry::CommonPrefix(prefix) => panic!("{prefix}"),
        })
        .collect();
    assert_eq!(owners, [None, Some(other.clone()), Some(other)]);
}

/// An ACL is made for the owner that was found: it never lands on a version that came since.
#[tokio::test]
async fn an_acl_is_set_on_the_version_that_was_found() {
    let world = World::memory().await;
    let bucket = bucket(&world).await;
    let put = async || {
        let writer = world
            .objects
            .begin_put(&bucket, BodySpec::default())
            .await
            .unwrap();
        let staged = writer.finish(Expected::default()).await.unwrap();
        let put = PutObject::default();
        world
            .objects
            .put_object(&bucket, &key("k"), staged, put)
            .await
            .unwrap();
        object(world.objects.find(&bucket, &key("k"), None).await.unwrap())
    };
    let first = put().await;
    world
        .objects
        .set_object_acl(&bucket, &first, vec![1])
        .await
        .unwrap();
    let found = object(world.objects.find(&bucket, &key("k"), None).await.unwrap());
    assert_eq!(
        (found.metadata.acl.clone(), found.modified),
        (vec![1], first.modified)
    );
    world
        .objects
        .set_object_acl(&bucket, &found, vec![])
        .await
        .unwrap();

    let second = put().await;
    let late = world.objects.set_object_acl(&bucket, &first, vec![2]).await;
    assert!(matches!(late, Err(Error::Gone)), "{late:?}");
    let found = object(world.objects.find(&bucket, &key("k"), None).await.unwrap());
    assert_eq!(found.metadata.acl, Vec::<u8>::new());
    world
        .objects
        .delete(&bucket, &key("k"), None, None)
        .await
        .unwrap();
    let late = world.objects.set_object_acl(&bucket, &second, vec![2]).await;
    assert!(matches!(late, Err(Error::Gone)), "{late:?}");
}

#[tokio::test]
async fn a_bucket_has_documents_from_its_start() {
    let world = World::memory().await;
    let new = NewBucket {
        documents: [("acl".to_owned(), Bytes::from("x"))].into(),
        ..new_bucket("rules")
    };
    let bucket = world.objects.create_bucket(new).await.unwrap();
    assert_eq!(bucket.documents.get("acl"), Some(&Bytes::from("x")));
    let changed = world
        .objects
        .set_document(&bucket, "other", Some(Bytes::from("y")))
        .await;
    assert_eq!(changed.unwrap().documents.get("acl"), Some(&Bytes::from("x")));
}
