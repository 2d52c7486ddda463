//! The suites that need a server: real S3 clients, and raw HTTP conformance.
//!
//! A suite says how its tests are prepared and started; the server, the environment and the log are the same
//! for all (testing/clients/README.md).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::cache::{install_once, text};
use crate::checkout;
use crate::command::{Output, command, run};
use crate::debian;
use crate::outcome::Stop;
use crate::python;
use crate::regions;
use crate::rust_steps::{self, cargo};
use crate::server::{Endpoint, Server, Wire, unconfigured};

const INSTALL_LIMIT: Duration = Duration::from_secs(10 * 60);
const TESTS_LIMIT: Duration = Duration::from_secs(15 * 60);

/// Tests that talk to a server.
pub(crate) struct Suite {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    /// How its tests reach the server; `None` where they start servers of their own.
    wire: Option<Wire>,
    /// Installs and compiles what the tests need, logging to the file, and returns the command that runs them.
    prepare: fn(&Path) -> Result<Command, Stop>,
}

/// The slow ones to prepare come first, so that the two workers end at about the same time.
pub(crate) const ALL: &[Suite] = &[
    Suite {
        name: "rust",
        about: "AWS SDK for Rust",
        wire: Some(Wire::Plain),
        prepare: rust,
    },
    Suite {
        name: "rclone",
        about: "rclone",
        wire: Some(Wire::Plain),
        prepare: rclone,
    },
    Suite {
        name: "java",
        about: "AWS SDK for Java v2",
        wire: Some(Wire::Plain),
        prepare: java,
    },
    Suite {
        name: "regions",
        about: "several regions and their DNS, to clients that were told no endpoint",
        wire: None,
        prepare: regions::prepare,
    },
    Suite {
        name: "go",
        about: "AWS SDK for Go v2",
        wire: Some(Wire::Plain),
        prepare: go,
    },
    Suite {
        name: "javascript",
        about: "AWS SDK for JavaScript v3",
        wire: Some(Wire::Plain),
        prepare: javascript,
    },
    Suite {
        name: "browser",
        about: "pages of another origin in headless Chromium",
        wire: None,
        prepare: browser,
    },
    Suite {
        name: "proxy",
        about: "boto3 and pages behind nginx",
        wire: None,
        prepare: proxy,
    },
    Suite {
        name: "boto3",
        about: "boto3",
        wire: Some(Wire::Plain),
        prepare: boto3,
    },
    Suite {
        name: "boto3-tls",
        about: "boto3 over TLS",
        wire: Some(Wire::Tls),
        prepare: boto3,
    },
    Suite {
        name: "awscli",
        about: "aws CLI",
        wire: Some(Wire::Plain),
        prepare: awscli,
    },
    Suite {
        name: "s3cmd",
        about: "s3cmd",
        wire: Some(Wire::Plain),
        prepare: s3cmd,
    },
    Suite {
        name: "conformance",
        about: "raw HTTP, fact by fact",
        wire: Some(Wire::Plain),
        prepare: conformance,
    },
];

impl Suite {
    /// Where the suite's output goes while it runs.
    fn log(&self) -> Result<PathBuf, Stop> {
        Ok(checkout::scratch()?.join(format!("{}.log", self.name)))
    }

    /// What the suite printed.
    pub(crate) fn output(&self) -> String {
        let log = self.log().ok();
        log.and_then(|log| fs::read_to_string(log).ok())
            .unwrap_or_default()
    }

    /// Prepares the tests, starts a server unless one was given, and runs the tests against it.
    pub(crate) fn run(&self, endpoint: Option<&str>) -> Result<(), Stop> {
        let log = self.log()?;
        let _ = fs::remove_file(&log);
        let tests = (self.prepare)(&log)?;
        let Some(wire) = self.wire else {
            return run(unconfigured(tests), Output::Appended(&log), TESTS_LIMIT);
        };
        match endpoint {
            Some(url) => run_against(tests, &Endpoint::elsewhere(url)?, &log),
            None => {
                let server = Server::start(self.name, wire)?;
                let tested = run_against(tests, &server.endpoint, &log);
                let stopped = server.stop();
                tested.and(stopped)
            }
        }
    }
}

fn run_against(mut tests: Command, endpoint: &Endpoint, log: &Path) -> Result<(), Stop> {
    endpoint.tell(&mut tests);
    run(tests, Output::Appended(log), TESTS_LIMIT)
}

/// testing/clients/NAME
pub(crate) fn folder(name: &str) -> PathBuf {
    checkout::root().join("testing/clients").join(name)
}

/// The Python environment of that suite.
fn environment(name: &str, log: &Path) -> Result<PathBuf, Stop> {
    python::environment(name, &folder(name).join("requirements.txt"), log)
}

/// boto3 and pytest.
pub(crate) fn boto3_environment(log: &Path) -> Result<PathBuf, Stop> {
    environment("boto3", log)
}

/// The aws command.
pub(crate) fn awscli_environment(log: &Path) -> Result<PathBuf, Stop> {
    environment("awscli", log)
}

/// pytest in an environment of the suite's own.
fn pytest(name: &str, log: &Path) -> Result<Command, Stop> {
    Ok(pytest_in(&environment(name, log)?, name))
}

/// pytest of that environment; the helper modules are in testing/clients/shared.
fn pytest_in(bin: &Path, name: &str) -> Command {
    let mut tests = command(
        bin.join("python"),
        &["-m", "pytest", "-p", "no:cacheprovider", "."],
        &folder(name),
    );
    tests.env("PYTHONPATH", folder("shared"));
    tests
}

