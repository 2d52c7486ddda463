//! What botocore signs, the verifier takes: SigV4 and SigV2, in the header and the query.
//!
//! auth_botocore.py makes the requests.

#[cfg(test)]
mod botocore;

use cairn_protocol::auth::{RequestHead, SigningKeys, parse};
use cairn_types::{Clock, SecretAccessKey, SystemClock};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

const REQUESTS: usize = 800;

#[test]
fn what_botocore_signs_is_right() {
    let Some((seed, requests)) = botocore::lines("auth_botocore.py", REQUESTS) else {
        return;
    };
    let keys = SigningKeys::default();
    for request in requests {
        let text = |name: &str| request[name].as_str().unwrap();
        let mut headers = HeaderMap::new();
        for header in request["headers"].as_array().unwrap() {
            headers.append(
                HeaderName::try_from(header[0].as_str().unwrap()).unwrap(),
                HeaderValue::try_from(header[1].as_str().unwrap()).unwrap(),
            );
        }
        let method: Method = text("method").parse().unwrap();
        let head = RequestHead {
            method: &method,
            path: text("path"),
            query: text("query"),
            headers: &headers,
            host: text("host"),
            bucket_in_host: request["virtual"].as_bool().unwrap().then_some("bucket"),
        };
        let secret = SecretAccessKey::parse(text("secret")).unwrap();
        let result = parse(&head, true).and_then(|authentication| {
            assert_eq!(authentication.access_key_id(), Some("AKIDBOTOCORE"));
            assert_eq!(authentication.session_token(), request["token"].as_str());
            authentication.check_scope("eu-test-1", "s3")?;
            authentication.check_time(SystemClock.now())?;
            authentication.verify(&head, &secret, &keys)
        });
        if let Err(error) = result {
            panic!("seed {seed}: {error:#?}\n{request:#}");
        }
    }
}
