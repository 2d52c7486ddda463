//! A deployment of several regions in one server: four old ones and two that were launched after 2019-03-20,
//! each at an address of its own of 127/8, all at one port, all enabled for every account.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::OnceLock;

use super::server::free_port;
use super::{Bucket, Endpoint, Server};

/// Name and address of each region.
pub(crate) const REGIONS: [(&str, Ipv4Addr); 6] = [
    ("us-east-1", Ipv4Addr::new(127, 0, 0, 1)),
    ("us-west-2", Ipv4Addr::new(127, 0, 0, 2)),
    ("eu-west-1", Ipv4Addr::new(127, 0, 0, 3)),
    ("eu-central-1", Ipv4Addr::new(127, 0, 0, 4)),
    ("ap-southeast-3", Ipv4Addr::new(127, 0, 0, 5)),
    ("af-south-1", Ipv4Addr::new(127, 0, 0, 6)),
];

/// A running server of several regions; its own endpoint is that of us-east-1.
pub(crate) struct Deployment {
    server: Server,
}

/// The one that the tests of regions share; none where there is no `cairn` binary ([`Server::start`]).
pub(crate) fn deployment() -> Option<&'static Deployment> {
    static SHARED: OnceLock<Option<Deployment>> = OnceLock::new();
    SHARED
        .get_or_init(|| Deployment::start(&["--opt-in-regions", "enabled"]))
        .as_ref()
}

impl Deployment {
    /// One with settings of its own.
    pub(crate) fn start(arguments: &[&str]) -> Option<Self> {
        let port = free_port(&REGIONS.map(|(_, address)| address));
        let list = REGIONS
            .map(|(name, address)| format!("{name}={address}:{port}"))
            .join(",");
        let address = SocketAddr::from((REGIONS[0].1, port));
        let server = Server::start_at(address, REGIONS[0].0, &["--regions", &list], arguments)?;
        Some(Self { server })
    }

    /// The region's endpoint at its address: a host that is no endpoint name.
    #[track_caller]
    pub(crate) fn at(&self, region: &str) -> Endpoint {
        let (name, address) = REGIONS
            .into_iter()
            .find(|(name, _)| *name == region)
            .expect("a region");
        let mut endpoint = self.server.endpoint.clone();
        endpoint.address.set_ip(address.into());
        endpoint.host = endpoint.address.to_string();
        endpoint.region = name.to_owned();
        endpoint
    }

    /// `name.DOMAIN:PORT`, a host in Amazon's grammar.
    pub(crate) fn named(&self, name: &str) -> String {
        self.server.endpoint.named(name)
    }

    /// A new bucket in that region.
    #[track_caller]
    pub(crate) fn bucket(&self, home: &str) -> Bucket {
        Bucket::on(&self.at(home))
    }
}
