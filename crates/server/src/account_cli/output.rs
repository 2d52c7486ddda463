//! How accounts and their keys are told.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::failure::{Code, Failure};
use crate::private_file;

/// What a server sends goes to a terminal, or to a shell: visible characters only, and none that a shell reads.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.chars().filter(|c| !c.is_control()).collect(),
        Value::Null => "-".to_owned(),
        other => other.to_string(),
    }
}

/// A line an account, in columns.
pub(super) fn lines(accounts: &[Value]) -> String {
    let width = accounts
        .iter()
        .map(|account| plain(&account["name"]).chars().count())
        .max();
    let mut out = String::new();
    for account in accounts {
        let (id, name) = (plain(&account["account_id"]), plain(&account["name"]));
        let created = plain(&account["created"]);
        let operator = if account["operator"] == true {
            "  operator"
        } else {
            ""
        };
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "{id}  {name:<width$}  {created}{operator}",
            width = width.unwrap_or_default()
        );
    }
    out
}

/// All about one account.
pub(super) fn details(account: &Value) -> String {
    let list = |member: &str| match account[member].as_array() {
        Some(items) if !items.is_empty() => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        _ => "-".to_owned(),
    };
    let rows = [
        ("account", plain(&account["account_id"])),
        ("canonical user id", plain(&account["canonical_user_id"])),
        ("name", plain(&account["name"])),
        ("alias", plain(&account["alias"])),
        ("created", plain(&account["created"])),
        (
            "operator",
            if account["operator"] == true { "yes" } else { "no" }.to_owned(),
        ),
        ("root access keys", list("root_access_key_ids")),
        ("root MFA devices", list("root_mfa_devices")),
    ];
    let mut out = String::new();
    for (name, value) in rows {
        let _ = writeln!(out, "{name:<18}  {value}");
    }
    out
}

/// A key as shell assignments, as `root-credentials` has them.
fn assignments(issued: &Value) -> Result<String, Failure> {
    let members = [
        ("AWS_ACCESS_KEY_ID", "access_key_id"),
        ("AWS_SECRET_ACCESS_KEY", "secret_access_key"),
        ("CAIRN_ACCOUNT_ID", "account_id"),
        ("CAIRN_CANONICAL_USER_ID", "canonical_user_id"),
    ];
    let mut out = String::new();
    for (variable, member) in members {
        // Letters, digits, `/` and `+` are all that these have: nothing for a shell to read.
        let value = issued[member]
            .as_str()
            .filter(|value| {
                !value.is_empty()
                    && value
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || b"/+=".contains(&byte))
            })
            .ok_or_else(|| Failure::new(Code::Server, format!("the server's answer has no {member}")))?;
        let _ = writeln!(out, "export {variable}={value}");
    }
    Ok(out)
}

/// Where a new key goes.
pub(super) enum Keeper {
    /// Standard output.
    Printed,
    /// A file that was made for it.
    File(PathBuf, File),
}

impl Keeper {
    /// Makes the file, if there is to be one, before there is a key: a key that can be put nowhere is lost.
    ///
    /// # Errors
    /// The file is there already, or cannot be made.
    pub(super) fn new(path: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path else {
            return Ok(Self::Printed);
        };
        let file = private_file::create_empty(path)
            .map_err(|error| Failure::usage(format!("--output {}: {error}", path.display())))?;
        Ok(Self::File(path.to_owned(), file))
    }

    /// Puts the key there; what is to be printed.
    ///
    /// # Errors
    /// The server's answer has no key.
    pub(super) fn keep(self, issued: &Value) -> Result<String, Failure> {
        let text = match assignments(issued) {
            Ok(text) => text,
            Err(failure) => {
                self.discard();
                return Err(failure);
            }
        };
        let account = plain(&issued["account_id"]);
        match self {
            Self::Printed => Ok(text),
            Self::File(path, mut file) => {
                match file.write_all(text.as_bytes()).and_then(|()| file.sync_all()) {
                    Ok(()) => Ok(format!(
                        "account {account}: the root user's key is in {}\n",
                        path.display()
                    )),
                    // It is the only time that the secret is told.
                    Err(error) => Ok(format!("# {}: {error}\n{text}", path.display())),
                }
            }
        }
    }

    /// There is no key.
    pub(super) fn discard(self) {
        if let Self::File(path, _) = self {
            let _ = fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use serde_json::json;

    use super::*;

    fn issued() -> Value {
        json!({
            "account_id": "111122223333", "canonical_user_id": "c0ffee", "name": "n",
            "access_key_id": "AKIA1", "secret_access_key": "s/+1",
        })
    }

    #[test]
    fn a_key_is_shell_assignments_and_nothing_else() {
        assert_eq!(
            Keeper::Printed.keep(&issued()).unwrap(),
            "export AWS_ACCESS_KEY_ID=AKIA1\nexport AWS_SECRET_ACCESS_KEY=s/+1\nexport CAIRN_ACCOUNT_ID=111122223333\n\
             export CAIRN_CANONICAL_USER_ID=c0ffee\n"
        );
        for hostile in ["$(reboot)", "a b", "a\nb", "", "a;b"] {
            let mut issued = issued();
            issued["access_key_id"] = json!(hostile);
            assert!(Keeper::Printed.keep(&issued).is_err(), "{hostile}");
        }
    }

    #[test]
    fn a_file_is_its_owners_only_and_never_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        let told = Keeper::new(Some(&path)).unwrap().keep(&issued()).unwrap();
        assert!(!told.contains("s/+1"), "{told}");
        assert!(fs::read_to_string(&path).unwrap().contains("s/+1"));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(Keeper::new(Some(&path)).is_err());
        let other = directory.path().join("other");
        Keeper::new(Some(&other)).unwrap().discard();
        assert!(!other.exists());
    }

    #[test]
    fn accounts_are_shown_in_columns() {
        let account = |id: &str, name: &str, operator: bool| json!({"account_id": id, "name": name, "created": "2026-01-01T00:00:00Z", "operator": operator});
        assert_eq!(
            lines(&[account("1", "root", true), account("2", "tea\u{1b}m x", false)]),
            "1  root    2026-01-01T00:00:00Z  operator\n2  team x  2026-01-01T00:00:00Z\n"
        );
        let shown = details(&account("1", "root", true));
        assert!(
            shown.contains("operator            yes\nroot access keys    -\n"),
            "{shown}"
        );
    }
}
