//! The counters of the DNS server, each named once.

use metrics::{counter, describe_counter, describe_gauge, gauge};

/// Answers sent, by code and transport.
const RESPONSES: &str = "cairn_dns_responses_total";
/// Queries and connections that got no answer, by reason.
const DROPPED: &str = "cairn_dns_dropped_total";
/// TCP connections open now.
const CONNECTIONS: &str = "cairn_dns_connections";

/// Tells the recorder what the metrics of this crate mean. Call once, after the recorder is installed.
pub fn describe() {
    describe_counter!(RESPONSES, "DNS answers sent, by response code and transport");
    describe_counter!(
        DROPPED,
        "DNS queries and connections left without an answer, by reason"
    );
    describe_gauge!(CONNECTIONS, "DNS connections over TCP open now");
}

/// Why something got no answer.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Drop {
    /// Over the rate limit, and not slipped.
    Rate,
    /// Not a query: too short, or a response.
    Malformed,
    /// Too many queries in work.
    Busy,
    /// A source has too many connections.
    Connections,
    /// The answer could not be sent.
    Unsent,
}

pub(crate) fn dropped(why: Drop) {
    let reason = match why {
        Drop::Rate => "rate",
        Drop::Malformed => "malformed",
        Drop::Busy => "busy",
        Drop::Connections => "connections",
        Drop::Unsent => "unsent",
    };
    counter!(DROPPED, "reason" => reason).increment(1);
}

pub(crate) fn responded(code: &'static str, transport: &'static str) {
    counter!(RESPONSES, "code" => code, "transport" => transport).increment(1);
}

/// Counts a connection while it lives.
pub(crate) struct OpenConnection(());

impl OpenConnection {
    pub(crate) fn new() -> Self {
        gauge!(CONNECTIONS).increment(1.0);
        Self(())
    }
}

impl std::ops::Drop for OpenConnection {
    fn drop(&mut self) {
        gauge!(CONNECTIONS).decrement(1.0);
    }
}
