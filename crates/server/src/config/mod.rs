//! The configuration: what may be set, where each value came from, and the typed result.
//!
//! A setting is declared once, in [`settings::SETTINGS`]: its name, default, help and how its text becomes
//! a field of [`Config`]. The flag, the environment variable, the key of the TOML file, `--help`,
//! `cairn config` and docs/configuration.md are all read from that list. [`layers::resolve`] picks the
//! value by [`layers::Origin`]'s order: flag, environment, file, default.

pub(crate) mod document;
pub(crate) mod file;
pub(crate) mod layers;
pub(crate) mod nearest;
pub(crate) mod regions;
pub(crate) mod settings;
pub(crate) mod show;
#[cfg(test)]
mod tests;
pub(crate) mod value;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use cairn_region::{LaunchClass, OptInDefault};
use cairn_types::RegionName;
use ipnet::IpNet;

use crate::memory::MemoryBudget;

/// What `cairn serve` runs by: every field comes from the row of [`settings::SETTINGS`] of the same name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Config {
    pub(crate) data_dir: PathBuf,
    pub(crate) in_memory: bool,
    pub(crate) master_key_file: Option<PathBuf>,
    /// Bytes; [`Config::memory`] divides them.
    pub(crate) memory_limit: u64,
    pub(crate) listen: Vec<SocketAddr>,
    pub(crate) region: Option<RegionName>,
    pub(crate) domain: String,
    pub(crate) regions: Vec<(RegionName, SocketAddr)>,
    pub(crate) region_addresses: Vec<(RegionName, IpAddr)>,
    pub(crate) region_ports: Vec<(RegionName, u16)>,
    pub(crate) region_launch_classes: Vec<(RegionName, LaunchClass)>,
    pub(crate) region_dash: Vec<(RegionName, bool)>,
    pub(crate) opt_in_regions: OptInDefault,
    pub(crate) dns_listen: Vec<SocketAddr>,
    pub(crate) dns_propagation: Duration,
    pub(crate) dns_ttl: Duration,
    pub(crate) dns_checks: bool,
    pub(crate) dns_nameservers: Vec<(String, IpAddr)>,
    pub(crate) signature_v2: bool,
    pub(crate) oidc_allow_http: bool,
    pub(crate) tls_cert: Option<PathBuf>,
    pub(crate) tls_key: Option<PathBuf>,
    pub(crate) trusted_proxies: Vec<IpNet>,
    pub(crate) admin_listen: Option<SocketAddr>,
    /// Most bytes of the journal of requests; 0 is no journal.
    pub(crate) journal_bytes_max: u64,
    pub(crate) journal_age_max: Duration,
    pub(crate) log_format: LogFormat,
    pub(crate) log_filter: String,
    pub(crate) limits: Limits,
}

/// Bounds on what a client can make the server hold.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Limits {
    /// Connections open at a time on all S3 listeners together; one more waits to be accepted.
    pub(crate) connections_max: usize,
    /// From the first byte of a request's head to its last.
    pub(crate) head_timeout: Duration,
    /// A connection without a request.
    pub(crate) idle_timeout: Duration,
    /// A request's body, or the reading of a response's, that does not go on.
    pub(crate) body_timeout: Duration,
    /// The TLS handshake.
    pub(crate) tls_handshake_timeout: Duration,
    /// What HTTP/1 reads before it parses: bounds a request's head.
    pub(crate) http1_buffer_bytes_max: usize,
    /// Requests open at a time on one HTTP/2 connection.
    pub(crate) http2_streams_max: u32,
    /// From the signal to stop until what is left is cut off.
    pub(crate) shutdown_timeout: Duration,
}

/// The form of log lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum LogFormat {
    #[default]
    Text,
    Json,
}

impl Config {
    /// Whether the S3 listeners speak TLS.
    pub(crate) fn tls(&self) -> Option<(&PathBuf, &PathBuf)> {
        self.tls_cert.as_ref().zip(self.tls_key.as_ref())
    }

    /// Who may hold how much memory.
    ///
    /// # Errors
    /// `memory-limit` is too small.
    pub(crate) fn memory(&self) -> Result<MemoryBudget, String> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        MemoryBudget::divide(self.memory_limit, self.limits.connections_max, cores)
    }

    /// What no setting can see by itself.
    fn check(&self) -> Result<(), String> {
        match (&self.tls_cert, &self.tls_key) {
            (Some(_), None) => {
                return Err("tls-cert needs tls-key: give the certificate's private key".to_owned());
            }
            (None, Some(_)) => return Err("tls-key needs tls-cert: give the key's certificate".to_owned()),
            _ => {}
        }
        if let Some(admin) = self.admin_listen
            && admin.port() != 0
            && self
                .facilities()
                .iter()
                .any(|facility| facility.listen.contains(&admin))
        {
            return Err(format!(
                "admin-listen and listen are both {admin}: give one of them another port"
            ));
        }
        self.memory()?;
        self.check_regions()
    }
}
