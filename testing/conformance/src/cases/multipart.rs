//! Multipart uploads (facts/06 §7, §8).

use crate::kit::{Bucket, Request, bucket, cases, endpoint, md5_hex, name, versioned};

cases! {
    "06 §8 initiate": initiate;
    "06 §8 part numbers": part_numbers;
    "06 §8 part size is checked at Complete": too_small;
    "06 §8 ETag": etag_of_parts, etag_of_one_part;
    "06 §8 Complete: result": result, location_encodes_the_key;
    "06 §8 Complete: list of parts": empty_list, no_xml, out_of_order, unknown_part, wrong_etag;
    "06 §8 Complete: ETag forms": etag_forms;
    "06 §8 Complete: unlisted parts and gaps": unlisted_parts;
    "06 §8 Complete: again": again_is_idempotent, gone_after_complete;
    "06 §8 Complete: x-amz-mp-object-size": object_size;
    "06 §8 key mismatch": other_key;
    "06 §8 Abort": abort, abort_unknown;
    "06 §8 a part may be replaced": replaced_part;
    "06 §8 version is of initiation": version_at_initiation, version_id_of_complete;
    "06 §8 nothing shows before Complete": invisible;
    "06 §1 BadDigest of a part": bad_digest_of_part;
    "06 §7 UploadPartCopy": part_copy, part_copy_range, bad_copy_range, range_beyond_the_end;
}

const NO_UPLOAD: &str = "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.";
const MIB5: usize = 5 * 1024 * 1024;

fn initiate() {
    let b = bucket();
    let answer = b.post("a b", "").query("uploads").send();
    let document = answer.document("InitiateMultipartUploadResult");
    assert_eq!(document.names(), ["Bucket", "Key", "UploadId"]);
    assert_eq!(
        (document.get("Bucket"), document.get("Key")),
        (b.name.as_str(), "a b")
    );
    answer
        .lacks("x-amz-checksum-algorithm")
        .lacks("x-amz-checksum-type");
}

fn part_numbers() {
    let b = bucket();
    let upload = b.initiate("k", &[]);
    for good in [1, 10_000] {
        b.part("k", &upload, good, "x");
    }
    for bad in ["0", "10001", "-1", "x"] {
        let error = b
            .put("k", "x")
            .query(&format!("partNumber={bad}&uploadId={upload}"))
            .send()
            .code(400, "InvalidArgument");
        assert_eq!(
            error.get("Message"),
            "Part number must be an integer between 1 and 10000, inclusive"
        );
        assert_eq!(error.get("ArgumentName"), "partNumber");
    }
}

fn too_small() {
    let b = bucket();
    let upload = b.initiate("k", &[]);
    let (one, two) = (b.part("k", &upload, 1, "small"), b.part("k", &upload, 2, "x"));
    let message = "Your proposed upload is smaller than the minimum allowed size";
    let etag = one.trim_matches('"');
    let details = [
        ("ProposedSize", "5"),
        ("MinSizeAllowed", "5242880"),
        ("PartNumber", "1"),
        ("ETag", etag),
    ];
    let answer = b.complete("k", &upload, &[(1, &one), (2, &two)]).send();
    answer.error(400, "EntityTooSmall", message, &details);
    // The upload is still there, and the last part may be small.
    b.complete("k", &upload, &[(2, &two)]).send().status(200);
}

fn etag_of_parts() {
    let b = bucket();
    let upload = b.initiate("k", &[]);
    let large = vec![b'a'; MIB5];
    let (one, two) = (b.part("k", &upload, 1, &large), b.part("k", &upload, 2, "tail"));
    assert_eq!(one, format!("\"{}\"", md5_hex(&large)));
    let digests = hex::decode(md5_hex(&large) + &md5_hex("tail")).unwrap();
    let expected = format!("\"{}-2\"", md5_hex(digests));
    let document = b
        .complete("k", &upload, &[(1, &one), (2, &two)])
        .send()
        .document("CompleteMultipartUploadResult");
    assert_eq!(document.get("ETag"), expected);
    let answer = b.get("k").send();
    answer
        .status(200)
        .has("etag", &expected)
        .has("content-length", "5242884");
    assert!(answer.body.ends_with(b"aaatail"));
}

