//! Fuzz targets: all of fuzz/ builds, and each target runs for a bounded time.
//!
//! This is what `cargo fuzz build` and `cargo fuzz run` do, with the same compiler flags, so that
//! cargo-fuzz itself need not be compiled first. By hand, `cargo fuzz run TARGET` works as ever.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::checkout;
use crate::command::{self, Output, command, output_of};
use crate::outcome::Stop;

/// Coverage for libFuzzer, the address sanitizer, and debug assertions: the flags of cargo-fuzz 0.13.
const FLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Cllvm-args=-simplifycfg-branch-fold-threshold=0 \
    -Zsanitizer=address -Cdebug-assertions -Ccodegen-units=1 --cfg fuzzing";

const TOOLCHAIN: &str = "+nightly";
const BUILD_LIMIT: Duration = Duration::from_secs(15 * 60);
/// Seconds that each target runs.
const SECONDS_EACH: u64 = 10;
/// What the network layer would accept at most as one head or chunk.
const INPUT_BYTES_MAX: usize = 16 * 1024;

pub(crate) fn run() -> Result<(), Stop> {
    let folder = checkout::root().join("fuzz");
    let host = host_triple().ok_or(Stop::Missing(
        "rustup has no nightly toolchain, which fuzzing needs".into(),
    ))?;
    let target = checkout::target().join("fuzz");
    let arguments = [
        TOOLCHAIN,
        "build",
        "--release",
        "--locked",
        "--bins",
        "--target",
        &host,
    ];
    let mut build = command("cargo", &arguments, &folder);
    // The cargo that runs xtask is the stable one; rustup must choose again.
    build
        .env_remove("RUSTUP_TOOLCHAIN")
        .env_remove("CARGO")
        .env_remove("RUSTC");
    build.env("RUSTFLAGS", FLAGS).env("CARGO_TARGET_DIR", &target);
    command::run(build, Output::Inherited, BUILD_LIMIT)?;

    let mut failed = Vec::new();
    for name in target_names(&folder)? {
        println!("--- fuzz target {name}, {SECONDS_EACH} s");
        let binary = target.join(&host).join("release").join(&name);
        if let Err(Stop::Failure(why) | Stop::Missing(why)) = fuzz(&name, &binary, &folder) {
            println!("{why}");
            failed.push(name);
        }
    }
    match failed.as_slice() {
        [] => Ok(()),
        names => Err(format!("found a crash in, or could not run: {}", names.join(", ")).into()),
    }
}

fn fuzz(name: &str, binary: &Path, folder: &Path) -> Result<(), Stop> {
    // Inputs found here are not kept; those in fuzz/seeds/NAME are read first where they exist.
    let corpus = checkout::made(checkout::scratch()?.join("corpus").join(name))?;
    let seeds = folder.join("seeds").join(name);
    let artifacts = checkout::made(folder.join("artifacts").join(name))?;
    let mut arguments = vec![
        format!("-max_total_time={SECONDS_EACH}"),
        format!("-max_len={INPUT_BYTES_MAX}"),
        "-timeout=5".to_owned(),
        "-print_final_stats=1".to_owned(),
        "-verbosity=0".to_owned(),
        format!("-artifact_prefix={}/", artifacts.display()),
        corpus.display().to_string(),
    ];
    if seeds.is_dir() {
        arguments.push(seeds.display().to_string());
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let limit = Duration::from_secs(SECONDS_EACH * 3 + 30);
    command::run(command(binary, &arguments, folder), Output::Inherited, limit)
}

/// One target a file: fuzz/fuzz_targets/NAME.rs.
fn target_names(folder: &Path) -> Result<Vec<String>, Stop> {
    let sources = folder.join("fuzz_targets");
    let entries = fs::read_dir(&sources).map_err(|error| format!("{}: {error}", sources.display()))?;
    let paths = entries.filter_map(Result::ok).map(|entry| entry.path());
    let is_source = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "rs");
    let mut names: Vec<String> = paths
        .filter(is_source)
        .filter_map(|path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned()))
        .collect();
    names.sort();
    if names.is_empty() {
        return Err(format!("no fuzz target in {}", sources.display()).into());
    }
    Ok(names)
}

/// The host's target triple, by the nightly compiler; nothing where there is none.
fn host_triple() -> Option<String> {
    let mut version = command("rustc", &[TOOLCHAIN, "-vV"], Path::new("/"));
    version.env_remove("RUSTUP_TOOLCHAIN");
    let text = output_of(version)?;
    text.lines()
        .find_map(|line| line.strip_prefix("host: "))
        .map(str::to_owned)
}
