//! Runs the tests without cargo's harness: `cargo run -p cairn-conformance -- --endpoint URL`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use super::Case;

/// Tests at once: most of them wait for the server.
const WORKERS: usize = 8;

/// Runs the cases, prints a line for each and a summary, and tells whether all passed.
pub(crate) fn run(cases: &[&Case]) -> bool {
    let started = Instant::now();
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let passed = catch_unwind(AssertUnwindSafe(case.run)).is_ok();
                    println!("{} {}", if passed { "ok    " } else { "FAILED" }, case.name);
                    if !passed {
                        failed.lock().unwrap().push(*case);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    for case in &failed {
        println!("FAILED {} (facts/{})", case.name, case.fact);
    }
    let seconds = started.elapsed().as_secs_f32();
    println!(
        "{} passed, {} failed, {seconds:.1} s",
        cases.len() - failed.len(),
        failed.len()
    );
    failed.is_empty()
}
