//! A redirect never loops: whichever of the hints a refused client follows, it is at the bucket's home after
//! at most two hops (facts/02 §1, §5).
//!
//! A model client sends a request to an arbitrary host name, delivered to an arbitrary listener, and then
//! follows what the answers offer: `Location` of a 307, `<Endpoint>` of a 301 or of a website's 400,
//! `x-amz-bucket-region` of all of them, `<Region>` of a wrong signing region. Names are resolved by a model
//! DNS that, each time it is asked for the bucket's global name, may answer with any region: before
//! publication, after it, or from a stale cache. Hosts are read by `protocol::address` and answered by
//! `decide`, so a host that one of them writes and the other does not understand fails the property, too.
//! The deployments include ones without us-east-1, with private regions and with classes of their own choice.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test reports by failing"
)]

use cairn_protocol::address::{Address, Endpoint, Endpoints, Host, Style};
use cairn_region::{Answer, LaunchClass, Purpose, Question, Region, Regions, decide};
use cairn_types::{BucketName, RegionName};
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};

/// The most answers a client may have to follow.
const HOPS_MAX: usize = 2;

const NAMES: &[&str] = &[
    "us-east-1",
    "us-west-2",
    "eu-west-1",
    "eu-central-1",
    "ap-southeast-3",
    "af-south-1",
    "basement",
    "attic",
];
const STRANGERS: &[&str] = &["sa-east-1", "me-south-1", "garage"];
const DOMAINS: &[&str] = &["localhost", "amazonaws.com", "s3.home.example"];
const BUCKETS: &[&str] = &[
    "photos",
    "my.dotted.bucket",
    "x.s3-website",
    "b.s3.dualstack",
    "www.s3-us-west-2",
];

fn region(name: &str) -> RegionName {
    RegionName::parse(name).unwrap()
}

/// The regions served: Amazon's own classes and dashes, or any.
fn deployments() -> impl Strategy<Value = Regions> {
    let one = |name: &'static str| {
        (
            any::<Option<bool>>(),
            any::<Option<bool>>(),
            select(vec![80u16, 9000, 9001]),
        )
            .prop_map(move |(new, dash, port)| {
                let mut region = Region::new(region(name));
                if let Some(new) = new {
                    region.class = if new {
                        LaunchClass::OptIn
                    } else {
                        LaunchClass::Before20190320
                    };
                }
                region.dash = dash.unwrap_or(region.dash);
                region.ports = vec![port, 9100];
                region
            })
    };
    let list = subsequence(NAMES, 1..=NAMES.len())
        .prop_shuffle()
        .prop_flat_map(move |names| names.into_iter().map(one).collect::<Vec<_>>());
    (list, select(DOMAINS)).prop_map(|(list, domain)| Regions::new(list, domain).unwrap())
}

/// Where a client can be sent, or start: a host and the region it signs for.
#[derive(Debug, Clone)]
struct Target {
    host: String,
    signs: RegionName,
}

/// All the ways to spell the endpoint of a region, with the bucket in the host and without.
fn spellings(regions: &Regions, bucket: &BucketName, name: &RegionName) -> Vec<Target> {
    let domain = regions.domain();
    let mut endpoints = vec![
        format!("s3.{name}.{domain}"),
        format!("s3-{name}.{domain}"),
        format!("s3.dualstack.{name}.{domain}"),
    ];
    if name.is_us_east_1() {
        endpoints.extend([format!("s3.{domain}"), format!("s3-external-1.{domain}")]);
    }
    endpoints
        .into_iter()
        .flat_map(|endpoint| [format!("{bucket}.{endpoint}"), endpoint])
        .map(|host| Target {
            host,
            signs: name.clone(),
        })
        .collect()
}

