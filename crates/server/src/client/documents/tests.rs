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
    let service = JsonService {
        scope: "account",
        name: "Account API",
        with_tls: "the aws CLI does",
    };
    Client::new(service, endpoint, key)
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
