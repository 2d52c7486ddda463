//! Taking connections.
//!
//! One task a listener. A connection is accepted first and waits for one of `connections_max` places
//! then, so at most one a listener is open beyond the limit; the operating system queues the rest.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::connection::Protocols;
use super::stop::{Phase, Stopping};
use super::tls::Certificate;
use super::{Handler, Peer};
use crate::config::Limits;
use crate::metrics::Connections;

/// After a failed accept (no file descriptors, no memory): nothing gets better by trying at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The kernel's send buffer towards a peer on this machine, in bytes; Linux doubles it for its own bookkeeping.
/// Left alone it grows to megabytes, which a long way needs and a short one does not: there the bytes have left
/// the processor's cache before the peer reads them (docs/performance.md). Linux's usual `wmem_max`; more than half a
/// page of a listing, and even doubled less than a download hands over at a time: with more some runs were as slow as
/// without.
pub(super) const LOCAL_SEND_BUFFER_BYTES: usize = 208 * 1024;

/// Sets the options of an accepted socket. What cannot be set is only slower.
pub(super) fn tune(stream: &TcpStream, peer: &Peer) {
    // An answer's last segment must not wait for an acknowledgement.
    let _ = stream.set_nodelay(true);
    if peer.is_local() {
        let _ = SockRef::from(stream).set_send_buffer_size(LOCAL_SEND_BUFFER_BYTES);
    }
}

/// Connections of one kind: what they share.
#[derive(Clone)]
pub(crate) struct Acceptor<H> {
    handler: H,
    limits: Limits,
    protocols: Protocols,
    places: Arc<Semaphore>,
    certificate: Option<Arc<Certificate>>,
    metrics: Connections,
    stopping: Stopping,
}

impl<H: Handler> Acceptor<H> {
    pub(crate) fn new(
        handler: H,
        limits: Limits,
        certificate: Option<Arc<Certificate>>,
        metrics: Connections,
        stopping: Stopping,
    ) -> Self {
        Self {
            handler,
            limits,
            protocols: Protocols::new(&limits),
            places: Arc::new(Semaphore::new(limits.connections_max)),
            certificate,
            metrics,
            stopping,
        }
    }

    /// The same connections' limits and places, with another handler.
    pub(crate) fn with_handler(&self, handler: H) -> Self {
        Self {
            handler,
            ..self.clone()
        }
    }

    /// Serves a listener until the process drains, in tasks of its own.
    pub(crate) fn spawn(&self, listener: TcpListener) {
        tokio::spawn(self.clone().run(listener));
    }

    /// Returns when no connection is left. Called after draining has begun.
    pub(crate) async fn finished(&self) {
        let all = u32::try_from(self.limits.connections_max).unwrap_or(u32::MAX);
        let _ = self.places.acquire_many(all).await;
    }

    /// Connections open now.
    pub(crate) fn open(&self) -> usize {
        self.limits.connections_max - self.places.available_permits()
    }

    async fn run(mut self, listener: TcpListener) {
        loop {
            let next = async {
                let (stream, peer) = listener.accept().await?;
                let place = Arc::clone(&self.places)
                    .acquire_owned()
                    .await
                    .map_err(io::Error::other)?;
                Ok::<_, io::Error>((stream, peer, place))
            };
            let accepted = tokio::select! {
                biased;
                () = self.stopping.entered(Phase::Draining) => return,
                accepted = next => accepted,
            };
            match accepted {
                Ok((stream, peer, place)) => {
                    let Ok(local) = stream.local_addr() else { continue };
                    let peer = Peer {
                        peer,
                        local,
                        tls: self.certificate.is_some(),
                    };
                    tokio::spawn(self.clone().serve(stream, peer, place));
                }
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) => {
                    tracing::warn!(%error, "cannot accept connections; trying again");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    async fn serve(mut self, stream: TcpStream, peer: Peer, place: OwnedSemaphorePermit) {
        let _place = place;
        let _counted = self.metrics.opened();
        tune(&stream, &peer);
        let metrics = self.metrics;
        let reason = match self.certificate.take() {
            None => Some(self.serve_http(stream, false, peer).await),
            // In a box of its own: a task is as large as the largest of its branches, and this one holds the
            // state of TLS.
            Some(certificate) => Box::pin(self.serve_tls(certificate, stream, peer)).await,
        };
        if let Some(reason) = reason {
            metrics.closed(reason);
        }
    }

    /// Returns why the connection ended; nothing if draining began before it was there.
    async fn serve_tls(
        mut self,
        certificate: Arc<Certificate>,
        stream: TcpStream,
        peer: Peer,
    ) -> Option<&'static str> {
        let handshake = tokio::select! {
            () = self.stopping.entered(Phase::Draining) => return None,
            handshake = tokio::time::timeout(self.limits.tls_handshake_timeout, certificate.accept(stream)) => handshake,
        };
        let stream = match handshake {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => {
                tracing::debug!(peer = %peer.peer, %error, "TLS handshake failed");
                return Some("handshake");
            }
            Err(_) => return Some("slow"),
        };
        let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        Some(self.serve_http(stream, http2, peer).await)
    }

    /// Serves a connection that is there; returns why it ended.
    async fn serve_http<S>(self, stream: S, http2: bool, peer: Peer) -> &'static str
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let Self {
            protocols,
            handler,
            limits,
            stopping,
            ..
        } = self;
        protocols
            .serve(stream, http2, peer, handler, &limits, stopping)
            .await
    }
}
