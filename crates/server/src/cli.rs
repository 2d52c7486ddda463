//! The command line.
//!
//! Commands are declared here; the flags that set something come from the table of settings, as text, so
//! that a flag, a variable and a line of the file are checked by the same words (`config::settings`).

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, Parser, Subcommand};

use crate::account_cli::AccountArguments;
use crate::config::layers::{CONFIG_VARIABLE, Given};
use crate::config::settings::{Group, Kind, SETTINGS, Setting};
use crate::cors_cli::CorsArguments;
use crate::explain::ExplainArguments;
use crate::failure::EXIT_CODES;
use crate::region_cli::RegionArguments;

/// An S3-compatible object store in one binary.
#[derive(Debug, Parser)]
#[command(
    name = "cairn",
    version,
    term_width = 100,
    after_help = "Start with `cairn serve`: it needs no configuration, and prints what to try next."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Commands,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Commands {
    /// Run the server.
    ///
    /// Run the server until SIGTERM or SIGINT. Without any flag it serves http://127.0.0.1:9000 in region us-east-1
    /// with its data in ./cairn-data, and makes a root access key at the first start.
    ///
    /// A setting is given by its flag, its environment variable or its key in the file of --config, and wins in that
    /// order: --data-dir, CAIRN_DATA_DIR, data_dir.
    #[command(after_long_help = exit_codes())]
    Serve(ServeSettings),
    /// Print the effective configuration, with where each value comes from.
    ///
    /// Takes the flags of `cairn serve`, starts nothing, and prints a file that --config takes.
    Config(ServeSettings),
    /// Verify every stored byte against its checksum, with the server stopped.
    ///
    /// Reads everything in the data directory, changes nothing, and says what is damaged. Exits with 1 if anything
    /// is.
    #[command(after_long_help = exit_codes())]
    Scrub(DataSettings),
    /// Make accounts, list them, and replace their root keys, at a running server.
    ///
    /// Asks with the first account's root key: the server's root-credentials, or a key in the environment.
    #[command(after_long_help = exit_codes())]
    Account(AccountArguments),
    /// Show, enable and disable regions for the account, at a running server.
    ///
    /// Regions launched after 2019-03-20 are opt-in: an account enables each before it uses it, as at Amazon, unless
    /// the server was started with --opt-in-regions enabled. The aws CLI does the same: `aws account enable-region`.
    #[command(after_long_help = exit_codes())]
    Region(RegionArguments),
    /// Show, replace, remove and test a bucket's CORS configuration, at a running server.
    ///
    /// Takes XML, the JSON of Amazon's console and that of the aws CLI. `cairn explain cors` says which rule answers
    /// a request and why.
    #[command(after_long_help = exit_codes())]
    Cors(CorsArguments),
    /// Say why a request was answered as it was, how one would be routed, or who may do what.
    ///
    /// `cairn explain REQUEST-ID` looks the request up in the journal; `cairn explain route --host HOST --path PATH`,
    /// `cairn explain cors --bucket B --origin O --method M` and `cairn explain access --principal ARN --action A
    /// --resource ARN` are about a request not yet made. Asks the running server's admin listener. Where no server
    /// answers, reads the data directory.
    #[command(after_long_help = exit_codes())]
    Explain(Box<ExplainArguments>),
    /// Print the version.
    Version,
}

/// Every setting.
#[derive(Debug, Clone)]
pub(crate) struct ServeSettings(pub(crate) Given);

/// The settings that say where the data is.
#[derive(Debug, Clone)]
pub(crate) struct DataSettings(pub(crate) Given);

/// The settings that say where the server and its data are, and what its endpoints are called.
#[derive(Debug, Clone)]
pub(crate) struct ExplainSettings(pub(crate) Given);

fn about_explaining(setting: &Setting) -> bool {
    const NAMED: &[&str] = &["admin-listen", "domain", "listen"];
    NAMED.contains(&setting.name)
        || about_data(setting)
        || setting.name.starts_with("region")
        || setting.name.starts_with("dns-")
}

