//! SigV2's string to sign (facts/04 §4): used to verify and to sign.

use std::collections::BTreeMap;

use percent_encoding::percent_decode;

use crate::auth::head::RequestHead;
use crate::auth::query::{decode, pairs};

/// The query parameters that are part of the resource, in the order of their bytes.
const SUB_RESOURCES: [&str; 35] = [
    "accelerate",
    "acl",
    "analytics",
    "cors",
    "defaultObjectAcl",
    "delete",
    "inventory",
    "lifecycle",
    "location",
    "logging",
    "metrics",
    "notification",
    "object-lock",
    "partNumber",
    "policy",
    "replication",
    "requestPayment",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "restore",
    "select",
    "select-type",
    "storageClass",
    "tagging",
    "torrent",
    "uploadId",
    "uploads",
    "versionId",
    "versioning",
    "versions",
    "website",
];

/// How the values of sub-resources are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::auth) enum ResponseValues {
    /// Percent-decoded: S3's rule.
    Decoded,
    /// As sent: the clients that do not know it.
    AsSent,
}

/// `expires` is the parameter's text in query authentication, and `None` in the header's.
///
/// In query authentication `x-amz-*` parameters count as headers, and `content-type` and `content-md5` too
/// where the header is absent: botocore moves them there when it presigns.
pub(in crate::auth) fn string_to_sign(
    head: &RequestHead<'_>,
    expires: Option<&str>,
    values: ResponseValues,
) -> Vec<u8> {
    let header = |name: &str| {
        head.headers
            .get(name)
            .map(|value| value.as_bytes().trim_ascii().to_vec())
    };
    let parameter = |name: &str| {
        let (_, value) = pairs(head.query).find(|(listed, _)| expires.is_some() && *listed == name)?;
        Some(decode(value).trim_ascii().to_vec())
    };
    let amazon_headers = amazon_headers(head, expires.is_some());
    let date = match expires {
        Some(expires) => expires.as_bytes().to_vec(),
        // It is among the Amazon headers then.
        None if head.headers.contains_key("x-amz-date") => Vec::new(),
        None => header("date").unwrap_or_default(),
    };
    let mut out = Vec::with_capacity(256);
    for line in [
        head.method.as_str().as_bytes(),
        &header("content-md5")
            .or_else(|| parameter("content-md5"))
            .unwrap_or_default(),
        &header("content-type")
            .or_else(|| parameter("content-type"))
            .unwrap_or_default(),
        &date,
    ] {
        out.extend_from_slice(line);
        out.push(b'\n');
    }
    for (name, value) in amazon_headers {
        out.extend_from_slice(name.as_bytes());
        out.push(b':');
        out.extend_from_slice(&value);
        out.push(b'\n');
    }
    push_resource(&mut out, head, values);
    out
}

fn amazon_headers(head: &RequestHead<'_>, presigned: bool) -> BTreeMap<String, Vec<u8>> {
    let mut headers: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for (name, value) in head.headers {
        if name.as_str().starts_with("x-amz-") {
            let value = value.as_bytes().trim_ascii();
            headers
                .entry(name.as_str().to_owned())
                .and_modify(|joined| {
                    joined.push(b',');
                    joined.extend_from_slice(value);
                })
                .or_insert_with(|| value.to_vec());
        }
    }
    if presigned {
        for (name, value) in pairs(head.query) {
            if name.starts_with("x-amz-") {
                headers
                    .entry(name.to_owned())
                    .or_insert_with(|| decode(value).trim_ascii().to_vec());
            }
        }
    }
    headers
}

fn push_resource(out: &mut Vec<u8>, head: &RequestHead<'_>, values: ResponseValues) {
    if let Some(bucket) = head.bucket_in_host {
        out.push(b'/');
        out.extend_from_slice(bucket.as_bytes());
    }
    let path = if head.path.is_empty() { "/" } else { head.path };
    out.extend_from_slice(path.as_bytes());
    let mut sub_resources: Vec<&str> = head
        .query
        .split('&')
        .filter(|pair| {
            let name = pair.split_once('=').map_or(*pair, |(name, _)| name);
            SUB_RESOURCES.contains(&name)
        })
        .collect();
    // By name only: of equal names the order sent remains.
    sub_resources.sort_by_key(|pair| pair.split_once('=').map_or(*pair, |(name, _)| name));
    for (at, pair) in sub_resources.into_iter().enumerate() {
        out.push(if at == 0 { b'?' } else { b'&' });
        match (pair.split_once('='), values) {
            (Some((name, value)), ResponseValues::Decoded) => {
                out.extend_from_slice(name.as_bytes());
                out.push(b'=');
                out.extend(percent_decode(value.as_bytes()));
            }
            _ => out.extend_from_slice(pair.as_bytes()),
        }
    }
}
