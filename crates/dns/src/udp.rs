//! DNS over UDP: one datagram a query, one an answer.
//!
//! A query is counted against its network's rate before anything else is done with it. Each is answered by
//! a task of its own, since one may wait for the directory; where as many wait as may, more are dropped:
//! the client asks again.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::UdpSocket;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::limiter::Verdict;
use crate::message::{Response, Transport, respond, slip};
use crate::metric::{Drop, dropped, responded};
use crate::server::Context;

/// Bytes of a query that are looked at. A name has 255 at most; what is longer carries options nobody here
/// reads, is cut, and answered with FORMERR.
const DATAGRAM_BYTES_MAX: usize = 4096;
/// Pause after a failure of the socket, so that a lasting one does not spin.
const FAILURE_PAUSE: Duration = Duration::from_millis(10);

/// Answers until `stopped`, then finishes what is in work.
pub(crate) async fn serve(socket: UdpSocket, context: Arc<Context>, mut stopped: watch::Receiver<bool>) {
    let socket = Arc::new(socket);
    let mut work = JoinSet::new();
    let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
    loop {
        let received = tokio::select! {
            biased;
            _ = stopped.wait_for(|stopped| *stopped) => break,
            received = socket.recv_from(&mut buffer) => received,
        };
        let (length, source) = match received {
            Ok(received) => received,
            Err(error) => {
                tracing::debug!(%error, "the DNS socket failed");
                tokio::time::sleep(FAILURE_PAUSE).await;
                continue;
            }
        };
        let query = buffer.get(..length).unwrap_or_default();
        while work.try_join_next().is_some() {}
        let work_is_full = work.len() >= context.limits.datagrams_in_flight_max;
        match context.limiter.count(source.ip(), Instant::now()) {
            Verdict::Drop => dropped(Drop::Rate),
            _ if work_is_full => dropped(Drop::Busy),
            Verdict::Answer => {
                let (socket, context, query) = (Arc::clone(&socket), Arc::clone(&context), query.to_vec());
                work.spawn(async move {
                    let response = respond(&context.zone, &query, Transport::Udp).await;
                    send(&socket, response, source).await;
                });
            }
            Verdict::Slip => {
                let (socket, response) = (Arc::clone(&socket), slip(query));
                work.spawn(async move { send(&socket, response, source).await });
            }
        }
    }
    while work.join_next().await.is_some() {}
}

async fn send(socket: &UdpSocket, response: Option<Response>, source: SocketAddr) {
    let Some(response) = response else {
        return dropped(Drop::Malformed);
    };
    match socket.send_to(&response.bytes, source).await {
        Ok(_) => responded(response.code, Transport::Udp.as_str()),
        Err(error) => {
            tracing::debug!(%source, %error, "a DNS answer could not be sent");
            dropped(Drop::Unsent);
        }
    }
}
