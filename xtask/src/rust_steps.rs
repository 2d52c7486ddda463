//! The steps that are one cargo call: format, lints, the binary, the tests.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use crate::command::{Output, command, run};
use crate::outcome::Stop;
use crate::python;
use crate::{checkout, debian};

const MINUTE: Duration = Duration::from_secs(60);
/// From an empty build folder on two cores, with room to spare.
const BUILD_LIMIT: Duration = Duration::from_secs(20 * 60);
/// How often the crash test kills the server.
const CRASH_KILLS: &str = "50";

/// Workspaces of their own, which `--all` does not reach.
const OTHER_WORKSPACES: &[&str] = &["fuzz", "testing/clients/rust"];

pub(crate) fn fmt() -> Result<(), Stop> {
    run(cargo(&["fmt", "--all", "--check"]), Output::Inherited, MINUTE)?;
    for folder in OTHER_WORKSPACES {
        let manifest = checkout::root().join(folder).join("Cargo.toml");
        if manifest.exists() {
            let arguments = ["fmt", "--check", "--manifest-path", &manifest.to_string_lossy()];
            run(cargo(&arguments), Output::Inherited, MINUTE)?;
        }
    }
    Ok(())
}

pub(crate) fn clippy() -> Result<(), Stop> {
    let arguments = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--",
        "-D",
        "warnings",
    ];
    run(cargo(&arguments), Output::Inherited, BUILD_LIMIT)
}

pub(crate) fn build() -> Result<(), Stop> {
    binary().map(drop)
}

pub(crate) fn workspace() -> Result<(), Stop> {
    let mut tests = cargo(&["test", "--workspace", "--locked", "--no-fail-fast"]);
    // Tests that start a server start the one that is released.
    tests.env("CAIRN_BIN", binary()?);
    // The service model and the signers that some tests compare with. Without them the tests say so and, in CI,
    // fail.
    let requirements = checkout::root().join("testing/clients/boto3/requirements.txt");
    let log = checkout::scratch()?.join("botocore.log");
    match python::environment("boto3", &requirements, &log) {
        Ok(bin) => drop(tests.env("CAIRN_BOTOCORE_PYTHON", bin.join("python"))),
        Err(_) => println!("no botocore: {}", log.display()),
    }
    // dig, which the DNS tests ask the nameserver with: where it is missing they say so and, in CI, fail.
    match debian::ensure(&debian::DIG) {
        Ok(()) => drop(tests.env("CAIRN_TEST_DIG", "1")),
        Err(Stop::Missing(what) | Stop::Failure(what)) if !checkout::is_ci() => println!("no dig: {what}"),
        Err(stop) => return Err(stop),
    }
    // The `crash` step kills it often.
    tests.env("CAIRN_CRASH_KILLS", "2");
    run(tests, Output::Inherited, BUILD_LIMIT)
}

/// Over the whole workspace, so that what the `workspace` step has built serves here too.
pub(crate) fn crash() -> Result<(), Stop> {
    let mut test = cargo(&["test", "--workspace", "--locked", "--test", "crash"]);
    test.env("CAIRN_CRASH_KILLS", CRASH_KILLS);
    run(test, Output::Inherited, BUILD_LIMIT)
}

/// With its table shown; without, it is among the workspace's tests.
pub(crate) fn counts() -> Result<(), Stop> {
    // Over the whole workspace, for the same reason.
    let test = [
        "test",
        "--workspace",
        "--locked",
        "--test",
        "counts",
        "--",
        "--nocapture",
    ];
    run(cargo(&test), Output::Inherited, BUILD_LIMIT)
}

/// The server under test: `CAIRN_BIN`, or the release binary, built by whoever asks first.
pub(crate) fn binary() -> Result<PathBuf, Stop> {
    static BUILT: OnceLock<Result<PathBuf, Stop>> = OnceLock::new();
    BUILT
        .get_or_init(|| {
            if let Some(given) = std::env::var_os("CAIRN_BIN") {
                return Ok(PathBuf::from(given));
            }
            let arguments = ["build", "--release", "--locked", "--package", "cairn"];
            run(cargo(&arguments), Output::Inherited, BUILD_LIMIT)?;
            Ok(checkout::target().join("release/cairn"))
        })
        .clone()
}

/// The cargo that runs this program, at the root of the checkout.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    command(cargo, arguments, &checkout::root())
}
