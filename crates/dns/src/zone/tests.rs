use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use cairn_region::Regions;
use cairn_types::SystemClock;
use hickory_proto::op::ResponseCode;
use hickory_proto::rr::{Name, RData, Record, RecordType};
use proptest::prelude::*;

use super::*;
use crate::kit::{Buckets, CREATED, Failure, Kit, ip, kit, region};
use crate::{InService, Nameserver};

async fn answer(kit: &Kit, question: &str, record_type: RecordType) -> Answer {
    let name = Name::from_ascii(question).unwrap();
    kit.zone.answer(&name, record_type).await
}

fn addresses(records: &[Record]) -> Vec<IpAddr> {
    let address = |record: &Record| record.data.ip_addr();
    records.iter().filter_map(address).collect()
}

/// A runtime for tests that are no tokio tests.
fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap()
        .block_on(future)
}

/// Facts/01 §1 and §4, name by name: the rule, and the region whose addresses it has.
#[tokio::test]
async fn every_endpoint_name_leads_to_its_region() {
    let kit = kit();
    let endpoint = |name| Rule::Endpoint(region(name));
    let default = || Rule::Default(region("us-east-1"));
    for (host, rule) in [
        ("s3.cairn.test", default()),
        ("s3.us-east-1.cairn.test", endpoint("us-east-1")),
        ("s3-external-1.cairn.test", endpoint("us-east-1")),
        ("s3.eu-west-1.cairn.test", endpoint("eu-west-1")),
        ("s3-eu-west-1.cairn.test", endpoint("eu-west-1")),
        ("s3.dualstack.eu-west-1.cairn.test", endpoint("eu-west-1")),
        ("s3-fips.eu-west-1.cairn.test", endpoint("eu-west-1")),
        ("s3-fips.dualstack.eu-west-1.cairn.test", endpoint("eu-west-1")),
        ("s3-website-eu-west-1.cairn.test", endpoint("eu-west-1")),
        ("s3-website.eu-west-1.cairn.test", endpoint("eu-west-1")),
        ("s3-accesspoint.eu-west-1.cairn.test", endpoint("eu-west-1")),
        ("n-1.s3-accesspoint.eu-west-1.cairn.test", endpoint("eu-west-1")),
        (
            "n-1.s3-accesspoint.dualstack.eu-west-1.cairn.test",
            endpoint("eu-west-1"),
        ),
        ("1.s3-control.eu-west-1.cairn.test", endpoint("eu-west-1")),
        ("sts.eu-west-1.cairn.test", endpoint("eu-west-1")),
        ("sts.cairn.test", default()),
        ("iam.cairn.test", default()),
        ("account.cairn.test", default()),
        ("account.us-east-1.cairn.test", endpoint("us-east-1")),
        ("b.s3-accelerate.cairn.test", default()),
        ("b.s3-accelerate.dualstack.cairn.test", default()),
        ("x.mrap.accesspoint.s3-global.cairn.test", default()),
        // A bucket before a region's name: always that region, wherever or whether the bucket is.
        ("far.s3.us-east-1.cairn.test", endpoint("us-east-1")),
        ("near.s3.eu-west-1.cairn.test", endpoint("eu-west-1")),
        ("my.dotted.none.s3-eu-west-1.cairn.test", endpoint("eu-west-1")),
        ("new.s3.ap-southeast-3.cairn.test", endpoint("ap-southeast-3")),
        ("b.s3-website-eu-west-1.cairn.test", endpoint("eu-west-1")),
        ("far.s3-external-1.cairn.test", endpoint("us-east-1")),
        // As a Host header has it.
        ("S3.EU-west-1.Cairn.TEST.:9000", endpoint("eu-west-1")),
        // Global names of no bucket, and of what cannot be one.
        ("none.s3.cairn.test", Rule::NoBucket(region("us-east-1"))),
        ("a_b.s3.cairn.test", Rule::NoBucket(region("us-east-1"))),
        (
            "x.s3.eu-west-1.s3.cairn.test",
            Rule::NoBucket(region("us-east-1")),
        ),
        ("ns1.cairn.test", Rule::Nameserver),
        ("cairn.test", Rule::Apex),
        ("eu-west-1.cairn.test", Rule::Parent),
        ("dualstack.eu-west-1.cairn.test", Rule::Parent),
        ("dualstack.cairn.test", Rule::Parent),
        ("s3-global.cairn.test", Rule::Parent),
        ("accesspoint.s3-global.cairn.test", Rule::Parent),
        ("mrap.accesspoint.s3-global.cairn.test", Rule::Parent),
        ("ns.cairn.test", Rule::Parent),
        // A region that is not of the deployment has no names at all.
        ("s3.sa-east-1.cairn.test", Rule::NoSuchName),
        ("b.s3.sa-east-1.cairn.test", Rule::NoSuchName),
        ("s3-sa-east-1.cairn.test", Rule::NoSuchName),
        ("sts.sa-east-1.cairn.test", Rule::NoSuchName),
        ("sa-east-1.cairn.test", Rule::NoSuchName),
        ("www.cairn.test", Rule::NoSuchName),
        ("b.iam.cairn.test", Rule::NoSuchName),
        ("x.s3-global.cairn.test", Rule::NoSuchName),
        ("ns.example.net", Rule::Foreign),
        ("s3.cairn.test.example.net", Rule::Foreign),
        ("xcairn.test", Rule::Foreign),
        ("test", Rule::Foreign),
        (".cairn.test", Rule::Foreign),
        ("", Rule::Foreign),
        ("192.0.2.1:9000", Rule::Foreign),
        ("[::1]:9000", Rule::Foreign),
        ("a..cairn.test", Rule::NoSuchName),
        ("b:1.s3.cairn.test", Rule::NoSuchName),
    ] {
        let located = kit.zone.locate(host).await.unwrap();
        assert_eq!(located.rule, rule, "{host}");
        if let Some(name) = rule.region() {
            assert_eq!(located.addresses, kit.in_service.addresses(name), "{host}");
        }
    }
}

