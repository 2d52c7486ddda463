//! Installs that are done once: a stamp beside them holds what they were made from.

use std::fs;
use std::path::Path;

use crate::checkout;
use crate::outcome::Stop;

/// Runs `install` unless `.cache/NAME.stamp` says that it was done for exactly this `source`
/// (the text of a lock file, a version). The stamp is written last, so an install cut short is done again.
pub(crate) fn install_once(
    name: &str,
    source: &str,
    install: impl FnOnce() -> Result<(), Stop>,
) -> Result<(), Stop> {
    let stamp = checkout::made(checkout::cache())?.join(format!("{name}.stamp"));
    if fs::read_to_string(&stamp).is_ok_and(|done| done == source) {
        return Ok(());
    }
    install()?;
    fs::write(&stamp, source).map_err(|error| format!("{}: {error}", stamp.display()).into())
}

/// A file's text.
pub(crate) fn text(path: &Path) -> Result<String, Stop> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()).into())
}
