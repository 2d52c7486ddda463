//! DNS over TCP (RFC 7766): messages with two bytes of length before them.
//!
//! Queries of one connection are answered in turn. Connections are limited in number, in number per source,
//! in queries and in time, so that the few who must come by TCP always find room.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::message::{Transport, respond};
use crate::metric::{Drop, OpenConnection, dropped, responded};
use crate::server::Context;

/// Bytes of a query; a longer one ends the connection.
pub(crate) const QUERY_BYTES_MAX: usize = 4096;
/// Pause after a failure to accept, such as no file descriptor left.
const FAILURE_PAUSE: Duration = Duration::from_millis(50);

/// Accepts until `stopped`, then lets connections finish the query they are at.
pub(crate) async fn serve(listener: TcpListener, context: Arc<Context>, mut stopped: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(context.limits.connections_max.max(1)));
    let sources = Sources::default();
    let mut connections = JoinSet::new();
    loop {
        let next = async {
            // Never closed.
            let place = Arc::clone(&places).acquire_owned().await.ok();
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            biased;
            _ = stopped.wait_for(|stopped| *stopped) => break,
            next = next => next,
        };
        while connections.try_join_next().is_some() {}
        let (stream, source) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::debug!(%error, "a DNS connection could not be accepted");
                tokio::time::sleep(FAILURE_PAUSE).await;
                continue;
            }
        };
        let Some(seat) = sources.seat(source.ip(), context.limits.connections_per_source_max) else {
            dropped(Drop::Connections);
            continue;
        };
        let (context, stopped) = (Arc::clone(&context), stopped.clone());
        connections.spawn(async move {
            let _held = (place, seat, OpenConnection::new());
            // Clients leave in the middle of anything; there is nobody to tell.
            if let Err(error) = connection(stream, &context, stopped).await {
                tracing::debug!(%source, %error, "a DNS connection ended");
            }
        });
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn connection(
    mut stream: TcpStream,
    context: &Context,
    mut stopped: watch::Receiver<bool>,
) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let limits = &context.limits;
    for _ in 0..limits.connection_queries_max {
        let query = tokio::select! {
            biased;
            _ = stopped.wait_for(|stopped| *stopped) => return Ok(()),
            query = timeout(limits.connection_idle_timeout, receive(&mut stream)) => query??,
        };
        let Some(query) = query else { return Ok(()) };
        let Some(response) = respond(&context.zone, &query, Transport::Tcp).await else {
            dropped(Drop::Malformed);
            return Ok(());
        };
        let length = u16::try_from(response.bytes.len()).map_err(std::io::Error::other)?;
        let message = [&length.to_be_bytes()[..], &response.bytes].concat();
        match timeout(limits.write_timeout, stream.write_all(&message)).await {
            Ok(Ok(())) => responded(response.code, Transport::Tcp.as_str()),
            failed => {
                dropped(Drop::Unsent);
                return failed?;
            }
        }
    }
    Ok(())
}

/// The next query; `None` where the client has closed, or sends more than a query can be.
async fn receive(stream: &mut TcpStream) -> std::io::Result<Option<Vec<u8>>> {
    let length = match stream.read_u16().await {
        Ok(length) => usize::from(length),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    };
    if length > QUERY_BYTES_MAX {
        return Ok(None);
    }
    let mut query = vec![0; length];
    stream.read_exact(&mut query).await?;
    Ok(Some(query))
}

/// Connections by source. No larger than the number of connections.
#[derive(Debug, Clone, Default)]
struct Sources(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// A connection's place among those of its source, given back when dropped.
#[derive(Debug)]
struct Seat {
    sources: Sources,
    source: IpAddr,
}

impl Sources {
    fn seat(&self, source: IpAddr, max: usize) -> Option<Seat> {
        // One IPv6 host has at least a /64 to choose from.
        let source = match source.to_canonical() {
            IpAddr::V6(source) => IpAddr::V6((source.to_bits() >> 64 << 64).into()),
            v4 => v4,
        };
        let mut counts = self.0.lock();
        let count = counts.entry(source).or_default();
        if *count >= max.max(1) {
            return None;
        }
        *count += 1;
        Some(Seat {
            sources: self.clone(),
            source,
        })
    }
}

impl std::ops::Drop for Seat {
    fn drop(&mut self) {
        let mut counts = self.sources.0.lock();
        if let Some(count) = counts.get_mut(&self.source) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.source);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seats_are_counted_by_source_and_given_back() {
        let sources = Sources::default();
        let [one, two]: [IpAddr; 2] = ["192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap()];
        let first = sources.seat(one, 2).unwrap();
        let _second = sources.seat(one, 2).unwrap();
        assert!(sources.seat(one, 2).is_none());
        assert!(sources.seat("::ffff:192.0.2.1".parse().unwrap(), 2).is_none());
        drop(sources.seat(two, 2).unwrap());
        drop(first);
        drop(sources.seat(one, 2).unwrap());
        assert_eq!(sources.0.lock().len(), 1, "only who is there is remembered");
        let _six = sources.seat("2001:db8::1".parse().unwrap(), 1).unwrap();
        assert!(sources.seat("2001:db8::2".parse().unwrap(), 1).is_none());
        assert!(sources.seat("2001:db8:0:1::2".parse().unwrap(), 1).is_some());
    }
}
