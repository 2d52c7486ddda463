//! The index's journal, looked through before fjall replays it.
//!
//! fjall 3.1.13 handles damage at the end of a journal in two ways that do not suit us (`journal/reader.rs`,
//! `journal/batch_reader.rs`): where an entry does not parse it cuts the journal off there, also when
//! acknowledged batches follow; where a batch parses and its checksum does not match it refuses to open, also
//! when that batch is the last and was only torn by a power cut. So every batch is checked here first, with
//! our own reader of the format (`batch`). What tells a torn write from rot: the committer has at most one
//! batch in flight, so a batch with anything behind it was synced and may have been acknowledged.
//!
//! - The last batch is broken and nothing follows: it is cut off, with a word in the log.
//! - A broken batch with something behind it: `OpenError::Corrupt`, and nothing is touched.
//! - All is well: nothing is touched, and fjall opens.
//!
//! Costs one pass over bytes that fjall reads right afterwards (measured in docs/on-disk.md), and at most three
//! times [`pages::WINDOW_BYTES`] of memory.

mod batch;
mod pages;
mod search;
#[cfg(test)]
mod tests;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use batch::Batch;
use pages::Pages;
use search::Later;

use crate::OpenError;

/// Checks the journals in `index`, of the data directory `root`, and cuts off a torn last batch.
///
/// # Errors
/// [`OpenError::Corrupt`] where acknowledged commits may be damaged; what is there is left as it is.
pub(crate) fn repair(root: &Path, index: &Path) -> Result<(), OpenError> {
    let journals = list(index).map_err(|source| OpenError::io(index, source))?;
    let mut newest = None;
    for (position, path) in journals.iter().enumerate() {
        let failed = |source| OpenError::io(path, source);
        let Some(damage) = examine(path, &mut newest).map_err(failed)? else {
            continue;
        };
        let newer = journals.get(position + 1..).unwrap_or_default();
        let follows = match &damage.follows {
            Some(follows) => Some(follows.clone()),
            None => written(newer)?,
        };
        if let Some(follows) = follows {
            return Err(OpenError::Corrupt {
                path: root.to_owned(),
                detail: refusal(path, newer, &damage, &follows),
            });
        }
        return cut(path, &damage).map_err(failed);
    }
    Ok(())
}

/// A place where a journal does not read back.
struct Damage {
    /// Where the batch starts, in bytes; everything before is whole.
    at: u64,
    /// Behind its last byte.
    end: u64,
    what: &'static str,
    /// Whether it looks as a power cut leaves it.
    torn: bool,
    /// What shows that it is not the last.
    follows: Option<String>,
}

/// The first damage in a journal. `newest` is the number of the last whole batch, in this journal and older ones.
fn examine(path: &Path, newest: &mut Option<u64>) -> io::Result<Option<Damage>> {
    let file = File::open(path)?;
    let mut pages = Pages::new(&file);
    let mut at = 0;
    loop {
        match batch::read(&mut pages, at)? {
            // fjall numbers batches upwards; after a restart from above what its tables hold and what it
            // replays, which is every batch in a journal (`db.rs`). Its checksum leaves the number out.
            Batch::Whole { end, number } if newest.is_none_or(|newest| newest < number) => {
                *newest = Some(number);
                at = end;
            }
            Batch::Whole { end, number } => {
                return Ok(Some(Damage {
                    at,
                    end,
                    what: "the batch's number",
                    torn: false,
                    follows: Some(format!(
                        "the batch is number {number}, not after the one before it"
                    )),
                }));
            }
            Batch::Mismatch { end } => {
                let more = pages.data_end(end)?.is_some();
                return Ok(Some(Damage {
                    at,
                    end,
                    what: "the batch's checksum",
                    torn: pages.has_blank_sector(at, end)?,
                    follows: more.then(|| format!("more was written behind it, at byte {end}")),
                }));
            }
            Batch::Broken => {
                // Zeros are space reserved for what comes next.
                let Some(end) = pages.data_end(at)? else {
                    return Ok(None);
                };
                let follows = match search::later_batch(&file, at + 1..end, *newest)? {
                    Later::Nothing => None,
                    Later::At(later) => Some(format!("a later batch is whole, at byte {later}")),
                    Later::TooMuch => Some("what follows looks too much like batches to tell".to_owned()),
                };
                return Ok(Some(Damage {
                    at,
                    end,
                    what: "what should be a batch",
                    torn: true,
                    follows,
                }));
            }
        }
    }
}

/// The first of the journals that anything was written to, in words. fjall syncs a journal before it
/// begins the next one, which stays empty until the next batch.
fn written(journals: &[PathBuf]) -> Result<Option<String>, OpenError> {
    for path in journals {
        let data_end = || Pages::new(&File::open(path)?).data_end(0);
        if data_end()
            .map_err(|source| OpenError::io(path, source))?
            .is_some()
        {
            return Ok(Some(format!("the newer {} was written to", path.display())));
        }
    }
    Ok(None)
}

fn refusal(path: &Path, newer: &[PathBuf], damage: &Damage, follows: &str) -> String {
    let (path, at, what) = (path.display(), damage.at, damage.what);
    let mut give_up = format!("truncate -s {at} '{path}'");
    for newer in newer {
        give_up.push_str(&format!(" && rm '{}'", newer.display()));
    }
    format!(
        "the index's journal {path} does not read back at byte {at} ({what}), and {follows}: commits that were \
         acknowledged may be lost, so nothing was cut off. Without a backup, the commits before that byte can \
         be kept and all later ones given up: copy the directory, run `{give_up}`, then `cairn scrub`. Else"
    )
}

fn cut(path: &Path, damage: &Damage) -> io::Result<()> {
    let file = File::options().write(true).open(path)?;
    file.set_len(damage.at)?;
    file.sync_all()?;
    let (journal, at, bytes) = (path.display(), damage.at, damage.end - damage.at);
    if damage.torn {
        tracing::warn!(
            %journal, at, bytes,
            "cut an unfinished batch of commits off the journal's end: none of them was acknowledged"
        );
    } else {
        tracing::error!(
            %journal, at, bytes,
            "cut the last batch of commits off the journal: its checksum does not match. Unless the machine \
             lost power while writing it, they were acknowledged and are lost: check the disk"
        );
    }
    Ok(())
}

/// fjall's journals, oldest first: `N.jnl`. What is named otherwise is left for fjall to refuse.
pub(crate) fn list(index: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(index) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut journals = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        let number = name.and_then(|name| name.strip_suffix(".jnl")?.parse::<u64>().ok());
        if let Some(number) = number {
            journals.push((number, path));
        }
    }
    journals.sort_unstable();
    Ok(journals.into_iter().map(|(_, path)| path).collect())
}
