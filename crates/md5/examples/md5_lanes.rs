//! What MD5 of one stream and of several side by side gives:
//! `cargo run --release --example md5_lanes -p cairn-md5`

use std::hint::black_box;
use std::time::{Duration, Instant};

use cairn_md5::{LANES, Md5Hasher, update_together};
use md5::Digest as _;

const STREAM_BYTES: usize = 256 << 10;
const ROUNDS: u32 = 200;

/// The fastest round: what it takes when nothing else has the processor.
fn fastest(mut round: impl FnMut()) -> Duration {
    let time = |round: &mut dyn FnMut()| {
        let start = Instant::now();
        round();
        start.elapsed()
    };
    (0..ROUNDS).map(|_| time(&mut round)).min().unwrap_or_default()
}

#[expect(clippy::print_stdout, reason = "the figure is what this program is for")]
fn show(name: &str, streams: usize, took: Duration) {
    let bytes = (streams * STREAM_BYTES) as f64;
    let rate = bytes / took.as_secs_f64() / 1e6;
    println!("{name:<10} {streams} streams {took:>12?} {rate:>8.0} MB/s");
}

fn main() {
    let data: Vec<Vec<u8>> = (0..LANES).map(|lane| vec![lane as u8; STREAM_BYTES]).collect();
    let mut scalar = md5::Md5::new();
    show("md-5", 1, fastest(|| scalar.update(black_box(&data[0]))));
    let mut md5s = vec![Md5Hasher::default(); LANES];
    for streams in 1..=LANES {
        let mut round = || {
            let given = md5s.iter_mut().zip(data.iter().map(Vec::as_slice));
            update_together(black_box(&mut given.take(streams).collect::<Vec<_>>()));
        };
        show("together", streams, fastest(&mut round));
    }
}
