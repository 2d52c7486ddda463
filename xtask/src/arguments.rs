//! The command line: which steps run, and against which server.

use crate::step;

/// What `cargo xtask help` prints.
pub(crate) const HELP: &str = "\
cargo xtask test             run every check; what is missing is installed into .cache/
  --only NAME[,NAME]         run only these steps
  --skip NAME[,NAME]         run all but these
  --list                     print the steps and what each one does
  --endpoint URL             client suites and conformance go to this server instead of a fresh one;
                             its keys are read from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY;
                             the suite `regions` always starts its own
cargo xtask help             this text

The release binary is built once; with CARGO_TARGET_DIR set, there. CAIRN_BIN=FILE tests that binary instead.
A step whose tool is not installed is SKIPPED; with CI=true that is a failure.";

/// What the user asked for.
#[derive(Debug, PartialEq)]
pub(crate) enum Action {
    Help,
    List,
    Test(Selection),
}

/// Which steps run, and where the server is when it is not ours to start.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Selection {
    pub(crate) only: Vec<String>,
    pub(crate) skip: Vec<String>,
    pub(crate) endpoint: Option<String>,
}

impl Selection {
    /// Whether the step of this name is to run.
    pub(crate) fn includes(&self, name: &str) -> bool {
        let listed = |names: &[String]| names.iter().any(|listed| listed == name);
        (self.only.is_empty() || listed(&self.only)) && !listed(&self.skip)
    }
}

/// Reads the arguments after the program's name. A step name that does not exist is refused: a typo must not
/// run nothing and pass.
pub(crate) fn parse(arguments: impl Iterator<Item = String>) -> Result<Action, String> {
    let mut arguments = arguments;
    match arguments.next().as_deref() {
        Some("test") => {}
        None | Some("help" | "--help" | "-h") => return Ok(Action::Help),
        Some(other) => return Err(format!("xtask does not know `{other}`")),
    }
    let mut selection = Selection::default();
    while let Some(argument) = arguments.next() {
        let mut value = || {
            arguments
                .next()
                .ok_or_else(|| format!("{argument} wants a value"))
        };
        match argument.as_str() {
            "--list" => return Ok(Action::List),
            "--help" | "-h" => return Ok(Action::Help),
            "--only" => selection.only.extend(step_names(&value()?)?),
            "--skip" => selection.skip.extend(step_names(&value()?)?),
            "--endpoint" => selection.endpoint = Some(value()?),
            _ => return Err(format!("xtask test does not know `{argument}`")),
        }
    }
    Ok(Action::Test(selection))
}

fn step_names(list: &str) -> Result<Vec<String>, String> {
    list.split(',')
        .map(|name| match step::exists(name) {
            true => Ok(name.to_owned()),
            false => Err(format!(
                "there is no step `{name}`; `cargo xtask test --list` names them"
            )),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Action, String> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn reads_names_and_endpoint() {
        let Ok(Action::Test(selection)) = parsed("test --only fmt,tidy --skip tidy --endpoint http://h:1")
        else {
            panic!("not a test action");
        };
        assert!(selection.includes("fmt"));
        assert!(!selection.includes("tidy"));
        assert!(!selection.includes("clippy"));
        assert_eq!(selection.endpoint.as_deref(), Some("http://h:1"));
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        assert!(parsed("test --only no-such-step").is_err());
        assert!(parsed("test --fast").is_err());
        assert!(parsed("test --only").is_err());
        assert!(parsed("tset").is_err());
        assert_eq!(parsed(""), Ok(Action::Help));
    }
}
