//! MinIO, the Go module `github.com/minio/minio`: one server, one drive.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::process::{Process, Running, free_addresses, made, status};
use super::{ACCESS_KEY, Missing, Peer, REGION, SECRET_KEY, Writes, install, server};
use crate::problem::Problem;

/// The newest the module proxy has: its tags are not versions in Go's sense.
const VERSION: &str = "v0.0.0-20260212201848-7aac2a2c5b7c";

pub(super) struct Minio;

impl Peer for Minio {
    fn name(&self) -> &'static str {
        "minio"
    }

    fn setting(&self) -> &'static str {
        "`MINIO_FS_OSYNC=on`: metadata is written with O_DSYNC (config package, EnvFSOSync); data always is \
         fdatasynced"
    }

    fn program(&self, cache: &Path, install: bool) -> Result<PathBuf, Missing> {
        let name = format!("minio-{VERSION}");
        install::installed(cache, &name, "minio", install, |folder| {
            let mut build = Command::new("go");
            build
                .args([
                    "install",
                    "-trimpath",
                    &format!("github.com/minio/minio@{VERSION}"),
                ])
                .env("GOBIN", folder);
            vec![build]
        })
    }

    fn version(&self, _: &Path) -> String {
        VERSION.to_owned()
    }

    fn start(&self, program: &Path, folder: &Path, writes: Writes) -> Result<Running, Problem> {
        let [s3, console] = free_addresses()?;
        let data = made(folder, "data")?;
        let mut command = Command::new(program);
        command
            .args([
                "server",
                "--quiet",
                "--address",
                &s3,
                "--console-address",
                &console,
            ])
            .arg(&data)
            .env("MINIO_ROOT_USER", ACCESS_KEY)
            .env("MINIO_ROOT_PASSWORD", SECRET_KEY)
            .env("MINIO_REGION", REGION)
            .env("MINIO_BROWSER", "off")
            .env("MINIO_UPDATE", "off")
            .env(
                "MINIO_FS_OSYNC",
                match writes {
                    Writes::Durable => "on",
                    Writes::Fast => "off",
                },
            )
            .env("HOME", folder);
        let mut process = Process::start(command, folder)?;
        process.wait_until(|| status(&s3, "/minio/health/ready") == 200)?;
        Ok(Running::new(server(&s3, process.id(), data), process))
    }
}