fn about_data(setting: &Setting) -> bool {
    setting.name == "data-dir" || setting.name == "memory-limit"
}

fn augment(command: Command, wanted: fn(&Setting) -> bool) -> Command {
    let config = Arg::new("config")
        .long("config")
        .value_name("FILE")
        .help_heading(Group::Operation.heading());
    let config = config.help(format!(
        "Read settings from a TOML file. [env: {CONFIG_VARIABLE}]"
    ));
    let flags = SETTINGS.iter().filter(|setting| wanted(setting)).map(flag);
    command.arg(config).args(flags)
}

fn flag(setting: &Setting) -> Arg {
    let default = match setting.default {
        [] => String::new(),
        values => format!(" [default: {}]", values.join(",")),
    };
    let variable = setting.variable();
    // `-h` has the first sentence; the rest, and the other names of the setting, are for `--help`.
    let first = setting
        .help
        .split_once(". ")
        .map_or(setting.help, |(first, _)| first)
        .trim_end_matches('.');
    let arg = Arg::new(setting.name)
        .long(setting.name)
        .value_name(setting.value)
        .help_heading(setting.group.heading())
        .help(format!("{first}{default}"))
        .long_help(format!("{} [env: {variable}]{default}", setting.help))
        .hide_short_help(setting.group == Group::Limit);
    let arg = match setting.name.strip_suffix("-seconds") {
        Some(short) => arg.alias(short),
        None => arg,
    };
    match setting.kind {
        Kind::List => arg.action(ArgAction::Append).value_delimiter(','),
        Kind::Switch => arg
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true"),
        Kind::Text | Kind::Number | Kind::Size => arg,
    }
}

fn given(matches: &ArgMatches, wanted: fn(&Setting) -> bool) -> Given {
    let values = |setting: &Setting| {
        let values = matches.get_many::<String>(setting.name)?;
        Some(values.cloned().collect::<Vec<_>>())
    };
    Given {
        flags: SETTINGS
            .iter()
            .filter(|setting| wanted(setting))
            .filter_map(|setting| Some((setting.name, values(setting)?)))
            .collect(),
        config: matches.get_one::<String>("config").map(PathBuf::from),
    }
}

/// Gives a newtype over [`Given`] the flags of the settings it wants.
macro_rules! settings_as_flags {
    ($name:ident, $wanted:expr) => {
        impl FromArgMatches for $name {
            fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
                Ok(Self(given(matches, $wanted)))
            }

            fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
                *self = Self::from_arg_matches(matches)?;
                Ok(())
            }
        }

        impl Args for $name {
            fn augment_args(command: Command) -> Command {
                augment(command, $wanted)
            }

            fn augment_args_for_update(command: Command) -> Command {
                augment(command, $wanted)
            }
        }
    };
}

settings_as_flags!(ServeSettings, |_| true);
settings_as_flags!(DataSettings, about_data);
settings_as_flags!(ExplainSettings, about_explaining);

fn exit_codes() -> String {
    let lines = EXIT_CODES
        .iter()
        .map(|(code, meaning)| format!("  {:>3}  {meaning}", *code as u8));
    format!("Exit codes:\n{}", lines.collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser as _};

    use super::{Cli, Commands};

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn flags_arrive_as_given() {
        let cli = Cli::parse_from([
            "cairn",
            "serve",
            "--listen",
            "127.0.0.1:1,[::1]:2",
            "--listen",
            "127.0.0.1:3",
            "--in-memory",
            "--shutdown-timeout",
            "5",
        ]);
        let Commands::Serve(settings) = cli.command else {
            panic!("not serve")
        };
        assert_eq!(
            settings.0.flags["listen"],
            ["127.0.0.1:1", "[::1]:2", "127.0.0.1:3"]
        );
        assert_eq!(settings.0.flags["in-memory"], ["true"]);
        assert_eq!(settings.0.flags["shutdown-timeout-seconds"], ["5"]);
        assert!(!settings.0.flags.contains_key("region"));
    }
}
