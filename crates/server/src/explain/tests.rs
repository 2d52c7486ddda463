use std::net::SocketAddr;

use cairn_journal::{Entry, Fact};
use cairn_region::explanation::Explanation;
use cairn_region::{Region, Regions};
use cairn_types::{BucketName, RegionName, Timestamp};
use http::Request;

use super::*;
use crate::explain::recorded::Recorded;

fn region(name: &str) -> RegionName {
    RegionName::parse(name).unwrap()
}

/// Two regions, and no bucket directory: what can be said of the journal's entries.
fn explainer() -> Explainer {
    let names = ["us-east-1", "eu-west-1"];
    let regions = names.iter().map(|name| Region::new(region(name))).collect();
    let regions = Arc::new(Regions::new(regions, "localhost").unwrap());
    Explainer {
        facilities: vec![Facility {
            region: region("eu-west-1"),
            listen: vec!["127.0.0.2:9000".parse().unwrap()],
        }],
        dns: cairn_dns::Settings::default(),
        dns_is_on: true,
        in_service: cairn_dns::InService::new(Arc::clone(&regions)),
        regions,
        directory: None,
        journal: None,
        objects: Err("a test has no store".to_owned()),
        api: Err("a test has no store".to_owned()),
    }
}

fn entry(host: &str, target: &str, code: &'static str) -> Entry<'static> {
    let peer: SocketAddr = "192.0.2.1:5".parse().unwrap();
    let mut entry = Entry::new(
        "AAAAAAAAAAAAAAAA",
        Timestamp::from_seconds(1_445_412_480),
        peer,
        region("us-east-1"),
    );
    entry.method = "GET".into();
    entry.host = host.to_owned().into();
    entry.target = target.to_owned().into();
    entry.bucket = BucketName::parse("photos").ok();
    entry.home = Some(region("eu-west-1"));
    entry.bucket_created = Some(Timestamp::from_seconds(1_445_412_479));
    entry.code = Some(code.into());
    entry
}

async fn explained(entry: Entry<'static>) -> Recorded {
    explainer().recorded(entry).await.unwrap()
}

fn line<'a>(text: &'a str, label: &str) -> &'a str {
    text.lines()
        .find(|line| line.starts_with(label))
        .unwrap_or_default()
}

/// Not as they are now: the DNS of the moment of the request, with the directory it had.
#[tokio::test]
async fn a_request_of_the_past_is_explained_as_things_were() {
    let early = explained(entry("photos.s3.localhost", "/k", "TemporaryRedirect"))
        .await
        .render(false);
    assert!(
        line(&early, "DNS").contains("until then its global name leads to"),
        "{early}"
    );
    let mut late = entry("photos.s3.localhost", "/k", "TemporaryRedirect");
    late.bucket_created = Some(Timestamp::from_seconds(1_400_000_000));
    let late = explained(late).await.render(false);
    assert!(
        line(&late, "DNS").contains("leads to its home eu-west-1, published"),
        "{late}"
    );
}

#[tokio::test]
async fn what_a_refusal_has_to_do_with_its_routing() {
    let why = |text: &str| line(text, "Why").trim_start_matches("Why").trim().to_owned();
    let redirected = explained(entry("s3.localhost", "/photos/k", "PermanentRedirect")).await;
    assert!(why(&redirected.render(false)).starts_with("the global endpoint serves"));
    let mut elsewhere = entry(
        "s3.eu-west-1.localhost",
        "/photos/k",
        "AuthorizationHeaderMalformed",
    );
    elsewhere.signing_region = Some("us-east-1".into());
    let elsewhere = explained(elsewhere).await.render(false);
    assert!(
        why(&elsewhere).starts_with("it is signed for us-east-1, but eu-west-1 answers: the request reached"),
        "{elsewhere}"
    );
    let later = explained(entry(
        "s3.eu-west-1.localhost",
        "/photos/k",
        "SignatureDoesNotMatch",
    ))
    .await;
    assert!(why(&later.render(false)).starts_with("routing has nothing against the request"));
    let earlier = explained(entry("s3.localhost", "/photos/k", "RequestHeaderSectionTooLarge")).await;
    assert!(why(&earlier.render(false)).starts_with("routing alone would answer 301"));
    let mut disabled = entry("s3.eu-west-1.localhost", "/photos/k", "InvalidAccessKeyId");
    disabled.facts = vec![
        Fact {
            kind: 250,
            bytes: b"of a later version".to_vec(),
        },
        Fact {
            kind: cairn_api::fact::REGION_NOT_ENABLED,
            bytes: b"eu-west-1\x1b[2J".to_vec(),
        },
    ];
    let text = explained(disabled).await.render(false);
    assert!(
        why(&text).contains("has not enabled the region eu-west-1"),
        "{text}"
    );
    assert!(!text.contains('\u{1b}'));
    let mut served = entry("s3.eu-west-1.localhost", "/photos/k", "");
    served.code = None;
    assert_eq!(why(&explained(served).await.render(false)), "");
}

