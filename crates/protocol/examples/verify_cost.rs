//! What it costs to verify the head of a typical signed GET and PUT:
//! `cargo run --release --example verify_cost -p cairn-protocol`

use std::hint::black_box;
use std::time::Instant;

use cairn_protocol::auth::sign::{Signer, head};
use cairn_protocol::auth::{Payload, SigningKeys, parse};
use cairn_types::{SecretAccessKey, Timestamp};
use http::request::Parts;

const BATCHES: u32 = 500;
const ROUNDS: u32 = 400;

fn measure(name: &str, parts: &Parts, secret: &SecretAccessKey, now: Timestamp) {
    let keys = SigningKeys::default();
    let head = head(parts);
    let batch = || {
        let start = Instant::now();
        for _ in 0..ROUNDS {
            let verified = parse(black_box(&head), true).and_then(|authentication| {
                authentication.check_scope("us-east-1", "s3")?;
                authentication.check_time(now)?;
                authentication.verify(&head, secret, &keys)
            });
            assert!(verified.is_ok());
        }
        start.elapsed() / ROUNDS
    };
    // The fastest batch: what it costs when nothing else has the processor.
    let each = (0..BATCHES).map(|_| batch()).min().unwrap_or_default();
    #[expect(clippy::print_stdout, reason = "the figure is what this program is for")]
    {
        println!("{name:<20} {each:?}");
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let secret = SecretAccessKey::parse("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")?;
    let signer = Signer::new("AKIAIOSFODNN7EXAMPLE", secret.clone(), "us-east-1");
    let now = Timestamp::from_seconds(1_700_000_000);
    let uri = "http://s3.localhost:9000/bucket/photos/2026/puppy.jpg";

    let (mut get, ()) = http::Request::get(uri).body(())?.into_parts();
    let presigned = signer.presign_v4(&get.method, &get.uri, &get.headers, 900, now)?;
    signer.header_v4(&mut get, &Payload::of(b""), now)?;
    measure("GET, header", &get, &secret, now);

    let put = http::Request::put(format!(
        "{uri}?partNumber=7&uploadId=VXBsb2FkIElEIGZvciBlbHZpbmcncyBteS1tb3ZpZQ"
    ))
    .header("content-type", "image/jpeg")
    .header("content-length", "4096")
    .header("x-amz-sdk-checksum-algorithm", "CRC32")
    .header("x-amz-checksum-crc32", "NhCmhg==")
    .header("x-amz-meta-owner", "somebody");
    let (mut put, ()) = put.body(())?.into_parts();
    signer.header_v4(&mut put, &Payload::Unsigned, now)?;
    measure("UploadPart, header", &put, &secret, now);

    let (get, ()) = http::Request::get(presigned).body(())?.into_parts();
    measure("GET, presigned", &get, &secret, now);
    Ok(())
}
