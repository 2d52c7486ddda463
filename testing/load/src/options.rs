//! What can be asked on the command line. Every quantity has a bound, so that no run is endless by mistake.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::run::Pace;
use crate::server::Server;
use crate::workload::{Payload, Tier, Workload};

/// Measures S3 servers with signed requests over HTTP/1.1.
#[derive(Debug, Parser)]
#[command(version, about)]
pub(crate) struct Options {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Print the table of workloads.
    Workloads,
    /// Measure a server that runs already, with one or several workloads.
    Run(Run),
    /// Print which servers `compare` can start here, and install those that are missing.
    Peers(Peers),
    /// Start Cairn and its peers in turn on this machine, measure the same workloads, print ratios.
    Compare(Compare),
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// Names of `cairn-load workloads`.
    #[arg(required = true)]
    pub(crate) workloads: Vec<String>,

    /// The server: http://HOST:PORT. Any S3 server will do.
    #[arg(long, env = "CAIRN_TEST_ENDPOINT", default_value = "http://127.0.0.1:9000")]
    endpoint: String,

    /// Access key id.
    #[arg(long, env = "AWS_ACCESS_KEY_ID")]
    access_key: String,

    /// Secret access key.
    #[arg(long, env = "AWS_SECRET_ACCESS_KEY", hide_env_values = true)]
    secret_key: String,

    /// Region to sign for.
    #[arg(long, env = "AWS_REGION", default_value = "us-east-1")]
    region: String,

    /// Process id of the server, to report what it used.
    #[arg(long)]
    server_pid: Option<u32>,

    /// The server's metrics in Prometheus's form, to report syncs: http://127.0.0.1:9001/-/metrics.
    #[arg(long)]
    metrics: Option<String>,

    /// The server's data, to report what it takes on disk.
    #[arg(long)]
    data_dir: Option<PathBuf>,

    /// The objects are there already: do not store them first.
    #[arg(long)]
    pub(crate) filled: bool,

    /// Instead of the workload's: connections.
    #[arg(short, long, value_parser = clap::value_parser!(u16).range(1..=4096))]
    connections: Option<u16>,

    /// Instead of the workload's: size of objects, in bytes or with KiB, MiB, GiB.
    #[arg(short, long)]
    size: Option<Size>,

    /// Instead of the workload's: different keys.
    #[arg(short, long, value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    keys: Option<u64>,

    /// Instead of the workload's: how uploads are signed.
    #[arg(long, value_enum)]
    payload: Option<Payload>,

    #[command(flatten)]
    pub(crate) pacing: Pacing,

    #[command(flatten)]
    pub(crate) output: Output,
}

impl Run {
    pub(crate) fn server(&self) -> Server {
        Server {
            endpoint: self.endpoint.clone(),
            access_key: self.access_key.clone(),
            secret_key: self.secret_key.clone(),
            region: self.region.clone(),
            pid: self.server_pid,
            metrics: self.metrics.clone(),
            data: self.data_dir.clone(),
            files: None,
        }
    }

