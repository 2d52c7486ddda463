//! The `cairn` binary: the only place that wires things together.
//!
//! `cli` reads the command line, `config` makes the configuration of it, `serve` runs the server (with
//! `net` for connections, `memory` for who may hold how much of it, `s3` and `admin` as what answers on them, `credentials` and `data_dir` for what
//! is kept), `scrub` verifies a store at rest, `account_cli`, `region_cli` and `cors_cli` ask a running server through
//! `client`. Whatever goes wrong ends as one line and an exit code (`failure`).

mod account_cli;
mod admin;
mod banner;
mod cli;
mod client;
mod config;
mod cors_cli;
mod credentials;
mod data_dir;
mod dns;
mod explain;
mod failure;
mod fetch;
mod forwarded;
mod health;
mod master_key;
mod memory;
mod metrics;
mod net;
mod private_file;
mod region_cli;
mod s3;
mod scrub;
mod serve;
mod signals;
mod store;
mod telemetry;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::{Cli, Commands};
use crate::config::layers::{Given, Resolved, resolve};
use crate::config::show::show;
use crate::failure::Failure;

/// glibc's malloc took a sixth of the CPU of small requests; this one does not, in about the same memory
/// (docs/performance.md).
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(code) => code,
        Err(failure) => {
            let _ = writeln!(std::io::stderr(), "cairn: {failure}");
            failure.code.into()
        }
    }
}

fn run(command: Commands) -> Result<ExitCode, Failure> {
    match command {
        Commands::Serve(settings) => {
            let config = configured(&settings.0)?.config;
            telemetry::start(config.log_format, &config.log_filter);
            serve::run(&config)
        }
        Commands::Config(settings) => say(&show(&configured(&settings.0)?)),
        Commands::Scrub(settings) => {
            let config = configured(&settings.0)?.config;
            telemetry::start(config.log_format, &config.log_filter);
            scrub::run(&config)
        }
        Commands::Account(arguments) => account_cli::run(&arguments),
        Commands::Region(arguments) => region_cli::run(&arguments),
        Commands::Cors(arguments) => cors_cli::run(&arguments),
        Commands::Explain(arguments) => explain::run(*arguments),
        Commands::Version => say(&format!("cairn {}\n", env!("CARGO_PKG_VERSION"))),
    }
}

fn configured(given: &Given) -> Result<Resolved, Failure> {
    resolve(given, &|name| std::env::var(name).ok())
}

fn say(text: &str) -> Result<ExitCode, Failure> {
    // A reader that has seen enough (`cairn config | head`) is no failure.
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ok(ExitCode::SUCCESS)
}
