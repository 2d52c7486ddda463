//! Listening sockets.

use std::io;
use std::net::{IpAddr, SocketAddr};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;

use crate::failure::{Code, Failure};

/// Connections the operating system completes before they are accepted; it may hold fewer.
const BACKLOG: i32 = 1024;

/// Opens every address. Must be called in a runtime.
///
/// An IPv6 wildcard takes IPv4 connections too, unless the same port is also asked for on IPv4.
pub(crate) fn bind_all(addresses: &[SocketAddr]) -> Result<Vec<TcpListener>, Failure> {
    let v4_ports: Vec<u16> = addresses
        .iter()
        .filter(|address| address.is_ipv4())
        .map(SocketAddr::port)
        .collect();
    let open = |address: &SocketAddr| bind(*address, v4_ports.contains(&address.port()));
    addresses.iter().map(open).collect()
}

/// Opens one address.
pub(crate) fn bind(address: SocketAddr, only_v6: bool) -> Result<TcpListener, Failure> {
    open(address, only_v6).map_err(|error| Failure::new(Code::Listen, explain(address, &error)))
}

fn open(address: SocketAddr, only_v6: bool) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // A restart must not wait for the connections of the run before to be forgotten.
    socket.set_reuse_address(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(only_v6)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

fn explain(address: SocketAddr, error: &io::Error) -> String {
    let port = address.port();
    match error.kind() {
        io::ErrorKind::AddrInUse => format!(
            "cannot listen on {address}: the port is in use; `ss -ltnp 'sport = :{port}'` shows by whom; stop that \
             process, or choose another address with --listen and --admin-listen"
        ),
        io::ErrorKind::PermissionDenied => format!(
            "cannot listen on {address}: ports below 1024 need a privilege; choose a higher one, or give the process \
             CAP_NET_BIND_SERVICE"
        ),
        io::ErrorKind::AddrNotAvailable => {
            format!(
                "cannot listen on {address}: this machine has no such address; `ip address` shows what it has"
            )
        }
        _ => format!("cannot listen on {address}: {error}"),
    }
}

/// The URL a client on this machine can use for a listener's address.
pub(crate) fn url(scheme: &str, address: SocketAddr) -> String {
    let host = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(std::net::Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    format!("{scheme}://{}", SocketAddr::new(host, address.port()))
}
