//! The root account: made at the first start, kept in one file.
//!
//! `DIR/root-credentials` is a list of shell assignments, so that a person can read it and
//! `. DIR/root-credentials` gives the aws CLI its key. It appears whole or not at all: written to a
//! temporary file that only its owner can read, synced, linked to its name (`private_file`). The account's
//! ids are in the file too, because buckets remember them as their owner.
//!
//! A key given in the environment replaces the file's and is written nowhere. No secret is ever logged.

use std::io;
use std::path::{Path, PathBuf};

use cairn_identity::RootAccount;
use cairn_types::{AccessKeyId, AccountId, CanonicalUserId, SecretAccessKey};

use crate::failure::Failure;
use crate::private_file;

const ACCESS_KEY_VARIABLE: &str = "CAIRN_ROOT_ACCESS_KEY_ID";
const SECRET_VARIABLE: &str = "CAIRN_ROOT_SECRET_ACCESS_KEY";
const FILE: &str = "root-credentials";

/// Where the secret of the root account is to be found by its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kept {
    /// In this file.
    File(PathBuf),
    /// With whoever set the environment variable.
    Environment,
    /// Nowhere: it lives as long as the process.
    Memory,
}

/// The root account, and where its secret is.
#[derive(Debug)]
pub(crate) struct Root {
    pub(crate) account: RootAccount,
    pub(crate) kept: Kept,
}

/// The keys given in the environment: both or none.
pub(crate) fn from_environment(
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<(AccessKeyId, SecretAccessKey)>, Failure> {
    let given = |name| environment(name).filter(|value| !value.is_empty());
    match (given(ACCESS_KEY_VARIABLE), given(SECRET_VARIABLE)) {
        (None, None) => Ok(None),
        (Some(id), Some(secret)) => {
            let id = AccessKeyId::parse(&id)
                .map_err(|error| Failure::usage(format!("{ACCESS_KEY_VARIABLE}={id}: {error}")))?;
            let secret = SecretAccessKey::parse(&secret)
                .map_err(|error| Failure::usage(format!("{SECRET_VARIABLE}: {error}")))?;
            Ok(Some((id, secret)))
        }
        (Some(_), None) => Err(Failure::usage(format!(
            "{ACCESS_KEY_VARIABLE} needs {SECRET_VARIABLE}"
        ))),
        (None, Some(_)) => Err(Failure::usage(format!(
            "{SECRET_VARIABLE} needs {ACCESS_KEY_VARIABLE}"
        ))),
    }
}

/// A root account for a server that keeps nothing.
pub(crate) fn in_memory(given: Option<(AccessKeyId, SecretAccessKey)>) -> Root {
    replace(
        Root {
            account: generate(),
            kept: Kept::Memory,
        },
        given,
    )
}

/// The root account of a data directory; made if the directory is new.
///
/// `has_data` tells a first start from a file that got lost: a new account could not open the old
/// account's buckets, and nobody would know why.
pub(crate) fn on_disk(
    directory: &Path,
    has_data: bool,
    given: Option<(AccessKeyId, SecretAccessKey)>,
) -> Result<Root, Failure> {
    let path = directory.join(FILE);
    let text = match read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && has_data => {
            return Err(Failure::data(format!(
                "{} is missing, but there is data: restore the file from a backup; it holds the account that owns \
                 every bucket",
                path.display()
            )));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            private_file::create(&path, &render(&generate()))
                .and_then(|()| read(&path))
                .map_err(|error| unusable(&path, "create", &error))?
        }
        other => other.map_err(|error| unusable(&path, "read", &error))?,
    };
    let account = parse(&text).map_err(|detail| {
        Failure::usage(format!(
            "{}: {detail}; restore the file from a backup",
            path.display()
        ))
    })?;
    Ok(replace(
        Root {
            account,
            kept: Kept::File(path),
        },
        given,
    ))
}

/// The root account of a data directory that a server made, and the file it is in: for a command beside
/// the server.
pub(crate) fn stored(directory: &Path) -> Result<(RootAccount, PathBuf), Failure> {
    let path = directory.join(FILE);
    let text = match read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(Failure::usage(format!(
                "no access key: {} is not there; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name the server's \
                 data directory with --data-dir",
                path.display()
            )));
        }
        other => other.map_err(|error| unusable(&path, "read", &error))?,
    };
    match parse(&text) {
        Ok(account) => Ok((account, path)),
        Err(detail) => Err(Failure::usage(format!("{}: {detail}", path.display()))),
    }
}

fn replace(mut root: Root, given: Option<(AccessKeyId, SecretAccessKey)>) -> Root {
    if let Some((access_key_id, secret_access_key)) = given {
        root.account.access_key_id = access_key_id;
        root.account.secret_access_key = secret_access_key;
        root.kept = Kept::Environment;
    }
    root
}

fn generate() -> RootAccount {
    RootAccount {
        account_id: AccountId::generate(),
        canonical_user_id: CanonicalUserId::generate(),
        access_key_id: AccessKeyId::generate(),
        secret_access_key: SecretAccessKey::generate(),
    }
}

fn unusable(path: &Path, verb: &str, error: &io::Error) -> Failure {
    Failure::data(format!("cannot {verb} {}: {error}", path.display()))
}

fn read(path: &Path) -> io::Result<String> {
    private_file::read(path, "the root credentials")
}

