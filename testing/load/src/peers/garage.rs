//! Garage, the crate `garage`: several hundred crates, so that compiling it takes long. It links the system's
//! libsodium (Debian: libsodium-dev, pkg-config).

use std::path::{Path, PathBuf};
use std::process::Command;

use super::process::{Process, Running, ask, free_addresses, made, status, written};
use super::{Missing, Peer, REGION, Writes, install, server};
use crate::problem::Problem;

const VERSION: &str = "2.5.0";
/// Keys in the form that `garage key import` takes.
const ACCESS_KEY: &str = "GK000102030405060708090a0b";
const SECRET_KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const RPC_SECRET: &str = "1f1e1d1c1b1a191817161514131211100f0e0d0c0b0a09080706050403020100";

pub(super) struct Garage;

impl Peer for Garage {
    fn name(&self) -> &'static str {
        "garage"
    }

    fn setting(&self) -> &'static str {
        "`metadata_fsync = true`, `data_fsync = true` (reference manual, configuration file format); LMDB, one node, \
         no compression"
    }

    fn program(&self, cache: &Path, install: bool) -> Result<PathBuf, Missing> {
        let name = format!("garage-{VERSION}");
        install::installed(cache, &name, "bin/garage", install, |folder| {
            let mut build = Command::new("cargo");
            build
                .args(["install", "garage", "--locked", "--version", VERSION])
                // What is left out are the other database, the other API and metrics.
                .args([
                    "--no-default-features",
                    "--features",
                    "bundled-libs,lmdb",
                    "--root",
                ])
                .arg(folder)
                .env("CARGO_TARGET_DIR", cache.join("target"))
                // The library's own build runs its test suite first; Debian's (libsodium-dev) has passed it.
                .env("SODIUM_USE_PKG_CONFIG", "1")
                .env("CARGO_PROFILE_RELEASE_LTO", "off")
                .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
            vec![build]
        })
    }

    fn version(&self, program: &Path) -> String {
        install::first_line(program, &["--version"])
    }

    fn start(&self, program: &Path, folder: &Path, writes: Writes) -> Result<Running, Problem> {
        let [rpc, s3, admin] = free_addresses()?;
        let data = made(folder, "data")?;
        let is_new = !data.join("meta").exists();
        let (meta, blocks) = (made(&data, "meta")?, made(&data, "blocks")?);
        let sync = writes == Writes::Durable;
        let configuration = format!(
            "metadata_dir = {:?}\ndata_dir = {:?}\ndb_engine = \"lmdb\"\nmetadata_fsync = {sync}\ndata_fsync = {sync}\n\
             replication_factor = 1\ncompression_level = \"none\"\nrpc_bind_addr = \"{rpc}\"\n\
             rpc_public_addr = \"{rpc}\"\nrpc_secret = \"{RPC_SECRET}\"\n\n\
             [s3_api]\ns3_region = \"{REGION}\"\napi_bind_addr = \"{s3}\"\nroot_domain = \".s3.invalid\"\n\n\
             [admin]\napi_bind_addr = \"{admin}\"\n",
            meta.display().to_string(),
            blocks.display().to_string(),
        );
        let configuration = written(folder, "garage.toml", &configuration)?;
        let garage = |arguments: &[&str]| {
            let mut command = Command::new(program);
            command
                .arg("-c")
                .arg(&configuration)
                .args(arguments)
                .env("RUST_LOG", "garage=warn");
            command
        };
        let mut process = Process::start(garage(&["server"]), folder)?;
        process.wait_until(|| ask(garage(&["status"])).is_ok())?;
        if is_new {
            let node = ask(garage(&["node", "id", "-q"]))?;
            let node = node.trim().split('@').next().unwrap_or_default().to_owned();
            ask(garage(&["layout", "assign", "-z", "here", "-c", "100G", &node]))?;
            ask(garage(&["layout", "apply", "--version", "1"]))?;
            ask(garage(&[
                "key", "import", "--yes", "-n", "load", ACCESS_KEY, SECRET_KEY,
            ]))?;
            ask(garage(&["key", "allow", "--create-bucket", ACCESS_KEY]))?;
        }
        // 200 once the node is in the layout and all partitions have it.
        process.wait_until(|| status(&admin, "/health") == 200)?;
        let mut server = server(&s3, process.id(), data);
        server.access_key = ACCESS_KEY.to_owned();
        server.secret_key = SECRET_KEY.to_owned();
        Ok(Running::new(server, process))
    }
}
