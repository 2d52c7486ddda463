//! The body of a request on its way in.
//!
//! [`Payload`] joins hyper's frames with what signatures ask of them ([`auth::Body`]: aws-chunked framing,
//! chunk signatures, the signed hash). It hands on slices of what hyper read; nothing is copied and no
//! chunk is buffered whole. The end, `Ok(None)`, comes only after everything was there and right. A client
//! that sends nothing for [`Limits::body_idle`](crate::Limits) is given up.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use cairn_protocol::S3Error;
use cairn_protocol::auth;
use cairn_protocol::auth::chunked::Trailers;
use http::HeaderMap;
use http::header::CONTENT_LENGTH;
use http_body::Body as _;
use http_body_util::BodyExt as _;
use http_body_util::combinators::UnsyncBoxBody;
use parking_lot::Mutex;
use tokio::time::{Instant, timeout, timeout_at};

/// Any error of the transport.
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;
/// hyper's body, or a test's.
pub(crate) type Incoming = UnsyncBoxBody<Bytes, BoxError>;

/// Most bytes of a refused request's body that are read over, so that the client, which may still be
/// sending, gets to read the answer instead of a reset connection.
pub(crate) const DRAIN_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Longest time spent on that.
pub(crate) const DRAIN_TIME_MAX: Duration = Duration::from_secs(2);

/// See the module.
pub(crate) struct Payload {
    /// `None` once the end was reached. The mutex is never locked ([`Mutex::get_mut`] is enough): it is
    /// what makes a body that only one thread may touch part of a request that several may look at.
    incoming: Option<Mutex<Incoming>>,
    check: Option<auth::Body>,
    pending: Bytes,
    size: Option<u64>,
    /// `Content-Length`, of the body as it is sent.
    length: Option<u64>,
    received: u64,
    trailers: Trailers,
    idle: Duration,
    /// The client waits for `100 Continue` before it sends; hyper sends that when the body is polled.
    expects_continue: bool,
    polled: bool,
}

impl Payload {
    /// A body that is not yet known to be anybody's: it can only be drained.
    pub(crate) fn unverified(incoming: Incoming, headers: &HeaderMap, idle: Duration) -> Self {
        let ended = incoming.is_end_stream();
        Self {
            incoming: (!ended).then(|| Mutex::new(incoming)),
            check: None,
            pending: Bytes::new(),
            size: None,
            length: content_length(headers),
            received: 0,
            trailers: Trailers::default(),
            idle,
            expects_continue: headers.contains_key(http::header::EXPECT),
            polled: false,
        }
    }

    /// No body at all.
    pub(crate) fn none() -> Self {
        Self {
            incoming: None,
            check: None,
            pending: Bytes::new(),
            size: None,
            length: None,
            received: 0,
            trailers: Trailers::default(),
            idle: Duration::ZERO,
            expects_continue: false,
            polled: false,
        }
    }

    /// From here on the body is read under what the signature says of it.
    pub(crate) fn verify_with(&mut self, check: auth::Body) {
        self.size = check.decoded_length().or(self.length);
        self.check = Some(check);
    }

    /// The length of the content in bytes, where it is announced.
    pub(crate) fn size(&self) -> Option<u64> {
        self.size
    }

    /// Whether the whole body was taken from the connection.
    pub(crate) fn is_ended(&self) -> bool {
        self.incoming.is_none()
    }

    /// The value of a trailer; there are none before the end.
    pub(crate) fn trailer(&self, name: &str) -> Option<&str> {
        self.trailers.get(name)
    }

    /// The next bytes of the content; `None` at the end, when all of it was verified.
    ///
    /// # Errors
    /// What the signature's checks say; `IncompleteBody` where the client broke off, `RequestTimeout` where
    /// it stopped sending.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, S3Error> {
        loop {
            if !self.pending.is_empty() {
                // Bytes are only read after `verify_with`.
                let check = self.check.as_mut().ok_or(S3Error::InternalError {})?;
                if let Some(data) = check.decode(&mut self.pending)? {
                    return Ok(Some(data));
                }
            }
            match self.frame().await? {
                Some(data) => self.pending = data,
                None => {
                    if let Some(check) = self.check.take() {
                        self.trailers = check.finish()?;
                    }
                    return Ok(None);
                }
            }
        }
    }

    async fn frame(&mut self) -> Result<Option<Bytes>, S3Error> {
        let Some(incoming) = &mut self.incoming else {
            return Ok(None);
        };
        self.polled = true;
        loop {
            match timeout(self.idle, incoming.get_mut().frame()).await {
                Err(_) => return Err(S3Error::RequestTimeout {}),
                Ok(Some(Err(error))) => {
                    tracing::debug!(%error, "the client broke off");
                    return Err(match self.length {
                        Some(length) => S3Error::incomplete_body(length, self.received),
                        None => S3Error::broken_body(),
                    });
                }
                Ok(Some(Ok(frame))) => {
                    // HTTP trailers are not S3's: those travel inside aws-chunked.
                    if let Ok(data) = frame.into_data()
                        && !data.is_empty()
                    {
                        self.received += data.len() as u64;
                        return Ok(Some(data));
                    }
                }
                Ok(None) => {
                    self.incoming = None;
                    return Ok(None);
                }
            }
        }
    }

    /// The whole content, of at most `bytes_max` bytes.
    ///
    /// # Errors
    /// As [`Self::next`]; `MaxMessageLengthExceeded`.
    pub(crate) async fn document(&mut self, bytes_max: usize) -> Result<Bytes, S3Error> {
        let too_long = || S3Error::MaxMessageLengthExceeded {
            max_message_length_bytes: bytes_max as u64,
        };
        if self.size.is_some_and(|size| size > bytes_max as u64) {
            return Err(too_long());
        }
        let Some(first) = self.next().await? else {
            return Ok(Bytes::new());
        };
        let mut document = BytesMut::from(first.as_ref());
        while let Some(data) = self.next().await? {
            if document.len() + data.len() > bytes_max {
                return Err(too_long());
            }
            document.extend_from_slice(&data);
        }
        // One frame longer than the limit has no second that would have told.
        if document.len() > bytes_max {
            Err(too_long())
        } else {
            Ok(document.freeze())
        }
    }

    /// Reads over what a refused request still sends, within [`DRAIN_BYTES_MAX`] and [`DRAIN_TIME_MAX`]. Not
    /// where the client waits for `100 Continue`: asking for the body now would invite it.
    pub(crate) async fn drain(&mut self) {
        if self.expects_continue && !self.polled {
            return;
        }
        let deadline = Instant::now() + DRAIN_TIME_MAX;
        let mut drained = 0;
        while let Some(incoming) = &mut self.incoming {
            match timeout_at(deadline, incoming.get_mut().frame()).await {
                Ok(None) => self.incoming = None,
                Ok(Some(Ok(frame))) => {
                    drained += frame.data_ref().map_or(0, |data| data.len() as u64);
                    if drained > DRAIN_BYTES_MAX {
                        return;
                    }
                }
                Err(_) | Ok(Some(Err(_))) => return,
            }
        }
    }
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

#[cfg(test)]
mod tests;
