//! Rows `odd_keys`, `listing_pages`, `listing_delimiter`, `batch_delete`, `copies`.

use aws_sdk_s3::types::{Delete, MetadataDirective, ObjectIdentifier};
use cairn_client_rust::{Bucket, odd_keys};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

async fn filled() -> (Bucket, Vec<String>) {
    let bucket = Bucket::new().await;
    let keys = odd_keys();
    for (index, key) in keys.iter().enumerate() {
        bucket.put(key, format!("body {index}")).await;
    }
    (bucket, keys)
}

#[tokio::test]
async fn odd_keys_round_trip() {
    let (bucket, keys) = filled().await;
    for (index, key) in keys.iter().enumerate() {
        assert_eq!(
            bucket.get(key).await,
            format!("body {index}").into_bytes(),
            "{key:?}"
        );
    }
    for key in &keys {
        bucket
            .client
            .delete_object()
            .bucket(&bucket.name)
            .key(key)
            .send()
            .await
            .expect("delete");
    }
    let left = bucket
        .client
        .list_objects_v2()
        .bucket(&bucket.name)
        .send()
        .await
        .expect("list");
    assert_eq!(left.key_count(), Some(0));
    bucket.destroy().await;
}

#[tokio::test]
async fn listing_pages() {
    let (bucket, keys) = filled().await;
    for size in [1, 7, 1000] {
        let list = bucket.client.list_objects_v2().bucket(&bucket.name);
        let mut pages = list.into_paginator().page_size(size).send();
        let mut listed = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.expect("a page");
            listed.extend(
                page.contents()
                    .iter()
                    .filter_map(|object| object.key().map(str::to_owned)),
            );
        }
        assert_eq!(listed, keys, "pages of {size}");
    }
    bucket.destroy().await;
}

#[tokio::test]
async fn listing_delimiter() {
    let (bucket, keys) = filled().await;
    for delimiter in ["/", "%", " ", "😀"] {
        for prefix in ["", "dots/", "/"] {
            let list = bucket
                .client
                .list_objects_v2()
                .bucket(&bucket.name)
                .delimiter(delimiter)
                .prefix(prefix);
            let mut pages = list.into_paginator().page_size(3).send();
            let (mut got_keys, mut got_prefixes) = (Vec::new(), Vec::new());
            while let Some(page) = pages.next().await {
                let page = page.expect("a page");
                got_keys.extend(
                    page.contents()
                        .iter()
                        .filter_map(|object| object.key().map(str::to_owned)),
                );
                let common = page.common_prefixes().iter();
                got_prefixes.extend(common.filter_map(|common| common.prefix().map(str::to_owned)));
            }
            assert_eq!(
                (got_keys, got_prefixes),
                folded(&keys, prefix, delimiter),
                "{prefix:?} {delimiter:?}"
            );
        }
    }
    bucket.destroy().await;
}

/// What a listing shows: keys, and common prefixes once each.
fn folded(all: &[String], prefix: &str, delimiter: &str) -> (Vec<String>, Vec<String>) {
    let (mut keys, mut prefixes) = (Vec::new(), Vec::new());
    for key in all {
        let Some(rest) = key.strip_prefix(prefix) else {
            continue;
        };
        match rest.split_once(delimiter) {
            None => keys.push(key.clone()),
            Some((head, _)) => prefixes.push(format!("{prefix}{head}{delimiter}")),
        }
    }
    prefixes.dedup();
    (keys, prefixes)
}

#[tokio::test]
async fn batch_delete() {
    let (bucket, keys) = filled().await;
    let objects = keys
        .iter()
        .map(|key| ObjectIdentifier::builder().key(key).build().expect("an object"));
    let delete = Delete::builder()
        .set_objects(Some(objects.collect()))
        .build()
        .expect("a batch");
    let answer = bucket
        .client
        .delete_objects()
        .bucket(&bucket.name)
        .delete(delete)
        .send()
        .await
        .expect("delete");
    assert!(answer.errors().is_empty(), "{:?}", answer.errors());
    let mut deleted: Vec<_> = answer.deleted().iter().filter_map(|entry| entry.key()).collect();
    deleted.sort_unstable();
    assert_eq!(deleted, keys);
    let left = bucket
        .client
        .list_objects_v2()
        .bucket(&bucket.name)
        .send()
        .await
        .expect("list");
    assert_eq!(left.key_count(), Some(0));
    bucket.destroy().await;
}

#[tokio::test]
async fn copies() {
    let (bucket, keys) = filled().await;
    for (index, key) in keys.iter().enumerate() {
        let source = format!("{}/{}", bucket.name, utf8_percent_encode(key, NON_ALPHANUMERIC));
        let copy = bucket
            .client
            .copy_object()
            .bucket(&bucket.name)
            .key("copy")
            .copy_source(source);
        copy.send()
            .await
            .unwrap_or_else(|error| panic!("copy of {key:?}: {error:?}"));
        assert_eq!(
            bucket.get("copy").await,
            format!("body {index}").into_bytes(),
            "{key:?}"
        );
    }
    let copy = bucket.client.copy_object().bucket(&bucket.name).key("copy");
    let copy = copy
        .copy_source(format!("{}/plain", bucket.name))
        .metadata_directive(MetadataDirective::Replace);
    copy.metadata("new", "yes").send().await.expect("copy");
    let head = bucket
        .client
        .head_object()
        .bucket(&bucket.name)
        .key("copy")
        .send()
        .await
        .expect("head");
    assert_eq!(
        head.metadata()
            .and_then(|metadata| metadata.get("new"))
            .map(String::as_str),
        Some("yes")
    );
    bucket.destroy().await;
}
