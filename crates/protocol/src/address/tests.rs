use cairn_types::RegionName;
use proptest::prelude::*;

use super::{Address, Endpoint, Endpoints, Spelling, Style};
use crate::encoding::encode_path;

fn region(name: &str) -> RegionName {
    RegionName::parse(name).unwrap()
}

fn regional(name: &str, spelling: Spelling) -> Endpoint {
    Endpoint::Regional {
        region: region(name),
        spelling,
    }
}

fn endpoints() -> Endpoints {
    Endpoints::new("S3.Example.Com.")
}

// facts/01 §1, row by row: host, endpoint, what stands before it. `D` is the domain.
#[test]
fn the_host_grammar() {
    let own = || (Endpoint::Own, None);
    for (host, (endpoint, bucket)) in [
        ("s3.D", (Endpoint::Global, None)),
        ("s3.us-east-1.D", (regional("us-east-1", Spelling::Dot), None)),
        (
            "s3-external-1.D",
            (regional("us-east-1", Spelling::External), None),
        ),
        ("s3.eu-west-1.D", (regional("eu-west-1", Spelling::Dot), None)),
        ("s3-eu-west-1.D", (regional("eu-west-1", Spelling::Dash), None)),
        (
            "s3.dualstack.eu-west-1.D",
            (regional("eu-west-1", Spelling::Dualstack), None),
        ),
        (
            "s3-fips.us-west-2.D",
            (regional("us-west-2", Spelling::Fips), None),
        ),
        (
            "s3-fips.dualstack.us-west-2.D",
            (regional("us-west-2", Spelling::FipsDualstack), None),
        ),
        // Any region's name, configured or not.
        ("s3.atlantis-9.D", (regional("atlantis-9", Spelling::Dot), None)),
        ("b.s3.D", (Endpoint::Global, Some("b"))),
        (
            "my.dotted.bucket.s3.D",
            (Endpoint::Global, Some("my.dotted.bucket")),
        ),
        (
            "b.s3.eu-west-1.D",
            (regional("eu-west-1", Spelling::Dot), Some("b")),
        ),
        ("a.s3.eu-west-1.s3.D", (Endpoint::Global, Some("a.s3.eu-west-1"))),
        (
            "a.b.s3-eu-west-1.D",
            (regional("eu-west-1", Spelling::Dash), Some("a.b")),
        ),
        (
            "b.s3.dualstack.eu-west-1.D",
            (regional("eu-west-1", Spelling::Dualstack), Some("b")),
        ),
        (
            "b.s3-external-1.D",
            (regional("us-east-1", Spelling::External), Some("b")),
        ),
        ("b.s3-accelerate.D", (Endpoint::Accelerate, Some("b"))),
        ("b.s3-accelerate.dualstack.D", (Endpoint::Accelerate, Some("b"))),
        (
            "b.s3-website-eu-west-1.D",
            (Endpoint::Website(region("eu-west-1")), Some("b")),
        ),
        (
            "b.s3-website.eu-west-1.D",
            (Endpoint::Website(region("eu-west-1")), Some("b")),
        ),
        (
            "n-1.s3-accesspoint.us-west-2.D",
            (Endpoint::AccessPoint(region("us-west-2")), Some("n-1")),
        ),
        (
            "n-1.s3-accesspoint.dualstack.us-west-2.D",
            (Endpoint::AccessPoint(region("us-west-2")), Some("n-1")),
        ),
        (
            "x.mrap.accesspoint.s3-global.D",
            (Endpoint::MultiRegionAccessPoint, Some("x")),
        ),
        (
            "1.s3-control.us-west-2.D",
            (Endpoint::Control(region("us-west-2")), Some("1")),
        ),
        ("sts.D", (Endpoint::Sts(None), None)),
        (
            "sts.us-west-2.D",
            (Endpoint::Sts(Some(region("us-west-2"))), None),
        ),
        ("iam.D", (Endpoint::Iam, None)),
        ("account.D", (Endpoint::Account(None), None)),
        (
            "account.us-east-1.D:9000",
            (Endpoint::Account(Some(region("us-east-1"))), None),
        ),
        ("account.s3.D", (Endpoint::Global, Some("account"))),
        // Case, port, one trailing dot.
        (
            "B.S3.EU-West-1.D.:9000",
            (regional("eu-west-1", Spelling::Dot), Some("b")),
        ),
        ("s3.D:443", (Endpoint::Global, None)),
        ("s3.D.", (Endpoint::Global, None)),
        // Not in the grammar.
        ("D", own()),
        ("xs3.D", own()),
        ("b.D", own()),
        ("s3-control.D", own()),
        ("b.sts.D", own()),
        ("b.iam.D", own()),
        ("b.account.D", own()),
        ("b.account.us-east-1.D", own()),
        ("s3.dualstack.D", own()),
        ("s3.-bad-.D", own()),
        ("s3.D..", own()),
        ("s3.Dx", own()),
        ("xD", own()),
        ("", own()),
        ("[::1]:9000", own()),
        ("[::1]", own()),
        ("127.0.0.1:9000", own()),
        ("cairn:9000", own()),
    ] {
        let host = host.replace('D', "s3.example.com");
        let read = endpoints().host(Some(&host));
        assert_eq!((read.endpoint(), read.prefix()), (&endpoint, bucket), "{host}");
    }
    // HTTP/1.0 without Host (row 16).
    assert_eq!(endpoints().host(None).endpoint(), &Endpoint::Own);
}

