//! The master key: what secrets in the directory and session tokens are sealed with.
//!
//! It is kept apart from the data: in a file of its own (`master-key-file`; without that setting
//! `DIR/master-key`, made at the first start) or in the environment. A line of the file is a key; the first
//! seals, all open, so a new key is put in front of the old.

use std::io;
use std::path::{Path, PathBuf};

use cairn_identity::MasterKey;

use crate::failure::Failure;
use crate::private_file;

const VARIABLE: &str = "CAIRN_MASTER_KEY";
const FILE: &str = "master-key";
/// Most keys in one file.
const KEYS_MAX: usize = 16;

const HEADING: &str = "\
# The master key of this Cairn deployment: secret access keys and MFA seeds are encrypted with it. Keep it secret, and keep
# a copy of it apart from the data: without it no key but the root credentials' works. A new key goes in a line of its own
# before the old ones, which stay to read what they encrypted.
";

/// The keys given in the environment, separated by commas; the first seals.
pub(crate) fn from_environment(
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<Vec<MasterKey>>, Failure> {
    match environment(VARIABLE).filter(|value| !value.is_empty()) {
        None => Ok(None),
        Some(text) => parse(text.split(','))
            .map(Some)
            .map_err(|error| Failure::usage(format!("{VARIABLE}: {error}"))),
    }
}

/// The keys of the file: the one named, or the one of the data directory. Made where it is not there yet; that of
/// a store with secrets does not open them, which the store tells.
pub(crate) fn on_disk(directory: &Path, named: Option<&PathBuf>) -> Result<Vec<MasterKey>, Failure> {
    let path = named.cloned().unwrap_or_else(|| directory.join(FILE));
    let failed = |verb: &str, error: &io::Error| {
        Failure::data(format!(
            "cannot {verb} the master key {}: {error}",
            path.display()
        ))
    };
    let read = || private_file::read(&path, "the master key");
    let text = match read() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let made = format!("{HEADING}{}\n", MasterKey::generate().expose());
            private_file::create(&path, &made)
                .and_then(|()| read())
                .map_err(|error| failed("create", &error))?
        }
        other => other.map_err(|error| failed("read", &error))?,
    };
    let lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    parse(lines).map_err(|error| Failure::usage(format!("{}: {error}", path.display())))
}

fn parse<'a>(texts: impl Iterator<Item = &'a str>) -> Result<Vec<MasterKey>, String> {
    let keys: Result<Vec<MasterKey>, _> = texts.map(MasterKey::parse).collect();
    match keys.map_err(|error| error.to_string())? {
        keys if keys.is_empty() => Err("there is no key in it".to_owned()),
        keys if keys.len() > KEYS_MAX => Err(format!("it has more than {KEYS_MAX} keys")),
        keys => Ok(keys),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn made_once_and_read_back() {
        let directory = tempfile::tempdir().unwrap();
        let first = on_disk(directory.path(), None).unwrap();
        let path = directory.path().join(FILE);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let again = on_disk(directory.path(), None).unwrap();
        assert_eq!(again.len(), 1);
        assert_eq!(again[0].expose(), first[0].expose());
        let named = directory.path().join("elsewhere");
        let other = on_disk(directory.path(), Some(&named)).unwrap();
        assert_ne!(other[0].expose(), first[0].expose());
        // A new key in front of the old one.
        let old = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("{}\n{old}", other[0].expose())).unwrap();
        let both = on_disk(directory.path(), None).unwrap();
        assert_eq!(
            [both[0].expose(), both[1].expose()],
            [other[0].expose(), first[0].expose()]
        );
    }

    #[test]
    fn what_is_no_key_is_told_without_showing_it() {
        let given = |value: &'static str| from_environment(&move |_| Some(value.to_owned()));
        let message = given("hunter2").unwrap_err().to_string();
        assert!(
            message.contains("openssl rand -base64 32") && !message.contains("hunter2"),
            "{message}"
        );
        assert!(given("").unwrap().is_none());
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join(FILE), "# nothing\n").unwrap();
        let message = on_disk(directory.path(), None).unwrap_err().to_string();
        assert!(message.contains("there is no key in it"), "{message}");
    }
}
