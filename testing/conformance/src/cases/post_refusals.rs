//! POST Object: the refusals of facts/04 §5, row by row, but for those of signatures (`post_signatures`).
//! Whatever refuses, nothing was stored.

use std::time::Duration;

use crate::kit::{BOUNDARY, Bucket, Connection, Form, Request, bucket, cases, endpoint, json, name};

cases! {
    "04 §5 wrong content type": wrong_content_type;
    "04 §5 malformed multipart": malformed, breaks_off;
    "04 §5 not one file": no_file, two_files;
    "04 §5 no key": no_key;
    "04 §5 pre-file fields > 20 KB": too_many_fields;
    "04 §5 expired": expired;
    "04 §5 condition fails": condition_fails, reference_without_dollar, bucket_condition;
    "04 §5 uncovered field": uncovered, bucket_uncovered;
    "04 §5 content-length-range not numeric": range_not_numeric;
    "04 §5 too large, too small": too_large, too_small, too_large_closes_early;
    "04 §5 policy documents that are none": invalid_documents;
    "04 §5 bad storage class": bad_storage_class;
    "06 §9 encryption is not built": encryption;
    "06 §1 MissingContentLength": no_length;
    "04 §5 missing bucket": missing_bucket;
}

/// Neither an object nor a version of one.
#[track_caller]
pub(super) fn nothing_stored(b: &Bucket) {
    let listed = b.at("GET", "versions").send().document("ListVersionsResult");
    assert!(listed.all("Version").is_empty(), "{listed:?}");
}

#[track_caller]
pub(super) fn refused(
    b: &Bucket,
    form: Form,
    status: u16,
    code: &str,
    message: &str,
    details: &[(&str, &str)],
) {
    form.send().error(status, code, message, details);
    nothing_stored(b);
}

#[track_caller]
pub(super) fn denied(b: &Bucket, form: Form, message: &str) {
    refused(b, form, 403, "AccessDenied", message, &[]);
}

fn wrong_content_type() {
    let b = bucket();
    let form = Form::new(&b, "k", "x").request();
    let details = [(
        "Condition",
        "Bucket POST must be of the enclosure-type multipart/form-data",
    )];
    let message = "At least one of the pre-conditions you specified did not hold";
    for kind in [
        "application/x-www-form-urlencoded",
        "multipart/mixed; boundary=x",
        "text/plain",
        "",
    ] {
        let answer = form.clone().replace("content-type", kind).send();
        answer.error(412, "PreconditionFailed", message, &details);
    }
    let answer = form.without("content-type").send();
    answer.error(412, "PreconditionFailed", message, &details);
    nothing_stored(&b);
}

const MALFORMED: &str = "The body of your POST request is not well-formed multipart/form-data.";

fn malformed() {
    let b = bucket();
    let good = Form::new(&b, "k", "x").request();
    let body = String::from_utf8(good.body.clone()).unwrap();
    let with = |body: &str| good.clone().body(body);
    for request in [
        with(""),
        with("key=k"),
        with(&body.replace("\r\n", "\n")),
        with(&body.replace("form-data; name=\"key\"", "form-data")),
        with(&body.replace("Content-Disposition", "X-Other")),
        good.clone().replace("content-type", "multipart/form-data"),
        good.clone()
            .replace("content-type", "multipart/form-data; boundary=other"),
    ] {
        request.send().error(400, "MalformedPOSTRequest", MALFORMED, &[]);
    }
    nothing_stored(&b);
}

/// The file must not become visible when the last delimiter does not come.
fn breaks_off() {
    let b = bucket();
    let mut request = Form::new(&b, "k", "x").request();
    let end = request.body.len() - format!("\r\n--{BOUNDARY}--\r\n").len();
    let whole = request.body.clone();
    request.body.truncate(end);
    request
        .clone()
        .send()
        .error(400, "MalformedPOSTRequest", MALFORMED, &[]);
    nothing_stored(&b);
    // The client itself is gone.
    request.body = whole;
    let head = request.clone().head();
    let mut connection = Connection::open(request.endpoint.address);
    connection.send(head).send(&request.body[..end]).finish_sending();
    connection.rest();
    nothing_stored(&b);
}

const FILES: &str = "POST requires exactly one file upload per request.";

fn no_file() {
    let b = bucket();
    let form = Form::new(&b, "k", "x").without_file();
    let details = [("ArgumentName", "file"), ("ArgumentValue", "0")];
    refused(&b, form, 400, "InvalidArgument", FILES, &details);
}

fn two_files() {
    let b = bucket();
    let form = Form::new(&b, "k", "x").file(Some("two.txt"), "y");
    let details = [("ArgumentName", "file"), ("ArgumentValue", "2")];
    refused(&b, form, 400, "InvalidArgument", FILES, &details);
}

#[track_caller]
pub(super) fn misses(b: &Bucket, form: Form, field: &str) {
    let message = format!(
        "Bucket POST must contain a field named '{field}'.  If it is specified, please check the order of the fields."
    );
    let details = [("ArgumentName", field), ("ArgumentValue", "")];
    refused(b, form, 400, "InvalidArgument", &message, &details);
}

