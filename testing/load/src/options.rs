//! What can be asked on the command line. Every quantity has a bound, so that no run is endless by mistake.

use std::str::FromStr;
use std::time::Duration;

use clap::{Parser, ValueEnum};

/// Measures an S3 server with a closed loop of signed requests over HTTP/1.1.
#[derive(Debug, Clone, Parser)]
#[command(version, about)]
pub(crate) struct Options {
    /// What to do, again and again.
    #[arg(value_enum)]
    pub(crate) workload: Kind,

    /// The server: http://HOST:PORT. Any S3 server will do.
    #[arg(long, env = "CAIRN_TEST_ENDPOINT", default_value = "http://127.0.0.1:9000")]
    pub(crate) endpoint: String,

    /// Access key id.
    #[arg(long, env = "AWS_ACCESS_KEY_ID")]
    pub(crate) access_key: String,

    /// Secret access key.
    #[arg(long, env = "AWS_SECRET_ACCESS_KEY", hide_env_values = true)]
    pub(crate) secret_key: String,

    /// Region to sign for.
    #[arg(long, env = "AWS_REGION", default_value = "us-east-1")]
    pub(crate) region: String,

    /// Bucket; made if it is not there.
    #[arg(long, default_value = "cairn-load")]
    pub(crate) bucket: String,

    /// What the keys begin with; keys are PREFIX and eight digits.
    #[arg(long, default_value = "load/")]
    pub(crate) prefix: String,

    /// Connections, each with one request in flight.
    #[arg(short, long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub(crate) connections: u16,

    /// Threads of this program.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) threads: u16,

    /// Size of objects, in bytes or with KiB, MiB, GiB.
    #[arg(short, long, default_value = "4KiB")]
    pub(crate) size: Size,

    /// Different keys.
    #[arg(short, long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    pub(crate) keys: u64,

    /// Seconds to measure.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) seconds: u64,

    /// Seconds before measuring begins.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(0..=600))]
    pub(crate) warm_up: u64,

    /// Stop after so many measured requests.
    #[arg(long, default_value_t = u64::MAX)]
    pub(crate) requests: u64,

    /// The objects that get, head, list, delete and mixed need are there already: do not store them first.
    #[arg(long)]
    pub(crate) filled: bool,

    /// How uploads are signed.
    #[arg(long, value_enum, default_value_t = Payload::Unsigned)]
    pub(crate) payload: Payload,

    /// Keys a page of `list`.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) page: u16,

    /// Process id of the server, to report what it used.
    #[arg(long)]
    pub(crate) server_pid: Option<u32>,

    /// The server's metrics in Prometheus's form, to report syncs: http://127.0.0.1:9001/-/metrics.
    #[arg(long)]
    pub(crate) metrics: Option<String>,

    /// Form of the report.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,

    /// A name for the report.
    #[arg(long, default_value = "")]
    pub(crate) label: String,
}

impl Options {
    /// How long to measure.
    pub(crate) fn duration(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// PutObject, over the keys in turn.
    Put,
    /// GetObject of a random key.
    Get,
    /// HeadObject of a random key.
    Head,
    /// DeleteObject, each key once.
    Delete,
    /// ListObjectsV2 from a random key on.
    List,
    /// 60 % get, 30 % put, 5 % head, 5 % list.
    Mixed,
}

/// How uploads are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Payload {
    /// The body's SHA-256, which the server must check.
    Signed,
    /// UNSIGNED-PAYLOAD.
    Unsigned,
}

/// Form of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For reading.
    Text,
    /// One row of a table; `--label` is its first cell.
    Markdown,
    /// One object, for programs.
    Json,
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
    use super::{Options, Size};
    use clap::CommandFactory as _;

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
}