/// Facts/01 §4: a bucket's global name before and after publication, and where it never moves.
#[tokio::test]
async fn a_global_name_follows_its_bucket_once_it_is_published() {
    let kit = kit();
    let default = region("us-east-1");
    let rule = async |host: &str| kit.zone.locate(host).await.unwrap().rule;
    let moment = Timestamp::from_seconds(CREATED + 60);
    let published = |home| Rule::Published {
        home: region(home),
        since: moment,
    };
    let unpublished = |home| Rule::Unpublished {
        home: region(home),
        until: moment,
        default: default.clone(),
    };
    kit.set_seconds(CREATED + 59);
    assert_eq!(rule("far.s3.cairn.test").await, unpublished("eu-west-1"));
    assert_eq!(rule("my.far.s3.cairn.test").await, unpublished("eu-west-1"));
    let before = answer(&kit, "far.s3.cairn.test.", RecordType::A).await;
    assert_eq!(addresses(&before.answers), [ip("192.0.2.1")]);

    kit.set_seconds(CREATED + 60);
    assert_eq!(rule("far.s3.cairn.test").await, published("eu-west-1"));
    assert_eq!(rule("FAR.s3.cairn.test:80").await, published("eu-west-1"));
    assert_eq!(rule("near.s3.cairn.test").await, published("us-east-1"));
    let after = answer(&kit, "far.s3.cairn.test.", RecordType::A).await;
    assert!(addresses(&after.answers).contains(&ip("198.51.100.1")));
    let home = region("ap-southeast-3");
    let default = || default.clone();
    assert_eq!(
        rule("new.s3.cairn.test").await,
        Rule::OptInHome {
            home,
            default: default()
        }
    );
    let home = region("sa-east-1");
    assert_eq!(
        rule("lost.s3.cairn.test").await,
        Rule::UnservedHome {
            home,
            default: default()
        }
    );
}

