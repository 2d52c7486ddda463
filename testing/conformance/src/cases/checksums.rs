//! Checksums of whole objects in headers (facts/06 §9). Trailers are in `chunked`, multipart in
//! `multipart_checksums`.

use crate::kit::{Answer, Bucket, bucket, cases, crc64nvme};

cases! {
    "06 §9 algorithms, values base64 of the big-endian digest": every_algorithm, newer_algorithms;
    "06 §9 no checksum sent: CRC64NVME": default_checksum;
    "06 §9 x-amz-checksum-mode": only_when_asked;
    "06 §9 header invalid": invalid_value;
    "06 §9 header mismatch": mismatch;
    "06 §9 two checksum headers": two_headers;
    "06 §9, 04 §3 x-amz-sdk-checksum-algorithm": sdk_algorithm_without_value, sdk_algorithm_with_value, sdk_algorithm_of_another_value;
    "06 §9 bad algorithm": bad_algorithm, unknown_header;
    "06 §9 checksums of listings": in_listings;
}

/// Header, code in listings, value for `123456789`.
pub(super) const VALUES: [(&str, &str, &str); 5] = [
    ("crc32", "CRC32", "y/Q5Jg=="),
    ("crc32c", "CRC32C", "4waSgw=="),
    ("crc64nvme", "CRC64NVME", "rosUhgp5mIg="),
    ("sha1", "SHA1", "98O8HYCOBHMq32eZZczDTKeuNEE="),
    ("sha256", "SHA256", "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU="),
];

fn put(b: &Bucket, algorithm: &str, value: &str) -> Answer {
    b.put("k", "123456789")
        .header(&format!("x-amz-checksum-{algorithm}"), value)
        .send()
}

fn every_algorithm() {
    let b = bucket();
    for (algorithm, _, value) in VALUES {
        let header = format!("x-amz-checksum-{algorithm}");
        put(&b, algorithm, value)
            .status(200)
            .has(&header, value)
            .has("x-amz-checksum-type", "FULL_OBJECT");
        let answer = b.head("k").header("x-amz-checksum-mode", "ENABLED").send();
        answer
            .has(&header, value)
            .has("x-amz-checksum-type", "FULL_OBJECT");
    }
}

/// The models of 2026 know more algorithms; a server may take them, but must not ignore them.
fn newer_algorithms() {
    let b = bucket();
    for (algorithm, wrong) in [
        ("md5", "AAAAAAAAAAAAAAAAAAAAAA=="),
        ("sha512", &("A".repeat(86) + "==")),
        ("xxhash3", "AAAAAAAAAAA="),
        ("xxhash64", "AAAAAAAAAAA="),
        ("xxhash128", "AAAAAAAAAAAAAAAAAAAAAA=="),
    ] {
        let answer = put(&b, algorithm, wrong);
        assert!(matches!(answer.status, 400 | 501), "{algorithm}: {answer}");
    }
    b.head("k").send().bare(404);
}

fn default_checksum() {
    let b = bucket();
    for body in ["", "123456789"] {
        let answer = b.store("k", body);
        answer
            .has("x-amz-checksum-crc64nvme", &crc64nvme(body))
            .has("x-amz-checksum-type", "FULL_OBJECT");
        let answer = b.get("k").header("x-amz-checksum-mode", "ENABLED").send();
        answer
            .has("x-amz-checksum-crc64nvme", &crc64nvme(body))
            .has("x-amz-checksum-type", "FULL_OBJECT");
    }
}

fn only_when_asked() {
    let b = bucket();
    put(&b, "sha256", VALUES[4].2).status(200);
    for answer in [b.get("k").send(), b.head("k").send()] {
        answer
            .status(200)
            .lacks("x-amz-checksum-sha256")
            .lacks("x-amz-checksum-type");
    }
}

fn invalid_value() {
    let b = bucket();
    for (algorithm, _, _) in VALUES {
        for bad in ["not base64", "AAAA", "", "!"] {
            let message = format!("Value for x-amz-checksum-{algorithm} header is invalid.");
            put(&b, algorithm, bad).error(400, "InvalidRequest", &message, &[]);
        }
    }
    b.head("k").send().bare(404);
}

fn mismatch() {
    let b = bucket();
    for (algorithm, code, value) in VALUES {
        // The right length, another value.
        let wrong = value.replacen(&value[..1], if value.starts_with('A') { "B" } else { "A" }, 1);
        let message = format!("The {code} you specified did not match the calculated checksum.");
        put(&b, algorithm, &wrong).error(400, "BadDigest", &message, &[]);
    }
    b.head("k").send().bare(404);
}

fn two_headers() {
    let b = bucket();
    let request = b
        .put("k", "123456789")
        .header("x-amz-checksum-crc32", VALUES[0].2)
        .header("x-amz-checksum-sha1", VALUES[3].2);
    let message = "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.";
    request.send().error(400, "InvalidRequest", message, &[]);
}

fn sdk_algorithm_without_value() {
    let message = "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.";
    let answer = bucket()
        .put("k", "x")
        .header("x-amz-sdk-checksum-algorithm", "CRC32")
        .send();
    answer.error(400, "InvalidRequest", message, &[]);
}

fn sdk_algorithm_with_value() {
    let b = bucket();
    let request = b
        .put("k", "123456789")
        .header("x-amz-sdk-checksum-algorithm", "CRC32");
    request
        .header("x-amz-checksum-crc32", VALUES[0].2)
        .send()
        .status(200)
        .has("x-amz-checksum-crc32", VALUES[0].2);
}

/// The text is that of OpenStack Swift's tests, which also run against Amazon.
fn sdk_algorithm_of_another_value() {
    let b = bucket();
    let request = b
        .put("k", "123456789")
        .header("x-amz-sdk-checksum-algorithm", "CRC32C");
    let answer = request.header("x-amz-checksum-crc32", VALUES[0].2).send();
    let message = "Value for x-amz-sdk-checksum-algorithm header is invalid.";
    answer.error(400, "InvalidRequest", message, &[]);
}

/// The text is that of OpenStack Swift's tests, which also run against Amazon.
fn unknown_header() {
    let answer = put(&bucket(), "bad", "y/Q5Jg==");
    let message = "The algorithm type you specified in x-amz-checksum- header is invalid.";
    answer.error(400, "InvalidRequest", message, &[]);
}

fn bad_algorithm() {
    let b = bucket();
    let message = "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]";
    let answer = b
        .post("k", "")
        .query("uploads")
        .header("x-amz-checksum-algorithm", "CRC16")
        .send();
    answer.error(400, "InvalidRequest", message, &[]);
}

fn in_listings() {
    let b = bucket();
    put(&b, "sha1", VALUES[3].2).status(200);
    for query in ["", "list-type=2"] {
        let result = b.at("GET", query).send().document("ListBucketResult");
        assert_eq!(
            (
                result.get("Contents/ChecksumAlgorithm"),
                result.get("Contents/ChecksumType")
            ),
            ("SHA1", "FULL_OBJECT")
        );
    }
    let result = b.at("GET", "versions").send().document("ListVersionsResult");
    assert_eq!(result.get("Version/ChecksumAlgorithm"), "SHA1");
}
