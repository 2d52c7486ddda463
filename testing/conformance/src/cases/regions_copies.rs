//! Copies between regions: the request goes to the destination's region, the source is read there (facts/02 §4).

use crate::kit::{Bucket, Deployment, Request, cases, deployment, encoded, sha256_hex};

cases! {
    "02 §4 CopyObject across regions": copy_between_regions, copy_keeps_metadata, copy_replaces_metadata;
    "02 §4 CopyObject across regions: version of the source": copy_a_version;
    "02 §4 CopyObject across regions: conditions and missing sources": copy_conditions, copy_missing_source;
    "02 §4 CopyObject across regions: the wrong destination": destination_elsewhere;
    "02 §4 UploadPartCopy across regions": part_copy;
}

const MIB: usize = 1024 * 1024;

/// Old to old, old to new, new to old, the default region on either side.
const PAIRS: [(&str, &str); 6] = [
    ("us-east-1", "eu-west-1"),
    ("eu-west-1", "us-east-1"),
    ("us-west-2", "eu-central-1"),
    ("eu-west-1", "ap-southeast-3"),
    ("ap-southeast-3", "us-west-2"),
    ("af-south-1", "ap-southeast-3"),
];

fn copy(to: &Bucket, key: &str, from: &Bucket, source: &str) -> Request {
    to.key("PUT", key).header(
        "x-amz-copy-source",
        &format!("/{}/{}", from.name, encoded(source)),
    )
}

fn pair(d: &Deployment, (from, to): (&str, &str)) -> (Bucket, Bucket) {
    (d.bucket(from), d.bucket(to))
}

/// A body that is not the same anywhere.
fn pattern(bytes: usize) -> Vec<u8> {
    (0..bytes)
        .map(|at| u8::try_from((at / 251 + at % 241) % 256).unwrap())
        .collect()
}

fn copy_between_regions() {
    let Some(d) = deployment() else { return };
    for regions in PAIRS {
        let (from, to) = pair(d, regions);
        for (key, body) in [
            ("empty", Vec::new()),
            ("small ä", b"body".to_vec()),
            ("large", pattern(3 * MIB + 17)),
        ] {
            let etag = from.store(key, &body).value("etag");
            let result = copy(&to, key, &from, key).send().document("CopyObjectResult");
            assert_eq!(result.get("ETag"), etag);
            to.get(key).send().status(200).has("etag", &etag).is(&body);
        }
    }
}

fn copy_keeps_metadata() {
    let Some(d) = deployment() else { return };
    let (from, to) = pair(d, PAIRS[0]);
    let request = from
        .put("k", "x")
        .headers(&[("content-type", "text/x-test"), ("x-amz-meta-colour", "blue")]);
    request.header("x-amz-tagging", "team=storage").send().status(200);
    copy(&to, "k", &from, "k").send().status(200);
    let head = to.head("k").send();
    head.status(200)
        .has("content-type", "text/x-test")
        .has("x-amz-meta-colour", "blue");
    let tags = to.get("k").query("tagging").send().document("Tagging");
    assert_eq!(tags.get("TagSet/Tag/Value"), "storage");
}

fn copy_replaces_metadata() {
    let Some(d) = deployment() else { return };
    let (from, to) = pair(d, PAIRS[3]);
    from.put("k", "x")
        .header("x-amz-meta-colour", "blue")
        .send()
        .status(200);
    let request = copy(&to, "k", &from, "k").header("x-amz-metadata-directive", "REPLACE");
    request.header("x-amz-meta-shape", "round").send().status(200);
    let head = to.head("k").send();
    head.status(200)
        .has("x-amz-meta-shape", "round")
        .lacks("x-amz-meta-colour");
}

fn copy_a_version() {
    let Some(d) = deployment() else { return };
    for regions in [PAIRS[0], PAIRS[4]] {
        let (from, to) = pair(d, regions);
        from.versioning("Enabled");
        to.versioning("Enabled");
        let first = from.store_version("k", "first");
        let second = from.store_version("k", "second");
        let source = |version: &str| format!("/{}/k?versionId={version}", from.name);
        let answer = to
            .key("PUT", "k")
            .header("x-amz-copy-source", &source(&first))
            .send();
        answer.status(200).has("x-amz-copy-source-version-id", &first);
        let copied = answer.value("x-amz-version-id");
        assert_ne!(copied, first);
        to.get("k").send().is("first");
        copy(&to, "k", &from, "k")
            .send()
            .status(200)
            .has("x-amz-copy-source-version-id", &second);
        to.get("k").send().is("second");
        to.get("k")
            .query(&format!("versionId={copied}"))
            .send()
            .is("first");
    }
}

fn copy_conditions() {
    let Some(d) = deployment() else { return };
    let (from, to) = pair(d, PAIRS[1]);
    let etag = from.store("k", "x").value("etag");
    copy(&to, "k", &from, "k")
        .header("x-amz-copy-source-if-match", &etag)
        .send()
        .status(200);
    let refused = copy(&to, "k", &from, "k")
        .header("x-amz-copy-source-if-none-match", &etag)
        .send();
    refused.code(412, "PreconditionFailed");
}

fn copy_missing_source() {
    let Some(d) = deployment() else { return };
    let (from, to) = pair(d, PAIRS[2]);
    copy(&to, "k", &from, "missing").send().code(404, "NoSuchKey");
    let request = to.key("PUT", "k").header(
        "x-amz-copy-source",
        &format!("/{}/k", crate::kit::name("missing")),
    );
    request.send().code(404, "NoSuchBucket");
    to.get("k").send().code(404, "NoSuchKey");
}

/// Sent to the source's region: a request for the destination that arrived at the wrong place.
fn destination_elsewhere() {
    let Some(d) = deployment() else { return };
    let (from, to) = pair(d, ("eu-west-1", "us-west-2"));
    from.store("k", "x");
    let request = Request::to(&d.at("eu-west-1"), "PUT", &format!("/{}/k", to.name));
    let answer = request
        .header("x-amz-copy-source", &format!("/{}/k", from.name))
        .send();
    answer.code(301, "PermanentRedirect");
    answer.has("x-amz-bucket-region", "us-west-2");
    to.get("k").send().code(404, "NoSuchKey");
}

/// A part of more than 5 MiB, and a range of a versioned source for the last one.
fn part_copy() {
    let Some(d) = deployment() else { return };
    for regions in [PAIRS[0], PAIRS[3]] {
        let (from, to) = pair(d, regions);
        from.versioning("Enabled");
        let body = pattern(6 * MIB + 1);
        let version = from.store("large", &body).value("x-amz-version-id");
        from.store("large", "a newer one");
        let upload = to.initiate("k", &[]);
        let part = |number: u32, range: Option<&str>| {
            let query = format!("partNumber={number}&uploadId={upload}");
            let source = format!("/{}/large?versionId={version}", from.name);
            let mut request = to
                .key("PUT", "k")
                .query(&query)
                .header("x-amz-copy-source", &source);
            if let Some(range) = range {
                request = request.header("x-amz-copy-source-range", range);
            }
            let answer = request.send();
            answer.has("x-amz-copy-source-version-id", &version);
            answer.document("CopyPartResult").get("ETag").to_owned()
        };
        let (one, two) = (part(1, None), part(2, Some("bytes=1048576-1048675")));
        to.complete("k", &upload, &[(1, &one), (2, &two)])
            .send()
            .document("CompleteMultipartUploadResult");
        let expected = [&body[..], &body[MIB..MIB + 100]].concat();
        let answer = to.get("k").send();
        answer.status(200);
        assert_eq!(sha256_hex(&answer.body), sha256_hex(&expected));
    }
}
