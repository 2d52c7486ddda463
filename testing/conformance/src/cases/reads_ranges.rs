//! Ranges, partNumber, response overrides (facts/06 §5; facts/04 §2).

use crate::kit::{Answer, Bucket, bucket, cases};

cases! {
    "06 §5 Range: satisfiable": satisfiable;
    "06 §5 Range: not satisfiable": not_satisfiable, empty_object;
    "06 §5 Range: ignored": ignored;
    "06 §5 Range: checksums only for the whole object": no_checksum_of_a_range;
    "06 §5 Range: large objects": ranges_across_blocks;
    "06 §5 HEAD takes ranges too": head_with_range;
    "06 §5 partNumber": part_number, part_number_of_plain_object, part_number_and_range, bad_part_number;
    "06 §5, 04 §2 response-* overrides": overrides, overrides_on_head, overrides_of_anonymous, override_not_latin_1;
    "01 §8 headers of GET": headers_of_get, head_is_get_without_body;
    "06 §1 NoSuchKey": missing_key;
}

fn ten() -> Bucket {
    let b = bucket();
    b.store("k", "0123456789");
    b
}

fn range(b: &Bucket, range: &str) -> Answer {
    b.get("k").header("range", range).send()
}

fn satisfiable() {
    let b = ten();
    for (asked, body, content_range) in [
        ("bytes=0-8", "012345678", "bytes 0-8/10"),
        ("bytes=0-0", "0", "bytes 0-0/10"),
        ("bytes=9-9", "9", "bytes 9-9/10"),
        ("bytes=1-", "123456789", "bytes 1-9/10"),
        ("bytes=-2", "89", "bytes 8-9/10"),
        ("bytes=-15", "0123456789", "bytes 0-9/10"),
        ("bytes=0-100", "0123456789", "bytes 0-9/10"),
    ] {
        let answer = range(&b, asked);
        answer.status(206).is(body).has("content-range", content_range);
        answer
            .has("content-length", &body.len().to_string())
            .has("accept-ranges", "bytes");
    }
}

fn not_satisfiable() {
    let b = ten();
    for asked in ["bytes=-0", "bytes=100-200", "bytes=10-", "bytes=10-10"] {
        let details = [("RangeRequested", asked), ("ActualObjectSize", "10")];
        range(&b, asked).error(
            416,
            "InvalidRange",
            "The requested range is not satisfiable",
            &details,
        );
    }
    b.head("k").header("range", "bytes=10-").send().bare(416);
}

fn empty_object() {
    let b = bucket();
    b.store("k", "");
    for asked in ["bytes=0-0", "bytes=0-", "bytes=-1"] {
        range(&b, asked).code(416, "InvalidRange");
    }
}

fn ignored() {
    let b = ten();
    for asked in [
        "bytes=1-0",
        "bytes=-1-",
        "bytes=0--1",
        "bytes=0-1,3-4",
        "lines=0-1",
        "bytes",
        "bytes=",
        "bytes=a-b",
        "0-1",
    ] {
        range(&b, asked)
            .status(200)
            .is("0123456789")
            .lacks("content-range");
    }
}

fn no_checksum_of_a_range() {
    let b = ten();
    let mode = |asked: &str| {
        b.get("k")
            .header("x-amz-checksum-mode", "ENABLED")
            .header("range", asked)
            .send()
    };
    mode("bytes=0-8")
        .status(206)
        .lacks("x-amz-checksum-crc64nvme")
        .lacks("x-amz-checksum-type");
    // The last request of the table above is ignored: the whole object, with its checksum.
    mode("bytes=1-0")
        .status(200)
        .has("x-amz-checksum-type", "FULL_OBJECT");
}

fn ranges_across_blocks() {
    let b = bucket();
    let body: Vec<u8> = (0..3_000_001_u32)
        .flat_map(|number| (number * 31).to_le_bytes())
        .take(3_000_001)
        .collect();
    b.store("k", &body);
    for (first, last) in [
        (0, 0),
        (65_535, 65_537),
        (1_048_575, 1_048_577),
        (999_999, 2_000_000),
        (2_999_999, 3_000_000),
    ] {
        let answer = range(&b, &format!("bytes={first}-{last}"));
        answer
            .status(206)
            .is(&body[first..=last])
            .has("content-range", &format!("bytes {first}-{last}/3000001"));
    }
    b.get("k").send().status(200).is(&body);
}

fn head_with_range() {
    let b = ten();
    let answer = b.head("k").header("range", "bytes=2-4").send();
    answer
        .status(206)
        .has("content-range", "bytes 2-4/10")
        .has("content-length", "3")
        .is("");
}

/// An object of two parts, the second of which is `12345`.
fn of_parts() -> Bucket {
    let b = bucket();
    let upload = b.initiate("k", &[]);
    let first = b.part("k", &upload, 1, vec![b'a'; 5 * 1024 * 1024]);
    let second = b.part("k", &upload, 2, "12345");
    b.complete("k", &upload, &[(1, &first), (2, &second)])
        .send()
        .status(200);
    b
}

fn part_number() {
    let b = of_parts();
    let part = |number: u32| b.get("k").query(&format!("partNumber={number}")).send();
    let answer = part(2);
    answer
        .status(206)
        .is("12345")
        .has("content-range", "bytes 5242880-5242884/5242885");
    answer.has("x-amz-mp-parts-count", "2");
    part(1)
        .status(206)
        .has("content-length", "5242880")
        .has("content-range", "bytes 0-5242879/5242885");
    let details = [("ActualPartCount", "2"), ("PartNumberRequested", "3")];
    part(3).error(
        416,
        "InvalidPartNumber",
        "The requested partnumber is not satisfiable",
        &details,
    );
    let head = b.head("k").query("partNumber=2").send();
    head.status(206)
        .has("content-length", "5")
        .has("x-amz-mp-parts-count", "2")
        .is("");
}

