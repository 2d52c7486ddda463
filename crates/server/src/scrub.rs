//! `cairn scrub`: verifies everything at rest, with the server stopped.

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use cairn_engine::{Engine, ScrubEvent};
use cairn_objects::Homes;
use cairn_storage::Shard;
use tokio::runtime::Runtime;

use crate::config::Config;
use crate::data_dir::DataDir;
use crate::failure::{Code, Failure};

/// How often progress is told.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(1);

/// Reads everything; damage goes to standard output line by line, progress to standard error.
pub(crate) fn run(config: &Config) -> Result<ExitCode, Failure> {
    let directory = DataDir::existing(&config.data_dir)?;
    // The engine's methods want a runtime, though a scrub itself runs on this thread.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Code::Internal, format!("cannot start threads: {error}")))?;
    let _inside = runtime.enter();
    let failed = |error| Failure::data(format!("the regions of the store cannot be read: {error}"));
    let options = config.memory().map_err(Failure::usage)?.engine(1);
    let first = directory.open(options.clone())?;
    let homes = runtime.block_on(Homes::read(&first)).map_err(failed)?;
    let mut damaged = scrub(&runtime, &directory.path().join("engine"), &first)?;
    for (region, shard) in homes.iter().filter(|(_, shard)| *shard != Shard::DIRECTORY) {
        tracing::debug!(%region, shard = shard.0, "next");
        let engine = directory.open_region(region, options.clone(), true)?;
        damaged += scrub(&runtime, &directory.region(region), &engine)?;
    }
    Ok(if damaged == 0 {
        Code::Success.into()
    } else {
        Code::Damaged.into()
    })
}

/// Reads one engine and closes it; gives the number of damages found.
fn scrub(runtime: &Runtime, path: &Path, engine: &Engine) -> Result<u64, Failure> {
    let mut progress = Progress::new();
    let summary = engine.scrub(&mut |event| match event {
        ScrubEvent::Blob { bytes, .. } => progress.verified(bytes),
        ScrubEvent::DamagedBlob { id, error } => {
            progress.say(&format!(
                "DAMAGED blob {} of partition {:?}: {error}",
                id.number, id.partition
            ));
        }
        ScrubEvent::DamagedIndex { table, error } => {
            progress.say(&format!("DAMAGED index, table {table}: {error}"));
        }
        other => progress.say(&format!("{other:?}")),
    });
    progress.end();
    runtime
        .block_on(engine.close())
        .map_err(|error| Failure::data(format!("closing {}: {error}", path.display())))?;
    let _ = writeln!(
        std::io::stdout(),
        "{}: {} blobs with {} bytes and {} rows with {} bytes verified, {} damaged",
        path.display(),
        summary.blobs,
        summary.blob_bytes,
        summary.rows,
        summary.row_bytes,
        summary.errors
    );
    Ok(summary.errors)
}

/// One line that is written again and again, where somebody is watching.
struct Progress {
    told: Option<Instant>,
    shown: bool,
    blobs: u64,
    bytes: u64,
}

impl Progress {
    fn new() -> Self {
        let told = std::io::stderr().is_terminal().then(Instant::now);
        Self {
            told,
            shown: false,
            blobs: 0,
            bytes: 0,
        }
    }

    fn verified(&mut self, bytes: u64) {
        self.blobs += 1;
        self.bytes += bytes;
        if self.told.is_some_and(|told| told.elapsed() >= PROGRESS_INTERVAL) {
            self.told = Some(Instant::now());
            self.shown = true;
            let _ = write!(
                std::io::stderr(),
                "\r{} blobs, {} MiB verified",
                self.blobs,
                self.bytes >> 20
            );
        }
    }

    fn say(&mut self, line: &str) {
        self.end();
        let _ = writeln!(std::io::stdout(), "{line}");
    }

    fn end(&mut self) {
        if std::mem::take(&mut self.shown) {
            let _ = writeln!(std::io::stderr());
        }
    }
}
