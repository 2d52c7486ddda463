use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

fn endpoint(url: &str) -> Result<Endpoint, Failure> {
    Endpoint::parse(url, "something else does")
}

fn request() -> Request<Full<Bytes>> {
    let request = Request::get("/?cors").header("host", "test");
    request.body(Full::new(Bytes::from_static(b"{}"))).unwrap()
}

/// What the client makes of an answer, head and body.
async fn answered(answer: Vec<u8>) -> Result<Answer, String> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut seen = Vec::new();
        while !seen.ends_with(b"{}") {
            assert_ne!(stream.read_buf(&mut seen).await.unwrap(), 0);
        }
        // A client that has read enough closes.
        let _ = stream.write_all(&answer).await;
    });
    let result = endpoint(&url).unwrap().send(request()).await;
    server.await.unwrap();
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
    for (url, word) in [
        ("https://127.0.0.1:9000", "TLS"),
        ("127.0.0.1:9000", "http://"),
        ("ftp://127.0.0.1", "http://"),
        ("http://127.0.0.1:9000/bucket", "path"),
        ("http://user:secret@127.0.0.1", "host"),
        ("not a url", "not a URL"),
        ("", "not a URL"),
    ] {
        let failure = endpoint(url).unwrap_err();
        assert_eq!(failure.code, Code::Usage);
        assert!(failure.to_string().contains(word), "{url}: {failure}");
    }
    assert_eq!(endpoint("http://[::1]:9000/").unwrap().host(), "::1");
    assert_eq!(endpoint("http://localhost").unwrap().host(), "localhost");
}

#[tokio::test]
async fn a_redirect_is_an_answer() {
    let redirect = b"HTTP/1.1 307 T\r\nlocation: http://192.0.2.1/\r\ncontent-length: 0\r\n\r\n";
    let answer = answered(redirect.to_vec()).await.unwrap();
    assert_eq!(answer.status, StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(answer.headers["location"], "http://192.0.2.1/");
    assert!(answered(b"SSH-2.0-x\r\n".to_vec()).await.is_err());
    assert!(answered(Vec::new()).await.is_err());
}

#[tokio::test]
async fn an_answer_is_bounded() {
    let fits = "x".repeat(ANSWER_BYTES_MAX);
    assert_eq!(
        answered(answer("200 OK", &fits)).await.unwrap().body.len(),
        ANSWER_BYTES_MAX
    );
    let told = answered(answer("200 OK", &format!("{fits} "))).await.unwrap_err();
    assert!(told.contains("cannot be read"), "{told}");
}

#[test]
fn what_is_shown_is_bounded() {
    assert_eq!(shown("a\u{1b}[2J\nb"), "a[2Jb");
    assert_eq!(shown(&"x".repeat(SHOWN_CHARS_MAX + 1)).len(), SHOWN_CHARS_MAX);
}

#[tokio::test]
async fn nobody_there_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let failure = endpoint(&url).unwrap().send(request()).await.unwrap_err();
    assert_eq!(failure.code, Code::Server);
    assert!(failure.to_string().contains("is it running?"), "{failure}");
}

/// Time is the test's: the wait is not real.
#[tokio::test(start_paused = true)]
async fn a_silent_server_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let began = tokio::time::Instant::now();
    let failure = endpoint(&url).unwrap().send(request()).await.unwrap_err();
    assert!(failure.to_string().contains("in time"), "{failure}");
    assert!(began.elapsed() <= CONNECT_TIMEOUT + ANSWER_TIMEOUT);
    drop(listener);
}
