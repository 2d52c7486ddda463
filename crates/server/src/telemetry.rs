//! Logs: one line an event on standard error, as text or JSON. (Metrics: `metrics`.)

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::LogFormat;

/// What the index tells of itself is for its developers; a filter that names these modules overrides it.
const QUIET: &str = "fjall=warn,lsm_tree=warn";

/// Starts logging. Called once; a second subscriber of the process would be ignored.
pub(crate) fn start(format: LogFormat, filter: &str) {
    // The table of settings has checked the filter.
    let filter = EnvFilter::try_new(format!("{QUIET},{filter}")).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match format {
        LogFormat::Text => builder
            .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
            .finish()
            .try_init(),
        LogFormat::Json => builder.json().flatten_event(true).finish().try_init(),
    };
    drop(started);
}
