//! The journal of requests: what was asked and what was answered, by request id, for a while.
//!
//! A refusal that a person asks about tomorrow must still be explainable, so every request leaves an
//! [`Entry`]: facts, no prose; explanations are computed when somebody asks. [`Journal::record`] costs the
//! request the encoding, a lock and a push. One thread of the journal's own takes what was pushed, some times a second,
//! and appends it to segment files; the oldest segment goes when there are too many bytes, or when it is too
//! old ([`Limits`]). Where the thread cannot keep up, entries are dropped and counted: a request never waits
//! for its journal.
//!
//! The files are diagnostics, not data: they are handed to the kernel within [`FLUSH_INTERVAL`] and never
//! synced. They survive the process being killed, and lose at most their last seconds with the machine's
//! power. [`Reader`] reads them from any process, beside a running server too.
//!
//! The crate knows nothing of HTTP servers and of S3.

mod entry;
mod journal;
mod reader;
mod redact;
mod segment;
mod store;
#[cfg(test)]
mod tests;

pub use entry::{
    Entry, FACT_BYTES_MAX, FACTS_MAX, Fact, HOST_BYTES_MAX, MESSAGE_BYTES_MAX, Mechanism, TARGET_BYTES_MAX,
    Text, WORD_BYTES_MAX,
};
pub use journal::{FLUSH_INTERVAL, Journal, Limits, QUEUE_BYTES_MAX, describe};
pub use reader::Reader;
pub use redact::{REPLACED, is_secret, redacted};

/// The journal's files cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the journal of requests in {path}: {source}")]
pub struct JournalError {
    /// The directory or the file.
    pub path: std::path::PathBuf,
    /// What the operating system says.
    pub source: std::io::Error,
}
