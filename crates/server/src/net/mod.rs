//! Connections: from a bound socket to a request handed to its handler.
//!
//! `bind` opens the listening sockets, `accept` takes connections from them as long as the limit allows,
//! `tls` makes the secure stream of one, `connection` speaks HTTP/1.1 or HTTP/2 on it, and `activity`
//! decides when a peer has had enough time. `stop` tells all of them to finish.
//!
//! hyper keeps the protocol's rules. What it does not know is how long a peer may be silent at which
//! point of a request; its one timer covers a head and the idle time before it alike, and costs an
//! allocation a request. So the clocks are ours, a few atomics a connection ([`activity`]).

pub(crate) mod accept;
pub(crate) mod activity;
pub(crate) mod bind;
pub(crate) mod connection;
pub(crate) mod stop;
#[cfg(test)]
mod tests;
pub(crate) mod tls;

use std::future::Future;
use std::net::SocketAddr;

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::Incoming;

/// What a handler may know about the connection a request came on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer {
    pub(crate) peer: SocketAddr,
    pub(crate) local: SocketAddr,
    pub(crate) tls: bool,
}

impl Peer {
    /// Whether the peer is on this machine: it comes from a loopback address, or from the one it went to.
    fn is_local(&self) -> bool {
        let (peer, local) = (self.peer.ip().to_canonical(), self.local.ip().to_canonical());
        peer.is_loopback() || peer == local
    }
}

/// Answers requests. It always has an answer; what cannot be answered is an answer, too.
pub(crate) trait Handler: Clone + Send + Sync + 'static {
    /// The body of its answers.
    type Body: http_body::Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>>
        + Send
        + Unpin
        + 'static;

    fn handle(
        &self,
        request: Request<Incoming>,
        peer: Peer,
    ) -> impl Future<Output = Response<Self::Body>> + Send;
}
