//! Checksums of multipart uploads: COMPOSITE and FULL_OBJECT (facts/06 §9).

use super::checksums::VALUES;
use crate::kit::{Answer, Bucket, base64, bucket, cases, sha256};

cases! {
    "06 §9 MPU type: defaults": default_types, headers_only_if_requested;
    "06 §9 MPU type: combinations": impossible_types, type_without_algorithm;
    "06 §9 composite": composite;
    "06 §9 FULL_OBJECT": full_object, full_object_crc64nvme, nothing_asked;
    "06 §9 part with another algorithm": other_algorithm;
    "06 §9 Complete, COMPOSITE: per-part checksum required": missing_part_checksum, wrong_part_checksum;
    "06 §9 Complete: wrong object checksum": wrong_object_checksum;
    "06 §9 Complete with another type": other_type;
    "06 §9 ListParts shows per-part checksums": list_parts;
    "06 §9 part checksum mismatch": part_mismatch;
}

const MIB5: usize = 5 * 1024 * 1024;

fn initiate(b: &Bucket, headers: &[(&str, &str)]) -> Answer {
    b.post("k", "").query("uploads").headers(headers).send()
}

fn part(b: &Bucket, upload: &str, body: &[u8], header: &str, value: &str) -> Answer {
    b.put("k", body)
        .query(&format!("partNumber=1&uploadId={upload}"))
        .header(header, value)
        .send()
}

/// Completes an upload with these `<Part>`s.
fn complete(b: &Bucket, upload: &str, parts: &str, headers: &[(&str, &str)]) -> Answer {
    let body = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
    b.post("k", body)
        .query(&format!("uploadId={upload}"))
        .headers(headers)
        .send()
}

fn default_types() {
    let b = bucket();
    for (_, algorithm, _) in VALUES {
        let expected = if algorithm == "CRC64NVME" {
            "FULL_OBJECT"
        } else {
            "COMPOSITE"
        };
        let answer = initiate(&b, &[("x-amz-checksum-algorithm", algorithm)]);
        answer
            .status(200)
            .has("x-amz-checksum-algorithm", algorithm)
            .has("x-amz-checksum-type", expected);
    }
}

fn headers_only_if_requested() {
    let answer = initiate(&bucket(), &[]);
    answer
        .status(200)
        .lacks("x-amz-checksum-algorithm")
        .lacks("x-amz-checksum-type");
}

fn impossible_types() {
    let b = bucket();
    for (algorithm, kind) in [
        ("SHA1", "FULL_OBJECT"),
        ("SHA256", "FULL_OBJECT"),
        ("CRC64NVME", "COMPOSITE"),
    ] {
        let answer = initiate(
            &b,
            &[
                ("x-amz-checksum-algorithm", algorithm),
                ("x-amz-checksum-type", kind),
            ],
        );
        let lower = algorithm.to_lowercase();
        let message = format!("The {kind} checksum type cannot be used with the {lower} checksum algorithm.");
        answer.error(400, "InvalidRequest", &message, &[]);
    }
    let both = [
        ("x-amz-checksum-algorithm", "CRC32"),
        ("x-amz-checksum-type", "FULL_OBJECT"),
    ];
    initiate(&b, &both)
        .status(200)
        .has("x-amz-checksum-type", "FULL_OBJECT");
}

fn type_without_algorithm() {
    let answer = initiate(&bucket(), &[("x-amz-checksum-type", "COMPOSITE")]);
    let message = "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.";
    answer.error(400, "InvalidRequest", message, &[]);
}

/// Uploads two parts with a checksum each; the upload and the `<Part>`s.
fn two_parts(
    b: &Bucket,
    headers: &[(&str, &str)],
    algorithm: &str,
    digest: fn(&[u8]) -> String,
) -> (String, String) {
    let upload = initiate(b, headers)
        .document("InitiateMultipartUploadResult")
        .get("UploadId")
        .to_owned();
    let (large, mut parts) = (vec![b'a'; MIB5], String::new());
    for (number, body) in [(1, large.as_slice()), (2, b"tail".as_slice())] {
        let value = digest(body);
        let request = b
            .put("k", body)
            .query(&format!("partNumber={number}&uploadId={upload}"));
        let header = format!("x-amz-checksum-{}", algorithm.to_lowercase());
        let answer = request.header(&header, &value).send();
        answer.status(200).has(&header, &value);
        let etag = answer.value("etag");
        parts.push_str(&format!(
            "<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag><Checksum{algorithm}>{value}</Checksum{algorithm}></Part>"
        ));
    }
    (upload, parts)
}

