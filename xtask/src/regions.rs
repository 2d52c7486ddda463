//! The suite `regions`: real clients in a network of their own, where Cairn is `amazonaws.com`.
//!
//! The clients are not told any endpoint. They ask the resolver of a network namespace that has only a loopback,
//! and its resolv.conf, seen in a mount namespace only, names Cairn's DNS. Nothing of the machine changes, and
//! nothing can reach the real service. The tests (testing/clients/regions) start the servers themselves; here,
//! the other languages' programs are built before the network is gone.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::command::{Output, command, output_of, run};
use crate::outcome::Stop;
use crate::rust_steps::{self, cargo};
use crate::{checkout, debian, suite};

const INSTALL_LIMIT: Duration = Duration::from_secs(10 * 60);

/// The ways into namespaces: as root, and as a user who may make some of their own.
const UNSHARE: [&[&str]; 2] = [&["--mount", "--net"], &["--mount", "--net", "--map-root-user"]];

/// Builds what the tests start, and returns the command that runs them inside the namespaces.
pub(crate) fn prepare(log: &Path) -> Result<Command, Stop> {
    debian::ensure(&debian::IP)?;
    let unshare = unshare()?;
    let folder = suite::folder("regions");
    let boto3 = suite::boto3_environment(log)?;
    let awscli = suite::awscli_environment(log)?;
    suite::install_javascript(log)?;
    let (go, java) = (build_go(log)?, build_java(log)?);
    let rust = suite::build_rust(log)?;
    let inside = folder.join("inside.sh");

    let mut tests = command("unshare", unshare, &folder);
    tests.arg("sh").arg(inside).arg(boto3.join("python"));
    tests.args(["-m", "pytest", "-p", "no:cacheprovider", "."]);
    tests
        .env("CAIRN_BIN", rust_steps::binary()?)
        .env("CAIRN_TEST_SCRATCH", scratch()?)
        .env("CAIRN_TEST_AWS", awscli.join("aws"))
        .env("CAIRN_TEST_GO", go)
        .env("CAIRN_TEST_JAVA_CLASSPATH", java)
        .env("CAIRN_TEST_RUST", rust);
    Ok(tests)
}

/// The arguments with which this machine lets us have a network of our own.
fn unshare() -> Result<&'static [&'static str], Stop> {
    let works = |arguments: &&&[&str]| {
        let mut attempt = command("unshare", arguments, Path::new("/"));
        attempt.args(["sh", "-c", "ip link set lo up && mount -t tmpfs none /mnt"]);
        output_of(attempt).is_some()
    };
    UNSHARE.iter().find(works).copied().ok_or_else(|| {
        Stop::Missing("a network namespace: `unshare --mount --net` is not permitted here".to_owned())
    })
}

/// Certificates, data and logs of the servers.
fn scratch() -> Result<PathBuf, Stop> {
    let folder = checkout::scratch()?.join("regions");
    // Left over from the last run.
    let _ = fs::remove_dir_all(&folder);
    checkout::made(folder)
}

fn build_go(log: &Path) -> Result<PathBuf, Stop> {
    let program = checkout::made(checkout::cache().join("regions"))?.join("go.test");
    let build = [
        "test",
        "-c",
        "-tags",
        "regions",
        "-o",
        &program.to_string_lossy(),
        ".",
    ];
    let build = command("go", &build, &suite::folder("go"));
    run(build, Output::Appended(log), INSTALL_LIMIT)?;
    Ok(program)
}

/// The class path: maven is not needed inside.
fn build_java(log: &Path) -> Result<String, Stop> {
    let classes = suite::build_java(log)?.join("test-classes");
    let list = checkout::made(checkout::cache().join("regions"))?.join("java.classpath");
    let output = format!("-Dmdep.outputFile={}", list.display());
    let goal = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:build-classpath";
    let maven = ["--batch-mode", "--quiet", &output, "-DincludeScope=test", goal];
    let maven = command("mvn", &maven, &suite::folder("java"));
    run(maven, Output::Appended(log), INSTALL_LIMIT)?;
    let list = crate::cache::text(&list)?;
    Ok(format!("{}:{}", classes.display(), list.trim()))
}

/// What cargo says of the test program it built: the path of the newest of that name.
pub(crate) fn executable(messages: &str, target: &str) -> Option<PathBuf> {
    let named = format!("\"name\":\"{target}\"");
    messages
        .lines()
        .filter(|line| line.contains(&named))
        .filter_map(|line| line.split_once("\"executable\":\""))
        .filter_map(|(_, rest)| rest.split_once('"'))
        .map(|(path, _)| PathBuf::from(path))
        .next_back()
}

/// The Rust client's tests, built: cargo tells in JSON where they are.
pub(crate) fn rust_program(manifest: &str) -> Result<PathBuf, Stop> {
    let arguments = [
        "test",
        "--no-run",
        "--locked",
        "--message-format=json",
        "--manifest-path",
        manifest,
    ];
    let mut build = cargo(&arguments);
    build.env("CARGO_TARGET_DIR", checkout::target());
    let messages = output_of(build).ok_or("the Rust client's tests cannot be built")?;
    executable(&messages, "client").ok_or_else(|| "cargo names no test program `client`".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_program_in_cargos_messages() {
        let messages = "{\"target\":{\"name\":\"other\"},\"executable\":\"/x\"}\n\
                        {\"target\":{\"name\":\"client\"},\"executable\":null}\n\
                        {\"target\":{\"name\":\"client\"},\"executable\":\"/t/client-1\"}\n";
        assert_eq!(executable(messages, "client"), Some(PathBuf::from("/t/client-1")));
        assert_eq!(executable(messages, "missing"), None);
    }
}
