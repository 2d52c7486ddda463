//! The data directory: `root-credentials` for the account, `engine/` for the directory of buckets (and the
//! data of a region that was once the only one), `regions/NAME/engine/` for the data of each other region,
//! `journal/` for the journal of requests, `master-key` for what secrets are sealed with unless that is kept
//! elsewhere.

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use cairn_engine::{Engine, Options};
use cairn_types::RegionName;

use crate::failure::Failure;

/// A data directory that exists.
#[derive(Debug, Clone)]
pub(crate) struct DataDir {
    path: PathBuf,
}

impl DataDir {
    /// Makes the directory where needed, open to its owner only.
    pub(crate) fn prepare(path: &Path) -> Result<Self, Failure> {
        let failed = |error: io::Error| {
            Failure::data(format!(
                "cannot use the data directory {}: {error}; choose another with --data-dir, or change its owner or \
                 permissions",
                path.display()
            ))
        };
        if !path.is_dir() {
            if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
                fs::create_dir_all(parent).map_err(failed)?;
            }
            match fs::DirBuilder::new().mode(0o700).create(path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
                other => other.map_err(failed)?,
            }
        }
        // Whole, so that messages and the start message can be used from any other directory.
        let path = fs::canonicalize(path).map_err(failed)?;
        // What cannot be listed cannot be served, and this message is clearer than what would follow.
        fs::read_dir(&path).map_err(failed)?;
        Ok(Self { path })
    }

    /// A directory that must be there already.
    pub(crate) fn existing(path: &Path) -> Result<Self, Failure> {
        let directory = Self {
            path: path.to_owned(),
        };
        if directory.has_data() {
            Self::prepare(path)
        } else {
            Err(Failure::data(format!(
                "{} is not a data directory of Cairn's: name one with --data-dir",
                path.display()
            )))
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether an engine has been here before.
    pub(crate) fn has_data(&self) -> bool {
        self.engine().join("FORMAT").exists()
    }

    /// Opens the engine of the directory; reads what a crash left. Blocks.
    pub(crate) fn open(&self, options: Options) -> Result<Engine, Failure> {
        open(&self.engine(), options)
    }

    /// Opens the engine of a region. `must_exist` where its data was there before: an empty one in its
    /// place would hide that a disk is missing. Blocks.
    pub(crate) fn open_region(
        &self,
        region: &RegionName,
        options: Options,
        must_exist: bool,
    ) -> Result<Engine, Failure> {
        let path = self.region(region);
        if must_exist && !path.join("FORMAT").exists() {
            return Err(Failure::data(format!(
                "the data of region {region} is missing: {} is not there; is its disk mounted? Restore it from a backup \
                 otherwise",
                path.display()
            )));
        }
        if let Some(parent) = path.parent() {
            fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(parent)
                .map_err(|error| Failure::data(format!("cannot create {}: {error}", parent.display())))?;
        }
        open(&path, options)
    }

    /// Where a region with an engine of its own keeps it.
    pub(crate) fn region(&self, region: &RegionName) -> PathBuf {
        self.path.join("regions").join(region.as_str()).join("engine")
    }

    /// Where the journal of requests is.
    pub(crate) fn journal(&self) -> PathBuf {
        self.path.join("journal")
    }

    fn engine(&self) -> PathBuf {
        self.path.join("engine")
    }
}

fn open(path: &Path, options: Options) -> Result<Engine, Failure> {
    Engine::open(path, options).map_err(Failure::data)
}
