//! What can be set about the zone. The limits of the server are [`crate::Limits`].

use std::net::IpAddr;
use std::time::Duration;

/// A name server of the zone, as its NS records and the delegation in the parent zone name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nameserver {
    /// Its full name, inside the zone or not, with or without a trailing dot.
    pub name: String,
    /// Its addresses (glue), answered where its name is inside the zone. Empty means those of the
    /// default region.
    pub addresses: Vec<IpAddr>,
}

/// How the zone answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// How long after its creation a bucket's global name leads to its home region (facts/01 §4). At
    /// Amazon minutes to an hour; until then a client meets the 307.
    pub propagation: Duration,
    /// How long resolvers may keep an address. Whole seconds, at most [`Settings::TTL_MAX`].
    pub ttl: Duration,
    /// How long resolvers may keep that there is nothing (RFC 2308 §5). Whole seconds, at most
    /// [`Settings::TTL_MAX`].
    pub negative_ttl: Duration,
    /// The name servers; empty means one, `ns1.DOMAIN`, with the default region's addresses.
    pub nameservers: Vec<Nameserver>,
    /// The mailbox of whoever runs the zone, `user@host`, for the SOA record; `None` means
    /// `hostmaster@DOMAIN`.
    pub contact: Option<String>,
    /// How long the bucket directory may take to answer, before SERVFAIL.
    pub directory_timeout: Duration,
}

impl Settings {
    /// Longest time to live: a day.
    pub const TTL_MAX: Duration = Duration::from_secs(86_400);
    /// Longest propagation: a week.
    pub const PROPAGATION_MAX: Duration = Duration::from_secs(604_800);
    /// Most name servers: the addresses of 13 are what fits an answer without EDNS.
    pub const NAMESERVERS_MAX: usize = 13;
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            propagation: Duration::from_secs(10),
            ttl: Duration::from_secs(5),
            negative_ttl: Duration::from_secs(5),
            nameservers: Vec::new(),
            contact: None,
            directory_timeout: Duration::from_secs(2),
        }
    }
}