#[tokio::test]
async fn records_are_what_was_asked_for() {
    use RecordType as T;
    let kit = kit();
    let none: &[&str] = &[];
    for (question, record_type, code, expected) in [
        ("s3.cairn.test.", T::A, ResponseCode::NoError, &["192.0.2.1"][..]),
        ("s3.cairn.test.", T::AAAA, ResponseCode::NoError, none),
        ("s3.cairn.test.", T::MX, ResponseCode::NoError, none),
        ("s3.cairn.test.", T::HTTPS, ResponseCode::NoError, none),
        ("s3.cairn.test.", T::Unknown(65_280), ResponseCode::NoError, none),
        ("s3.cairn.test.", T::CNAME, ResponseCode::NoError, none),
        ("s3.cairn.test.", T::ANY, ResponseCode::NoError, &["192.0.2.1"]),
        // The plain name has IPv6 too where the region has.
        (
            "s3.eu-west-1.cairn.test.",
            T::AAAA,
            ResponseCode::NoError,
            &["2001:db8::2"],
        ),
        (
            "s3.dualstack.eu-west-1.cairn.test.",
            T::AAAA,
            ResponseCode::NoError,
            &["2001:db8::2"],
        ),
        ("s3.eu-north-1.cairn.test.", T::A, ResponseCode::NoError, none),
        (
            "s3.eu-north-1.cairn.test.",
            T::ANY,
            ResponseCode::NoError,
            &["2001:db8::4"],
        ),
        ("s3.eu-west-2.cairn.test.", T::A, ResponseCode::NoError, none),
        ("ns1.cairn.test.", T::A, ResponseCode::NoError, &["192.0.2.53"]),
        (
            "ns1.cairn.test.",
            T::AAAA,
            ResponseCode::NoError,
            &["2001:db8::53"],
        ),
        // A name server without addresses of its own has the default region's.
        ("a.ns.cairn.test.", T::A, ResponseCode::NoError, &["192.0.2.1"]),
        ("cairn.test.", T::A, ResponseCode::NoError, none),
        ("eu-west-1.cairn.test.", T::A, ResponseCode::NoError, none),
        ("nothing.cairn.test.", T::A, ResponseCode::NXDomain, none),
        ("s3.sa-east-1.cairn.test.", T::SOA, ResponseCode::NXDomain, none),
        ("example.net.", T::A, ResponseCode::Refused, none),
        (".", T::NS, ResponseCode::Refused, none),
    ] {
        let answer = answer(&kit, question, record_type).await;
        let got = addresses(&answer.answers);
        let expected: Vec<IpAddr> = expected.iter().map(|address| ip(address)).collect();
        assert_eq!((answer.code, got), (code, expected), "{question} {record_type}");
        assert_eq!(answer.authoritative, code != ResponseCode::Refused, "{question}");
        for record in &answer.answers {
            assert_eq!(record.ttl, 7);
        }
        // RFC 2308 §2: a negative answer has the SOA record of the zone, for as long as it may be kept.
        let negative = answer.answers.is_empty() && code != ResponseCode::Refused;
        let soa: Vec<_> = answer
            .authorities
            .iter()
            .map(|record| (record.record_type(), record.ttl))
            .collect();
        assert_eq!(
            soa,
            if negative { vec![(T::SOA, 3)] } else { vec![] },
            "{question} {record_type}"
        );
    }
}

/// On the wire a label may hold any byte; a dot or a colon in one must not become part of a host.
#[tokio::test]
async fn a_dot_inside_a_label_is_not_one_between_labels() {
    let kit = kit();
    for labels in [
        &[&b"far.s3"[..], b"cairn", b"test"][..],
        &[b"s3.eu-west-1", b"cairn", b"test"],
        &[b"far:1", b"s3", b"cairn", b"test"],
        &[b"s3:80", b"cairn", b"test"],
        &[b"*", b"s3", b"cairn", b"test"],
        &[b"far", b"\0", b"s3", b"cairn", b"test"],
        &[b"\xc3\xa9", b"s3", b"cairn", b"test"],
    ] {
        let name = Name::from_labels(labels.iter().copied()).unwrap();
        let answer = kit.zone.answer(&name, RecordType::A).await;
        assert_eq!(answer.code, ResponseCode::NXDomain, "{name}");
    }
    // Nor is it a way into the zone, or out of it.
    let name = Name::from_labels([&b"s3"[..], b"cairn.test"]).unwrap();
    let answer = kit.zone.answer(&name, RecordType::A).await;
    assert_eq!(answer, Answer::bare(ResponseCode::Refused));
}

