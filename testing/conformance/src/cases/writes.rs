//! PutObject and DeleteObject (facts/06 §1, §6, §12).

use crate::kit::{bucket, cases, md5_base64, md5_hex};

cases! {
    "06 §1 PutObject 200 with an empty body": put_answer, put_empty, put_replaces;
    "06 §8 ETag of a plain object is its MD5": etag_is_md5;
    "06 §1 InvalidDigest": invalid_digest;
    "06 §1 BadDigest": bad_digest, good_digest;
    "06 §1 InvalidStorageClass": storage_class, storage_class_shown;
    "06 §12 Content-Length required": no_length, plain_chunked;
    "06 §12 max single PUT is 5 GiB": too_large;
    "06 §1 DeleteObject 204": delete;
    "06 §6 SSE AES256 on every response": encryption_header;
    "06 §1 refused writes leave nothing": refused_write_keeps_the_old;
    "06 §12 sizes": sizes_round_trip;
}

fn put_answer() {
    let answer = bucket().store("k", "body");
    answer
        .is("")
        .has("content-length", "0")
        .lacks("content-type")
        .lacks("x-amz-version-id");
}

fn put_empty() {
    let b = bucket();
    b.store("k", "")
        .has("etag", "\"d41d8cd98f00b204e9800998ecf8427e\"");
    b.get("k").send().status(200).is("").has("content-length", "0");
}

fn put_replaces() {
    let b = bucket();
    b.put("k", "old").header("x-amz-meta-a", "1").send().status(200);
    b.store("k", "new");
    b.get("k").send().is("new").lacks("x-amz-meta-a");
}

fn etag_is_md5() {
    let b = bucket();
    for body in ["a", "body", "ümläut"] {
        b.store("k", body).has("etag", &format!("\"{}\"", md5_hex(body)));
        b.head("k").send().has("etag", &format!("\"{}\"", md5_hex(body)));
    }
}

fn invalid_digest() {
    let b = bucket();
    for bad in ["not base64!", "YWJj", "d41d8cd98f00b204e9800998ecf8427e", ""] {
        let answer = b.put("k", "body").header("content-md5", bad).send();
        answer.error(
            400,
            "InvalidDigest",
            "The Content-MD5 you specified was invalid.",
            &[("Content-MD5", bad)],
        );
    }
    b.head("k").send().bare(404);
}

fn bad_digest() {
    let b = bucket();
    let other = md5_base64("other");
    let answer = b.put("k", "body").header("content-md5", &other).send();
    // Expected in hex, calculated in base64: as recorded.
    let (expected, calculated) = (md5_hex("other"), md5_base64("body"));
    let details = [
        ("ExpectedDigest", expected.as_str()),
        ("CalculatedDigest", calculated.as_str()),
    ];
    answer.error(
        400,
        "BadDigest",
        "The Content-MD5 you specified did not match what we received.",
        &details,
    );
    b.head("k").send().bare(404);
}

fn good_digest() {
    let b = bucket();
    b.put("k", "body").md5().send().status(200);
}

fn storage_class() {
    let b = bucket();
    let answer = b.put("k", "body").header("x-amz-storage-class", "COLDER").send();
    let message = "The storage class you specified is not valid";
    answer.error(
        400,
        "InvalidStorageClass",
        message,
        &[("StorageClassRequested", "COLDER")],
    );
}

fn storage_class_shown() {
    let b = bucket();
    b.put("standard", "x")
        .header("x-amz-storage-class", "STANDARD")
        .send()
        .status(200);
    b.head("standard").send().status(200).lacks("x-amz-storage-class");
    b.put("reduced", "x")
        .header("x-amz-storage-class", "REDUCED_REDUNDANCY")
        .send()
        .status(200);
    b.head("reduced")
        .send()
        .status(200)
        .has("x-amz-storage-class", "REDUCED_REDUNDANCY");
}

fn no_length() {
    let b = bucket();
    let answer = b.put("k", "").no_length().send();
    answer.error(
        411,
        "MissingContentLength",
        "You must provide the Content-Length HTTP header.",
        &[],
    );
    b.head("k").send().bare(404);
}

fn plain_chunked() {
    let b = bucket();
    let request = b
        .put("k", "4\r\nbody\r\n0\r\n\r\n")
        .header("transfer-encoding", "chunked");
    let answer = request.unsigned_payload().send();
    let message = "A header you provided implies functionality that is not implemented";
    answer.error(501, "NotImplemented", message, &[("Header", "Transfer-Encoding")]);
}

fn too_large() {
    let b = bucket();
    let request = b
        .put("k", "")
        .header("content-length", "5368709121")
        .unsigned_payload();
    let details = [("ProposedSize", "5368709121"), ("MaxSizeAllowed", "5368709120")];
    let message = "Your proposed upload exceeds the maximum allowed size";
    request.send().error(400, "EntityTooLarge", message, &details);
}

fn delete() {
    let b = bucket();
    b.store("k", "x");
    b.delete("k").send().bare(204).lacks("content-type");
    b.get("k").send().code(404, "NoSuchKey");
    b.delete("k").send().bare(204);
}

/// On every answer or, where nothing is encrypted (docs/semantics.md), on none: a header must not claim it.
fn encryption_header() {
    let b = bucket();
    let answers = [
        b.store("k", "x"),
        b.get("k").send(),
        b.head("k").send(),
        b.post("m", "").query("uploads").send(),
    ];
    let shown: Vec<Option<&str>> = answers
        .iter()
        .map(|answer| answer.header("x-amz-server-side-encryption"))
        .collect();
    assert!(shown == [Some("AES256"); 4] || shown == [None; 4], "{shown:?}");
}

fn refused_write_keeps_the_old() {
    let b = bucket();
    b.store("k", "old");
    b.put("k", "new")
        .header("content-md5", &md5_base64("other"))
        .send()
        .status(400);
    b.put("k", "new")
        .header("x-amz-checksum-crc32", "AAAAAA==")
        .send()
        .status(400);
    b.put("k", "new")
        .header("x-amz-content-sha256", &"0".repeat(64))
        .send()
        .status(400);
    b.get("k").send().status(200).is("old");
}

fn sizes_round_trip() {
    let b = bucket();
    // Around the sizes where storage, buffers and chunks change.
    for size in [
        1,
        4095,
        4096,
        65_535,
        65_536,
        65_537,
        131_073,
        1_048_577,
        5_242_881_usize,
    ] {
        let body: Vec<u8> = (0..size).map(|index| (index / 7 * 13 % 251) as u8).collect();
        b.store("k", &body)
            .has("etag", &format!("\"{}\"", md5_hex(&body)));
        b.get("k").send().status(200).is(&body);
    }
}
