//! Bucket policies, and the decision over requests (facts/05 §6, §7).

use super::access_acls::unlock;
use crate::kit::{Answer, Bucket, Form, Request, bucket, cases, versioned};

cases! {
    "05 §7 policy": round_trip, refusals, size, status;
    "05 §7 root can always Get/Put/DeleteBucketPolicy": never_locked_out;
    "05 §6 AccessDenied text": the_owner_is_told_what_denies;
    "05 §6 anonymous": anonymous_reads_by_policy, anonymous_writes_by_policy, anonymous_service;
    "05 §6 missing key without s3:ListBucket → 403": missing_keys, missing_keys_for_the_owner;
    "05 §7 the action for each version variant": version_actions;
    "05 §7 PutObject + PutObjectAcl, PutObjectTagging": extra_actions;
    "05 §7 GetObjectAttributes": attributes;
    "05 §7 CopyObject": copies;
    "05 §7 DeleteObject(s)": delete_objects;
    "05 §7 POST": forms;
    "05 §5 condition keys": keys_of_requests, keys_of_tags, keys_of_listings;
}

/// A policy of one statement about the bucket and its objects.
pub(super) fn statement(b: &Bucket, effect: &str, principal: &str, action: &str, condition: &str) -> String {
    let name = &b.name;
    let condition = match condition {
        "" => String::new(),
        condition => format!(",\"Condition\":{condition}"),
    };
    let resource = match action {
        "s3:*" => format!("[\"arn:aws:s3:::{name}\",\"arn:aws:s3:::{name}/*\"]"),
        action if action.contains("Bucket") => format!("\"arn:aws:s3:::{name}\""),
        _ => format!("\"arn:aws:s3:::{name}/*\""),
    };
    format!(
        "{{\"Effect\":\"{effect}\",\"Principal\":{principal},\"Action\":\"{action}\",\"Resource\":{resource}{condition}}}"
    )
}

pub(super) fn policy(statements: &[String]) -> String {
    format!(
        "{{\"Version\":\"2012-10-17\",\"Statement\":[{}]}}",
        statements.join(",")
    )
}

pub(super) fn allow(b: &Bucket, principal: &str, action: &str) -> String {
    policy(&[statement(b, "Allow", principal, action, "")])
}

pub(super) fn put_policy(b: &Bucket, policy: &str) -> Answer {
    b.at("PUT", "policy").body(policy).send()
}

/// A bucket that nothing is blocked of.
fn public() -> Bucket {
    let b = bucket();
    b.at("DELETE", "publicAccessBlock").send().bare(204);
    b
}

fn allow_everybody(b: &Bucket, actions: &[&str]) {
    let statements: Vec<_> = actions
        .iter()
        .map(|action| statement(b, "Allow", "\"*\"", action, ""))
        .collect();
    put_policy(b, &policy(&statements)).bare(204);
}

/// The number of the account that owns the bucket, which the text of a refusal names (facts/05 §6).
pub(super) fn own_account(b: &Bucket) -> String {
    put_policy(
        b,
        &policy(&[statement(b, "Deny", "\"*\"", "s3:GetBucketTagging", "")]),
    )
    .bare(204);
    let error = b.at("GET", "tagging").send().code(403, "AccessDenied");
    b.at("DELETE", "policy").send().bare(204);
    let message = error.get("Message");
    let account = message
        .strip_prefix("User: arn:aws:iam::")
        .and_then(|rest| rest.get(..12));
    account.unwrap_or_else(|| panic!("{message}")).to_owned()
}

