//! HTTP on one connection.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use super::activity::{Activity, Guarded, InFlight, Verdict, Watched};
use super::stop::{Phase, Stopping};
use super::{Handler, Peer};
use crate::config::Limits;

/// Header lines of one request; S3's own limit is by bytes. More are answered with 431.
const HEADERS_MAX: usize = 128;
/// Bytes of the header block of an HTTP/2 request, as its own rules count them (RFC 9113 §6.5.2).
const HTTP2_HEAD_BYTES_MAX: u32 = 64 * 1024;
/// Bytes of request bodies an HTTP/2 client may send ahead, for one stream and for all of a connection:
/// enough for a round trip of 10 ms at 100 MB/s.
const HTTP2_STREAM_WINDOW_BYTES: u32 = 1024 * 1024;
const HTTP2_CONNECTION_WINDOW_BYTES: u32 = 4 * 1024 * 1024;
/// Bytes of answers waiting to be written for one HTTP/2 stream.
const HTTP2_SEND_BUFFER_BYTES: usize = 256 * 1024;
/// How often an HTTP/2 peer with requests in flight is asked whether it is still there, and how long it
/// may take to say so.
const HTTP2_PING_INTERVAL: Duration = Duration::from_secs(30);
const HTTP2_PING_TIMEOUT: Duration = Duration::from_secs(20);
/// Requests of one HTTP/2 connection that its client took back before they were begun: above it, it is
/// attacking ("rapid reset", CVE-2023-44487). hyper's default, named.
const HTTP2_RESETS_MAX: usize = 20;

/// How long a connection that was told to end, and has no request, may take to say goodbye. HTTP/2 waits
/// for its peer to confirm (RFC 9113 §6.8), and a peer may be dead.
const GOODBYE_TIMEOUT: Duration = Duration::from_secs(2);

/// The protocols' settings, made once for all connections.
#[derive(Debug, Clone)]
pub(crate) struct Protocols(auto::Builder<TokioExecutor>);

impl Protocols {
    pub(crate) fn new(limits: &Limits) -> Self {
        let mut builder = auto::Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            // `activity` has the clocks.
            .header_read_timeout(None)
            .max_headers(HEADERS_MAX)
            .max_buf_size(limits.http1_buffer_bytes_max);
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(limits.http2_streams_max)
            .max_header_list_size(HTTP2_HEAD_BYTES_MAX)
            .initial_stream_window_size(HTTP2_STREAM_WINDOW_BYTES)
            .initial_connection_window_size(HTTP2_CONNECTION_WINDOW_BYTES)
            .max_send_buf_size(HTTP2_SEND_BUFFER_BYTES)
            .max_pending_accept_reset_streams(HTTP2_RESETS_MAX)
            .keep_alive_interval(HTTP2_PING_INTERVAL)
            .keep_alive_timeout(HTTP2_PING_TIMEOUT);
        Self(builder)
    }

    /// Serves a connection until one side ends it. Returns why, for metrics.
    pub(crate) async fn serve<S, H>(
        &self,
        stream: S,
        http2: bool,
        peer: Peer,
        handler: H,
        limits: &Limits,
        mut stopping: Stopping,
    ) -> &'static str
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        H: Handler,
    {
        let activity = Activity::new(http2);
        let stream = TokioIo::new(Watched::new(stream, Arc::clone(&activity)));
        let noted = Arc::clone(&activity);
        let service = service_fn(move |request: http::Request<hyper::body::Incoming>| {
            let in_flight = InFlight::begin(&noted, request.version());
            let handler = handler.clone();
            async move {
                // hyper keeps room for the service's future as long as the connection lives, and the
                // pipeline's is large: in a box of its own it weighs on connections with a request only.
                let response = Box::pin(handler.handle(request, peer)).await;
                Ok::<_, Infallible>(response.map(|body| Guarded::new(body, in_flight)))
            }
        });
        let mut connection = std::pin::pin!(self.0.serve_connection(stream, service));
        let mut clock = std::pin::pin!(tokio::time::sleep_until(Instant::now()));
        let mut cut = stopping.clone();
        let mut limits = *limits;
        let mut closing = None;
        loop {
            let why = tokio::select! {
                ended = connection.as_mut() => {
                    return match ended {
                        Ok(()) => closing.unwrap_or("done"),
                        Err(error) => {
                            tracing::debug!(peer = %peer.peer, %error, "connection ended");
                            "error"
                        }
                    };
                }
                () = clock.as_mut() => match activity.verdict(&limits) {
                    Verdict::Wait(until) => {
                        clock.as_mut().reset(until);
                        continue;
                    }
                    Verdict::Idle => match closing {
                        None => "idle",
                        Some(why) => return why,
                    },
                    Verdict::Cut(reason) => {
                        tracing::debug!(peer = %peer.peer, reason, "connection cut");
                        return "slow";
                    }
                },
                () = stopping.entered(Phase::Draining), if closing != Some("draining") => "draining",
                () = cut.entered(Phase::Cut) => return "cut",
            };
            closing = Some(why);
            connection.as_mut().graceful_shutdown();
            limits.idle_timeout = GOODBYE_TIMEOUT;
            limits.head_timeout = limits.head_timeout.min(GOODBYE_TIMEOUT);
            clock.as_mut().reset(Instant::now() + GOODBYE_TIMEOUT);
        }
    }
}
