//! A server under measurement: where it is, who may use it, and where what it uses can be read.

use std::path::PathBuf;

/// A server, as the client and the meters see it.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    /// http://HOST:PORT
    pub(crate) endpoint: String,
    pub(crate) access_key: String,
    pub(crate) secret_key: String,
    pub(crate) region: String,
    /// Its process; those that descend from it count as well.
    pub(crate) pid: Option<u32>,
    /// Metrics in Prometheus's form that count syncs.
    pub(crate) metrics: Option<String>,
    /// Its data on disk.
    pub(crate) data: Option<PathBuf>,
    /// A server of files has no PUT: its objects are written below this folder.
    pub(crate) files: Option<PathBuf>,
}
