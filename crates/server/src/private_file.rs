//! Files that only their owner may read: credentials and keys. They appear whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

/// Largest private file read, in bytes.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// Reads a private file; warns where others can read it too. `what` names its content in the warning.
///
/// # Errors
/// Of the operating system; also for a file of more than [`FILE_BYTES_MAX`].
pub(crate) fn read(path: &Path, what: &str) -> io::Result<String> {
    let metadata = fs::metadata(path)?;
    if metadata.len() > FILE_BYTES_MAX {
        return Err(io::Error::other(format!("{} bytes are too many", metadata.len())));
    }
    if metadata.permissions().mode() & 0o077 != 0 {
        tracing::warn!(
            path = %path.display(),
            "other users of this machine can read {what}; chmod 600 the file"
        );
    }
    fs::read_to_string(path)
}

/// Makes an empty private file that nobody had before, to be written to.
///
/// # Errors
/// Of the operating system; also where the file is there.
pub(crate) fn create_empty(path: &Path) -> io::Result<File> {
    File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

/// Makes a private file, durably, unless it is there: of two that try at the same time one wins, and whoever
/// reads it afterwards reads the winner's.
///
/// # Errors
/// Of the operating system.
pub(crate) fn create(path: &Path, text: &str) -> io::Result<()> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = directory.join(format!(
        "{name}.{}",
        cairn_types::random::text(8, b"0123456789abcdef")
    ));
    let mut file = File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&temporary)?;
    let done = file
        .write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .and_then(|()| match fs::hard_link(&temporary, path) {
            // Another was faster: its file counts.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            other => other,
        })
        .and_then(|()| File::open(directory)?.sync_all());
    let removed = fs::remove_file(&temporary);
    done.and(removed)
}
