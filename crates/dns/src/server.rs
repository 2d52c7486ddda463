//! The server: a zone on a UDP socket and a TCP listener, within limits, until it is stopped.
//!
//! One task reads datagrams and one accepts connections; each datagram and each connection has a task of its
//! own below them. Every one of them belongs to the [`Handle`]: none outlives it.

#[cfg(test)]
mod dig;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::limiter::{Limiter, RateLimits};
use crate::zone::Zone;
use crate::{tcp, udp};

/// The limits of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Answers over UDP to one network.
    pub rate: RateLimits,
    /// Queries over UDP in work at a time; one more is dropped.
    pub datagrams_in_flight_max: usize,
    /// Connections open at a time; one more waits to be accepted.
    pub connections_max: usize,
    /// Connections open at a time from one address; one more is closed.
    pub connections_per_source_max: usize,
    /// Queries on one connection, which is then closed.
    pub connection_queries_max: usize,
    /// How long a connection may take for the next query, from the last answer on to its last byte
    /// (RFC 7766 §6.2.3).
    pub connection_idle_timeout: Duration,
    /// How long a client may take to accept an answer.
    pub write_timeout: Duration,
    /// How long queries in work may take when the server is stopped.
    pub stop_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            rate: RateLimits::default(),
            datagrams_in_flight_max: 1024,
            connections_max: 256,
            connections_per_source_max: 32,
            connection_queries_max: 1000,
            connection_idle_timeout: Duration::from_secs(10),
            write_timeout: Duration::from_secs(5),
            stop_timeout: Duration::from_secs(3),
        }
    }
}

/// What both transports need.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) zone: Arc<Zone>,
    pub(crate) limits: Limits,
    pub(crate) limiter: Limiter,
}

/// A DNS server. See [`Server::start`].
#[derive(Debug)]
pub struct Server(());

impl Server {
    /// Starts answering on both sockets, on the current tokio runtime. Bind `udp` to an address, not to
    /// 0.0.0.0, on a machine with several: answers must come from the address that was asked.
    ///
    /// The server runs until [`Handle::stop`], or until the handle is dropped.
    pub fn start(zone: Arc<Zone>, udp: UdpSocket, tcp: TcpListener, limits: Limits) -> Handle {
        let (stop, stopped) = watch::channel(false);
        let addresses = (udp.local_addr().ok(), tcp.local_addr().ok());
        let stop_timeout = limits.stop_timeout;
        let context = Arc::new(Context {
            limiter: Limiter::new(limits.rate.clone()),
            zone,
            limits,
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(udp::serve(udp, Arc::clone(&context), stopped.clone()));
        tasks.spawn(tcp::serve(tcp, context, stopped));
        Handle {
            stop,
            tasks,
            stop_timeout,
            addresses,
        }
    }
}

/// A running server. Dropping it ends the server at once.
#[derive(Debug)]
pub struct Handle {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
    stop_timeout: Duration,
    addresses: (Option<SocketAddr>, Option<SocketAddr>),
}

impl Handle {
    /// Where it answers over UDP.
    pub fn udp_address(&self) -> Option<SocketAddr> {
        self.addresses.0
    }

    /// Where it answers over TCP.
    pub fn tcp_address(&self) -> Option<SocketAddr> {
        self.addresses.1
    }

    /// Takes no more queries, lets those in work finish for at most [`Limits::stop_timeout`], and returns
    /// when both sockets are closed.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(self.stop_timeout, all).await.is_err() {
            self.tasks.shutdown().await;
        }
    }
}
