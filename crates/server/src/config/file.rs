//! The TOML file: a flat table whose keys are those of [`super::settings::SETTINGS`].
//!
//! Values become text here; what they mean is decided once, with those of flags and variables. Whatever
//! is wrong is told with the file's line. An unknown key is refused, since a misspelt limit that is
//! silently ignored is worse than a server that does not start.

use std::collections::BTreeMap;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::nearest::nearest;
use super::settings::{Kind, SETTINGS, Setting};

/// Largest file read, in bytes.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// The values of a file, by the setting's name, each with its line.
pub(crate) type Values = BTreeMap<&'static str, (Vec<String>, usize)>;

/// Reads a file; an error is one line that names the file.
pub(crate) fn read(path: &Path) -> Result<Values, String> {
    let at = |error: std::io::Error| format!("{}: cannot read the configuration: {error}", path.display());
    let size = std::fs::metadata(path).map_err(at)?.len();
    if size > FILE_BYTES_MAX {
        return Err(format!(
            "{}: {size} bytes are more than a configuration has",
            path.display()
        ));
    }
    let text = std::fs::read_to_string(path).map_err(at)?;
    parse(&text).map_err(|(line, message)| format!("{}:{line}: {message}", path.display()))
}

/// Reads a file's text; an error has its line.
pub(crate) fn parse(text: &str) -> Result<Values, (usize, String)> {
    let line = |at: usize| {
        text.as_bytes()
            .iter()
            .take(at)
            .filter(|byte| **byte == b'\n')
            .count()
            + 1
    };
    let table = DeTable::parse(text).map_err(|error| {
        (
            line(error.span().map_or(0, |span| span.start)),
            error.message().to_owned(),
        )
    })?;
    let mut values = Values::new();
    for (key, value) in table.into_inner() {
        let at = line(key.span().start);
        let name: &str = key.get_ref();
        let Some(setting) = Setting::by_key(name) else {
            let keys: Vec<String> = SETTINGS.iter().map(Setting::key).collect();
            let meant = nearest(&name.replace('-', "_"), keys.iter().map(String::as_str));
            let hint = meant.map_or_else(
                || "`cairn config` lists the keys".to_owned(),
                |meant| format!("did you mean {meant}?"),
            );
            return Err((at, format!("unknown key {name}; {hint}")));
        };
        let texts = texts(setting.kind, &value).map_err(|wanted| (at, format!("{name}: it is {wanted}")))?;
        values.insert(setting.name, (texts, at));
    }
    Ok(values)
}

fn texts(kind: Kind, value: &Spanned<DeValue<'_>>) -> Result<Vec<String>, &'static str> {
    let single = |value: &DeValue<'_>| match value {
        DeValue::String(text) => Some(text.to_string()),
        _ => None,
    };
    match (kind, value.get_ref()) {
        (Kind::Number, DeValue::Integer(number)) => {
            let parsed = i128::from_str_radix(number.as_str(), number.radix());
            parsed
                .map(|number| vec![number.to_string()])
                .map_err(|_| "a whole number")
        }
        (Kind::Number, _) => Err("a whole number, without quotes"),
        (Kind::Switch | Kind::Text, DeValue::Boolean(on)) => Ok(vec![on.to_string()]),
        (Kind::Switch, _) => Err("true or false, without quotes"),
        (Kind::List, DeValue::Array(items)) => items
            .iter()
            .map(|item| single(item.get_ref()))
            .collect::<Option<_>>()
            .ok_or("an array of texts in quotes"),
        (Kind::List | Kind::Text, value) => single(value).map(|text| vec![text]).ok_or("a text in quotes"),
    }
}
