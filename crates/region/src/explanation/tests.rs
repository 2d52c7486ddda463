use std::net::Ipv4Addr;

use cairn_types::Timestamp;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::{Because, Region};

fn name(text: &str) -> RegionName {
    RegionName::parse(text).unwrap()
}

fn bucket(text: &str) -> BucketName {
    BucketName::parse(text).unwrap()
}

fn home(region: &str) -> Home {
    Home {
        region: name(region),
        created: Timestamp::from_seconds(1_445_412_480),
    }
}

fn deployment(names: &[&str], domain: &str) -> Regions {
    let regions = names.iter().enumerate().map(|(at, text)| Region {
        addresses: vec![Ipv4Addr::new(192, 0, 2, u8::try_from(at).unwrap()).into()],
        ports: vec![9000],
        ..Region::new(name(text))
    });
    Regions::new(regions.collect(), domain).unwrap()
}

fn asked<'a>(host: &'a str, target: &'a str, arrived: &'a RegionName) -> Asked<'a> {
    Asked {
        method: "GET",
        host,
        target,
        tls: false,
        arrived,
        purpose: Purpose::Other,
        signing_region: Some("us-east-1"),
        source: Source::Header,
        dns: None,
    }
}

/// `photos` lives in eu-west-1, `data` in ap-southeast-3.
fn homes(name: &BucketName) -> Option<Home> {
    match name.as_str() {
        "photos" | "files.example.com" | "my.photos" => Some(home("eu-west-1")),
        "data" => Some(home("ap-southeast-3")),
        _ => None,
    }
}

fn three() -> Regions {
    deployment(&["us-east-1", "eu-west-1", "ap-southeast-3"], "localhost")
}

fn explained(host: &str, target: &str, arrived: &str) -> Explanation {
    let arrived = name(arrived);
    explain(&three(), &asked(host, target, &arrived), &homes)
}

#[test]
fn the_global_name_before_its_publication() {
    let dns = Dns {
        region: Some(name("us-east-1")),
        addresses: vec![Ipv4Addr::new(192, 0, 2, 0).into()],
        because: "the bucket's home is eu-west-1, which is published later".to_owned(),
    };
    let arrived = name("us-east-1");
    let asked = Asked {
        dns: Some(&dns),
        ..asked("photos.s3.localhost:9000", "/a%20b.jpg?x=1", &arrived)
    };
    let explanation = explain(&three(), &asked, &homes);
    let text = explanation.to_string();
    let wanted = "\
Request     GET http://photos.s3.localhost:9000/a%20b.jpg?x=1
            at the listener of us-east-1, signed for us-east-1
Address     the global endpoint, spelled s3.DOMAIN
            bucket photos (virtual-hosted), key a b.jpg
Home        eu-west-1, launch class before-2019-03-20; created 2015-10-21T07:28:00Z
DNS         the bucket's home is eu-west-1, which is published later
            192.0.2.0
Decision    temporary-redirect (GlobalName): the bucket's global name reached another region than the bucket's \
home: its DNS record is not published yet, or the client did not ask this DNS
            us-east-1 answers
Answer      307 TemporaryRedirect
            Please re-send this request to the specified temporary endpoint. Continue to use the original request \
endpoint for future requests.
            x-amz-bucket-region: eu-west-1
            location: http://photos.s3.eu-west-1.localhost:9000/a%20b.jpg?x=1
            <Endpoint>photos.s3.eu-west-1.localhost:9000</Endpoint>
            <Bucket>photos</Bucket>
Do          virtual-hosted, as SDKs do it: host photos.s3.eu-west-1.localhost:9000
            path /a%20b.jpg, signed for eu-west-1
or          path style: host s3.eu-west-1.localhost:9000
            path /photos/a%20b.jpg, signed for eu-west-1
or          without DNS, at the region's own address: host 192.0.2.1:9000
            path /photos/a%20b.jpg, signed for eu-west-1
";
    let (facts, notes): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| !line.starts_with("Note"));
    assert_eq!(facts, wanted.lines().collect::<Vec<_>>());
    assert_eq!(notes.len(), 2, "{text}");

    let json = serde_json::to_value(&explanation).unwrap();
    assert_eq!(json["verdict"]["answer"], "temporary-redirect");
    assert_eq!(json["verdict"]["rule"], "GlobalName");
    assert_eq!(json["seen"]["is"], "refused");
    assert_eq!(json["seen"]["status"], 307);
    assert_eq!(json["seen"]["headers"][1][0], "location");
    assert_eq!(json["home"]["region"], "eu-west-1");
    assert_eq!(json["ways"][0]["signing_region"], "eu-west-1");
}

