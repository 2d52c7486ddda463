//! Where the server under test is, and who asks.
//!
//! `CAIRN_TEST_ENDPOINT` with `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_REGION` names a server
//! somebody else runs; without it one of our own is started, once for all tests.

use std::env;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::OnceLock;

use super::Server;

/// A server's address, names and root keys.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    pub(crate) address: SocketAddr,
    /// What `Host` says: the name in the URL, with the port.
    pub(crate) host: String,
    pub(crate) region: String,
    /// Below which endpoint names hang: `BUCKET.s3.DOMAIN`.
    pub(crate) domain: String,
    pub(crate) access_key: String,
    pub(crate) secret_key: String,
}

impl Endpoint {
    fn given(url: &str) -> Self {
        let host = url
            .strip_prefix("http://")
            .expect("CAIRN_TEST_ENDPOINT is http://…: these tests speak plain TCP");
        let host = host.trim_end_matches('/');
        let with_port = if host
            .rsplit(':')
            .next()
            .is_some_and(|port| port.parse::<u16>().is_ok())
        {
            host.to_owned()
        } else {
            format!("{host}:80")
        };
        let address = with_port
            .to_socket_addrs()
            .ok()
            .and_then(|mut found| found.next());
        let variable =
            |name: &str| env::var(name).unwrap_or_else(|_| panic!("CAIRN_TEST_ENDPOINT needs {name}"));
        Self {
            address: address.expect("CAIRN_TEST_ENDPOINT has an address"),
            host: host.to_owned(),
            region: env::var("AWS_REGION").unwrap_or_else(|_| "us-east-1".into()),
            domain: env::var("CAIRN_TEST_DOMAIN").unwrap_or_else(|_| "localhost".into()),
            access_key: variable("AWS_ACCESS_KEY_ID"),
            secret_key: variable("AWS_SECRET_ACCESS_KEY"),
        }
    }

    /// `name.DOMAIN:PORT`, a host of this server in Amazon's grammar.
    pub(crate) fn named(&self, name: &str) -> String {
        let port = self.address.port();
        format!("{name}.{}:{port}", self.domain)
    }
}

static GIVEN: OnceLock<String> = OnceLock::new();

/// Takes this server instead of `CAIRN_TEST_ENDPOINT`'s; before anything else.
pub(crate) fn use_endpoint(url: String) {
    let _ = GIVEN.set(url);
}

fn given() -> Option<String> {
    GIVEN
        .get()
        .cloned()
        .or_else(|| env::var("CAIRN_TEST_ENDPOINT").ok())
}

/// Whether the server is somebody else's.
pub(super) fn is_foreign() -> bool {
    given().is_some()
}

/// The server under test.
pub(crate) fn endpoint() -> &'static Endpoint {
    static ENDPOINT: OnceLock<Endpoint> = OnceLock::new();
    ENDPOINT.get_or_init(|| match given() {
        Some(url) => Endpoint::given(&url),
        None => Server::shared().endpoint.clone(),
    })
}
