//! What a proxy in front says of a request: the client's address, the host and the scheme that the client used.
//!
//! Anybody can write `X-Forwarded-For`, so it is believed of peers in `trusted-proxies` only, which is nobody unless
//! somebody is named. What a trusted proxy says and cannot be read is refused, not passed over: the request would
//! otherwise count as the proxy's own, with the proxy's address and host.
//!
//! `Forwarded` (RFC 7239) is not read. Proxies that set the `X-` headers leave a client's `Forwarded` as it is, and
//! what is set by one of two ways must not be believed in the other.

#[cfg(test)]
mod tests;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use cairn_api::Connection;
use http::header::HOST;
use http::uri::Authority;
use http::{HeaderMap, HeaderName, HeaderValue};
use ipnet::IpNet;

const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const THE_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Most trusted proxies between a client and the server; a chain of more is refused.
const HOPS_MAX: usize = 16;
/// Longest host in bytes: a DNS name of 253, a colon and a port.
const HOST_BYTES_MAX: usize = 259;

/// Whose forwarding headers are believed.
#[derive(Debug, Clone, Default)]
pub(crate) struct TrustedProxies(Arc<[IpNet]>);

/// What a proxy said that cannot be believed: the words of the answer.
type Fault = &'static str;

impl TrustedProxies {
    /// Those in these networks.
    pub(crate) fn new(networks: &[IpNet]) -> Self {
        Self(networks.into())
    }

    /// Makes host, scheme and client those that a trusted peer tells: the `Host` header is replaced, as signatures
    /// and addresses are read from it. A fault is noted in the connection, for the answer.
    pub(crate) fn believe(&self, headers: &mut HeaderMap, connection: &mut Connection) {
        if !self.trusts(connection.peer.ip()) {
            return;
        }
        let told = self.told(headers, connection.peer);
        match told {
            Ok(told) => {
                connection.peer = told.client.unwrap_or(connection.peer);
                connection.tls = told.tls.unwrap_or(connection.tls);
                // Two hosts are refused later, whatever is told.
                if let Some(host) = told.host
                    && headers.get_all(HOST).iter().count() < 2
                {
                    headers.insert(HOST, host);
                }
            }
            Err(fault) => connection.fault = Some(fault),
        }
    }

    /// An IPv4 peer of an IPv6 socket is the IPv4 address it is.
    fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    fn told(&self, headers: &HeaderMap, peer: SocketAddr) -> Result<Told, Fault> {
        Ok(Told {
            client: self.client(headers, peer)?,
            host: host(headers)?,
            tls: tls(headers)?,
        })
    }

    /// The last address that no trusted proxy has: each proxy adds its peer at the end, so what is before that one
    /// is the client's own writing, and not looked at. Where all are trusted, the first.
    fn client(&self, headers: &HeaderMap, peer: SocketAddr) -> Result<Option<SocketAddr>, Fault> {
        let lines: Vec<_> = headers.get_all(FOR).iter().collect();
        let mut client = None;
        let mut hops = 0;
        for line in lines.into_iter().rev() {
            let line = line.to_str().map_err(|_| NOT_AN_ADDRESS)?;
            for item in line.rsplit(',') {
                let address = node(item.trim_matches([' ', '\t'])).ok_or(NOT_AN_ADDRESS)?;
                client = Some(address);
                if !self.trusts(address.ip()) {
                    return Ok(client);
                }
                hops += 1;
                if hops == HOPS_MAX {
                    return Err("X-Forwarded-For names too many trusted proxies");
                }
            }
        }
        Ok(client.or(Some(peer)))
    }
}

const NOT_AN_ADDRESS: Fault = "X-Forwarded-For of a trusted proxy has something that is no IP address";

/// What a trusted proxy tells; None where it says nothing of it.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    client: Option<SocketAddr>,
    host: Option<HeaderValue>,
    tls: Option<bool>,
}

/// An address as proxies write one, with a port or without; port 0 says that none is known.
fn node(text: &str) -> Option<SocketAddr> {
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'))
        .unwrap_or(text);
    let alone = bare.parse().ok().map(|ip: IpAddr| SocketAddr::new(ip, 0));
    let address = alone.or_else(|| text.parse().ok())?;
    Some(SocketAddr::new(address.ip().to_canonical(), address.port()))
}

/// The only value of a header. A list would have to be taken apart by who wrote which item, which only
/// `X-Forwarded-For` tells.
fn only(headers: &HeaderMap, name: HeaderName, fault: Fault) -> Result<Option<&HeaderValue>, Fault> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => Ok(Some(value)),
        (Some(_), Some(_)) => Err(fault),
    }
}

fn host(headers: &HeaderMap) -> Result<Option<HeaderValue>, Fault> {
    let fault = "X-Forwarded-Host of a trusted proxy is not one host, with its port where it has one";
    let Some(value) = only(headers, THE_HOST, fault)? else {
        return Ok(None);
    };
    let text = value.to_str().map_err(|_| fault)?;
    let is_one = text.len() <= HOST_BYTES_MAX && !text.contains(['@', ',', '%']);
    match Authority::try_from(text) {
        Ok(authority) if is_one && !authority.host().is_empty() && has_a_port_or_none(&authority) => {
            Ok(Some(value.clone()))
        }
        _ => Err(fault),
    }
}

fn has_a_port_or_none(authority: &Authority) -> bool {
    let after = authority.as_str().strip_prefix(authority.host());
    after == Some("") || authority.port_u16().is_some()
}

fn tls(headers: &HeaderMap) -> Result<Option<bool>, Fault> {
    let fault = "X-Forwarded-Proto of a trusted proxy is neither http nor https";
    let Some(value) = only(headers, PROTO, fault)? else {
        return Ok(None);
    };
    match value.as_bytes() {
        text if text.eq_ignore_ascii_case(b"https") => Ok(Some(true)),
        text if text.eq_ignore_ascii_case(b"http") => Ok(Some(false)),
        _ => Err(fault),
    }
}