fn composite() {
    let b = bucket();
    let (upload, parts) = two_parts(&b, &[("x-amz-checksum-algorithm", "SHA256")], "SHA256", |body| {
        base64(sha256(body))
    });
    let digests = [sha256(vec![b'a'; MIB5]), sha256("tail")].concat();
    let expected = format!("{}-2", base64(sha256(digests)));
    let document = complete(&b, &upload, &parts, &[]).document("CompleteMultipartUploadResult");
    assert_eq!(
        (document.get("ChecksumSHA256"), document.get("ChecksumType")),
        (expected.as_str(), "COMPOSITE")
    );
    let head = b.head("k").header("x-amz-checksum-mode", "ENABLED").send();
    head.has("x-amz-checksum-sha256", &expected)
        .has("x-amz-checksum-type", "COMPOSITE");
}

fn full_object() {
    let b = bucket();
    let headers = [
        ("x-amz-checksum-algorithm", "CRC32"),
        ("x-amz-checksum-type", "FULL_OBJECT"),
    ];
    let (upload, parts) = two_parts(&b, &headers, "CRC32", |body| crate::kit::crc32(body));
    let expected = crate::kit::crc32([vec![b'a'; MIB5], b"tail".to_vec()].concat());
    let headers = [
        ("x-amz-checksum-type", "FULL_OBJECT"),
        ("x-amz-checksum-crc32", expected.as_str()),
    ];
    let document = complete(&b, &upload, &parts, &headers).document("CompleteMultipartUploadResult");
    assert_eq!(
        (document.get("ChecksumCRC32"), document.get("ChecksumType")),
        (expected.as_str(), "FULL_OBJECT")
    );
}

fn full_object_crc64nvme() {
    let b = bucket();
    let (upload, parts) = two_parts(
        &b,
        &[("x-amz-checksum-algorithm", "CRC64NVME")],
        "CRC64NVME",
        |body| crate::kit::crc64nvme(body),
    );
    let expected = crate::kit::crc64nvme([vec![b'a'; MIB5], b"tail".to_vec()].concat());
    let document = complete(&b, &upload, &parts, &[]).document("CompleteMultipartUploadResult");
    assert_eq!(
        (document.get("ChecksumCRC64NVME"), document.get("ChecksumType")),
        (expected.as_str(), "FULL_OBJECT")
    );
}

fn nothing_asked() {
    let b = bucket();
    let upload = b.initiate("k", &[]);
    let (one, two) = (
        b.part("k", &upload, 1, vec![b'a'; MIB5]),
        b.part("k", &upload, 2, "tail"),
    );
    let expected = crate::kit::crc64nvme([vec![b'a'; MIB5], b"tail".to_vec()].concat());
    let document = b
        .complete("k", &upload, &[(1, &one), (2, &two)])
        .send()
        .document("CompleteMultipartUploadResult");
    assert_eq!(
        (document.get("ChecksumCRC64NVME"), document.get("ChecksumType")),
        (expected.as_str(), "FULL_OBJECT")
    );
}

fn upload_with(b: &Bucket, algorithm: &str) -> String {
    let answer = initiate(b, &[("x-amz-checksum-algorithm", algorithm)]);
    answer
        .document("InitiateMultipartUploadResult")
        .get("UploadId")
        .to_owned()
}

fn other_algorithm() {
    let b = bucket();
    let upload = upload_with(&b, "SHA256");
    let message =
        "Checksum Type mismatch occurred, expected checksum Type: sha256, actual checksum Type: crc32";
    let answer = part(&b, &upload, b"123456789", "x-amz-checksum-crc32", VALUES[0].2);
    answer.error(400, "InvalidRequest", message, &[]);
}

