//! What is set of a bucket together is there together.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::sync::Arc;

use bytes::Bytes;
use cairn_objects::*;
use cairn_storage::Memory;
use cairn_storage::testing::{Faulty, Operation, When};
use common::*;

const DOCUMENT: (&str, Bytes) = ("mfa-delete", Bytes::from_static(b"\x01\x01"));

/// MFA Delete is set with the versioning it protects (facts/06 §4): never one without the other.
#[tokio::test]
async fn versioning_and_its_document_are_set_in_one_commit() {
    for world in [World::memory().await, World::disk().await] {
        let objects = &world.objects;
        let bucket = objects.create_bucket(new_bucket("together")).await.unwrap();
        let set = objects.set_versioning_with(&bucket, Versioning::Enabled, DOCUMENT);
        set.await.unwrap();
        let world = world.reopen().await;
        let again = world.objects.bucket(&bucket_name("together")).await.unwrap();
        assert_eq!(again.versioning, Versioning::Enabled);
        assert_eq!(again.documents.get(DOCUMENT.0), Some(&DOCUMENT.1));
        // To say nothing of it leaves it.
        let set = world.objects.set_versioning(&again, Versioning::Suspended);
        assert_eq!(set.await.unwrap().documents.get(DOCUMENT.0), Some(&DOCUMENT.1));
    }
}

/// Whichever commit fails.
#[tokio::test]
async fn neither_is_set_without_the_other() {
    for after in 0..3 {
        let store = Faulty::new(Memory::new(), 1);
        let (index, blobs) = (Arc::new(store.clone()), Arc::new(store.clone()));
        let objects = Objects::open(index, blobs, Ticking::new(), limits())
            .await
            .unwrap();
        let bucket = objects.create_bucket(new_bucket("together")).await.unwrap();
        store.fail(Operation::CommitBefore, When::After(after));
        let set = objects.set_versioning_with(&bucket, Versioning::Enabled, DOCUMENT);
        let succeeded = set.await.is_ok();
        store.heal();
        let (index, blobs) = (Arc::new(store.clone()), Arc::new(store.clone()));
        let objects = Objects::open(index, blobs, Ticking::new(), limits())
            .await
            .unwrap();
        let again = objects.bucket(&bucket_name("together")).await.unwrap();
        assert_eq!(succeeded, after > 0);
        assert_eq!(again.versioning == Versioning::Enabled, succeeded);
        assert_eq!(again.documents.contains_key(DOCUMENT.0), succeeded);
    }
}
