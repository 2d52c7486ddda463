//! Records of a [`Zone`]: what each rule is answered with.
//!
//! Addresses become A and AAAA records, rotated; the apex has SOA and NS; everything else that exists is
//! NODATA, with the SOA record that says for how long (RFC 2308 §2). ANY gets one set of records
//! (RFC 8482 §4.1).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::atomic::{AtomicUsize, Ordering};

use cairn_protocol::address::{Endpoint, Endpoints};
use hickory_proto::op::ResponseCode;
use hickory_proto::rr::rdata::{A, AAAA, NS, SOA};
use hickory_proto::rr::{Name, RData, Record, RecordType};

use super::{InvalidZone, Located, Rule, Zone, name};
use crate::settings::{Nameserver, Settings};

/// Time to live of SOA and NS, in seconds: they change with the configuration only.
const APEX_TTL: u32 = 300;
/// Seconds between a secondary's looks at the zone, between tries after a failed one, and until it gives
/// up. There are no secondaries; these are common values (RFC 1912 §2.2).
const SOA_REFRESH: i32 = 3600;
const SOA_RETRY: i32 = 600;
const SOA_EXPIRE: i32 = 86_400;

/// An answer, before it is a message.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    /// The code.
    pub(crate) code: ResponseCode,
    /// Whether it is authoritative.
    pub(crate) authoritative: bool,
    /// What was asked for.
    pub(crate) answers: Vec<Record>,
    /// The SOA record of a negative answer.
    pub(crate) authorities: Vec<Record>,
    /// Addresses of name servers.
    pub(crate) additionals: Vec<Record>,
}

impl Answer {
    /// An answer without records.
    pub(crate) fn bare(code: ResponseCode) -> Self {
        Self {
            code,
            authoritative: false,
            answers: Vec::new(),
            authorities: Vec::new(),
            additionals: Vec::new(),
        }
    }
}

/// A name server: its name, as DNS and as text in lower case, and its addresses.
#[derive(Debug)]
struct Server {
    name: Name,
    host: String,
    addresses: Vec<IpAddr>,
    inside: bool,
}

/// Who serves the zone and who is responsible for it.
#[derive(Debug)]
pub(super) struct Identity {
    servers: Vec<Server>,
    contact: Name,
}

impl Identity {
    pub(super) fn new(endpoints: &Endpoints, settings: &Settings) -> Result<Self, InvalidZone> {
        let domain = endpoints.domain();
        let default = [Nameserver {
            name: format!("ns1.{domain}"),
            addresses: Vec::new(),
        }];
        let given = match settings.nameservers.as_slice() {
            [] => &default[..],
            given if given.len() > Settings::NAMESERVERS_MAX => return Err(InvalidZone::NameserversMany),
            given => given,
        };
        let servers = given
            .iter()
            .map(|server| Server::new(server, endpoints))
            .collect::<Result<_, _>>()?;
        let contact = match &settings.contact {
            None => {
                name(&format!("hostmaster.{domain}")).ok_or_else(|| InvalidZone::Domain(domain.to_owned()))?
            }
            Some(mailbox) => contact(mailbox).ok_or_else(|| InvalidZone::Contact(mailbox.clone()))?,
        };
        Ok(Self { servers, contact })
    }

    /// Whether `host` is a name server inside the zone.
    pub(super) fn serves(&self, host: &str) -> bool {
        self.servers
            .iter()
            .any(|server| server.inside && server.host == host)
    }

    /// Whether a name server inside the zone is below `host`.
    pub(super) fn is_above(&self, host: &str) -> bool {
        self.servers.iter().any(|server| {
            server.inside
                && server
                    .host
                    .strip_suffix(host)
                    .is_some_and(|rest| rest.ends_with('.'))
        })
    }
}

