//! The part of a request that signatures cover, borrowed.

use http::{HeaderMap, Method};

/// The head of a request as it was sent: nothing decoded, nothing normalised.
#[derive(Debug, Clone, Copy)]
pub struct RequestHead<'a> {
    /// The method.
    pub method: &'a Method,
    /// The path as sent, still percent-encoded, without the query. Empty counts as `/`.
    pub path: &'a str,
    /// The query as sent, without the `?`; empty if there is none.
    pub query: &'a str,
    /// All headers.
    pub headers: &'a HeaderMap,
    /// The `Host` header exactly as sent, with its port; over HTTP/2 the `:authority`.
    pub host: &'a str,
    /// The bucket, if the host names it: SigV2 signs it as the first segment of the path (facts/04 §4).
    pub bucket_in_host: Option<&'a str>,
}
