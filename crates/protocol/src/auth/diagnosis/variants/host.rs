//! Other hosts: what a proxy was asked for, and this server's own names.

use http::HeaderMap;

use crate::auth::diagnosis::Context;
use crate::auth::diagnosis::cause::{Change, HostFound, PathForm};
use crate::auth::diagnosis::trial::{Edit, Variant};
use crate::auth::head::RequestHead;

/// Most hosts tried, each in place of the one that came.
const HOSTS_MAX: usize = 12;
/// Headers in which proxies say which host they were asked for.
const FORWARDED: [&str; 4] = [
    "x-forwarded-host",
    "x-original-host",
    "x-forwarded-server",
    "x-host",
];
/// The line of the path.
const PATH: usize = 1;

/// A host that may have been signed.
type Candidate = (String, HostFound);

/// Every host other than the one that came, without repetition.
pub(in crate::auth::diagnosis) fn hosts(head: &RequestHead<'_>, context: &Context<'_>) -> Vec<Candidate> {
    let host = head.host;
    let (name, port) = split_port(host);
    let mut found: Vec<Candidate> = Vec::new();
    let mut add = |candidate: String, how: HostFound| {
        let known = candidate == host || found.iter().any(|(known, _)| *known == candidate);
        if !known && !candidate.is_empty() && found.len() < HOSTS_MAX {
            found.push((candidate, how));
        }
    };
    let forwarded_port = text(head.headers, "x-forwarded-port");
    for (told, header) in forwarded(head.headers) {
        let header = || HostFound::Header(header.clone());
        if let (Some(port), (_, None)) = (forwarded_port, split_port(&told)) {
            add(format!("{told}:{port}"), header());
        }
        if let (name, Some(_)) = split_port(&told) {
            add(told.clone(), header());
            add(name.to_owned(), header());
        } else {
            add(told, header());
        }
    }
    match port {
        Some(_) => add(name.to_owned(), HostFound::WithoutPort),
        None => {
            add(format!("{name}:443"), HostFound::DefaultPort);
            add(format!("{name}:80"), HostFound::DefaultPort);
        }
    }
    add(host.to_ascii_lowercase(), HostFound::Lowercase);
    for name in context.names {
        if let Some(port) = port {
            add(format!("{name}:{port}"), HostFound::EndpointName);
        }
        add(name.clone(), HostFound::EndpointName);
    }
    found
}

/// The same request in the other way of addressing: a proxy may turn one into the other. `line` is that of
/// the host.
pub(in crate::auth::diagnosis) fn other_addressing(
    head: &RequestHead<'_>,
    context: &Context<'_>,
    line: usize,
    hosts: &[Candidate],
) -> Vec<Variant> {
    let Some(bucket) = context.bucket else {
        return Vec::new();
    };
    let in_front = format!("{bucket}.");
    let mut hosts = hosts.to_vec();
    let (path, form) = match head.bucket_in_host {
        Some(_) => {
            if let Some(rest) = head.host.strip_prefix(&in_front) {
                hosts.push((rest.to_owned(), HostFound::EndpointName));
            }
            hosts.retain(|(host, _)| !host.starts_with(&in_front));
            (format!("/{bucket}{}", head.path), PathForm::WithBucket)
        }
        None => {
            let Some(key) = without_bucket(head.path, bucket) else {
                return Vec::new();
            };
            hosts.push((format!("{in_front}{}", head.host), HostFound::EndpointName));
            hosts.retain(|(host, _)| host.starts_with(&in_front));
            (key.to_owned(), PathForm::WithoutBucket)
        }
    };
    let both = |(signed, found): Candidate| Variant {
        edits: vec![
            Edit::new(PATH, path.as_str()),
            Edit::new(line, format!("host:{signed}")),
        ],
        changes: vec![Change::Host { signed, found }, Change::Path(form)],
    };
    hosts.into_iter().map(both).collect()
}

/// The path after its first segment, where that is the bucket.
pub(super) fn without_bucket<'a>(path: &'a str, bucket: &str) -> Option<&'a str> {
    let rest = path.strip_prefix('/')?.strip_prefix(bucket)?;
    match rest {
        "" => Some("/"),
        _ => rest.starts_with('/').then_some(rest),
    }
}

/// The hosts that proxies name, with the header that does.
fn forwarded(headers: &HeaderMap) -> Vec<(String, String)> {
    let mut told = Vec::new();
    for name in FORWARDED {
        // Several proxies write several names, the client's first.
        let names = text(headers, name).into_iter().flat_map(|text| text.split(','));
        told.extend(names.map(|host| (host.trim().to_owned(), name.to_owned())));
    }
    // RFC 7239: for=…;host="…";proto=…
    let pairs = text(headers, "forwarded").into_iter();
    let pairs = pairs.flat_map(|text| text.split([',', ';']));
    for pair in pairs {
        if let Some((name, value)) = pair.split_once('=')
            && name.trim().eq_ignore_ascii_case("host")
        {
            let host = value.trim().trim_matches('"');
            told.push((host.to_owned(), "forwarded".to_owned()));
        }
    }
    told
}

pub(super) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Name and port; an IPv6 address without a port has none.
fn split_port(host: &str) -> (&str, Option<&str>) {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => {
            (name, Some(port))
        }
        _ => (host, None),
    }
}