#[test]
fn endpoints_know_their_region() {
    let of = |host: &str| {
        let read = Endpoints::new("localhost").host(Some(host));
        read.endpoint().region().map(|region| region.to_string())
    };
    assert_eq!(of("s3.localhost").as_deref(), Some("us-east-1"));
    assert_eq!(of("b.s3-eu-west-1.localhost").as_deref(), Some("eu-west-1"));
    assert_eq!(of("localhost:9000"), None);
    assert!(
        Endpoints::new("localhost")
            .host(Some("localhost"))
            .endpoint()
            .is_rest()
    );
    assert!(
        !Endpoints::new("localhost")
            .host(Some("iam.localhost"))
            .endpoint()
            .is_rest()
    );
}

// facts/01 §1: any other host is CNAME hosting where a bucket has exactly that name.
#[test]
fn cname_candidates() {
    for (host, candidate) in [
        ("www.example.org", Some("www.example.org")),
        ("WWW.Example.ORG.:80", Some("www.example.org")),
        ("s3.example.com", None),
        ("localhost", None),
        ("cairn:9000", None),
        ("127.0.0.1:9000", None),
        ("[::1]:9000", None),
        ("b.s3.s3.example.com", None),
        ("under_score.example.org", None),
    ] {
        let read = endpoints().host(Some(host));
        let name = read.cname_candidate().map(|name| name.as_str());
        assert_eq!(name, candidate, "{host}");
    }
    let host = endpoints().host(Some("www.example.org"));
    let address = host.cname_address("/a/b").unwrap();
    assert_eq!(address.style, Style::Cname);
    assert_eq!(address.bucket.unwrap().as_str(), "www.example.org");
    assert_eq!(address.key.unwrap().as_str(), "a/b");
    assert_eq!(host.cname_address("/").unwrap().key, None);
    // Without such a bucket the same request is path style.
    let address = host.address("/abc/b").unwrap();
    assert_eq!(
        (address.style, address.bucket.unwrap().as_str()),
        (Style::Path, "abc")
    );
}

fn address(host: &str, path: &str) -> Result<(Option<String>, Option<String>), String> {
    match Endpoints::new("localhost").host(Some(host)).address(path) {
        Ok(Address { bucket, key, .. }) => Ok((
            bucket.map(|name| name.to_string()),
            key.map(|key| key.as_str().to_owned()),
        )),
        Err(error) => Err(error.code().to_owned()),
    }
}

