//! `/-/live` and `/-/ready`, on every listener: no bucket can have the name `-`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;

/// Whether requests are served.
#[derive(Debug, Clone, Copy)]
#[repr(u8)]
pub(crate) enum State {
    /// What a crash left is being put in order.
    Starting = 0,
    Ready = 1,
    /// Told to stop.
    Draining = 2,
}

/// The process's state, shared by all listeners.
#[derive(Debug, Clone)]
pub(crate) struct Health(Arc<AtomicU8>);

impl Health {
    pub(crate) fn starting() -> Self {
        Self(Arc::new(AtomicU8::new(State::Starting as u8)))
    }

    pub(crate) fn set(&self, state: State) {
        self.0.store(state as u8, Ordering::Release);
    }

    /// The answer to a health question, if the request is one.
    pub(crate) fn answer<B>(&self, request: &Request<B>) -> Option<Response<Full<Bytes>>> {
        let path = request.uri().path();
        if !path.starts_with("/-/") || !matches!(*request.method(), Method::GET | Method::HEAD) {
            return None;
        }
        match path {
            "/-/live" => Some(plain(StatusCode::OK, "live\n")),
            "/-/ready" => Some(match self.0.load(Ordering::Acquire) {
                state if state == State::Ready as u8 => plain(StatusCode::OK, "ready\n"),
                state if state == State::Draining as u8 => {
                    plain(StatusCode::SERVICE_UNAVAILABLE, "draining\n")
                }
                _ => plain(StatusCode::SERVICE_UNAVAILABLE, "starting\n"),
            }),
            _ => None,
        }
    }
}

/// A short answer in plain text.
pub(crate) fn plain(status: StatusCode, text: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(text.into()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    headers.insert(
        header::CACHE_CONTROL,
        header::HeaderValue::from_static("no-store"),
    );
    response
}
