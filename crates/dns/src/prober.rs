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
                    tracing::info!(%region, %address, "the address is ready, and back in DNS");
                } else if marks.is_all_out(region) {
                    tracing::warn!(
                        %region, %address,
                        "the address is not ready, like all others of its region: DNS gives all of them away"
                    );
                } else {
                    tracing::warn!(%region, %address, "the address is not ready, and left out of DNS");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;
    use crate::facilities::Facilities;
    use crate::kit::{ip, region};
    use parking_lot::Mutex;

    const SOON: Duration = Duration::from_secs(10);

    #[test]
    fn it_takes_several_checks_in_a_row_to_change_sides() {
        let settings = ProbeSettings {
            failures: 3,
            successes: 2,
            ..ProbeSettings::default()
        };
        let mut target = Target {
            region: region("eu-west-1"),
            address: "192.0.2.1:9000".parse().unwrap(),
            in_service: true,
            against: 0,
        };
        let mut saw = |results: &[bool]| -> Vec<bool> {
            results
                .iter()
                .map(|ready| target.saw(*ready, &settings))
                .collect()
        };
        assert_eq!(saw(&[false, false, true, false, false]), [false; 5]);
        assert_eq!(
            saw(&[false, false, true, false, true]),
            [true, false, false, false, false]
        );
        assert_eq!(saw(&[true, true]), [true, false]);
    }

    /// Ready are those in the list.
    #[derive(Default)]
    struct Listed(Mutex<Vec<SocketAddr>>);

    #[async_trait::async_trait]
    impl Check for Listed {
        async fn ready(&self, address: SocketAddr) -> bool {
            let ready = self.0.lock().contains(&address);
            if !ready && address.is_ipv6() {
                // Hangs: the timeout is the answer, and the others do not wait for it.
                std::future::pending::<()>().await;
            }
            ready
        }
    }

    #[tokio::test]
    async fn addresses_leave_and_come_back() {
        let regions = Arc::new(crate::kit::regions("cairn.test"));
        let marks = InService::new(Arc::clone(&regions));
        let check = Arc::new(Listed::default());
        let all: Vec<SocketAddr> = targets(&regions).iter().map(|target| target.address).collect();
        assert_eq!(all.len(), 166);
        check.0.lock().extend(&all);
        let settings = ProbeSettings {
            interval: Duration::from_millis(10),
            timeout: Duration::from_millis(20),
            failures: 2,
            successes: 2,
        };
        let west = region("eu-west-1");
        let everything = marks.addresses(&west);
        let until = async |expected: &[IpAddr]| {
            let same = async {
                while marks.addresses(&west) != expected {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            };
            tokio::time::timeout(SOON, same).await.unwrap();
        };
        let prober = Prober::start(
            &regions,
            marks.clone(),
            Arc::clone(&check) as Arc<dyn Check>,
            settings,
        );
        until(&everything).await;
        check
            .0
            .lock()
            .retain(|address| address.ip() != ip("198.51.100.1") && address.is_ipv4());
        until(&[ip("198.51.100.2")]).await;
        // The one address of eu-north-1 is out as well, and handed out all the same.
        assert_eq!(marks.addresses(&region("eu-north-1")), [ip("2001:db8::4")]);
        check.0.lock().extend(&all);
        until(&everything).await;
        drop(prober);
    }

    #[tokio::test]
    async fn http_readiness() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            for answer in [
                "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n, of which much more could follow after this, and more",
                "HTTP/1.1 503 Service Unavailable\r\n\r\n",
                "HTTP/1.1 2000 \r\n\r\n",
                "",
            ] {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = [0; 256];
                let length = stream.read(&mut request).await.unwrap();
                assert!(request[..length].starts_with(b"GET /-/ready HTTP/1.1\r\nHost: 127.0.0.1:"));
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        for expected in [true, false, false, false] {
            assert_eq!(HttpReady.ready(address).await, expected);
        }
        server.await.unwrap();
        assert!(!HttpReady.ready(address).await, "nobody listens");
    }
}
