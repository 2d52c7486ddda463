//! The access key a command signs with: the environment's as the aws CLI has it, the environment's as
//! the server has it, or the one in the server's data directory.

use std::path::Path;

use cairn_types::SecretAccessKey;

use crate::credentials;
use crate::failure::Failure;

const ID_VARIABLE: &str = "AWS_ACCESS_KEY_ID";
const SECRET_VARIABLE: &str = "AWS_SECRET_ACCESS_KEY";
const TOKEN_VARIABLE: &str = "AWS_SESSION_TOKEN";

/// An access key and where it came from.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) secret: SecretAccessKey,
    pub(crate) session_token: Option<String>,
    /// For a person: where to look when the server does not know it.
    pub(crate) origin: String,
}

impl Key {
    /// The first there is.
    ///
    /// # Errors
    /// Half a key in the environment; none anywhere. No secret is shown.
    pub(crate) fn find(
        environment: &dyn Fn(&str) -> Option<String>,
        data_dir: &Path,
    ) -> Result<Self, Failure> {
        let given = |name| environment(name).filter(|value| !value.is_empty());
        match (given(ID_VARIABLE), given(SECRET_VARIABLE)) {
            (Some(id), Some(secret)) => {
                return Ok(Self {
                    id,
                    secret: SecretAccessKey::parse(&secret)
                        .map_err(|error| Failure::usage(format!("{SECRET_VARIABLE}: {error}")))?,
                    session_token: given(TOKEN_VARIABLE),
                    origin: ID_VARIABLE.to_owned(),
                });
            }
            (Some(_), None) => return Err(Failure::usage(format!("{ID_VARIABLE} needs {SECRET_VARIABLE}"))),
            (None, Some(_)) => return Err(Failure::usage(format!("{SECRET_VARIABLE} needs {ID_VARIABLE}"))),
            (None, None) => {}
        }
        if let Some((id, secret)) = credentials::from_environment(environment)? {
            return Ok(Self {
                id: id.to_string(),
                secret,
                session_token: None,
                origin: "the environment".to_owned(),
            });
        }
        let (account, path) = credentials::stored(data_dir)?;
        Ok(Self {
            id: account.access_key_id.to_string(),
            secret: account.secret_access_key,
            session_token: None,
            origin: path.display().to_string(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn the_first_key_there_is_is_taken() {
        let directory = tempfile::tempdir().unwrap();
        let find = |variables: &[(&str, &str)]| {
            let variables: BTreeMap<String, String> = variables
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect();
            Key::find(&|name| variables.get(name).cloned(), directory.path())
        };
        let none = find(&[]).unwrap_err().to_string();
        assert!(
            none.contains("--data-dir") && none.contains(ID_VARIABLE),
            "{none}"
        );

        let root = credentials::on_disk(directory.path(), false, None)
            .unwrap()
            .account;
        let stored = find(&[]).unwrap();
        assert_eq!(stored.id, root.access_key_id.as_str());
        assert_eq!(stored.secret.expose(), root.secret_access_key.expose());
        assert!(stored.origin.ends_with("root-credentials"));

        let server = [
            ("CAIRN_ROOT_ACCESS_KEY_ID", "AKIASERVER"),
            ("CAIRN_ROOT_SECRET_ACCESS_KEY", "secret-of-the-server"),
        ];
        assert_eq!(find(&server).unwrap().id, "AKIASERVER");
        let both = [
            server[0],
            server[1],
            (ID_VARIABLE, "AKIACLIENT"),
            (SECRET_VARIABLE, "secret-of-the-client"),
            (TOKEN_VARIABLE, "token"),
        ];
        let client = find(&both).unwrap();
        assert_eq!(
            (client.id.as_str(), client.origin.as_str()),
            ("AKIACLIENT", ID_VARIABLE)
        );
        assert_eq!(client.session_token.as_deref(), Some("token"));
        // An empty variable is none.
        assert_eq!(find(&[(ID_VARIABLE, "")]).unwrap().id, stored.id);

        let half = find(&[(SECRET_VARIABLE, "hunter2hunter2")])
            .unwrap_err()
            .to_string();
        assert!(half.contains(ID_VARIABLE) && !half.contains("hunter2"), "{half}");
        let short = find(&[(ID_VARIABLE, "A"), (SECRET_VARIABLE, "short")])
            .unwrap_err()
            .to_string();
        assert!(
            short.starts_with(SECRET_VARIABLE) && !short.contains("short"),
            "{short}"
        );
    }
}
