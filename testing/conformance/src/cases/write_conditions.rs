//! Conditional writes and deletes (facts/06 §6).

use crate::kit::{Answer, Bucket, Request, bucket, cases, endpoint, versioned};

cases! {
    "06 §6 If-None-Match: *": none_match_any;
    "06 §6 If-None-Match: another value": none_match_value;
    "06 §6 If-Match": if_match, if_match_missing_key;
    "06 §6 If-Match: *": match_any;
    "06 §6 both conditions": both;
    "06 §6 the latest is a delete marker": over_a_marker;
    "06 §6 CompleteMultipartUpload conditions": complete_if_none_match, complete_if_match, complete_over_deleted;
    "06 §6 DeleteObject conditions": delete_if_match, delete_other_conditions;
    "06 §6 CopyObject conditions on the destination": copy;
    "06 §6 conditions hold while writers race": one_winner;
}

const FAILED: &str = "At least one of the pre-conditions you specified did not hold";
const IMPLIES: &str = "A header you provided implies functionality that is not implemented";

#[track_caller]
fn fails(answer: &Answer, condition: &str) {
    answer.error(412, "PreconditionFailed", FAILED, &[("Condition", condition)]);
}

#[track_caller]
fn not_implemented(answer: &Answer, header: &str, message: &str) {
    answer.error(
        501,
        "NotImplemented",
        IMPLIES,
        &[("Header", header), ("additionalMessage", message)],
    );
}

fn put(b: &Bucket, header: &str, value: &str) -> Answer {
    b.put("k", "new").header(header, value).send()
}

fn none_match_any() {
    let b = bucket();
    put(&b, "if-none-match", "*").status(200);
    fails(&put(&b, "if-none-match", "*"), "If-None-Match");
    b.delete("k").send().status(204);
    put(&b, "if-none-match", "*").status(200);
}

fn none_match_value() {
    let b = bucket();
    let message = "We don't accept the provided value of If-None-Match header for this API";
    for value in ["\"x\"", "x", "\"*\""] {
        not_implemented(&put(&b, "if-none-match", value), "If-None-Match", message);
    }
}

fn if_match() {
    let b = bucket();
    let etag = b.store("k", "old").value("etag");
    fails(&put(&b, "if-match", "\"other\""), "If-Match");
    b.get("k").send().is("old");
    put(&b, "if-match", &etag).status(200);
    b.get("k").send().is("new");
    let bare = b.head("k").send().value("etag").trim_matches('"').to_owned();
    put(&b, "if-match", &bare).status(200);
}

fn if_match_missing_key() {
    let b = versioned();
    let message = "The specified key does not exist.";
    put(&b, "if-match", "\"x\"").error(404, "NoSuchKey", message, &[("Key", "k")]);
    let etag = b.store("k", "old").value("etag");
    b.delete("k").send().status(204);
    put(&b, "if-match", &etag).error(404, "NoSuchKey", message, &[("Key", "k")]);
}

fn match_any() {
    let message = "We don't accept the provided value of If-Match header for this API";
    not_implemented(&put(&bucket(), "if-match", "*"), "If-Match", message);
}

fn both() {
    let b = bucket();
    let answer = b
        .put("k", "x")
        .header("if-match", "\"x\"")
        .header("if-none-match", "*")
        .send();
    let message = "Multiple conditional request headers present in the request";
    not_implemented(&answer, "If-Match,If-None-Match", message);
}

fn over_a_marker() {
    let b = versioned();
    b.store("k", "old");
    b.delete("k").send().status(204);
    put(&b, "if-none-match", "*").status(200);
    b.get("k").send().is("new");
}

/// An upload of one part, ready to be completed.
fn upload(b: &Bucket) -> Request {
    let upload = b.initiate("k", &[]);
    let etag = b.part("k", &upload, 1, "part");
    b.complete("k", &upload, &[(1, &etag)])
}

fn complete_if_none_match() {
    let b = bucket();
    let complete = upload(&b).header("if-none-match", "*");
    b.store("k", "meanwhile");
    fails(&complete.clone().send(), "If-None-Match");
    b.get("k").send().is("meanwhile");
    upload(&bucket()).header("if-none-match", "*").send().status(200);
}

fn complete_if_match() {
    let b = bucket();
    let etag = b.store("k", "old").value("etag");
    upload(&b).header("if-match", &etag).send().status(200);
    let etag = b.store("k", "old").value("etag");
    fails(&upload(&b).header("if-match", "\"other\"").send(), "If-Match");
    let complete = upload(&b).header("if-match", &etag);
    b.store("k", "old");
    // The same content again is a change all the same.
    let message =
        "The conditional request cannot succeed due to a conflicting operation against this resource.";
    let details = [("Condition", "If-Match"), ("Key", "k")];
    complete
        .send()
        .error(409, "ConditionalRequestConflict", message, &details);
}

fn complete_over_deleted() {
    let b = bucket();
    let etag = b.store("k", "old").value("etag");
    let (one, other) = (
        upload(&b).header("if-match", &etag),
        upload(&b).header("if-none-match", "*"),
    );
    b.delete("k").send().status(204);
    one.send().error(
        404,
        "NoSuchKey",
        "The specified key does not exist.",
        &[("Key", "k")],
    );
    other.send().code(409, "ConditionalRequestConflict");
}

fn delete_if_match() {
    let b = bucket();
    let etag = b.store("k", "x").value("etag");
    fails(&b.delete("k").header("if-match", "\"other\"").send(), "If-Match");
    b.get("k").send().status(200);
    b.delete("k").header("if-match", &etag).send().bare(204);
    b.get("k").send().code(404, "NoSuchKey");
}

fn delete_other_conditions() {
    let b = bucket();
    b.store("k", "x");
    for header in ["x-amz-if-match-last-modified-time", "x-amz-if-match-size"] {
        let value = if header.ends_with("size") {
            "1"
        } else {
            "Thu, 01 Dec 2033 16:00:00 GMT"
        };
        b.delete("k")
            .header(header, value)
            .send()
            .code(501, "NotImplemented");
    }
    b.get("k").send().status(200);
}

fn copy() {
    let b = bucket();
    let etag = b.store("k", "old").value("etag");
    b.store("source", "copied");
    let copy = |key: &str, header: &str, value: &str| {
        let source = format!("/{}/source", b.name);
        b.put(key, "")
            .header("x-amz-copy-source", &source)
            .header(header, value)
            .send()
    };
    fails(&copy("k", "if-none-match", "*"), "If-None-Match");
    fails(&copy("k", "if-match", "\"other\""), "If-Match");
    copy("missing", "if-match", "\"other\"").code(404, "NoSuchKey");
    copy("k", "if-match", "*").code(501, "NotImplemented");
    copy("k", "if-match", &etag).status(200);
    copy("fresh", "if-none-match", "*").status(200);
    b.get("k").send().is("copied");
}

fn one_winner() {
    let b = bucket();
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..8)
            .map(|number| {
                let request = b.put("k", number.to_string()).header("if-none-match", "*");
                scope.spawn(move || request.send().status)
            })
            .collect();
        writers.into_iter().map(|writer| writer.join().unwrap()).collect()
    });
    assert_eq!(
        statuses.iter().filter(|&&status| status == 200).count(),
        1,
        "{statuses:?} at {}",
        endpoint().host
    );
    assert!(
        statuses.iter().all(|status| matches!(status, 200 | 409 | 412)),
        "{statuses:?}"
    );
}