impl Server {
    fn new(given: &Nameserver, endpoints: &Endpoints) -> Result<Self, InvalidZone> {
        let host = given
            .name
            .strip_suffix('.')
            .unwrap_or(&given.name)
            .to_ascii_lowercase();
        let name = name(&host).ok_or_else(|| InvalidZone::Nameserver(given.name.clone()))?;
        let rest = host.strip_suffix(endpoints.domain());
        let taken = rest == Some("") || *endpoints.host(Some(&host)).endpoint() != Endpoint::Own;
        if taken {
            return Err(InvalidZone::NameserverTaken(given.name.clone()));
        }
        Ok(Self {
            inside: rest.is_some_and(|rest| rest.ends_with('.')),
            name,
            host,
            addresses: given.addresses.clone(),
        })
    }
}

/// A mailbox as a name: its local part is one label, dots and all (RFC 1035 §8).
fn contact(mailbox: &str) -> Option<Name> {
    let (local, host) = mailbox.rsplit_once('@')?;
    let printable = !local.is_empty() && local.bytes().all(|byte| byte.is_ascii_graphic());
    let host = name(host.strip_suffix('.').unwrap_or(host))?;
    printable
        .then(|| host.prepend_label(local.as_bytes()).ok())
        .flatten()
}

/// Whose turn it is to be first. IPv4 and IPv6 have their own turns: clients ask for both one after the
/// other, so of two addresses a common turn would show each family the same one every time.
#[derive(Debug, Default)]
pub(super) struct Rotation {
    v4: AtomicUsize,
    v6: AtomicUsize,
}

fn rotated<T>(mut addresses: Vec<T>, turn: &AtomicUsize) -> Vec<T> {
    if addresses.len() > 1 {
        let turn = turn.fetch_add(1, Ordering::Relaxed) % addresses.len();
        addresses.rotate_left(turn);
    }
    addresses.truncate(Zone::ADDRESSES_MAX);
    addresses
}

impl Zone {
    /// The answer to a question of class IN.
    pub(crate) async fn answer(&self, question: &Name, record_type: RecordType) -> Answer {
        if !self.apex.zone_of(question) {
            return Answer::bare(ResponseCode::Refused);
        }
        let Some(host) = host(question) else {
            return self.negative(ResponseCode::NXDomain);
        };
        let located = match self.rule(&host).await {
            Ok(rule) => self.located(rule, &host),
            Err(error) => {
                self.log_failure(&error);
                return Answer::bare(ResponseCode::ServFail);
            }
        };
        let answers = match &located.rule {
            Rule::NoSuchName => return self.negative(ResponseCode::NXDomain),
            Rule::Foreign => return Answer::bare(ResponseCode::Refused),
            Rule::Parent => Vec::new(),
            Rule::Apex => self.apex_records(question, record_type),
            _ => self.address_records(question, record_type, &located),
        };
        if answers.is_empty() {
            return self.negative(ResponseCode::NoError);
        }
        let named = located.rule == Rule::Apex && record_type == RecordType::NS;
        Answer {
            authoritative: true,
            answers,
            additionals: if named { self.glue() } else { Vec::new() },
            ..Answer::bare(ResponseCode::NoError)
        }
    }

    /// NXDOMAIN or NODATA (RFC 2308 §2), with the time it may be kept (§5).
    fn negative(&self, code: ResponseCode) -> Answer {
        Answer {
            authoritative: true,
            authorities: vec![self.soa(self.apex.clone(), seconds(self.settings.negative_ttl))],
            ..Answer::bare(code)
        }
    }

    fn apex_records(&self, owner: &Name, record_type: RecordType) -> Vec<Record> {
        match record_type {
            RecordType::SOA | RecordType::ANY => vec![self.soa(owner.clone(), APEX_TTL)],
            RecordType::NS => self
                .identity
                .servers
                .iter()
                .map(|server| Record::from_rdata(owner.clone(), APEX_TTL, RData::NS(NS(server.name.clone()))))
                .collect(),
            _ => Vec::new(),
        }
    }

