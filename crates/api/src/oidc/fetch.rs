//! How documents of identity providers are got: the server's to do, which alone speaks HTTP as a client and TLS.

use async_trait::async_trait;
use bytes::Bytes;

/// Why a document was not got: for the log.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct FetchError(pub String);

/// Gets documents.
#[async_trait]
pub trait Fetch: Send + Sync + 'static {
    /// The body of a 200 that `url` answers a GET with. Redirects are not followed; the wait is bounded, and so is
    /// the body: by `bytes_max`.
    ///
    /// # Errors
    /// Why there is none.
    async fn get(&self, url: &str, bytes_max: usize) -> Result<Bytes, FetchError>;
}

/// Gets nothing: an API that reaches no provider.
#[derive(Debug, Clone, Copy)]
pub struct NoFetch;

#[async_trait]
impl Fetch for NoFetch {
    async fn get(&self, _: &str, _: usize) -> Result<Bytes, FetchError> {
        Err(FetchError("this server asks no identity providers".to_owned()))
    }
}
