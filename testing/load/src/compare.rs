//! The same workloads on every server in turn, on one machine in one run.
//!
//! Only one server runs at a time: two cores are few. Within a chapter of workloads the servers take turns,
//! round by round, and each round begins with another one, so that what drifts on the machine (its neighbours,
//! its disk) drifts for all. A server keeps its data over the rounds of a chapter and starts anew with each, so
//! that its memory is that of the chapter's work.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::client::{Client, Failure, Target};
use crate::options::Compare;
use crate::peers::{Peer, Running, Writes, chosen};
use crate::problem::Problem;
use crate::report::{Contender, Cost, Figures, Machine, Results};
use crate::run::{self, Pace};
use crate::say;
use crate::server::Server;
use crate::statistics::Statistics;
use crate::usage::Usage;
use crate::workload::{Chapter, Dice, Source, WORKLOADS, Work, Workload, find};

/// Between two measurements: what one left to the disk must not be paid by the next.
const SETTLE: Duration = Duration::from_millis(500);
/// How often a server is started for one measurement of its start.
const RESTARTS: u32 = 3;
/// How often it is asked whether it answers.
const ANSWER_POLL: Duration = Duration::from_millis(2);
const ANSWER_LIMIT: Duration = Duration::from_secs(120);
/// A listing of fewer objects than this says nothing about one of a million.
const FEWER_KEYS_MIN: u64 = 10_000;
/// The kernel forgets what it has cached of files (proc(5)).
const DROP_CACHES: &str = "/proc/sys/vm/drop_caches";

/// A server that takes part, with its program and what is in its store.
struct Entrant {
    peer: &'static dyn Peer,
    program: PathBuf,
    folder: PathBuf,
    /// How its writes are meant in this chapter.
    writes: Writes,
    /// How many objects are there, by bucket.
    stored: BTreeMap<&'static str, u64>,
    /// The next key of workloads that store, by bucket.
    next_key: BTreeMap<&'static str, u64>,
}

/// Measures everything, and keeps what succeeded whatever failed. After each chapter `save` gets what there is, so
/// that hours are not lost with the last minute.
pub(crate) async fn compare(
    options: &Compare,
    mut save: impl FnMut(&Results) -> Result<(), Problem>,
) -> Result<Results, Problem> {
    let workloads = workloads(options)?;
    let parent = options.folder.clone().unwrap_or_else(std::env::temp_dir);
    let folder = tempfile::Builder::new().prefix("cairn-load.").tempdir_in(&parent);
    let folder = folder.map_err(|error| Problem::File(parent.display().to_string(), error))?;
    let mut results = Results::new(Machine::here(folder.path()));
    let mut entrants = Vec::new();
    for peer in chosen(&options.servers)? {
        match peer.program(&options.cache.folder(), false) {
            Ok(program) => {
                results.contenders.push(Contender {
                    name: peer.name().to_owned(),
                    version: peer.version(&program),
                    setting: peer.setting().to_owned(),
                    is_peer: peer.is_peer(),
                });
                entrants.push(Entrant {
                    peer,
                    program,
                    folder: folder.path().join(peer.name()),
                    writes: Writes::Durable,
                    stored: BTreeMap::new(),
                    next_key: BTreeMap::new(),
                });
            }
            Err(why) => results.skip(peer.name(), None, &why),
        }
    }
    let pace = options.pacing.pace();
    let limit = options.pacing.fill_limit();
    let mut chapters: Vec<_> = workloads.iter().map(|workload| workload.chapter).collect();
    chapters.dedup();
    for chapter in chapters {
        let of_chapter: Vec<_> = workloads
            .iter()
            .copied()
            .filter(|row| row.chapter == chapter)
            .collect();
        for entrant in &mut entrants {
            entrant.begin_chapter(chapter)?;
        }
        for round in 0..options.rounds {
            let count = entrants.len();
            // Each round begins with another server.
            for turn in 0..count {
                if let Some(entrant) = entrants.get_mut((turn + usize::from(round)) % count) {
                    let name = entrant.peer.name();
                    say(&format!(
                        "{name}, {chapter:?}, round {} of {}",
                        round + 1,
                        options.rounds
                    ));
                    entrant.round(&of_chapter, &pace, limit, &mut results).await;
                }
            }
        }
        for entrant in &entrants {
            // The next chapter needs the space.
            let _ = std::fs::remove_dir_all(&entrant.folder);
        }
        save(&results)?;
    }
    Ok(results)
}

