//! When a peer has had enough time.
//!
//! A connection is in one of four states, each with its own clock and limit: its peer does not take what
//! we write (`body_timeout`); a request is in flight and its handler has the say (a body that rests is
//! answered by the pipeline); a head has begun and is not complete (`head_timeout`: slow loris); or
//! nothing happens (`idle_timeout`). [`Watched`] and [`InFlight`] note what happens as it happens, with
//! plain stores; [`Activity::verdict`] is asked by the connection's task when a limit may have passed.
//!
//! HTTP/2 has no visible heads (hyper assembles them behind our back), so there only the last request
//! counts: pings and window updates do not keep a connection that asks for nothing.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http_body::{Body, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use crate::config::Limits;

/// What to do about a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing before this moment.
    Wait(Instant),
    /// Close it in the protocol's own way: nobody is using it.
    Idle,
    /// Cut it, for this reason.
    Cut(&'static str),
}

/// No moment, in the fields below.
const NEVER: u64 = 0;

/// What happens on a connection. Moments are milliseconds since it began, plus one.
#[derive(Debug)]
pub(crate) struct Activity {
    began: Instant,
    in_flight: AtomicUsize,
    idle_since: AtomicU64,
    head_since: AtomicU64,
    blocked_since: AtomicU64,
    http2: AtomicBool,
}

impl Activity {
    /// A connection begins.
    pub(crate) fn new(http2: bool) -> Arc<Self> {
        Arc::new(Self {
            began: Instant::now(),
            in_flight: AtomicUsize::new(0),
            idle_since: AtomicU64::new(1),
            head_since: AtomicU64::new(NEVER),
            blocked_since: AtomicU64::new(NEVER),
            http2: AtomicBool::new(http2),
        })
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX - 1) + 1
    }

    fn moment(&self, noted: u64) -> Instant {
        self.began + Duration::from_millis(noted.saturating_sub(1))
    }

    /// What is to be done now.
    pub(crate) fn verdict(&self, limits: &Limits) -> Verdict {
        let now = Instant::now();
        // What begins after this look cannot end before the shortest of the limits.
        let shortest = limits
            .body_timeout
            .min(limits.head_timeout)
            .min(limits.idle_timeout);
        let blocked = self.blocked_since.load(Ordering::Relaxed);
        let head = self.head_since.load(Ordering::Relaxed);
        let (since, limit, then) = if blocked != NEVER {
            (
                blocked,
                limits.body_timeout,
                Verdict::Cut("the peer does not read"),
            )
        } else if self.in_flight.load(Ordering::Acquire) > 0 {
            return Verdict::Wait(now + shortest);
        } else if head != NEVER && !self.http2.load(Ordering::Relaxed) {
            (
                head,
                limits.head_timeout,
                Verdict::Cut("the request's head does not end"),
            )
        } else {
            (
                self.idle_since.load(Ordering::Relaxed),
                limits.idle_timeout,
                Verdict::Idle,
            )
        };
        let deadline = self.moment(since) + limit;
        if deadline <= now {
            return then;
        }
        Verdict::Wait(deadline.min(now + shortest))
    }

    fn read(&self, bytes: &[u8]) {
        if self.head_since.load(Ordering::Relaxed) == NEVER && self.in_flight.load(Ordering::Acquire) == 0 {
            // The preface of HTTP/2 with prior knowledge (RFC 9113 §3.4).
            if bytes.starts_with(b"PRI") {
                self.http2.store(true, Ordering::Relaxed);
            }
            self.head_since.store(self.now(), Ordering::Relaxed);
        }
    }

    fn wrote<T>(&self, result: &Poll<T>) {
        let blocked = self.blocked_since.load(Ordering::Relaxed) != NEVER;
        if result.is_pending() {
            if !blocked {
                self.blocked_since.store(self.now(), Ordering::Relaxed);
            }
        } else if blocked {
            self.blocked_since.store(NEVER, Ordering::Relaxed);
        }
    }
}

