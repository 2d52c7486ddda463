use cairn_protocol::address::Endpoints;
use http::HeaderValue;

use super::*;

#[test]
fn the_host_decides_or_the_path_with_an_account() {
    let is = |host: &str, path: &str, account: Option<&'static str>| {
        let mut headers = HeaderMap::new();
        if let Some(account) = account {
            headers.insert(ACCOUNT_ID, HeaderValue::from_static(account));
        }
        is_for(
            Endpoints::new("localhost").host(Some(host)).endpoint(),
            path,
            &headers,
        )
    };
    let (path, account) = (public_access_block::PATH, Some("123456789012"));
    assert!(is("123456789012.s3-control.us-east-1.localhost", "/", None));
    assert!(is("127.0.0.1:9000", path, account));
    // A bucket may be called v20180820.
    assert!(!is("127.0.0.1:9000", path, None));
    assert!(!is("127.0.0.1:9000", "/bucket/key", account));
    assert!(!is("s3.us-east-1.localhost", path, account));
}

#[test]
fn the_account_is_the_headers_and_the_hosts() {
    let read = |value: Option<&'static str>, host: &str| {
        let mut headers = HeaderMap::new();
        if let Some(value) = value {
            headers.insert(ACCOUNT_ID, HeaderValue::from_static(value));
        }
        account(&headers, host).map(|account| account.to_string())
    };
    let one = "123456789012";
    assert_eq!(read(Some(one), "127.0.0.1:9000"), Ok(one.to_owned()));
    let host = "123456789012.s3-control.us-east-1.localhost";
    assert_eq!(read(Some(one), host), Ok(one.to_owned()));
    for (value, host) in [
        (None, host),
        (Some("1"), "127.0.0.1"),
        (Some("999999999999"), host),
    ] {
        assert!(matches!(read(value, host), Err(S3Error::InvalidRequest { .. })));
    }
}