/// One row for each kind of answer: status, code, and the first way.
#[test]
fn every_answer() {
    let rows = [
        (
            "s3.us-east-1.localhost",
            "/photos",
            "us-east-1",
            301,
            "PermanentRedirect",
            "photos.s3.eu-west-1.localhost",
        ),
        (
            "127.0.0.1:80",
            "/photos/k",
            "us-east-1",
            301,
            "PermanentRedirect",
            "photos.s3.eu-west-1.localhost:9000",
        ),
        (
            "s3.localhost",
            "/data/k",
            "us-east-1",
            400,
            "IllegalLocationConstraintException",
            "data.s3.ap-southeast-3.localhost",
        ),
        (
            "photos.s3-website-us-east-1.localhost",
            "/k",
            "us-east-1",
            400,
            "IncorrectEndpoint",
            "photos.s3-website-eu-west-1.localhost",
        ),
        (
            "s3.eu-west-1.localhost",
            "/photos/k",
            "eu-west-1",
            400,
            "AuthorizationHeaderMalformed",
            "s3.eu-west-1.localhost",
        ),
        (
            "photos.s3.localhost",
            "/k",
            "eu-west-1",
            400,
            "AuthorizationHeaderMalformed",
            "photos.s3.localhost",
        ),
        ("s3.localhost", "/none/k", "us-east-1", 404, "NoSuchBucket", ""),
        (
            "s3.localhost",
            "/A_B/k",
            "us-east-1",
            400,
            "InvalidBucketName",
            "",
        ),
        ("s3.localhost", "/photos/%zz", "us-east-1", 400, "InvalidURI", ""),
    ];
    for (host, path, arrived, status, code, way) in rows {
        let explanation = explained(host, path, arrived);
        let Seen::Refused(refused) = &explanation.seen else {
            panic!("{explanation}");
        };
        assert_eq!((refused.status, refused.code), (status, code), "{explanation}");
        let first = explanation.ways.first().map_or("", |way| way.host.as_str());
        assert_eq!(first, way, "{explanation}");
    }
    let arrived = name("us-east-1");
    let served = Asked {
        signing_region: Some("eu-west-1"),
        ..asked("photos.s3.eu-west-1.localhost", "/k", &arrived)
    };
    assert_eq!(explain(&three(), &served, &homes).seen, Seen::Served);
    let unsigned = Asked {
        signing_region: None,
        ..served
    };
    assert_eq!(explain(&three(), &unsigned, &homes).seen, Seen::Served);
    // CORS answers a preflight, also where there is no bucket, and asks for no signature.
    let preflight = Asked {
        method: "OPTIONS",
        ..asked("s3.eu-west-1.localhost", "/none/k", &arrived)
    };
    assert_eq!(explain(&three(), &preflight, &homes).seen, Seen::Served);
    assert_eq!(
        explained("sts.localhost", "/", "us-east-1").seen,
        Seen::OtherService
    );
    assert_eq!(
        explained("", "", "us-east-1").seen,
        Seen::Served,
        "HTTP/1.0 without a host"
    );
}

/// facts/02 §1, the second table.
#[test]
fn a_wrong_signing_region_tells_the_right_one() {
    let explanation = explained("s3.eu-west-1.localhost", "/photos/k", "eu-west-1");
    let Seen::Refused(refused) = explanation.seen else {
        panic!("{explanation}");
    };
    assert_eq!(
        refused.message,
        "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-west-1'"
    );
    assert_eq!(refused.elements, [("Region", "eu-west-1".to_owned())]);
    assert_eq!(refused.headers, [("x-amz-bucket-region", "eu-west-1".to_owned())]);
    let arrived = name("eu-west-1");
    let presigned = Asked {
        source: Source::Query,
        ..asked("s3.eu-west-1.localhost", "/photos/k", &arrived)
    };
    let Seen::Refused(refused) = explain(&three(), &presigned, &homes).seen else {
        panic!("it is refused");
    };
    assert_eq!(refused.code, "AuthorizationQueryParametersError");
}