/// A request in flight, until its answer's last byte was handed over or somebody gave up.
#[derive(Debug)]
pub(crate) struct InFlight(Arc<Activity>);

impl InFlight {
    /// A request's head is complete.
    pub(crate) fn begin(activity: &Arc<Activity>, version: http::Version) -> Self {
        if version == http::Version::HTTP_2 {
            activity.http2.store(true, Ordering::Relaxed);
        }
        activity.in_flight.fetch_add(1, Ordering::AcqRel);
        activity.head_since.store(NEVER, Ordering::Relaxed);
        Self(Arc::clone(activity))
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.idle_since.store(self.0.now(), Ordering::Relaxed);
        self.0.in_flight.fetch_sub(1, Ordering::AcqRel);
    }
}

/// An answer's body that keeps its request in flight.
pub(crate) struct Guarded<B> {
    body: B,
    _in_flight: InFlight,
}

impl<B> Guarded<B> {
    pub(crate) fn new(body: B, in_flight: InFlight) -> Self {
        Self {
            body,
            _in_flight: in_flight,
        }
    }
}

impl<B: Body + Unpin> Body for Guarded<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A stream whose reads and writes are noted.
pub(crate) struct Watched<S> {
    stream: S,
    activity: Arc<Activity>,
}

impl<S> Watched<S> {
    pub(crate) fn new(stream: S, activity: Arc<Activity>) -> Self {
        Self { stream, activity }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        let new = buffer.filled().get(before..).unwrap_or_default();
        if !new.is_empty() {
            self.activity.read(new);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.activity.wrote(&result);
        result
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.activity.wrote(&result);
        result
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.stream).poll_flush(context);
        self.activity.wrote(&result);
        result
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.stream).poll_shutdown(context);
        self.activity.wrote(&result);
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        Limits {
            head_timeout: Duration::from_secs(2),
            idle_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(5),
            ..Limits::default()
        }
    }

    async fn pass(seconds: u64) {
        tokio::time::advance(Duration::from_secs(seconds)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn each_state_has_its_clock() {
        let activity = Activity::new(false);
        let verdict = || activity.verdict(&limits());
        assert_eq!(
            verdict(),
            Verdict::Wait(Instant::now() + Duration::from_secs(2)),
            "a head may begin"
        );
        pass(9).await;
        assert_eq!(verdict(), Verdict::Wait(Instant::now() + Duration::from_secs(1)));
        activity.read(b"GET / HT");
        pass(1).await;
        assert_eq!(verdict(), Verdict::Wait(Instant::now() + Duration::from_secs(1)));
        activity.read(b"T");
        pass(1).await;
        assert_eq!(
            verdict(),
            Verdict::Cut("the request's head does not end"),
            "one byte a second does not help"
        );

        let request = InFlight::begin(&activity, http::Version::HTTP_11);
        pass(3600).await;
        activity.read(b"the body");
        assert!(matches!(verdict(), Verdict::Wait(_)), "the handler has the say");
        activity.wrote::<()>(&Poll::Pending);
        pass(4).await;
        activity.wrote::<()>(&Poll::Pending);
        assert!(matches!(verdict(), Verdict::Wait(_)));
        activity.wrote(&Poll::Ready(()));
        pass(4).await;
        activity.wrote::<()>(&Poll::Pending);
        pass(5).await;
        assert_eq!(verdict(), Verdict::Cut("the peer does not read"));
        activity.wrote(&Poll::Ready(()));

        drop(request);
        assert!(matches!(verdict(), Verdict::Wait(_)));
        pass(10).await;
        assert_eq!(verdict(), Verdict::Idle);
    }

    #[tokio::test(start_paused = true)]
    async fn http2_is_idle_without_requests_whatever_it_sends() {
        let activity = Activity::new(false);
        activity.read(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        pass(9).await;
        activity.read(b"a ping");
        assert!(matches!(activity.verdict(&limits()), Verdict::Wait(_)));
        pass(1).await;
        assert_eq!(activity.verdict(&limits()), Verdict::Idle);
    }
}
