use bytes::Bytes;
use cairn_types::Timestamp;
use http::HeaderMap;
use proptest::prelude::*;

use super::{CHUNK_BYTES_MIN, CHUNK_HEADER_BYTES_MAX, Decoder, TRAILER_BYTES_MAX, Trailers};
use crate::S3Error;
use crate::auth::key::SigningKey;
use crate::auth::sign::{ChunkEncoder, Signer};
use crate::auth::tests::{Request, secret};
use crate::auth::{Body, Payload, SigningKeys};

use super::ChunkSigner;

const UNSIGNED: &str = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
const BROKEN: &str = "The request body terminated unexpectedly";

fn signer(seed: &str) -> ChunkSigner {
    let key = SigningKey::derive(&secret(), "20130524", "us-east-1", "s3");
    let scope = "20130524/us-east-1/s3/aws4_request";
    ChunkSigner::new(key, "AKIAIOSFODNN7EXAMPLE", "20130524T000000Z", scope, seed)
}

fn headers(length: u64, trailer: Option<&'static str>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("x-amz-decoded-content-length", length.into());
    if let Some(name) = trailer {
        headers.insert("x-amz-trailer", http::HeaderValue::from_static(name));
    }
    headers
}

/// Feeds `body` in frames of so many bytes, and collects the payload.
fn decode(mut decoder: Decoder, body: &[u8], frame: usize) -> Result<(Vec<u8>, Trailers), S3Error> {
    let mut payload = Vec::new();
    for frame in body.chunks(frame.max(1)) {
        let mut frame = Bytes::copy_from_slice(frame);
        while let Some(data) = decoder.decode(&mut frame)? {
            assert!(!data.is_empty());
            payload.extend_from_slice(&data);
        }
        assert!(frame.is_empty());
    }
    Ok((payload, decoder.finish()?))
}

fn unsigned(length: u64, trailer: Option<&'static str>, body: &[u8]) -> Result<(Vec<u8>, Trailers), S3Error> {
    decode(Decoder::unsigned(&headers(length, trailer))?, body, 7)
}

// facts/04 §3: Amazon's two published bodies, 65 536 and 1024 bytes of `a`.
#[test]
fn published_signatures() {
    let vectors = [
        (
            false,
            "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
            "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
            "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
            "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
        ),
        (
            true,
            "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
            "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
            "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
            "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
        ),
    ];
    for (trailer, seed, first, second, last) in vectors {
        let mut body = Vec::new();
        for (size, signature) in [(65536, first), (1024, second)] {
            body.extend_from_slice(format!("{size:x};chunk-signature={signature}\r\n").as_bytes());
            body.extend(std::iter::repeat_n(b'a', size));
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("0;chunk-signature={last}\r\n").as_bytes());
        if trailer {
            // The line feed is in Amazon's own sample, and minio-go sends it.
            body.extend_from_slice(
                b"x-amz-checksum-crc32c:sOO8/Q==\n\r\n\
                  x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n",
            );
        } else {
            assert_eq!(body.len() + 2, 66_824);
        }
        body.extend_from_slice(b"\r\n");
        let headers = headers(66_560, trailer.then_some("x-amz-checksum-crc32c"));
        for frame in [1, 100, 65_536, usize::MAX] {
            let decoder = Decoder::signed(signer(seed), trailer, &headers).unwrap();
            let (payload, trailers) = decode(decoder, &body, frame).unwrap();
            assert_eq!(payload, vec![b'a'; 66_560]);
            assert_eq!(
                trailers.get("x-amz-checksum-crc32c"),
                trailer.then_some("sOO8/Q==")
            );
        }
        // Our own encoder writes the same signatures.
        let mut encoder = ChunkEncoder::signed(signer(seed));
        let mut own = Vec::new();
        encoder.chunk(&[b'a'; 65536], &mut own);
        encoder.chunk(&[b'a'; 1024], &mut own);
        encoder.finish(trailer, &[("x-amz-checksum-crc32c", "sOO8/Q==")], &mut own);
        assert_eq!(
            String::from_utf8(own).unwrap(),
            String::from_utf8(body).unwrap().replace("==\n\r\n", "==\r\n")
        );
    }
}