fn round_trip() {
    let b = bucket();
    let missing = |answer: Answer| {
        let details = [("BucketName", b.name.as_str())];
        answer.error(
            404,
            "NoSuchBucketPolicy",
            "The bucket policy does not exist",
            &details,
        );
    };
    missing(b.at("GET", "policy").send());
    missing(b.at("GET", "policyStatus").send());
    let account = own_account(&b);
    // "GET returns the JSON text byte-preserving".
    let text = format!(
        "{{ \"Version\" : \"2012-10-17\",\n  \"Statement\": {} }}\n",
        statement(
            &b,
            "Allow",
            &format!("{{\"AWS\":\"{account}\"}}"),
            "s3:GetObject",
            ""
        )
    );
    put_policy(&b, &text).bare(204);
    let answer = b.at("GET", "policy").send();
    answer
        .status(200)
        .has("content-type", "application/json")
        .is(&text);
    for _ in 0..2 {
        b.at("DELETE", "policy").send().bare(204);
        missing(b.at("GET", "policy").send());
    }
}

fn refusals() {
    let b = public();
    let good = statement(&b, "Allow", "\"*\"", "s3:GetObject", "");
    let text = |from: &str, to: &str| policy(&[good.replace(from, to)]);
    let other = format!("{}-other", b.name);
    for (document, message) in [
        (
            "text".to_owned(),
            "Policies must be valid JSON and the first byte must be '{'",
        ),
        ("{\"Version\":".to_owned(), "This policy contains invalid Json"),
        (
            "{\"Version\":\"2012-10-17\"}".to_owned(),
            "Missing required field Statement",
        ),
        (policy(&[]), "Could not parse the policy: Statement is empty!"),
        (
            policy(std::slice::from_ref(&good)).replace("2012-10-17", "2026-01-01"),
            "The policy must contain a valid version string",
        ),
        (text("s3:GetObject", "s3:Sing"), "Policy has invalid action"),
        (
            text("/*", ""),
            "Action does not apply to any resource(s) in statement",
        ),
        // "Resources must be within the same bucket".
        (text(&b.name, &other), "Policy has invalid resource"),
        (text("\"*\"", "{\"AWS\":\"me\"}"), "Invalid principal in policy"),
    ] {
        let error = put_policy(&b, &document).code(400, "MalformedPolicy");
        assert_eq!(error.get("Message"), message, "{document}");
    }
    b.at("PUT", "policy").send().code(400, "MissingRequestBodyError");
    b.at("GET", "policy").send().code(404, "NoSuchBucketPolicy");
}

// "≤ 20 KB".
fn size() {
    let b = public();
    let text = |bytes: usize| {
        let text = allow(&b, "\"*\"", "s3:GetObject");
        format!("{text}{}", " ".repeat(bytes - text.len()))
    };
    put_policy(&b, &text(20 * 1024)).bare(204);
    put_policy(&b, &text(20 * 1024 + 1)).code(400, "MalformedPolicy");
}

fn status() {
    let b = public();
    let is_public = || {
        let document = b.at("GET", "policyStatus").send().document("PolicyStatus");
        document.get("IsPublic").to_owned()
    };
    let account = own_account(&b);
    put_policy(
        &b,
        &allow(&b, &format!("{{\"AWS\":\"{account}\"}}"), "s3:GetObject"),
    )
    .bare(204);
    assert_eq!(is_public(), "false");
    put_policy(&b, &allow(&b, "\"*\"", "s3:GetObject")).bare(204);
    assert_eq!(is_public(), "true");
}

fn never_locked_out() {
    let b = bucket();
    b.store("k", "body");
    let deny = policy(&[statement(&b, "Deny", "\"*\"", "s3:*", "")]);
    put_policy(&b, &deny).bare(204);
    b.get("k").send().code(403, "AccessDenied");
    b.at("GET", "").send().code(403, "AccessDenied");
    b.at("HEAD", "").send().bare(403);
    b.at("GET", "policyStatus").send().code(403, "AccessDenied");
    b.at("GET", "policy").send().is(&deny);
    put_policy(&b, &deny).bare(204);
    b.at("DELETE", "policy").send().bare(204);
    b.get("k").send().is("body");
}

