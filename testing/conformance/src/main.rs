//! Raw HTTP conformance: does a server answer as Amazon S3 does, byte for byte?
//!
//! Each file under `cases/` is a section of the facts, each function a rule of it, and each names the fact
//! it checks (`facts/06 §5`). The tests speak HTTP over a plain TCP socket (`kit`), because an SDK hides
//! both the bad inputs and half of the answer. They know nothing of Cairn's code but the signer, and run
//! against any endpoint.
//!
//! `cargo test -p cairn-conformance` starts a server of its own (see README.md);
//! `cargo run -p cairn-conformance -- --endpoint URL [NAME…]` runs the same tests against a running one;
//! `cargo run -p cairn-conformance -- facts` lists facts and their tests.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "all of this program is a test: it reports by failing, and to its user"
)]

mod cases;
mod kit;

use std::process::ExitCode;

const USAGE: &str = "\
usage: cairn-conformance [--endpoint URL] [NAME…]
       cairn-conformance facts

Runs the tests whose names contain one of the NAMEs, or all of them. URL is http://HOST:PORT; the keys come
from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION. Without a URL, and without
CAIRN_TEST_ENDPOINT, a server is started: CAIRN_BIN or a build in the target folder, on memory or with
CAIRN_TEST_ENGINE=disk on disk.
`facts` lists the facts checked, with the tests that check them.";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let mut names = Vec::new();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "facts" => {
                print!("{}", cases::report());
                return ExitCode::SUCCESS;
            }
            "--endpoint" => match arguments.next() {
                Some(url) => kit::use_endpoint(url),
                None => return usage(),
            },
            name if !name.starts_with('-') => names.push(name.to_owned()),
            _ => return usage(),
        }
    }
    let chosen: Vec<_> = cases::all()
        .filter(|case| names.is_empty() || names.iter().any(|name| case.name.contains(name)))
        .collect();
    if kit::run(&chosen) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn usage() -> ExitCode {
    eprintln!("{USAGE}");
    ExitCode::from(2)
}
