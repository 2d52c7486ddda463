//! `cairn-load`: how fast is an S3 server, what does each operation cost it, and how do others compare?
//!
//! Each of N connections sends a signed request, waits for its whole answer, and sends the next (closed loop);
//! or operations begin at a fixed rate, whatever the server does (`schedule`, open loop). With the server's
//! process id its CPU time, memory, disk writes and syncs are divided by the operations.
//!
//! The generator must not be what is measured: one thread by default, bodies that are slices of one shared
//! buffer, signing keys derived once a day, no allocation per frame. Its own CPU time is reported as well.
//!
//! `options` says what can be asked. `workload` is the table of what is measured, `run` measures one of them,
//! `client` is one connection, `usage` and `syncs` read what the server used, `report` prints. `compare` starts
//! the servers of `peers` in turn and measures the same on each.

mod body;
mod client;
mod compare;
mod options;
mod peers;
mod problem;
mod report;
mod run;
mod schedule;
mod server;
mod signature;
mod statistics;
mod syncs;
mod usage;
mod workload;

use std::path::Path;
use std::process::ExitCode;

use clap::Parser as _;

use crate::options::{Command, Options, Output, Pacing, Run};
use crate::problem::Problem;
use crate::report::{Contender, Machine, Results};
use crate::workload::Work;

fn main() -> ExitCode {
    let options = Options::parse();
    raise_open_files();
    match start(&options.command) {
        Ok(code) => code,
        Err(problem) => {
            say(&format!("cairn-load: {problem}"));
            ExitCode::from(2)
        }
    }
}

/// A line for the person watching; standard output is for the report.
fn say(line: &str) {
    #[expect(clippy::print_stderr, reason = "progress and problems")]
    {
        eprintln!("{line}");
    }
}

fn print(text: &str) {
    #[expect(clippy::print_stdout, reason = "the report is what this program is for")]
    {
        print!("{text}");
    }
}

fn start(command: &Command) -> Result<ExitCode, Problem> {
    match command {
        Command::Workloads => {
            print(&workload::table());
            Ok(ExitCode::SUCCESS)
        }
        Command::Peers(peers) => {
            print(&compare::peers(
                &peers.names,
                &peers.cache.folder(),
                peers.install,
            )?);
            Ok(ExitCode::SUCCESS)
        }
        Command::Run(run) => {
            let results = runtime(&run.pacing)?.block_on(unless_interrupted(measure(run)))?;
            print(&rows(&results));
            write(&results, &run.output)?;
            Ok(exit_code(&results))
        }
        Command::Compare(options) => {
            let save = |results: &Results| write(results, &options.output);
            let compared = unless_interrupted(compare::compare(options, save));
            let results = runtime(&options.pacing)?.block_on(compared)?;
            print(&report::whole(&results));
            Ok(exit_code(&results))
        }
    }
}

fn runtime(pacing: &Pacing) -> Result<tokio::runtime::Runtime, Problem> {
    // One thread spares the wake-ups between threads; more are for servers that one cannot keep busy.
    let mut builder = match pacing.threads {
        1 => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    builder.worker_threads(usize::from(pacing.threads));
    builder.enable_all().build().map_err(Problem::Runtime)
}

/// Ctrl-C and SIGTERM drop the work, which ends the servers it has started and removes its folder.
async fn unless_interrupted<T>(work: impl Future<Output = Result<T, Problem>>) -> Result<T, Problem> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).map_err(Problem::Runtime)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Problem::Runtime)?;
    tokio::select! {
        result = work => result,
        _ = terminate.recv() => Err(Problem::Interrupted),
        _ = interrupt.recv() => Err(Problem::Interrupted),
    }
}

/// The workloads of `run`, one after the other, on a server that somebody else has started.
async fn measure(run: &Run) -> Result<Results, Problem> {
    let server = run.server();
    let mut results = Results::new(Machine::here(Path::new("/")));
    results.contenders.push(Contender {
        name: server.endpoint.clone(),
        version: String::new(),
        setting: String::new(),
        is_peer: true,
    });
    let scratch = tempfile::tempdir().map_err(|error| Problem::File("temporary folder".to_owned(), error))?;
    for name in &run.workloads {
        let row = workload::find(name).ok_or_else(|| compare::unknown(name))?;
        let workload = run.adapted(row);
        if let Work::Restart { .. } = workload.work {
            return Err(Problem::NeedsOwnServer("restarts"));
        }
        say(&format!("{name}: {}", workload.about()));
        if workload.needs_objects() && !run.filled {
            let limit = run.pacing.fill_limit();
            let stored = run::fill(&server, &workload, limit).await?;
            if stored < workload.keys {
                return Err(Problem::FillLimit {
                    stored,
                    keys: workload.keys,
                    seconds: limit.as_secs(),
                });
            }
        }
        let pace = run.pacing.pace();
        let (figures, _) = run::measure(&server, &workload, &pace, 0, scratch.path()).await?;
        results.add(row, &server.endpoint, figures);
    }
    Ok(results)
}

/// The table of `run`: a row a workload.
fn rows(results: &Results) -> String {
    let of = |workload: &workload::Workload| {
        let server = &results.contenders.first()?.name;
        Some((workload.name.to_owned(), results.median(workload.name, server)?))
    };
    let rows: Vec<_> = results.workloads().into_iter().filter_map(of).collect();
    let mut text = report::table_of("workload", &rows);
    for (name, figures) in &rows {
        for (failure, count) in &figures.failures {
            text.push_str(&format!("\n{name}: {count} × {failure}\n"));
        }
    }
    text
}

fn write(results: &Results, output: &Output) -> Result<(), Problem> {
    let save = |path: &Path, text: String| {
        std::fs::write(path, text).map_err(|error| Problem::File(path.display().to_string(), error))
    };
    if let Some(path) = &output.json {
        let json = serde_json::to_string_pretty(results);
        save(
            path,
            json.map_err(|error| Problem::Output(error.to_string()))? + "\n",
        )?;
    }
    if let Some(path) = &output.markdown {
        let document = std::fs::read_to_string(path).unwrap_or_default();
        save(path, report::insert(&document, &report::whole(results)))?;
    }
    if let Some(path) = &output.svg {
        save(path, report::svg(results))?;
    }
    Ok(())
}

/// A measurement with errors is not one.
fn exit_code(results: &Results) -> ExitCode {
    match results.has_errors() {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    }
}

/// Thousands of connections are more than the common limit of 1024 files; servers started here inherit it.
fn raise_open_files() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        say(&format!("cannot raise the number of open files: {error}"));
    }
}
