//! Conditional GET and HEAD (facts/06 §5).

use cairn_types::Timestamp;

use crate::kit::{Answer, Bucket, bucket, cases, now};

cases! {
    "06 §5 If-Match": if_match;
    "06 §5 If-None-Match": if_none_match;
    "06 §5 If-Modified-Since": if_modified_since, future_date_is_ignored, bad_date_is_ignored;
    "06 §5 If-Unmodified-Since": if_unmodified_since;
    "06 §5 precedence": match_beats_unmodified, none_match_beats_modified, match_before_none_match;
    "06 §5 304 has no body": headers_of_304, connection_after_304;
    "06 §5 HEAD takes conditions too": head;
    "06 §5 conditions and ranges": with_range;
    "06 §5 conditions about a missing key": missing_key;
}

struct Object {
    bucket: Bucket,
    etag: String,
    modified: Timestamp,
}

fn object() -> Object {
    let bucket = bucket();
    bucket.store("k", "body");
    let head = bucket.head("k").send();
    let modified = Timestamp::parse_http_date(&head.value("last-modified")).expect("an HTTP date");
    Object {
        etag: head.value("etag"),
        bucket,
        modified,
    }
}

impl Object {
    fn get(&self, headers: &[(&str, &str)]) -> Answer {
        self.bucket.get("k").headers(headers).send()
    }

    /// The object's time and so many seconds.
    fn date(&self, offset: i64) -> String {
        Timestamp::from_seconds(self.modified.seconds().saturating_add_signed(offset)).http_date()
    }

    #[track_caller]
    fn fails(&self, headers: &[(&str, &str)], condition: &str) {
        let message = "At least one of the pre-conditions you specified did not hold";
        self.get(headers)
            .error(412, "PreconditionFailed", message, &[("Condition", condition)]);
    }
}

fn if_match() {
    let o = object();
    let bare = o.etag.trim_matches('"');
    let list = format!("\"other\", {}", o.etag);
    for good in [o.etag.as_str(), bare, "*", list.as_str()] {
        o.get(&[("if-match", good)]).status(200).is("body");
    }
    o.fails(
        &[("if-match", "\"0123456789abcdef0123456789abcdef\"")],
        "If-Match",
    );
    o.fails(&[("if-match", "other")], "If-Match");
}

fn if_none_match() {
    let o = object();
    for same in [o.etag.as_str(), o.etag.trim_matches('"'), "*"] {
        o.get(&[("if-none-match", same)]).bare(304);
    }
    o.get(&[("if-none-match", "\"other\"")]).status(200).is("body");
}

fn if_modified_since() {
    let o = object();
    o.get(&[("if-modified-since", &o.date(-1))]).status(200);
    // Equal second counts as not modified.
    o.get(&[("if-modified-since", &o.date(0))]).bare(304);
}

fn future_date_is_ignored() {
    let o = object();
    let future = Timestamp::from_seconds(now().seconds() + 86_400).http_date();
    o.get(&[("if-modified-since", &future)]).status(200);
}

fn bad_date_is_ignored() {
    let o = object();
    o.get(&[("if-modified-since", "yesterday")]).status(200);
    o.get(&[("if-unmodified-since", "yesterday")]).status(200);
}

fn if_unmodified_since() {
    let o = object();
    o.get(&[("if-unmodified-since", &o.date(0))]).status(200);
    o.get(&[("if-unmodified-since", &o.date(60))]).status(200);
    o.fails(&[("if-unmodified-since", &o.date(-1))], "If-Unmodified-Since");
}

fn match_beats_unmodified() {
    let o = object();
    o.get(&[("if-match", &o.etag), ("if-unmodified-since", &o.date(-60))])
        .status(200);
    o.fails(
        &[("if-match", "\"x\""), ("if-unmodified-since", &o.date(60))],
        "If-Match",
    );
}

fn none_match_beats_modified() {
    let o = object();
    o.get(&[("if-none-match", "\"x\""), ("if-modified-since", &o.date(0))])
        .status(200);
    o.get(&[("if-none-match", &o.etag), ("if-modified-since", &o.date(-60))])
        .bare(304);
}

fn match_before_none_match() {
    let o = object();
    o.get(&[("if-match", &o.etag), ("if-none-match", &o.etag)])
        .bare(304);
    o.fails(&[("if-match", "\"x\""), ("if-none-match", &o.etag)], "If-Match");
}

fn headers_of_304() {
    let o = object();
    let answer = o.get(&[("if-none-match", &o.etag)]);
    answer
        .bare(304)
        .has("etag", &o.etag)
        .has("last-modified", &o.modified.http_date());
    answer.lacks("content-type");
}

fn connection_after_304() {
    let o = object();
    let mut connection = crate::kit::Connection::open(crate::kit::endpoint().address);
    o.bucket
        .get("k")
        .header("if-none-match", &o.etag)
        .send_on(&mut connection)
        .bare(304);
    o.bucket.get("k").send_on(&mut connection).status(200).is("body");
}

fn head() {
    let o = object();
    let head = |name: &str, value: &str| o.bucket.head("k").header(name, value).send();
    head("if-match", &o.etag).status(200);
    head("if-match", "\"x\"").bare(412);
    head("if-none-match", &o.etag).bare(304);
    head("if-modified-since", &o.date(0)).bare(304);
    head("if-unmodified-since", &o.date(-1)).bare(412);
}

fn with_range() {
    let o = object();
    o.get(&[("if-match", &o.etag), ("range", "bytes=1-2")])
        .status(206)
        .is("od");
    o.get(&[("if-none-match", &o.etag), ("range", "bytes=1-2")])
        .bare(304);
    o.fails(&[("if-match", "\"x\""), ("range", "bytes=100-")], "If-Match");
}

fn missing_key() {
    let b = bucket();
    b.get("k")
        .header("if-match", "\"x\"")
        .send()
        .code(404, "NoSuchKey");
    b.get("k")
        .header("if-none-match", "*")
        .send()
        .code(404, "NoSuchKey");
}