// facts/04 §1, §3: the seed is the signature of the head.
#[test]
fn from_the_head_to_the_end_of_the_body() {
    let signer = Signer::new("AKID", secret(), "us-east-1");
    let now = Timestamp::from_seconds(1_700_000_000);
    for payload in [
        Payload::StreamingSigned { trailer: false },
        Payload::StreamingSigned { trailer: true },
        Payload::StreamingUnsignedTrailer,
    ] {
        let trailer = payload != Payload::StreamingSigned { trailer: false };
        let (mut parts, ()) = http::Request::put("http://s3.localhost/b/k")
            .body(())
            .unwrap()
            .into_parts();
        parts.headers = headers(5, trailer.then_some("x-amz-checksum-crc32"));
        let chunks = signer.header_v4(&mut parts, &payload, now).unwrap();
        let mut encoder = match payload {
            Payload::StreamingUnsignedTrailer => ChunkEncoder::unsigned(),
            _ => ChunkEncoder::signed(chunks),
        };
        let mut wire = Vec::new();
        encoder.chunk(b"hello", &mut wire);
        encoder.finish(trailer, &[("x-amz-checksum-crc32", "NhCmhg==")], &mut wire);

        let mut request = Request::new("PUT", "/b/k", &[]);
        request.host = "s3.localhost".to_owned();
        request.headers = parts.headers;
        let authentication = request.parse().unwrap();
        let verified = authentication
            .verify(&request.head(), &secret(), &SigningKeys::default())
            .unwrap();
        assert_eq!(verified.payload(), &payload);
        let mut body = verified.body(&request.headers).unwrap();
        assert!(matches!(body, Body::Chunked(_)));
        assert_eq!(body.decoded_length(), Some(5));
        let mut input = Bytes::from(wire);
        let start = input.as_ptr() as usize;
        let data = body.decode(&mut input).unwrap().unwrap();
        assert_eq!(data, "hello");
        // A slice of the frame, not a copy.
        assert!((data.as_ptr() as usize).wrapping_sub(start) < 200);
        assert_eq!(body.decode(&mut input), Ok(None));
        assert_eq!(body.finish().unwrap().is_empty(), !trailer);
    }
}

// facts/04 §3.
#[test]
fn a_wrong_chunk_signature() {
    let seed = "0".repeat(64);
    let mut encoder = ChunkEncoder::signed(signer(&seed));
    let mut wire = Vec::new();
    encoder.chunk(b"hello", &mut wire);
    encoder.finish(false, &[], &mut wire);
    let at = wire.windows(5).position(|window| window == b"hello").unwrap();
    wire[at] = b'j';
    let mut decoder = Decoder::signed(signer(&seed), false, &headers(5, None)).unwrap();
    let mut input = Bytes::from(wire);
    // The bytes come before they are proven; then the chunk fails.
    assert_eq!(decoder.decode(&mut input), Ok(Some(Bytes::from_static(b"jello"))));
    let error = decoder.decode(&mut input).unwrap_err();
    assert_eq!(
        (error.code(), error.status().as_u16()),
        ("SignatureDoesNotMatch", 403)
    );
    assert!(
        error.details()[1]
            .1
            .starts_with("AWS4-HMAC-SHA256-PAYLOAD\n20130524T000000Z\n20130524/us-east-1/s3/")
    );
}

