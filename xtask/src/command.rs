//! Child processes: each in a process group of its own, bounded in time, ended whole.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::outcome::Stop;

/// How long a group that was asked to end may take before it is killed.
const TERM_GRACE: Duration = Duration::from_secs(10);
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// The groups that run now, for [`end_children_on_interrupt`].
static GROUPS: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());

/// Where a command's output goes.
pub(crate) enum Output<'a> {
    /// To this program's own.
    Inherited,
    /// To a file, appended; used by suites that run side by side.
    Appended(&'a Path),
}

/// A command line for [`run`].
pub(crate) fn command(program: impl AsRef<OsStr>, arguments: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    command
}

/// Runs a command to its end; not ending with 0 in the time given is a failure.
pub(crate) fn run(mut command: Command, output: Output<'_>, limit: Duration) -> Result<(), Stop> {
    let shown = shown(&command);
    redirect(&mut command, output)?;
    let mut group = Group::spawn(command).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Stop::Missing(format!("`{shown}`: not installed")),
        _ => Stop::Failure(format!("`{shown}`: {error}")),
    })?;
    match group.wait(limit) {
        Some(status) if status.success() => Ok(()),
        Some(status) => Err(format!("`{shown}` ended with {status}").into()),
        None => {
            group.end();
            Err(format!("`{shown}` was ended after {} s, its limit", limit.as_secs()).into())
        }
    }
}

/// What a command prints, when it ends with 0.
pub(crate) fn output_of(mut command: Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether a program of this name can be started at all.
pub(crate) fn is_installed(program: &str, version_argument: &str) -> bool {
    output_of(command(program, &[version_argument], Path::new("/"))).is_some()
}

/// Sends output to a file when asked to.
pub(crate) fn redirect(command: &mut Command, output: Output<'_>) -> Result<(), Stop> {
    if let Output::Appended(path) = output {
        let problem = |error: std::io::Error| Stop::Failure(format!("{}: {error}", path.display()));
        let log = File::options()
            .create(true)
            .append(true)
            .open(path)
            .map_err(problem)?;
        command.stdout(log.try_clone().map_err(problem)?).stderr(log);
    }
    Ok(())
}

/// Ctrl-C reaches only this program, because its children have groups of their own: hand it on.
pub(crate) fn end_children_on_interrupt() {
    let installed = ctrlc::set_handler(|| {
        for &id in GROUPS.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            signal(id, Signal::TERM);
        }
        std::process::exit(130);
    });
    if let Err(error) = installed {
        eprintln!("warning: Ctrl-C will not end the programs started here: {error}");
    }
}

/// A child and everything it starts. Dropped, it is ended.
pub(crate) struct Group {
    leader: Child,
    id: i32,
    ended: bool,
}

impl Group {
    pub(crate) fn spawn(mut command: Command) -> std::io::Result<Self> {
        let leader = command.process_group(0).spawn()?;
        let id = leader.id().cast_signed();
        GROUPS.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        Ok(Self {
            leader,
            id,
            ended: false,
        })
    }

    /// The leader's exit status, or nothing when the limit passed first.
    pub(crate) fn wait(&mut self, limit: Duration) -> Option<ExitStatus> {
        let deadline = Instant::now() + limit;
        loop {
            if let Ok(Some(status)) = self.leader.try_wait() {
                return Some(status);
            }
            if Instant::now() >= deadline {
                return None;
            }
            sleep(POLL_INTERVAL);
        }
    }

    /// Asks the leader to end, and gives it the grace; nothing when it did not.
    pub(crate) fn terminate(&mut self) -> Option<ExitStatus> {
        signal(self.id, Signal::TERM);
        self.wait(TERM_GRACE)
    }

    /// Ends the whole group, by force where it must be.
    pub(crate) fn end(&mut self) {
        if self.ended {
            return;
        }
        self.ended = true;
        if self.wait(Duration::ZERO).is_none() {
            let _ = self.terminate();
        }
        // Whatever the leader left behind; a group without members answers with an error.
        signal(self.id, Signal::KILL);
        let _ = self.leader.wait();
        GROUPS
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.id);
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.end();
    }
}

fn signal(group: i32, signal: Signal) {
    if let Some(group) = Pid::from_raw(group) {
        // The group may be gone already.
        let _ = kill_process_group(group, signal);
    }
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        command("sh", &["-c", script], Path::new("/"))
    }

    #[test]
    fn tells_success_failure_and_absence_apart() {
        let limit = Duration::from_secs(10);
        assert!(run(shell("exit 0"), Output::Inherited, limit).is_ok());
        assert!(matches!(
            run(shell("exit 3"), Output::Inherited, limit),
            Err(Stop::Failure(_))
        ));
        let absent = command("/no/such/program", &[], Path::new("/"));
        assert!(matches!(
            run(absent, Output::Inherited, limit),
            Err(Stop::Missing(_))
        ));
    }

    #[test]
    fn a_timeout_ends_the_whole_group() {
        let started = Instant::now();
        let outcome = run(
            shell("sleep 60 & sleep 60; :"),
            Output::Inherited,
            Duration::from_millis(100),
        );
        assert!(matches!(outcome, Err(Stop::Failure(why)) if why.contains("its limit")));
        assert!(
            started.elapsed() < Duration::from_secs(9),
            "took {:?}",
            started.elapsed()
        );
    }
}
