use cairn_protocol::address::{Endpoint, Spelling};
use proptest::prelude::*;

use super::*;
use crate::Region;

fn name(text: &str) -> RegionName {
    RegionName::parse(text).unwrap()
}

/// Four old regions, two new ones.
const NAMES: [&str; 6] = [
    "us-east-1",
    "us-west-2",
    "eu-west-1",
    "eu-central-1",
    "ap-southeast-3",
    "af-south-1",
];

fn regions() -> Regions {
    let regions = NAMES.iter().map(|text| Region::new(name(text))).collect();
    Regions::new(regions, "example.com").unwrap()
}

fn at(region: &str) -> Endpoint {
    Endpoint::Regional {
        region: name(region),
        spelling: Spelling::Dot,
    }
}

fn ask(endpoint: Endpoint, style: Style, arrived: &str, home: Option<&str>, purpose: Purpose) -> Decision {
    let (arrived, home) = (name(arrived), home.map(name));
    decide(
        &regions(),
        &Question {
            endpoint: &endpoint,
            style,
            arrived: &arrived,
            home: home.as_ref(),
            purpose,
        },
    )
}

/// facts/02 §1, row by row, with Cairn's own two rules.
#[test]
fn the_table() {
    use Answer::{Incompatible, IncorrectEndpoint, PermanentRedirect, Serve, TemporaryRedirect};
    use Style::{Cname, Path, VirtualHosted};
    let website = |region| Endpoint::Website(name(region));
    let to = |answer: fn(RegionName) -> Answer, region: &str| answer(name(region));
    let rows = [
        // The global virtual-hosted name, at the default region and at a third one.
        (
            Endpoint::Global,
            VirtualHosted,
            "us-east-1",
            "eu-west-1",
            "us-east-1",
            to(TemporaryRedirect, "eu-west-1"),
            Because::GlobalName,
        ),
        (
            Endpoint::Global,
            VirtualHosted,
            "us-west-2",
            "eu-west-1",
            "us-east-1",
            to(TemporaryRedirect, "eu-west-1"),
            Because::GlobalName,
        ),
        (
            Endpoint::Global,
            VirtualHosted,
            "eu-west-1",
            "eu-west-1",
            "eu-west-1",
            Serve,
            Because::GlobalNamePublished,
        ),
        (
            Endpoint::Global,
            VirtualHosted,
            "eu-west-1",
            "us-east-1",
            "us-east-1",
            Serve,
            Because::Home,
        ),
        // Global path style; regional path style; regional virtual-hosted.
        (
            Endpoint::Global,
            Path,
            "us-east-1",
            "eu-west-1",
            "us-east-1",
            to(PermanentRedirect, "eu-west-1"),
            Because::GlobalPath,
        ),
        (
            Endpoint::Global,
            Path,
            "eu-west-1",
            "eu-west-1",
            "us-east-1",
            to(PermanentRedirect, "eu-west-1"),
            Because::GlobalPath,
        ),
        (
            at("us-west-2"),
            Path,
            "us-west-2",
            "eu-west-1",
            "us-west-2",
            to(PermanentRedirect, "eu-west-1"),
            Because::RegionalPath,
        ),
        (
            at("us-west-2"),
            VirtualHosted,
            "us-east-1",
            "us-east-1",
            "us-west-2",
            to(PermanentRedirect, "us-east-1"),
            Because::RegionalHost,
        ),
        (
            at("eu-west-1"),
            VirtualHosted,
            "us-east-1",
            "eu-west-1",
            "eu-west-1",
            Serve,
            Because::Home,
        ),
        // A region launched after 2019-03-20, on either side.
        (
            at("us-west-2"),
            VirtualHosted,
            "us-west-2",
            "af-south-1",
            "us-west-2",
            to(Incompatible, "af-south-1"),
            Because::NewHome,
        ),
        (
            Endpoint::Global,
            VirtualHosted,
            "us-east-1",
            "af-south-1",
            "us-east-1",
            to(Incompatible, "af-south-1"),
            Because::NewHome,
        ),
        (
            Endpoint::Global,
            Path,
            "us-east-1",
            "af-south-1",
            "us-east-1",
            to(Incompatible, "af-south-1"),
            Because::NewHome,
        ),
        (
            at("af-south-1"),
            VirtualHosted,
            "af-south-1",
            "us-west-2",
            "af-south-1",
            to(Incompatible, "us-west-2"),
            Because::NewFacility,
        ),
        (
            at("af-south-1"),
            Path,
            "af-south-1",
            "us-east-1",
            "af-south-1",
            to(Incompatible, "us-east-1"),
            Because::NewFacility,
        ),
        (
            at("ap-southeast-3"),
            Path,
            "us-east-1",
            "af-south-1",
            "ap-southeast-3",
            to(Incompatible, "af-south-1"),
            Because::NewHome,
        ),
        // Website endpoints.
        (
            website("us-west-2"),
            VirtualHosted,
            "us-west-2",
            "eu-west-1",
            "us-west-2",
            to(IncorrectEndpoint, "eu-west-1"),
            Because::Website,
        ),
        (
            website("us-west-2"),
            VirtualHosted,
            "us-west-2",
            "af-south-1",
            "us-west-2",
            to(IncorrectEndpoint, "af-south-1"),
            Because::Website,
        ),
        (
            website("eu-west-1"),
            VirtualHosted,
            "us-west-2",
            "eu-west-1",
            "eu-west-1",
            Serve,
            Because::Home,
        ),
        // A host that is no endpoint name means the listener's region.
        (
            Endpoint::Own,
            Path,
            "us-west-2",
            "eu-west-1",
            "us-west-2",
            to(PermanentRedirect, "eu-west-1"),
            Because::OwnName,
        ),
        (
            Endpoint::Own,
            Cname,
            "us-west-2",
            "eu-west-1",
            "us-west-2",
            to(PermanentRedirect, "eu-west-1"),
            Because::OwnName,
        ),
        (
            Endpoint::Own,
            Path,
            "eu-west-1",
            "eu-west-1",
            "eu-west-1",
            Serve,
            Because::Home,
        ),
        (
            Endpoint::Own,
            Path,
            "af-south-1",
            "eu-west-1",
            "af-south-1",
            to(Incompatible, "eu-west-1"),
            Because::NewFacility,
        ),
        // A region that is not of this deployment.
        (
            at("sa-east-1"),
            VirtualHosted,
            "eu-west-1",
            "eu-west-1",
            "eu-west-1",
            to(PermanentRedirect, "eu-west-1"),
            Because::RegionalHost,
        ),
        (
            at("me-south-1"),
            VirtualHosted,
            "eu-west-1",
            "eu-west-1",
            "eu-west-1",
            to(Incompatible, "eu-west-1"),
            Because::NewFacility,
        ),
    ];
    for (endpoint, style, arrived, home, facility, answer, because) in rows {
        let found = ask(endpoint.clone(), style, arrived, Some(home), Purpose::Other);
        let expected = Decision {
            facility: name(facility),
            answer,
            because,
        };
        assert_eq!(
            found, expected,
            "{endpoint:?} {style:?} at {arrived}, home {home}"
        );
    }
}