// Live S3 says the same of every fault of the framing (versitygw issues 1660, 1666, 1685).
#[test]
fn broken_framing() {
    let signature = "0".repeat(64);
    let bodies = [
        "".to_owned(),
        "5".to_owned(),
        "5\r\nhel".to_owned(),
        "5\r\nhello\r\n".to_owned(),
        "5\r\nhello\r\n0\r\n".to_owned(),
        "5\r\nhello\r\n0\r\n\r\nx".to_owned(),
        "5\r\nhello\r\n0\r\n\r".to_owned(),
        "5\nhello\r\n0\r\n\r\n".to_owned(),
        "5\r\nhelloxx0\r\n\r\n".to_owned(),
        "5\r\nhello\n0\r\n\r\n".to_owned(),
        "+5\r\nhello\r\n0\r\n\r\n".to_owned(),
        "0x5\r\nhello\r\n0\r\n\r\n".to_owned(),
        "\r\nhello\r\n0\r\n\r\n".to_owned(),
        " 5\r\nhello\r\n0\r\n\r\n".to_owned(),
        "00000000000000005\r\nhello\r\n0\r\n\r\n".to_owned(),
        "5;name=value\r\nhello\r\n0\r\n\r\n".to_owned(),
        "é\r\nhello\r\n0\r\n\r\n".to_owned(),
    ];
    for body in bodies {
        let error = unsigned(5, None, body.as_bytes()).unwrap_err();
        assert_eq!(
            (error.code(), error.message().as_ref()),
            ("IncompleteBody", BROKEN),
            "{body:?}"
        );
    }
    for line in [
        "5".to_owned(),
        format!("5;{signature}"),
        format!("5;chunk-signatur={signature}"),
        format!("5;chunk-signature={}", &signature[1..]),
        format!("5;chunk-signature={}g", &signature[1..]),
        format!("5;chunk-signature={signature};x"),
    ] {
        let decoder = Decoder::signed(signer(&signature), false, &headers(5, None)).unwrap();
        let error = decode(decoder, format!("{line}\r\nhello\r\n").as_bytes(), 1).unwrap_err();
        assert_eq!(
            (error.code(), error.message().as_ref()),
            ("IncompleteBody", BROKEN),
            "{line}"
        );
    }
}

#[test]
fn a_chunk_header_has_a_limit() {
    let long = [b'0'; CHUNK_HEADER_BYTES_MAX + 1];
    let mut decoder = Decoder::unsigned(&headers(5, None)).unwrap();
    let mut input = Bytes::copy_from_slice(&long[..CHUNK_HEADER_BYTES_MAX]);
    assert_eq!(decoder.decode(&mut input), Ok(None));
    let mut input = Bytes::from_static(b"0");
    assert_eq!(decoder.decode(&mut input), Err(S3Error::broken_body()));
}

// facts/04 §3; versitygw issue 1684 has Amazon's children.
#[test]
fn the_length_announced_and_no_other() {
    let body = b"5\r\nhello\r\n0\r\n\r\n";
    assert_eq!(unsigned(5, None, body).unwrap().0, b"hello");
    for announced in [0, 3, 4, 6] {
        let error = unsigned(announced, None, body).unwrap_err();
        assert_eq!(error, S3Error::incomplete_body(announced, 5));
        assert_eq!(error.details()[1], ("NumberBytesProvided", "5".to_owned()));
    }
    // Not a byte more than announced is ever given out.
    let mut decoder = Decoder::unsigned(&headers(3, None)).unwrap();
    assert!(decoder.decode(&mut Bytes::from_static(body)).is_err());
    assert_eq!(unsigned(0, None, b"0\r\n\r\n").unwrap().0, b"");
    let error = unsigned(5, None, b"ffffffffffffffff\r\n").unwrap_err();
    assert_eq!(error.code(), "IncompleteBody");

    for value in ["", "-1", "+1", "five", "99999999999999999999"] {
        let mut headers = HeaderMap::new();
        headers.insert(
            "x-amz-decoded-content-length",
            http::HeaderValue::from_str(value).unwrap(),
        );
        let error = Decoder::unsigned(&headers).unwrap_err();
        assert_eq!(
            (error.code(), error.status().as_u16()),
            ("MissingContentLength", 411),
            "{value}"
        );
    }
    assert_eq!(
        Decoder::signed(signer(""), false, &HeaderMap::new())
            .unwrap_err()
            .code(),
        "MissingContentLength"
    );
}

// facts/04 §3: chunk and size as live S3 counts them (versitygw issues 1665, 1683).
#[test]
fn only_the_last_chunk_may_be_small() {
    let chunk = |size: u64| {
        let mut wire = format!("{size:x}\r\n").into_bytes();
        wire.extend(std::iter::repeat_n(b'x', usize::try_from(size).unwrap()));
        wire.extend_from_slice(b"\r\n");
        wire
    };
    let wire = [chunk(CHUNK_BYTES_MIN), chunk(5), b"0\r\n\r\n".to_vec()].concat();
    assert!(unsigned(CHUNK_BYTES_MIN + 5, None, &wire).is_ok());
    let small = CHUNK_BYTES_MIN - 1;
    let wire = [chunk(small), chunk(1), b"0\r\n\r\n".to_vec()].concat();
    let error = unsigned(small + 1, None, &wire).unwrap_err();
    assert_eq!(
        error,
        S3Error::InvalidChunkSizeError {
            chunk: 2,
            bad_chunk_size: small
        }
    );
}

