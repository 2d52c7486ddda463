//! The journal's promises, each with the limit hit.

mod disk;
mod entries;
mod queue;

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, SystemTime};

use cairn_types::{BucketName, RegionName, Timestamp};
use proptest::prelude::*;

use crate::{Entry, Fact, Limits, Mechanism, Text};

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    Timestamp::from_micros(u64::try_from(since.as_micros()).unwrap())
}

fn region() -> RegionName {
    RegionName::parse("eu-west-1").unwrap()
}

fn peer() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 40_000).into()
}

/// The id of the numbered request.
fn id(number: usize) -> String {
    format!("{number:016}")
}

/// An ordinary request.
fn entry(number: usize) -> Entry<'static> {
    let mut entry = Entry::new(id(number), now(), peer(), region());
    entry.method = "GET".into();
    entry.host = "photos.s3.localhost:9000".into();
    entry.target = format!("/holiday/{number}.jpg?versionId=null").into();
    entry.bucket = BucketName::parse("photos").ok();
    entry.home = Some(region());
    entry.mechanism = Some(Mechanism::V4Header);
    entry.principal = Some("arn:aws:iam::123456789012:root".into());
    entry.operation = "GetObject".into();
    entry.status = 200;
    entry
}

/// Limits of this many bytes, with an age that no test reaches.
fn limits(bytes_max: u64) -> Limits {
    Limits {
        bytes_max,
        age_max: Duration::from_secs(3600),
    }
}

fn text() -> impl Strategy<Value = Text<'static>> {
    // Any text, also far longer than the limits and with characters of every width.
    prop_oneof![
        any::<String>(),
        ("\\PC{0,3}", 0..3000_usize).prop_map(|(text, times)| text.repeat(times))
    ]
    .prop_map(Text::Owned)
}

fn any_entry() -> impl Strategy<Value = Entry<'static>> {
    let mechanism = prop_oneof![
        Just(None),
        Just(Some(Mechanism::Anonymous)),
        Just(Some(Mechanism::PostPolicy))
    ];
    let fact = (any::<u8>(), prop::collection::vec(any::<u8>(), 0..2000))
        .prop_map(|(kind, bytes)| Fact { kind, bytes });
    let texts = (text(), text(), text(), text(), text());
    let optional = (
        prop::option::of(text()),
        prop::option::of(text()),
        prop::option::of(text()),
        prop::option::of(text()),
    );
    let facts = prop::collection::vec(fact, 0..20);
    (
        texts,
        optional,
        mechanism,
        facts,
        any::<(u64, u16, u64, bool, bool)>(),
        any::<SocketAddr>(),
    )
        .prop_map(|(texts, optional, mechanism, facts, numbers, peer)| Entry {
            request_id: texts.0,
            time: Timestamp::from_micros(numbers.0),
            // The zone of a link-local address is the machine's own, and not kept.
            peer: SocketAddr::new(peer.ip(), peer.port()),
            tls: numbers.3,
            method: texts.1,
            host: texts.2,
            target: texts.3,
            arrived: region(),
            bucket: numbers.4.then(|| BucketName::parse("photos").unwrap()),
            home: numbers.3.then(region),
            bucket_created: numbers.4.then(|| Timestamp::from_seconds(1)),
            mechanism,
            signing_region: optional.0,
            principal: optional.1,
            operation: texts.4,
            status: numbers.1,
            code: optional.2,
            message: optional.3,
            micros: numbers.2,
            facts,
        })
}