/// facts/02 §1 (a bucket that does not exist is never a redirect), §3, §4.
#[test]
fn some_requests_are_answered_where_they_are() {
    let served = |endpoint: Endpoint, home, purpose| {
        let found = ask(endpoint, Style::VirtualHosted, "us-east-1", home, purpose);
        assert_eq!(found.answer, Answer::Serve);
        (found.facility.to_string(), found.because)
    };
    let west = at("us-west-2");
    let told = served(west.clone(), None, Purpose::Other);
    assert_eq!(told, ("us-west-2".into(), Because::NoBucket));
    let told = served(west.clone(), Some("eu-west-1"), Purpose::CreateBucket);
    assert_eq!(told, ("us-west-2".into(), Because::Creates));
    let told = served(west, Some("af-south-1"), Purpose::GetBucketLocation);
    assert_eq!(told, ("us-west-2".into(), Because::TellsLocation));
    let told = served(Endpoint::Global, Some("eu-west-1"), Purpose::GetBucketLocation);
    assert_eq!(told, ("us-east-1".into(), Because::TellsLocation));
}

fn endpoints() -> impl Strategy<Value = Endpoint> {
    let names = prop::sample::select(vec![
        "sa-east-1",
        "me-south-1",
        "us-east-1",
        "us-west-2",
        "eu-west-1",
        "af-south-1",
    ]);
    prop_oneof![
        Just(Endpoint::Global),
        Just(Endpoint::Own),
        Just(Endpoint::Accelerate),
        names.clone().prop_map(at),
        names.prop_map(|region| Endpoint::Website(name(region))),
    ]
}

proptest! {
    /// Whatever is asked: only a bucket that lives elsewhere is sent away, always to its home, and a
    /// region launched after 2019-03-20 never redirects nor is redirected to.
    #[test]
    fn only_the_home_is_named(
        endpoint in endpoints(),
        style in prop::sample::select(vec![Style::Path, Style::VirtualHosted, Style::Cname]),
        arrived in prop::sample::select(NAMES.to_vec()),
        home in prop::option::of(prop::sample::select(NAMES.to_vec())),
    ) {
        let regions = regions();
        let found = ask(endpoint.clone(), style, arrived, home, Purpose::Other);
        prop_assert!(regions.get(&found.facility).is_some());
        match &found.answer {
            Answer::Serve => {
                let elsewhere = home.is_some_and(|home| found.facility.as_str() != home);
                prop_assert!(!elsewhere);
            }
            Answer::TemporaryRedirect(to) | Answer::PermanentRedirect(to) => {
                prop_assert_eq!(Some(to.as_str()), home);
                prop_assert_eq!(regions.class(to), LaunchClass::Before20190320);
                // Of a name that is served nowhere the name decides, not the listener.
                let reached = endpoint.region().filter(|_| endpoint != Endpoint::Global);
                let reached = reached.unwrap_or_else(|| found.facility.clone());
                prop_assert_eq!(regions.class(&reached), LaunchClass::Before20190320);
            }
            Answer::Incompatible(about) | Answer::IncorrectEndpoint(about) => {
                prop_assert_eq!(Some(about.as_str()), home);
            }
        }
        let followable = matches!(found.answer, Answer::TemporaryRedirect(_));
        prop_assert!(!followable || (endpoint == Endpoint::Global && style == Style::VirtualHosted));
    }
}
