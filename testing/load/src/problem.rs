//! Why something could not be measured.

use crate::client::Failure;

/// Why something could not be measured.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    #[error("the endpoint must be http://HOST:PORT, not {0}")]
    Endpoint(String),
    #[error("the secret key is not one: 8 to 128 printable characters without spaces")]
    Secret,
    #[error("cannot start: {0}")]
    Runtime(std::io::Error),
    #[error("cannot make the bucket: {0}")]
    Bucket(Failure),
    #[error("cannot store the objects to read: {0}")]
    Fill(Failure),
    #[error("stored {stored} of {keys} objects in {seconds} s, and was stopped there")]
    FillLimit { stored: u64, keys: u64, seconds: u64 },
    #[error("storing an object took more than {0} s")]
    FillStuck(u64),
    #[error("cannot open {0} idle connections: {1}")]
    Idle(u32, Failure),
    #[error("a connection's task failed: {0}")]
    Task(#[from] tokio::task::JoinError),
    #[error("{0}: {1}")]
    File(String, std::io::Error),
    #[error("`{0}`: {1}")]
    Command(String, String),
    #[error("not ready after {0} s; {1}")]
    NotReady(u64, String),
    #[error("ended before it was ready; {0}")]
    Ended(String),
    #[error("no operation succeeded: {0}")]
    Nothing(String),
    #[error("there is no {what} `{name}`; there are: {known}")]
    Unknown {
        what: &'static str,
        name: String,
        known: String,
    },
    #[error("only `compare` can do {0}: it starts and stops the server itself")]
    NeedsOwnServer(&'static str),
    #[error("interrupted")]
    Interrupted,
    #[error("{0}")]
    Output(String),
}
