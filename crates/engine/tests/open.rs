//! What is refused at opening, and what the refusal says.
#![allow(clippy::unwrap_used)]

use std::fs;

use cairn_engine::{Engine, OpenError, Options};
use tempfile::TempDir;

fn refusal(directory: &std::path::Path) -> OpenError {
    Engine::open(directory, Options::default()).map(drop).unwrap_err()
}

#[test]
fn a_second_engine_is_refused_until_the_first_is_gone() {
    let directory = TempDir::new().unwrap();
    let first = Engine::open(directory.path(), Options::default()).unwrap();
    let clone = first.clone();
    drop(first);
    let error = refusal(directory.path());
    assert!(matches!(error, OpenError::InUse { .. }), "{error:?}");
    assert!(error.to_string().contains("in use by another process"), "{error}");
    drop(clone);
    drop(Engine::open(directory.path(), Options::default()).unwrap());
}

#[test]
fn a_newer_format_is_refused_and_left_alone() {
    let directory = TempDir::new().unwrap();
    drop(Engine::open(directory.path(), Options::default()).unwrap());
    let format = directory.path().join("FORMAT");
    assert_eq!(fs::read_to_string(&format).unwrap(), "cairn-engine 1\n");
    fs::write(&format, "cairn-engine 2\n").unwrap();
    let error = refusal(directory.path());
    assert!(
        matches!(
            error,
            OpenError::NewerFormat {
                found: 2,
                supported: 1,
                ..
            }
        ),
        "{error:?}"
    );
    assert!(
        error.to_string().contains("run the version that wrote it"),
        "{error}"
    );
    fs::write(&format, "cairn-engine 1\n").unwrap();
    drop(Engine::open(directory.path(), Options::default()).unwrap());
}

#[test]
fn a_format_that_does_not_parse_or_is_gone_is_damage() {
    let directory = TempDir::new().unwrap();
    drop(Engine::open(directory.path(), Options::default()).unwrap());
    let format = directory.path().join("FORMAT");
    for text in [
        "",
        "cairn-engine\n",
        "cairn-engine x\n",
        "something else\n",
        "cairn-engine 0\n",
    ] {
        fs::write(&format, text).unwrap();
        assert!(
            matches!(refusal(directory.path()), OpenError::Corrupt { .. }),
            "{text:?}"
        );
    }
    fs::remove_file(&format).unwrap();
    let error = refusal(directory.path());
    assert!(matches!(error, OpenError::Corrupt { .. }), "{error:?}");
    assert!(!format.exists(), "a new format over old data");
}

#[test]
fn a_file_is_no_directory() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(matches!(refusal(&file), OpenError::NotADirectory { .. }));
    assert!(matches!(
        refusal(&file.join("below")),
        OpenError::NotADirectory { .. }
    ));
}

#[test]
fn directories_are_created_as_deep_as_asked() {
    let directory = TempDir::new().unwrap();
    drop(Engine::open(directory.path().join("a/b/c"), Options::default()).unwrap());
}
