//! Who is believed, and what.

use super::*;

const PROXY: &str = "10.0.0.7:4000";
const STRANGER: &str = "192.0.2.66:4000";

fn proxies(networks: &[&str]) -> TrustedProxies {
    let networks: Vec<IpNet> = networks.iter().map(|text| text.parse().unwrap()).collect();
    TrustedProxies::new(&networks)
}

fn connection(peer: &str) -> Connection {
    Connection {
        peer: peer.parse().unwrap(),
        local: "127.0.0.1:9000".parse().unwrap(),
        tls: false,
        region: cairn_types::RegionName::parse("us-east-1").unwrap(),
        fault: None,
    }
}

fn map(headers: &[(&str, &str)]) -> HeaderMap {
    let pair = |(name, value): &(&str, &str)| {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        (name, HeaderValue::from_bytes(value.as_bytes()).unwrap())
    };
    headers.iter().map(pair).collect()
}

/// Client, host, whether encrypted, fault.
type Seen = (String, String, bool, Option<&'static str>);

fn seen(trusted: &[&str], peer: &str, headers: &[(&str, &str)]) -> Seen {
    let mut headers = map(&[&[("host", "inside:9000")], headers].concat());
    let mut connection = connection(peer);
    proxies(trusted).believe(&mut headers, &mut connection);
    let host = headers[HOST].to_str().unwrap().to_owned();
    (
        connection.peer.to_string(),
        host,
        connection.tls,
        connection.fault,
    )
}

const ALL: [(&str, &str); 3] = [
    ("x-forwarded-for", "198.51.100.9"),
    ("x-forwarded-host", "photos.s3.example.com:8443"),
    ("x-forwarded-proto", "https"),
];

#[test]
fn a_trusted_proxy_is_believed() {
    let want = (
        "198.51.100.9:0".to_owned(),
        "photos.s3.example.com:8443".to_owned(),
        true,
        None,
    );
    for trusted in ["10.0.0.0/8", "10.0.0.7/32"] {
        assert_eq!(seen(&["192.168.0.0/16", trusted], PROXY, &ALL), want);
    }
    // The same proxy, at a socket that listens to IPv6 and IPv4.
    assert_eq!(seen(&["10.0.0.0/8"], "[::ffff:10.0.0.7]:4000", &ALL), want);
    assert_eq!(seen(&["2001:db8::/32"], "[2001:db8::7]:4000", &ALL), want);
}

#[test]
fn nobody_else_is() {
    let unchanged = |peer: &str| (peer.to_owned(), "inside:9000".to_owned(), false, None);
    assert_eq!(seen(&[], PROXY, &ALL), unchanged(PROXY));
    assert_eq!(seen(&["10.0.0.0/8"], STRANGER, &ALL), unchanged(STRANGER));
    assert_eq!(seen(&["10.0.0.0/30"], PROXY, &ALL), unchanged(PROXY));
    // What cannot be read is not even looked at.
    let bad = [("x-forwarded-for", "nonsense"), ("x-forwarded-host", "a b")];
    assert_eq!(seen(&["10.0.0.0/8"], STRANGER, &bad), unchanged(STRANGER));
    // Another way to say it, which nobody asked for.
    let forwarded = [("forwarded", "for=198.51.100.9;host=evil.example;proto=https")];
    assert_eq!(seen(&["10.0.0.0/8"], PROXY, &forwarded), unchanged(PROXY));
}

#[test]
fn what_is_not_told_stays() {
    for (header, want) in [
        (ALL[0], ("198.51.100.9:0", "inside:9000", false)),
        (ALL[1], (PROXY, "photos.s3.example.com:8443", false)),
        (ALL[2], (PROXY, "inside:9000", true)),
    ] {
        let (client, host, tls, fault) = seen(&["10.0.0.0/8"], PROXY, &[header]);
        assert_eq!((client.as_str(), host.as_str(), tls), want);
        assert_eq!(fault, None);
    }
}

#[test]
fn the_client_is_the_last_that_no_proxy_is() {
    let client = |lines: &[&str]| {
        let headers: Vec<_> = lines.iter().map(|line| ("x-forwarded-for", *line)).collect();
        let (client, _, _, fault) = seen(&["10.0.0.0/8", "2001:db8::/32"], PROXY, &headers);
        assert_eq!(fault, None, "{lines:?}");
        client
    };
    // The client wrote all but the last: it wants to be somebody else.
    assert_eq!(client(&["127.0.0.1, 10.9.9.9, 198.51.100.9"]), "198.51.100.9:0");
    assert_eq!(client(&["nonsense, <script>,198.51.100.9"]), "198.51.100.9:0");
    assert_eq!(client(&["127.0.0.1", "198.51.100.9"]), "198.51.100.9:0");
    // Through two proxies of ours, and three.
    assert_eq!(client(&["203.0.113.5, 198.51.100.9, 10.0.0.8"]), "198.51.100.9:0");
    assert_eq!(
        client(&["203.0.113.5,198.51.100.9 ,\t10.0.0.8", "2001:db8::8"]),
        "198.51.100.9:0"
    );
    // A client inside.
    assert_eq!(client(&["10.0.0.3, 10.0.0.8"]), "10.0.0.3:0");
    // As the proxies of the field write addresses.
    assert_eq!(client(&["198.51.100.9:55123"]), "198.51.100.9:55123");
    assert_eq!(client(&["2001:db9::1"]), "[2001:db9::1]:0");
    assert_eq!(client(&["[2001:db9::1]"]), "[2001:db9::1]:0");
    assert_eq!(client(&["[2001:db9::1]:443"]), "[2001:db9::1]:443");
    assert_eq!(client(&["::ffff:198.51.100.9"]), "198.51.100.9:0");
}

#[test]
fn what_cannot_be_read_is_refused() {
    let long = format!("{}.example", "a".repeat(HOST_BYTES_MAX));
    let chain = vec!["10.0.0.8"; HOPS_MAX].join(",");
    let bad: &[&[(&str, &str)]] = &[
        &[("x-forwarded-for", "")],
        &[("x-forwarded-for", "unknown")],
        &[("x-forwarded-for", "198.51.100.9,")],
        &[("x-forwarded-for", "198.51.100.9 203.0.113.5")],
        &[("x-forwarded-for", "198.51.100.9, 10.0.0.8, _hidden")],
        &[("x-forwarded-for", "198.51.100.999")],
        &[("x-forwarded-for", "198.51.100.9:70000")],
        &[("x-forwarded-for", "[198.51.100.9")],
        &[("x-forwarded-for", "\u{fc}")],
        &[("x-forwarded-for", &chain)],
        &[("x-forwarded-host", "")],
        &[("x-forwarded-host", "a b")],
        &[("x-forwarded-host", "good.example, evil.example")],
        &[
            ("x-forwarded-host", "good.example"),
            ("x-forwarded-host", "evil.example"),
        ],
        &[("x-forwarded-host", "user@good.example")],
        &[("x-forwarded-host", "good.example/path")],
        &[("x-forwarded-host", "good.example?")],
        &[("x-forwarded-host", "good.example#")],
        &[("x-forwarded-host", "http://good.example")],
        &[("x-forwarded-host", ":80")],
        &[("x-forwarded-host", "good.example:")],
        &[("x-forwarded-host", "good.example:99999")],
        &[("x-forwarded-host", "good.example:80:80")],
        &[("x-forwarded-host", "g%6fod.example")],
        &[("x-forwarded-host", "\u{fc}.example")],
        &[("x-forwarded-host", &long)],
        &[("x-forwarded-proto", "")],
        &[("x-forwarded-proto", "ftp")],
        &[("x-forwarded-proto", "https,http")],
        &[("x-forwarded-proto", "https"), ("x-forwarded-proto", "https")],
    ];
    for headers in bad {
        let (client, host, tls, fault) = seen(&["10.0.0.0/8"], PROXY, headers);
        let fault = fault.unwrap_or_else(|| panic!("{headers:?} was believed: {client} {host} {tls}"));
        assert!(fault.to_lowercase().contains(headers[0].0), "{fault}");
        // The proxy's own, and nothing of what was told beside it.
        assert_eq!(
            (client.as_str(), host.as_str(), tls),
            (PROXY, "inside:9000", false)
        );
        let beside: Vec<_> = ALL
            .into_iter()
            .filter(|(name, _)| *name != headers[0].0)
            .chain(headers.iter().copied())
            .collect();
        let (client, host, tls, fault) = seen(&["10.0.0.0/8"], PROXY, &beside);
        assert!(fault.is_some(), "{headers:?}");
        assert_eq!(
            (client.as_str(), host.as_str(), tls),
            (PROXY, "inside:9000", false)
        );
    }
}

#[test]
fn limits_are_met_exactly() {
    let chain = vec!["10.0.0.8"; HOPS_MAX - 1].join(",");
    let (client, _, _, fault) = seen(
        &["10.0.0.0/8"],
        PROXY,
        &[("x-forwarded-for", &format!("198.51.100.9,{chain}"))],
    );
    assert_eq!((client.as_str(), fault), ("198.51.100.9:0", None));
    let host = "a".repeat(HOST_BYTES_MAX);
    let (_, believed, _, fault) = seen(&["10.0.0.0/8"], PROXY, &[("x-forwarded-host", &host)]);
    assert_eq!((believed, fault), (host, None));
}

#[test]
fn two_hosts_stay_two() {
    let mut headers = map(&[("host", "one"), ("host", "two"), ALL[1]]);
    let mut connection = connection(PROXY);
    proxies(&["10.0.0.0/8"]).believe(&mut headers, &mut connection);
    assert_eq!(headers.get_all(HOST).iter().count(), 2);
}