const HEADING: &str = "\
# The root credentials of this Cairn data directory. Whoever has them may do everything: keep the file secret, and keep it
# in your backups, because the account below owns every bucket. To change the key, edit it and restart the server.
# `. root-credentials` in a shell gives the key to the aws CLI and to the SDKs.
";

fn render(account: &RootAccount) -> String {
    format!(
        "{HEADING}export AWS_ACCESS_KEY_ID={}\nexport AWS_SECRET_ACCESS_KEY={}\n\
         export CAIRN_ACCOUNT_ID={}\nexport CAIRN_CANONICAL_USER_ID={}\n",
        account.access_key_id,
        account.secret_access_key.expose(),
        account.account_id,
        account.canonical_user_id.as_str(),
    )
}

/// Reads the file's text. An error names the line that is missing or wrong, and never shows a value.
fn parse(text: &str) -> Result<RootAccount, String> {
    let find = |name: &str| {
        text.lines()
            .map(|line| line.trim().strip_prefix("export ").unwrap_or(line.trim()))
            .filter_map(|line| line.split_once('='))
            .find_map(|(key, value)| (key.trim() == name).then_some(value.trim().trim_matches(['"', '\''])))
            .ok_or_else(|| format!("the line {name}=… is missing"))
    };
    let wrong = |name: &str, error: &dyn std::fmt::Display| format!("{name}: {error}");
    let (id, secret) = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY");
    let (account, user) = ("CAIRN_ACCOUNT_ID", "CAIRN_CANONICAL_USER_ID");
    Ok(RootAccount {
        access_key_id: AccessKeyId::parse(find(id)?).map_err(|error| wrong(id, &error))?,
        secret_access_key: SecretAccessKey::parse(find(secret)?).map_err(|error| wrong(secret, &error))?,
        account_id: AccountId::parse(find(account)?).map_err(|error| wrong(account, &error))?,
        canonical_user_id: CanonicalUserId::parse(find(user)?).map_err(|error| wrong(user, &error))?,
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn made_once_and_read_back() {
        let directory = tempfile::tempdir().unwrap();
        let first = on_disk(directory.path(), false, None).unwrap();
        let path = directory.path().join(FILE);
        assert_eq!(first.kept, Kept::File(path.clone()));
        assert_eq!(first.account.secret_access_key.expose().len(), 40);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(
            fs::read_dir(directory.path()).unwrap().count(),
            1,
            "no temporary file stays"
        );
        let second = on_disk(directory.path(), true, None).unwrap();
        assert_eq!(render(&second.account), render(&first.account));
    }

    #[test]
    fn the_environment_replaces_the_key_and_keeps_the_account() {
        let directory = tempfile::tempdir().unwrap();
        let first = on_disk(directory.path(), false, None).unwrap();
        let given = |name: &str| {
            Some(if name == SECRET_VARIABLE {
                "not-so-secret".to_owned()
            } else {
                "AKIAMINE".to_owned()
            })
        };
        let key = from_environment(&given).unwrap();
        let second = on_disk(directory.path(), true, key).unwrap();
        assert_eq!(second.kept, Kept::Environment);
        assert_eq!(second.account.access_key_id.as_str(), "AKIAMINE");
        assert_eq!(second.account.account_id, first.account.account_id);
        assert!(
            !fs::read_to_string(directory.path().join(FILE))
                .unwrap()
                .contains("not-so-secret")
        );
    }

    #[test]
    fn half_a_key_in_the_environment_is_refused_without_showing_it() {
        let only = |wanted: &'static str, value: &'static str| {
            from_environment(&move |name: &str| (name == wanted).then(|| value.to_owned()))
                .unwrap_err()
                .to_string()
        };
        assert!(only(ACCESS_KEY_VARIABLE, "AKIAMINE").contains(SECRET_VARIABLE));
        let message = only(SECRET_VARIABLE, "hunter2hunter2");
        assert!(
            message.contains(ACCESS_KEY_VARIABLE) && !message.contains("hunter2"),
            "{message}"
        );
        let short = |name: &str| {
            Some(
                if name == SECRET_VARIABLE {
                    "short"
                } else {
                    "AKIAMINE"
                }
                .to_owned(),
            )
        };
        let message = from_environment(&short).unwrap_err().to_string();
        assert!(
            message.contains("8 to 128") && !message.contains("short"),
            "{message}"
        );
        let empty = |_: &str| Some(String::new());
        assert!(from_environment(&empty).unwrap().is_none());
    }

    #[test]
    fn a_lost_or_damaged_file_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let lost = on_disk(directory.path(), true, None).unwrap_err().to_string();
        assert!(lost.contains("is missing, but there is data"), "{lost}");
        fs::write(directory.path().join(FILE), "AWS_ACCESS_KEY_ID=AKIAMINE\n").unwrap();
        let damaged = on_disk(directory.path(), true, None).unwrap_err().to_string();
        assert!(
            damaged.contains("AWS_SECRET_ACCESS_KEY=… is missing"),
            "{damaged}"
        );
    }

    #[test]
    fn a_file_edited_by_hand_is_read() {
        let account = generate();
        let text = render(&account).replace("export ", "  ").replace(
            account.secret_access_key.expose(),
            &format!("'{}'", account.secret_access_key.expose()),
        );
        assert_eq!(render(&parse(&text).unwrap()), render(&account));
    }
}
