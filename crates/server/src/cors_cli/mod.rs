//! `cairn cors`: a bucket's CORS configuration at a running server, and a preflight to see what it answers.
//!
//! A client of the S3 API like any other (`aws s3api …-bucket-cors` does the same, from one of the three forms
//! that are about): `get`, `put` and `delete` are one signed request each, `test` is one unsigned OPTIONS, as a
//! browser sends it. Path style, at the endpoint given; a redirect is not followed but told, with the endpoint
//! and the region to give instead. `client` speaks to the server, this module is the four commands.

mod client;

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use cairn_cors::{CorsConfiguration, JSON_BYTES_MAX};
use cairn_protocol::documents::CORS_BYTES_MAX;
use cairn_types::{BucketName, RegionName};
use clap::{Args, Subcommand};

use self::client::{Client, Preflight};
use crate::client::{ServerArguments, block_on};
use crate::failure::{Code, Failure};
use crate::say;

/// `cairn cors …`
#[derive(Debug, Clone, Args)]
pub(crate) struct CorsArguments {
    #[command(subcommand)]
    command: CorsCommand,
    /// The bucket's region, which requests are signed for.
    #[arg(long, global = true, value_name = "REGION", default_value = RegionName::US_EAST_1, value_parser = RegionName::parse)]
    region: RegionName,
    #[command(flatten)]
    server: ServerArguments,
}

/// Which bucket.
#[derive(Debug, Clone, Args)]
struct OfBucket {
    /// The bucket.
    #[arg(long, value_name = "NAME", value_parser = BucketName::parse)]
    bucket: BucketName,
}

#[derive(Debug, Clone, Subcommand)]
enum CorsCommand {
    /// Print the bucket's configuration, as XML.
    Get {
        #[command(flatten)]
        of: OfBucket,
        /// Print the console's JSON array, which `put` takes as well.
        #[arg(long)]
        json: bool,
    },
    /// Replace the bucket's configuration.
    Put {
        #[command(flatten)]
        of: OfBucket,
        /// The configuration: XML, the console's JSON array or the aws CLI's JSON object; - for standard input.
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
    },
    /// Remove the bucket's configuration.
    Delete {
        #[command(flatten)]
        of: OfBucket,
    },
    /// Send a preflight as a browser would, unsigned, and print the answer. Exits with 6 if it is refused.
    Test {
        #[command(flatten)]
        of: OfBucket,
        #[command(flatten)]
        page: PageArguments,
    },
}

/// What a page asks, as a preflight says it.
#[derive(Debug, Clone, Args)]
pub(crate) struct PageArguments {
    /// The page's origin: scheme, host and port.
    #[arg(long)]
    pub(crate) origin: String,
    /// The method the page wants to use.
    #[arg(long)]
    pub(crate) method: String,
    /// The headers the page wants to send, separated by commas.
    #[arg(long, value_name = "NAMES")]
    pub(crate) headers: Option<String>,
    /// The object, from its slash on, as a URL has it. [default: the bucket]
    #[arg(long, value_name = "/KEY", default_value = "/", hide_default_value = true)]
    pub(crate) path: String,
}

/// Asks, and prints the answer.
pub(crate) fn run(arguments: &CorsArguments) -> Result<ExitCode, Failure> {
    let server = &arguments.server;
    let region = arguments.region.as_str();
    let client = Client::new(&server.endpoint)?;
    let signed = || Ok::<_, Failure>(client.signing(server.key()?, region));
    match &arguments.command {
        CorsCommand::Get { of, json } => {
            let signing = signed()?;
            let xml = block_on(client.get(&signing, &of.bucket))?;
            say(&printed(&xml, *json)?)
        }
        CorsCommand::Put { of, file } => {
            // Before anything is sent: a file that is wrong is told by line and column.
            let configuration = read(file)?;
            let signing = signed()?;
            block_on(client.put(&signing, &of.bucket, &configuration))?;
            let rules = configuration.rules().len();
            let rules = if rules == 1 {
                "1 rule".to_owned()
            } else {
                format!("{rules} rules")
            };
            say(&format!("{} has {rules}\n", of.bucket))
        }
        CorsCommand::Delete { of } => {
            let signing = signed()?;
            block_on(client.delete(&signing, &of.bucket))?;
            say(&format!("{} has no CORS configuration\n", of.bucket))
        }
        CorsCommand::Test { of, page } => {
            let preflight = Preflight {
                bucket: &of.bucket,
                origin: &page.origin,
                method: &page.method,
                headers: page.headers.as_deref(),
                path: &page.path,
            };
            let answered = block_on(client.test(&preflight))?;
            say(&answered.text)?;
            let refused = ExitCode::from(Code::Server);
            Ok(if answered.allowed {
                ExitCode::SUCCESS
            } else {
                refused
            })
        }
    }
}

/// Reads a file of any of the forms.
fn read(path: &Path) -> Result<CorsConfiguration, Failure> {
    let wrong = |what: &dyn std::fmt::Display| Failure::usage(format!("--file {}: {what}", path.display()));
    let mut bytes = Vec::new();
    // One byte more than may be is enough to know.
    let limit = JSON_BYTES_MAX as u64 + 1;
    let read = if path.as_os_str() == "-" {
        io::stdin().take(limit).read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes))
    };
    read.map_err(|error| wrong(&error))?;
    CorsConfiguration::from_file(&bytes).map_err(|error| wrong(&error))
}

/// The server's document in the form wanted.
fn printed(xml: &[u8], json: bool) -> Result<String, Failure> {
    let error = match CorsConfiguration::from_file(xml) {
        Ok(configuration) if json => return Ok(configuration.to_json() + "\n"),
        Ok(configuration) => return Ok(configuration.to_indented_xml() + "\n"),
        Err(error) => error,
    };
    // What was put with just the bytes allowed is longer by its namespace when it comes back: still worth showing.
    let text = String::from_utf8_lossy(xml);
    if !json && xml.len() > CORS_BYTES_MAX && text.contains("<CORSConfiguration") {
        return Ok(text.replace(char::is_control, " ") + "\n");
    }
    Err(Failure::new(
        Code::Server,
        format!("the answer is no CORS configuration: {error}"),
    ))
}

/// A header a line, without control characters.
fn header_lines(headers: &http::HeaderMap) -> String {
    let mut out = String::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{name}: {}", crate::client::shown(&value));
    }
    out
}

#[cfg(test)]
mod tests;