// facts/04 §3, with what live S3 answers (see trailers.rs).
#[test]
fn trailers() {
    let crc = Some("x-amz-checksum-crc32");
    let body = |trailer: &str| format!("5\r\nhello\r\n0\r\n{trailer}\r\n").into_bytes();
    for trailer in [
        "x-amz-checksum-crc32:NhCmhg==\r\n",
        "x-amz-checksum-crc32: NhCmhg== \r\n",
        "X-Amz-Checksum-CRC32 :NhCmhg==\r\n",
        "x-amz-checksum-crc32:NhCmhg==\n\r\n",
    ] {
        let (payload, trailers) = unsigned(5, crc, &body(trailer)).unwrap();
        assert_eq!(payload, b"hello");
        assert_eq!(
            trailers.iter().collect::<Vec<_>>(),
            [("x-amz-checksum-crc32", "NhCmhg==")],
            "{trailer:?}"
        );
    }
    for trailer in [
        "",
        "x-amz-checksum-crc32NhCmhg==\r\n",
        ":NhCmhg==\r\n",
        "x-amz-checksum-crc32c:NhCmhg==\r\n",
        "x-amz-checksum-crc32:NhCmhg==\r\nx-amz-checksum-crc32:NhCmhg==\r\n",
        "x-amz-checksum-crc32:NhCmhg==\r\nx-amz-trailer-signature:00\r\n",
        "x-amz-checksum-crc32:NhCmhg==\r\nx-amz-meta-a:1\r\n",
    ] {
        let error = unsigned(5, crc, &body(trailer)).unwrap_err();
        assert_eq!(error, S3Error::MalformedTrailerError {}, "{trailer:?}");
    }
    // None announced, none taken.
    assert!(unsigned(5, None, &body("x-amz-checksum-crc32:NhCmhg==\r\n")).is_err());
    for name in [
        "x-amz-meta-a",
        "x-amz-checksum-crc33",
        "x-amz-checksum-crc32,x-amz-checksum-crc32",
    ] {
        let error = Decoder::unsigned(&headers(5, Some(name))).unwrap_err();
        assert_eq!(
            (error.code(), error.message().as_ref()),
            (
                "InvalidRequest",
                "The value specified in the x-amz-trailer header is not supported"
            ),
            "{name}"
        );
    }
    assert!(Decoder::unsigned(&headers(5, Some("x-amz-checksum-crc32, x-amz-checksum-sha256"))).is_ok());
}

#[test]
fn trailers_have_a_limit() {
    let value = "v".repeat(TRAILER_BYTES_MAX - "x-amz-checksum-crc32:\r\n".len());
    let body = |value: &str| format!("0\r\nx-amz-checksum-crc32:{value}\r\n\r\n").into_bytes();
    let crc = Some("x-amz-checksum-crc32");
    assert!(unsigned(0, crc, &body(&value)).is_ok());
    let error = unsigned(0, crc, &body(&format!("{value}v"))).unwrap_err();
    assert_eq!(error, S3Error::MalformedTrailerError {});
}

#[test]
fn a_trailer_must_be_signed_if_its_mode_says_so() {
    let seed = "0".repeat(64);
    let mut encoder = ChunkEncoder::signed(signer(&seed));
    let mut wire = Vec::new();
    encoder.chunk(b"hello", &mut wire);
    encoder.finish(true, &[("x-amz-checksum-crc32", "NhCmhg==")], &mut wire);
    let text = String::from_utf8(wire).unwrap();
    let decoder = || Decoder::signed(signer(&seed), true, &headers(5, Some("x-amz-checksum-crc32"))).unwrap();
    assert!(decode(decoder(), text.as_bytes(), 3).is_ok());
    let other = text.replace("NhCmhg", "AhCmhg");
    assert_eq!(
        decode(decoder(), other.as_bytes(), 3).unwrap_err().code(),
        "SignatureDoesNotMatch"
    );
    let at = text.find("x-amz-trailer-signature").unwrap();
    let cut = format!("{}\r\n", &text[..at]);
    assert_eq!(
        decode(decoder(), cut.as_bytes(), 3).unwrap_err().code(),
        "MalformedTrailerError"
    );
    let after = text.replace("\r\n\r\n", "\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n");
    assert_eq!(
        decode(decoder(), after.as_bytes(), 3).unwrap_err().code(),
        "MalformedTrailerError"
    );
}

