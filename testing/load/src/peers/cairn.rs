//! Cairn itself, of this checkout: `CAIRN_BIN`, or the release binary beside this program.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::process::{Process, Running, free_addresses, made, status};
use super::{ACCESS_KEY, Missing, Peer, REGION, SECRET_KEY, Writes, install, server};
use crate::problem::Problem;

pub(super) struct Cairn;

impl Peer for Cairn {
    fn name(&self) -> &'static str {
        "cairn"
    }

    fn setting(&self) -> &'static str {
        "the default, and the only one: acknowledged after the journal's fdatasync (docs/on-disk.md)"
    }

    fn program(&self, _: &Path, _: bool) -> Result<PathBuf, Missing> {
        let given = std::env::var_os("CAIRN_BIN").map(PathBuf::from);
        let beside = || Some(std::env::current_exe().ok()?.with_file_name("cairn"));
        let program = given.or_else(beside).filter(|program| program.is_file());
        program
            .ok_or_else(|| "not built; `cargo build --release -p cairn` does it, or set CAIRN_BIN".to_owned())
    }

    fn version(&self, program: &Path) -> String {
        install::first_line(program, &["--version"])
    }

    fn start(&self, program: &Path, folder: &Path, _: Writes) -> Result<Running, Problem> {
        let [s3, admin] = free_addresses()?;
        let data = made(folder, "data")?;
        let mut command = Command::new(program);
        command
            .args([
                "serve",
                "--listen",
                &s3,
                "--admin-listen",
                &admin,
                "--region",
                REGION,
            ])
            .args(["--log-filter", "warn", "--data-dir"])
            .arg(&data)
            .env("CAIRN_ROOT_ACCESS_KEY_ID", ACCESS_KEY)
            .env("CAIRN_ROOT_SECRET_ACCESS_KEY", SECRET_KEY);
        let mut process = Process::start(command, folder)?;
        process.wait_until(|| status(&admin, "/-/ready") == 200)?;
        let mut server = server(&s3, process.id(), data);
        server.metrics = Some(format!("http://{admin}/-/metrics"));
        Ok(Running::new(server, process))
    }
}
