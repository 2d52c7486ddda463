//! Rows `multipart_64mib`, `multipart_listing`, `versioning`, `presigned`.
//!
//! The SDK's transfer manager is a preview of its own crate; parts are sent by hand here, four at a time.

use std::time::Duration;

use aws_sdk_s3::presigning::{PresignedRequest, PresigningConfig};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    BucketVersioningStatus, ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart,
    VersioningConfiguration,
};
use cairn_client_rust::{Bucket, MIB, assert_refused, odd_keys, pattern};
use futures_util::stream::{self, StreamExt as _};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::rt::TokioExecutor;
use md5::{Digest as _, Md5};

const PART: usize = 8 * MIB;

#[tokio::test(flavor = "multi_thread")]
async fn multipart_64mib() {
    let bucket = Bucket::new().await;
    let body = pattern(64 * MIB);
    let (client, name) = (&bucket.client, &bucket.name);
    let create = client.create_multipart_upload().bucket(name).key("large");
    let upload = create
        .checksum_algorithm(ChecksumAlgorithm::Crc32)
        .send()
        .await
        .expect("create");
    let upload = upload.upload_id().expect("an upload id");
    let parts = stream::iter(body.chunks(PART).zip(1..)).map(|(part, number)| async move {
        let send = client
            .upload_part()
            .bucket(name)
            .key("large")
            .upload_id(upload)
            .part_number(number);
        let send = send
            .checksum_algorithm(ChecksumAlgorithm::Crc32)
            .body(ByteStream::from(part.to_vec()));
        let sent = send.send().await.expect("part");
        let part = CompletedPart::builder().part_number(number).set_e_tag(sent.e_tag);
        part.set_checksum_crc32(sent.checksum_crc32).build()
    });
    let parts = parts.buffered(4).collect().await;
    let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
    let complete = client
        .complete_multipart_upload()
        .bucket(name)
        .key("large")
        .upload_id(upload);
    let done = complete.multipart_upload(parts).send().await.expect("complete");

    let digests: Vec<u8> = body.chunks(PART).flat_map(Md5::digest).collect();
    let etag = format!("\"{}-8\"", hex::encode(Md5::digest(&digests)));
    assert_eq!(done.e_tag(), Some(etag.as_str()));
    assert!(
        done.checksum_crc32().is_some_and(|sum| sum.ends_with("-8")),
        "{done:?}"
    );
    assert!(bucket.get("large").await == body);

    let third = client
        .get_object()
        .bucket(name)
        .key("large")
        .part_number(3)
        .send()
        .await
        .expect("part");
    assert_eq!(third.parts_count(), Some(8));
    assert!(third.body.collect().await.expect("body").to_vec() == body[2 * PART..3 * PART]);
    bucket.destroy().await;
}

#[tokio::test]
async fn multipart_listing() {
    let bucket = Bucket::new().await;
    let mut uploads = Vec::new();
    for key in odd_keys().into_iter().take(7) {
        let create = bucket
            .client
            .create_multipart_upload()
            .bucket(&bucket.name)
            .key(&key);
        uploads.push((
            key,
            create.send().await.expect("create").upload_id.expect("an id"),
        ));
    }
    let list = bucket
        .client
        .list_multipart_uploads()
        .bucket(&bucket.name)
        .send()
        .await
        .expect("list");
    let listed = list.uploads().iter();
    let listed: Vec<_> = listed
        .filter_map(|upload| Some((upload.key()?.into(), upload.upload_id()?.into())))
        .collect();
    assert_eq!(listed, uploads);

    let (key, id) = &uploads[0];
    let mut etags = Vec::new();
    for number in 1..=3 {
        let send = bucket
            .client
            .upload_part()
            .bucket(&bucket.name)
            .key(key)
            .upload_id(id)
            .part_number(number);
        let sent = send
            .body(ByteStream::from_static(b"part"))
            .send()
            .await
            .expect("part");
        etags.push(sent.e_tag.expect("an etag"));
    }
    let list = bucket
        .client
        .list_parts()
        .bucket(&bucket.name)
        .key(key)
        .upload_id(id);
    let mut pages = list.into_paginator().page_size(2).send();
    let mut listed = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.expect("a page");
        listed.extend(
            page.parts()
                .iter()
                .filter_map(|part| part.e_tag().map(str::to_owned)),
        );
    }
    assert_eq!(listed, etags);

    for (key, id) in &uploads {
        let abort = bucket
            .client
            .abort_multipart_upload()
            .bucket(&bucket.name)
            .key(key)
            .upload_id(id);
        abort.send().await.expect("abort");
    }
    let parts = bucket
        .client
        .list_parts()
        .bucket(&bucket.name)
        .key(key)
        .upload_id(id)
        .send()
        .await;
    assert_refused(parts, "NoSuchUpload", 404);
    bucket.destroy().await;
}

