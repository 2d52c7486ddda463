//! `cairn region`: which regions the root account uses, asked of a running server.
//!
//! A client of the Account API like any other (`aws account …` does the same): a small signed POST over
//! HTTP/1.1, one connection a request. Nothing is read or written beside the server, so that what the
//! command shows is what requests meet. `client` speaks to the server, this module is the four commands.

use std::fmt::Write as _;
use std::process::ExitCode;

use cairn_types::RegionName;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::client::{Client, JsonService, ServerArguments, block_on};
use crate::failure::Failure;
use crate::say;

const SERVICE: JsonService = JsonService {
    scope: "account",
    name: "Account API",
    with_tls: "the aws CLI does: aws account list-regions --endpoint-url …",
};

/// Most pages of a listing that are asked for; one has 50 regions.
const PAGES_MAX: usize = 100;

/// `cairn region …`
#[derive(Debug, Clone, Args)]
pub(crate) struct RegionArguments {
    #[command(subcommand)]
    command: RegionCommand,
    #[command(flatten)]
    server: ServerArguments,
}

#[derive(Debug, Clone, Subcommand)]
enum RegionCommand {
    /// Every region of the deployment, with its status for the account.
    List,
    /// The status of one region.
    Status {
        /// The region's name.
        #[arg(value_name = "NAME", value_parser = RegionName::parse)]
        name: RegionName,
    },
    /// Let the account use a region launched after 2019-03-20.
    Enable {
        /// The region's name.
        #[arg(value_name = "NAME", value_parser = RegionName::parse)]
        name: RegionName,
    },
    /// Stop the account from using a region launched after 2019-03-20. Its buckets stay.
    Disable {
        /// The region's name.
        #[arg(value_name = "NAME", value_parser = RegionName::parse)]
        name: RegionName,
    },
}

/// Asks, and prints the answer.
pub(crate) fn run(arguments: &RegionArguments) -> Result<ExitCode, Failure> {
    let server = &arguments.server;
    let client = Client::new(SERVICE, &server.endpoint, server.key()?)?;
    say(&block_on(answer(&client, &arguments.command))?)
}

async fn answer(client: &Client, command: &RegionCommand) -> Result<String, Failure> {
    let about = |name: &RegionName| json!({"RegionName": name.as_str()});
    match command {
        RegionCommand::List => list(client).await,
        RegionCommand::Status { name } => status(client, name).await,
        RegionCommand::Enable { name } => {
            client.post("/enableRegion", &about(name)).await?;
            status(client, name).await
        }
        RegionCommand::Disable { name } => {
            client.post("/disableRegion", &about(name)).await?;
            status(client, name).await
        }
    }
}

async fn status(client: &Client, name: &RegionName) -> Result<String, Failure> {
    let input = json!({"RegionName": name.as_str()});
    let region = client.post("/getRegionOptStatus", &input).await?;
    Ok(lines(&[region]))
}

async fn list(client: &Client) -> Result<String, Failure> {
    let mut regions = Vec::new();
    let mut input = json!({});
    for _ in 0..PAGES_MAX {
        let mut page = client.post("/listRegions", &input).await?;
        if let Some(found) = page["Regions"].as_array_mut() {
            regions.append(found);
        }
        match page["NextToken"].take() {
            Value::Null => break,
            token => input["NextToken"] = token,
        }
    }
    Ok(lines(&regions))
}

/// A line a region: its name and its status, in columns.
fn lines(regions: &[Value]) -> String {
    let text = |region: &Value, member: &str| -> String {
        // What a server sends goes to a terminal: nothing but visible ASCII.
        let text = region[member].as_str().unwrap_or("-");
        text.chars().filter(char::is_ascii_graphic).collect()
    };
    let width = regions
        .iter()
        .map(|region| text(region, "RegionName").len())
        .max();
    let mut out = String::new();
    for region in regions {
        let (name, status) = (text(region, "RegionName"), text(region, "RegionOptStatus"));
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{name:<width$}  {status}", width = width.unwrap_or_default());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_shown_in_columns() {
        let region = |name: &str, status: &str| json!({"RegionName": name, "RegionOptStatus": status});
        let regions = [
            region("eu-west-1", "ENABLED_BY_DEFAULT"),
            region("ap-southeast-3", "DISABLED"),
        ];
        assert_eq!(
            lines(&regions),
            "eu-west-1       ENABLED_BY_DEFAULT\nap-southeast-3  DISABLED\n"
        );
        assert_eq!(lines(&[region("a\u{1b}[2J\n", "b c")]), "a[2J  bc\n");
        assert_eq!(lines(&[json!({})]), "-  -\n");
        assert_eq!(lines(&[]), "");
    }
}