fn the_owner_is_told_what_denies() {
    let b = bucket();
    b.store("k", "body");
    let account = own_account(&b);
    put_policy(&b, &policy(&[statement(&b, "Deny", "\"*\"", "s3:GetObject", "")])).bare(204);
    let message = format!(
        "User: arn:aws:iam::{account}:root is not authorized to perform: s3:GetObject on resource: \
         \"arn:aws:s3:::{}/k\" with an explicit deny in a resource-based policy",
        b.name
    );
    b.get("k").send().error(403, "AccessDenied", &message, &[]);
    // "Cross-account and anonymous stay \"Access Denied\"".
    b.get("k")
        .anonymous()
        .send()
        .error(403, "AccessDenied", "Access Denied", &[]);
}

fn anonymous_reads_by_policy() {
    let b = public();
    b.store("k", "body");
    b.get("k")
        .anonymous()
        .send()
        .error(403, "AccessDenied", "Access Denied", &[]);
    allow_everybody(&b, &["s3:GetObject"]);
    b.get("k").anonymous().send().is("body");
    b.head("k").anonymous().send().status(200);
    for request in [
        b.put("k", "other"),
        b.delete("k"),
        b.get("k").query("tagging"),
        b.get("k").query("acl"),
        b.at("GET", ""),
        b.at("GET", "policy"),
    ] {
        request
            .anonymous()
            .send()
            .error(403, "AccessDenied", "Access Denied", &[]);
    }
    b.at("DELETE", "policy").send().bare(204);
    b.get("k").anonymous().send().code(403, "AccessDenied");
}

fn anonymous_writes_by_policy() {
    let b = public();
    allow_everybody(&b, &["s3:PutObject", "s3:ListBucket"]);
    b.put("k", "body").anonymous().send().status(200);
    b.at("GET", "list-type=2").anonymous().send().status(200);
    b.get("k").send().is("body");
    b.get("k").anonymous().send().code(403, "AccessDenied");
}

fn anonymous_service() {
    Request::get("/").anonymous().send().code(403, "AccessDenied");
    let fresh = crate::kit::name("anon");
    let create = Request::new("PUT", &format!("/{fresh}")).anonymous().send();
    create.error(403, "AccessDenied", "Access Denied", &[]);
    Request::new("HEAD", &format!("/{fresh}")).send().bare(404);
}

fn missing_keys() {
    let b = public();
    allow_everybody(&b, &["s3:GetObject"]);
    let get = || b.get("missing").anonymous();
    get().send().error(403, "AccessDenied", "Access Denied", &[]);
    b.head("missing").anonymous().send().bare(403);
    allow_everybody(&b, &["s3:GetObject", "s3:ListBucket"]);
    get().send().code(404, "NoSuchKey");
    b.head("missing").anonymous().send().bare(404);
}

fn missing_keys_for_the_owner() {
    let b = bucket();
    let account = own_account(&b);
    put_policy(
        &b,
        &policy(&[statement(&b, "Deny", "\"*\"", "s3:ListBucket", "")]),
    )
    .bare(204);
    let message = format!(
        "User: arn:aws:iam::{account}:root is not authorized to perform: s3:ListBucket on resource: \
         \"arn:aws:s3:::{}\" with an explicit deny in a resource-based policy",
        b.name
    );
    b.get("missing").send().error(403, "AccessDenied", &message, &[]);
    let copy = b
        .put("copy", "")
        .header("x-amz-copy-source", &format!("{}/missing", b.name));
    copy.send().error(403, "AccessDenied", &message, &[]);
}

fn version_actions() {
    let b = versioned();
    b.at("DELETE", "publicAccessBlock").send().bare(204);
    let id = b.store_version("k", "body");
    let by_id = || b.get("k").query(&format!("versionId={id}")).anonymous();
    allow_everybody(&b, &["s3:GetObject"]);
    b.get("k").anonymous().send().is("body");
    by_id().send().code(403, "AccessDenied");
    allow_everybody(&b, &["s3:GetObjectVersion"]);
    b.get("k").anonymous().send().code(403, "AccessDenied");
    by_id().send().is("body");
    allow_everybody(&b, &["s3:DeleteObject"]);
    let delete = b.delete("k").query(&format!("versionId={id}")).anonymous().send();
    delete.code(403, "AccessDenied");
    b.delete("k").anonymous().send().status(204);
}