#[tokio::test]
async fn without_a_directory_routes_are_not_guessed() {
    let route = Route {
        method: "GET".to_owned(),
        host: "s3.localhost".to_owned(),
        target: "/photos".to_owned(),
        ..Route::default()
    };
    let explanation: Result<Explanation, _> = explainer().route(&route).await;
    assert!(explanation.is_err());
}

#[test]
fn hosts_that_only_this_machine_means() {
    let local =
        |host: &str| answer::is_local_name(&Request::builder().header("host", host).body(()).unwrap());
    for host in [
        "localhost",
        "LocalHost:9001",
        "127.0.0.1",
        "127.0.0.1:9001",
        "[::1]",
        "[::1]:9001",
        "::1",
    ] {
        assert!(local(host), "{host}");
    }
    for host in [
        "",
        ":9001",
        "evil.example",
        "localhost.",
        "a.localhost",
        "127.0.0.1.nip.example:9001",
        "1",
        "[::1",
    ] {
        assert!(!local(host), "{host}");
    }
    let two = Request::builder()
        .header("host", "localhost")
        .header("host", "evil.example");
    assert!(!answer::is_local_name(&two.body(()).unwrap()));
    let none = Request::builder().uri("/-/explain/x").body(()).unwrap();
    assert!(!answer::is_local_name(&none));
    let http2 = Request::builder()
        .uri("http://127.0.0.1:9001/-/explain/x")
        .body(())
        .unwrap();
    assert!(answer::is_local_name(&http2));
}

#[test]
fn a_question_is_put_in_the_query() {
    let route = Route {
        method: "PUT".to_owned(),
        host: "photos.s3.localhost:9000".to_owned(),
        target: "/a%20b?x=1&y=é#".to_owned(),
        tls: true,
        signing_region: Some("eu west".to_owned()),
        arrived: None,
    };
    let target = Asked::Route(&route).target(false);
    assert_eq!(
        target,
        "/-/explain/route?form=text&method=PUT&host=photos.s3.localhost:9000\
         &path=/a%2520b%3Fx%3D1%26y%3D%C3%A9%23&tls=true&signing_region=eu%20west"
    );
    let query = cairn_protocol::query::Query::parse(target.split_once('?').map(|(_, query)| query)).unwrap();
    assert_eq!(query.get("path"), Some(route.target.as_str()));
    assert_eq!(Asked::Recorded("ID").target(true), "/-/explain/ID?form=json");
}

/// The longest texts that are taken still fit in what the server reads of a query.
#[test]
fn the_longest_question_fits() {
    let long = "/\u{1}".repeat(explainer::TEXT_BYTES_MAX / 2);
    let route = Route {
        method: "GET".to_owned(),
        host: "h".repeat(300),
        target: long.clone(),
        ..Route::default()
    };
    assert_eq!(route.check(), Ok(()));
    let target = Asked::Route(&route).target(true);
    assert!(cairn_protocol::query::Query::parse(target.split_once('?').map(|(_, query)| query)).is_ok());
    let longer = Route {
        target: format!("{long}/"),
        ..route
    };
    assert!(longer.check().is_err());
}