// facts/06 §2, facts/01 §6.
#[test]
fn paths() {
    let long = format!("/abc/{}", "%41".repeat(1025));
    for (path, expected) in [
        ("", Ok((None, None))),
        ("/", Ok((None, None))),
        ("/abc", Ok((Some("abc"), None))),
        ("/abc/", Ok((Some("abc"), None))),
        ("/abc/k", Ok((Some("abc"), Some("k")))),
        ("/abc//k", Ok((Some("abc"), Some("/k")))),
        ("/abc/a//b/./../c/", Ok((Some("abc"), Some("a//b/./../c/")))),
        ("/abc/file%252Fname", Ok((Some("abc"), Some("file%2Fname")))),
        ("/abc/a%2Fb+c%20d", Ok((Some("abc"), Some("a/b+c d")))),
        ("/abc/%F0%9F%A6%80", Ok((Some("abc"), Some("🦀")))),
        ("/%61bc/k", Ok((Some("abc"), Some("k")))),
        ("/abc/%ff", Err("InvalidURI")),
        ("/abc/%4", Err("InvalidURI")),
        ("/%ff", Err("InvalidURI")),
        ("*", Err("InvalidURI")),
        ("/Upper_Case", Err("InvalidBucketName")),
        ("/ab/k", Err("InvalidBucketName")),
        ("//k", Err("InvalidBucketName")),
        (&long, Err("KeyTooLongError")),
    ] {
        let expected = expected
            .map(|(bucket, key)| (bucket.map(str::to_owned), key.map(str::to_owned)))
            .map_err(str::to_owned);
        assert_eq!(address("localhost:9000", path), expected, "{path}");
    }
    let (_, key) = address("localhost", &format!("/abc/{}", "%41".repeat(1024))).unwrap();
    assert_eq!(key.unwrap().len(), 1024);
    assert_eq!(address("ab.s3.localhost", "/"), Err("InvalidBucketName".into()));
    assert_eq!(address("abc.s3.localhost", ""), Ok((Some("abc".into()), None)));
    let service = Endpoints::new("localhost").host(None).address("/").unwrap();
    assert_eq!(service.resource_type(), "SERVICE");
}

proptest! {
    #[test]
    fn any_request_is_answered(host in any::<Option<String>>(), path in any::<String>()) {
        for path in [path.clone(), format!("/{path}")] {
            let host = endpoints().host(host.as_deref());
            let _ = (host.address(&path), host.cname_address(&path));
        }
    }

    #[test]
    fn hosts_made_of_the_grammars_words_are_answered(
        words in prop::collection::vec(
            prop::sample::select(vec![
                "s3", "dualstack", "s3-fips", "s3-external-1", "us-east-1", "s3-website", "s3-", "s3-x", "",
                "sts", "iam", "bucket", "localhost", "s3-global", "accesspoint", "mrap", "[::1]", ":1", ":",
            ]),
            0..7,
        ),
    ) {
        let host = format!("{}.localhost", words.join("."));
        let _ = Endpoints::new("localhost").host(Some(&host)).address("/a/b");
    }

    #[test]
    fn both_styles_mean_the_same(bucket in "[a-z0-9][a-z0-9-]{1,20}[a-z0-9]", key in "\\PC{1,40}") {
        let endpoints = Endpoints::new("localhost");
        let path = encode_path(&key);
        let styles = (
            endpoints.host(Some("s3.localhost")).address(&format!("/{bucket}/{path}")),
            endpoints.host(Some(&format!("{bucket}.s3.localhost"))).address(&format!("/{path}")),
        );
        let (by_path, by_host) = styles;
        prop_assert_eq!(by_path.is_ok(), by_host.is_ok());
        if let (Ok(by_path), Ok(by_host)) = (by_path, by_host) {
            prop_assert_eq!((by_path.style, by_host.style), (Style::Path, Style::VirtualHosted));
            prop_assert_eq!(by_path.bucket, by_host.bucket);
            prop_assert_eq!(&by_path.key, &by_host.key);
            let read = by_path.key.map(|key| key.as_str().to_owned());
            prop_assert_eq!(read, Some(key));
        }
    }
}
