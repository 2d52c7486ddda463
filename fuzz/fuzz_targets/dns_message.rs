//! Any bytes may come to the DNS port: no panic, an answer never longer than its transport takes, and no
//! address for a name outside the zone. First byte: the transport.
#![no_main]

use std::net::IpAddr;
use std::sync::{Arc, LazyLock};

use cairn_dns::{InService, Settings, Zone};
use cairn_region::{Directory, DirectoryError, Home, Region, Regions};
use cairn_types::{BucketName, Clock, RegionName, Timestamp};
use libfuzzer_sys::fuzz_target;

/// Half of all buckets live in the second region.
struct Half;

#[async_trait::async_trait]
impl Directory for Half {
    async fn home(&self, bucket: &BucketName) -> Result<Option<Home>, DirectoryError> {
        let region = RegionName::parse("eu-west-1").ok();
        Ok(region
            .filter(|_| bucket.as_str().len().is_multiple_of(2))
            .map(|region| Home {
                region,
                created: Timestamp::from_micros(0),
            }))
    }
}

struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(1_800_000_000)
    }
}

static ZONE: LazyLock<Zone> = LazyLock::new(|| {
    let regions = ["us-east-1", "eu-west-1"].map(|name| {
        let mut region = Region::new(RegionName::parse(name).expect("a name"));
        region.addresses = vec![
            IpAddr::from([192, 0, 2, 1]),
            IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1]),
        ];
        region
    });
    let regions = Arc::new(Regions::new(regions.into(), "example.com").expect("regions"));
    let in_service = Arc::new(InService::new(Arc::clone(&regions)));
    // The directory answers at once: the zone's timer is never waited for.
    Zone::new(
        regions,
        Arc::new(Half),
        in_service,
        Arc::new(Fixed),
        Settings::default(),
    )
    .expect("a zone")
});

static RUNTIME: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime")
});

fuzz_target!(|data: &[u8]| {
    let Some((transport, query)) = data.split_first() else {
        return;
    };
    let tcp = transport % 2 == 1;
    if let Some(answer) = RUNTIME.block_on(ZONE.respond(query, tcp)) {
        assert!(answer.len() <= if tcp { 65_535 } else { 1_232 });
        assert_eq!(answer.get(..2), query.get(..2), "the id comes back");
        assert!(answer[2] & 0x80 != 0, "an answer is marked as one");
    }
});
