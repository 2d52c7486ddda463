//! Amazon's service models, which the botocore package carries.
//!
//! They are found through the Python environment that `cargo xtask test` makes below `.cache/`, or
//! through `CAIRN_BOTOCORE_PYTHON`, the path of a Python that has botocore. Without either a test says
//! so and passes; with `CI=true` it fails.

#![expect(
    clippy::expect_used,
    clippy::print_stderr,
    unreachable_pub,
    reason = "helpers of tests fail and say why"
)]

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

fn python() -> Option<PathBuf> {
    if let Ok(python) = std::env::var("CAIRN_BOTOCORE_PYTHON") {
        return Some(python.into());
    }
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.cache");
    let environments = std::fs::read_dir(root).ok()?;
    environments
        .flatten()
        .map(|entry| entry.path().join("bin/python"))
        .find(|python| {
            python.exists()
                && Command::new(python)
                    .args(["-c", "import botocore"])
                    .output()
                    .is_ok_and(|output| output.status.success())
        })
}

/// The model of a service; `None` where there is no botocore to be had.
pub fn model(service: &str) -> Option<Value> {
    let Some(python) = python() else {
        assert!(
            std::env::var_os("CI").is_none(),
            "CI has no Python with botocore below .cache/"
        );
        eprintln!(
            "SKIPPED: no Python with botocore (run `cargo xtask test` once, or set CAIRN_BOTOCORE_PYTHON)"
        );
        return None;
    };
    let script = "import botocore.loaders, json, sys\n\
                  json.dump(botocore.loaders.Loader().load_service_model(sys.argv[1], 'service-2'), sys.stdout)";
    let output = Command::new(python)
        .args(["-c", script, service])
        .output()
        .expect("python runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Some(serde_json::from_slice(&output.stdout).expect("the model is JSON"))
}