fn missing_part_checksum() {
    let b = bucket();
    let upload = upload_with(&b, "CRC32");
    let etag = part(&b, &upload, b"123456789", "x-amz-checksum-crc32", VALUES[0].2).value("etag");
    let message = "The upload was created using a crc32 checksum. The complete request must include the checksum for each part. It was missing for part 1 in the request.";
    b.complete("k", &upload, &[(1, &etag)])
        .send()
        .error(400, "InvalidRequest", message, &[]);
}

fn wrong_part_checksum() {
    let b = bucket();
    let upload = upload_with(&b, "CRC32");
    let etag = part(&b, &upload, b"123456789", "x-amz-checksum-crc32", VALUES[0].2).value("etag");
    let parts = format!(
        "<Part><PartNumber>1</PartNumber><ETag>{etag}</ETag><ChecksumCRC32>AAAAAA==</ChecksumCRC32></Part>"
    );
    complete(&b, &upload, &parts, &[]).code(400, "InvalidPart");
}

fn wrong_object_checksum() {
    let b = bucket();
    let upload = upload_with(&b, "CRC32C");
    let etag = part(&b, &upload, b"123456789", "x-amz-checksum-crc32c", VALUES[1].2).value("etag");
    let value = VALUES[1].2;
    let parts = format!(
        "<Part><PartNumber>1</PartNumber><ETag>{etag}</ETag><ChecksumCRC32C>{value}</ChecksumCRC32C></Part>"
    );
    let answer = complete(&b, &upload, &parts, &[("x-amz-checksum-crc32c", "AAAAAA==-1")]);
    let message = "The crc32c you specified did not match the calculated checksum.";
    answer.error(400, "BadDigest", message, &[]);
}

fn other_type() {
    let b = bucket();
    for (headers, mode) in [
        (vec![("x-amz-checksum-algorithm", "CRC32")], "COMPOSITE"),
        (vec![], "null"),
    ] {
        let upload = initiate(&b, &headers)
            .document("InitiateMultipartUploadResult")
            .get("UploadId")
            .to_owned();
        let etag = part(&b, &upload, b"123456789", "x-amz-checksum-crc32", VALUES[0].2);
        let etag = if etag.status == 200 {
            etag.value("etag")
        } else {
            b.part("k", &upload, 1, "123456789")
        };
        let value = VALUES[0].2;
        let parts = format!(
            "<Part><PartNumber>1</PartNumber><ETag>{etag}</ETag><ChecksumCRC32>{value}</ChecksumCRC32></Part>"
        );
        let answer = complete(&b, &upload, &parts, &[("x-amz-checksum-type", "FULL_OBJECT")]);
        let message = format!(
            "The upload was created using the {mode} checksum mode. The complete request must use the same checksum mode."
        );
        answer.error(400, "InvalidRequest", &message, &[]);
    }
}

fn list_parts() {
    let b = bucket();
    let upload = upload_with(&b, "SHA1");
    part(&b, &upload, b"123456789", "x-amz-checksum-sha1", VALUES[3].2).status(200);
    let document = b
        .get("k")
        .query(&format!("uploadId={upload}"))
        .send()
        .document("ListPartsResult");
    assert_eq!(
        (document.get("ChecksumAlgorithm"), document.get("ChecksumType")),
        ("SHA1", "COMPOSITE")
    );
    assert_eq!(document.get("Part/ChecksumSHA1"), VALUES[3].2);
}

fn part_mismatch() {
    let b = bucket();
    let upload = upload_with(&b, "SHA1");
    let wrong = VALUES[3].2.replacen('9', "8", 1);
    let answer = part(&b, &upload, b"123456789", "x-amz-checksum-sha1", &wrong);
    answer.error(
        400,
        "BadDigest",
        "The SHA1 you specified did not match the calculated checksum.",
        &[],
    );
    let document = b
        .get("k")
        .query(&format!("uploadId={upload}"))
        .send()
        .document("ListPartsResult");
    assert_eq!(document.all("Part").len(), 0);
}