fn etag_of_one_part() {
    let b = bucket();
    let upload = b.initiate("k", &[]);
    let etag = b.part("k", &upload, 1, "x");
    b.complete("k", &upload, &[(1, &etag)]).send().status(200);
    let digest = hex::decode(md5_hex("x")).unwrap();
    b.head("k")
        .send()
        .has("etag", &format!("\"{}-1\"", md5_hex(digest)));
}

fn result() {
    let b = bucket();
    let upload = b.initiate("k", &[]);
    let etag = b.part("k", &upload, 1, "x");
    let answer = b.complete("k", &upload, &[(1, &etag)]).send();
    let document = answer.document("CompleteMultipartUploadResult");
    assert_eq!(
        document.names(),
        [
            "Location",
            "Bucket",
            "Key",
            "ETag",
            "ChecksumCRC64NVME",
            "ChecksumType"
        ]
    );
    assert_eq!(
        (document.get("Bucket"), document.get("Key")),
        (b.name.as_str(), "k")
    );
    assert_eq!(document.get("ChecksumType"), "FULL_OBJECT");
    answer.lacks("x-amz-version-id");
}

fn location_encodes_the_key() {
    let b = bucket();
    let upload = b.initiate("a b/ü", &[]);
    let etag = b.part("a b/ü", &upload, 1, "x");
    let document = b
        .complete("a b/ü", &upload, &[(1, &etag)])
        .send()
        .document("CompleteMultipartUploadResult");
    let location = document.get("Location");
    assert!(
        location.starts_with("http") && location.contains(&b.name),
        "{location}"
    );
    assert!(
        location.ends_with("a%20b%2F%C3%BC") || location.ends_with("a%20b/%C3%BC"),
        "{location}"
    );
    assert_eq!(document.get("Key"), "a b/ü");
}

fn empty_list() {
    let b = bucket();
    let upload = b.initiate("k", &[]);
    let answer = b.complete("k", &upload, &[]).send();
    answer.error(400, "InvalidRequest", "You must specify at least one part", &[]);
}

fn no_xml() {
    let b = bucket();
    let upload = b.initiate("k", &[]);
    let message = "The XML you provided was not well-formed or did not validate against our published schema";
    for body in ["not xml", "<CompleteMultipartUpload>", "<Other/>"] {
        let answer = b.post("k", body).query(&format!("uploadId={upload}")).send();
        answer.error(400, "MalformedXML", message, &[]);
    }
}

fn out_of_order() {
    let b = bucket();
    let upload = b.initiate("k", &[]);
    let (one, two) = (
        b.part("k", &upload, 1, vec![0; MIB5]),
        b.part("k", &upload, 2, "x"),
    );
    let message = "The list of parts was not in ascending order. Parts must be ordered by part number.";
    for parts in [
        [(2, two.as_str()), (1, one.as_str())],
        [(1, one.as_str()), (1, one.as_str())],
    ] {
        let answer = b.complete("k", &upload, &parts).send();
        answer.error(400, "InvalidPartOrder", message, &[("UploadId", &upload)]);
    }
}

const INVALID_PART: &str = "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.";

fn unknown_part() {
    let b = bucket();
    let upload = b.initiate("k", &[]);
    let etag = b.part("k", &upload, 1, "x");
    let details = [
        ("UploadId", upload.as_str()),
        ("PartNumber", "2"),
        ("ETag", etag.trim_matches('"')),
    ];
    b.complete("k", &upload, &[(2, &etag)])
        .send()
        .error(400, "InvalidPart", INVALID_PART, &details);
}

fn wrong_etag() {
    let b = bucket();
    let upload = b.initiate("k", &[]);
    b.part("k", &upload, 1, "x");
    let wrong = md5_hex("y");
    let details = [
        ("UploadId", upload.as_str()),
        ("PartNumber", "1"),
        ("ETag", wrong.as_str()),
    ];
    b.complete("k", &upload, &[(1, &wrong)])
        .send()
        .error(400, "InvalidPart", INVALID_PART, &details);
}

fn etag_forms() {
    let b = bucket();
    for form in 0..3 {
        let upload = b.initiate("k", &[]);
        let quoted = b.part("k", &upload, 1, "x");
        let bare = quoted.trim_matches('"');
        let text = [quoted.clone(), bare.to_owned(), format!("&quot;{bare}&quot;")][form].clone();
        b.complete("k", &upload, &[(1, &text)]).send().status(200);
    }
}