#[test]
fn a_host_that_is_a_buckets_name() {
    let arrived = name("us-east-1");
    let names = bucket_names(&three(), "files.example.com", "/photos/k");
    assert_eq!(names, [bucket("files.example.com"), bucket("photos")]);
    let explanation = explain(
        &three(),
        &asked("files.example.com", "/photos/k", &arrived),
        &homes,
    );
    let address = explanation.address.unwrap();
    assert_eq!(
        (address.style, address.key.as_deref()),
        ("cname", Some("photos/k"))
    );
    let explanation = explain(
        &three(),
        &asked("other.example.com", "/photos/k", &arrived),
        &homes,
    );
    assert_eq!(explanation.address.unwrap().style, "path");
    assert_eq!(bucket_names(&three(), "s3.localhost", "/"), []);
}

/// A wildcard certificate does not cover a bucket's dots (facts/01 §1).
#[test]
fn dotted_buckets_over_tls_are_sent_path_style_first() {
    let arrived = name("us-east-1");
    let tls = Asked {
        tls: true,
        ..asked("s3.us-east-1.localhost", "/my.photos/k", &arrived)
    };
    let explanation = explain(&three(), &tls, &homes);
    assert_eq!(explanation.ways[0].situation, "path style");
    assert!(explanation.url.starts_with("https://"));
}

#[test]
fn nothing_a_client_sends_reaches_a_terminal_raw() {
    let arrived = name("us-east-1");
    let asked = Asked {
        signing_region: Some("\u{1b}[31m\nred"),
        ..asked("s3.localhost\r\nX: y", "/photos/%1b%0a\u{7}", &arrived)
    };
    let text = explain(&three(), &asked, &homes).to_string();
    assert!(
        text.lines().all(|line| !line.chars().any(char::is_control)),
        "{text:?}"
    );
    assert!(
        text.lines()
            .all(|line| line.chars().take(12).all(|c| c == ' ') || line.starts_with(char::is_alphabetic))
    );
}

#[test]
fn regions_that_are_not_there_are_told() {
    let explanation = explained("s3.sa-east-1.localhost", "/photos/k", "eu-west-1");
    assert!(
        explanation
            .notes
            .iter()
            .any(|note| note.starts_with("sa-east-1 is not a region")),
        "{explanation}"
    );
    let gone = |_: &BucketName| Some(home("us-west-2"));
    let arrived = name("us-east-1");
    let explanation = explain(&three(), &asked("s3.localhost", "/b-1/k", &arrived), &gone);
    assert!(
        explanation.notes.iter().any(|note| note.contains("any more")),
        "{explanation}"
    );
}

const NAMES: &[&str] = &[
    "us-east-1",
    "us-west-2",
    "eu-west-1",
    "eu-central-1",
    "ap-southeast-3",
    "basement",
];
const BUCKETS: &[&str] = &["photos", "my.dotted.bucket", "b.s3.dualstack", "www.s3-us-west-2"];

fn hosts() -> impl Strategy<Value = String> {
    let prefixes = vec!["", "photos.", "my.dotted.bucket.", "b.s3.dualstack."];
    let endpoints = prop_oneof![
        Just("s3".to_owned()),
        Just("s3-external-1".to_owned()),
        Just("sts".to_owned()),
        select(NAMES).prop_map(|name| format!("s3.{name}")),
        select(NAMES).prop_map(|name| format!("s3-{name}")),
        select(NAMES).prop_map(|name| format!("s3.dualstack.{name}")),
        select(NAMES).prop_map(|name| format!("s3-website-{name}")),
        select(NAMES).prop_map(|name| format!("s3-accesspoint.{name}")),
        Just("s3.sa-east-1".to_owned()),
    ];
    let named = (select(prefixes), endpoints, select(vec!["", ":9000", ":1", "."]))
        .prop_map(|(prefix, endpoint, port)| format!("{prefix}{endpoint}.example.com{port}"));
    prop_oneof![
        8 => named,
        1 => select(vec!["192.0.2.7", "[::1]:9000", "my.dotted.bucket", "localhost"]).prop_map(str::to_owned),
        1 => any::<String>(),
    ]
}