fn no_key() {
    let b = bucket();
    misses(&b, Form::empty(&b).file(None, "x"), "key");
    misses(&b, Form::new(&b, "", "x"), "key");
    // Whoever sent it.
    misses(&b, Form::empty(&b).file(None, "x").unsigned(), "key");
}

fn too_many_fields() {
    let b = bucket();
    let message = "Your POST request fields preceding the upload file were too large.";
    let details = [("MaxPostPreDataLengthBytes", "20480")];
    let form = |bytes: usize| Form::new(&b, "k", "x").uncovered("x-ignore-much", &"v".repeat(bytes));
    refused(
        &b,
        form(20 * 1024),
        400,
        "MaxPostPreDataLengthExceededError",
        message,
        &details,
    );
    let many = (0..300).fold(form(1), |form, at| form.uncovered(&format!("x-ignore-{at}"), ""));
    refused(
        &b,
        many,
        400,
        "MaxPostPreDataLengthExceededError",
        message,
        &details,
    );
    form(16 * 1024).send().bare(204);
}

fn expired() {
    let b = bucket();
    let message = "Invalid according to Policy: Policy expired.";
    denied(&b, Form::new(&b, "k", "x").good_for(-5), message);
    denied(&b, Form::new(&b, "k", "x").good_for(-5).signed_v2(), message);
    denied(
        &b,
        Form::new(&b, "k", "x").good_for(-5).unsigned().signed(),
        message,
    );
}

fn failed(condition: &str) -> String {
    format!("Invalid according to Policy: Policy Condition failed: {condition}")
}

fn condition_fails() {
    let b = bucket();
    for (condition, shown) in [
        ("{\"x-amz-meta-a\": \"2\"}", "[\"eq\", \"$x-amz-meta-a\", \"2\"]"),
        (
            "[\"eq\",\"$x-amz-meta-a\",\"2\"]",
            "[\"eq\", \"$x-amz-meta-a\", \"2\"]",
        ),
        (
            "[\"starts-with\", \"$key\", \"K\"]",
            "[\"starts-with\", \"$key\", \"K\"]",
        ),
        (
            "[\"starts-with\", \"$Content-Type\", \"image/\"]",
            "[\"starts-with\", \"$Content-Type\", \"image/\"]",
        ),
        // The field does not come.
        (
            "[\"eq\", \"$x-amz-meta-b\", \"\"]",
            "[\"eq\", \"$x-amz-meta-b\", \"\"]",
        ),
    ] {
        let form = Form::new(&b, "k", "x")
            .field("x-amz-meta-a", "1")
            .condition(condition);
        denied(&b, form.clone(), &failed(shown));
        denied(&b, form.signed_v2(), &failed(shown));
    }
    // What was signed, changed afterwards.
    let form = Form::new(&b, "k", "x").signed().replace("key", "other");
    denied(&b, form, &failed("[\"eq\", \"$key\", \"k\"]"));
}

fn reference_without_dollar() {
    let b = bucket();
    let form = Form::new(&b, "k", "x").condition("[\"eq\", \"key\", \"k\"]");
    denied(&b, form, &failed("[\"eq\", \"key\", \"k\"]"));
}

/// A policy for one bucket is none for another.
fn bucket_condition() {
    let (b, other) = (bucket(), bucket());
    let mut request = Form::new(&b, "k", "x").request();
    request.path = format!("/{}", other.name);
    let message = failed(&format!("[\"eq\", \"$bucket\", {}]", json(&b.name)));
    request.send().error(403, "AccessDenied", &message, &[]);
    nothing_stored(&other);
    nothing_stored(&b);
}

fn extra(names: &str) -> String {
    format!("Invalid according to Policy: Extra input fields: {names}")
}

fn uncovered() {
    let b = bucket();
    for (field, shown) in [
        ("Content-Type", "content-type"),
        ("x-amz-meta-A", "x-amz-meta-a"),
        ("success_action_status", "success_action_status"),
        ("tagging", "tagging"),
        ("unheard-of", "unheard-of"),
    ] {
        denied(&b, Form::new(&b, "k", "x").uncovered(field, "201"), &extra(shown));
    }
}

fn bucket_uncovered() {
    let b = bucket();
    let policy = "{\"expiration\": \"2044-01-01T00:00:00Z\", \"conditions\": [{\"key\": \"k\"}]}";
    let form = || Form::new(&b, "k", "x").document(policy);
    denied(&b, form().signed_v2(), &extra("bucket"));
    // Nor does a field of the form cover it.
    denied(
        &b,
        form().uncovered("bucket", &b.name).signed_v2(),
        &extra("bucket"),
    );
}

fn range_not_numeric() {
    let b = bucket();
    let form = Form::new(&b, "k", "x").condition("[\"content-length-range\", \"test\", \"10\"]");
    denied(&b, form, &failed("[\"content-length-range\", \"test\", \"10\"]"));
}

const TOO_LARGE: &str = "Your proposed upload exceeds the maximum allowed size";

