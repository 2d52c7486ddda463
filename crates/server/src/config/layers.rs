//! Where a value comes from, and which of several wins.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use super::settings::{Kind, SETTINGS, Setting};
use super::{Config, file};
use crate::failure::Failure;

/// The variable that names the configuration file.
pub(crate) const CONFIG_VARIABLE: &str = "CAIRN_CONFIG";

/// The sources of a value. The order of [`candidates`] is the precedence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// `--region`.
    Flag,
    /// `CAIRN_REGION`.
    Environment,
    /// `region = …` in the file of `--config`, on that line.
    File { path: PathBuf, line: usize },
    /// Nobody said anything.
    Default,
}

/// What was given on the command line: the flags' texts by setting name, and the file.
#[derive(Debug, Clone, Default)]
pub(crate) struct Given {
    pub(crate) flags: BTreeMap<&'static str, Vec<String>>,
    pub(crate) config: Option<PathBuf>,
}

/// The configuration, with the texts and origins it was made of in the order of the settings.
#[derive(Debug)]
pub(crate) struct Resolved {
    pub(crate) config: Config,
    pub(crate) values: Vec<(&'static Setting, Vec<String>, Origin)>,
}

impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// Puts the layers together. `environment` answers for a variable's name.
pub(crate) fn resolve(
    given: &Given,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Resolved, Failure> {
    let path = given
        .config
        .clone()
        .or_else(|| environment(CONFIG_VARIABLE).map(PathBuf::from));
    let values_of_file = match &path {
        Some(path) => file::read(path).map_err(Failure::usage)?,
        None => file::Values::new(),
    };
    let from_file = |setting: &Setting| {
        let (values, line) = values_of_file.get(setting.name)?;
        Some((
            values.clone(),
            Origin::File {
                path: path.clone().unwrap_or_default(),
                line: *line,
            },
        ))
    };

    let mut config = Config::default();
    let mut chosen = Vec::with_capacity(SETTINGS.len());
    for setting in SETTINGS {
        // The one place that says which layer wins.
        let candidates = [
            given
                .flags
                .get(setting.name)
                .map(|values| (values.clone(), Origin::Flag)),
            environment(&setting.variable()).map(|value| (split(setting, &value), Origin::Environment)),
            from_file(setting),
        ];
        let (values, origin) = candidates.into_iter().flatten().next().unwrap_or_else(|| {
            (
                setting.default.iter().map(|value| (*value).to_owned()).collect(),
                Origin::Default,
            )
        });
        (setting.apply)(&mut config, &values).map_err(|wanted| refuse(setting, &values, &origin, &wanted))?;
        chosen.push((setting, values, origin));
    }
    // The defaults of region and listen step aside for regions; what somebody asked for does not.
    if !config.regions.is_empty()
        && let Some((setting, ..)) = chosen.iter().find(|(setting, _, origin)| {
            matches!(setting.name, "region" | "listen") && *origin != Origin::Default
        })
    {
        return Err(Failure::usage(format!(
            "regions and {} are both given: regions says which regions there are and where each listens",
            setting.name
        )));
    }
    config.check().map_err(Failure::usage)?;
    Ok(Resolved {
        config,
        values: chosen,
    })
}

fn split(setting: &Setting, value: &str) -> Vec<String> {
    match setting.kind {
        Kind::List => value.split(',').map(|part| part.trim().to_owned()).collect(),
        _ => vec![value.to_owned()],
    }
}

fn refuse(setting: &Setting, values: &[String], origin: &Origin, wanted: &str) -> Failure {
    let values = values.join(",");
    Failure::usage(match origin {
        Origin::Flag => format!("--{} {values}: {wanted}", setting.name),
        Origin::Environment => format!("{}={values} in the environment: {wanted}", setting.variable()),
        Origin::File { path, line } => {
            format!(
                "{}:{line}: {} = {values}: {wanted}",
                path.display(),
                setting.key()
            )
        }
        Origin::Default => format!("the default of {}, {values}: {wanted}", setting.name),
    })
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("flag"),
            Self::Environment => f.write_str("environment"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}
