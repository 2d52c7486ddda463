//! The binary, started and ended by its process id.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// How long a start or an end may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A command line of the binary, with nothing of the tests' own environment.
pub(crate) struct Cairn {
    command: Command,
    log: tempfile::NamedTempFile,
}

/// How a process ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    pub(crate) fn code(&self) -> i32 {
        self.status.code().unwrap_or(-1)
    }
}

impl Cairn {
    pub(crate) fn new<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cairn"));
        command.args(arguments).stdin(Stdio::null());
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("CAIRN_") {
                command.env_remove(name);
            }
        }
        Self {
            command,
            log: tempfile::NamedTempFile::new().unwrap(),
        }
    }

    /// A server on free ports that announces itself in JSON.
    pub(crate) fn serve<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Self {
        let free = [
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--admin-listen",
            "127.0.0.1:0",
            "--log-format",
            "json",
        ];
        let mut cairn = Self::new(free);
        cairn.command.args(arguments);
        cairn
    }

    /// A server of several regions, each on a free port.
    pub(crate) fn serve_regions<S: AsRef<OsStr>>(
        regions: &[&str],
        arguments: impl IntoIterator<Item = S>,
    ) -> Self {
        let mut cairn = Self::new(["serve", "--admin-listen", "127.0.0.1:0", "--log-format", "json"]);
        for region in regions {
            cairn
                .command
                .args(["--regions", &format!("{region}=127.0.0.1:0")]);
        }
        cairn.command.args(arguments);
        cairn
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn current_dir(mut self, directory: impl AsRef<std::path::Path>) -> Self {
        self.command.current_dir(directory);
        self
    }

    /// As this user and group.
    pub(crate) fn user(mut self, id: u32) -> Self {
        self.command.uid(id).gid(id);
        self
    }

    /// Another binary than the one built, such as a copy that another user can reach.
    pub(crate) fn binary(mut self, path: impl AsRef<std::path::Path>) -> Self {
        let arguments: Vec<_> = self.command.get_args().map(OsStr::to_owned).collect();
        self.command = Command::new(path.as_ref());
        self.command.args(arguments).stdin(Stdio::null());
        self
    }

    /// Runs it to its end.
    pub(crate) fn run(mut self) -> Ended {
        let stderr = self.log.reopen().unwrap();
        self.command.stdout(Stdio::piped()).stderr(stderr);
        let mut child = self.command.spawn().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        let reader = thread::spawn(move || {
            let mut text = String::new();
            stdout.read_to_string(&mut text).unwrap();
            text
        });
        let status = wait(&mut child, PATIENCE).unwrap_or_else(|| {
            child.kill().unwrap();
            panic!("the command did not end: {:?}", self.command)
        });
        Ended {
            status,
            stdout: reader.join().unwrap(),
            stderr: fs::read_to_string(self.log.path()).unwrap(),
        }
    }

    /// Starts it and kills it after a while, whatever it is doing by then.
    pub(crate) fn start_and_kill(mut self, after: Duration) {
        self.command
            .stdout(Stdio::null())
            .stderr(self.log.reopen().unwrap());
        let mut child = self.command.spawn().unwrap();
        thread::sleep(after);
        child.kill().unwrap();
        child.wait().unwrap();
        let stderr = fs::read_to_string(self.log.path()).unwrap();
        assert!(!stderr.contains("panicked at"), "{stderr}");
    }

    /// Starts a server and waits until it is ready.
    pub(crate) fn start(self) -> Running {
        match self.try_start() {
            Ok(running) => running,
            Err(ended) => panic!("the server did not start: {ended:?}"),
        }
    }

    /// Starts a server that may end instead of becoming ready.
    pub(crate) fn try_start(mut self) -> Result<Running, Ended> {
        let stderr = self.log.reopen().unwrap();
        self.command.stdout(Stdio::piped()).stderr(stderr);
        let mut child = self.command.spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines() {
                let Ok(line) = line else { return };
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let began = Instant::now();
        let Ok(line) = lines.recv_timeout(PATIENCE) else {
            let status = wait(&mut child, PATIENCE).unwrap_or_else(|| {
                child.kill().unwrap();
                panic!("the server is neither ready nor ended")
            });
            let stderr = fs::read_to_string(self.log.path()).unwrap();
            return Err(Ended {
                status,
                stdout: String::new(),
                stderr,
            });
        };
        let ready: serde_json::Value =
            serde_json::from_str(&line).unwrap_or_else(|_| panic!("the ready line is not JSON: {line}"));
        Ok(Running {
            child,
            ready,
            log: self.log,
            startup: began.elapsed(),
            ended: false,
        })
    }
}

/// A server that is ready. Dropped, it is killed.
pub(crate) struct Running {
    child: Child,
    /// What it announced.
    pub(crate) ready: serde_json::Value,
    log: tempfile::NamedTempFile,
    /// From the start to the announcement.
    pub(crate) startup: Duration,
    ended: bool,
}

impl Running {
    /// The S3 listener's address.
    pub(crate) fn address(&self) -> SocketAddr {
        address(self.ready["endpoints"][0].as_str().unwrap())
    }

    /// The address of a region's listener.
    pub(crate) fn region(&self, name: &str) -> SocketAddr {
        address(self.ready["regions"][name][0].as_str().unwrap())
    }

    /// The DNS server's address.
    pub(crate) fn dns(&self) -> SocketAddr {
        self.ready["dns"][0].as_str().unwrap().parse().unwrap()
    }

    /// The admin listener's address.
    pub(crate) fn admin(&self) -> SocketAddr {
        address(self.ready["admin"].as_str().unwrap())
    }

    /// The root access key, wherever it is.
    pub(crate) fn keys(&self) -> (String, String) {
        let id = self.ready["access_key_id"].as_str().unwrap().to_owned();
        let secret = match self.ready["secret_access_key"].as_str() {
            Some(secret) => secret.to_owned(),
            None => {
                let path = PathBuf::from(self.ready["secret_access_key_file"].as_str().unwrap());
                let text = fs::read_to_string(path).unwrap();
                let line = text
                    .lines()
                    .find_map(|line| line.strip_prefix("export AWS_SECRET_ACCESS_KEY="));
                line.unwrap().to_owned()
            }
        };
        (id, secret)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// The log so far.
    pub(crate) fn stderr(&self) -> String {
        fs::read_to_string(self.log.path()).unwrap()
    }

    /// How it ended, if it does within the time.
    pub(crate) fn wait(&mut self, limit: Duration) -> Option<Ended> {
        let status = wait(&mut self.child, limit)?;
        self.ended = true;
        let stderr = self.stderr();
        assert!(!stderr.contains("panicked at"), "{stderr}");
        Some(Ended {
            status,
            stdout: String::new(),
            stderr,
        })
    }

    /// Ends it as an operator does.
    pub(crate) fn terminate(mut self) -> Ended {
        self.signal(rustix::process::Signal::TERM);
        self.wait(PATIENCE).expect("it ends on SIGTERM")
    }

    /// Ends it as a power cut does.
    pub(crate) fn kill(mut self) -> String {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.ended = true;
        let stderr = self.stderr();
        assert!(!stderr.contains("panicked at"), "{stderr}");
        stderr
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.ended {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

fn address(url: &str) -> SocketAddr {
    url.rsplit_once("//").unwrap().1.parse().unwrap()
}

fn wait(child: &mut Child, limit: Duration) -> Option<ExitStatus> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        if Instant::now() > deadline {
            return None;
        }
        thread::sleep(Duration::from_millis(10));
    }
}
