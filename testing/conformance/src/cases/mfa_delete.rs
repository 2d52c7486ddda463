//! MFA Delete, as far as it can be seen without a device (facts/06 §4). With devices: testing/clients/boto3.

use crate::kit::{Bucket, bucket, cases, versioned};

cases! {
    "06 §4 MfaDelete": needs_a_code, header_without_code, unknown_device, off_without_a_code, malformed;
}

/// A request to change versioning; the text is what is in the document.
fn put(b: &Bucket, inside: &str) -> crate::kit::Request {
    let body = format!("<VersioningConfiguration>{inside}</VersioningConfiguration>");
    b.at("PUT", "versioning").body(body)
}

const ENABLE: &str = "<Status>Enabled</Status><MfaDelete>Enabled</MfaDelete>";

#[track_caller]
fn is_unversioned(b: &Bucket) {
    let document = b
        .at("GET", "versioning")
        .send()
        .document("VersioningConfiguration");
    assert!(document.children.is_empty(), "neither of the two is set");
}

fn needs_a_code() {
    let b = bucket();
    // The words as bug reports quote them.
    let message = "Mfa Authentication must be used for this request";
    put(&b, ENABLE).send().error(403, "AccessDenied", message, &[]);
    is_unversioned(&b);
}

fn header_without_code() {
    let b = bucket();
    let message =
        "Mfa header is invalid -- the header should be formatted as {serialNumber}(space){tokenCode}";
    for header in ["123456", "serial  123456", "serial 123 456"] {
        let details = [("ArgumentName", "x-amz-mfa"), ("ArgumentValue", header)];
        put(&b, ENABLE)
            .header("x-amz-mfa", header)
            .send()
            .error(400, "InvalidArgument", message, &details);
    }
    is_unversioned(&b);
}

fn unknown_device() {
    let b = bucket();
    let header = "arn:aws:iam::123456789012:mfa/nobodys 123456";
    put(&b, ENABLE)
        .header("x-amz-mfa", header)
        .send()
        .code(403, "AccessDenied");
    is_unversioned(&b);
}

/// Where it is not enabled, `Disabled` protects nothing and the header is not looked at.
fn off_without_a_code() {
    let b = bucket();
    put(&b, "<Status>Enabled</Status><MfaDelete>Disabled</MfaDelete>")
        .send()
        .status(200);
    let document = b
        .at("GET", "versioning")
        .send()
        .document("VersioningConfiguration");
    let shown: Vec<_> = document
        .children
        .iter()
        .map(|child| child.name.as_str())
        .collect();
    assert_eq!(shown, ["Status", "MfaDelete"]);
    assert_eq!(
        (document.get("Status"), document.get("MfaDelete")),
        ("Enabled", "Disabled")
    );
    let version = b.store_version("k", "1");
    b.delete("k")
        .query(&format!("versionId={version}"))
        .header("x-amz-mfa", "serial 123456")
        .send()
        .bare(204);
}

fn malformed() {
    let b = versioned();
    for word in ["enabled", "Suspended", ""] {
        put(
            &b,
            &format!("<Status>Enabled</Status><MfaDelete>{word}</MfaDelete>"),
        )
        .send()
        .code(400, "MalformedXML");
    }
    put(&b, "<MfaDelete>Disabled</MfaDelete>")
        .send()
        .code(400, "IllegalVersioningConfigurationException");
}