fn payload() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..100),
        (8000usize..40_000, any::<u8>()).prop_map(|(n, b)| vec![b; n]),
    ]
}

proptest! {
    /// Whatever our encoder writes comes back, however the network splits it.
    #[test]
    fn round_trip(
        payload in payload(),
        chunk in 8192usize..20_000,
        mode in 0..3u8,
        cuts in proptest::collection::vec(1usize..9000, 1..8),
    ) {
        let seed = "5".repeat(64);
        let trailer = mode > 0;
        let mut encoder = if mode < 2 { ChunkEncoder::signed(signer(&seed)) } else { ChunkEncoder::unsigned() };
        let mut wire = Vec::new();
        for data in payload.chunks(chunk) {
            encoder.chunk(data, &mut wire);
        }
        encoder.finish(trailer, &[("x-amz-checksum-crc64nvme", "AAAAAAAAAAA=")], &mut wire);
        let headers = headers(payload.len() as u64, Some("x-amz-checksum-crc64nvme"));
        let mut decoder = if mode < 2 {
            Decoder::signed(signer(&seed), trailer, &headers).unwrap()
        } else {
            Decoder::unsigned(&headers).unwrap()
        };
        let mut wire = Bytes::from(wire);
        let mut decoded = Vec::new();
        for cut in cuts.iter().cycle() {
            if wire.is_empty() {
                break;
            }
            let mut frame = wire.split_to((*cut).min(wire.len()));
            while let Some(data) = decoder.decode(&mut frame).unwrap() {
                decoded.extend_from_slice(&data);
            }
        }
        prop_assert_eq!(decoded, payload);
        prop_assert_eq!(decoder.finish().unwrap().is_empty(), !trailer);
    }

    /// One flipped bit anywhere in a signed body is found.
    #[test]
    fn a_flipped_bit_is_found(at in any::<proptest::sample::Index>(), bit in 0..8u8) {
        let seed = "5".repeat(64);
        let mut encoder = ChunkEncoder::signed(signer(&seed));
        let mut wire = Vec::new();
        encoder.chunk(&[7; 9000], &mut wire);
        encoder.chunk(b"tail", &mut wire);
        encoder.finish(true, &[("x-amz-checksum-crc32", "NhCmhg==")], &mut wire);
        let at = at.index(wire.len());
        wire[at] ^= 1 << bit;
        // The case of hex digits and of trailer names carries no meaning.
        let original = wire[at] ^ (1 << bit);
        prop_assume!(!wire[at].eq_ignore_ascii_case(&original));
        let headers = headers(9004, Some("x-amz-checksum-crc32"));
        let decoder = Decoder::signed(signer(&seed), true, &headers).unwrap();
        prop_assert!(decode(decoder, &wire, 1000).is_err());
    }

    /// Random bytes never panic the decoder, and it never gives out more than was announced.
    #[test]
    fn anything_may_come(
        body in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..300),
            "([0-9a-f]{1,3}(;chunk-signature=[0-9a-f]{64})?\r\n.{0,20}\r\n){0,5}0\r\n(x-amz-checksum-crc32:.{0,9}\r\n)?\r\n".prop_map(String::into_bytes),
        ],
        length in 0..40u64,
        frame in 1..50usize,
        signed in any::<bool>(),
    ) {
        let headers = headers(length, Some("x-amz-checksum-crc32"));
        let mut decoder = if signed {
            Decoder::signed(signer("seed"), true, &headers).unwrap()
        } else {
            Decoder::unsigned(&headers).unwrap()
        };
        let mut given = 0;
        'body: for frame in body.chunks(frame) {
            let mut frame = Bytes::copy_from_slice(frame);
            loop {
                match decoder.decode(&mut frame) {
                    Ok(Some(data)) => given += data.len() as u64,
                    Ok(None) => break,
                    Err(_) => break 'body,
                }
            }
        }
        prop_assert!(given <= length);
        if decoder.finish().is_ok() {
            prop_assert_eq!(given, length);
        }
    }
}

#[test]
fn the_modes_are_what_payload_says() {
    assert_eq!(Payload::parse(UNSIGNED), Ok(Payload::StreamingUnsignedTrailer));
}
