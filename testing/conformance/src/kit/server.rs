//! A server of our own: the `cairn` binary on free ports, ended when the tests end.
//!
//! The test harness has no hook at the end, and tests may be killed. So the server's parent is a shell
//! that waits for its standard input, a pipe this process holds: however this process ends, the pipe
//! closes, and the shell ends the server by its process id and removes its data.

use std::env;
use std::hash::{BuildHasher as _, RandomState};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use super::{Endpoint, Request, name};

/// How many ports are tried.
const FREE_PORT_ATTEMPTS: u32 = 100;
const READY_LIMIT: Duration = Duration::from_secs(30);
const READY_POLL: Duration = Duration::from_millis(20);

/// Runs the server (arguments), with its data in `$DATA` and its output in `$DATA/log`.
const WATCHDOG: &str = r#"
mkdir -p "$DATA" || exit 1
"$@" <&- >"$DATA/log" 2>&1 &
server=$!
read -r _
kill -TERM "$server" 2>/dev/null
wait "$server"
if [ -z "$KEEP" ]; then rm -rf -- "$DATA"; fi
"#;

/// A running server; dropped, it is ended.
pub(crate) struct Server {
    pub(crate) endpoint: Endpoint,
    watchdog: Child,
    data: PathBuf,
}

impl Server {
    /// The one that all tests share when none was given; `CAIRN_TEST_ENGINE=disk` has it on disk.
    pub(super) fn shared() -> &'static Self {
        static SHARED: OnceLock<Server> = OnceLock::new();
        SHARED.get_or_init(|| Self::start("us-east-1", &[]).expect("a cairn binary to test"))
    }

    /// One with settings of its own. Where the tests run against somebody else's server and there is no
    /// `cairn` binary, there is none, and the test that needs it says SKIPPED.
    pub(crate) fn start(region: &str, arguments: &[&str]) -> Option<Self> {
        let address = free_address();
        let listen = ["--listen", &address.to_string(), "--region", region];
        Self::start_at(address, region, &listen, arguments)
    }

    /// One that `listen` makes listen at `address`, which is in that region.
    pub(super) fn start_at(
        address: SocketAddr,
        region: &str,
        listen: &[&str],
        arguments: &[&str],
    ) -> Option<Self> {
        let Some(binary) = binary() else {
            assert!(
                env::var_os("CI").is_none(),
                "no cairn binary, and with CI set a skip is a failure"
            );
            println!("SKIPPED: this test starts a server with settings of its own; set CAIRN_BIN");
            return None;
        };
        let admin = free_address();
        let endpoint = Endpoint {
            address,
            host: address.to_string(),
            region: region.to_owned(),
            domain: "localhost".into(),
            access_key: "CAIRNCONFORMANCE0001".into(),
            secret_key: "conformance+secret/with.odd=characters40".into(),
        };
        let data = env::temp_dir().join(name("cairn-conformance"));
        let mut shell = Command::new("sh");
        shell.args(["-c", WATCHDOG, "sh"]).arg(binary);
        shell.args(["serve", "--admin-listen", &admin.to_string()]);
        shell
            .args(["--domain", &endpoint.domain])
            .args(listen)
            .args(arguments);
        match env::var("CAIRN_TEST_ENGINE").as_deref() {
            Ok("disk") => shell.arg("--data-dir").arg(data.join("store")),
            Ok("memory") | Err(_) => shell.arg("--in-memory"),
            Ok(other) => panic!("CAIRN_TEST_ENGINE is memory or disk, not {other}"),
        };
        shell
            .env("DATA", &data)
            .env("KEEP", env::var("CAIRN_TEST_KEEP").unwrap_or_default());
        shell.env("CAIRN_ROOT_ACCESS_KEY_ID", &endpoint.access_key);
        shell.env("CAIRN_ROOT_SECRET_ACCESS_KEY", &endpoint.secret_key);
        let watchdog = shell
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("sh starts");
        let server = Self {
            endpoint,
            watchdog,
            data,
        };
        server.wait_until_ready();
        Some(server)
    }

    fn wait_until_ready(&self) {
        let deadline = Instant::now() + READY_LIMIT;
        loop {
            if std::net::TcpStream::connect(self.endpoint.address).is_ok()
                && Request::to(&self.endpoint, "GET", "/-/ready")
                    .anonymous()
                    .send()
                    .status
                    == 200
            {
                return;
            }
            let log = self.data.join("log");
            let log = std::fs::read_to_string(log).unwrap_or_default();
            assert!(
                Instant::now() < deadline,
                "the server is not ready after {READY_LIMIT:?}; it says:\n{log}"
            );
            sleep(READY_POLL);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Closing the pipe is what the watchdog waits for.
        drop(self.watchdog.stdin.take());
        let _ = self.watchdog.wait();
    }
}

/// An address whose port is free now.
fn free_address() -> SocketAddr {
    let address = Ipv4Addr::LOCALHOST;
    SocketAddr::from((address, free_port(&[address])))
}

/// A port that is free at all these addresses. Below the range that the system gives to outgoing connections
/// (32768 and up): of those the tests make thousands, and one of them could take the port before the server does.
pub(super) fn free_port(addresses: &[Ipv4Addr]) -> u16 {
    (0..FREE_PORT_ATTEMPTS)
        .map(|attempt| 10_000 + RandomState::new().hash_one(attempt) % 20_000)
        .map(|port| u16::try_from(port).unwrap())
        .find(|port| {
            addresses
                .iter()
                .all(|address| TcpListener::bind((*address, *port)).is_ok())
        })
        .expect("a free port")
}

/// The program to test: `CAIRN_BIN`; else the newest build in the target folder this program is in; else,
/// unless the tests are about somebody else's server, one built now.
fn binary() -> Option<PathBuf> {
    static BINARY: OnceLock<Option<PathBuf>> = OnceLock::new();
    BINARY.get_or_init(find_binary).clone()
}

fn find_binary() -> Option<PathBuf> {
    if let Some(given) = env::var_os("CAIRN_BIN") {
        return Some(given.into());
    }
    let own = env::current_exe().expect("a program knows where it is");
    let target = own
        .ancestors()
        .find(|folder| folder.join("CACHEDIR.TAG").exists())
        .map(Path::to_path_buf);
    let built = |profile: &str| {
        let program = target.as_ref()?.join(profile).join("cairn");
        let modified = program.metadata().and_then(|metadata| metadata.modified()).ok()?;
        Some((modified, program))
    };
    let newest = || -> Option<PathBuf> {
        let found: Option<(SystemTime, PathBuf)> = built("debug").into_iter().chain(built("release")).max();
        found.map(|(_, program)| program)
    };
    if newest().is_none() && !super::endpoint::is_foreign() {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut build = Command::new(cargo);
        build
            .args(["build", "--package", "cairn", "--bin", "cairn"])
            .current_dir(workspace);
        if let Some(target) = &target {
            build.env("CARGO_TARGET_DIR", target);
        }
        assert!(
            build.status().is_ok_and(|status| status.success()),
            "cargo build --package cairn failed"
        );
    }
    newest()
}
