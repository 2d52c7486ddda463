//! The project's one test command: `cargo xtask test`.
//!
//! Every check the project has is a step in [`step::all`]: formatting, lints, the release binary, the workspace's
//! tests, the tidy rules, dependencies, fuzz targets, conformance, the crash test and every real S3 client.
//! A step that fails does not stop the others; the table at the end says what happened to each.
//! CI runs exactly this, by `.ci/run`.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line program talks by printing"
)]

mod arguments;
mod cache;
mod cargo_deny;
mod checkout;
mod command;
mod debian;
mod fuzzing;
mod outcome;
mod python;
mod regions;
mod rust_steps;
mod server;
mod step;
mod suite;
mod summary;
mod tidy;

use std::process::ExitCode;

use arguments::{Action, HELP};

fn main() -> ExitCode {
    match arguments::parse(std::env::args().skip(1)) {
        Ok(Action::Help) => {
            println!("{HELP}");
            ExitCode::SUCCESS
        }
        Ok(Action::List) => {
            step::print_list();
            ExitCode::SUCCESS
        }
        Ok(Action::Test(selection)) => {
            command::end_children_on_interrupt();
            step::run(&selection)
        }
        Err(problem) => {
            eprintln!("{problem}\n\n{HELP}");
            ExitCode::from(2)
        }
    }
}
