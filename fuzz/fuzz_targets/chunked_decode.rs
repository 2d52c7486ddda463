//! Any aws-chunked body may come, in any frames: no panic, never more payload than announced, and the same
//! outcome however it is split. The first byte chooses the frames, the second the announced length.
#![no_main]

use bytes::Bytes;
use cairn_protocol::S3Error;
use cairn_protocol::auth::Payload;
use cairn_protocol::auth::chunked::Decoder;
use cairn_protocol::auth::sign::Signer;
use cairn_types::{SecretAccessKey, Timestamp};
use http::{HeaderMap, HeaderValue};
use libfuzzer_sys::fuzz_target;

fn decode(mut decoder: Decoder, body: &[u8], frame: usize) -> Result<Vec<u8>, S3Error> {
    let announced = decoder.decoded_length();
    let mut payload = Vec::new();
    for frame in body.chunks(frame.max(1)) {
        let mut frame = Bytes::copy_from_slice(frame);
        while let Some(data) = decoder.decode(&mut frame)? {
            payload.extend_from_slice(&data);
            assert!(payload.len() as u64 <= announced);
        }
        assert!(frame.is_empty());
    }
    decoder.finish()?;
    assert_eq!(payload.len() as u64, announced);
    Ok(payload)
}

fn decoder(mode: u8, headers: &HeaderMap) -> Option<Decoder> {
    if mode == 0 {
        return Decoder::unsigned(headers).ok();
    }
    let secret = SecretAccessKey::parse("a-secret-for-chunks").ok()?;
    let signer = Signer::new("AKID", secret, "us-east-1");
    let (mut parts, ()) = http::Request::put("http://s3.localhost/b/k")
        .body(())
        .ok()?
        .into_parts();
    let payload = Payload::StreamingSigned { trailer: mode > 1 };
    let chunks = signer
        .header_v4(&mut parts, &payload, Timestamp::from_seconds(1_700_000_000))
        .ok()?;
    Decoder::signed(chunks, mode > 1, headers).ok()
}

fuzz_target!(|data: &[u8]| {
    let &[frame, length, ref body @ ..] = data else {
        return;
    };
    let mut headers = HeaderMap::new();
    headers.insert("x-amz-decoded-content-length", u64::from(length).into());
    headers.insert("x-amz-trailer", HeaderValue::from_static("x-amz-checksum-crc32"));
    for mode in 0..3 {
        let (Some(whole), Some(split)) = (decoder(mode, &headers), decoder(mode, &headers)) else {
            return;
        };
        let whole = decode(whole, body, usize::MAX);
        let split = decode(split, body, usize::from(frame));
        assert_eq!(whole, split);
    }
});
