//! Where a run was: figures without the machine they are of say nothing.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde::Serialize;

/// The machine, and how busy it was.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Machine {
    cores: usize,
    processor: String,
    memory_gib: u64,
    kernel: String,
    file_system: String,
    /// Of a minute, before the run. Anything near 1 means that something else ran.
    load_before: String,
    date: String,
}

impl Machine {
    /// This one; the file system is that of the folder.
    pub(crate) fn here(folder: &Path) -> Self {
        let first = |path: &str, name: &str| {
            let text = fs::read_to_string(path).unwrap_or_default();
            let line = text.lines().find(|line| line.starts_with(name));
            let value = line.and_then(|line| line.split_once(':'));
            value.map_or(String::new(), |(_, value)| value.trim().to_owned())
        };
        let kib = first("/proc/meminfo", "MemTotal");
        let kib = kib
            .split(' ')
            .next()
            .and_then(|number| number.parse::<u64>().ok());
        let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let folder = folder.to_string_lossy();
        Self {
            cores: std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
            processor: first("/proc/cpuinfo", "model name"),
            memory_gib: kib.unwrap_or_default() >> 20,
            kernel: output("uname", &["-sr"]),
            file_system: output("stat", &["-f", "-c", "%T", &folder]),
            load_before: load.split(' ').next().unwrap_or_default().to_owned(),
            date: output("date", &["-u", "+%Y-%m-%d %H:%M UTC"]),
        }
    }

    /// In one sentence.
    pub(crate) fn text(&self) -> String {
        format!(
            "{}, {} cores ({}), {} GiB, {}, {}, load average before {}.",
            self.date,
            self.cores,
            self.processor,
            self.memory_gib,
            self.kernel,
            self.file_system,
            self.load_before
        )
    }
}

/// What a command prints, or nothing.
fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::Machine;

    #[test]
    fn knows_where_it_is() {
        let machine = Machine::here(std::path::Path::new("/"));
        assert!(machine.cores > 0 && !machine.kernel.is_empty() && !machine.date.is_empty());
        assert!(machine.text().contains(&machine.kernel));
    }
}