/// Everything a first request can be sent to, for any signing region.
fn starts(regions: &Regions, bucket: &BucketName, signs: &RegionName) -> Vec<Target> {
    let domain = regions.domain();
    let mut hosts: Vec<String> = [
        format!("s3.{domain}"),
        format!("{bucket}.s3.{domain}"),
        format!("s3-external-1.{domain}"),
        "192.0.2.7".into(),
        "[::1]:9000".into(),
        bucket.to_string(),
    ]
    .into();
    let served = regions.iter().map(|region| region.name.clone());
    for name in served.chain(STRANGERS.iter().map(|name| region(name))) {
        hosts.extend(
            spellings(regions, bucket, &name)
                .into_iter()
                .map(|target| target.host),
        );
        hosts.push(format!("{bucket}.s3-website-{name}.{domain}"));
        hosts.push(format!("{bucket}.s3-website.{name}.{domain}"));
    }
    let with_port = hosts
        .iter()
        .filter(|host| !host.contains(':'))
        .map(|host| format!("{host}:9000"));
    let all: Vec<String> = hosts.iter().cloned().chain(with_port).collect();
    all.into_iter()
        .map(|host| Target {
            host,
            signs: signs.clone(),
        })
        .collect()
}

/// The address of a request for an object: the path names the bucket where the host does not. A host that is
/// the bucket's own name is a CNAME.
fn address(host: &Host, bucket: &BucketName) -> Address {
    if host.prefix().is_some() {
        host.address("/key").unwrap()
    } else if host.cname_candidate() == Some(bucket) {
        host.cname_address("/key").unwrap()
    } else {
        host.address(&format!("/{bucket}/key")).unwrap()
    }
}

/// The listener a name leads to: any of them for the global name of a bucket (published, not yet, or stale), the
/// region's own for a regional name. `None`: DNS knows no such name.
fn resolve(regions: &Regions, endpoint: &Endpoint, style: Style, any: &Index) -> Option<RegionName> {
    let anywhere = || {
        let all: Vec<_> = regions.iter().collect();
        Some(any.get(&all).name.clone())
    };
    match (endpoint, style) {
        (Endpoint::Global, Style::VirtualHosted) => anywhere(),
        (other, _) => regions.meant_by(other).map(|region| region.name.clone()),
    }
}

/// Whether a host that was named to a client has a port at which its region listens, and only where the
/// client sent one.
fn port_is_right(regions: &Regions, home: &RegionName, sent: &str, named: &str) {
    let port = |host: &str| {
        host.rsplit_once(':')
            .and_then(|(_, port)| port.parse::<u16>().ok())
    };
    assert_eq!(port(sent).is_some(), port(named).is_some(), "{sent} -> {named}");
    if let Some(named) = port(named) {
        assert!(regions.get(home).unwrap().ports.contains(&named));
    }
}

/// What the client of an answer can try next; nothing where it was served.
fn hints(
    regions: &Regions,
    bucket: &BucketName,
    from: &Target,
    read: &Address,
    answer: &Answer,
    facility: &RegionName,
) -> Vec<Target> {
    let named = |host: String, home: &RegionName| {
        let host = regions.with_port(&host, home, &from.host);
        port_is_right(regions, home, &from.host, &host);
        Target {
            host,
            signs: from.signs.clone(),
        }
    };
    match answer {
        Answer::Serve if from.signs == *facility || matches!(read.endpoint, Endpoint::Website(_)) => {
            Vec::new()
        }
        // AuthorizationHeaderMalformed: sign again for <Region>, at the same host or at that region's.
        Answer::Serve => {
            let mut next = spellings(regions, bucket, facility);
            next.push(Target {
                host: from.host.clone(),
                signs: facility.clone(),
            });
            next
        }
        Answer::TemporaryRedirect(home) => {
            let mut next = spellings(regions, bucket, home);
            next.push(named(regions.bucket_host(bucket, home), home));
            next
        }
        Answer::PermanentRedirect(home) => {
            let mut next = spellings(regions, bucket, home);
            next.push(named(regions.shown_host(bucket, home), home));
            next
        }
        Answer::Incompatible(home) => spellings(regions, bucket, home),
        Answer::IncorrectEndpoint(home) => {
            let host = format!("{bucket}.s3-website-{home}.{}", regions.domain());
            vec![named(host, home)]
        }
    }
}