/// So do those of a question about CORS, all together.
#[test]
fn the_longest_question_about_cors_fits() {
    let reads = |count: usize| Some(vec!["e"; count].join(","));
    let mut cors = Cors {
        bucket: "photos".to_owned(),
        origin: String::new(),
        method: "GET".to_owned(),
        headers: Some("x-a, x-b".to_owned()),
        path: "/".to_owned(),
        credentials: true,
        reads: reads(cors::READS_MAX),
    };
    let known = 6 + 3 + 8 + 1 + 2 * cors::READS_MAX - 1;
    cors.origin = "\u{1}".repeat(explainer::TEXT_BYTES_MAX - known);
    assert!(cors.check().is_ok());
    let target = Asked::Cors(&cors).target(true);
    let query = target.split_once('?').map(|(_, query)| query);
    let query = cairn_protocol::query::Query::parse(query).unwrap();
    assert_eq!(query.get("headers"), cors.headers.as_deref());
    assert_eq!(query.get("origin"), Some(&*cors.origin));
    cors.origin.push('o');
    assert!(cors.check().unwrap_err().contains("bytes"));
    cors.origin.clear();
    cors.reads = reads(cors::READS_MAX + 1);
    assert!(cors.check().unwrap_err().contains("64 headers"));
    cors.reads = None;
    cors.path = "k".to_owned();
    assert!(cors.check().unwrap_err().contains("slash"));
}

/// And those of a question about access, with as many condition keys as it may have.
#[test]
fn the_longest_question_about_access_fits() {
    let context = |count: usize| vec![("a:b".to_owned(), "v".to_owned()); count];
    let mut question = AccessQuestion {
        principal: "anonymous".to_owned(),
        action: "s3:GetObject".to_owned(),
        resource: "*".to_owned(),
        context: context(64),
        ..AccessQuestion::default()
    };
    let known = 9 + 12 + 1 + 64 * 4;
    question.session_name = Some("\u{1}".repeat(explainer::TEXT_BYTES_MAX - known));
    assert_eq!(access::check(&question), Ok(()));
    let target = Asked::Access(&question).target(true);
    let query = target.split_once('?').map(|(_, query)| query);
    let query = cairn_protocol::query::Query::parse(query).unwrap();
    assert_eq!(query.get("session_name"), question.session_name.as_deref());
    assert_eq!(access::pairs(query.get_all("context")).unwrap(), question.context);
    question.session_name = Some("\u{1}".repeat(explainer::TEXT_BYTES_MAX - known + 1));
    assert!(access::check(&question).unwrap_err().contains("bytes"));
    question.session_name = None;
    question.context = context(65);
    assert!(
        access::check(&question)
            .unwrap_err()
            .contains("64 condition keys")
    );
    question.context = vec![("nothing".to_owned(), String::new())];
    assert!(access::check(&question).unwrap_err().contains("no condition key"));
    assert!(
        access::pairs(["a:b"].into_iter())
            .unwrap_err()
            .contains("KEY=VALUE")
    );
}

/// An answer that is cut must not look whole.
#[test]
fn an_answer_is_whole_or_told() {
    use std::io::{Read as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let head = "HTTP/1.0 200 OK\r\nx-cairn-explain: 1\r\n\r\n";
    let room = client::ANSWER_BYTES_MAX as usize - head.len();
    let server = std::thread::spawn(move || {
        for bytes in [room - 1, room] {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 4096]).unwrap();
            stream.write_all(head.as_bytes()).unwrap();
            let _ = stream.write_all(&vec![b'x'; bytes]);
        }
    });
    let ask = || client::ask(&url, &Asked::Recorded("ID"), false);
    assert_eq!(ask().unwrap().unwrap().len(), room - 1);
    assert!(ask().unwrap_err().to_string().contains("larger than"));
    server.join().unwrap();
}

#[test]
fn a_server_that_listens_everywhere_is_asked_on_the_loopback() {
    for (listens, asked) in [
        ("0.0.0.0:9001", "127.0.0.1:9001"),
        ("[::]:9001", "[::1]:9001"),
        ("192.0.2.1:9001", "192.0.2.1:9001"),
    ] {
        assert_eq!(loopback(listens.parse().unwrap()).to_string(), asked);
    }
}

#[test]
fn ids_are_read_as_they_are_copied() {
    assert_eq!(recorded::id(" DJD1JHZN4GG0QK94\n").unwrap(), "DJD1JHZN4GG0QK94");
    for wrong in [
        "",
        "DJD1",
        "djd1jhzn4gg0qk94",
        "../../etc/passwd",
        "DJD1JHZN4GG0QK9\u{1b}",
    ] {
        assert!(
            recorded::id(wrong).unwrap_err().contains("is not a request's id"),
            "{wrong}"
        );
    }
}
