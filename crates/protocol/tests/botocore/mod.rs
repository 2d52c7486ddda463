//! Runs a Python script that prints what botocore makes, as JSON, one a line.
//!
//! It needs a Python with botocore: `CAIRN_BOTOCORE_PYTHON`, or one of the environments `cargo xtask test` makes in
//! .cache. Without any the test says SKIPPED; with CI=true it fails.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;

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

/// The lines of `tests/SCRIPT SEED COUNT`, and the seed: another one each day; `CAIRN_BOTOCORE_SEED` repeats
/// one. `None` where there is no Python to run it.
pub(crate) fn lines(script: &str, count: usize) -> Option<(String, Vec<Value>)> {
    let Some(python) = python() else {
        assert_ne!(
            std::env::var("CI").as_deref(),
            Ok("true"),
            "no Python with botocore: set CAIRN_BOTOCORE_PYTHON, or make .cache/venv"
        );
        println!("SKIPPED: no Python with botocore; set CAIRN_BOTOCORE_PYTHON");
        return None;
    };
    let days = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() / 86_400;
    let seed = std::env::var("CAIRN_BOTOCORE_SEED").unwrap_or_else(|_| days.to_string());
    let output = Command::new(python)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(script))
        .args([&seed, &count.to_string()])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), count);
    Some((seed, lines))
}
