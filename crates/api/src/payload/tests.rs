use bytes::Bytes;
use cairn_protocol::auth::Payload as Announced;
use http::HeaderMap;
use http_body_util::{BodyExt as _, Full, StreamBody};

use super::*;

fn incoming(chunks: &[&'static [u8]]) -> Incoming {
    let frames: Vec<Result<_, BoxError>> = chunks
        .iter()
        .map(|chunk| Ok(http_body::Frame::data(Bytes::from_static(chunk))))
        .collect();
    StreamBody::new(futures_util::stream::iter(frames)).boxed_unsync()
}

fn payload(body: Incoming, announced: &Announced) -> Payload {
    let headers = HeaderMap::new();
    let mut payload = Payload::unverified(body, &headers, Duration::from_secs(1));
    payload.verify_with(auth::Body::new(announced, None, &headers).unwrap());
    payload
}

#[tokio::test]
async fn the_end_comes_only_after_the_hash_was_found_right() {
    let right = Announced::of(b"hello world");
    let mut body = payload(incoming(&[b"hello ", b"world"]), &right);
    assert_eq!(body.next().await.unwrap().as_deref(), Some(b"hello ".as_slice()));
    assert_eq!(body.next().await.unwrap().as_deref(), Some(b"world".as_slice()));
    assert_eq!(body.next().await, Ok(None));
    assert!(body.is_ended());

    let mut body = payload(incoming(&[b"hello ", b"wurld"]), &right);
    body.next().await.unwrap();
    body.next().await.unwrap();
    assert_eq!(body.next().await.unwrap_err().code(), "XAmzContentSHA256Mismatch");
}

#[tokio::test]
async fn a_document_has_a_limit() {
    for (chunks, fits) in [
        (&[b"1234".as_slice(), b"5678".as_slice()][..], true),
        (&[b"1234".as_slice(), b"56789".as_slice()][..], false),
        (&[b"123456789".as_slice()][..], false),
        (&[][..], true),
    ] {
        let document = payload(incoming(chunks), &Announced::Unsigned).document(8).await;
        assert_eq!(document.is_ok(), fits, "{chunks:?}");
        if let Err(error) = document {
            assert_eq!(error.code(), "MaxMessageLengthExceeded");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_stops_sending_is_given_up() {
    let silent = StreamBody::new(futures_util::stream::pending::<
        Result<http_body::Frame<Bytes>, BoxError>,
    >());
    let mut body = payload(silent.boxed_unsync(), &Announced::Unsigned);
    assert_eq!(body.next().await.unwrap_err().code(), "RequestTimeout");
}

#[tokio::test]
async fn draining_reads_over_a_bounded_rest() {
    let headers = HeaderMap::new();
    let small = Full::new(Bytes::from(vec![0; 1000]))
        .map_err(|never| match never {})
        .boxed_unsync();
    let mut body = Payload::unverified(small, &headers, Duration::from_secs(1));
    body.drain().await;
    assert!(body.is_ended());

    let chunk: &'static [u8] = Box::leak(vec![0; 1_500_000].into_boxed_slice());
    let mut body = Payload::unverified(incoming(&[chunk; 4]), &headers, Duration::from_secs(1));
    body.drain().await;
    assert!(!body.is_ended(), "more than DRAIN_BYTES_MAX is left alone");
}

/// Asking for the body of a client that waits for `100 Continue` would make hyper send it.
#[tokio::test]
async fn draining_does_not_invite_a_waiting_client() {
    let mut headers = HeaderMap::new();
    headers.insert(
        http::header::EXPECT,
        http::HeaderValue::from_static("100-continue"),
    );
    let mut body = Payload::unverified(incoming(&[b"body"]), &headers, Duration::from_secs(1));
    body.drain().await;
    assert!(!body.is_ended());
}
