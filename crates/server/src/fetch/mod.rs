//! Documents of identity providers: one GET each over HTTP/1.1, with TLS where the URL says so.
//!
//! Who is asked, and whether without TLS, is decided in `cairn-api`. Here it is bounded: [`FETCH_TIMEOUT`] for all of
//! it, [`HEAD_BYTES_MAX`] and the caller's limit for what comes. No redirect is followed and no proxy used. A
//! certificate is trusted that the machine trusts: the operating system's store, or `SSL_CERT_FILE`.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use cairn_api::{Fetch, FetchError};
use http::header::{ACCEPT, CONNECTION, HOST, USER_AGENT};
use http::uri::Scheme;
use http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// Longest time for one document, from the name's resolution to the last byte.
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);
/// Largest head of an answer in bytes.
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// Gets documents over the network.
#[derive(Default)]
pub(crate) struct HttpFetch {
    /// What the machine trusts, read when it is first needed.
    tls: OnceCell<TlsConnector>,
}

#[async_trait]
impl Fetch for HttpFetch {
    async fn get(&self, url: &str, bytes_max: usize) -> Result<Bytes, FetchError> {
        match timeout(FETCH_TIMEOUT, self.attempt(url, bytes_max)).await {
            Ok(got) => got.map_err(|what| FetchError(format!("{url}: {what}"))),
            Err(_) => Err(FetchError(format!("{url}: no answer in time"))),
        }
    }
}

impl HttpFetch {
    async fn attempt(&self, url: &str, bytes_max: usize) -> Result<Bytes, String> {
        let uri: Uri = url.parse().map_err(|_| "not a URL".to_owned())?;
        let tls = uri.scheme() == Some(&Scheme::HTTPS);
        let authority = uri.authority().ok_or_else(|| "no host in it".to_owned())?;
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        let port = authority.port_u16().unwrap_or(if tls { 443 } else { 80 });
        let target = uri.path_and_query().map_or("/", |target| target.as_str());
        let request = Request::get(target)
            .header(HOST, authority.as_str())
            .header(ACCEPT, "application/json")
            .header(USER_AGENT, "cairn")
            .header(CONNECTION, "close")
            .body(Empty::<Bytes>::new())
            .map_err(|error| error.to_string())?;
        let stream = TcpStream::connect((host, port))
            .await
            .map_err(|error| error.to_string())?;
        if !tls {
            return exchange(stream, request, bytes_max).await;
        }
        let name = ServerName::try_from(host.to_owned()).map_err(|error| error.to_string())?;
        let connector = self.tls.get_or_try_init(connector).await?;
        let stream = connector
            .connect(name, stream)
            .await
            .map_err(|error| error.to_string())?;
        exchange(stream, request, bytes_max).await
    }
}

/// TLS with what the machine trusts.
async fn connector() -> Result<TlsConnector, String> {
    let found = tokio::task::spawn_blocking(rustls_native_certs::load_native_certs).await;
    let found = found.map_err(|error| error.to_string())?;
    for error in &found.errors {
        tracing::warn!(%error, "a certificate that the machine trusts cannot be read");
    }
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        return Err("the machine trusts no certificates; name a file of them in SSL_CERT_FILE".to_owned());
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send,
    request: Request<Empty<Bytes>>,
    bytes_max: usize,
) -> Result<Bytes, String> {
    let (mut sender, connection) = hyper::client::conn::http1::Builder::new()
        .max_buf_size(HEAD_BYTES_MAX)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|error| error.to_string())?;
    let receive = async {
        let answer = sender
            .send_request(request)
            .await
            .map_err(|error| error.to_string())?;
        if answer.status() != StatusCode::OK {
            return Err(format!("it answered {}", answer.status()));
        }
        let body = Limited::new(answer.into_body(), bytes_max).collect().await;
        body.map(http_body_util::Collected::to_bytes)
            .map_err(|error| format!("the answer cannot be read: {error}"))
    };
    let mut connection = std::pin::pin!(connection);
    let mut receive = std::pin::pin!(receive);
    tokio::select! {
        received = &mut receive => received,
        // The answer may be whole although the connection has ended, however it did.
        _ = &mut connection => receive.await,
    }
}
