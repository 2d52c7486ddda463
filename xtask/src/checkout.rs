//! Where things are: the checkout, the build folder, the cache, the logs.

use std::path::{Path, PathBuf};

use crate::outcome::Stop;

/// The root of the checkout this program was built from.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// Cargo's build folder, shared by every cargo the steps start.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// What steps install: virtual environments, npm packages, tools. Git ignores it; deleting it is safe.
pub(crate) fn cache() -> PathBuf {
    root().join(".cache")
}

/// Data folders of the servers under test, and the logs of suites.
pub(crate) fn scratch() -> Result<PathBuf, Stop> {
    made(target().join("xtask"))
}

/// The folder, created when it is not there.
pub(crate) fn made(folder: PathBuf) -> Result<PathBuf, Stop> {
    std::fs::create_dir_all(&folder)
        .map_err(|error| Stop::Failure(format!("cannot create {}: {error}", folder.display())))?;
    Ok(folder)
}

/// Whether this is CI, where nothing may be skipped.
pub(crate) fn is_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true")
}
