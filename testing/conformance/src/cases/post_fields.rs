//! POST Object: what the fields of a form do (facts/04 §5).

use super::checksums::VALUES;
use crate::kit::{Bucket, Form, bucket, cases, crc64nvme};

cases! {
    "04 §5 `${filename}`": file_name, last_component, judged_after_expansion;
    "04 §5 fields that are headers of PUT": system_metadata, user_metadata, no_content_type, storage_class, website_redirect;
    "04 §5 tagging": tags, not_a_tagging_document;
    "04 §5 checksum fields": checksums, wrong_checksum, default_checksum;
    "04 §5 acl": acl;
    "04 §5 field names in any case": names_in_any_case;
    "04 §5 everything after the file is ignored": fields_after_the_file;
    "04 §5 x-ignore-*": ignored_fields;
    "04 §5 condition kinds": conditions, content_types, length_range;
}

#[track_caller]
fn holds(b: &Bucket, key: &str, body: &str) {
    b.get(key).send().status(200).is(body);
}

fn file_name() {
    let b = bucket();
    let form = Form::empty(&b).uncovered("key", "u/${filename}/${filename}");
    let form = form
        .condition("[\"starts-with\", \"$key\", \"u/\"]")
        .file(Some("a ü.txt"), "body");
    form.clone().send().bare(204);
    holds(&b, "u/a ü.txt/a ü.txt", "body");
    let created = form.field("success_action_status", "201").send();
    assert_eq!(created.xml().get("Key"), "u/a ü.txt/a ü.txt");
}

fn last_component() {
    let b = bucket();
    for name in [
        "/home/me/x.txt",
        "C:\\\\upload\\\\x.txt",
        "C:\\upload\\x.txt",
        "../x.txt",
    ] {
        let form = Form::empty(&b).uncovered("key", "u/${filename}");
        let form = form
            .condition("[\"starts-with\", \"$key\", \"u/\"]")
            .file(Some(name), name);
        form.send().bare(204);
        holds(&b, "u/x.txt", name);
    }
}

/// Believed [B]: otherwise a file's name could lead out of what the policy allows.
fn judged_after_expansion() {
    let b = bucket();
    let form = |condition| {
        let form = Form::empty(&b)
            .uncovered("key", "${filename}")
            .condition(condition);
        form.file(Some("name.txt"), "body")
    };
    form("[\"eq\", \"$key\", \"name.txt\"]").send().bare(204);
    form("[\"starts-with\", \"$key\", \"name\"]").send().bare(204);
    form("[\"eq\", \"$key\", \"${filename}\"]")
        .send()
        .code(403, "AccessDenied");
}

fn system_metadata() {
    let b = bucket();
    let fields = [
        ("Cache-Control", "max-age=60"),
        ("Content-Type", "text/x-form"),
        ("Content-Disposition", "attachment; filename=\"a\""),
        ("Content-Encoding", "x-form"),
        ("Expires", "Thu, 01 Dec 2044 16:00:00 GMT"),
    ];
    let form = Form::new(&b, "k", "body");
    let form = fields
        .iter()
        .fold(form, |form, (name, value)| form.field(name, value));
    form.send().bare(204);
    let answer = b.head("k").send();
    for (name, value) in fields {
        answer.has(&name.to_ascii_lowercase(), value);
    }
}

fn user_metadata() {
    let b = bucket();
    let form = Form::new(&b, "k", "body")
        .field("x-amz-meta-A", "1")
        .field("X-Amz-Meta-b", "two");
    form.send().bare(204);
    b.head("k")
        .send()
        .has("x-amz-meta-a", "1")
        .has("x-amz-meta-b", "two");
    let long = Form::new(&b, "no", "x").field("x-amz-meta-long", &"v".repeat(3000));
    long.send().code(400, "MetadataTooLarge");
    b.head("no").send().bare(404);
}

/// The file part's own type is not the object's.
fn no_content_type() {
    let b = bucket();
    Form::new(&b, "k", "body").send().bare(204);
    b.head("k").send().has("content-type", "binary/octet-stream");
}

fn storage_class() {
    let b = bucket();
    let form = Form::new(&b, "k", "body").field("x-amz-storage-class", "STANDARD_IA");
    form.send().bare(204);
    b.head("k").send().has("x-amz-storage-class", "STANDARD_IA");
}

fn website_redirect() {
    let b = bucket();
    let form = Form::new(&b, "k", "body").field("x-amz-website-redirect-location", "/other");
    form.send().bare(204);
    b.head("k")
        .send()
        .has("x-amz-website-redirect-location", "/other");
}

fn tags() {
    let b = bucket();
    let document = "<Tagging><TagSet><Tag><Key>a</Key><Value>1 + 2</Value></Tag>\
         <Tag><Key>b</Key><Value></Value></Tag></TagSet></Tagging>";
    Form::new(&b, "k", "body")
        .field("tagging", document)
        .send()
        .bare(204);
    let tags = b.get("k").query("tagging").send().document("Tagging");
    let set = tags.find("TagSet").unwrap();
    assert_eq!(set.texts("Tag", "Key"), ["a", "b"]);
    assert_eq!(set.texts("Tag", "Value"), ["1 + 2", ""]);
}

/// "invalid XML → 400 MalformedXML; well-formed XML that is not a Tagging doc is silently no tags"
fn not_a_tagging_document() {
    let b = bucket();
    for text in ["a=b", "<Tagging>", "<Tagging><TagSet></Tagging>"] {
        let answer = Form::new(&b, "no", "body").field("tagging", text).send();
        answer.code(400, "MalformedXML");
        b.head("no").send().bare(404);
    }
    let form = Form::new(&b, "k", "body").field("tagging", "<NotTagging></NotTagging>");
    form.send().bare(204);
    b.head("k").send().status(200).lacks("x-amz-tagging-count");
}

