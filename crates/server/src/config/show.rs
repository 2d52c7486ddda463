//! The effective configuration as text: a TOML file that says where each value came from.

use std::fmt::Write as _;

use super::layers::Resolved;
use super::settings::{Group, Kind};

/// What `cairn config` prints. It can be kept and given to `--config`.
pub(crate) fn show(resolved: &Resolved) -> String {
    let mut text = String::new();
    for group in Group::ALL {
        if !text.is_empty() {
            text.push('\n');
        }
        let _ = writeln!(text, "# {}", group.heading());
        for (setting, values, origin) in resolved.values.iter().filter(|row| row.0.group == group) {
            let quoted = || {
                values
                    .iter()
                    .map(|value| toml::Value::from(value.as_str()).to_string())
                    .collect::<Vec<_>>()
                    .join(", ")
            };
            let line = match (setting.kind, values.as_slice()) {
                (_, []) => format!("# {} is not set", setting.key()),
                (Kind::List, _) => format!("{} = [{}]", setting.key(), quoted()),
                (Kind::Number, [value]) => format!("{} = {value}", setting.key()),
                (Kind::Switch, _) => format!("{} = {}", setting.key(), resolved.config.in_memory),
                _ => format!("{} = {}", setting.key(), quoted()),
            };
            let _ = writeln!(text, "{line:<50} # {origin}");
        }
    }
    text
}