fn extra_actions() {
    let b = public();
    unlock(&b);
    allow_everybody(&b, &["s3:PutObject"]);
    let put = || b.put("k", "body").anonymous();
    put().send().status(200);
    put()
        .header("x-amz-acl", "private")
        .send()
        .code(403, "AccessDenied");
    put()
        .header("x-amz-tagging", "a=b")
        .send()
        .code(403, "AccessDenied");
    allow_everybody(&b, &["s3:PutObject", "s3:PutObjectAcl", "s3:PutObjectTagging"]);
    put().header("x-amz-acl", "private").send().status(200);
    put().header("x-amz-tagging", "a=b").send().status(200);
}

fn attributes() {
    let b = public();
    b.store("k", "body");
    let get = || {
        let request = b.get("k").query("attributes").anonymous();
        request.header("x-amz-object-attributes", "ObjectSize").send()
    };
    for action in ["s3:GetObject", "s3:GetObjectAttributes"] {
        allow_everybody(&b, &[action]);
        get().code(403, "AccessDenied");
    }
    allow_everybody(&b, &["s3:GetObject", "s3:GetObjectAttributes"]);
    get().status(200);
}

fn copies() {
    let (from, to) = (public(), public());
    from.store("k", "body");
    from.put("tagged", "body")
        .header("x-amz-tagging", "a=b")
        .send()
        .status(200);
    let copy = |key: &str| {
        let request = to.put("copy", "").anonymous();
        request
            .header("x-amz-copy-source", &format!("{}/{key}", from.name))
            .send()
    };
    copy("k").code(403, "AccessDenied");
    allow_everybody(&to, &["s3:PutObject"]);
    copy("k").code(403, "AccessDenied");
    allow_everybody(&from, &["s3:GetObject"]);
    copy("k").status(200);
    // "+GetObject(Version)Tagging when copying tags".
    copy("tagged").code(403, "AccessDenied");
    allow_everybody(&from, &["s3:GetObject", "s3:GetObjectTagging"]);
    copy("tagged").code(403, "AccessDenied");
    allow_everybody(&to, &["s3:PutObject", "s3:PutObjectTagging"]);
    copy("tagged").status(200);
    copy("missing").code(403, "AccessDenied");
}

fn delete_objects() {
    let b = public();
    b.fill(&["kept/a", "free/b"]);
    let name = &b.name;
    let statement = statement(&b, "Allow", "\"*\"", "s3:DeleteObject", "");
    let only = statement.replace(&format!("{name}/*"), &format!("{name}/free/*"));
    put_policy(&b, &policy(&[only])).bare(204);
    let keys = "<Object><Key>kept/a</Key></Object><Object><Key>free/b</Key></Object>";
    let result = b.delete_objects(keys).anonymous().send().document("DeleteResult");
    assert_eq!(result.texts("Deleted", "Key"), ["free/b"]);
    assert_eq!(result.texts("Error", "Key"), ["kept/a"]);
    assert_eq!(result.texts("Error", "Code"), ["AccessDenied"]);
    b.get("kept/a").send().status(200);
    b.get("free/b").send().code(404, "NoSuchKey");
}

fn forms() {
    let b = public();
    Form::new(&b, "k", "file")
        .unsigned()
        .send()
        .code(403, "AccessDenied");
    allow_everybody(&b, &["s3:PutObject"]);
    Form::new(&b, "k", "file").unsigned().send().status(204);
    b.get("k").send().is("file");
    // ACLs as of any upload.
    let form = |acl: &str| Form::new(&b, "k", "other").field("acl", acl).send();
    form("public-read").code(400, "AccessControlListNotSupported");
    unlock(&b);
    form("public-read").status(204);
    b.at("DELETE", "policy").send().bare(204);
    b.get("k").anonymous().send().is("other");
}

