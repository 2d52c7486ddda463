//! The certificate of the S3 listeners, and its renewal while the server runs.
//!
//! The two files are looked at every second. When either changes, both are read; a pair that does not
//! fit (a renewal in the middle of writing, a wrong file) is told once in the log, and the old pair stays
//! in use. Connections keep the certificate they began with.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::failure::{Code, Failure};

/// How often the files are looked at.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);
/// Protocols offered, the preferred one first.
const ALPN: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// A certificate and its key in two files.
#[derive(Debug)]
pub(crate) struct Certificate {
    cert: PathBuf,
    key: PathBuf,
    current: RwLock<Arc<ServerConfig>>,
}

/// What tells one state of a file from another: size, time and inode, which a rename changes.
type Fingerprint = [Option<(u64, Option<SystemTime>, u64)>; 2];

impl Certificate {
    /// Reads both files.
    pub(crate) fn load(cert: &Path, key: &Path) -> Result<Arc<Self>, Failure> {
        let current = read(cert, key).map_err(|problem| Failure::new(Code::Tls, problem))?;
        Ok(Arc::new(Self {
            cert: cert.to_owned(),
            key: key.to_owned(),
            current: RwLock::new(current),
        }))
    }

    /// The handshake of one connection.
    pub(crate) async fn accept<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
    ) -> io::Result<TlsStream<S>> {
        let current = Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner));
        TlsAcceptor::from(current).accept(stream).await
    }

    /// Follows the files for ever.
    pub(crate) async fn watch(self: Arc<Self>) {
        let mut seen = self.fingerprint();
        let mut ticks = tokio::time::interval(LOOK_INTERVAL);
        loop {
            ticks.tick().await;
            // Two look-ups and, rarely, two small files: too little to leave the thread for.
            let now = self.fingerprint();
            if now == seen {
                continue;
            }
            seen = now;
            match read(&self.cert, &self.key) {
                Ok(new) => {
                    *self.current.write().unwrap_or_else(PoisonError::into_inner) = new;
                    tracing::info!(cert = %self.cert.display(), "the certificate changed; new connections use it");
                }
                Err(problem) => {
                    tracing::warn!(%problem, "the certificate changed and does not work; the old one stays")
                }
            }
        }
    }

    fn fingerprint(&self) -> Fingerprint {
        [&self.cert, &self.key].map(|path| {
            let metadata = fs::metadata(path).ok()?;
            Some((
                metadata.len(),
                metadata.modified().ok(),
                std::os::unix::fs::MetadataExt::ino(&metadata),
            ))
        })
    }
}

fn read(cert: &Path, key: &Path) -> Result<Arc<ServerConfig>, String> {
    let chain = read_chain(cert)?;
    let secret = read_key(key)?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("TLS: {error}"))?
        .with_no_client_auth()
        .with_single_cert(chain, secret);
    let mut config = config.map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => {
            format!(
                "{} is not the private key of the certificate in {}",
                key.display(),
                cert.display()
            )
        }
        error => format!("{} and {} cannot be used: {error}", cert.display(), key.display()),
    })?;
    config.alpn_protocols = ALPN.map(<[u8]>::to_vec).to_vec();
    Ok(Arc::new(config))
}

fn read_chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let file = open(path)?;
    let chain = CertificateDer::pem_reader_iter(file).collect::<Result<Vec<_>, _>>();
    match chain {
        Ok(chain) if chain.is_empty() => Err(format!(
            "{} has no certificate: it must be PEM, beginning with -----BEGIN CERTIFICATE-----",
            path.display()
        )),
        Ok(chain) => Ok(chain),
        Err(error) => Err(format!("{} is not PEM: {error}", path.display())),
    }
}

fn read_key(path: &Path) -> Result<PrivateKeyDer<'static>, String> {
    PrivateKeyDer::from_pem_reader(open(path)?).map_err(|error| match error {
        pem::Error::NoItemsFound => format!(
            "{} has no private key: it must be PEM, not encrypted, beginning with -----BEGIN PRIVATE KEY-----",
            path.display()
        ),
        error => format!("{} is not PEM: {error}", path.display()),
    })
}

fn open(path: &Path) -> Result<File, String> {
    File::open(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}
