//! Installing a peer with its registry's own client, once, into a folder named after its version.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::Missing;
use crate::say;

/// The largest peer is several hundred crates, which two cores compile in half an hour.
const INSTALL_LIMIT: Duration = Duration::from_secs(45 * 60);
const POLL: Duration = Duration::from_millis(200);

/// The program at `path` below `.cache/peers/NAME-VERSION/`; the commands make it, in order, when it is not
/// there and may be installed.
pub(super) fn installed(
    cache: &Path,
    name_and_version: &str,
    path: &str,
    install: bool,
    commands: impl FnOnce(&Path) -> Vec<Command>,
) -> Result<PathBuf, Missing> {
    let folder = cache.join(name_and_version);
    let program = folder.join(path);
    if program.is_file() {
        return Ok(program);
    }
    if !install {
        return Err("not installed; `cairn-load peers --install` does it".to_owned());
    }
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let log = cache.join(format!("{name_and_version}.log"));
    say(&format!("installing {name_and_version}, see {}", log.display()));
    for command in commands(&folder) {
        run(command, &log)?;
    }
    match program.is_file() {
        true => Ok(program),
        false => Err(format!("installed, but without {path}")),
    }
}

/// Runs one command to its end, at the lowest priority: nothing waits for it.
fn run(command: Command, log: &Path) -> Result<(), Missing> {
    let shown = shown(&command);
    let open = File::options().create(true).append(true).open(log);
    let problem = |error: std::io::Error| format!("`{shown}`: {error}");
    let output = open.map_err(problem)?;
    let mut nice = Command::new("nice");
    nice.args(["-n", "19"])
        .arg(command.get_program())
        .args(command.get_args());
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            nice.env(name, value);
        }
    }
    nice.stdin(Stdio::null())
        .stdout(output.try_clone().map_err(problem)?)
        .stderr(output);
    let mut child = nice.spawn().map_err(problem)?;
    let deadline = Instant::now() + INSTALL_LIMIT;
    loop {
        match child.try_wait().map_err(problem)? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => return Err(format!("`{shown}` ended with {status}: {}", last_line(log))),
            None if Instant::now() > deadline => {
                if let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
                    let _ = kill_process(pid, Signal::TERM);
                }
                let _ = child.wait();
                return Err(format!("`{shown}` was ended after {} s", INSTALL_LIMIT.as_secs()));
            }
            None => sleep(POLL),
        }
    }
}

/// A program of the system, from a Debian package that is installed by hand (or by CI's image).
pub(super) fn of_system(name: &str, package: &str) -> Result<PathBuf, Missing> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<_> = std::env::split_paths(&path).collect();
    folders.push("/usr/sbin".into());
    let found = folders
        .into_iter()
        .map(|folder| folder.join(name))
        .find(|file| file.is_file());
    found.ok_or_else(|| format!("`{name}` is not there; it is in the Debian package {package}"))
}

/// The first line a program prints, to either output.
pub(super) fn first_line(program: &Path, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output();
    let Ok(output) = output else {
        return String::new();
    };
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    text.lines().next().unwrap_or_default().trim().to_owned()
}

/// The last line that says something.
pub(super) fn last_line(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let last = text.lines().rev().find(|line| !line.trim().is_empty());
    last.unwrap_or("it printed nothing").trim().to_owned()
}

pub(super) fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::installed;
    use std::process::Command;

    fn shell(script: &str) -> Command {
        let mut shell = Command::new("sh");
        shell.args(["-c", script]);
        shell
    }

    #[test]
    fn installs_once() {
        let cache = tempfile::tempdir().unwrap();
        let make = |folder: &std::path::Path| vec![shell(&format!("echo x > {}/tool", folder.display()))];
        let absent = installed(cache.path(), "tool-1", "tool", false, make);
        assert!(absent.unwrap_err().contains("not installed"));
        assert!(
            installed(cache.path(), "tool-1", "tool", true, make)
                .unwrap()
                .is_file()
        );
        // A second time nothing is run.
        assert!(installed(cache.path(), "tool-1", "tool", true, |_| vec![shell("exit 1")]).is_ok());
    }

    #[test]
    fn says_why_it_could_not() {
        let cache = tempfile::tempdir().unwrap();
        let why = installed(cache.path(), "tool-2", "tool", true, |_| {
            vec![shell("echo no such crate >&2; exit 3")]
        });
        let why = why.unwrap_err();
        assert!(why.contains("no such crate") && why.contains('3'), "{why}");
    }
}
