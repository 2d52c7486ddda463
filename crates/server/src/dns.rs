//! The DNS server of the deployment's domain: its sockets, what it answers from, and the checks that
//! leave out what cannot be reached.
//!
//! It is bound with the other listeners, so that a port in use is told before anything is written, and
//! started with them, so that the first name it gives away leads to a server that is ready.

use std::net::SocketAddr;
use std::sync::Arc;

use cairn_dns::{
    Check, Handle, HttpReady, InService, Limits, Nameserver, ProbeSettings, Prober, Server, Settings, Zone,
};
use cairn_engine::Engine;
use cairn_objects::{Homes, Objects};
use cairn_region::{Directory, DirectoryError, Home, Regions};
use cairn_types::{BucketName, SystemClock};
use tokio::net::{TcpListener, TcpStream, UdpSocket};

use crate::config::Config;
use crate::failure::{Code, Failure};
use crate::net::bind::bind;

/// The directory of buckets as DNS and explanations ask it.
pub(crate) struct BucketDirectory(pub(crate) Objects);

#[async_trait::async_trait]
impl Directory for BucketDirectory {
    async fn home(&self, bucket: &BucketName) -> Result<Option<Home>, DirectoryError> {
        match self.0.bucket(bucket).await {
            Ok(bucket) => Ok(Some(Home {
                region: bucket.region.clone(),
                created: bucket.created,
            })),
            Err(cairn_objects::Error::NoSuchBucket(_)) => Ok(None),
            Err(error) => Err(DirectoryError(error.to_string())),
        }
    }
}

/// The same of a store whose server does not run: only its directory is open.
pub(crate) struct ClosedDirectory(pub(crate) Engine);

#[async_trait::async_trait]
impl Directory for ClosedDirectory {
    async fn home(&self, bucket: &BucketName) -> Result<Option<Home>, DirectoryError> {
        let found = Homes::of_bucket(&self.0, bucket).await;
        let found = found.map_err(|error| DirectoryError(error.to_string()))?;
        Ok(found.map(|(region, created)| Home { region, created }))
    }
}

/// Ports tried for one that is free on UDP and TCP.
const FREE_PORT_TRIES: u32 = 8;

/// The sockets of one address: UDP and TCP have the same port.
pub(crate) struct Sockets {
    udp: UdpSocket,
    tcp: TcpListener,
}

/// Opens every address of `dns-listen`.
pub(crate) async fn bind_all(config: &Config) -> Result<Vec<Sockets>, Failure> {
    let mut all = Vec::new();
    for wanted in &config.dns_listen {
        let failed = |error: std::io::Error| {
            Failure::new(
                Code::Listen,
                format!(
                    "cannot answer DNS on {wanted}: {error}; another server may have the port (`ss -lunp`): choose \
                     another with --dns-listen. Ports below 1024 need CAP_NET_BIND_SERVICE"
                ),
            )
        };
        let mut tries = if wanted.port() == 0 { FREE_PORT_TRIES } else { 1 };
        all.push(loop {
            let udp = UdpSocket::bind(wanted).await.map_err(failed)?;
            // Port 0 is any free one: TCP takes what UDP was given, if it is free there, too.
            let address = udp.local_addr().map_err(failed)?;
            tries -= 1;
            match bind(address, true) {
                Ok(tcp) => break Sockets { udp, tcp },
                Err(_) if tries > 0 => {}
                Err(failure) => return Err(failure),
            }
        });
    }
    Ok(all)
}

/// The zone's settings.
pub(crate) fn settings(config: &Config) -> Settings {
    let mut nameservers: Vec<Nameserver> = Vec::new();
    for (name, address) in &config.dns_nameservers {
        match nameservers.iter_mut().find(|server| server.name == *name) {
            Some(server) => server.addresses.push(*address),
            None => nameservers.push(Nameserver {
                name: name.clone(),
                addresses: vec![*address],
            }),
        }
    }
    Settings {
        propagation: config.dns_propagation,
        ttl: config.dns_ttl,
        nameservers,
        ..Settings::default()
    }
}

/// The zone: what names mean, from the regions and the directory.
pub(crate) fn zone(
    config: &Config,
    regions: &Arc<Regions>,
    objects: &Objects,
    in_service: &InService,
) -> Result<Arc<Zone>, Failure> {
    let zone = Zone::new(
        Arc::clone(regions),
        Arc::new(BucketDirectory(objects.clone())),
        Arc::new(in_service.clone()),
        Arc::new(SystemClock),
        settings(config),
    );
    zone.map(Arc::new)
        .map_err(|error| Failure::usage(format!("dns: {error}")))
}

/// The server, answering.
pub(crate) struct Dns {
    handles: Vec<Handle>,
    _prober: Option<Prober>,
}

impl Dns {
    /// Answers on these sockets, and keeps an eye on the regions' addresses while it does.
    pub(crate) fn start(
        sockets: Vec<Sockets>,
        zone: &Arc<Zone>,
        regions: &Regions,
        in_service: &InService,
        config: &Config,
    ) -> Self {
        if sockets.is_empty() {
            return Self {
                handles: Vec::new(),
                _prober: None,
            };
        }
        cairn_dns::describe();
        let check = || -> Arc<dyn Check> {
            match config.tls() {
                Some(_) => Arc::new(Accepts),
                None => Arc::new(HttpReady),
            }
        };
        let prober = config
            .dns_checks
            .then(|| Prober::start(regions, in_service.clone(), check(), ProbeSettings::default()));
        let start =
            |sockets: Sockets| Server::start(Arc::clone(zone), sockets.udp, sockets.tcp, Limits::default());
        Self {
            handles: sockets.into_iter().map(start).collect(),
            _prober: prober,
        }
    }

    /// Answers what was asked, then no more.
    pub(crate) async fn stop(self) {
        for handle in self.handles {
            handle.stop().await;
        }
    }
}

/// The addresses the sockets came to have.
pub(crate) fn addresses(sockets: &[Sockets]) -> Vec<SocketAddr> {
    sockets
        .iter()
        .filter_map(|sockets| sockets.udp.local_addr().ok())
        .collect()
}

/// With TLS a check that asks for readiness would need the clients' trust; that the port accepts
/// connections is what can be told without.
struct Accepts;

#[async_trait::async_trait]
impl Check for Accepts {
    async fn ready(&self, address: SocketAddr) -> bool {
        TcpStream::connect(address).await.is_ok()
    }
}