    fn soa(&self, owner: Name, ttl: u32) -> Record {
        let server = self
            .identity
            .servers
            .first()
            .map_or(&self.apex, |server| &server.name);
        // The zone changes with time, so time is its version. It passes 2^32 in 2106, which serial numbers
        // are made for (RFC 1982).
        #[allow(clippy::cast_possible_truncation)]
        let serial = self.clock.now().seconds() as u32;
        let soa = SOA::new(
            server.clone(),
            self.identity.contact.clone(),
            serial,
            SOA_REFRESH,
            SOA_RETRY,
            SOA_EXPIRE,
            seconds(self.settings.negative_ttl),
        );
        Record::from_rdata(owner, ttl, RData::SOA(soa))
    }

    fn address_records(&self, owner: &Name, record_type: RecordType, located: &Located) -> Vec<Record> {
        let ttl = seconds(self.settings.ttl);
        let (v4, v6) = families(&located.addresses);
        let records = |data: Vec<RData>| -> Vec<Record> {
            data.into_iter()
                .map(|data| Record::from_rdata(owner.clone(), ttl, data))
                .collect()
        };
        let a = |addresses| {
            records(
                rotated(addresses, &self.rotation.v4)
                    .into_iter()
                    .map(|v4| RData::A(A(v4)))
                    .collect(),
            )
        };
        let aaaa = |addresses| {
            records(
                rotated(addresses, &self.rotation.v6)
                    .into_iter()
                    .map(|v6| RData::AAAA(AAAA(v6)))
                    .collect(),
            )
        };
        match record_type {
            RecordType::A => a(v4),
            RecordType::AAAA => aaaa(v6),
            RecordType::ANY if v4.is_empty() => aaaa(v6),
            RecordType::ANY => a(v4),
            _ => Vec::new(),
        }
    }

    /// The addresses of name servers inside the zone.
    fn glue(&self) -> Vec<Record> {
        let inside = self.identity.servers.iter().filter(|server| server.inside);
        inside
            .flat_map(|server| {
                let addresses = self.nameserver_addresses(&server.host);
                addresses.into_iter().map(|address| {
                    let data = match address {
                        IpAddr::V4(v4) => RData::A(A(v4)),
                        IpAddr::V6(v6) => RData::AAAA(AAAA(v6)),
                    };
                    Record::from_rdata(server.name.clone(), APEX_TTL, data)
                })
            })
            .take(Self::ADDRESSES_MAX)
            .collect()
    }

    /// The addresses of a name server inside the zone: its own, or those of the default region.
    pub(super) fn nameserver_addresses(&self, host: &str) -> Vec<IpAddr> {
        let server = self.identity.servers.iter().find(|server| server.host == host);
        match server {
            Some(server) if !server.addresses.is_empty() => server.addresses.clone(),
            Some(_) => self.facilities.addresses(&self.regions.default_region().name),
            None => Vec::new(),
        }
    }

    /// Says that the directory fails, once a second at most: each query meets the same failure.
    fn log_failure(&self, error: &cairn_region::DirectoryError) {
        let second = self.clock.now().seconds();
        if self.logged.swap(second, Ordering::Relaxed) != second {
            tracing::warn!(%error, "DNS answers SERVFAIL for buckets' global names");
        }
    }
}

fn families(addresses: &[IpAddr]) -> (Vec<Ipv4Addr>, Vec<Ipv6Addr>) {
    let mut families = (Vec::new(), Vec::new());
    for address in addresses {
        match address {
            IpAddr::V4(v4) => families.0.push(*v4),
            IpAddr::V6(v6) => families.1.push(*v6),
        }
    }
    families
}

/// Limited by [`Settings::TTL_MAX`].
fn seconds(duration: std::time::Duration) -> u32 {
    u32::try_from(duration.as_secs()).unwrap_or(u32::MAX)
}

/// The text of a name, in lower case without the last dot; `None` where a label is not text that names
/// here consist of. A dot inside a label must not become one between labels.
fn host(name: &Name) -> Option<String> {
    let mut host = String::with_capacity(name.len());
    for label in name.iter() {
        if !host.is_empty() {
            host.push('.');
        }
        for byte in label {
            match byte {
                b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => host.push(char::from(*byte)),
                b'A'..=b'Z' => host.push(char::from(byte.to_ascii_lowercase())),
                _ => return None,
            }
        }
    }
    Some(host)
}
