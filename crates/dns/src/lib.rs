//! Authoritative DNS for the deployment's domain: a name is answered with the addresses of the region
//! that should get its requests.
//!
//! [`Zone`] answers: it reads a name with the grammar the server reads `Host` headers with
//! ([`cairn_protocol::address`]), asks the [`cairn_region::Directory`] for a bucket's home where the name
//! is a bucket's global one, and [`Facilities`] for the addresses that are in service. [`Zone::locate`]
//! is the same with its reason, for `cairn explain route`. [`InService`] and [`Prober`] keep addresses
//! that fail out of the answers. [`Server`] speaks DNS over UDP and TCP.
//!
//! The wire format is hickory's (`hickory-proto`). Its server is not used: it accepts connections and
//! spawns work for datagrams without limit, retries a failing `accept` without pause, writes a log line
//! per query and loses the OPT record where an answer is cut; here all of that must be bounded
//! (tenet 4). There is no recursion, no zone transfer and no DNSSEC.

mod facilities;
#[cfg(test)]
mod kit;
mod limiter;
mod message;
mod metric;
mod prober;
mod server;
mod settings;
mod tcp;
mod udp;
mod zone;

pub use facilities::{Facilities, InService};
pub use limiter::RateLimits;
pub use metric::describe;
pub use prober::{Check, HttpReady, ProbeSettings, Prober};
pub use server::{Handle, Limits, Server};
pub use settings::{Nameserver, Settings};
pub use zone::{InvalidZone, Located, Rule, Zone};
