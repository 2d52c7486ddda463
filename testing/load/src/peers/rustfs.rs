//! RustFS, the crate `rustfs`: where the compiler is new enough for it.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::process::{Process, Running, free_addresses, made, status};
use super::{ACCESS_KEY, Missing, Peer, REGION, SECRET_KEY, Writes, install, server};
use crate::problem::Problem;

const VERSION: &str = "1.0.1";
/// The `rust-version` of that release. Earlier ones of the registry are an empty crate.
const RUST_VERSION: (u32, u32) = (1, 98);

pub(super) struct RustFs;

impl Peer for RustFs {
    fn name(&self) -> &'static str {
        "rustfs"
    }

    fn setting(&self) -> &'static str {
        "`RUSTFS_DURABILITY_MODE=strict`, `RUSTFS_NEW_BUCKET_DURABILITY_MODE=strict` \
         (docs/operations/durability-modes.md: a new bucket is `relaxed` otherwise)"
    }

    fn program(&self, cache: &Path, install: bool) -> Result<PathBuf, Missing> {
        let name = format!("rustfs-{VERSION}");
        let found = install::installed(cache, &name, "bin/rustfs", false, |_| Vec::new());
        if found.is_ok() {
            return found;
        }
        let (major, minor) = RUST_VERSION;
        let here = install::first_line(Path::new("rustc"), &["--version"]);
        if version(&here) < Some(RUST_VERSION) {
            return Err(format!(
                "not installable: {VERSION} of the crate wants Rust {major}.{minor}, here is `{here}`; no other \
                 registry has it"
            ));
        }
        install::installed(cache, &name, "bin/rustfs", install, |folder| {
            let mut build = Command::new("cargo");
            build
                .args(["install", "rustfs", "--locked", "--version", VERSION, "--root"])
                .arg(folder)
                .env("CARGO_TARGET_DIR", cache.join("target"));
            vec![build]
        })
    }

    fn version(&self, program: &Path) -> String {
        install::first_line(program, &["--version"])
    }

    fn start(&self, program: &Path, folder: &Path, _: Writes) -> Result<Running, Problem> {
        let [s3] = free_addresses()?;
        let data = made(folder, "data")?;
        let mut command = Command::new(program);
        command
            .arg(&data)
            .env("RUSTFS_ADDRESS", &s3)
            .env("RUSTFS_ACCESS_KEY", ACCESS_KEY)
            .env("RUSTFS_SECRET_KEY", SECRET_KEY)
            .env("RUSTFS_REGION", REGION)
            .env("RUSTFS_CONSOLE_ENABLE", "false")
            .env("RUSTFS_DURABILITY_MODE", "strict")
            .env("RUSTFS_NEW_BUCKET_DURABILITY_MODE", "strict")
            .env("HOME", folder);
        let mut process = Process::start(command, folder)?;
        process.wait_until(|| status(&s3, "/health/ready") == 200)?;
        Ok(Running::new(server(&s3, process.id(), data), process))
    }
}

/// Major and minor of `rustc 1.95.0 (…)`.
fn version(line: &str) -> Option<(u32, u32)> {
    let mut numbers = line.split_whitespace().nth(1)?.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn compilers_are_compared() {
        assert_eq!(version("rustc 1.95.0 (f2d3ce0bd 2026-03-21)"), Some((1, 95)));
        assert!(version("rustc 1.100.0") > Some((1, 98)));
        assert!(version("") < Some((1, 98)));
    }
}
