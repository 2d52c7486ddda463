//! Why an engine does not open, told so that the reader knows what to do next; and the one place where
//! fjall's errors become ours.

use std::io;
use std::path::PathBuf;

use cairn_storage::StorageError;

/// Why a data directory could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process, or another engine of this one, holds the directory.
    #[error(
        "{path} is in use by another process: stop that one, or choose another data directory",
        path = path.display()
    )]
    InUse {
        /// The data directory.
        path: PathBuf,
    },
    /// The directory was written by a newer version.
    #[error(
        "{path} has format {found}, and this version reads up to format {supported}: \
         run the version that wrote it, or a newer one",
        path = path.display()
    )]
    NewerFormat {
        /// The data directory.
        path: PathBuf,
        /// The format found.
        found: u32,
        /// The newest format this version reads.
        supported: u32,
    },
    /// The path is there and is no directory.
    #[error("{path} is not a directory: choose another data directory", path = path.display())]
    NotADirectory {
        /// The path given.
        path: PathBuf,
    },
    /// The operating system does not let this user read or write there.
    #[error(
        "no permission for {path}: give the user that runs this process read and write access, or choose \
         another data directory ({source})",
        path = path.display()
    )]
    Permission {
        /// What was to be opened.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// Any other failure of the operating system.
    #[error("cannot open {path}: {source}", path = path.display())]
    Io {
        /// What was to be opened.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// What is there cannot be read as an engine's data.
    #[error(
        "{path} is damaged: {detail}; restore it from a backup, and keep a copy of it as it is",
        path = path.display()
    )]
    Corrupt {
        /// The data directory or the file in it.
        path: PathBuf,
        /// What was found.
        detail: String,
    },
}

impl OpenError {
    pub(crate) fn io(path: impl Into<PathBuf>, source: io::Error) -> Self {
        let path = path.into();
        match source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::Permission { path, source }
            }
            io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => Self::NotADirectory { path },
            _ => Self::Io { path, source },
        }
    }

    pub(crate) fn fjall(path: impl Into<PathBuf>, error: fjall::Error) -> Self {
        let path = path.into();
        match error {
            fjall::Error::Locked => Self::InUse { path },
            fjall::Error::Io(source) | fjall::Error::Storage(fjall::LsmError::Io(source)) => {
                Self::io(path, source)
            }
            other => Self::Corrupt {
                path,
                detail: format!("the index does not open: {other:?}"),
            },
        }
    }
}

/// What a failure of fjall means to the caller.
pub(crate) fn index_error(context: &'static str, error: fjall::Error) -> StorageError {
    match error {
        fjall::Error::Io(source) | fjall::Error::Storage(fjall::LsmError::Io(source)) => {
            io_error(context, source)
        }
        fjall::Error::Poisoned => StorageError::Closed(POISONED),
        other => StorageError::Corrupt(format!("{context}: {other:?}")),
    }
}

/// What a failure of the operating system means to the caller.
pub(crate) fn io_error(context: &'static str, source: io::Error) -> StorageError {
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StorageError::Full(context),
        _ => StorageError::Io { context, source },
    }
}

/// An I/O error for one more of those who waited for the same operation.
pub(crate) fn same_io_error(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::new(error.kind(), error.to_string()),
    }
}

pub(crate) const POISONED: &str = "a sync failed; restart to recover what is on the disk";
pub(crate) const CLOSED: &str = "shutting down";
