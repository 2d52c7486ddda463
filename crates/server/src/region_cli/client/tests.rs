use cairn_types::SecretAccessKey;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

fn client(endpoint: &str) -> Result<Client, Failure> {
    let key = Key {
        id: "AKIAROOT".to_owned(),
        secret: SecretAccessKey::generate(),
        session_token: None,
        origin: "a test".to_owned(),
    };
    Client::new(endpoint, key)
}

/// What the client makes of an answer, head and body.
async fn answered(answer: Vec<u8>) -> Result<Value, String> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = client(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut seen = Vec::new();
        while !seen.ends_with(b"{}") {
            assert_ne!(stream.read_buf(&mut seen).await.unwrap(), 0);
        }
        // A client that has read enough closes.
        let _ = stream.write_all(&answer).await;
        String::from_utf8(seen).unwrap()
    });
    let result = client.post("/listRegions", &json!({})).await;
    let seen = server.await.unwrap();
    assert!(seen.starts_with("POST /listRegions HTTP/1.1\r\n"), "{seen}");
    assert!(seen.contains("/us-east-1/account/aws4_request"), "{seen}");
    result.map_err(|failure| {
        assert_eq!(failure.code, Code::Server);
        failure.to_string()
    })
}

fn answer(status: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

#[test]
fn only_the_url_of_a_server_is_taken() {
    for (endpoint, word) in [
        ("https://127.0.0.1:9000", "TLS"),
        ("127.0.0.1:9000", "http://"),
        ("ftp://127.0.0.1", "http://"),
        ("http://127.0.0.1:9000/bucket", "path"),
        ("http://user:secret@127.0.0.1", "host"),
        ("not a url", "not a URL"),
        ("", "not a URL"),
    ] {
        let failure = client(endpoint).unwrap_err();
        assert_eq!(failure.code, Code::Usage);
        assert!(failure.to_string().contains(word), "{endpoint}: {failure}");
    }
    assert_eq!(client("http://[::1]:9000/").unwrap().host(), "::1");
    assert_eq!(client("http://localhost").unwrap().host(), "localhost");
}

#[tokio::test]
async fn an_answer_is_read_and_a_refusal_told() {
    let document = answered(answer("200 OK", "{\"Regions\":[]}")).await.unwrap();
    assert_eq!(document, json!({"Regions": []}));
    let refusal = "{\"message\":\"The security token \\u001b[2Jis invalid.\"}";
    let told = answered(answer("403 Forbidden", refusal)).await.unwrap_err();
    assert!(told.contains("The security token [2Jis invalid."), "{told}");
    assert!(told.contains("AKIAROOT is from a test"), "{told}");
    let told = answered(answer("400 Bad Request", "{\"message\":\"no\"}"))
        .await
        .unwrap_err();
    assert!(told.ends_with(": no"), "{told}");
    let told = answered(answer("403 Forbidden", "<Error/>")).await.unwrap_err();
    assert!(told.contains("no document of the Account API"), "{told}");
    let told = answered(answer("200 OK", "[]")).await.unwrap_err();
    assert!(told.contains("no document"), "{told}");
    assert!(answered(b"SSH-2.0-x\r\n".to_vec()).await.is_err());
    assert!(answered(Vec::new()).await.is_err());
}

#[tokio::test]
async fn an_answer_is_bounded() {
    let fits = format!("{{\"x\":\"{}\"}}", "x".repeat(ANSWER_BYTES_MAX - 8));
    assert_eq!(fits.len(), ANSWER_BYTES_MAX);
    assert!(answered(answer("200 OK", &fits)).await.is_ok());
    let told = answered(answer("200 OK", &format!("{fits} "))).await.unwrap_err();
    assert!(told.contains("cannot be read"), "{told}");
}

#[tokio::test]
async fn nobody_there_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let failure = client(&endpoint)
        .unwrap()
        .post("/listRegions", &json!({}))
        .await
        .unwrap_err();
    assert_eq!(failure.code, Code::Server);
    assert!(failure.to_string().contains("is it running?"), "{failure}");
}

/// Time is the test's: the wait is not real.
#[tokio::test(start_paused = true)]
async fn a_silent_server_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let began = tokio::time::Instant::now();
    let failure = client(&endpoint)
        .unwrap()
        .post("/listRegions", &json!({}))
        .await
        .unwrap_err();
    assert!(failure.to_string().contains("in time"), "{failure}");
    assert!(began.elapsed() <= CONNECT_TIMEOUT + ANSWER_TIMEOUT);
    drop(listener);
}
