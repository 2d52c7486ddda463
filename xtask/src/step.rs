//! The steps of `cargo xtask test`, in order, and the loop that runs them.

use std::process::ExitCode;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use crate::arguments::Selection;
use crate::outcome::{Outcome, Stop};
use crate::summary::{Row, Summary};
use crate::{cargo_deny, checkout, fuzzing, rust_steps, suite, tidy};

/// One check of the project.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    /// One line for `--list`.
    pub(crate) about: &'static str,
    pub(crate) run: fn() -> Result<(), Stop>,
}

/// Client suites mostly wait for their server and for downloads, so two of them share two cores well.
const SUITES_AT_ONCE: usize = 2;

/// The steps that run one after the other; the suites of [`suite::ALL`] come after them, side by side.
const STEPS: &[Step] = &[
    Step {
        name: "fmt",
        about: "every Rust file is formatted",
        run: rust_steps::fmt,
    },
    Step {
        name: "tidy",
        about: "rules for source files that no other tool holds",
        run: tidy::check,
    },
    Step {
        name: "clippy",
        about: "no lint warns, in any target of the workspace",
        run: rust_steps::clippy,
    },
    Step {
        name: "build",
        about: "the release binary",
        run: rust_steps::build,
    },
    Step {
        name: "workspace",
        about: "unit, property and model tests of every crate",
        run: rust_steps::workspace,
    },
    Step {
        name: "counts",
        about: "syncs, bytes written and allocations of an operation do not rise",
        run: rust_steps::counts,
    },
    Step {
        name: "deny",
        about: "licences, duplicate bans and sources of dependencies",
        run: cargo_deny::check,
    },
    Step {
        name: "fuzz",
        about: "every fuzz target builds and runs for a bounded time",
        run: fuzzing::run,
    },
    Step {
        name: "crash",
        about: "SIGKILL under load: what was acknowledged is there",
        run: rust_steps::crash,
    },
];

fn names() -> impl Iterator<Item = (&'static str, &'static str)> {
    let steps = STEPS.iter().map(|step| (step.name, step.about));
    steps.chain(suite::ALL.iter().map(|suite| (suite.name, suite.about)))
}

/// Whether `--only` and `--skip` may name this step.
pub(crate) fn exists(name: &str) -> bool {
    names().any(|(known, _)| known == name)
}

/// Prints every step's name and purpose.
pub(crate) fn print_list() {
    for (name, about) in names() {
        println!("{name:12} {about}");
    }
}

/// Runs what was selected, to the end, and prints the table.
pub(crate) fn run(selection: &Selection) -> ExitCode {
    let summary = Mutex::new(Summary::default());
    for step in STEPS.iter().filter(|step| selection.includes(step.name)) {
        println!("\n=== {}: {}", step.name, step.about);
        let (outcome, took) = timed(step.run);
        report(&summary, step.name, outcome, took);
    }

    let waiting = suite::ALL.iter().filter(|suite| selection.includes(suite.name));
    let waiting = Mutex::new(waiting.collect::<Vec<_>>().into_iter());
    thread::scope(|scope| {
        for _ in 0..SUITES_AT_ONCE {
            scope.spawn(|| {
                // A binding of its own: a guard inside `while let` would be held while the suite runs.
                let next = || locked(&waiting).next();
                while let Some(suite) = next() {
                    let (outcome, took) = timed(|| suite.run(selection.endpoint.as_deref()));
                    // One suite's output in one piece, however many ran beside it.
                    let mut summary = locked(&summary);
                    println!("\n=== {}: {}", suite.name, suite.about);
                    print!("{}", suite.output());
                    summary.add(Row {
                        name: suite.name,
                        outcome,
                        took,
                    });
                }
            });
        }
    });

    let summary = summary
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    summary.print();
    summary.exit_code()
}

fn report(summary: &Mutex<Summary>, name: &'static str, outcome: Outcome, took: Duration) {
    locked(summary).add(Row { name, outcome, took });
}

fn timed(step: impl FnOnce() -> Result<(), Stop>) -> (Outcome, Duration) {
    let started = Instant::now();
    let outcome = Outcome::from(step()).strict(checkout::is_ci());
    (outcome, started.elapsed())
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_steps_share_a_name() {
        let mut seen = std::collections::BTreeSet::new();
        for (name, _) in names() {
            assert!(seen.insert(name), "{name} is there twice");
        }
    }
}
