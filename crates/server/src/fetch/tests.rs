use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

/// A server that answers everything with this, and counts nothing.
async fn answering(answer: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/document", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = [0; 4096];
            let _ = stream.read(&mut head).await;
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    url
}

async fn get(answer: String, bytes_max: usize) -> Result<Bytes, String> {
    let url = answering(answer).await;
    let got = HttpFetch::default().get(&url, bytes_max).await;
    got.map_err(|error| error.to_string())
}

fn whole(status: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
}

#[tokio::test]
async fn a_document_is_got_whole_or_not_at_all() {
    assert_eq!(
        get(whole("200 OK", "", "{}"), 2).await.unwrap(),
        Bytes::from("{}")
    );
    let long = get(whole("200 OK", "", "{ }"), 2).await.unwrap_err();
    assert!(long.contains("length limit"), "{long}");
    let endless = format!(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{}",
        "1\r\nx\r\n".repeat(9)
    );
    assert!(get(endless, 8).await.is_err());
    let cut = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}".to_owned();
    assert!(get(cut, 100).await.is_err());
    let head = format!("x: {}\r\n", "y".repeat(8 * HEAD_BYTES_MAX));
    assert!(get(whole("200 OK", &head, "{}"), 100).await.is_err());
}

#[tokio::test]
async fn a_redirect_is_no_document() {
    let elsewhere = answering(whole("200 OK", "", "{}")).await;
    let location = format!("location: {elsewhere}\r\n");
    for status in ["301 Moved Permanently", "307 Temporary Redirect", "404 Not Found"] {
        let error = get(whole(status, &location, "{}"), 100).await.unwrap_err();
        assert!(error.contains(&status[..3]), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_says_nothing_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let error = HttpFetch::default().get(&url, 100).await.unwrap_err();
    assert!(error.to_string().contains("no answer in time"), "{error}");
}

#[tokio::test]
async fn nobody_is_trusted_whom_the_machine_does_not_trust() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(mut stream) = acceptor.accept(stream).await {
                let _ = stream.write_all(whole("200 OK", "", "{}").as_bytes()).await;
            }
        }
    });
    let url = format!("https://localhost:{port}/");
    assert!(HttpFetch::default().get(&url, 100).await.is_err());
    // The same, trusted.
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let trusting = HttpFetch {
        tls: OnceCell::new_with(Some(TlsConnector::from(Arc::new(config)))),
    };
    assert_eq!(trusting.get(&url, 100).await.unwrap(), Bytes::from("{}"));
}