#[tokio::test]
async fn the_apex_has_soa_and_ns() {
    let kit = kit();
    for record_type in [RecordType::SOA, RecordType::ANY] {
        let soa = answer(&kit, "CAIRN.test.", record_type).await;
        let [record] = &soa.answers[..] else {
            panic!("{soa:?}")
        };
        let RData::SOA(soa) = &record.data else {
            panic!("{record:?}")
        };
        assert_eq!(record.name.to_ascii(), "CAIRN.test.");
        assert_eq!(soa.mname.to_ascii(), "ns1.cairn.test.");
        // RFC 1035 §8: the dot of the mailbox is inside its label.
        assert_eq!(soa.rname.to_ascii(), r"dns\.admin.example.net.");
        assert_eq!((u64::from(soa.serial), soa.minimum), (CREATED + 60, 3));
    }
    let ns = answer(&kit, "cairn.test.", RecordType::NS).await;
    let names: Vec<String> = ns.answers.iter().map(|record| record.data.to_string()).collect();
    assert_eq!(names, ["ns1.cairn.test.", "a.ns.cairn.test.", "ns.example.net."]);
    // Glue for those inside the zone only.
    let glue: Vec<(String, IpAddr)> = ns
        .additionals
        .iter()
        .map(|record| (record.name.to_ascii(), record.data.ip_addr().unwrap()))
        .collect();
    let glue: Vec<(&str, IpAddr)> = glue
        .iter()
        .map(|(name, address)| (name.as_str(), *address))
        .collect();
    assert_eq!(
        glue,
        [
            ("ns1.cairn.test.", ip("192.0.2.53")),
            ("ns1.cairn.test.", ip("2001:db8::53")),
            ("a.ns.cairn.test.", ip("192.0.2.1")),
        ]
    );
}

#[tokio::test]
async fn addresses_take_turns_and_are_at_most_so_many() {
    let kit = kit();
    let mut firsts = Vec::new();
    for _ in 0..4 {
        let v4 = answer(&kit, "s3.eu-west-1.cairn.test.", RecordType::A).await;
        // A client's other question must not take a turn of this one.
        answer(&kit, "s3.eu-west-1.cairn.test.", RecordType::AAAA).await;
        assert_eq!(v4.answers.len(), 2);
        firsts.push(addresses(&v4.answers)[0]);
    }
    let [one, two] = [ip("198.51.100.1"), ip("198.51.100.2")];
    assert_eq!(firsts, [one, two, one, two]);
    // Out of service: left out at the next question.
    kit.in_service.set(&region("eu-west-1"), one, false);
    let rest = answer(&kit, "s3.eu-west-1.cairn.test.", RecordType::A).await;
    assert_eq!(addresses(&rest.answers), [two]);

    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..100 {
        let some = answer(&kit, "s3.ca-central-1.cairn.test.", RecordType::A).await;
        assert_eq!(some.answers.len(), Zone::ADDRESSES_MAX);
        seen.extend(addresses(&some.answers));
    }
    assert_eq!(seen.len(), 100, "all of them get their turn");
}

/// Never a guess: where the directory is needed and fails, SERVFAIL; where it is not, an answer.
#[tokio::test]
async fn a_failing_or_silent_directory_is_servfail() {
    for failure in [Failure::Error, Failure::Silence] {
        let kit = kit();
        kit.buckets.fail(failure);
        let failed = answer(&kit, "far.s3.cairn.test.", RecordType::A).await;
        assert_eq!(failed, Answer::bare(ResponseCode::ServFail));
        assert!(kit.zone.locate("far.s3.cairn.test").await.is_err());
        for fine in [
            "s3.cairn.test.",
            "far.s3.eu-west-1.cairn.test.",
            "a_b.s3.cairn.test.",
        ] {
            let answer = answer(&kit, fine, RecordType::A).await;
            assert_eq!(answer.code, ResponseCode::NoError, "{fine}");
        }
    }
}