fn unlisted_parts() {
    let b = bucket();
    let upload = b.initiate("k", &[]);
    b.part("k", &upload, 1, "unlisted");
    let etag = b.part("k", &upload, 500, "listed");
    b.part("k", &upload, 501, "unlisted");
    b.complete("k", &upload, &[(500, &etag)]).send().status(200);
    b.get("k").send().is("listed");
}

fn again_is_idempotent() {
    let b = bucket();
    let upload = b.initiate("k", &[]);
    let etag = b.part("k", &upload, 1, "x");
    let complete = b.complete("k", &upload, &[(1, &etag)]);
    let first = complete.clone().send().document("CompleteMultipartUploadResult");
    let again = complete.send().document("CompleteMultipartUploadResult");
    assert_eq!(first, again);
}

fn gone_after_complete() {
    let b = bucket();
    let upload = b.initiate("k", &[]);
    let etag = b.part("k", &upload, 1, "x");
    b.complete("k", &upload, &[(1, &etag)]).send().status(200);
    let query = format!("uploadId={upload}");
    b.get("k")
        .query(&query)
        .send()
        .error(404, "NoSuchUpload", NO_UPLOAD, &[("UploadId", &upload)]);
    b.put("k", "x")
        .query(&format!("partNumber=2&{query}"))
        .send()
        .code(404, "NoSuchUpload");
    assert_eq!(
        b.at("GET", "uploads")
            .send()
            .document("ListMultipartUploadsResult")
            .all("Upload")
            .len(),
        0
    );
}

fn object_size() {
    let b = bucket();
    let upload = b.initiate("k", &[]);
    let etag = b.part("k", &upload, 1, "four");
    let complete = b.complete("k", &upload, &[(1, &etag)]);
    let message = "The provided 'x-amz-mp-object-size' header value 5 does not match what was computed: 4";
    complete
        .clone()
        .header("x-amz-mp-object-size", "5")
        .send()
        .error(400, "InvalidRequest", message, &[]);
    complete.header("x-amz-mp-object-size", "4").send().status(200);
}

fn other_key() {
    let b = bucket();
    let upload = b.initiate("k", &[]);
    let etag = b.part("k", &upload, 1, "x");
    let query = format!("uploadId={upload}");
    let requests: [Request; 4] = [
        b.put("other", "x").query(&format!("partNumber=1&{query}")),
        b.get("other").query(&query),
        b.complete("other", &upload, &[(1, &etag)]),
        b.delete("other").query(&query),
    ];
    for request in requests {
        request
            .send()
            .error(404, "NoSuchUpload", NO_UPLOAD, &[("UploadId", &upload)]);
    }
    b.complete("k", &upload, &[(1, &etag)]).send().status(200);
}

fn abort() {
    let b = bucket();
    let upload = b.initiate("k", &[]);
    let etag = b.part("k", &upload, 1, "x");
    b.delete("k")
        .query(&format!("uploadId={upload}"))
        .send()
        .bare(204);
    b.complete("k", &upload, &[(1, &etag)]).send().error(
        404,
        "NoSuchUpload",
        NO_UPLOAD,
        &[("UploadId", &upload)],
    );
    b.get("k").send().code(404, "NoSuchKey");
}

fn abort_unknown() {
    let unknown = name("upload");
    let answer = bucket().delete("k").query(&format!("uploadId={unknown}")).send();
    answer.error(404, "NoSuchUpload", NO_UPLOAD, &[("UploadId", &unknown)]);
}

fn replaced_part() {
    let b = bucket();
    let upload = b.initiate("k", &[]);
    let old = b.part("k", &upload, 1, "old");
    let new = b.part("k", &upload, 1, "newer");
    b.complete("k", &upload, &[(1, &old)])
        .send()
        .code(400, "InvalidPart");
    b.complete("k", &upload, &[(1, &new)]).send().status(200);
    b.get("k").send().is("newer");
}