fn part_number_of_plain_object() {
    let b = ten();
    let part = |number: u32| b.get("k").query(&format!("partNumber={number}")).send();
    part(1)
        .status(206)
        .is("0123456789")
        .has("content-range", "bytes 0-9/10");
    let details = [("ActualPartCount", "1"), ("PartNumberRequested", "2")];
    part(2).error(
        416,
        "InvalidPartNumber",
        "The requested partnumber is not satisfiable",
        &details,
    );
}

fn part_number_and_range() {
    let answer = ten()
        .get("k")
        .query("partNumber=1")
        .header("range", "bytes=0-1")
        .send();
    let message = "Cannot specify both Range header and partNumber query parameter";
    answer.error(400, "InvalidRequest", message, &[]);
}

fn bad_part_number() {
    let b = ten();
    for bad in ["0", "10001", "x", "-1"] {
        let error = b
            .get("k")
            .query(&format!("partNumber={bad}"))
            .send()
            .code(400, "InvalidArgument");
        assert_eq!(
            error.get("Message"),
            "Part number must be an integer between 1 and 10000, inclusive"
        );
        assert_eq!(error.get("ArgumentName"), "partNumber");
    }
}

const OVERRIDES: [(&str, &str, &str, &str); 6] = [
    (
        "response-content-type",
        "content-type",
        "text/plain%3B%20charset%3Dutf-8",
        "text/plain; charset=utf-8",
    ),
    ("response-content-language", "content-language", "de", "de"),
    (
        "response-expires",
        "expires",
        "Thu%2C%2001%20Dec%202033%2016%3A00%3A00%20GMT",
        "Thu, 01 Dec 2033 16:00:00 GMT",
    ),
    ("response-cache-control", "cache-control", "no-cache", "no-cache"),
    (
        "response-content-disposition",
        "content-disposition",
        "attachment%3B%20filename%3D%22a+b%22",
        "attachment; filename=\"a b\"",
    ),
    (
        "response-content-encoding",
        "content-encoding",
        "identity",
        "identity",
    ),
];

fn overrides() {
    let b = ten();
    for (parameter, header, encoded, value) in OVERRIDES {
        let answer = b.get("k").query(&format!("{parameter}={encoded}")).send();
        answer.status(200).is("0123456789").has(header, value);
    }
    let presigned = b
        .get("k")
        .query("response-content-type=text%2Fplain")
        .presigned(60)
        .send();
    presigned.status(200).has("content-type", "text/plain");
    b.get("k")
        .send()
        .has("content-type", "binary/octet-stream")
        .lacks("cache-control");
}

fn overrides_on_head() {
    let b = ten();
    let answer = b.head("k").query("response-content-type=text%2Fplain").send();
    answer.status(200).has("content-type", "text/plain");
}

fn overrides_of_anonymous() {
    let b = ten();
    let request = b.get("k").query("response-content-type=text%2Fplain");
    let answer = request.anonymous().send();
    let message = "Request specific response headers cannot be used for anonymous GET requests.";
    // Which is told first where anonymous requests are refused anyway, no fact says.
    if answer.status == 403 {
        answer.error(403, "AccessDenied", "Access Denied", &[]);
    } else {
        answer.error(400, "InvalidRequest", message, &[]);
    }
}

fn override_not_latin_1() {
    let b = ten();
    let error = b
        .get("k")
        .query("response-content-disposition=%E2%82%AC")
        .send()
        .code(400, "InvalidArgument");
    assert_eq!(
        error.get("Message"),
        "Header value cannot be represented using ISO-8859-1."
    );
    assert_eq!(error.get("ArgumentName"), "response-content-disposition");
}

fn headers_of_get() {
    let b = bucket();
    let stored = b.store("k", "12345");
    let answer = b.get("k").send();
    answer
        .status(200)
        .has("accept-ranges", "bytes")
        .has("etag", &stored.value("etag"));
    answer
        .has("content-type", "binary/octet-stream")
        .has("content-length", "5");
    answer.value("last-modified");
    for absent in [
        "x-amz-storage-class",
        "x-amz-checksum-crc64nvme",
        "x-amz-checksum-type",
        "x-amz-tagging-count",
        "x-amz-version-id",
        "content-encoding",
        "x-amz-mp-parts-count",
        "x-amz-expiration",
        "x-amz-restore",
        "content-range",
    ] {
        answer.lacks(absent);
    }
}

fn head_is_get_without_body() {
    let b = bucket();
    b.put("k", "12345")
        .header("x-amz-meta-a", "b")
        .header("cache-control", "no-store")
        .send()
        .status(200);
    let (get, head) = (b.get("k").send(), b.head("k").send());
    head.status(200).is("");
    let shown = |answer: &Answer| -> Vec<(String, String)> {
        let own = ["x-amz-request-id", "x-amz-id-2", "date"];
        let mut headers: Vec<_> = answer
            .headers
            .iter()
            .filter(|(name, _)| !own.contains(&name.as_str()))
            .cloned()
            .collect();
        headers.sort();
        headers
    };
    assert_eq!(shown(&get), shown(&head));
}

fn missing_key() {
    let b = bucket();
    let answer = b.get("not/there <&>").send();
    answer.error(
        404,
        "NoSuchKey",
        "The specified key does not exist.",
        &[("Key", "not/there <&>")],
    );
    b.head("not/there").send().bare(404);
}
