//! Python virtual environments, one per suite: aws CLI and boto3 each want a botocore of their own.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::cache::{install_once, text};
use crate::checkout;
use crate::command::{Output, command, run};
use crate::outcome::Stop;

const INSTALL_LIMIT: Duration = Duration::from_secs(300);

/// The `bin` folder of `.cache/venv-NAME`, with everything in `requirements` installed.
pub(crate) fn environment(name: &str, requirements: &Path, log: &Path) -> Result<PathBuf, Stop> {
    // Several suites have boto3's, side by side.
    static ONE: Mutex<()> = Mutex::new(());
    let _guard = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = checkout::cache().join(format!("venv-{name}"));
    install_once(&format!("venv-{name}"), &text(requirements)?, || {
        let root = checkout::root();
        let create = ["-m", "venv", "--clear", &folder.to_string_lossy()];
        run(
            command("python3", &create, &root),
            Output::Appended(log),
            INSTALL_LIMIT,
        )?;
        let pip = folder.join("bin/pip");
        let install = [
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "-r",
            &requirements.to_string_lossy(),
        ];
        run(
            command(pip, &install, &root),
            Output::Appended(log),
            INSTALL_LIMIT,
        )
    })?;
    Ok(folder.join("bin"))
}