#[tokio::test]
async fn versioning() {
    let bucket = Bucket::new().await;
    let enabled = VersioningConfiguration::builder()
        .status(BucketVersioningStatus::Enabled)
        .build();
    let enable = bucket
        .client
        .put_bucket_versioning()
        .bucket(&bucket.name)
        .versioning_configuration(enabled);
    enable.send().await.expect("enable");
    let first = bucket.put("object", "first").await.version_id.expect("a version");
    let second = bucket
        .put("object", "second")
        .await
        .version_id
        .expect("a version");
    let delete = || bucket.client.delete_object().bucket(&bucket.name).key("object");
    let marker = delete().send().await.expect("delete");
    assert_eq!(marker.delete_marker(), Some(true));
    let marker = marker.version_id.expect("a version");

    let get = || bucket.client.get_object().bucket(&bucket.name).key("object");
    assert_refused(get().send().await, "NoSuchKey", 404);
    assert_refused(get().version_id(&marker).send().await, "MethodNotAllowed", 405);
    let old = get().version_id(&first).send().await.expect("first");
    assert_eq!(old.body.collect().await.expect("body").to_vec(), b"first");

    let list = bucket
        .client
        .list_object_versions()
        .bucket(&bucket.name)
        .send()
        .await
        .expect("list");
    let versions: Vec<_> = list
        .versions()
        .iter()
        .filter_map(|version| version.version_id())
        .collect();
    assert_eq!(versions, [&second, &first]);
    let markers: Vec<_> = list
        .delete_markers()
        .iter()
        .map(|entry| (entry.version_id(), entry.is_latest()))
        .collect();
    assert_eq!(markers, [(Some(marker.as_str()), Some(true))]);

    let undone = delete().version_id(&marker).send().await.expect("undo");
    assert_eq!(undone.delete_marker(), Some(true));
    assert_eq!(bucket.get("object").await, b"second");
    delete().version_id(&second).send().await.expect("delete");
    assert_eq!(bucket.get("object").await, b"first");
    bucket.destroy().await;
}

#[tokio::test]
async fn presigned() {
    let bucket = Bucket::new().await;
    let minute = PresigningConfig::expires_in(Duration::from_secs(60)).expect("a minute");
    for key in ["plain", "odd key+/../%2F=&😀"] {
        let put = bucket
            .client
            .put_object()
            .bucket(&bucket.name)
            .key(key)
            .content_type("text/plain");
        let put = put.presigned(minute.clone()).await.expect("a signature");
        assert_eq!(fetch(&put, "", "sent").await.0, 200);
        let get = bucket.client.get_object().bucket(&bucket.name).key(key);
        let get = get.presigned(minute.clone()).await.expect("a signature");
        assert_eq!(fetch(&get, "", "").await, (200, "sent".to_owned()));
        let (status, body) = fetch(&get, "&response-content-type=x", "").await;
        assert_eq!(status, 403);
        assert!(body.contains("<Code>SignatureDoesNotMatch</Code>"), "{body}");
    }
    bucket.destroy().await;
}

/// Uses the URL with hyper, as any program would.
async fn fetch(signed: &PresignedRequest, more: &str, body: &'static str) -> (u16, String) {
    let mut request = hyper::Request::builder()
        .method(signed.method())
        .uri(format!("{}{more}", signed.uri()));
    for (name, value) in signed.headers() {
        request = request.header(name, value);
    }
    let request = request
        .body(Full::new(Bytes::from_static(body.as_bytes())))
        .expect("a request");
    let client = HttpClient::builder(TokioExecutor::new()).build_http();
    let answer = client.request(request).await.expect("an answer");
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await.expect("a body").to_bytes();
    (status, String::from_utf8_lossy(&body).into_owned())
}