fn workloads(options: &Compare) -> Result<Vec<&'static Workload>, Problem> {
    for name in &options.workloads {
        if find(name).is_none() {
            return Err(unknown(name));
        }
    }
    let named = |row: &&Workload| options.workloads.iter().any(|name| name == row.name);
    let of_tier = |row: &&Workload| row.tier <= options.tier;
    // In the table's order, whatever the order they were named in: chapters must stay together.
    Ok(match options.workloads.is_empty() {
        true => WORKLOADS.iter().filter(of_tier).collect(),
        false => WORKLOADS.iter().filter(named).collect(),
    })
}

/// A name that the table does not have.
pub(crate) fn unknown(name: &str) -> Problem {
    Problem::Unknown {
        what: "workload",
        name: name.to_owned(),
        known: WORKLOADS
            .iter()
            .map(|row| row.name)
            .collect::<Vec<_>>()
            .join(", "),
    }
}

impl Entrant {
    fn begin_chapter(&mut self, chapter: Chapter) -> Result<(), Problem> {
        self.writes = match chapter.writes() {
            true => Writes::Durable,
            false => Writes::Fast,
        };
        self.stored.clear();
        self.next_key.clear();
        let failed = |error| Problem::File(self.folder.display().to_string(), error);
        std::fs::create_dir_all(&self.folder).map_err(failed)
    }

