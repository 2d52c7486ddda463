//! `cairn account`: the accounts of a deployment, asked of a running server with the first account's root key.
//!
//! A client of the server's own service (crates/api/src/services/operator, docs/accounts.md). A new key is told
//! once: on standard output, or in a file that only its owner may read.

mod output;

use std::path::PathBuf;
use std::process::ExitCode;

use cairn_types::AccountId;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use self::output::{Keeper, details, lines};
use crate::client::{Client, JsonService, ServerArguments, block_on};
use crate::failure::Failure;
use crate::say;

const SERVICE: JsonService = JsonService {
    scope: "cairn",
    name: "accounts' service",
    with_tls: "run it beside a listener without TLS",
};

/// Most pages of a listing that are asked for; one has 100 accounts.
const PAGES_MAX: usize = 1000;

/// `cairn account …`
#[derive(Debug, Clone, Args)]
pub(crate) struct AccountArguments {
    #[command(subcommand)]
    command: AccountCommand,
    #[command(flatten)]
    server: ServerArguments,
}

#[derive(Debug, Clone, Args)]
struct Output {
    /// Write the key into a new file that only its owner may read, instead of printing it.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Subcommand)]
enum AccountCommand {
    /// Make an account, and print its number and its root user's access key as shell assignments.
    ///
    /// The secret is told this once.
    Create {
        /// A name for people: up to 50 characters.
        #[arg(value_name = "NAME")]
        name: String,
        #[command(flatten)]
        output: Output,
    },
    /// Every account, a line each: number, name, and when it was made.
    List,
    /// What there is about one account. No secret is in it.
    Show {
        /// The account's number: twelve digits.
        #[arg(value_name = "ACCOUNT", value_parser = AccountId::parse)]
        account: AccountId,
    },
    /// Give an account's root user a new access key; the keys it had stop working.
    ///
    /// The secret is told this once. Not for the first account, whose root key the server was started with.
    RotateRootKey {
        /// The account's number: twelve digits.
        #[arg(value_name = "ACCOUNT", value_parser = AccountId::parse)]
        account: AccountId,
        #[command(flatten)]
        output: Output,
    },
}

/// Asks, and prints the answer.
pub(crate) fn run(arguments: &AccountArguments) -> Result<ExitCode, Failure> {
    let server = &arguments.server;
    let client = Client::new(SERVICE, &server.endpoint, server.key()?)?;
    say(&block_on(answer(&client, &arguments.command))?)
}

async fn answer(client: &Client, command: &AccountCommand) -> Result<String, Failure> {
    let about = |account: &AccountId| json!({"account_id": account.as_str()});
    match command {
        AccountCommand::Create { name, output } => {
            issue(client, "/createAccount", &json!({"name": name}), output).await
        }
        AccountCommand::List => list(client).await,
        AccountCommand::Show { account } => Ok(details(&client.post("/getAccount", &about(account)).await?)),
        AccountCommand::RotateRootKey { account, output } => {
            issue(client, "/rotateRootKey", &about(account), output).await
        }
    }
}

/// Asks for something that brings a key. Where the key is to be kept is made sure of first.
async fn issue(client: &Client, path: &str, input: &Value, output: &Output) -> Result<String, Failure> {
    let keeper = Keeper::new(output.output.as_deref())?;
    match client.post(path, input).await {
        Ok(issued) => keeper.keep(&issued),
        Err(failure) => {
            keeper.discard();
            Err(failure)
        }
    }
}

async fn list(client: &Client) -> Result<String, Failure> {
    let mut accounts = Vec::new();
    let mut input = json!({});
    for _ in 0..PAGES_MAX {
        let mut page = client.post("/listAccounts", &input).await?;
        if let Some(found) = page["accounts"].as_array_mut() {
            accounts.append(found);
        }
        match page["next"].take() {
            Value::Null => break,
            next => input["after"] = next,
        }
    }
    Ok(lines(&accounts))
}