fn version_at_initiation() {
    let b = versioned();
    let upload = b.initiate("k", &[]);
    let etag = b.part("k", &upload, 1, "multipart");
    let later = b.store_version("k", "plain");
    let version = b
        .complete("k", &upload, &[(1, &etag)])
        .send()
        .value("x-amz-version-id");
    // The plain object is the newer one: the upload's place is where it was initiated.
    b.get("k").send().is("plain").has("x-amz-version-id", &later);
    let listed = b.at("GET", "versions").send().document("ListVersionsResult");
    assert_eq!(listed.texts("Version", "VersionId"), [later, version]);
}

fn version_id_of_complete() {
    let b = versioned();
    let upload = b.initiate("k", &[]);
    let etag = b.part("k", &upload, 1, "x");
    let answer = b.complete("k", &upload, &[(1, &etag)]).send();
    b.get("k")
        .send()
        .has("x-amz-version-id", &answer.value("x-amz-version-id"));
}

fn invisible() {
    let b = bucket();
    let upload = b.initiate("k", &[]);
    b.part("k", &upload, 1, "x");
    b.get("k").send().code(404, "NoSuchKey");
    assert_eq!(
        b.at("GET", "")
            .send()
            .document("ListBucketResult")
            .all("Contents")
            .len(),
        0
    );
}

fn bad_digest_of_part() {
    let b = bucket();
    let upload = b.initiate("k", &[]);
    let other = crate::kit::md5_base64("other");
    let request = b
        .put("k", "body")
        .query(&format!("partNumber=1&uploadId={upload}"));
    let calculated = crate::kit::md5_base64("body");
    // In base64, other than PutObject says it: as recorded.
    let details = [
        ("ExpectedDigest", other.as_str()),
        ("CalculatedDigest", calculated.as_str()),
    ];
    let answer = request.header("content-md5", &other).send();
    answer.error(
        400,
        "BadDigest",
        "The Content-MD5 you specified did not match what we received.",
        &details,
    );
}

fn part_copy_from(b: &Bucket, range: &str) -> Request {
    let upload = b.initiate("k", &[]);
    let request = b.put("k", "").query(&format!("partNumber=1&uploadId={upload}"));
    let request = request.header("x-amz-copy-source", &format!("/{}/source", b.name));
    if range.is_empty() {
        request
    } else {
        request.header("x-amz-copy-source-range", range)
    }
}

fn part_copy() {
    let b = versioned();
    let version = b.store_version("source", "0123456789");
    let upload = b.initiate("k", &[]);
    let request = b.put("k", "").query(&format!("partNumber=1&uploadId={upload}"));
    let answer = request
        .header("x-amz-copy-source", &format!("/{}/source", b.name))
        .send();
    let document = answer.document("CopyPartResult");
    assert_eq!(document.get("ETag"), format!("\"{}\"", md5_hex("0123456789")));
    assert!(document.get("LastModified").ends_with(".000Z"));
    answer.has("x-amz-copy-source-version-id", &version);
    b.complete("k", &upload, &[(1, document.get("ETag"))])
        .send()
        .status(200);
    b.get("k").send().is("0123456789");
}

fn part_copy_range() {
    let b = bucket();
    b.store("source", "0123456789");
    let document = part_copy_from(&b, "bytes=2-4").send().document("CopyPartResult");
    assert_eq!(
        document.get("ETag"),
        format!("\"{}\"", md5_hex("234")),
        "at {}",
        endpoint().host
    );
}

fn bad_copy_range() {
    let b = bucket();
    b.store("source", "0123456789");
    let message = "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy";
    for bad in [
        "bytes=2-",
        "bytes=-2",
        "2-4",
        "bytes=4-2",
        "bytes=0-1,3-4",
        "bytes=a-b",
    ] {
        let error = part_copy_from(&b, bad).send().code(400, "InvalidArgument");
        assert_eq!(error.get("Message"), message, "{bad}");
    }
}

fn range_beyond_the_end() {
    let b = bucket();
    b.store("source", "0123456789");
    let error = part_copy_from(&b, "bytes=5-10")
        .send()
        .code(400, "InvalidArgument");
    assert_eq!(
        error.get("Message"),
        "Range specified is not valid for source object of size: 10"
    );
    let message = "The specified copy range is invalid for the source object size";
    part_copy_from(&b, "bytes=10-12")
        .send()
        .error(400, "InvalidRequest", message, &[]);
}