fn zone(domain: &str, settings: Settings) -> Result<Zone, InvalidZone> {
    let regions =
        Arc::new(Regions::new(vec![cairn_region::Region::new(region("eu-west-1"))], domain).unwrap());
    let facilities = Arc::new(InService::new(Arc::clone(&regions)));
    Zone::new(
        regions,
        Arc::new(Buckets::default()),
        facilities,
        Arc::new(SystemClock),
        settings,
    )
}

#[test]
fn what_cannot_be_a_zone_is_refused() {
    let with = |change: fn(&mut Settings)| {
        let mut settings = Settings::default();
        change(&mut settings);
        zone("cairn.test", settings).map(|_| ()).unwrap_err()
    };
    fn nameserver(name: &str) -> Vec<Nameserver> {
        vec![Nameserver {
            name: name.to_owned(),
            addresses: vec![],
        }]
    }
    for domain in [
        "",
        "a..b",
        "a b",
        "münchen",
        &format!("{}.test", "a".repeat(64)),
        &"a.".repeat(130),
    ] {
        let domain = domain.trim_end_matches('.');
        assert_eq!(
            zone(domain, Settings::default()).map(|_| ()),
            Err(InvalidZone::Domain(domain.to_owned()))
        );
    }
    let day = Settings::TTL_MAX;
    assert_eq!(
        with(|settings| settings.ttl = Settings::TTL_MAX + Duration::from_secs(1)),
        InvalidZone::TooLong("the time to live", day)
    );
    assert_eq!(
        with(|settings| settings.negative_ttl = Duration::MAX),
        InvalidZone::TooLong("the negative time to live", day)
    );
    assert_eq!(
        with(|settings| settings.propagation = Duration::MAX).to_string(),
        "the propagation time is longer than 604800 seconds"
    );
    assert_eq!(
        with(|settings| settings.nameservers = nameserver("ns 1")),
        InvalidZone::Nameserver("ns 1".to_owned())
    );
    for taken in [
        "cairn.test",
        "S3.cairn.test.",
        "b.s3.cairn.test",
        "sts.cairn.test",
    ] {
        let settings = Settings {
            nameservers: nameserver(taken),
            ..Settings::default()
        };
        let refused = zone("cairn.test", settings).map(|_| ());
        assert_eq!(refused, Err(InvalidZone::NameserverTaken(taken.to_owned())));
    }
    assert_eq!(
        with(|settings| settings.nameservers =
            (0..14).flat_map(|n| nameserver(&format!("ns{n}.test"))).collect()),
        InvalidZone::NameserversMany
    );
    for contact in ["", "@host", "a b@host", "someone", "someone@", "a@b c"] {
        let settings = Settings {
            contact: Some(contact.to_owned()),
            ..Settings::default()
        };
        let refused = zone("cairn.test", settings).map(|_| ());
        assert_eq!(refused, Err(InvalidZone::Contact(contact.to_owned())));
    }
    assert!(zone("localhost", Settings::default()).is_ok());
    let thirteen = (0..13).flat_map(|n| nameserver(&format!("ns{n}.test"))).collect();
    let settings = Settings {
        nameservers: thirteen,
        ttl: Settings::TTL_MAX,
        propagation: Settings::PROPAGATION_MAX,
        ..Settings::default()
    };
    assert!(zone("cairn.test", settings).is_ok());
}

