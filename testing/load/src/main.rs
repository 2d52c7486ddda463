//! `cairn-load`: how fast is an S3 server, and what does each request cost it?
//!
//! A closed loop: each of N connections sends a signed request, waits for its whole answer, and sends the
//! next. So the figures are throughput and latency at N requests in flight; they do not show what a queue in
//! front of the server would add. With the server's process id its CPU time, memory, disk writes and syncs
//! are divided by the requests.
//!
//! The generator must not be what is measured: one thread by default, bodies that are slices of one shared
//! buffer, signing keys derived once a day, no allocation per frame. Its own CPU time is reported as well.
//!
//! `options` says what can be asked; `run` does it; `client` is one connection; `workload` decides the next
//! request; `server` reads what the server used; `report` prints.

mod body;
mod client;
mod options;
mod report;
mod run;
mod server;
mod signature;
mod statistics;
mod workload;

use std::process::ExitCode;

use clap::Parser as _;

use crate::options::Options;
use crate::report::Report;

fn main() -> ExitCode {
    let options = Options::parse();
    match start(&options) {
        Ok(report) => {
            #[expect(clippy::print_stdout, reason = "the report is what this program is for")]
            {
                print!("{}", report.text(options.format));
            }
            if report.errors > 0 {
                ExitCode::FAILURE
            } else {
                ExitCode::SUCCESS
            }
        }
        Err(problem) => {
            say(&format!("cairn-load: {problem}"));
            ExitCode::from(2)
        }
    }
}

/// A line for the person watching; standard output is for the report.
fn say(line: &str) {
    #[expect(clippy::print_stderr, reason = "progress and problems")]
    {
        eprintln!("{line}");
    }
}

fn start(options: &Options) -> Result<Report, run::Problem> {
    // One thread spares the wake-ups between threads; more are for servers that one cannot keep busy.
    let mut builder = match options.threads {
        1 => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    builder.worker_threads(usize::from(options.threads));
    let runtime = builder.enable_all().build().map_err(run::Problem::Runtime)?;
    runtime.block_on(run::run(options))
}
