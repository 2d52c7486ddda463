//! A peer's process: started, waited for, ended by its id.

use std::fs::{self, File};
use std::hash::{BuildHasher as _, RandomState};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::install::{last_line, shown};
use crate::problem::Problem;
use crate::server::Server;

/// A cluster of one that elects itself takes a few seconds.
const READY_LIMIT: Duration = Duration::from_secs(60);
const READY_POLL: Duration = Duration::from_millis(5);
/// How long a server that was asked to end may write before it is killed.
const TERM_GRACE: Duration = Duration::from_secs(60);
const TERM_POLL: Duration = Duration::from_millis(10);
/// For one command of a peer's own command line.
const PROBE_LIMIT: Duration = Duration::from_secs(2);
/// How many ports are tried.
const FREE_PORT_ATTEMPTS: u32 = 100;

/// A server that runs. Dropped, it is ended.
pub(crate) struct Running {
    pub(crate) server: Server,
    process: Process,
}

impl Running {
    pub(super) fn new(server: Server, process: Process) -> Self {
        Self { server, process }
    }

    /// Asks it to end, and waits.
    pub(crate) fn stop(mut self) {
        self.process.end();
    }
}

/// A child that is not left behind. It stays in this program's process group, so that Ctrl-C reaches it.
pub(super) struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts a command, with its output appended to `FOLDER/log`.
    pub(super) fn start(mut command: Command, folder: &Path) -> Result<Self, Problem> {
        let log = folder.join("log");
        let failed = |error| Problem::File(log.display().to_string(), error);
        let output = File::options()
            .create(true)
            .append(true)
            .open(&log)
            .map_err(failed)?;
        command
            .stdin(Stdio::null())
            .stdout(output.try_clone().map_err(failed)?)
            .stderr(output);
        let child = command
            .spawn()
            .map_err(|error| Problem::Command(shown(&command), error.to_string()))?;
        Ok(Self { child, log })
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until `is_ready`.
    pub(super) fn wait_until(&mut self, is_ready: impl Fn() -> bool) -> Result<(), Problem> {
        let deadline = Instant::now() + READY_LIMIT;
        while !is_ready() {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return Err(Problem::Ended(last_line(&self.log)));
            }
            if Instant::now() > deadline {
                return Err(Problem::NotReady(READY_LIMIT.as_secs(), last_line(&self.log)));
            }
            sleep(READY_POLL);
        }
        Ok(())
    }

    fn end(&mut self) {
        let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) else {
            return;
        };
        let deadline = Instant::now() + TERM_GRACE;
        // Asked once; one that has ended is not there to be asked.
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = kill_process(pid, Signal::TERM);
        }
        while matches!(self.child.try_wait(), Ok(None)) {
            if Instant::now() > deadline {
                let _ = self.child.kill();
                let _ = self.child.wait();
                return;
            }
            sleep(TERM_POLL);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

/// Runs a command of a peer's own command line, to its end; what it prints.
pub(super) fn ask(mut command: Command) -> Result<String, Problem> {
    let shown = shown(&command);
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|error| Problem::Command(shown.clone(), error.to_string()))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    match output.status.success() {
        true => Ok(text),
        false => {
            let error = String::from_utf8_lossy(&output.stderr);
            Err(Problem::Command(shown, error.trim().to_owned()))
        }
    }
}

/// The status of a plain `GET PATH`; 0 without an answer.
pub(super) fn status(address: &str, path: &str) -> u16 {
    let ask = || -> std::io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PROBE_LIMIT))?;
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
        )?;
        let mut head = vec![0; 12];
        stream.read_exact(&mut head)?;
        Ok(head)
    };
    let head = ask().unwrap_or_default();
    let head = String::from_utf8_lossy(&head);
    let digits = head.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5));
    digits.and_then(|digits| digits.parse().ok()).unwrap_or_default()
}

/// So many addresses whose ports are free now. Below the range that the system gives to outgoing connections,
/// and so that a port 10 000 above exists: SeaweedFS takes it for itself.
pub(super) fn free_addresses<const N: usize>() -> Result<[String; N], Problem> {
    let mut held: Vec<TcpListener> = Vec::new();
    for attempt in 0..FREE_PORT_ATTEMPTS {
        let port = 10_000 + RandomState::new().hash_one(attempt) % 10_000;
        let above = TcpListener::bind(format!("127.0.0.1:{}", port + 10_000));
        if let (Ok(listener), Ok(_)) = (TcpListener::bind(format!("127.0.0.1:{port}")), above) {
            held.push(listener);
        }
        if held.len() == N {
            break;
        }
    }
    let addresses: Vec<String> = held
        .iter()
        .filter_map(|listener| Some(listener.local_addr().ok()?.to_string()))
        .collect();
    addresses
        .try_into()
        .map_err(|_| Problem::Command("bind".to_owned(), "no free ports".to_owned()))
}

/// Of HOST:PORT the port.
pub(super) fn port(address: &str) -> &str {
    address.rsplit(':').next().unwrap_or_default()
}

/// Makes a folder below another.
pub(super) fn made(folder: &Path, name: &str) -> Result<PathBuf, Problem> {
    let path = folder.join(name);
    fs::create_dir_all(&path).map_err(|error| Problem::File(path.display().to_string(), error))?;
    Ok(path)
}

/// Writes a configuration file, readable by the owner only where it has keys.
pub(super) fn written(folder: &Path, name: &str, text: &str) -> Result<PathBuf, Problem> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let path = folder.join(name);
    let failed = |error| Problem::File(path.display().to_string(), error);
    let mut file = File::options()
        .create(true)
        .write(true)
        .truncate(true)
        .mode(0o600)
        .open(&path)
        .map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::{Process, free_addresses, port, status};
    use std::process::Command;

    #[test]
    fn a_process_is_waited_for_and_ended() {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "echo started; exec sleep 60"]);
        let mut process = Process::start(command, folder.path()).unwrap();
        let log = folder.path().join("log");
        let is_ready = || std::fs::read_to_string(&log).is_ok_and(|text| text.contains("started"));
        process.wait_until(is_ready).unwrap();
        let stat = format!("/proc/{}/stat", process.id());
        assert!(std::fs::exists(&stat).unwrap());
        drop(process);
        assert!(!std::fs::exists(&stat).unwrap());
    }

    #[test]
    fn one_that_ends_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "echo the disk is full; exit 1"]);
        let mut process = Process::start(command, folder.path()).unwrap();
        let ended = process.wait_until(|| false).unwrap_err();
        assert!(ended.to_string().contains("the disk is full"), "{ended}");
    }

    #[test]
    fn addresses_differ_and_nobody_answers_there() {
        let addresses: [String; 5] = free_addresses().unwrap();
        let mut ports: Vec<_> = addresses.iter().map(|address| port(address)).collect();
        ports.sort_unstable();
        ports.dedup();
        assert_eq!(ports.len(), 5);
        assert_eq!(status(&addresses[0], "/"), 0);
    }
}