    /// The table's row with what was asked to be different.
    pub(crate) fn adapted(&self, row: &Workload) -> Workload {
        Workload {
            connections: self.connections.unwrap_or(row.connections),
            size: self.size.map_or(row.size, |size| size.0),
            keys: self.keys.unwrap_or(row.keys),
            payload: self.payload.unwrap_or(row.payload),
            ..*row
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Pacing {
    /// Seconds to measure.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3600))]
    seconds: u64,

    /// Seconds before measuring begins.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u64).range(0..=600))]
    warm_up: u64,

    /// Open loop: operations a second, whatever the server does; latency counts from the intended start.
    #[arg(long, value_parser = rate)]
    rate: Option<f64>,

    /// Stop after so many measured operations.
    #[arg(long, default_value_t = u64::MAX, value_parser = clap::value_parser!(u64).range(1..))]
    operations: u64,

    /// Most seconds that storing the objects of a workload may take.
    #[arg(long, default_value_t = 900, value_parser = clap::value_parser!(u64).range(1..=36_000))]
    fill_seconds: u64,

    /// Threads of this program.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) threads: u16,
}

impl Pacing {
    pub(crate) fn pace(&self) -> Pace {
        Pace {
            duration: Duration::from_secs(self.seconds),
            warm_up: Duration::from_secs(self.warm_up),
            rate: self.rate,
            operations_max: self.operations,
        }
    }

    pub(crate) fn fill_limit(&self) -> Duration {
        Duration::from_secs(self.fill_seconds)
    }
}

#[derive(Debug, Args)]
pub(crate) struct Output {
    /// Write everything, round by round, to this file.
    #[arg(long)]
    pub(crate) json: Option<PathBuf>,

    /// Write the tables to this file: between the lines that mark their place where it has them, such as
    /// docs/performance.md, or as the whole file.
    #[arg(long)]
    pub(crate) markdown: Option<PathBuf>,

    /// Write the plot of throughput and latency to this file.
    #[arg(long)]
    pub(crate) svg: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Peers {
    /// Only these.
    pub(crate) names: Vec<String>,

    /// Install what is missing, with the package managers of its language. Garage takes half an hour.
    #[arg(long)]
    pub(crate) install: bool,

    #[command(flatten)]
    pub(crate) cache: Cache,
}

#[derive(Debug, Args)]
pub(crate) struct Cache {
    /// Where peers are installed; by default .cache/peers of the checkout.
    #[arg(long)]
    cache: Option<PathBuf>,
}

impl Cache {
    pub(crate) fn folder(&self) -> PathBuf {
        let of_checkout = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../.cache/peers");
        self.cache.clone().unwrap_or_else(of_checkout)
    }
}

#[derive(Debug, Args)]
pub(crate) struct Compare {
    /// Only these servers, by their names in `cairn-load peers`.
    #[arg(long, value_delimiter = ',')]
    pub(crate) servers: Vec<String>,

    /// Only these workloads, whatever their tier.
    #[arg(long, value_delimiter = ',')]
    pub(crate) workloads: Vec<String>,

    /// Workloads of this tier and of those before it.
    #[arg(long, value_enum, default_value_t = Tier::Core)]
    pub(crate) tier: Tier,

    /// How often each server is measured; medians are reported.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=99))]
    pub(crate) rounds: u16,

    /// On the disk to measure: a folder is made in it, and removed. By default that for temporary files.
    #[arg(long)]
    pub(crate) folder: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) cache: Cache,

    #[command(flatten)]
    pub(crate) pacing: Pacing,

    #[command(flatten)]
    pub(crate) output: Output,
}

fn rate(text: &str) -> Result<f64, String> {
    let rate: f64 = text.parse().map_err(|_| format!("no number: {text:?}"))?;
    match rate.is_finite() && (0.01..=10_000_000.0).contains(&rate) {
        true => Ok(rate),
        false => Err("from 0.01 to 10 million a second".to_owned()),
    }
}

/// Largest object: what one PUT may carry, 5 GiB.
const SIZE_MAX: u64 = 5 << 30;

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size(pub(crate) u64);

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let shift = match &text[digits.len()..] {
            "" | "B" => 0,
            "KiB" | "K" | "k" => 10,
            "MiB" | "M" => 20,
            "GiB" | "G" => 30,
            unit => return Err(format!("no unit {unit:?}: KiB, MiB or GiB")),
        };
        let number: u64 = digits.parse().map_err(|_| format!("no number: {digits:?}"))?;
        let size = number.checked_mul(1 << shift).filter(|size| *size <= SIZE_MAX);
        size.map(Self).ok_or_else(|| "larger than 5 GiB".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::{Command, Options, Size, rate};
    use crate::workload::find;
    use clap::{CommandFactory as _, Parser as _};

    #[test]
    fn options_are_consistent() {
        Options::command().debug_assert();
    }

    #[test]
    fn sizes() {
        assert_eq!("4096".parse(), Ok(Size(4096)));
        assert_eq!("64MiB".parse(), Ok(Size(64 << 20)));
        assert_eq!("5GiB".parse(), Ok(Size(5 << 30)));
        assert!("6GiB".parse::<Size>().is_err());
        assert!("4KB".parse::<Size>().is_err());
        assert!("".parse::<Size>().is_err());
    }

    #[test]
    fn rates() {
        assert_eq!(rate("2500"), Ok(2500.0));
        for wrong in ["0", "-1", "NaN", "inf", "1e9", "fast"] {
            assert!(rate(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_workload_is_adapted() {
        let line = "cairn-load run get-4k --access-key a --secret-key b -c 7 --size 1KiB --rate 100";
        let Command::Run(run) = Options::parse_from(line.split(' ')).command else {
            panic!("not run")
        };
        let row = find("get-4k").unwrap();
        let adapted = run.adapted(row);
        assert_eq!(
            (adapted.connections, adapted.size, adapted.keys),
            (7, 1024, row.keys)
        );
        assert_eq!(run.pacing.pace().rate, Some(100.0));
    }
}
