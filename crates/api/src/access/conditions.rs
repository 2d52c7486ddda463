//! The condition keys of a request to S3 (facts/05 §5): the global ones, and those of S3.
//!
//! Keys whose names a client chooses are those of tags only, behind their prefixes.

use cairn_objects::ObjectVersion;
use cairn_policy::Context;
use cairn_protocol::headers;
use cairn_types::TagSet;
use http::HeaderMap;

use super::{Asking, Target};
use crate::conditions::{self, Circumstances};

/// Headers that are keys by `s3:` and their own name.
const OWN_NAME: &[&str] = &[
    "x-amz-acl",
    "x-amz-content-sha256",
    "x-amz-copy-source",
    "x-amz-grant-full-control",
    "x-amz-grant-read",
    "x-amz-grant-read-acp",
    "x-amz-grant-write",
    "x-amz-grant-write-acp",
    "x-amz-metadata-directive",
    "x-amz-object-ownership",
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-customer-algorithm",
    "x-amz-storage-class",
    "x-amz-website-redirect-location",
];

/// Headers of writes that are keys by `s3:` and their name.
const OF_WRITES: &[&str] = &["if-match", "if-none-match"];

/// Query parameters of listings that are keys by `s3:` and their name.
const OF_LISTINGS: &[&str] = &["prefix", "delimiter", "max-keys"];

/// The global keys.
pub(crate) fn global<'a>(asking: &Asking<'a>) -> Context<'a> {
    conditions::global(
        asking.caller,
        &Circumstances {
            now: asking.api.clock.now(),
            source: Some(asking.sender.address),
            tls: Some(asking.sender.tls),
            region: asking.facility,
            headers: asking.headers,
        },
    )
}

/// The keys of S3 that a request for this action has.
pub(crate) fn of_request<'a>(asking: &Asking<'a>, action: &str, context: &mut Context<'a>) {
    let now = asking.api.clock.now();
    if let Some(signature) = asking.sender.signature {
        context.set("s3:authType", signature.auth_type);
        context.set("s3:signatureversion", signature.version);
        if let Some(date) = signature.date {
            let age = now.micros().saturating_sub(date.micros()) / 1000;
            context.set("s3:signatureAge", age.to_string());
        }
    }
    let mut header = |name: &'static str| {
        if let Some(value) = headers::text(asking.headers, name) {
            context.set(format!("s3:{name}"), value.into_owned());
        }
    };
    OWN_NAME.iter().copied().for_each(&mut header);
    if action == "s3:PutObject" {
        OF_WRITES.iter().copied().for_each(&mut header);
    }
    if matches!(action, "s3:ListBucket" | "s3:ListBucketVersions") {
        for name in OF_LISTINGS {
            if let Some(value) = asking.query.get(name) {
                context.set(format!("s3:{name}"), value.to_owned());
            }
        }
    }
    if matches!(
        action,
        "s3:PutObject" | "s3:PutObjectTagging" | "s3:PutObjectVersionTagging"
    ) {
        match asking.tags {
            Some(tags) => request_tags(tags, context),
            None => request_tags(&header_tags(asking.headers), context),
        }
    }
    if let Some(location) = asking.location {
        context.set("s3:LocationConstraint", location);
    }
}

/// What the header says; one that cannot be read is refused by the operation.
fn header_tags(headers: &HeaderMap) -> TagSet {
    headers::tagging(headers).unwrap_or_default()
}

fn request_tags(tags: &TagSet, context: &mut Context<'_>) {
    let tags = tags.as_slice();
    if tags.is_empty() {
        return;
    }
    for tag in tags {
        context.set(format!("s3:RequestObjectTag/{}", tag.key), tag.value.clone());
    }
    context.set_many("s3:RequestObjectTagKeys", tags.iter().map(|tag| tag.key.clone()));
}

/// The keys of what a question is about: the version that is named, and the tags of an object that is there.
pub(crate) fn of_target(target: Target<'_>, version: Option<&ObjectVersion>, context: &mut Context<'_>) {
    if let Target::Object(_, _, Some(id)) = target {
        context.set("s3:VersionId", id.to_string());
    }
    let tags = version.map(|version| version.metadata.tags.as_slice());
    for tag in tags.unwrap_or_default() {
        context.set(format!("s3:ExistingObjectTag/{}", tag.key), tag.value.clone());
    }
}