/// Its tests start the server themselves, and nginx in front of it.
fn proxy(log: &Path) -> Result<Command, Stop> {
    debian::ensure(&debian::NGINX)?;
    let mut tests = pytest_in(&boto3_environment(log)?, "proxy");
    tests.env("CAIRN_BIN", rust_steps::binary()?);
    Ok(tests)
}

fn boto3(log: &Path) -> Result<Command, Stop> {
    pytest("boto3", log)
}

fn awscli(log: &Path) -> Result<Command, Stop> {
    pytest("awscli", log)
}

fn s3cmd(log: &Path) -> Result<Command, Stop> {
    pytest("s3cmd", log)
}

/// The packages of the JavaScript client.
pub(crate) fn install_javascript(log: &Path) -> Result<(), Stop> {
    // Two suites use them, side by side.
    static ONE: Mutex<()> = Mutex::new(());
    let _guard = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    install_npm("javascript", log)
}

/// The packages that testing/clients/NAME locks.
fn install_npm(name: &str, log: &Path) -> Result<(), Stop> {
    let folder = folder(name);
    let stamp = format!("npm-{name}");
    // node looks for packages in the folders above a test, so they are installed where it is; git ignores them.
    let lock = text(&folder.join("package-lock.json"))?;
    if !folder.join("node_modules").is_dir() {
        let _ = fs::remove_file(checkout::cache().join(format!("{stamp}.stamp")));
    }
    install_once(&stamp, &lock, || {
        let install = command(
            "npm",
            &["ci", "--no-audit", "--no-fund", "--ignore-scripts"],
            &folder,
        );
        run(install, Output::Appended(log), INSTALL_LIMIT)
    })
}

/// Its tests start the server themselves, as it has two regions.
fn browser(log: &Path) -> Result<Command, Stop> {
    debian::ensure(&debian::CHROMIUM)?;
    install_npm("browser", log)?;
    let arguments = ["--test", "--test-reporter=spec"];
    let mut tests = command("node", &arguments, &folder("browser"));
    tests
        .env("CAIRN_BIN", rust_steps::binary()?)
        .env("CAIRN_TEST_PYTHON", boto3_environment(log)?.join("python"));
    Ok(tests)
}

fn javascript(log: &Path) -> Result<Command, Stop> {
    install_javascript(log)?;
    let arguments = ["--test", "--test-reporter=spec"];
    Ok(command("node", &arguments, &folder("javascript")))
}

fn go(log: &Path) -> Result<Command, Stop> {
    let folder = folder("go");
    // Compiled before the server starts, so that the tests' own limit is about the tests.
    run(
        command("go", &["vet", "./..."], &folder),
        Output::Appended(log),
        INSTALL_LIMIT,
    )?;
    Ok(command("go", &["test", "-count=1", "-v", "./..."], &folder))
}

fn rclone(log: &Path) -> Result<Command, Stop> {
    let folder = folder("rclone");
    let program = checkout::made(checkout::cache().join("rclone"))?.join("rclone");
    let build = ["build", "-trimpath", "-o", &program.to_string_lossy(), "."];
    run(
        command("go", &build, &folder),
        Output::Appended(log),
        INSTALL_LIMIT,
    )?;
    let mut tests = command("go", &["test", "-count=1", "-v", "./..."], &folder);
    tests.env("CAIRN_TEST_RCLONE", program);
    Ok(tests)
}

/// Compiles the Java client's tests, and tells where.
pub(crate) fn build_java(log: &Path) -> Result<PathBuf, Stop> {
    static ONE: Mutex<()> = Mutex::new(());
    let _guard = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let build = checkout::target().join("java");
    let place = format!("-Dcairn.build={}", build.display());
    let compile = command(
        "mvn",
        &["--batch-mode", "--quiet", &place, "test-compile"],
        &folder("java"),
    );
    run(compile, Output::Appended(log), INSTALL_LIMIT)?;
    Ok(build)
}

fn java(log: &Path) -> Result<Command, Stop> {
    let place = format!("-Dcairn.build={}", build_java(log)?.display());
    Ok(command(
        "mvn",
        &["--batch-mode", &place, "surefire:test"],
        &folder("java"),
    ))
}

/// Compiles the Rust client's tests, and tells where the program is.
pub(crate) fn build_rust(log: &Path) -> Result<PathBuf, Stop> {
    let manifest = folder("rust").join("Cargo.toml");
    let manifest = manifest.to_string_lossy();
    // The workspace's target folder is shared: what both need in the same form is compiled once.
    let mut build = cargo(&["test", "--no-run", "--locked", "--manifest-path", &manifest]);
    build.env("CARGO_TARGET_DIR", checkout::target());
    run(build, Output::Appended(log), INSTALL_LIMIT)?;
    regions::rust_program(&manifest)
}

fn rust(log: &Path) -> Result<Command, Stop> {
    build_rust(log)?;
    let manifest = folder("rust").join("Cargo.toml");
    let mut tests = cargo(&["test", "--locked", "--manifest-path", &manifest.to_string_lossy()]);
    tests.env("CARGO_TARGET_DIR", checkout::target());
    Ok(tests)
}

/// Against the release server, with its data on disk; the workspace's tests run the same in memory.
fn conformance(log: &Path) -> Result<Command, Stop> {
    let build = cargo(&["build", "--locked", "--package", "cairn-conformance"]);
    run(build, Output::Appended(log), INSTALL_LIMIT)?;
    let mut tests = cargo(&["run", "--quiet", "--locked", "--package", "cairn-conformance"]);
    // For tests that start a server with settings of their own.
    tests
        .env("CAIRN_BIN", rust_steps::binary()?)
        .env("CAIRN_TEST_ENGINE", "disk");
    Ok(tests)
}