fn too_large() {
    let b = bucket();
    let form = Form::new(&b, "k", "12345").condition("[\"content-length-range\", 2, 4]");
    // What came so far: S3 shows the whole length.
    let details = [("ProposedSize", "*"), ("MaxSizeAllowed", "4")];
    refused(&b, form, 400, "EntityTooLarge", TOO_LARGE, &details);
}

fn too_small() {
    let b = bucket();
    let message = "Your proposed upload is smaller than the minimum allowed size";
    for (file, size) in [("", "0"), ("x", "1")] {
        let form = Form::new(&b, "k", file).condition("[\"content-length-range\", 2, 4]");
        let details = [("ProposedSize", size), ("MinSizeAllowed", "2")];
        refused(&b, form, 400, "EntityTooSmall", message, &details);
    }
}

/// The answer does not wait for what the policy refuses already.
fn too_large_closes_early() {
    let b = bucket();
    let form = Form::new(&b, "k", vec![0; 1024 * 1024]).condition("[\"content-length-range\", 0, 1000]");
    let request = form.request().header("content-length", "1073741824");
    let mut connection = Connection::open(endpoint().address);
    let answer = connection
        .send(request.clone().head())
        .send(&request.body)
        .answer_to("POST");
    let details = [("ProposedSize", "*"), ("MaxSizeAllowed", "1000")];
    answer.error(400, "EntityTooLarge", TOO_LARGE, &details);
    assert!(connection.ends_within(Duration::from_secs(8)));
    nothing_stored(&b);
}

fn invalid_documents() {
    let b = bucket();
    let with = |conditions: &str| {
        format!("{{\"expiration\": \"2044-01-01T00:00:00Z\", \"conditions\": {conditions}}}")
    };
    let one = |condition: &str| with(&format!("[{condition}]"));
    let properties = "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.";
    for (document, fault) in [
        ("{".to_owned(), "Invalid JSON."),
        ("{'expiration': 1}".to_owned(), "Invalid JSON."),
        ("{\"conditions\": []}".to_owned(), "Policy missing expiration."),
        (
            "{\"expiration\": \"2044-01-01T00:00:00Z\"}".to_owned(),
            "Policy missing conditions.",
        ),
        (
            "{\"expiration\": \"tomorrow\", \"conditions\": []}".to_owned(),
            "Invalid 'expiration' value: 'tomorrow'",
        ),
        (with("{}"), "Invalid 'conditions' value: must be a List."),
        (with("[], \"version\": \"1\""), "Unexpected: \"version\""),
        (
            one("[\"like\", \"$key\", \"k\"]"),
            "Invalid Condition: unknown operation 'like'.",
        ),
        (
            one("[\"eq\", \"$key\"]"),
            "Invalid eq: wrong number of arguments.",
        ),
        (
            one("[\"starts-with\", \"$key\", \"k\", \"k\"]"),
            "Invalid starts-with: wrong number of arguments.",
        ),
        (one("{}"), properties),
        (one("{\"key\": \"k\", \"acl\": \"private\"}"), properties),
    ] {
        let form = Form::new(&b, "k", "x").document(&document);
        let message = format!("Invalid Policy: {fault}");
        refused(&b, form.clone(), 400, "InvalidPolicyDocument", &message, &[]);
        refused(&b, form.signed_v2(), 400, "InvalidPolicyDocument", &message, &[]);
    }
    let empty = Form::new(&b, "k", "x").document(" ");
    let message = "Invalid Policy: Expecting '{' but found End-of-Input";
    refused(&b, empty, 400, "InvalidPolicyDocument", message, &[]);
}

fn bad_storage_class() {
    let b = bucket();
    let form = Form::new(&b, "k", "x").field("x-amz-storage-class", "COLDER");
    let message = "The storage class you specified is not valid";
    let details = [("StorageClassRequested", "COLDER")];
    refused(&b, form, 400, "InvalidStorageClass", message, &details);
}

/// Storing in the clear what was to be encrypted would be worse than refusing.
fn encryption() {
    let b = bucket();
    for (field, value) in [
        ("x-amz-server-side-encryption", "aws:kms"),
        ("x-amz-server-side-encryption-customer-algorithm", "AES256"),
        ("x-amz-object-lock-legal-hold", "ON"),
    ] {
        let answer = Form::new(&b, "k", "x").field(field, value).send();
        assert!(matches!(answer.status, 400 | 501), "{field}: {answer}");
    }
    nothing_stored(&b);
}

fn no_length() {
    let b = bucket();
    let request = Form::new(&b, "k", "x").request().body("").no_length();
    let message = "You must provide the Content-Length HTTP header.";
    request.send().error(411, "MissingContentLength", message, &[]);
    nothing_stored(&b);
}

fn missing_bucket() {
    let b = bucket();
    let missing = name("missing");
    let to = |form: Form| {
        let mut request: Request = form.request();
        request.path = format!("/{missing}");
        request.send()
    };
    let message = "The specified bucket does not exist";
    let details = [("BucketName", missing.as_str())];
    to(Form::new(&b, "k", "x")).error(404, "NoSuchBucket", message, &details);
    to(Form::new(&b, "k", "x").unsigned()).error(404, "NoSuchBucket", message, &details);
}