fn checksums() {
    let b = bucket();
    for (algorithm, code, value) in VALUES {
        let header = format!("x-amz-checksum-{algorithm}");
        let form = Form::new(&b, algorithm, "123456789").field(&header, value);
        form.clone().send().bare(204);
        let answer = b.head(algorithm).header("x-amz-checksum-mode", "ENABLED").send();
        answer
            .has(&header, value)
            .has("x-amz-checksum-type", "FULL_OBJECT");
        form.field("x-amz-checksum-algorithm", code).send().bare(204);
    }
}

fn wrong_checksum() {
    let b = bucket();
    for (algorithm, code, value) in VALUES {
        let wrong = value.replacen(&value[..1], "A", 1);
        let header = format!("x-amz-checksum-{algorithm}");
        let answer = Form::new(&b, "k", "123456789").field(&header, &wrong).send();
        let message = format!("The {code} you specified did not match the calculated checksum.");
        answer.error(400, "BadDigest", &message, &[]);
        let answer = Form::new(&b, "k", "123456789").field(&header, "short").send();
        let message = format!("Value for {header} header is invalid.");
        answer.error(400, "InvalidRequest", &message, &[]);
    }
    b.head("k").send().bare(404);
}

fn default_checksum() {
    let b = bucket();
    Form::new(&b, "k", "body").send().bare(204);
    let answer = b.head("k").header("x-amz-checksum-mode", "ENABLED").send();
    answer
        .has("x-amz-checksum-crc64nvme", &crc64nvme("body"))
        .has("x-amz-checksum-type", "FULL_OBJECT");
}

/// As the header `x-amz-acl` of a PUT (docs/semantics.md).
fn acl() {
    let b = bucket();
    let form = |acl| Form::new(&b, "k", "body").field("acl", acl);
    form("public-read")
        .send()
        .code(400, "AccessControlListNotSupported");
    b.head("k").send().bare(404);
    form("bucket-owner-full-control").send().bare(204);
    holds(&b, "k", "body");
}

fn names_in_any_case() {
    let b = bucket();
    let form = Form::new(&b, "k", "body").field("x-amz-meta-a", "1");
    form.clone().signed().shouting().send().bare(204);
    b.get("k").send().status(200).is("body").has("x-amz-meta-a", "1");
    form.signed_v2().shouting().send().bare(204);
    // In conditions too.
    let form = Form::empty(&b)
        .uncovered("key", "k2")
        .condition("[\"eq\", \"$KEY\", \"k2\"]");
    let form = form
        .uncovered("Content-Type", "a/b")
        .condition("{\"CONTENT-type\": \"a/b\"}");
    form.file(None, "body").send().bare(204);
    b.head("k2").send().has("content-type", "a/b");
}

fn fields_after_the_file() {
    let b = bucket();
    let form = Form::new(&b, "k", "body")
        .after("key", "other")
        .after("x-amz-meta-a", "1");
    form.after("success_action_status", "201").send().bare(204);
    b.get("k").send().status(200).is("body").lacks("x-amz-meta-a");
    b.head("other").send().bare(404);
    // So a key that comes too late is none.
    let form = Form::empty(&b).file(None, "body").after("key", "late");
    form.send().code(400, "InvalidArgument");
    b.head("late").send().bare(404);
}

fn ignored_fields() {
    let b = bucket();
    let form = Form::new(&b, "k", "body")
        .uncovered("x-ignore-me", "x")
        .uncovered("X-Ignore-Too", "");
    form.send().bare(204);
}

fn conditions() {
    let b = bucket();
    let form = Form::empty(&b)
        .uncovered("key", "user/me/a")
        .condition("[\"starts-with\", \"$key\", \"user/me/\"]")
        .uncovered("x-amz-meta-any", "anything")
        .condition("[\"starts-with\", \"$x-amz-meta-any\", \"\"]")
        .uncovered("x-amz-meta-eq", "é \"quoted\" \\ $")
        .condition("[\"eq\", \"$x-amz-meta-eq\", \"\\u00e9 \\\"quoted\\\" \\\\ \\$\"]")
        .uncovered("x-amz-meta-simple", "s")
        .condition("{\"x-amz-meta-simple\": \"s\"}")
        .file(None, "body");
    form.send().bare(204);
    holds(&b, "user/me/a", "body");
}

/// "Content-Type with commas under starts-with: each element must match"
fn content_types() {
    let b = bucket();
    let form = |types| {
        let form = Form::new(&b, "k", "body").uncovered("Content-Type", types);
        form.condition("[\"starts-with\", \"$Content-Type\", \"image/\"]")
            .send()
    };
    form("image/jpeg").bare(204);
    form("image/jpeg,image/png").bare(204);
    form("image/jpeg,text/html").error(
        403,
        "AccessDenied",
        "Invalid according to Policy: Policy Condition failed: [\"starts-with\", \"$Content-Type\", \"image/\"]",
        &[],
    );
}

/// Both ends belong to the range; numbers and numeric strings.
fn length_range() {
    let b = bucket();
    for range in ["2, 4", "\"2\", \"4\""] {
        let form = |file| {
            let form = Form::new(&b, "k", file);
            form.condition(&format!("[\"content-length-range\", {range}]"))
                .send()
        };
        form("12").bare(204);
        form("1234").bare(204);
        form("1").code(400, "EntityTooSmall");
        form("12345").code(400, "EntityTooLarge");
        holds(&b, "k", "1234");
    }
}
