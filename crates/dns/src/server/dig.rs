//! The server asked by `dig` of BIND, which checks messages with eyes that are not ours. Without dig
//! (Debian: bind9-dnsutils) these tests say so and pass, unless CAIRN_TEST_DIG=1 says it must be there.

use std::process::Command;
use std::sync::Arc;

use tokio::net::{TcpListener, UdpSocket};

use crate::kit::kit;
use crate::{Handle, Limits, Server};

/// Whether there is a dig to run.
fn has_dig() -> bool {
    let found = Command::new("dig").arg("-v").output().is_ok();
    let required = std::env::var("CAIRN_TEST_DIG").is_ok_and(|value| value == "1");
    assert!(found || !required, "CAIRN_TEST_DIG=1, and there is no dig");
    if !found {
        eprintln!("skipped: there is no dig (Debian: bind9-dnsutils)");
    }
    found
}

/// What dig prints for these arguments.
async fn dig(handle: &Handle, arguments: &str) -> String {
    // One port for both, as dig's +tcp asks the same one.
    let port = handle.udp_address().unwrap().port().to_string();
    let arguments: Vec<String> = arguments.split_whitespace().map(str::to_owned).collect();
    let dig = move || {
        Command::new("dig")
            .args([
                "-r",
                "@127.0.0.1",
                "-p",
                port.as_str(),
                "+time=3",
                "+tries=1",
                "+norecurse",
            ])
            .args(arguments)
            .output()
            .unwrap()
    };
    let output = tokio::task::spawn_blocking(dig).await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    for complaint in [
        "Warning",
        "MALFORMED",
        "malformed",
        "extra bytes",
        "mismatch",
        "timed out",
    ] {
        let expected = complaint == "Warning" && text.contains("recursion requested but not available");
        assert!(expected || !text.contains(complaint), "{text}");
    }
    text
}

/// A server with one port for UDP and TCP.
async fn start() -> Handle {
    for _ in 0..50 {
        let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        if let Ok(tcp) = TcpListener::bind(udp.local_addr().unwrap()).await {
            return Server::start(Arc::clone(&kit().zone), udp, tcp, Limits::default());
        }
    }
    panic!("no port is free for both UDP and TCP");
}

fn assert_has(text: &str, parts: &[&str]) {
    // Columns are parted by any number of tabs and spaces.
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in parts {
        assert!(flat.contains(part), "no {part:?} in\n{text}");
    }
}

#[tokio::test]
async fn dig_reads_every_kind_of_answer() {
    if !has_dig() {
        return;
    }
    let handle = start().await;
    for (arguments, parts) in [
        (
            "s3.cairn.test A",
            &[
                "status: NOERROR",
                "flags: qr aa;",
                "s3.cairn.test. 7 IN A 192.0.2.1",
            ][..],
        ),
        (
            "s3.cairn.test A +recurse",
            &["flags: qr aa rd;", "recursion requested but not available"],
        ),
        (
            "+tcp far.s3.cairn.test A",
            &[
                "status: NOERROR",
                "ANSWER: 2,",
                "198.51.100.1",
                "198.51.100.2",
                "(TCP)",
            ],
        ),
        ("s3.dualstack.eu-west-1.cairn.test AAAA", &["IN AAAA 2001:db8::2"]),
        (
            "S3.eu-WEST-1.CAIRN.test A",
            &[
                ";S3.eu-WEST-1.CAIRN.test. IN A",
                "S3.eu-WEST-1.CAIRN.test. 7 IN A",
            ],
        ),
        // Negative answers.
        (
            "s3.cairn.test MX",
            &[
                "status: NOERROR",
                "ANSWER: 0, AUTHORITY: 1",
                "cairn.test. 3 IN SOA ns1.cairn.test. dns\\.admin.example.net. 1000060 3600 600 86400 3",
            ],
        ),
        (
            "eu-west-1.cairn.test A",
            &["status: NOERROR", "ANSWER: 0, AUTHORITY: 1"],
        ),
        (
            "www.cairn.test A",
            &["status: NXDOMAIN", "flags: qr aa;", "ANSWER: 0, AUTHORITY: 1"],
        ),
        // The apex, with glue.
        (
            "cairn.test SOA",
            &["status: NOERROR", "ANSWER: 1", "IN SOA ns1.cairn.test."],
        ),
        (
            "cairn.test NS",
            &[
                "ANSWER: 3, AUTHORITY: 0, ADDITIONAL: 4",
                "ns1.cairn.test. 300 IN AAAA 2001:db8::53",
            ],
        ),
        (
            "s3.eu-west-1.cairn.test ANY +notcp",
            &["status: NOERROR", "ANSWER: 2"],
        ),
        // Not the zone's.
        ("example.net A", &["status: REFUSED", "flags: qr;"]),
        ("version.bind TXT CH", &["status: REFUSED"]),
        ("+opcode=NOTIFY cairn.test SOA", &["status: NOTIMP"]),
        ("+tcp cairn.test AXFR", &["Transfer failed."]),
        // EDNS.
        ("s3.cairn.test A", &["EDNS: version: 0, flags:; udp: 1232"]),
        (
            "s3.cairn.test A +dnssec",
            &["EDNS: version: 0, flags: do; udp: 1232"],
        ),
        (
            "s3.cairn.test A +edns=1 +noednsnegotiation",
            &["status: BADVERS", "EDNS: version: 0"],
        ),
        (
            "s3.cairn.test A +ednsopt=65001:00ff +ednsflags=0x40",
            &["status: NOERROR", "EDNS: version: 0, flags:; udp"],
        ),
        // Truncation: seen with +ignore; without it dig comes again over TCP by itself.
        (
            "s3.ca-central-1.cairn.test A +noedns +ignore",
            &["flags: qr aa tc;", "ANSWER: 0"],
        ),
        (
            "s3.ca-central-1.cairn.test A +noedns",
            &[
                "flags: qr aa;",
                "ANSWER: 64",
                "(TCP)",
                "Truncated, retrying in TCP mode",
            ],
        ),
        (
            "s3.ca-central-1.cairn.test A +bufsize=4096",
            &["flags: qr aa;", "ANSWER: 64", "(UDP)"],
        ),
        (
            "s3.ca-central-1.cairn.test AAAA +bufsize=4096 +ignore",
            &["flags: qr aa tc;", "ANSWER: 0", "udp: 1232"],
        ),
    ] {
        let text = dig(&handle, arguments).await;
        assert_has(&text, parts);
        if arguments.split(' ').any(|argument| argument == "+noedns") {
            assert!(!text.contains("OPT PSEUDOSECTION"), "{text}");
        }
    }
    handle.stop().await;
}

/// Several queries on one connection.
#[tokio::test]
async fn dig_keeps_a_connection_open() {
    if !has_dig() {
        return;
    }
    let handle = start().await;
    let text = dig(
        &handle,
        "+tcp +keepopen s3.cairn.test A +tcp +keepopen no.cairn.test A",
    )
    .await;
    assert_has(&text, &["192.0.2.1", "NXDOMAIN"]);
    handle.stop().await;
}