fn keys_of_requests() {
    let b = bucket();
    b.store("k", "body");
    let deny = |condition: &str| {
        put_policy(
            &b,
            &policy(&[statement(&b, "Deny", "\"*\"", "s3:GetObject", condition)]),
        )
        .bare(204);
    };
    let get = || b.get("k");
    for (condition, request, other) in [
        (r#"{"Bool":{"aws:SecureTransport":"false"}}"#, get(), None),
        (r#"{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}}"#, get(), None),
        (
            r#"{"StringEquals":{"s3:authType":"REST-HEADER"}}"#,
            get(),
            Some(get().presigned(60)),
        ),
        (
            r#"{"StringEquals":{"s3:authType":"REST-QUERY-STRING"}}"#,
            get().presigned(60),
            Some(get()),
        ),
        (
            r#"{"StringEquals":{"s3:signatureversion":"AWS"}}"#,
            get().signed_v2(),
            Some(get()),
        ),
        (
            r#"{"StringLike":{"aws:Referer":"http://evil.example/*"}}"#,
            get().header("referer", "http://evil.example/page"),
            Some(get().header("referer", "http://good.example/page")),
        ),
        (
            r#"{"StringEquals":{"aws:UserAgent":"robot"}}"#,
            get().header("user-agent", "robot"),
            Some(get().header("user-agent", "human")),
        ),
    ] {
        deny(condition);
        request.send().code(403, "AccessDenied");
        if let Some(other) = other {
            other.send().is("body");
        }
    }
    deny(r#"{"NumericGreaterThan":{"s3:signatureAge":"600000"}}"#);
    get().presigned(60).send().is("body");
}

fn keys_of_tags() {
    let b = public();
    b.put("open", "body")
        .header("x-amz-tagging", "public=yes")
        .send()
        .status(200);
    b.put("closed", "body")
        .header("x-amz-tagging", "public=no")
        .send()
        .status(200);
    let existing = r#"{"StringEquals":{"s3:ExistingObjectTag/public":"yes"}}"#;
    let requested = r#"{"StringEquals":{"s3:RequestObjectTag/by":"me"}}"#;
    let statements = [
        statement(&b, "Allow", "\"*\"", "s3:GetObject", existing),
        statement(&b, "Allow", "\"*\"", "s3:PutObjectTagging", requested),
    ];
    put_policy(&b, &policy(&statements)).bare(204);
    b.get("open").anonymous().send().is("body");
    b.get("closed").anonymous().send().code(403, "AccessDenied");
    b.get("missing").anonymous().send().code(403, "AccessDenied");
    let tag = |value: &str| {
        let document = super::bucket_tags::tagging(&[("by", value)]);
        b.put("open", &document).query("tagging").md5().anonymous().send()
    };
    tag("you").code(403, "AccessDenied");
    tag("me").status(200);
    // Those were all the tags it has now.
    b.get("open").anonymous().send().code(403, "AccessDenied");
}

fn keys_of_listings() {
    let b = public();
    b.fill(&["a/1", "b/1"]);
    let condition = r#"{"StringLike":{"s3:prefix":"a/*"}}"#;
    put_policy(
        &b,
        &policy(&[statement(&b, "Allow", "\"*\"", "s3:ListBucket", condition)]),
    )
    .bare(204);
    b.at("GET", "prefix=a/").anonymous().send().status(200);
    b.at("GET", "list-type=2&prefix=a/")
        .anonymous()
        .send()
        .status(200);
    for query in ["", "prefix=b/", "list-type=2"] {
        b.at("GET", query).anonymous().send().code(403, "AccessDenied");
    }
}
