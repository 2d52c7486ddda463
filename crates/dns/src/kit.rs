//! A zone for tests: three regions, a directory and a clock that are set by hand.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cairn_region::{Directory, DirectoryError, Home, Region, Regions};
use cairn_types::{BucketName, Clock, RegionName, Timestamp};
use parking_lot::Mutex;

use crate::{InService, Nameserver, Settings, Zone};

/// The moment buckets of the kit are created, in seconds.
pub(crate) const CREATED: u64 = 1_000_000;

pub(crate) fn region(name: &str) -> RegionName {
    RegionName::parse(name).unwrap()
}

/// What the directory says, and how.
#[derive(Default)]
pub(crate) struct Buckets {
    homes: Mutex<HashMap<String, Home>>,
    failing: Mutex<Option<Failure>>,
}

#[derive(Clone, Copy)]
pub(crate) enum Failure {
    Error,
    Silence,
}

impl Buckets {
    pub(crate) fn put(&self, bucket: &str, home: &str) {
        let home = Home {
            region: region(home),
            created: Timestamp::from_seconds(CREATED),
        };
        self.homes.lock().insert(bucket.to_owned(), home);
    }

    pub(crate) fn fail(&self, failure: Failure) {
        *self.failing.lock() = Some(failure);
    }
}

#[async_trait::async_trait]
impl Directory for Buckets {
    async fn home(&self, bucket: &BucketName) -> Result<Option<Home>, DirectoryError> {
        let failing = *self.failing.lock();
        match failing {
            Some(Failure::Error) => Err(DirectoryError("the disk is gone".to_owned())),
            Some(Failure::Silence) => std::future::pending().await,
            None => Ok(self.homes.lock().get(bucket.as_str()).cloned()),
        }
    }
}

/// Seconds since 1970.
pub(crate) struct SetClock(AtomicU64);

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(self.0.load(Ordering::Relaxed))
    }
}

pub(crate) struct Kit {
    pub(crate) zone: Arc<Zone>,
    pub(crate) buckets: Arc<Buckets>,
    pub(crate) in_service: InService,
    clock: Arc<SetClock>,
}

impl Kit {
    pub(crate) fn set_seconds(&self, seconds: u64) {
        self.clock.0.store(seconds, Ordering::Relaxed);
    }
}

/// The regions of the kit: us-east-1 at 192.0.2.1; eu-west-1 at 198.51.100.1, .2 and 2001:db8::2;
/// ap-southeast-3 (opt-in) at 203.0.113.1; eu-north-1 at 2001:db8::4 only; ca-central-1 at 100 IPv4 and 60
/// IPv6 addresses; eu-west-2 at none.
pub(crate) fn regions(domain: &str) -> Regions {
    let many = (0..100)
        .map(|last| format!("198.18.0.{last}"))
        .chain((0..60).map(|last| format!("2001:db8:1::{last:x}")));
    let regions = [
        ("us-east-1", vec!["192.0.2.1".to_owned()]),
        (
            "eu-west-1",
            ["198.51.100.1", "198.51.100.2", "2001:db8::2"]
                .map(str::to_owned)
                .into(),
        ),
        ("ap-southeast-3", vec!["203.0.113.1".to_owned()]),
        ("eu-north-1", vec!["2001:db8::4".to_owned()]),
        ("ca-central-1", many.collect()),
        ("eu-west-2", vec![]),
    ]
    .map(|(name, addresses)| Region {
        addresses: addresses.iter().map(|address| ip(address)).collect(),
        ports: vec![9000],
        ..Region::new(region(name))
    });
    Regions::new(regions.into(), domain).unwrap()
}

pub(crate) fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

pub(crate) fn settings() -> Settings {
    Settings {
        propagation: Duration::from_secs(60),
        ttl: Duration::from_secs(7),
        negative_ttl: Duration::from_secs(3),
        directory_timeout: Duration::from_millis(50),
        nameservers: vec![
            Nameserver {
                name: "NS1.cairn.test.".to_owned(),
                addresses: vec![ip("192.0.2.53"), ip("2001:db8::53")],
            },
            Nameserver {
                name: "a.ns.cairn.test".to_owned(),
                addresses: vec![],
            },
            Nameserver {
                name: "ns.example.net".to_owned(),
                addresses: vec![ip("192.0.2.54")],
            },
        ],
        contact: Some("dns.admin@example.net".to_owned()),
    }
}

/// The zone cairn.test, a minute after its buckets were created: `near` in us-east-1, `far` and `my.far` in
/// eu-west-1, `new` in ap-southeast-3, `lost` in sa-east-1 which is not there.
pub(crate) fn kit() -> Kit {
    kit_with(settings())
}

pub(crate) fn kit_with(settings: Settings) -> Kit {
    let regions = Arc::new(regions("Cairn.test"));
    let buckets = Arc::new(Buckets::default());
    for (bucket, home) in [
        ("near", "us-east-1"),
        ("far", "eu-west-1"),
        ("my.far", "eu-west-1"),
        ("new", "ap-southeast-3"),
        ("lost", "sa-east-1"),
    ] {
        buckets.put(bucket, home);
    }
    let clock = Arc::new(SetClock(AtomicU64::new(CREATED + 60)));
    let in_service = InService::new(Arc::clone(&regions));
    let zone = Zone::new(
        regions,
        Arc::clone(&buckets) as Arc<dyn Directory>,
        Arc::new(in_service.clone()),
        Arc::clone(&clock) as Arc<dyn Clock>,
        settings,
    )
    .unwrap();
    Kit {
        zone: Arc::new(zone),
        buckets,
        in_service,
        clock,
    }
}
