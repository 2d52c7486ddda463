//! Any host and path may come; a key found in either addressing style is the same. First line: host.
#![no_main]

use cairn_protocol::address::Endpoints;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &str| {
    let (host, path) = data.split_once('\n').unwrap_or(("s3.localhost", data));
    let endpoints = Endpoints::new("localhost");
    let host = endpoints.host(Some(host));
    let _ = (host.endpoint(), host.prefix(), host.cname_candidate());
    let _ = host.cname_address(path);
    if let Ok(address) = host.address(path) {
        let _ = address.resource_type();
    }
    let rest = path.trim_start_matches('/');
    let in_path = endpoints
        .host(Some("s3.localhost"))
        .address(&format!("/bucket/{rest}"));
    let in_host = endpoints
        .host(Some("bucket.s3.localhost"))
        .address(&format!("/{rest}"));
    match (in_path, in_host) {
        (Ok(in_path), Ok(in_host)) => {
            assert_eq!((in_path.bucket, in_path.key), (in_host.bucket, in_host.key))
        }
        (in_path, in_host) => assert_eq!(in_path.is_ok(), in_host.is_ok()),
    }
});