/// Without us-east-1 the first region is the default one, and the Account API still has its names.
#[test]
fn a_deployment_without_us_east_1() {
    let zone = zone("localhost", Settings::default()).unwrap();
    let rule = |host| block_on(zone.locate(host)).unwrap().rule;
    let default = Rule::Default(region("eu-west-1"));
    assert_eq!(rule("s3.localhost"), default);
    assert_eq!(rule("account.us-east-1.localhost"), default);
    assert_eq!(rule("us-east-1.localhost"), Rule::Parent);
    assert_eq!(rule("s3.us-east-1.localhost"), Rule::NoSuchName);
    assert_eq!(rule("s3-external-1.localhost"), Rule::NoSuchName);
}

#[test]
fn rules_are_sentences() {
    let home = region("eu-west-1");
    let until = Timestamp::from_seconds(0);
    let default = region("us-east-1");
    let text = Rule::Unpublished { home, until, default }.to_string();
    assert_eq!(
        text,
        "the bucket's home is eu-west-1, which is published 1970-01-01T00:00:00Z; until then its global name leads \
         to the default region us-east-1"
    );
}

/// Labels of the grammar, of regions, and of anything.
fn label() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::sample::select(vec![
            "s3",
            "S3",
            "s3-eu-west-1",
            "s3-fips",
            "dualstack",
            "us-east-1",
            "sa-east-1",
            "s3-website",
            "sts",
            "iam",
            "account",
            "far",
            "new",
            "s3-global",
            "accesspoint",
            "mrap",
            "ns",
            "ns1",
            "cairn",
            "test",
            "*",
        ])
        .prop_map(|label| label.as_bytes().to_vec()),
        prop::collection::vec(any::<u8>(), 1..20),
    ]
}

proptest! {
    /// Any name and type is answered; a name outside the zone never with records; one that exists never
    /// below one that does not (RFC 8020).
    #[test]
    fn any_name_is_answered(
        labels in prop::collection::vec(label(), 0..6),
        inside in any::<bool>(),
        record_type in any::<u16>(),
    ) {
        let mut name = Name::from_labels(labels.iter().map(Vec::as_slice)).unwrap();
        if inside {
            name = name.append_domain(&Name::from_ascii("cAIrn.test.").unwrap()).unwrap();
        }
        name.set_fqdn(true);
        let apex = Name::from_ascii("cairn.test.").unwrap();
        let kit = kit();
        block_on(async {
            for record_type in [RecordType::A, RecordType::AAAA, RecordType::ANY, record_type.into()] {
                let answer = kit.zone.answer(&name, record_type).await;
                if !apex.zone_of(&name) {
                    prop_assert_eq!(&answer, &Answer::bare(ResponseCode::Refused));
                    continue;
                }
                prop_assert!(answer.authoritative);
                if answer.code == ResponseCode::NXDomain || answer.answers.is_empty() {
                    prop_assert_eq!(answer.authorities.len(), 1);
                    prop_assert!(answer.answers.is_empty());
                } else {
                    prop_assert_eq!(answer.code, ResponseCode::NoError);
                    let parent = kit.zone.answer(&name.base_name(), RecordType::A).await;
                    let exists = parent.code != ResponseCode::NXDomain;
                    prop_assert!(exists, "{} exists and its parent does not", name);
                }
            }
            Ok(())
        })?;
    }

    /// What DNS has for a name is what `locate` says, and of the region that `Host` would mean.
    #[test]
    fn locate_and_answer_agree(labels in prop::collection::vec(label(), 1..6)) {
        let text: Option<Vec<String>> = labels
            .into_iter()
            .map(|label| String::from_utf8(label).ok().filter(|label| !label.contains(['.', '\\'])))
            .collect();
        let Some(text) = text else { return Ok(()) };
        let host = format!("{}.cairn.test", text.join("."));
        let kit = kit();
        let Ok(name) = Name::from_ascii(format!("{host}.")) else { return Ok(()) };
        block_on(async {
            let located = kit.zone.locate(&host).await.unwrap();
            let mut expected = located.addresses.clone();
            expected.retain(IpAddr::is_ipv4);
            let answer = kit.zone.answer(&name, RecordType::A).await;
            let mut got = addresses(&answer.answers);
            got.sort_unstable();
            expected.sort_unstable();
            prop_assert_eq!(got, expected);
            Ok(())
        })?;
    }
}
