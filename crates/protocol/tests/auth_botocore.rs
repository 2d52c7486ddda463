//! What botocore signs, the verifier takes: SigV4 and SigV2, in the header and the query.
//!
//! auth_botocore.py makes the requests. It needs a Python with botocore: `CAIRN_BOTOCORE_PYTHON`, or one of the
//! environments `cargo xtask test` makes in .cache. Without any the test says SKIPPED; with CI=true it fails.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use cairn_protocol::auth::{RequestHead, SigningKeys, parse};
use cairn_types::{Clock, SecretAccessKey, SystemClock};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::Value;

const REQUESTS: u64 = 800;

fn has_botocore(python: &Path) -> bool {
    let output = Command::new(python).args(["-c", "import botocore"]).output();
    output.is_ok_and(|output| output.status.success())
}

fn python() -> Option<PathBuf> {
    if let Some(given) = std::env::var_os("CAIRN_BOTOCORE_PYTHON") {
        return Some(given.into());
    }
    let cache = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.cache");
    ["venv", "venv-boto3"]
        .map(|name| cache.join(name).join("bin/python"))
        .into_iter()
        .find(|python| has_botocore(python))
}

#[test]
fn what_botocore_signs_is_right() {
    let Some(python) = python() else {
        assert_ne!(
            std::env::var("CI").as_deref(),
            Ok("true"),
            "no Python with botocore: set CAIRN_BOTOCORE_PYTHON, or make .cache/venv"
        );
        println!("SKIPPED: no Python with botocore; set CAIRN_BOTOCORE_PYTHON");
        return;
    };
    // Another seed each day; CAIRN_BOTOCORE_SEED repeats one.
    let days = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() / 86_400;
    let seed = std::env::var("CAIRN_BOTOCORE_SEED").unwrap_or_else(|_| days.to_string());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/auth_botocore.py");
    let output = Command::new(python)
        .arg(script)
        .args([&seed, &REQUESTS.to_string()])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let keys = SigningKeys::default();
    let mut verified = 0;
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let request: Value = serde_json::from_str(line).unwrap();
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
        verified += 1;
    }
    assert_eq!(verified, REQUESTS);
}
