//! HTTPS: both protocols, renewal while running, and clear words for what does not fit.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test"
)]

mod support;

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use support::{Cairn, Running};

struct Pair {
    cert: String,
    key: String,
    der: CertificateDer<'static>,
}

fn pair() -> Pair {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    Pair {
        cert: made.cert.pem(),
        key: made.signing_key.serialize_pem(),
        der: made.cert.der().clone(),
    }
}

struct Files {
    directory: tempfile::TempDir,
}

impl Files {
    fn of(pair: &Pair) -> Self {
        let files = Self {
            directory: tempfile::tempdir().unwrap(),
        };
        files.write(pair);
        files
    }

    fn cert(&self) -> PathBuf {
        self.directory.path().join("cert.pem")
    }

    fn key(&self) -> PathBuf {
        self.directory.path().join("key.pem")
    }

    fn write(&self, pair: &Pair) {
        fs::write(self.cert(), &pair.cert).unwrap();
        fs::write(self.key(), &pair.key).unwrap();
    }

    fn serve(&self) -> Cairn {
        let text = |path: PathBuf| path.to_str().unwrap().to_owned();
        Cairn::serve([
            "--in-memory".to_owned(),
            "--tls-cert".into(),
            text(self.cert()),
            "--tls-key".into(),
            text(self.key()),
        ])
    }
}

fn trust(der: &CertificateDer<'static>, alpn: &[&[u8]]) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(der.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap();
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    Arc::new(config)
}

/// Whether a handshake with a client that trusts only this certificate works.
fn trusted(server: &Running, der: &CertificateDer<'static>) -> bool {
    use std::io::{Read as _, Write as _};
    let name = ServerName::try_from("localhost").unwrap();
    let connection = ClientConnection::new(trust(der, &[b"http/1.1"]), name).unwrap();
    let stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut stream = StreamOwned::new(connection, stream);
    let request = b"GET /-/live HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    let mut answer = String::new();
    stream.write_all(request).is_ok()
        && stream.read_to_string(&mut answer).is_ok()
        && answer.starts_with("HTTP/1.1 200")
}

#[tokio::test]
async fn http_2_is_negotiated_and_http_1_is_there_for_the_rest() {
    let pair = pair();
    let server = Files::of(&pair).serve().start();
    assert!(
        server.ready["endpoints"][0]
            .as_str()
            .unwrap()
            .starts_with("https://")
    );
    assert!(trusted(&server, &pair.der), "HTTP/1.1");

    let stream = tokio::net::TcpStream::connect(server.address()).await.unwrap();
    let connector = tokio_rustls::TlsConnector::from(trust(&pair.der, &[b"h2", b"http/1.1"]));
    let stream = connector
        .connect(ServerName::try_from("localhost").unwrap(), stream)
        .await
        .unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .unwrap();
    let connection = tokio::spawn(connection);
    for (path, status) in [("/-/live", 200), ("/no-such-bucket", 404)] {
        let request = http::Request::get(format!("https://localhost{path}"))
            .body(Empty::<Bytes>::new())
            .unwrap();
        let response = sender.send_request(request).await.unwrap();
        assert_eq!(
            (response.status().as_u16(), response.version()),
            (status, http::Version::HTTP_2)
        );
        response.into_body().collect().await.unwrap();
    }
    connection.abort();
    assert_eq!(server.terminate().code(), 0);
}

#[test]
fn a_renewed_certificate_is_used_and_a_broken_one_is_not() {
    let (first, second) = (pair(), pair());
    let files = Files::of(&first);
    let server = files.serve().start();
    assert!(trusted(&server, &first.der) && !trusted(&server, &second.der));

    // A certificate without its key, as between the two writes of a renewal.
    fs::write(files.cert(), &second.cert).unwrap();
    until(|| server.stderr().contains("the old one stays"));
    assert!(
        server
            .stderr()
            .contains("is not the private key of the certificate")
    );
    assert!(trusted(&server, &first.der), "the old one is still in use");

    fs::write(files.key(), &second.key).unwrap();
    until(|| trusted(&server, &second.der));
    assert!(!trusted(&server, &first.der));
    assert_eq!(server.terminate().code(), 0);
}

fn until(mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < deadline, "not within 20 s");
        thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_handshake_that_does_not_begin_or_is_none_ends() {
    use std::io::{Read as _, Write as _};
    let pair = pair();
    let files = Files::of(&pair);
    let server = files
        .serve()
        .env("CAIRN_TLS_HANDSHAKE_TIMEOUT_SECONDS", "1")
        .start();
    let mut silent = TcpStream::connect(server.address()).unwrap();
    let mut plain = TcpStream::connect(server.address()).unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    for stream in [&mut silent, &mut plain] {
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let mut bytes = Vec::new();
        match stream.read_to_end(&mut bytes) {
            Ok(_) => {}
            Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "{error}"),
        }
        assert!(!bytes.starts_with(b"HTTP"));
    }
    assert!(trusted(&server, &pair.der));
    assert_eq!(server.terminate().code(), 0);
}

#[test]
fn what_does_not_fit_is_told() {
    let (first, second) = (pair(), pair());
    let files = Files::of(&first);
    let refused = |wanted: &str| {
        let ended = files.serve().run();
        assert_eq!(ended.code(), 5, "{ended:?}");
        let line = ended.stderr.trim_end();
        assert!(
            line.starts_with("cairn: ") && !line.contains('\n') && line.contains(wanted),
            "{line}"
        );
    };
    fs::write(files.key(), &second.key).unwrap();
    refused("key.pem is not the private key of the certificate in");
    fs::write(files.key(), "nothing").unwrap();
    refused("key.pem has no private key");
    files.write(&first);
    fs::write(files.cert(), "nothing").unwrap();
    refused("cert.pem has no certificate");
    fs::write(
        files.cert(),
        "-----BEGIN CERTIFICATE-----\n***\n-----END CERTIFICATE-----\n",
    )
    .unwrap();
    refused("cert.pem is not PEM");
    fs::remove_file(files.cert()).unwrap();
    refused("cannot read");
    assert!(Path::new(&files.key()).exists());
}