    /// One start, all workloads of the chapter, one stop.
    async fn round(
        &mut self,
        workloads: &[&'static Workload],
        pace: &Pace,
        limit: Duration,
        results: &mut Results,
    ) {
        let name = self.peer.name();
        let own: Vec<_> = workloads
            .iter()
            .copied()
            .filter(|workload| self.peer.does(workload))
            .collect();
        let mut running = None;
        for workload in own {
            if results.gave_up(name, workload) {
                continue;
            }
            say(&format!(" {}: {}", workload.name, workload.about()));
            std::thread::sleep(SETTLE);
            rustix::fs::sync();
            match self.measure(workload, pace, limit, &mut running).await {
                Ok((figures, keys)) => {
                    results.add(workload, name, figures);
                    if keys < workload.keys {
                        results.remark(name, workload, &of_fewer(keys, workload.keys, limit));
                    }
                }
                Err(problem) => {
                    say(&format!(" {name} {}: {problem}", workload.name));
                    results.skip(name, Some(workload), &problem.to_string());
                }
            }
        }
        if let Some(running) = running {
            running.stop();
        }
    }

    /// The figures, and over how many keys they are.
    async fn measure(
        &mut self,
        workload: &'static Workload,
        pace: &Pace,
        limit: Duration,
        running: &mut Option<Running>,
    ) -> Result<(Figures, u64), Problem> {
        if let Some(figures) = self
            .peer
            .measure(&self.program, &self.folder, workload, pace.duration)
        {
            return figures.map(|figures| (figures, workload.keys));
        }
        let started = match running.take() {
            Some(started) => started,
            None => self.peer.start(&self.program, &self.folder, self.writes)?,
        };
        let server = running.insert(started).server.clone();
        let mut workload = *workload;
        if workload.needs_objects() {
            workload.keys = self.filled(&server, &workload, limit).await?;
        }
        let workload = &workload;
        if let Work::Restart { cold } = workload.work {
            let figures = self.restart(workload, cold, running).await?;
            return Ok((figures, workload.keys));
        }
        // What is overwritten begins at the beginning again; what is not goes on.
        let first = self.next_key.get(workload.bucket).copied().unwrap_or_default();
        let first = if workload.consumes() { 0 } else { first };
        let measured = run::measure(&server, workload, pace, first, &self.folder).await;
        let (figures, next) = measured?;
        self.next_key.insert(workload.bucket, next);
        match figures.operations {
            0 if workload.work != Work::Nothing => Err(Problem::Nothing(format!("{:?}", figures.failures))),
            _ => Ok((figures, workload.keys)),
        }
    }

    /// Stores the workload's objects where that was not done yet, and says how many there are.
    async fn filled(
        &mut self,
        server: &Server,
        workload: &Workload,
        limit: Duration,
    ) -> Result<u64, Problem> {
        if let Some(stored) = self.stored.get(workload.bucket) {
            return Ok(*stored);
        }
        let stored = run::fill(server, workload, limit).await?;
        let enough = if workload.does_with_fewer() {
            workload.keys.min(FEWER_KEYS_MIN)
        } else {
            workload.keys
        };
        if stored < enough {
            return Err(Problem::FillLimit {
                stored,
                keys: workload.keys,
                seconds: limit.as_secs(),
            });
        }
        if !workload.consumes() {
            self.stored.insert(workload.bucket, stored);
        }
        std::thread::sleep(SETTLE);
        rustix::fs::sync();
        Ok(stored)
    }

    /// Stops and starts the server, and measures until it has answered with an object.
    async fn restart(
        &self,
        workload: &Workload,
        cold: bool,
        running: &mut Option<Running>,
    ) -> Result<Figures, Problem> {
        let mut all = Statistics::new();
        let mut used = Usage::default();
        let begun = Instant::now();
        for round in 0..RESTARTS {
            if let Some(running) = running.take() {
                running.stop();
            }
            if cold {
                rustix::fs::sync();
                let dropped = std::fs::write(DROP_CACHES, "3");
                dropped.map_err(|error| Problem::File(DROP_CACHES.to_owned(), error))?;
            }
            let started = Instant::now();
            let server = running
                .insert(self.peer.start(&self.program, &self.folder, self.writes)?)
                .server
                .clone();
            let target = Target::new(&server, workload)?;
            first_answer(&target, workload, u64::from(round)).await?;
            all.record(started.elapsed(), 0);
            used = Usage::of(&server).await;
        }
        let cost = Cost {
            elapsed: begun.elapsed(),
            // Of the last start: everything the process has used.
            server: Usage {
                cpu_micros: used.cpu_micros.map(|micros| micros * u64::from(RESTARTS)),
                written_bytes: None,
                syncs: None,
                ..used
            },
            own: Usage::default(),
            unfinished: None,
            grown_per_byte: None,
            seconds: Vec::new(),
        };
        Ok(Figures::new(workload, &all, &cost))
    }
}

/// What is said beside figures that are of fewer objects than were meant.
fn of_fewer(stored: u64, keys: u64, limit: Duration) -> String {
    format!(
        "measured over {stored} objects of {keys}, what it stored in {} s: in its favour",
        limit.as_secs()
    )
}

/// Asks for an object until it comes.
async fn first_answer(target: &Target, workload: &Workload, seed: u64) -> Result<(), Problem> {
    let source = Source::new(workload, 0);
    let mut client = Client::new(target);
    let mut dice = Dice::new(seed + 1);
    let deadline = Instant::now() + ANSWER_LIMIT;
    let Some(operation) = source.next(&mut dice) else {
        return Ok(());
    };
    loop {
        match client.perform(&operation).await {
            Ok(_) => return Ok(()),
            Err(failure) if Instant::now() > deadline => return Err(Problem::Fill(failure)),
            // It listens before it serves, or not even that.
            Err(Failure::Io(_) | Failure::Http(_) | Failure::Status { .. }) => {}
            Err(failure) => return Err(Problem::Fill(failure)),
        }
        tokio::time::sleep(ANSWER_POLL).await;
    }
}

/// What `cairn-load peers` prints.
pub(crate) fn peers(names: &[String], cache: &Path, install: bool) -> Result<String, Problem> {
    let lines = chosen(names)?.into_iter().map(|peer| {
        let state = match peer.program(cache, install) {
            Ok(program) => format!("{} ({})", peer.version(&program), program.display()),
            Err(why) => format!("MISSING: {why}"),
        };
        format!("{:<10} {state}\n{:<10} {}\n", peer.name(), "", peer.setting())
    });
    Ok(lines.collect())
}
