//! Looks whether the addresses of the regions answer, and keeps those that fail out of DNS.
//!
//! Every address is checked at its region's first port, over and over. It takes several failures in a row
//! to be left out and several successes to come back, so that one lost packet moves nobody. All
//! addresses are checked at once, each within its timeout, so a dead one does not delay the others.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use cairn_region::Regions;
use cairn_types::RegionName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::{JoinHandle, JoinSet};

use crate::facilities::InService;

/// Asks one address whether it is ready.
#[async_trait::async_trait]
pub trait Check: Send + Sync + 'static {
    /// Whether it is. Need not be bounded in time: the prober gives up after its timeout.
    async fn ready(&self, address: SocketAddr) -> bool;
}

/// `GET /-/ready` in plain HTTP is answered with 200.
#[derive(Debug, Clone, Copy, Default)]
pub struct HttpReady;

impl HttpReady {
    /// Enough of the answer to see its status line.
    const ANSWER_BYTES_MAX: u64 = 64;

    async fn ask(address: SocketAddr) -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(address).await?;
        let request = format!("GET /-/ready HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream
            .take(Self::ANSWER_BYTES_MAX)
            .read_to_end(&mut answer)
            .await?;
        Ok(answer.starts_with(b"HTTP/1.1 200 "))
    }
}

#[async_trait::async_trait]
impl Check for HttpReady {
    async fn ready(&self, address: SocketAddr) -> bool {
        Self::ask(address).await.unwrap_or(false)
    }
}

/// How addresses are checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeSettings {
    /// From one round of checks to the next.
    pub interval: Duration,
    /// How long one check may take.
    pub timeout: Duration,
    /// Failures in a row until an address is left out. At least 1.
    pub failures: u32,
    /// Successes in a row until it is back. At least 1.
    pub successes: u32,
}

impl Default for ProbeSettings {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(3),
            timeout: Duration::from_secs(2),
            failures: 2,
            successes: 2,
        }
    }
}

/// Checks until it is dropped.
#[derive(Debug)]
pub struct Prober(JoinHandle<()>);

/// One address of a region, and what was seen of it.
#[derive(Debug)]
struct Target {
    region: RegionName,
    address: SocketAddr,
    in_service: bool,
    /// Checks in a row that disagree with `in_service`.
    against: u32,
}

impl Target {
    /// Takes a check's result; says whether the address changed sides.
    fn saw(&mut self, ready: bool, settings: &ProbeSettings) -> bool {
        if ready == self.in_service {
            self.against = 0;
            return false;
        }
        self.against = self.against.saturating_add(1);
        let needed = if ready {
            settings.successes
        } else {
            settings.failures
        };
        let changes = self.against >= needed;
        if changes {
            self.in_service = ready;
            self.against = 0;
        }
        changes
    }
}

impl Prober {
    /// Starts checking the addresses of `regions`, on the current tokio runtime, and marks them in
    /// `marks`. A region without ports is not checked.
    pub fn start(
        regions: &Regions,
        marks: InService,
        check: Arc<dyn Check>,
        settings: ProbeSettings,
    ) -> Self {
        let targets = targets(regions);
        Self(tokio::spawn(run(targets, marks, check, settings)))
    }
}

impl Drop for Prober {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn targets(regions: &Regions) -> Vec<Target> {
    let target = |region: &cairn_region::Region, address: IpAddr| {
        let port = region.ports.first()?;
        Some(Target {
            region: region.name.clone(),
            address: SocketAddr::new(address, *port),
            in_service: true,
            against: 0,
        })
    };
    regions
        .iter()
        .flat_map(|region| {
            region
                .addresses
                .iter()
                .filter_map(move |address| target(region, *address))
        })
        .collect()
}

async fn run(mut targets: Vec<Target>, marks: InService, check: Arc<dyn Check>, settings: ProbeSettings) {
    let mut rounds = tokio::time::interval(settings.interval.max(Duration::from_millis(10)));
    rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        rounds.tick().await;
        let mut checks = JoinSet::new();
        for (index, target) in targets.iter().enumerate() {
            let (check, address, limit) = (Arc::clone(&check), target.address, settings.timeout);
            checks.spawn(async move {
                let ready = tokio::time::timeout(limit, check.ready(address)).await;
                (index, ready.unwrap_or(false))
            });
        }
        while let Some(done) = checks.join_next().await {
            // A check that panicked says nothing.
            let Ok((index, ready)) = done else { continue };
            let Some(target) = targets.get_mut(index) else {
                continue;
            };
            if target.saw(ready, &settings) {
                marks.set(&target.region, target.address.ip(), ready);
                let (region, address) = (&target.region, target.address);
                if ready {
                    tracing::info!(%region, %address, "the address is back in DNS");
                } else {
                    tracing::warn!(%region, %address, "the address is not ready and left out of DNS");
                }
            }
        }
    }
}
