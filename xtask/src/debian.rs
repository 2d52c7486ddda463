//! Programs that come as Debian packages: installed where we are root and apt is there, as on CI's machines.
//!
//! Everything else that steps need goes into `.cache/`; these are the system's, so they are installed once, and
//! only from the lists of packages the machine already trusts.

use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use crate::command::{Output, command, is_installed, output_of, run};
use crate::outcome::Stop;

/// For one call of apt-get: a slow mirror is waited for, a dead one is not.
const APT_LIMIT: Duration = Duration::from_secs(180);

/// A program, and where it comes from.
pub(crate) struct Program {
    name: &'static str,
    /// Prints something and ends with 0.
    version_argument: &'static str,
    package: &'static str,
}

/// The browser of the suite `browser`.
pub(crate) const CHROMIUM: Program = Program {
    name: "chromium",
    version_argument: "--version",
    package: "chromium",
};
/// Asks a nameserver.
pub(crate) const DIG: Program = Program {
    name: "dig",
    version_argument: "-v",
    package: "bind9-dnsutils",
};
/// Sets up the loopback of a network namespace.
pub(crate) const IP: Program = Program {
    name: "ip",
    version_argument: "-Version",
    package: "iproute2",
};
/// The proxy of the suite `proxy`.
pub(crate) const NGINX: Program = Program {
    name: "nginx",
    version_argument: "-v",
    package: "nginx-light",
};

/// The program is installed, or is now.
pub(crate) fn ensure(program: &Program) -> Result<(), Stop> {
    // Two steps may ask at once, and apt knows one at a time.
    static ONE: Mutex<()> = Mutex::new(());
    let _guard = ONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let is_there = || is_installed(program.name, program.version_argument);
    if is_there() {
        return Ok(());
    }
    if is_root() && is_installed("apt-get", "--version") {
        let install = ["install", "-y", "--no-install-recommends", program.package];
        // The machine's lists may be old, or not there.
        if apt(&install).is_err() {
            apt(&["update"])?;
            apt(&install)?;
        }
    }
    if is_there() {
        return Ok(());
    }
    Err(Stop::Missing(format!(
        "`{}`, of the Debian package {}",
        program.name, program.package
    )))
}

/// Whether this program may do everything.
pub(crate) fn is_root() -> bool {
    output_of(command("id", &["-u"], Path::new("/"))).is_some_and(|id| id.trim() == "0")
}

fn apt(arguments: &[&str]) -> Result<(), Stop> {
    let mut apt = command("apt-get", arguments, Path::new("/"));
    apt.env("DEBIAN_FRONTEND", "noninteractive");
    run(apt, Output::Inherited, APT_LIMIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_not_installed_again() {
        let shell = Program {
            name: "bash",
            version_argument: "--version",
            package: "no-such-package",
        };
        assert!(ensure(&shell).is_ok());
    }
}
