//! `cargo deny`: licences, architecture bans and sources of dependencies, by deny.toml.
//!
//! Advisories need a database that is fetched with git from the open network; where only package registries
//! are reachable it cannot be had, so that check is not part of this step. Run `cargo deny check advisories`
//! on a machine that can.

use std::path::PathBuf;
use std::time::Duration;

use crate::cache::install_once;
use crate::checkout;
use crate::command::{Output, command, is_installed, run};
use crate::outcome::Stop;
use crate::rust_steps::cargo;

const VERSION: &str = "0.20.2";
const INSTALL_LIMIT: Duration = Duration::from_secs(15 * 60);
const CHECK_LIMIT: Duration = Duration::from_secs(120);

pub(crate) fn check() -> Result<(), Stop> {
    let program = program()?;
    println!("advisories are not checked here: their database needs git access to the open network");
    let arguments = [
        "--workspace",
        "--locked",
        "check",
        "--allow=unused-wrapper",
        "--hide-inclusion-graph",
        "licenses",
        "bans",
        "sources",
    ];
    run(
        command(program, &arguments, &checkout::root()),
        Output::Inherited,
        CHECK_LIMIT,
    )
}

/// The installed cargo-deny, or one built into the cache.
fn program() -> Result<PathBuf, Stop> {
    if is_installed("cargo-deny", "--version") {
        return Ok(PathBuf::from("cargo-deny"));
    }
    let tools = checkout::cache().join("cargo-tools");
    install_once("cargo-deny", VERSION, || {
        // Unoptimised and without debug information: it is built more often than it runs.
        let root = tools.to_string_lossy();
        let arguments = [
            "install",
            "cargo-deny",
            "--version",
            VERSION,
            "--locked",
            "--debug",
            "--quiet",
            "--root",
            &root,
        ];
        let mut install = cargo(&arguments);
        install.env("CARGO_PROFILE_DEV_DEBUG", "0");
        install.env("CARGO_TARGET_DIR", checkout::target().join("cargo-tools"));
        run(install, Output::Inherited, INSTALL_LIMIT)
    })?;
    Ok(tools.join("bin/cargo-deny"))
}