fn targets() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => (select(BUCKETS), "(/[a-z%0-9]{0,9})?(\\?[a-z=&]{0,9})?").prop_map(|(bucket, rest)| format!("/{bucket}{rest}")),
        2 => "/[a-z/]{0,6}",
        1 => any::<String>(),
    ]
}

proptest! {
    /// The explanation never decides by itself, and what it advises is right.
    #[test]
    fn the_verdict_is_the_decision_and_the_ways_lead_home(
        served in prop::sample::subsequence(NAMES, 1..=NAMES.len()),
        homes in prop::collection::vec(prop::option::of(select(NAMES)), BUCKETS.len()),
        host in hosts(),
        target in targets(),
        arrived in any::<prop::sample::Index>(),
        purpose in select(vec![Purpose::Other, Purpose::CreateBucket, Purpose::GetBucketLocation]),
        signing in prop::option::of(select(NAMES)),
        tls in any::<bool>(),
    ) {
        let regions = deployment(&served, "example.com");
        let arrived = name(served[arrived.index(served.len())]);
        let lookup = |wanted: &BucketName| {
            let at = BUCKETS.iter().position(|name| *name == wanted.as_str())?;
            homes[at].map(home)
        };
        let asked = Asked {
            tls,
            purpose,
            signing_region: signing,
            ..asked(&host, &target, &arrived)
        };
        let explanation = explain(&regions, &asked, &lookup);
        let _ = (explanation.to_string(), serde_json::to_string(&explanation).unwrap());

        // The same, asked directly.
        let read = Endpoints::new("example.com").host(Some(&host));
        let raw = target.split('?').next().unwrap();
        let by_name = read.cname_candidate().filter(|name| lookup(name).is_some());
        let address = match by_name {
            Some(_) => read.cname_address(raw),
            None => read.address(raw),
        };
        let Ok(address) = address else {
            prop_assert_eq!(explanation.verdict, None);
            return Ok(());
        };
        let home = address.bucket.as_ref().and_then(lookup);
        let decision = decide(&regions, &Question {
            endpoint: &address.endpoint,
            style: address.style,
            arrived: &arrived,
            home: home.as_ref().map(|home| &home.region),
            purpose,
        });
        let verdict = explanation.verdict.unwrap();
        prop_assert_eq!(&verdict.decision, &decision);
        prop_assert_eq!(verdict.because, decision.because.text());
        let turned_away = matches!(&explanation.seen, Seen::Refused(refused)
            if matches!(refused.code, "TemporaryRedirect" | "PermanentRedirect"
                | "IllegalLocationConstraintException" | "IncorrectEndpoint"));
        prop_assert_eq!(turned_away, decision.answer != Answer::Serve);
        prop_assert_eq!(explanation.home.is_none(), decision.because == Because::NoBucket);
        // Every bucket that was looked up was announced.
        for name in address.bucket.iter().chain(read.cname_candidate()) {
            prop_assert!(bucket_names(&regions, &host, &target).contains(name) || by_name.is_some());
        }

        // Whoever goes a way is served at its end, wherever DNS leads by now.
        for way in &explanation.ways {
            if regions.get(&way.signing_region).is_none() {
                continue;
            }
            let arrived = if decision.answer == Answer::Serve { &arrived } else { &way.signing_region };
            let again = Asked {
                signing_region: Some(way.signing_region.as_str()),
                ..super::Asked { host: &way.host, target: &way.path, arrived, ..asked }
            };
            let end = explain(&regions, &again, &lookup);
            let arrives = match &end.seen {
                Seen::Served | Seen::OtherService => true,
                Seen::Refused(refused) => home.is_none() && refused.code == "NoSuchBucket",
            };
            prop_assert!(arrives, "{}", end);
            prop_assert_eq!(end.address.unwrap().bucket, address.bucket.clone());
        }
    }
}