/// Asks until it is served, and tells the region that served and how many answers were followed before.
fn follow(
    regions: &Regions,
    bucket: &BucketName,
    home: Option<&RegionName>,
    purpose: Purpose,
    mut target: Target,
    choices: &[(Index, Index)],
) -> (RegionName, usize) {
    let endpoints = Endpoints::new(regions.domain());
    let mut trail = vec![target.host.clone()];
    let mut before: Option<(String, RegionName)> = None;
    for (hops, (delivery, choice)) in choices.iter().enumerate() {
        let host = endpoints.host(Some(&target.host));
        let read = address(&host, bucket);
        assert_eq!(read.bucket.as_ref(), Some(bucket), "{trail:?}");
        let arrived = match before.take() {
            // The first request may be sent anywhere, whatever DNS would say.
            None => {
                let all: Vec<_> = regions.iter().collect();
                delivery.get(&all).name.clone()
            }
            // A name that DNS does not know was reached by other means, which still serve.
            Some((host, arrived)) => resolve(regions, &read.endpoint, read.style, delivery)
                .or_else(|| (host == target.host).then_some(arrived))
                .unwrap_or_else(|| panic!("the client was sent to a name that is not there: {trail:?}")),
        };
        before = Some((target.host.clone(), arrived.clone()));
        let question = Question {
            endpoint: &read.endpoint,
            style: read.style,
            arrived: &arrived,
            home,
            purpose,
        };
        let decision = decide(regions, &question);
        let next = hints(
            regions,
            bucket,
            &target,
            &read,
            &decision.answer,
            &decision.facility,
        );
        if next.is_empty() {
            return (decision.facility, hops);
        }
        target = choice.get(&next).clone();
        trail.push(format!("{:?}: {}", decision.because, target.host));
    }
    panic!("more than {HOPS_MAX} hops: {trail:?}");
}

fn choices() -> impl Strategy<Value = Vec<(Index, Index)>> {
    proptest::collection::vec(any::<(Index, Index)>(), HOPS_MAX + 1)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    /// facts/02 §1, §5: a bucket that exists is reached.
    #[test]
    fn every_hint_leads_home_in_two_hops(
        regions in deployments(),
        bucket in select(BUCKETS),
        (home, signs, start) in any::<(Index, Index, Index)>(),
        choices in choices(),
    ) {
        let bucket = BucketName::parse(bucket).unwrap();
        let all: Vec<_> = regions.iter().map(|region| region.name.clone()).collect();
        let home = home.get(&all);
        let signs = signs.get(&all);
        let start = start.get(&starts(&regions, &bucket, signs)).clone();
        let (served, hops) = follow(&regions, &bucket, Some(home), Purpose::Other, start, &choices);
        prop_assert_eq!(&served, home);
        prop_assert!(hops <= HOPS_MAX);
    }

    /// facts/02 §1: nowhere to send the client of a bucket that does not exist; facts/02 §3 and §4: where a bucket
    /// is, and that a name is taken, is told everywhere. Only the signing region may have to be corrected.
    #[test]
    fn nothing_is_redirected_without_a_bucket_or_for_discovery(
        regions in deployments(),
        bucket in select(BUCKETS),
        (home, signs, start) in any::<(Index, Index, Index)>(),
        purpose in select(vec![Purpose::Other, Purpose::GetBucketLocation, Purpose::CreateBucket]),
        choices in choices(),
    ) {
        let bucket = BucketName::parse(bucket).unwrap();
        let all: Vec<_> = regions.iter().map(|region| region.name.clone()).collect();
        let home = (purpose != Purpose::Other).then(|| home.get(&all));
        let signs = signs.get(&all);
        let start = start.get(&starts(&regions, &bucket, signs)).clone();
        let (_, hops) = follow(&regions, &bucket, home, purpose, start, &choices);
        prop_assert!(hops <= 1);
    }
}
