//! The data directory: who holds it, and the version of what is in it.
//!
//! `LOCK` is locked (flock) as long as the engine lives; the file itself stays. `FORMAT` is one line,
//! `cairn-engine N`, written once: to `FORMAT.new`, synced, renamed, directory synced, so that it is there
//! whole or not at all. A directory with an index but without FORMAT is damaged rather than new: refusing
//! it beats writing a fresh format over data.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::OpenError;

/// The format this version writes, and the newest it reads.
pub const FORMAT_VERSION: u32 = 1;

/// A data directory, locked until this is dropped.
#[derive(Debug)]
pub(crate) struct Directory {
    root: PathBuf,
    _lock: File,
}

impl Directory {
    /// Creates the directory where needed, locks it and checks its format.
    pub(crate) fn open(root: &Path) -> Result<Self, OpenError> {
        let at = |source| OpenError::io(root, source);
        if root.exists() && !root.is_dir() {
            return Err(OpenError::NotADirectory {
                path: root.to_owned(),
            });
        }
        fs::create_dir_all(root).map_err(at)?;
        let path = root.join("LOCK");
        let lock = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path);
        let lock = lock.map_err(|source| OpenError::io(&path, source))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(OpenError::InUse {
                    path: root.to_owned(),
                });
            }
            Err(TryLockError::Error(source)) => return Err(OpenError::io(&path, source)),
        }
        let directory = Self {
            root: root.to_owned(),
            _lock: lock,
        };
        directory.check_format()?;
        Ok(directory)
    }

    /// Where fjall keeps the index.
    pub(crate) fn index(&self) -> PathBuf {
        self.root.join("index")
    }

    /// Where segment files are.
    pub(crate) fn segments(&self) -> PathBuf {
        self.root.join("segments")
    }

    fn check_format(&self) -> Result<(), OpenError> {
        let path = self.root.join("FORMAT");
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if self.index().exists() {
                    let detail = "the file FORMAT is missing".to_owned();
                    return Err(OpenError::Corrupt {
                        path: self.root.clone(),
                        detail,
                    });
                }
                return self
                    .write_format(&path)
                    .map_err(|source| OpenError::io(path, source));
            }
            Err(source) => return Err(OpenError::io(path, source)),
        };
        let version = text
            .strip_prefix("cairn-engine ")
            .and_then(|rest| rest.trim_end().parse().ok());
        match version {
            Some(FORMAT_VERSION) => Ok(()),
            Some(found) if found > FORMAT_VERSION => Err(OpenError::NewerFormat {
                path: self.root.clone(),
                found,
                supported: FORMAT_VERSION,
            }),
            _ => Err(OpenError::Corrupt {
                path,
                detail: format!("it reads {text:?}"),
            }),
        }
    }

    fn write_format(&self, path: &Path) -> io::Result<()> {
        let new = self.root.join("FORMAT.new");
        let mut file = File::create(&new)?;
        writeln!(file, "cairn-engine {FORMAT_VERSION}")?;
        file.sync_all()?;
        fs::rename(&new, path)?;
        File::open(&self.root)?.sync_all()?;
        // The directory's own name, where the process may open what holds it.
        if let Some(Ok(parent)) = self.root.parent().map(File::open) {
            parent.sync_all()?;
        }
        Ok(())
    }
}
