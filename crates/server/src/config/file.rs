//! The TOML file: a flat table whose keys are those of [`super::settings::SETTINGS`].
//!
//! Regions may also be written as tables, `[regions.eu-west-1]`.
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
        if let ("regions", DeValue::Table(table)) = (setting.name, value.get_ref()) {
            // In the order of the file: the first region may be the default one.
            let mut tables: Vec<_> = table.iter().collect();
            tables.sort_by_key(|(region, _)| region.span().start);
            for (region, value) in tables {
                let at = line(region.span().start);
                regions_table(region.get_ref(), value.get_ref(), at, &mut values)
                    .map_err(|wanted| (at, format!("regions.{}: {wanted}", region.get_ref())))?;
            }
            continue;
        }
        let texts = texts(setting.kind, &value).map_err(|wanted| (at, format!("{name}: it is {wanted}")))?;
        values.insert(setting.name, (texts, at));
    }
    Ok(values)
}

/// The keys of a `[regions.NAME]` table, with the setting each is an item of.
const REGION_KEYS: &[(&str, &str)] = &[
    ("listen", "regions"),
    ("addresses", "region-addresses"),
    ("launch_class", "region-launch-classes"),
    ("dash", "region-dash"),
];

/// Reads a region's table: each key becomes items `NAME=VALUE` of the list setting that has the same in
/// flags and variables.
fn regions_table(region: &str, value: &DeValue<'_>, at: usize, values: &mut Values) -> Result<(), String> {
    let DeValue::Table(table) = value else {
        return Err("it is a table with listen, addresses, launch_class, dash".to_owned());
    };
    for (key, value) in table {
        let name: &str = key.get_ref();
        let Some((_, setting)) = REGION_KEYS.iter().find(|(known, _)| *known == name) else {
            let known = nearest(name, REGION_KEYS.iter().map(|(known, _)| *known));
            return Err(match known {
                Some(known) => format!("unknown key {name}; did you mean {known}?"),
                None => format!("unknown key {name}; it has listen, addresses, launch_class, dash"),
            });
        };
        let texts = match value.get_ref() {
            DeValue::Boolean(on) => vec![on.to_string()],
            _ => texts(Kind::List, value).map_err(|wanted| format!("{name}: it is {wanted}"))?,
        };
        let items = texts.iter().map(|text| format!("{region}={text}"));
        values
            .entry(setting)
            .or_insert_with(|| (Vec::new(), at))
            .0
            .extend(items);
    }
    if !table.iter().any(|(key, _)| key.get_ref() == "listen") {
        return Err("it has no listen: give the addresses the region is served at".to_owned());
    }
    Ok(())
}

fn texts(kind: Kind, value: &Spanned<DeValue<'_>>) -> Result<Vec<String>, &'static str> {
    let single = |value: &DeValue<'_>| match value {
        DeValue::String(text) => Some(text.to_string()),
        _ => None,
    };
    match (kind, value.get_ref()) {
        (Kind::Number | Kind::Size, DeValue::Integer(number)) => {
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
        (Kind::Size, DeValue::String(text)) => Ok(vec![text.to_string()]),
        (Kind::Size, _) => Err("a whole number of bytes, or a text such as \"512MiB\""),
        (Kind::List | Kind::Text, value) => single(value).map(|text| vec![text]).ok_or("a text in quotes"),
    }
}
